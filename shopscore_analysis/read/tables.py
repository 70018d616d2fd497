"""A grid → the tables in it: the header hunt, title lines, several tables in one file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.dialects import Match, aliases, best, dialects, folded, header_row
from shopscore_analysis.read.grids import Grid, Slice, width_of
from shopscore_analysis.read.privacy import mask


@dataclass
class Found:
    """A table in a grid: how its header reads, the 1-based row of its first record, and how many rows were met."""

    match: Match
    header: list[str]
    first_row: int
    rows: int = 0


def pieces(grid: Grid) -> Iterator[tuple[Found, Slice]]:
    """Every table of a grid, some rows at a time, read in its best dialect, complete or not.

    A grid without a header of at least two known names has none.
    """
    head = grid.head()
    at = header_row(head)
    if at < 0:
        return
    found = Found(best(head[at]), head[at], at + 2)
    wanted = {0, 1, *found.match.columns.values()} & set(range(len(head[at])))
    yield found, Slice([], at + 1)
    for part in _slices(grid, at + 1, wanted):
        for start, end in _spans(part):
            if start:
                found = _below(part, start - 1)
            rows = _without_title(part.cut(start, end)) if end < len(part) else part.cut(start, end)
            found.rows += len(rows)
            yield found, rows


def _slices(grid: Grid, start: int, wanted: set[int]) -> Iterator[Slice]:
    """The rows below a header; from the slice on that holds another header, with every column."""
    for part in grid.slices(start, wanted):
        if _header_rows(part):
            yield from grid.slices(part.first, None)
            return
        yield part


def _spans(part: Slice) -> list[tuple[int, int]]:
    """The rows between the headers in a slice, as [start, end)."""
    headers = _header_rows(part)
    return list(zip([0, *(at + 1 for at in headers)], [*headers, len(part)], strict=True))


def _below(part: Slice, header: int) -> Found:
    """The table that begins under a header within a slice."""
    names = [column[header].as_py() or "" for column in part.columns]
    return Found(best(names), names, part.first + header + 2)


def _header_rows(part: Slice) -> list[int]:
    """The rows whose first two cells are both known headers, and differ."""
    if len(part.columns) < 2:
        return []
    first = _known(part.columns[0])
    if not pc.any(first).as_py():
        return []
    different = pc.not_equal(part.columns[0], part.columns[1])
    starts: list[int] = pc.indices_nonzero(pc.and_(pc.and_(first, _known(part.columns[1])), different)).to_pylist()
    return starts


def _known(column: pa.Array) -> pa.Array:
    folded_cells = pc.utf8_trim(pc.utf8_lower(column), characters=" \t\ufeff'")
    return pc.fill_null(pc.is_in(folded_cells, value_set=_aliases()), False)


@cache
def _aliases() -> pa.Array:
    return pa.array(sorted(aliases()))


def _without_title(rows: Slice) -> Slice:
    """The rows without the blank lines and the title of the next table at their end."""
    end = len(rows)
    while end and sum(bool((column[end - 1].as_py() or "").strip()) for column in rows.columns) <= 1:
        end -= 1
    return rows.cut(0, end)


def refusal(grids: Sequence[Grid], found: Sequence[Found], path: object) -> ExportError:
    """The error for a file in which no table is complete: the headers found, the nearest dialect, what it lacks."""
    kinds = "、".join(dict.fromkeys(dialect.label for dialect in dialects() if not dialect.refuse))
    if not found:
        head = max((row for grid in grids for row in grid.head()), key=lambda row: width_of([row]), default=[])
        return ExportError(
            f"expected an export ({kinds}), found {_listed(head)}; export it again from the back office, or rename the "
            "headers to those of docs/exports",
            str(path),
            why="认不出是哪种导出",
        )
    near = max(found, key=lambda table: (len(table.match.columns), -len(table.match.missing))).match
    return ExportError(_lacking(near, found[0].header), str(path), why=unlike(near))


def unlike(near: Match) -> str:
    """What keeps a table from being one of its nearest dialect, in short and in Chinese."""
    lacking = "、".join("/".join(near.dialect.fields[field]) for field in near.missing)
    return f"像{near.dialect.label}，但" + (f"缺{lacking}" if lacking else f"多了{'、'.join(near.forbidden)}")


def _lacking(near: Match, header: Sequence[str]) -> str:
    if near.missing:
        wanted = "；".join(" / ".join(near.dialect.fields[field]) for field in near.missing)
        return (
            f"expected {near.dialect.label} ({near.dialect.name}) with a column {wanted}, found {_listed(header)}; "
            "export it again with all columns (标准报表), or rename the header"
        )
    names = "、".join(near.forbidden)
    return f"expected {near.dialect.label} without {names}, found {_listed(header)}; this kind of file is not read yet"


def _listed(header: Sequence[str]) -> str:
    names = [folded(name) for name in header if name.strip()]
    if any(mask(name) != name or re.search(r"\d{5}", name) for name in names):
        return f"a first row of {len(names)} cells that is no header"  # and may name people: it is not shown
    return "no header" if not names else "the headers " + "、".join(names[:12]) + ("…" if len(names) > 12 else "")
