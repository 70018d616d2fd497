"""A shop: its settings, its shelf and its reports; what an analyst holds in a notebook."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shopscore_analysis.boards import rivals, scores
from shopscore_analysis.budget import size
from shopscore_analysis.copies import repeats
from shopscore_analysis.counts import Counts
from shopscore_analysis.coverage import coverage
from shopscore_analysis.demo import sample_root
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.inventory import Inventory
from shopscore_analysis.load import Loaded, load
from shopscore_analysis.named import Numbers, orders_named, references
from shopscore_analysis.own import read_own
from shopscore_analysis.parts import Mapper, Notice
from shopscore_analysis.periods import disjoint
from shopscore_analysis.placed import Source
from shopscore_analysis.program import stamp
from shopscore_analysis.read import Reject
from shopscore_analysis.schema import week_start, weeks_to
from shopscore_analysis.score.rules import Weighting, rule_set, weights_for
from shopscore_analysis.settings import FILE, Settings, read_settings, write_settings
from shopscore_analysis.shards import Shard, week_labels
from shopscore_analysis.shelf import Shelf
from shopscore_analysis.tallies import Progress
from shopscore_analysis.tally import Tally


class Shop:
    """One shop in its folder: `shop.toml`, `data/raw`, `data/shelf`, `data/rejects`, `reports`."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root, self.settings = root, settings
        self.shelf = Shelf(settings.shelf or root / "data" / "shelf")
        self.inventory = Inventory(self.shelf, self._beside("inventory"))
        self.counts = Counts(self._beside("tally"), self._source)

    @classmethod
    def open(cls, path: Path | str = "") -> Shop:
        """The shop in the folder `path`; with no path, the sample shop, made on first use.

        Raises SettingsError where the folder has no valid shop.toml.
        """
        root = Path(path).expanduser().resolve() if str(path) else sample_root(make_sample)
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
    def is_sample(self) -> bool:
        """Whether this is the shop that `make_sample` makes."""
        from shopscore_analysis import sample

        return self.name == sample.NAME

    @property
    def takes_exports(self) -> bool:
        """Whether exports may be loaded: not into the sample shop, once it is made."""
        return not (self.is_sample and self.shelf.months("orders"))

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
        """What became of each export file under `paths` (default: data/raw), in the order they were read.

        Raises SettingsError for the sample shop, once it is made: real exports would drown in invented ones.
        """
        if not self.takes_exports:
            raise SettingsError(
                f"expected a shop of your own, found the sample shop {self.name} in {self.root}, whose orders are "
                "invented; make yours with `shopscore init DIR --name …` and load there",
                f"{self.name} 是示例店，不能导入自己的数据",
            )
        chosen = [Path(path) for path in paths] or [self.root / "data" / "raw"]
        self.counts.forget()
        return load(chosen, self.shelf, self.name, self.root / "data" / "rejects", period=period, progress=progress)

    def records(self, table: str, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """The records of a table of the shelf, sorted by key (columns: `schema.TABLES`).

        `since` and `until` leave out months, not rows: those without any time from `since` on, and those born after
        the month of `until`. Of service rows over the same days, a daily and a weekly file's, one telling is kept:
        see periods.py.
        """
        months = self.inventory.months(table, since, until) if since or until else None
        records: pd.DataFrame = self.shelf.read(table, months).to_pandas()
        return disjoint(records).reset_index(drop=True) if table == "service" else records

    def orders_of(self, *records: pd.DataFrame, columns: Sequence[str] = ()) -> pd.DataFrame:
        """The orders that reviews and after-sales name, whatever their month, sorted by key: see named.py."""
        wanted = [references(rows) for rows in records]
        with self.counts.source() as source:
            return orders_named(Numbers(source), np.unique(np.concatenate(wanted)), columns)

    def rejects(self) -> pd.DataFrame:
        """Everything that could not be read so far, once: file, sheet, row, column, value (masked), reason, kept.

        `kept`: "True" where only the cell was left empty, "False" where the row stayed off the shelf.
        """
        files = sorted((self.root / "data" / "rejects").glob("*.csv"))
        parts = [pd.read_csv(file, dtype="str", keep_default_na=False, encoding="utf-8-sig") for file in files]
        columns = [field.name for field in fields(Reject)]
        every = pd.concat([pd.DataFrame(columns=columns, dtype="str"), *parts], ignore_index=True)
        return every.drop_duplicates(ignore_index=True)

    def repeats(self, weeks: Sequence[str] = ()) -> pd.DataFrame:
        """Clusters of reviews of some ISO weeks (default: all) that say nearly the same: see `copies.repeats`."""
        return repeats(self.reviews(weeks) if weeks else self.records("reviews"))

    def reviews(self, weeks: Sequence[str]) -> pd.DataFrame:
        """The reviews of some ISO weeks, as `records` gives them."""
        first, last = week_start(min(weeks)), week_start(max(weeks)) + timedelta(days=6)
        records = self.records("reviews", first.date(), last.date())
        return records[week_labels(records["reviewed_at"]).isin(list(weeks))].reset_index(drop=True)

    def status(self) -> dict[str, Any]:
        """What is on the shelf: `{"shop", "tables": {name: {"rows", "weeks": {week: n}, …}}, "joins"}`.

        The further keys of a table (gaps, newest_export, newest_record, lag_days) and the joins: see coverage.py.
        """
        with self.counts.source() as source:
            return {"shop": self.name, **coverage(self.inventory, source, self._beside("inventory"))}

    @property
    def names(self) -> dict[str, str]:
        """Product id → the name it was last reviewed under."""
        return self.inventory.names

    @property
    def weeks(self) -> list[str]:
        """The ISO weeks in which there are reviews, oldest first."""
        return list(self.inventory.weeks("reviews"))

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
            return max(filter(self._over(), known), default=known[-1])
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
        return self._over()(week)

    def _over(self) -> Callable[[str], bool]:
        newest = self.inventory.exported("reviews")
        return lambda week: newest is not None and newest >= week_start(week) + timedelta(days=6)

    def tally(self, last: str = "", week: str = "") -> Tally:
        """The tally of the weeks up to `week` (default: the newest with reviews).

        `last`: "13 weeks", "all", or nothing for the setting `window_weeks`.
        """
        until = self.week(week)
        if last == "all":
            whole = self.counts.whole()
            return whole.where(week=["", *(known for known in whole.weeks if known <= until)])
        wanted = weeks_to(until, _weeks_in(last) if last else self.settings.window_weeks)
        return self.counts.holding(wanted).where(week=["", *wanted])

    def history(self, week: str = "") -> Tally:
        """What findings, trends and lags read of all weeks up to `week` (default: the newest with reviews).

        The tally of "all" with the features of `older.HISTORY` only, over all SKUs and without quotes: a small part
        of it, kept by itself, so that its cost hardly grows with the years.
        """
        until, past = self.week(week), self.counts.past()
        return past.where(week=["", *(known for known in past.weeks if known <= until)])

    def count(self, map: Mapper = map, progress: Progress | None = None, notice: Notice | None = None) -> Tally:
        """The tally of everything on the shelf; what has not been counted yet is, through `map`, and kept.

        `map` is the builtin, or that of `processes`, `workers.cluster` or any Executor. `progress` and `notice`: see
        `tallies.tally_of`. What is kept lies in data/tally, which may be removed at any time.
        """
        return self.counts.count(map, progress, notice)

    def count_new(self, map: Mapper = map, progress: Progress | None = None, notice: Notice | None = None) -> None:
        """Nothing; counts what has not been counted yet, as `count`, for whoever takes a tally next."""
        self.counts.count_new(map, progress, notice)

    def processes(
        self, workers: int = 0, memory: int | str = 0, notice: Notice | None = None
    ) -> AbstractContextManager[Mapper]:
        """The `map` of worker processes of this machine, as a context that ends them.

        `workers`: how many at most, 0 for as many as pay; `memory`: what all of them together may take, in bytes or as
        "1.5GB", 0 for half of what is free; fewer run where not all fit, at least one, and `notice` is told why.
        Raises SettingsError for what is no size.
        """
        return self.counts.processes(workers, size(memory) if isinstance(memory, str) else memory, notice)

    def _source(self) -> Source:
        """What is counted."""
        kept = self._beside("tally")
        return Source(str(self.shelf.root), kept, self.name, self.settings.category, self.own, stamp())

    def _beside(self, name: str) -> str:
        """A folder beside the shelf."""
        given = self.settings.shelf.rstrip("/")
        return f"{given.rpartition('/')[0]}/{name}" if given else str(self.root / "data" / name)

    @property
    def keeps(self) -> bool:
        """Whether what is counted can be kept for the next run."""
        return self.counts.keeps

    def uncounted(self) -> int:
        """About how many bytes of the shelf the next tally has to count."""
        return self.counts.uncounted()

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
        """The own daily score on the scale that consumers see; with `until`, up to that week: `boards.scores`."""
        return scores(self.records("scores"), until)

    def rivals(self, until: str = "") -> pd.DataFrame:
        """The TOP10 of every week without the shop itself; with `until`, up to that week: `boards.rivals`."""
        return rivals(self.records("rivals"), self.name, until)


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


def make_sample(folder: Path, tell: Callable[[str], None] = lambda step: None) -> Shop:
    """The sample shop in `folder`, its exports written and loaded; a sample that is there already is kept.

    `tell` hears what is done next, in the reader's language. Raises SettingsError where the folder belongs to another
    shop.
    """
    from shopscore_analysis import sample

    if (folder / FILE).exists():
        if (shop := Shop.open(folder)).name != sample.NAME:
            raise SettingsError(
                f"expected a folder for the sample shop, found {shop.name} in {folder}; choose another folder"
            )
    else:
        shop = Shop.create(folder, sample.NAME, sample.CATEGORY)
    tell(f"生成 {len(sample.WEEKS)} 周的导出")
    sample.write_sample(shop.root / "data" / "raw")
    sample.write_trials(shop.root)
    tell("导入")
    load([shop.root / "data" / "raw"], shop.shelf, shop.name, shop.root / "data" / "rejects")
    return shop
