"""Records on their way to the shelf: held in memory up to a bound, beyond it in sorted files aside, then merged.

A month is merged a range of keys at a time, so memory does not grow with the file or with the month. The result
does not depend on where the ranges end: row groups are cut anew to one size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shopscore_analysis.journal import Journal
from shopscore_analysis.merge import Merged, merged, schema_of
from shopscore_analysis.schema import TABLES

FILE = "records.parquet"
_GROUP = 65536  # rows of a row group on the shelf
_RUN_GROUP = 8192  # … and in a file aside
_RANGE = 200_000  # rows merged at one time
_HELD = 160 << 20  # bytes held in memory before they go aside


@dataclass
class _Month:
    """What is to be merged into one file: records in memory, and files aside, each of one batch."""

    table: str
    held: list[tuple[int, pa.Table]] = field(default_factory=list)
    aside: list[tuple[int, Path]] = field(default_factory=list)


class Intake:
    """One atomic step of a shelf: `add` records of numbered batches, then `commit` all of them, or leave none."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self._stack = journal, ExitStack()
        self._months: dict[str, _Month] = {}
        self._bytes, self._runs, self._locked = 0, 0, False

    def __enter__(self) -> Intake:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, batch: int, table: str, records: pa.Table) -> None:
        """Takes some records of a batch; takes the shelf's lock when they are too many to be held in memory."""
        for path, part in _parts(table, records.cast(schema_of(table))):
            self._months.setdefault(path, _Month(table)).held.append((batch, part))
        self._bytes += records.nbytes
        if self._bytes > _HELD:
            self._put_aside()

    def commit(self, exported_at: Sequence[datetime | None]) -> list[Merged]:
        """What was new, updated and unchanged per batch; `exported_at` of each batch is for records without one."""
        self._lock()
        counts = [Merged() for _ in exported_at]
        writers = {
            path: _Merging(self._journal, path, month, exported_at, counts).write
            for path, month in sorted(self._months.items())
        }
        self._journal.commit(writers)
        return counts

    def _lock(self) -> None:
        if not self._locked:
            self._stack.enter_context(self._journal.lock())
            self._locked = True

    def _put_aside(self) -> None:
        """Moves what is held to sorted files beside the shelf, one per month and batch."""
        self._lock()
        for month in self._months.values():
            for batch in sorted({batch for batch, _ in month.held}):
                whole = pa.concat_tables([part for at, part in month.held if at == batch]).sort_by("key")
                month.aside.append((batch, self._journal.aside(f"run{self._runs}", _run_writer(whole))))
                self._runs += 1
            month.held.clear()
        self._bytes = 0


def _run_writer(records: pa.Table) -> Callable[[Path], None]:
    return lambda path: pq.write_table(records, path, compression="lz4", row_group_size=_RUN_GROUP)


def path_of(table: str, shop: str, month: str) -> str:
    """Where the records of a month lie, below the shelf's root.

    Only what no file name may hold is percent-quoted: a Chinese name would grow ninefold and exceed what
    file systems allow.

    >>> path_of("reviews", "一/二", "2026-11")
    'reviews/shop=一%2F二/month=2026-11/records.parquet'
    """
    name = "".join(c if c.isalnum() or c in "-_" else quote(c, safe="") for c in shop)
    return f"{table}/shop={name}/month={month}/{FILE}"


def shop_of(path: str) -> str:
    """The shop whose records a path holds."""
    return unquote(path.split("/")[1].removeprefix("shop="))


