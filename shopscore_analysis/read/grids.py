"""Cells by position, before anyone knows what they mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Protocol

import pyarrow as pa

HEAD_ROWS = 15
SLICE_ROWS = 1 << 15


@dataclass(frozen=True)
class Slice:
    """Some rows of a grid, one string array per column; `first` is the 0-based number of the first of them."""

    columns: list[pa.Array]
    first: int

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def column(self, at: int) -> pa.Array:
        """A column, empty where these rows do not reach so far."""
        return self.columns[at] if at < len(self.columns) else pa.repeat(pa.scalar(""), len(self))

    def cut(self, start: int, end: int) -> Slice:
        """The rows [start, end) of these."""
        return Slice([column[start:end] for column in self.columns], self.first + start)


class Grid(Protocol):
    """One sheet or one delimited file: rows of text cells.

    `name` is the worksheet (None where there are none), `notes` what a reader should be told about how it was read.
    """

    name: str | None
    notes: list[str]

    @property
    def member(self) -> str:
        """The name inside an archive, "" outside one."""
        ...

    def head(self) -> list[list[str]]:
        """The first rows, at most HEAD_ROWS."""
        ...

    def slices(self, start: int, wanted: Collection[int] | None = None) -> Iterator[Slice]:
        """The rows from the 0-based `start` on, some at a time; columns not `wanted` may be all null."""
        ...


@dataclass
class Rows:
    """A grid of which `rows` gives the rows afresh: a worksheet, an HTML table, a ragged text file."""

    rows: Callable[[], Iterable[Sequence[str]]]
    name: str | None
    member: str
    notes: list[str]

    def head(self) -> list[list[str]]:
        """The first rows, at most HEAD_ROWS."""
        return [list(row) for row in islice(self.rows(), HEAD_ROWS)]

    def slices(self, start: int, wanted: Collection[int] | None = None) -> Iterator[Slice]:
        """The rows from `start` on; short rows are filled up with empty cells."""
        rows = islice(self.rows(), start, None)
        while body := list(islice(rows, SLICE_ROWS)):
            yield Slice(_turned(body, wanted), start)
            start += len(body)


def _turned(body: Sequence[Sequence[str]], wanted: Collection[int] | None) -> list[pa.Array]:
    """Rows as columns; those not wanted are null."""
    nothing = pa.nulls(len(body), pa.string())
    columns = [
        pa.array(cells, pa.string()) if wanted is None or at in wanted else nothing
        for at, cells in enumerate(zip_longest(*body, fillvalue=""))
    ]
    return columns or [pa.repeat(pa.scalar(""), len(body))]


def width_of(rows: Iterable[list[str]]) -> int:
    """The number of columns up to the last one with any text.

    >>> width_of([["a", "b", ""], ["c"]])
    2
    """
    return max((at + 1 for row in rows for at, cell in enumerate(row) if cell.strip()), default=0)
