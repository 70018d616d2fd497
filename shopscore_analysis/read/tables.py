"""A grid → the tables in it: the header hunt, title lines, several tables in one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.dialects import Match, aliases, best, dialects, folded, header_row
from shopscore_analysis.read.grids import Grid, width_of
from shopscore_analysis.read.privacy import mask


@dataclass(frozen=True)
class Found:
    """A table in a grid: how its header reads, its columns by position, and the 1-based row of its first record."""

    match: Match
    header: list[str]
    columns: list[pa.Array]
    first_row: int


def tables(grid: Grid) -> Iterator[Found]:
    """Every table of a grid whose header has at least two known names, read in its best dialect, complete or not."""
    head = grid.head()
    at = header_row(head)
    if at < 0:
        return
    reading = best(head[at])
    columns = grid.below(at, {0, 1, *reading.columns.values()} & set(range(len(head[at]))))
    if _header_rows(columns):
        columns = grid.below(at)
    header = [*head[at], *[""] * (len(columns) - len(head[at]))]
    yield from _split(Found(reading, header, columns, at + 2))


def _split(found: Found) -> Iterator[Found]:
    """The table above the first repeated or new header, and whatever stands below it, each with its own header."""
    starts = _header_rows(found.columns)
    ends = [*starts, len(found.columns[0]) if found.columns else 0]
    yield _cut(found.match, found.header, found, 0, ends[0])
    for start, end in zip(starts, ends[1:], strict=True):
        header = [column[start].as_py() or "" for column in found.columns]
        yield _cut(best(header), header, found, start + 1, end)


def _header_rows(columns: Sequence[pa.Array]) -> list[int]:
    """The rows whose first two cells are both known headers, and differ."""
    if len(columns) < 2:
        return []
    known = pa.array(sorted(aliases()))
    first, second = (pc.utf8_trim(pc.utf8_lower(column), characters=" \t\ufeff'") for column in columns[:2])
    both = pc.and_(pc.is_in(first, value_set=known), pc.is_in(second, value_set=known))
    starts: list[int] = pc.indices_nonzero(pc.fill_null(pc.and_(both, pc.not_equal(first, second)), False)).to_pylist()
    return starts


def _cut(reading: Match, header: list[str], found: Found, start: int, end: int) -> Found:
    """Rows [start, end) without the blank lines and the title of the next table at their end."""
    columns = [column[start:end] for column in found.columns]
    while columns and len(columns[0]) and end < len(found.columns[0]) and _filled(columns) <= 1:
        columns = [column[:-1] for column in columns]
    return Found(reading, header, columns, found.first_row + start)


def _filled(columns: Sequence[pa.Array]) -> int:
    """The number of cells with text in the last row."""
    return sum(bool((column[-1].as_py() or "").strip()) for column in columns)


def refusal(grids: Sequence[Grid], found: Sequence[Found], path: object) -> ExportError:
    """The error for a file in which no table is complete: the headers found, the nearest dialect, what it lacks."""
    kinds = "、".join(dict.fromkeys(dialect.label for dialect in dialects()))
    if not found:
        head = max((row for grid in grids for row in grid.head()), key=lambda row: width_of([row]), default=[])
        return ExportError(
            f"expected an export ({kinds}), found {_listed(head)}; export it again from the back office, or rename the "
            "headers to those of docs/exports",
            str(path),
        )
    near = max(found, key=lambda table: (len(table.match.columns), -len(table.match.missing))).match
    return ExportError(_lacking(near, found[0].header), str(path))


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
    names = [mask(folded(name)) for name in header if name.strip()]
    return "no header" if not names else "the headers " + "、".join(names[:12]) + ("…" if len(names) > 12 else "")