def _parts(name: str, records: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The records by the file that they belong to: shop and month of creation."""
    born = records[TABLES[name].born]
    number = pc.add(pc.multiply(pc.year(born), 12), pc.subtract(pc.month(born), 1))
    for shop in pc.unique(records["shop"]).to_pylist():
        own = pc.equal(records["shop"], shop)
        for at in sorted(pc.unique(number.filter(own)).to_pylist()):
            month = f"{at // 12:04d}-{at % 12 + 1:02d}"
            yield path_of(name, shop, month), records.filter(pc.and_(own, pc.equal(number, at)))


class _Merging:
    """The merge of one month's file, from key to key."""

    def __init__(
        self,
        journal: Journal,
        path: str,
        month: _Month,
        exported_at: Sequence[datetime | None],
        counts: list[Merged],
    ) -> None:
        self._month, self._dates, self._counts = month, exported_at, counts
        self._schema, self._shop = schema_of(month.table), shop_of(path)
        known = journal.find(path)
        self._before = known if known.exists() else None

    def write(self, target: Path) -> bool:
        """Writes the merged month to `target`; whether it says anything new."""
        changed = False
        writer = _Groups(target, self._schema)
        with writer:
            for low, high in self._ranges():
                before = self._shelved(low, high)
                after = before
                for batch in range(len(self._dates)):
                    after, count = merged(after, self._added(batch, low, high))
                    self._counts[batch] += count
                changed = changed or not after.equals(before)
                writer.add(after)
        return changed

    def _ranges(self) -> list[tuple[str | None, str | None]]:
        """Key ranges [low, high) of about _RANGE rows each."""
        held = sum(len(part) for _, part in self._month.held)
        files = [path for _, path in self._month.aside] + ([self._before] if self._before else [])
        rows = held + sum(pq.read_metadata(path).num_rows for path in files)
        if rows <= _RANGE * 2:
            return [(None, None)]
        keys = [part["key"] for _, part in self._month.held]
        keys += [pq.read_table(path, columns=["key"], partitioning=None)["key"] for path in files]
        ordered = pa.chunked_array([chunk for column in keys for chunk in column.chunks]).combine_chunks().sort()
        ends = [ordered[at].as_py() for at in range(_RANGE, rows, _RANGE)]
        ends = list(dict.fromkeys(ends))
        return list(zip([None, *ends], [*ends, None], strict=True))

    def _shelved(self, low: str | None, high: str | None) -> pa.Table:
        if self._before is None:
            return self._schema.empty_table()
        stored = _between(self._before, low, high)
        shop = pa.repeat(pa.scalar(self._shop, pa.string()), len(stored))
        return stored.append_column("shop", shop).select(self._schema.names).cast(self._schema)

    def _added(self, batch: int, low: str | None, high: str | None) -> pa.Table:
        parts = [_within(part, low, high) for at, part in self._month.held if at == batch]
        parts += [_between(path, low, high).cast(self._schema) for at, path in self._month.aside if at == batch]
        whole = pa.concat_tables([self._schema.empty_table(), *parts])
        at = pa.scalar(self._dates[batch], pa.timestamp("s"))
        if not at.is_valid or not whole["exported_at"].null_count:
            return whole
        place = self._schema.get_field_index("exported_at")
        return whole.set_column(place, "exported_at", pc.fill_null(whole["exported_at"], at))


def _within(records: pa.Table, low: str | None, high: str | None) -> pa.Table:
    for end, compare in ((low, pc.greater_equal), (high, pc.less)):
        records = records if end is None else records.filter(compare(records["key"], end))
    return records


def _between(path: Path, low: str | None, high: str | None) -> pa.Table:
    """The records of a sorted file within a range of keys; only the row groups that reach into it are read."""
    with pq.ParquetFile(path) as file:
        groups = [at for at in range(file.num_row_groups) if _reaches(file, at, low, high)]
        return _within(file.read_row_groups(groups), low, high)


def _reaches(file: pq.ParquetFile, group: int, low: str | None, high: str | None) -> bool:
    ends = file.metadata.row_group(group).column(0).statistics
    if ends is None or not ends.has_min_max:
        return True
    return (low is None or ends.max >= low) and (high is None or ends.min < high)


class _Groups:
    """A Parquet file written in row groups of one size, however the records come."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        stored = schema.remove(schema.get_field_index("shop"))
        self._file = pq.ParquetWriter(path, stored, compression="zstd", store_schema=False, version="2.6")
        self._stored, self._left = stored, stored.empty_table()

    def __enter__(self) -> _Groups:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._put(self._left)
        self._file.close()

    def add(self, records: pa.Table) -> None:
        """Writes whole row groups and keeps the rest for later."""
        whole = pa.concat_tables([self._left, records.select(self._stored.names)])
        full = len(whole) - len(whole) % _GROUP
        for start in range(0, full, _GROUP):
            self._put(whole.slice(start, _GROUP))
        self._left = whole.slice(full)

    def _put(self, records: pa.Table) -> None:
        if len(records):
            self._file.write_table(records.combine_chunks(), row_group_size=_GROUP)
