"""The law of the shelf: union by key; of two versions the one with the greater (exported_at, content) is kept.

Associative, commutative and idempotent, whatever the order of files.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.schema import TABLES

_AGES = ("exported_at", "source")


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


def merged(before: pa.Table, part: pa.Table) -> tuple[pa.Table, Merged]:
    """The union of shelved and new records, sorted by key, and what became of the keys of `part`."""
    after = newest(pa.concat_tables([before, part]))
    return after, _changes(before, after, part)


def newest(records: pa.Table) -> pa.Table:
    """One record per key, in the order of keys: the greatest by (exported_at, content, source)."""
    ordered = records.combine_chunks().sort_by("key").combine_chunks()
    keys = ordered["key"].combine_chunks()
    if len(keys) < 2:
        return ordered
    same = pc.equal(keys[:-1], keys[1:])
    if not pc.any(same).as_py():
        return ordered
    alone = pa.array([False])
    twice = pc.or_(pa.concat_arrays([alone, same]), pa.concat_arrays([same, alone]))
    rivals = ordered.filter(twice)
    ranked = rivals.append_column("_content", _content(rivals))
    ranked = ranked.sort_by([(name, "ascending") for name in ("key", "exported_at", "_content", "source")])
    names = ranked["key"].combine_chunks()
    last = pa.concat_arrays([pc.not_equal(names[:-1], names[1:]), pa.array([True])])
    kept = ranked.filter(last).drop_columns(["_content"])
    return pa.concat_tables([ordered.filter(pc.invert(twice)), kept]).sort_by("key").combine_chunks()


def _content(records: pa.Table) -> pa.Array:
    """Each record as one text without when and whence it came: the order of versions that are equally new."""
    names = [name for name in records.column_names if name not in _AGES]
    cells = [pc.fill_null(records[name].cast(pa.string()), "\x00") for name in names]
    return pc.binary_join_element_wise(*cells, "\x1f")


def _changes(before: pa.Table, after: pa.Table, part: pa.Table) -> Merged:
    """What became of the keys of `part`: not there before, other content than before, or the same."""
    if not len(before):
        return Merged(len(after), 0, 0)
    keys = pc.unique(part["key"])
    known = keys.filter(pc.is_in(keys, value_set=before["key"]))
    if not len(known):
        return Merged(len(keys), 0, 0)
    same = pc.sum(pc.equal(_contents(before, known), _contents(after, known))).as_py()
    return Merged(len(keys) - len(known), len(known) - same, same)


def _contents(records: pa.Table, keys: pa.Array) -> pa.Array:
    """The content of each of the keys, in the order of keys; `records` hold every one of them once, sorted."""
    return _content(records.filter(pc.is_in(records["key"], value_set=keys)))
