"""The shelf: records by table, shop and creation month, each key once, the newest export wins.

`put` is a lawful merge (see merge.py). Layout, readable by anything that knows Parquet:
`<root>/<table>/shop=<quoted>/month=YYYY-MM/records.parquet`, sorted by key, without the column `shop`.
One `put` is one step: new files are staged, a journal names them, and its rename commits. Whoever opens the
shelf next rolls a committed journal forward; readers look through it and never wait.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.intake import Intake, shop_of
from shopscore_analysis.journal import Journal
from shopscore_analysis.merge import Merged, schema_of
from shopscore_analysis.objects import Objects
from shopscore_analysis.schema import TABLES

__all__ = ["Merged", "Shelf", "schema_of"]

Fact = TypeVar("Fact")
_MONTH = "month="
_RECORD = 200  # bytes of a record at least, once it is read: a short text and its keys


class Shelf:
    """The records of one folder, made when first written to; or of a copy at a URL such as s3://…, to be read."""

    def __init__(self, root: Path | str) -> None:
        self.root = root
        self._journal = Objects(str(root)) if "://" in str(root) else Journal(Path(root))

    def put(self, batches: Sequence[tuple[str, pa.Table]]) -> list[Merged]:
        """What was new, updated and unchanged per batch; all batches land in one atomic step, or none does.

        Waits for another loader of the same shelf; ShopscoreError after a minute. A full disk or a folder that cannot
        be written is a SettingsError and leaves the shelf as it was.
        """
        with self.intake() as intake:
            for number, (name, records) in enumerate(batches):
                intake.add(number, name, records)
            return intake.commit([None] * len(batches))

    def intake(self) -> Intake:
        """A `put` whose records come some at a time; SettingsError for a shelf at a URL."""
        if isinstance(self._journal, Objects):
            raise SettingsError(
                f"expected a shelf in a local folder to load into, found {self.root}; load into a local shop and copy "
                "its data/shelf there"
            )
        return Intake(self._journal)

    def read(self, table: str, months: Sequence[str] | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The records of a table sorted by key, empty with the table's columns where there are none.

        `months` (YYYY-MM) and `columns` narrow what is read.
        """
        wanted = list(TABLES[table].all_columns) if columns is None else list(columns)
        names = _unique(["key", *wanted])

        def parts(paths: list[str]) -> list[pa.Table]:
            return [self._file(table, path, names) for path in _spelled_once(paths)]

        empty = schema_of(table).empty_table().select(names)
        found = self._journal.consistent(table, parts, _folders(months))
        whole = pa.concat_tables(found) if found else empty
        return (whole if len(found) == 1 else whole.sort_by("key")).select(wanted).combine_chunks()

    def inspected(
        self, table: str, known: Mapping[str, tuple[str, Fact]], look: Callable[[str, bytes], Fact]
    ) -> dict[str, tuple[str, Fact]]:
        """Of each file of a table its version and what `look` makes of its path and bytes, all of one moment.

        A file that is `known` in the same version is not read.
        """

        def seen(paths: list[str]) -> dict[str, tuple[str, Fact]]:
            stamps = {path: str(stamp) for path, stamp in self._journal.state(table).items()}
            return {path: _as_known(known, path, stamps[path]) or (stamps[path], fresh(path)) for path in paths}

        def fresh(path: str) -> Fact:
            with self._journal.open(path) as handle:
                return look(path, handle.read())

        return self._journal.consistent(table, lambda paths: seen(_spelled_once(paths)))

    def _file(self, name: str, path: str, wanted: Sequence[str]) -> pa.Table:
        with self._journal.open(path) as handle:
            stored = pq.ParquetFile(handle).read([column for column in wanted if column != "shop"])
        if "shop" in wanted:
            stored = stored.append_column("shop", pa.repeat(pa.scalar(shop_of(path), pa.string()), len(stored)))
        return stored.select(wanted).cast(pa.schema([schema_of(name).field(column) for column in wanted]))

    def take(self, table: str, month: str, rows: NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
        """Some records of a month by their numbers in the order of keys; a row group at a time is in memory."""
        paths = self._journal.files(table, _folders([month]))
        if len(paths) != 1:
            return self.read(table, [month], columns).take(rows)
        parts = [schema_of(table).empty_table().select(columns)]
        with self._journal.open(paths[0]) as handle:
            file, first = pq.ParquetFile(handle), 0
            for group in range(file.num_row_groups):
                size = file.metadata.row_group(group).num_rows
                own = rows[(rows >= first) & (rows < first + size)] - first
                first += size
                if len(own):
                    parts.append(file.read_row_group(group, list(columns)).take(own).cast(parts[0].schema))
        return pa.concat_tables(parts).combine_chunks()

    def versions(self, table: str, months: Collection[str] | None = None) -> dict[str, str]:
        """The months (YYYY-MM) that hold records of a table, oldest first, each with what tells its versions apart.

        `months` narrows what is looked at.
        """
        found: dict[str, str] = {}
        state = self._journal.state(table, _folders(months))
        for path, stamp in sorted((path, state[path]) for path in _spelled_once([*state])):
            found[month_of(path)] = f"{found.get(month_of(path), '')}{path} {stamp} "
        return dict(sorted(found.items()))

    def sizes(self, table: str) -> dict[str, int]:
        """The bytes of each month of a table."""
        found: dict[str, int] = {}
        for path, (_, size) in self._journal.state(table).items():
            found[month_of(path)] = found.get(month_of(path), 0) + size
        return found

    def unpacked(self, table: str, month: str) -> int:
        """The bytes of a month of a table, unpacked, as the footers of its files tell, `_RECORD` each at least.

        Footers count equal values once, and copies would weigh nothing.
        """
        return sum(self._journal.consistent(table, lambda paths: [*map(self._unpacked, paths)], _folders([month])))

    def _unpacked(self, path: str) -> int:
        with self._journal.open(path) as handle:
            about = pq.ParquetFile(handle).metadata
            told: int = sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups))
            records: int = about.num_rows
            return max(told, _RECORD * records)

    def months(self, table: str) -> list[str]:
        """The months (YYYY-MM) that hold records of a table, oldest first."""
        return sorted({month_of(path) for path in self._journal.files(table)})

    def digest(self, table: str) -> str:
        """The SHA-256 of a table's files and their places; equal digests mean equal bytes."""
        return self._journal.consistent(table, self._digest)

    def _digest(self, paths: list[str]) -> str:
        total = hashlib.sha256()
        for path in paths:
            with self._journal.open(path) as handle:
                total.update(path.encode() + b"\0" + hashlib.sha256(handle.read()).digest())
        return total.hexdigest()


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _as_known(known: Mapping[str, tuple[str, Fact]], path: str, version: str) -> tuple[str, Fact] | None:
    found = known.get(path)
    return found if found and found[0] == version else None


def _spelled_once(paths: list[str]) -> list[str]:
    """The paths themselves; SettingsError where two folders stand for one shop, whose records would count twice."""
    spelled: dict[str, str] = {}
    for path in paths:
        folder, name = path.rpartition("/month=")[0], unicodedata.normalize("NFC", shop_of(path))
        if (other := spelled.setdefault(name, folder)) != folder:
            raise SettingsError(
                f"expected one folder for the shop {name} on the shelf, found {other} and {folder}; move the older one "
                "out of data/shelf and load its exports again"
            )
    return paths


def _folders(months: Collection[str] | None) -> set[str] | None:
    """The names of the folders of these months; None for all."""
    return None if months is None else {f"{_MONTH}{month}" for month in months}


def month_of(path: str) -> str:
    """The month (YYYY-MM) whose records a path holds."""
    return path.split("/")[2].removeprefix(_MONTH)
