"""The tally of a shelf: what was counted before is read, the rest is counted and kept.

Months of orders are kept under the digest of their records, of who reads the texts, and of the program; so a new week
counts the months that its records belong to, and nothing else. What is kept holds counts and masked quotes only.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from shopscore_analysis.count import count_shard
from shopscore_analysis.errors import ShopscoreError
from shopscore_analysis.kept import Kept
from shopscore_analysis.memory import give_back
from shopscore_analysis.parts import RECORDS, Cut, Mapper, Part, cut
from shopscore_analysis.placed import ChangedError, Source, task_name
from shopscore_analysis.schema import week_start
from shopscore_analysis.shelf import Shelf
from shopscore_analysis.tally import Tally, total
from shopscore_analysis.text.tagger import tagger_digest

Progress = Callable[[Path, int, int], None]  # what was counted, shards done, shards in all
Notice = Callable[[str], None]
Result = TypeVar("Result")

# The modules and files that decide what is counted; a test compares them with what count.py imports.
COUNTING = (
    "cells", "copies", "count", "errors", "intake", "journal", "kept", "memory", "merge", "objects", "parts", "periods",
    "placed", "quoted", "said", "schema", "shards", "shelf", "tally", "text",
)  # fmt: skip
_DATA = ("reasons.toml", "simplified.txt", "stopwords.txt")
_ENGINES = ("jieba",)
_DECIDES = {"lexicon": "词表", "program": "程序"}  # what makes months count anew, as an analyst reads it
_ABOUT = "about.json"
HISTORY = ("name", "order", "review", "aftersale", "text", "complaint", "cause", "loss", "lag")  # what `history` holds
_ATTEMPTS = 5
_RECENT = 6  # months, and up to as many more, that a new week may change; of the older ones sums are kept, too


@dataclass(frozen=True)
class Month:
    """The kept tallies of a month of orders, one a shard, and the calendar months that its records come from."""

    names: list[str]
    born: list[str]


@dataclass(frozen=True)
class Counted:
    """A shelf that has been counted: what its months are kept as, and the tallies that could not be kept.

    What nobody asks for is not read, and what is damaged is counted again.
    """

    source: Source
    months: dict[str, Month]
    aside: dict[str, bytes]

    def tally(self, weeks: Collection[str] | None = None) -> Tally:
        """The tally of everything, or of some weeks; the names of products are those of the whole history."""
        if weeks is None:
            return total([self._before("sum"), *self._of(self._recent)])
        meant = [month for month in self._old if months_of(weeks).intersection(self.months[month].born)]
        now = [tally.where(week=[*weeks]) for tally in self._of(meant)]
        return total(
            [self._before("names"), *now, *(tally.where(week=["", *weeks]) for tally in self._of(self._recent))]
        )

    def history(self) -> Tally:
        """`history` of the tally of everything."""
        return total([self._before("history"), *map(history, self._of(self._recent))])

    @property
    def _old(self) -> list[str]:
        """The months that a new week is not likely to change."""
        return list(self.months)[: max(len(self.months) // _RECENT - 1, 0) * _RECENT]

    @property
    def _recent(self) -> list[str]:
        return list(self.months)[len(self._old) :]

    def _before(self, kind: str) -> Tally:
        """The sum of one of `_SUMS` over the older months: kept, or made now."""
        if not (old := self._old):
            return Tally()
        name = f"{kind}-{_digest([*HISTORY, *(name for month in old for name in self.months[month].names)])}"
        known = loaded(self._kept.get(name))
        if known is None:
            known = total(map(_SUMS[kind], self._of(old)))
            self._kept.put(name, dumped(known))
            self._kept.remove({other for other in self._kept.names() if other.startswith(f"{kind}-")} - {name})
        return known

    @property
    def _kept(self) -> Kept:
        return Kept(self.source.kept)

    def _of(self, months: Iterable[str]) -> Iterator[Tally]:
        """The tallies of the shards of these months, one at a time."""
        return (self._part(name, month) for month in months for name in self.months[month].names)

    def _part(self, name: str, month: str) -> Tally:
        """The tally of a shard as it was kept; counted here where that is damaged or gone."""
        found = loaded(self.aside.get(name) or self._kept.get(name))
        if found is None:
            parts = {kept_name(part): part for part in cut(self.source).parts(month)}
            if name not in parts:
                raise ChangedError(f"expected the shelf {self.source.shelf} at rest, found {month} loaded anew")
            found = count_shard(parts[name])
            self._kept.put(name, dumped(found))
        return found


def history(tally: Tally) -> Tally:
    """The features of `HISTORY` over all SKUs, without quotes: what findings and trends read, small for many weeks."""
    cells = tally.cells[tally.cells["feature"].isin(HISTORY)]
    return Tally.of([cells.assign(sku="")])


_SUMS: dict[str, Callable[[Tally], Tally]] = {
    "sum": lambda tally: tally, "names": lambda tally: tally.where(week=""), "history": history,
}  # fmt: skip


def tally_of(
    source: Source,
    map: Mapper = map,
    progress: Progress | None = None,
    notice: Notice | None = None,
    weeks: Collection[str] | None = None,
) -> Tally:
    """The tally of everything on a shelf, or of some weeks; `map` decides nothing but speed.

    `progress` is told of every shard that is counted, `notice` why months are counted again that had been counted.
    Counting begins anew where a loader changes the shelf meanwhile; ShopscoreError if that goes on.
    """
    return _at_rest(source, lambda: counted(source, map, progress, notice).tally(weeks))


def history_of(source: Source) -> Tally:
    """`history` of everything on a shelf; counts and raises as `tally_of`."""
    return _at_rest(source, lambda: counted(source).history())


def count_new(
    source: Source, map: Mapper = map, progress: Progress | None = None, notice: Notice | None = None
) -> None:
    """Nothing; what has not been counted is counted and kept. As `tally_of`, but no tally is put together."""
    _at_rest(source, lambda: counted(source, map, progress, notice))


def _at_rest(source: Source, do: Callable[[], Result]) -> Result:
    for _ in range(_ATTEMPTS):
        try:
            return do()
        except ChangedError:
            continue
    raise ShopscoreError(
        f"expected a quiet moment to count {source.shelf}, found loaders all the time; wait for them and try again"
    )


def _silent(*said: object) -> None:
    """Tells nobody."""


def counted(
    source: Source, map: Mapper = map, progress: Progress | None = None, notice: Notice | None = None
) -> Counted:
    """The shelf, counted: every shard whose tally was not kept is counted now, and kept.

    Raises ChangedError where a loader changes the shelf meanwhile.
    """
    give_back()
    kept, now = Kept(source.kept), _now(source)
    before, there = _about(kept), kept.names()
    months = {month: Month(**told) for month, told in before.get("months", {}).items()}
    if all(before.get(name) == now[name] for name in now) and there.issuperset(_names(months)):
        return Counted(source, months, {})
    whole = cut(source, map)
    parts = {month: whole.parts(month) for month in whole.digests}
    missing = [part for month in parts.values() for part in month if kept_name(part) not in there]
    missing.sort(key=lambda part: part.size, reverse=True)  # so that the last ones to be done are short
    changed = [said for name, said in _DECIDES.items() if before.get(name, now[name]) != now[name]]
    if changed and missing:
        number = len({part.month for part in missing})
        (notice or _silent)(f"{'和'.join(changed)}和上次统计时不一样了：{number} 个月要重新统计")
    aside = {}
    for done, (part, content) in enumerate(zip(missing, map(keep, missing), strict=True), 1):
        aside[kept_name(part)] = content
        (progress or _silent)(Path(part.name), done, len(missing))
    months = {month: Month([kept_name(part) for part in parts[month]], sorted(whole.born(month))) for month in parts}
    about = {**now, "versions": now["versions"] | whole.versions}
    about["months"] = {month: asdict(told) for month, told in months.items()}
    kept.put(_ABOUT, json.dumps(about).encode())
    of_use = {_ABOUT, *_names(months), *_found_names(whole)}
    kept.remove(name for name in there - of_use if name.partition("-")[0] not in _SUMS)
    return Counted(source, months, {name: content for name, content in aside.items() if content})


def keep(part: Part) -> bytes:
    """Nothing where the tally of the shard could be kept, else its bytes: what a worker does."""
    give_back()
    content = dumped(count_shard(part))
    return b"" if Kept(part.source.kept).put(kept_name(part), content) else content


def months_of(weeks: Iterable[str]) -> set[str]:
    """The calendar months (YYYY-MM) into which days of the weeks fall.

    >>> sorted(months_of(["2026-W40"]))
    ['2026-09', '2026-10']
    """
    starts = [week_start(week) for week in weeks]
    return {f"{day:%Y-%m}" for start in starts for day in (start, start + timedelta(days=6))}


def _digest(about: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


def kept_name(part: Part) -> str:
    """What the tally of a shard is kept as."""
    source = part.source
    lexicon = tagger_digest(source.category, source.own)
    about = (source.stamp, lexicon, source.shop, source.category, part.digest, f"{part.number}/{part.of}")
    return f"tally-{part.month}-{_digest(about)}"


def _found_names(whole: Cut) -> Iterator[str]:
    """What is kept beside the tallies."""
    yield from (task_name(whole.source, *about) for about in whole.placed)
    yield from (task_name(whole.source, "orders", month) for month in whole.versions["orders"])


def _names(months: dict[str, Month]) -> set[str]:
    """What the tallies of these months are kept as."""
    return {name for month in months.values() for name in month.names}


def _now(source: Source) -> dict[str, Any]:
    """All that decides what is counted: who reads the texts, for whom, and the versions of the shelf's files."""
    shelf, lexicon = Shelf(source.shelf), tagger_digest(source.category, source.own)
    versions = {table: shelf.versions(table) for table in ("orders", *RECORDS, "service")}
    about = {"shop": source.shop, "category": source.category}
    return {"lexicon": lexicon, "program": source.stamp, **about, "versions": versions}


