"""One export file → its records, some at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.batches import Batch, Origin, Part, Reject
from shopscore_analysis.read.fields import refuse_cut_off
from shopscore_analysis.read.formats import grids
from shopscore_analysis.read.grids import Grid, Slice
from shopscore_analysis.read.records import records
from shopscore_analysis.read.sources import Source
from shopscore_analysis.read.tables import Found, pieces, refusal, unlike
from shopscore_analysis.schema import TABLES

_WORKERS = 2  # slices at work at one time: what they do holds the interpreter's lock for a third of the time
_WHOLE = ("service", "scores", "rivals")  # small tables whose rows depend on one another: read in one piece


class Export:
    """One file on its way to the shelf: `parts` reads it once; after that `tables` says what was in it."""

    def __init__(self, path: Path, *, shop: str, period: tuple[date, date] | None = None) -> None:
        self.path, self._shop, self._period = path, shop, period
        self.tables: list[tuple[Found, Origin]] = []

    def parts(self) -> Iterator[Part]:
        """The records of every table in the file, in order, at most some ten thousand at a time.

        ExportError where the file as a whole cannot be used: nothing of what came before may be kept then.
        """
        self._met: list[Found] = []
        self._blank: list[Grid] = []
        self._grids: list[Grid] = []
        yield from self._read(Source.of(self.path))
        if not self.tables:
            raise refusal(self._grids, self._met, self.path)
        for _, origin in self.tables:
            refuse_cut_off(origin)
        self._say_what_was_left_out()

    def _read(self, source: Source) -> Iterator[Part]:
        waiting: deque[tuple[int, Origin, Future[pa.Table]]] = deque()
        with ThreadPoolExecutor(_WORKERS) as workers:
            self._digest = workers.submit(source.digest)
            try:
                for number, found, rows in self._pieces(source):
                    origin = self.tables[number][1].slice()
                    waiting.append((number, origin, workers.submit(records, found, rows, origin)))
                    if len(waiting) > _WORKERS:
                        yield self._part(*waiting.popleft())
                while waiting:
                    yield self._part(*waiting.popleft())
            finally:
                for *_, work in waiting:
                    work.cancel()

    def _pieces(self, source: Source) -> Iterator[tuple[int, Found, Slice]]:
        """(number, table, rows) of every complete table; the rest is remembered for the warnings."""
        for grid in grids(source):
            self._grids.append(grid)
            before = len(self._met)
            for found, rows in _joined(pieces(grid)):
                if not self._met or self._met[-1] is not found:
                    self._begin(grid, found)
                if found.match.complete:
                    yield len(self.tables) - 1, found, rows
            if len(self._met) == before:
                self._blank.append(grid)

    def _begin(self, grid: Grid, found: Found) -> None:
        self._met.append(found)
        if not found.match.complete:
            return
        if found.match.dialect.refuse:
            place = grid.name or grid.member or None
            raise ExportError(found.match.dialect.refuse, self.path, place, why="口径不同的分，这类文件不读")
        origin = Origin(self.path, grid.member, grid.name or "", self._shop, self._digest.result()[:12], self._period)
        for note in grid.notes:
            origin.note(note)
        for taken, others in found.match.doubled.values():
            origin.note(f"几列是同一项：读{taken}，不读{'、'.join(others)}")
        self.tables.append((found, origin))

    def _part(self, number: int, origin: Origin, work: Future[pa.Table]) -> Part:
        found, whole = self.tables[number]
        read = work.result()
        whole.absorb(origin)
        return Part(number, found.match.dialect.table, read, origin.rejects)

    def _say_what_was_left_out(self) -> None:
        """A warning for each sheet and each table that was not understood beside others that were."""
        first = self.tables[0][1]
        for grid in self._blank:
            first.note(f"{grid.name or grid.member}：没有认得的表，没有读")
        for found in self._met:
            if not found.match.complete:
                first.note(_passed_over(found))


def _joined(found: Iterator[tuple[Found, Slice]]) -> Iterator[tuple[Found, Slice]]:
    """The pieces, those of small tables in one each."""
    held: list[Slice] = []
    last: Found | None = None
    for table, rows in found:
        if held and table is not last:
            yield _one(last, held)
            held = []
        last = table
        if table.match.dialect.table in _WHOLE:
            held.append(rows)
        else:
            yield table, rows
    if held:
        yield _one(last, held)


def _one(table: Found | None, parts: list[Slice]) -> tuple[Found, Slice]:
    assert table is not None
    full = [part for part in parts if len(part)] or parts[:1]
    width = max(len(part.columns) for part in full)
    return table, Slice([pa.concat_arrays([part.column(at) for part in full]) for at in range(width)], full[0].first)


def _passed_over(table: Found) -> str:
    return f"第 {table.first_row - 1} 行起 {table.rows} 行{unlike(table.match)}，没有读"


def read_export(path: Path, *, shop: str, period: tuple[date, date] | None = None) -> list[Batch]:
    """The batches of every table in a file, whatever its format: CSV, workbook, archive.

    `period` says which days a service file covers when neither a column nor its name does. ExportError where the
    file as a whole cannot be used; single rows and cells that cannot be read become rejects.
    """
    export = Export(path, shop=shop, period=period)
    parts = list(export.parts())
    return [
        _batch(export, number, [part for part in parts if part.number == number])
        for number in range(len(export.tables))
    ]


def _batch(export: Export, number: int, parts: list[Part]) -> Batch:
    found, origin = export.tables[number]
    name = found.match.dialect.table
    at = pa.scalar(origin.exported_at, pa.timestamp("s"))
    empty = pa.schema([(field, pa.type_for_alias(kind)) for field, kind in TABLES[name].all_columns.items()])
    whole = pa.concat_tables([empty.empty_table(), *(part.records for part in parts)]).combine_chunks()
    if at.is_valid:
        place = whole.schema.get_field_index("exported_at")
        whole = whole.set_column(place, "exported_at", pc.fill_null(whole["exported_at"], at))
    rejects: list[Reject] = [reject for part in parts for reject in part.rejects]
    return Batch(export.path, origin.member, name, found.match.dialect.name, whole, rejects, origin.warnings)
