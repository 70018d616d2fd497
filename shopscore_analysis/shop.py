"""A shop: its settings, its shelf and its reports; what an analyst holds in a notebook."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
from platformdirs import user_cache_path

from shopscore_analysis.copies import repeats
from shopscore_analysis.coverage import coverage
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.kept import Kept
from shopscore_analysis.load import Loaded, load
from shopscore_analysis.own import read_own
from shopscore_analysis.parts import Mapper
from shopscore_analysis.periods import disjoint
from shopscore_analysis.placed import Source
from shopscore_analysis.read import Reject
from shopscore_analysis.schema import TABLES, week_start, weeks_to
from shopscore_analysis.score.rules import Weighting, rule_set, shown, weights_for
from shopscore_analysis.settings import FILE, Settings, read_settings, write_settings
from shopscore_analysis.shards import Shard
from shopscore_analysis.shelf import Shelf
from shopscore_analysis.tallies import Progress, stamp, tally_of, waiting
from shopscore_analysis.tally import Tally

_SCORES = ("score", "product_score", "logistics_score", "service_score")


class Shop:
    """One shop in its folder: `shop.toml`, `data/raw`, `data/shelf`, `data/rejects`, `reports`."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root, self.settings = root, settings
        self.shelf = Shelf(settings.shelf or root / "data" / "shelf")

    @classmethod
    def open(cls, path: Path | str = "") -> Shop:
        """The shop in the folder `path`; with no path, the sample shop, made on first use.

        Raises SettingsError where the folder has no valid shop.toml.
        """
        root = Path(path).expanduser().resolve() if str(path) else _sample_root()
        return cls(root, read_settings(root))

    @classmethod
    def create(cls, folder: Path | str, name: str, category: str = "") -> Shop:
        """A new shop in `folder`: shop.toml with every setting explained, data/raw/ and reports/.

        Raises SettingsError where a shop.toml exists or the folder cannot be written.
        """
        root = Path(folder).expanduser().resolve()
        try:
            for part in (root / "data" / "raw", root / "reports"):
                part.mkdir(parents=True, exist_ok=True)
            write_settings(root, name, category)
        except OSError as error:
            raise SettingsError(f"expected a folder that can be written, found {root}: {error.strerror}") from error
        return cls.open(root)

    @property
    def name(self) -> str:
        """The shop's name."""
        return self.settings.name

    @property
    def reports(self) -> Path:
        """The folder of this shop's reports, one folder a week below it."""
        return self.root / "reports" / folder_name(self.name)

    def load(
        self,
        paths: Sequence[Path | str] = (),
        period: tuple[date, date] | None = None,
        progress: Callable[[Path, int, int], None] | None = None,
    ) -> list[Loaded]:
        """What became of each export file under `paths` (default: data/raw), in the order they were read."""
        chosen = [Path(path) for path in paths] or [self.root / "data" / "raw"]
        self.__dict__.pop("_whole", None)
        return load(chosen, self.shelf, self.name, self.root / "data" / "rejects", period=period, progress=progress)

    def records(self, table: str) -> pd.DataFrame:
        """All records of a table of the shelf, sorted by key (columns: `schema.TABLES`).

        Of service rows over the same days, a daily and a weekly file's, one telling is kept: see periods.py.
        """
        records: pd.DataFrame = self.shelf.read(table).to_pandas()
        return disjoint(records).reset_index(drop=True) if table == "service" else records

    def rejects(self) -> pd.DataFrame:
        """Everything that could not be read so far, once: file, sheet, row, column, value (masked), reason, kept.

        `kept`: "True" where only the cell was left empty, "False" where the row stayed off the shelf.
        """
        files = sorted((self.root / "data" / "rejects").glob("*.csv"))
        parts = [pd.read_csv(file, dtype="str", keep_default_na=False, encoding="utf-8-sig") for file in files]
        columns = [field.name for field in fields(Reject)]
        every = pd.concat([pd.DataFrame(columns=columns, dtype="str"), *parts], ignore_index=True)
        return every.drop_duplicates(ignore_index=True)

    def repeats(self) -> pd.DataFrame:
        """Clusters of reviews that say nearly the same, the largest first: see `copies.repeats`."""
        return repeats(self.records("reviews"))

    def status(self) -> dict[str, Any]:
        """What is on the shelf: `{"shop", "tables": {name: {"rows", "weeks": {week: n}, …}}, "joins"}`.

        The further keys of a table (gaps, newest_export, newest_record, lag_days) and the joins: see coverage.py.
        """
        return {"shop": self.name, **coverage(self.shelf)}

    def _born(self, table: str) -> pd.Series:
        """The ISO week of every record's birth."""
        born = TABLES[table].born
        weeks: pd.Series = self.shelf.read(table, columns=[born])[born].to_pandas().dt.strftime("%G-W%V")
        return weeks

    @property
    def weeks(self) -> list[str]:
        """The ISO weeks in which there are reviews, oldest first."""
        return sorted(set(self._born("reviews").dropna()))

    def week(self, week: str = "") -> str:
        """`week` itself, checked, or the newest week with reviews that was over when they were exported.

        Raises SettingsError for what is no ISO week, or a week without reviews.
        """
        known = self.weeks
        if not known:
            raise SettingsError(
                f"expected reviews on the shelf of {self.name}, found none; put the exports into "
                f"{self.root / 'data' / 'raw'} and run `shopscore load`"
            )
        if not week:
            return max(filter(self.is_over, known), default=known[-1])
        try:
            week_start(week)
        except ValueError as error:
            raise SettingsError(str(error)) from error
        if week not in known:
            raise SettingsError(
                f"expected a week with reviews, found {week}; {self.name} has {known[0]} to {known[-1]}; "
                "load the missing exports or choose one of those"
            )
        return week

    def is_over(self, week: str) -> bool:
        """Whether the newest review export was made on the week's Sunday or later; before, its numbers are partial."""
        return bool(self._newest_reviews >= pd.Timestamp(week_start(week)) + pd.Timedelta(days=6))

    @cached_property
    def _newest_reviews(self) -> pd.Timestamp:
        exported: pd.Series = self.shelf.read("reviews", columns=["exported_at"])["exported_at"].to_pandas()
        return pd.Timestamp(exported.max())

    def tally(self, last: str = "", week: str = "") -> Tally:
        """The tally of the weeks up to `week` (default: the newest with reviews).

        `last`: "13 weeks", "all", or nothing for the setting `window_weeks`.
        """
        until = self.week(week)
        if last == "all":
            wanted = [known for known in self._whole.weeks if known <= until]
        else:
            wanted = weeks_to(until, _weeks_in(last) if last else self.settings.window_weeks)
        return self._whole.where(week=["", *wanted])

    @cached_property
    def _whole(self) -> Tally:
        return self.count()

    def count(
        self, map: Mapper = map, progress: Progress | None = None, notice: Callable[[str], None] | None = None
    ) -> Tally:
        """The tally of everything on the shelf; what has not been counted yet is, through `map`, and kept.

        `map` is the builtin, or that of `workers.pool`, `workers.cluster` or any Executor. `progress` and `notice`: see
        `tallies.tally_of`. What is kept lies in data/tally, which may be removed at any time.
        """
        with self._source() as source:
            whole = tally_of(source, map, progress, notice)
        self.__dict__["_whole"] = whole
        return whole

    @contextmanager
    def _source(self) -> Iterator[Source]:
        """What is counted; where nothing can be kept, a folder that lasts as long as the count."""
        source = Source(str(self.shelf.root), self._kept, self.name, self.settings.category, self.own, stamp())
        if self.keeps:
            yield source
        else:
            with tempfile.TemporaryDirectory() as aside:
                yield replace(source, kept=aside)

    @property
    def _kept(self) -> str:
        """Where tallies are kept: beside the shelf."""
        given = self.settings.shelf.rstrip("/")
        return f"{given.rpartition('/')[0]}/tally" if given else str(self.root / "data" / "tally")

    @property
    def keeps(self) -> bool:
        """Whether what is counted can be kept for the next run."""
        return Kept(self._kept).is_writable()

    def uncounted(self) -> int:
        """About how many bytes of the shelf the next tally has to count."""
        with self._source() as source:
            return waiting(source)

    def shard(self) -> Shard:
        """All records that are counted, as one shard with the shop's own phrases."""
        frames = {name: self.records(name) for name in ("reviews", "orders", "aftersales", "service")}
        return Shard(self.name, self.settings.category, **frames, own=self.own)

    @property
    def own(self) -> str:
        """The shop's own phrases: the text of its lexicon.toml, "" where there is none.

        Raises LexiconError where the file cannot be read or breaks the rules of a lexicon.
        """
        return read_own(self.root, self.settings.category)

    @property
    def weighting(self) -> Weighting:
        """The weights of the three dimensions for this shop, their note, and whether they are assumed."""
        own = self.settings.weights
        given = own.model_dump() if own else None
        return weights_for(rule_set(self.settings.rules), self.settings.category, given)

    def scores(self, until: str = "") -> pd.DataFrame:
        """The own daily score on the 5-point scale that consumers see, oldest first, with `week`.

        Columns: date, week, score, product_score, logistics_score, service_score, and `raw_score` with its
        `scale` (5 or 100) as the platform gave it. A value outside its scale is left empty. With `until`, nothing
        after that week.
        """
        scores = self.records("scores").sort_values("date", ignore_index=True)
        as_shown = {
            name: [_shown(value, scale) for value, scale in zip(scores[name], scores["scale"], strict=True)]
            for name in _SCORES
        }
        week = scores["date"].dt.strftime("%G-W%V")
        return _up_to(until, scores.assign(raw_score=scores["score"], week=week, **as_shown))

    def rivals(self, until: str = "") -> pd.DataFrame:
        """The TOP10 of every week, as published, with `week`; oldest first, then by rank.

        The shop itself is left out where it stands on the board. With `until`, nothing after that week.
        """
        rivals = self.records("rivals").sort_values(["date", "rank"], ignore_index=True)
        others = rivals[rivals["rival"] != self.name].reset_index(drop=True)
        return _up_to(until, others.assign(week=others["date"].dt.strftime("%G-W%V")))


