"""A shelf that has been counted, read as one tally: of its older months sums are kept, so that years cost little."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shopscore_analysis.count import count_shard
from shopscore_analysis.kept import Kept
from shopscore_analysis.packed import dumped, loaded
from shopscore_analysis.parts import Part, cut
from shopscore_analysis.placed import ChangedError, Source
from shopscore_analysis.schema import week_start
from shopscore_analysis.tally import Tally, total
from shopscore_analysis.text.tagger import tagger_digest

HISTORY = ("name", "order", "review", "aftersale", "text", "complaint", "cause", "loss", "lag")  # what `history` holds
RECENT = 6  # months, and up to as many more, that a new week may change; of the older ones sums are kept, too
_SMALL = ("history", "names")  # sums that one report asks for, and that are made in one pass


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
        return list(self.months)[: max(len(self.months) // RECENT - 1, 0) * RECENT]

    @property
    def _recent(self) -> list[str]:
        return list(self.months)[len(self._old) :]

    def _before(self, kind: str) -> Tally:
        """The sum of one of `SUMS` over the older months: kept, or made now."""
        if not self._old:
            return Tally()
        known = loaded(self._kept.get(self._sum_name(kind)))
        return self._summed(kind) if known is None else known

    def _summed(self, kind: str) -> Tally:
        """The sum of that kind, made and kept; another small one that is not kept is made of the same reading."""
        there = self._kept.names()
        also = [each for each in _SMALL if kind in _SMALL and self._sum_name(each) not in there]
        kinds = list(dict.fromkeys([kind, *also]))
        read = [[SUMS[each](tally) for each in kinds] for tally in self._of(self._old)]
        sums = {each: total(parts) for each, parts in zip(kinds, zip(*read, strict=True), strict=True)}
        for each, known in sums.items():
            name = self._sum_name(each)
            self._kept.put(name, dumped(known))
            self._kept.remove({other for other in there if other.startswith(f"{each}-")} - {name})
        return sums[kind]

    def _sum_name(self, kind: str) -> str:
        """What that sum of these months is kept as."""
        return f"{kind}-{_digest([*HISTORY, *(name for month in self._old for name in self.months[month].names)])}"

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


SUMS: dict[str, Callable[[Tally], Tally]] = {
    "sum": lambda tally: tally, "names": lambda tally: tally.where(week=""), "history": history,
}  # fmt: skip


def months_of(weeks: Iterable[str]) -> set[str]:
    """The calendar months (YYYY-MM) into which days of the weeks fall.

    >>> sorted(months_of(["2026-W40"]))
    ['2026-09', '2026-10']
    """
    starts = [week_start(week) for week in weeks]
    return {f"{day:%Y-%m}" for start in starts for day in (start, start + timedelta(days=6))}


def kept_name(part: Part) -> str:
    """What the tally of a shard is kept as."""
    source = part.source
    lexicon = tagger_digest(source.category, source.own)
    about = (source.stamp, lexicon, source.shop, source.category, part.digest, f"{part.number}/{part.of}")
    return f"tally-{part.month}-{_digest(about)}"


def _digest(about: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]
