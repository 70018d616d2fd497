"""Raw text columns → records of the shelf: typed, checked, keyed, masked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.read.batches import N, Origin, Reject
from shopscore_analysis.read.derive import derived, without_summaries
from shopscore_analysis.read.fields import ROW, empties, masked, parsed
from shopscore_analysis.read.grids import Slice
from shopscore_analysis.read.merged_orders import one_row_each
from shopscore_analysis.read.privacy import mask
from shopscore_analysis.read.tables import Found
from shopscore_analysis.read.values import PENDING
from shopscore_analysis.schema import TABLES

_NEEDED = {
    "orders": ("sub_order_id", "ordered_at"),
    "aftersales": ("aftersale_id", "applied_at"),
    "reviews": ("reviewed_at",),
    "service": ("level", "period_start"),
    "scores": ("date", "score"),
    "rivals": ("date", "rival"),
}
_NOT_YET = ("promised_at",)  # lies ahead of the export's own time
_NOTHING = pa.scalar(None, pa.string())


def records(found: Found, rows: Slice, origin: Origin) -> pa.Table:
    """The records of some rows of a table, as the shelf holds them; what was noticed goes to `origin`.

    ExportError where the file as a whole cannot be used: ids without digits, a period or a day that nobody tells.
    """
    dialect, name = found.match.dialect, found.match.dialect.table
    headers = {field: found.header[at].strip() for field, at in found.match.columns.items()}
    raw = _raw(found, rows, origin)
    raw = one_row_each(raw, origin) if name == "orders" else raw
    raw = _translated(raw, dialect.values)
    table = derived(name, parsed(name, raw, headers, found.match.units, origin), origin)
    return _shelved(name, _accepted(name, _own_shop(table, origin), headers, origin), origin)


def _raw(found: Found, rows: Slice, origin: Origin) -> pa.Table:
    """The mapped columns as cleaned text with row numbers, without blank rows and summary rows."""
    columns = {field: empties(rows.column(at), field) for field, at in found.match.columns.items()}
    for at in set(found.match.columns.values()):
        if count := pc.sum(pc.equal(rows.column(at), PENDING)).as_py():
            origin.note(f"{N} 格写着“{PENDING}”，第二天再导出一次就会补上", count)
    numbers = pa.array(range(rows.first + 1, rows.first + 1 + len(rows)), pa.int64())
    raw = pa.table({ROW: numbers, **columns})
    raw = without_summaries(found.match.dialect.table, raw, [rows.column(0), rows.column(1)], origin)
    filled = _filled(raw)
    return raw if pc.all(filled).as_py() else raw.filter(filled)


def _filled(raw: pa.Table) -> pa.Array:
    """Which rows hold anything; looks no further once every row does."""
    filled = pa.repeat(pa.scalar(False), len(raw))
    for field in raw.column_names[1:]:
        filled = pc.or_(filled, pc.is_valid(raw[field].combine_chunks()))
        if pc.all(filled).as_py():
            break
    return filled


def _translated(raw: pa.Table, values: Mapping[str, Mapping[str, str]]) -> pa.Table:
    """The raw columns with the platform's values put into the shelf's words."""
    for field, words in values.items():
        if field in raw.column_names:
            cells = raw[field].combine_chunks()
            said = pc.take(
                pa.array([word or None for word in words.values()], pa.string()),
                pc.index_in(cells, value_set=pa.array(list(words))),
            )
            emptied = pc.is_in(cells, value_set=pa.array([old for old, new in words.items() if not new], pa.string()))
            cells = pc.if_else(emptied, _NOTHING, pc.coalesce(said, cells))
            raw = raw.set_column(raw.schema.get_field_index(field), field, cells)
    return raw


def _own_shop(table: pa.Table, origin: Origin) -> pa.Table:
    """The rows of this shop, where a file holds several; the others are rejects."""
    if "shop_name" not in table.column_names:
        return table
    names = table["shop_name"].combine_chunks()
    found = [name for name in pc.unique(names).to_pylist() if name]
    if len(found) == 1 and found[0] != origin.shop:
        origin.note(f"文件里的店铺名是“{found[0]}”，各行都记进了本店“{origin.shop}”")
    if len(found) < 2:
        return table
    own = pc.fill_null(pc.equal(names, origin.shop), True)
    _reject(table, pc.invert(own), "店铺名称", names, f"不是本店“{origin.shop}”的行", origin)
    return table.filter(own)


def _accepted(name: str, table: pa.Table, headers: Mapping[str, str], origin: Origin) -> pa.Table:
    """The rows that have everything a record needs; the others become rejects."""
    spoilt = {(reject.row, reject.column): reject for reject in origin.rejects if reject.kept}
    used: set[int] = set()
    for field in _NEEDED[name]:
        empty = pc.is_null(table[field].combine_chunks())
        if not pc.any(empty).as_py():
            continue
        header = headers.get(field, field)
        for row in table[ROW].filter(empty).to_pylist():
            note = spoilt.get((row, header))
            used.add(id(note))
            reason = note.reason.split("；")[0] if note else f"{header}应当有值，这一格是空的"
            value = note.value if note else ""
            origin.rejects.append(Reject(origin.path.name, origin.sheet, row, header, value, reason))
        table = table.filter(pc.invert(empty))
    origin.rejects[:] = [reject for reject in origin.rejects if id(reject) not in used]
    return table


def _reject(table: pa.Table, mask_: pa.Array, header: str, values: pa.Array, reason: str, origin: Origin) -> None:
    for row, value in zip(table[ROW].filter(mask_).to_pylist(), values.filter(mask_).to_pylist(), strict=True):
        origin.rejects.append(Reject(origin.path.name, origin.sheet, row, header, mask(value or ""), reason))


def _shelved(name: str, table: pa.Table, origin: Origin) -> pa.Table:
    """The columns of the shelf in their order, keyed before they are masked."""
    spec = TABLES[name]
    columns = {field: _as(table, field, pa.type_for_alias(kind)) for field, kind in spec.columns.items()}
    origin.rows, origin.newest = len(table), None if origin.named else _newest(columns)
    count = len(table)
    whole = {
        "key": _keys([columns[field] for field in spec.key]),
        "shop": pa.repeat(pa.scalar(origin.shop), count),
        **columns,
        "exported_at": pa.repeat(pa.scalar(origin.named, pa.timestamp("s")), count),
        "source": pa.repeat(pa.scalar(origin.source), count),
    }
    return masked(pa.table(whole))


def _as(table: pa.Table, field: str, kind: pa.DataType) -> pa.Array:
    return table[field].combine_chunks().cast(kind) if field in table.column_names else pa.nulls(len(table), kind)


def _newest(columns: Mapping[str, pa.Array]) -> datetime | None:
    """The newest time in the rows that lies in the past of their export."""
    times = [
        pc.max(cells).as_py()
        for field, cells in columns.items()
        if pa.types.is_timestamp(cells.type) and field not in _NOT_YET
    ]
    return max((at for at in times if at), default=None)


def _keys(parts: list[pa.Array]) -> pa.Array:
    """One column's own values, or of several the first 32 hex figures of BLAKE2b over them."""
    texts = [pc.fill_null(_iso(part), "") for part in parts]
    if len(texts) == 1:
        return texts[0]
    joined = pc.binary_join_element_wise(*texts, "\x1f")
    _, offsets, data = joined.buffers()
    if not len(joined):
        return joined
    cells = memoryview(data) if data else memoryview(b"")
    ends = memoryview(offsets).cast("i")[joined.offset : joined.offset + len(joined) + 1]
    digest = hashlib.blake2b
    return pa.array([digest(cells[start:end]).hexdigest()[:32] for start, end in pairwise(ends)], pa.string())


def _iso(part: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(part.type):
        return pc.replace_substring(part.cast(pa.string()), " ", "T")
    return part.cast(pa.string())