def _shown(value: float, scale: int) -> float:
    if not 0 <= value <= scale:  # NaN too
        return float("nan")
    return shown(value) if scale == 100 else value


def _up_to(week: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["week"] <= week].reset_index(drop=True) if week else rows


def folder_name(name: str) -> str:
    """A shop's name as one safe folder name on every system; two names never share one.

    >>> folder_name("棉里旗舰店"), folder_name("a/b") == folder_name("a b")
    ('棉里旗舰店', False)
    """
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
    if safe == name and safe.upper() not in _RESERVED:
        return safe
    return f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


def _weeks_in(last: str) -> int:
    number, _, unit = last.partition(" ")
    if not number.isdigit() or int(number) < 1 or unit not in ("week", "weeks"):
        raise SettingsError(f'expected a span such as "13 weeks" or "all", found {last!r}')
    return int(number)


def make_sample(folder: Path) -> Shop:
    """The sample shop in `folder`, its exports written and loaded; a sample that is there already is kept.

    Raises SettingsError where the folder belongs to another shop.
    """
    from shopscore_analysis import sample

    if (folder / FILE).exists():
        if (shop := Shop.open(folder)).name != sample.NAME:
            raise SettingsError(
                f"expected a folder for the sample shop, found {shop.name} in {folder}; choose another folder"
            )
    else:
        shop = Shop.create(folder, sample.NAME, sample.CATEGORY)
    sample.write_sample(shop.root / "data" / "raw")
    sample.write_trials(shop.root)
    shop.load()
    return shop


def _sample_root() -> Path:
    root = user_cache_path("shopscore", appauthor=False) / f"sample-{code_digest()}"
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f"{root.name}-", dir=root.parent))
        make_sample(making)
        try:
            making.rename(root)
        except OSError:  # another process was first
            shutil.rmtree(making)
    return root


def code_digest() -> str:
    """12 hex digits over every source and data file of the package: same digest, same computation."""
    package = resources.files("shopscore_analysis")
    digest = hashlib.sha256()
    with resources.as_file(package) as root:
        for path in sorted(
            path for path in root.rglob("*") if path.suffix in {".py", ".toml", ".npz", ".json", ".txt"}
        ):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
