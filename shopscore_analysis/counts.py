"""The tallies of one shop: counted when they are first asked for, in memory from then on, and kept beside its shelf."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from shopscore_analysis.budget import weight, within
from shopscore_analysis.kept import Kept
from shopscore_analysis.older import history
from shopscore_analysis.parts import Mapper, Notice
from shopscore_analysis.placed import Source
from shopscore_analysis.shelf import Shelf
from shopscore_analysis.tallies import Progress, count_new, history_of, tally_of, waiting
from shopscore_analysis.tally import Tally
from shopscore_analysis.workers import chosen, pool

_NOTHING: tuple[frozenset[str], Tally] = (frozenset(), Tally())  # weeks, and a tally that holds them


class Counts:
    """What has been counted of a shop; `source` says, whenever it is asked, what there is to count."""

    def __init__(self, kept: str, source: Callable[[], Source]) -> None:
        self._kept, self._asked = Kept(kept), source
        self.forget()

    def forget(self) -> None:
        """Drops the tallies in memory: the shelf may have changed."""
        self._whole: Tally | None = None
        self._past: Tally | None = None
        self._held = _NOTHING
        self._left: int | None = None

    @property
    def keeps(self) -> bool:
        """Whether what is counted can be kept for the next run."""
        return self._kept.is_writable()

    @contextmanager
    def source(self) -> Iterator[Source]:
        """What is counted; where nothing can be kept, with a folder that lasts as long as the count."""
        source, self._left = self._asked(), None  # whoever takes it may count
        if self.keeps:
            yield source
        else:
            with tempfile.TemporaryDirectory() as aside:
                yield replace(source, kept=aside)

    def count(self, map: Mapper = map, progress: Progress | None = None, notice: Notice | None = None) -> Tally:
        """The tally of everything; what has not been counted yet is, and kept: see `tallies.tally_of`."""
        with self.source() as source:
            whole = tally_of(source, map, progress, notice)
        self.forget()
        self._whole = whole
        return whole

    def count_new(self, map: Mapper = map, progress: Progress | None = None, notice: Notice | None = None) -> None:
        """Nothing; counts what has not been counted yet, for whoever takes a tally next."""
        self.forget()
        if self.keeps:
            with self.source() as source:
                count_new(source, map, progress, notice)
        else:
            self.count(map, progress, notice)

    def whole(self) -> Tally:
        """The tally of everything on the shelf."""
        return self.count() if self._whole is None else self._whole

    def holding(self, weeks: Sequence[str]) -> Tally:
        """A tally that holds these weeks: the one in memory, or one that is read now; no other week is read."""
        if self._whole is not None or not self.keeps:
            return self.whole()
        if not self._held[0].issuperset(weeks):
            with self.source() as source:
                self._held = frozenset(weeks), tally_of(source, weeks=weeks)
        return self._held[1]

    def past(self) -> Tally:
        """`older.history` of everything on the shelf."""
        if self._past is None:
            self._past = self._remembered()
        return self._past

    def _remembered(self) -> Tally:
        if self._whole is not None or not self.keeps:
            return history(self.whole())
        with self.source() as source:
            return history_of(source)

    def uncounted(self) -> int:
        """About how many bytes of the shelf the next tally has to count; looked up once until something is counted."""
        if self._left is None:
            with self.source() as source:
                self._left = waiting(source)
        return self._left

    @contextmanager
    def processes(self, workers: int, memory: int, notice: Notice | None) -> Iterator[Mapper]:
        """The `map` of as many processes as were asked for, or pay, and fit into the memory: see budget.py."""
        asked = chosen(workers, 0 if workers else self.uncounted())
        heavy = weight(Shelf(self._asked().shelf))
        told = notice if workers or memory else None  # nobody asked for a number: none is explained
        with pool(within(asked, heavy, memory, told), notice) as mapped:
            yield mapped