def _about(kept: Kept) -> dict[str, Any]:
    """What decided the last count, see `_now`, and the months that came of it; empty where nothing was kept."""
    return dict(json.loads(kept.get(_ABOUT) or b"{}"))


def waiting(source: Source) -> int:
    """About how many bytes of the shelf have not been counted yet: what decides whether more processes pay."""
    shelf, before = Shelf(source.shelf), _about(Kept(source.kept))
    same = before.get("lexicon") == tagger_digest(source.category, source.own) and before.get("program") == source.stamp
    total = 0
    for table in ("orders", *RECORDS):
        known = before["versions"][table] if same else {}
        sizes = shelf.sizes(table)
        total += sum(sizes[month] for month, version in shelf.versions(table).items() if known.get(month) != version)
    return total


def dumped(tally: Tally) -> bytes:
    """A tally as two Arrow streams, cells and quotes; equal tallies give equal bytes."""
    out = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    for frame in (tally.cells, tally.quotes):
        table = _plain(pa.Table.from_pandas(frame, preserve_index=False))
        with pa.ipc.new_stream(out, table.schema, options=options) as stream:
            stream.write_table(table)
    return out.getvalue()


def _plain(table: pa.Table) -> pa.Table:
    """The table with texts in buffers of their own: what is left of filtering must not show in the bytes."""
    texts = [field for field in table.schema if not pa.types.is_dictionary(field.type) and field.type != pa.int64()]
    for field in texts:
        at, column = table.schema.get_field_index(field.name), table[field.name].combine_chunks()
        table = table.set_column(at, field, column.take(pa.array(np.arange(len(column)))))
    return table


def loaded(content: bytes | None) -> Tally | None:
    """The tally of these bytes; None for none, and for bytes that are no tally."""
    if content is None:
        return None
    try:
        source = pa.BufferReader(content)
        cells, quotes = (pa.ipc.open_stream(source).read_all().to_pandas() for _ in range(2))
        return Tally(cells, quotes)
    except (pa.ArrowException, OSError, ValueError):
        return None


@cache
def stamp() -> str:
    """12 hex digits over the sources and data that decide what is counted, and the engines that segment."""
    package, total = files("shopscore_analysis"), hashlib.sha256()
    with as_file(package) as root:
        sources = [root / f"{name}.py" for name in COUNTING] + [root / "data" / name for name in _DATA]
        for path in [*filter(Path.is_file, sources), *sorted((root / "text").glob("*.py"))]:
            total.update(path.name.encode() + b"\0" + path.read_bytes())
    for name in _ENGINES:
        with suppress(PackageNotFoundError):
            total.update(f"{name} {version(name)}".encode())
    return total.hexdigest()[:12]
