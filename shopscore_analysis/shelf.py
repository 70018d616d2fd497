"""The shelf: records by table, shop and creation month, each key once, the newest export wins.

`put` is a lawful merge: union by key, and of two versions of a record the one with the greater
(exported_at, content) is kept; so it is associative, commutative and idempotent, whatever the order of files.

Layout, readable by anything that knows Parquet:
`<root>/<table>/shop=<quoted>/month=YYYY-MM/records.parquet`, sorted by key, without the column `shop`.
One `put` is one step: new files are staged, a journal names them, and its rename commits. Whoever opens the
shelf next rolls a committed journal forward; readers look through it and never wait.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shopscore_analysis.journal import Journal
from shopscore_analysis.schema import TABLES

_FILE = "records.parquet"
_AGES = ("exported_at", "source")
_ROWS = 65536


@dataclass(frozen=True)
class Merged:
    """What a merge did: keys that are new, whose record changed, and whose record says what it said before."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Merged) -> Merged:
        return Merged(self.new + other.new, self.updated + other.updated, self.unchanged + other.unchanged)


def schema_of(table: str) -> pa.Schema:
    """The Arrow schema of a table's records."""
    return pa.schema([(name, pa.type_for_alias(kind)) for name, kind in TABLES[table].all_columns.items()])


class Shelf:
    """The records of one folder; made when first written to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._journal = Journal(root)

    def put(self, batches: Sequence[tuple[str, pa.Table]]) -> list[Merged]:
        """What was new, updated and unchanged per batch; all batches land in one atomic step, or none does.

        Waits for another loader of the same shelf; ShopscoreError after a minute. A full disk or a folder that cannot
        be written is a SettingsError and leaves the shelf as it was.
        """
        with self._journal.lock():
            merged: dict[str, pa.Table] = {}
            counts = [self._add(name, records, merged) for name, records in batches]
            self._journal.commit(dict(sorted(merged.items())), _write)
        return counts

    def _add(self, name: str, records: pa.Table, merged: dict[str, pa.Table]) -> Merged:
        """Merges one batch into `merged` (path → records), reading the months that it touches."""
        total = Merged()
        for (shop, month), part in _parts(name, records.cast(schema_of(name))):
            path = f"{name}/shop={quote(shop, safe='')}/month={month}/{_FILE}"
            before = merged[path] if path in merged else self._month(name, path)
            after = _newest(pa.concat_tables([before, part]))
            total += _changes(before, after, part)
            if not after.equals(before):
                merged[path] = after
        return total

    def _month(self, name: str, path: str) -> pa.Table:
        known = self._journal.find(path).exists()
        return self._file(name, path, list(TABLES[name].all_columns)) if known else schema_of(name).empty_table()

    def read(self, table: str, months: Sequence[str] | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The records of a table sorted by key, empty with the table's columns where there are none.

        `months` (YYYY-MM) and `columns` narrow what is read.
        """
        wanted = list(TABLES[table].all_columns) if columns is None else list(columns)
        names = _unique(["key", *wanted])

        def parts(paths: list[str]) -> list[pa.Table]:
            return [self._file(table, path, names) for path in paths if months is None or _month_of(path) in months]

        empty = schema_of(table).empty_table().select(names)
        whole = pa.concat_tables([empty, *self._journal.consistent(table, parts)])
        return whole.sort_by("key").select(wanted).combine_chunks()

    def _file(self, name: str, path: str, wanted: Sequence[str]) -> pa.Table:
        stored = pq.ParquetFile(self._journal.find(path)).read([column for column in wanted if column != "shop"])
        if "shop" in wanted:
            shop = unquote(path.split("/")[1].removeprefix("shop="))
            stored = stored.append_column("shop", pa.repeat(pa.scalar(shop, pa.string()), len(stored)))
        return stored.select(wanted).cast(pa.schema([schema_of(name).field(column) for column in wanted]))

    def months(self, table: str) -> list[str]:
        """The months (YYYY-MM) that hold records of a table, oldest first."""
        return sorted({_month_of(path) for path in self._journal.files(table)})

    def digest(self, table: str) -> str:
        """The SHA-256 of a table's files and their places; equal digests mean equal bytes."""
        return self._journal.consistent(table, self._digest)

    def _digest(self, paths: list[str]) -> str:
        total = hashlib.sha256()
        for path in paths:
            total.update(path.encode() + b"\0" + hashlib.sha256(self._journal.find(path).read_bytes()).digest())
        return total.hexdigest()


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _month_of(path: str) -> str:
    return path.split("/")[2].removeprefix("month=")


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(
        table.drop_columns(["shop"]), path, compression="zstd", row_group_size=_ROWS, store_schema=False, version="2.6"
    )


def _parts(name: str, records: pa.Table) -> Iterator[tuple[tuple[str, str], pa.Table]]:
    """The records by shop and month of creation."""
    month = pc.strftime(records[TABLES[name].born], format="%Y-%m")
    place = pc.binary_join_element_wise(records["shop"], month, "\x1f")
    for value in sorted(pc.unique(place).to_pylist()):
        shop, at = value.split("\x1f")
        yield (shop, at), records.filter(pc.equal(place, value))


def _content(records: pa.Table) -> pa.Array:
    """Each record as one text without when and whence it came: the order of versions that are equally new."""
    names = [name for name in records.column_names if name not in _AGES]
    cells = [pc.fill_null(records[name].cast(pa.string()), "\x00") for name in names]
    return pc.binary_join_element_wise(*cells, "\x1f")


def _newest(records: pa.Table) -> pa.Table:
    """One record per key, in the order of keys: the greatest by (exported_at, content, source)."""
    counts = records.select(["key"]).group_by("key").aggregate([("key", "count")])
    if len(counts) == len(records):
        return records.sort_by("key").combine_chunks()
    twice = counts.filter(pc.greater(counts["key_count"], 1))["key"]
    conflicting = pc.is_in(records["key"], value_set=twice)
    rivals = records.filter(conflicting)
    ranked = rivals.append_column("_content", _content(rivals))
    ranked = ranked.sort_by([(name, "ascending") for name in ("key", "exported_at", "_content", "source")])
    keys = ranked["key"].combine_chunks()
    last = pa.concat_arrays([pc.not_equal(keys[:-1], keys[1:]), pa.array([True])])
    kept = ranked.filter(last).drop_columns(["_content"])
    return pa.concat_tables([records.filter(pc.invert(conflicting)), kept]).sort_by("key").combine_chunks()


def _changes(before: pa.Table, after: pa.Table, part: pa.Table) -> Merged:
    """What became of the keys of `part`: not there before, other content than before, or the same."""
    keys = pc.unique(part["key"])
    known = keys.filter(pc.is_in(keys, value_set=before["key"]))
    if not len(known):
        return Merged(len(keys), 0, 0)
    same = pc.sum(pc.equal(_contents(before, known), _contents(after, known))).as_py()
    return Merged(len(keys) - len(known), len(known) - same, same)


def _contents(records: pa.Table, keys: pa.Array) -> pa.Array:
    """The content of each of the keys, in the order of keys; `records` hold every one of them once, sorted."""
    return _content(records.filter(pc.is_in(records["key"], value_set=keys)))
