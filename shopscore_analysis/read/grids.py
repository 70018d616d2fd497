"""Cells by position, before anyone knows what they mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

HEAD_ROWS = 15


class Grid(Protocol):
    """One sheet or one delimited file: rows of text cells.

    `name` is the worksheet (None where there are none), `member` the name inside an archive ("" outside one),
    `notes` what a reader should be told about how it was read.
    """

    name: str | None
    member: str
    notes: list[str]

    def head(self) -> list[list[str]]:
        """The first rows, at most HEAD_ROWS."""
        ...

    def below(self, row: int, wanted: Collection[int] | None = None) -> list[pa.Array]:
        """The cells under the 0-based `row`, one string array per column; columns not `wanted` may be all null."""
        ...


@dataclass
class Rows:
    """A grid that is held as rows already: a worksheet, an HTML table, a ragged text file."""

    rows: list[list[str]]
    name: str | None
    member: str
    notes: list[str]

    def head(self) -> list[list[str]]:
        """The first rows, at most HEAD_ROWS."""
        return self.rows[:HEAD_ROWS]

    def below(self, row: int, wanted: Collection[int] | None = None) -> list[pa.Array]:
        """The cells under `row`, every column; short rows are filled up with empty cells."""
        width = max(len(self.rows[row]), max(map(len, self.rows[row + 1 :]), default=0))
        body = [
            [*cells, *[""] * (width - len(cells))] if len(cells) < width else cells for cells in self.rows[row + 1 :]
        ]
        return [pa.array([cells[at] for cells in body], pa.string()) for at in range(width)]


def width_of(rows: Iterable[list[str]]) -> int:
    """The number of columns up to the last one with any text.

    >>> width_of([["a", "b", ""], ["c"]])
    2
    """
    return max((at + 1 for row in rows for at, cell in enumerate(row) if cell.strip()), default=0)
