"""One export file → batches of records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.batches import Batch, Origin, Reject, named_time
from shopscore_analysis.read.derive import derived, without_summaries
from shopscore_analysis.read.fields import ROW, empties, masked, parsed
from shopscore_analysis.read.formats import grids
from shopscore_analysis.read.grids import Grid
from shopscore_analysis.read.merged_orders import one_row_each
from shopscore_analysis.read.privacy import mask
from shopscore_analysis.read.tables import Found, refusal, tables
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
_SLICE = 65536  # rows that are Python objects at one time
_NOT_YET = ("promised_at",)  # lies ahead of the export's own time


def read_export(path: Path, *, shop: str, period: tuple[date, date] | None = None) -> list[Batch]:
    """The batches of every table in a file, whatever its format: CSV, workbook, archive.

    `period` says which days a service file covers when neither a column nor its name does. ExportError where the
    file as a whole cannot be used; single rows and cells that cannot be read become rejects.
    """
    data = _bytes(path)
    source = hashlib.sha256(data).hexdigest()[:12]
    sheets = list(grids(data, path))
    found = [(grid, table) for grid in sheets for table in tables(grid)]
    whole = [(grid, table) for grid, table in found if table.match.complete]
    if not whole:
        raise refusal(sheets, [table for _, table in found], path)
    batches = [_batch(table, _origin(grid, path, shop, source, period)) for grid, table in whole]
    batches[0].warnings.extend(_left_out(sheets, found))
    return batches


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ExportError(
            f"expected a file that can be read, found {error.strerror}; check the path and the rights", path
        ) from error


def _origin(grid: Grid, path: Path, shop: str, source: str, period: tuple[date, date] | None) -> Origin:
    return Origin(path, grid.member, grid.name or "", shop, source, period, warnings=list(grid.notes))


def _left_out(sheets: list[Grid], found: list[tuple[Grid, Found]]) -> list[str]:
    """A warning for each sheet and each table that was not understood beside others that were."""
    known = [id(grid) for grid, _ in found]
    blank = [
        f"{grid.name or grid.member}: no table of a known kind, left out" for grid in sheets if id(grid) not in known
    ]
    parts = [_passed_over(table) for _, table in found if not table.match.complete]
    return blank + parts


def _passed_over(table: Found) -> str:
    near = table.match
    lack = f"without {', '.join(near.missing)}" if near.missing else f"with {', '.join(near.forbidden)}"
    count = len(table.columns[0]) if table.columns else 0
    return f"row {table.first_row - 1}: a table of {count} rows like {near.dialect.label}, but {lack}; left out"


def _batch(found: Found, origin: Origin) -> Batch:
    dialect, name = found.match.dialect, found.match.dialect.table
    headers = {field: found.header[at].strip() for field, at in found.match.columns.items()}
    for field, (taken, others) in found.match.doubled.items():
        origin.warnings.append(f"{field}: {taken} is read, {', '.join(others)} is not (they mean the same)")
    raw = _raw(found, origin)
    raw = one_row_each(raw, origin) if name == "orders" else raw
    raw = _translated(raw, dialect.values)
    table = derived(name, parsed(name, raw, headers, found.match.units, origin), origin)
    table = _accepted(name, _own_shop(table, origin), headers, origin)
    return Batch(
        origin.path, origin.member, name, dialect.name, _records(name, table, origin), origin.rejects, origin.warnings
    )


def _raw(found: Found, origin: Origin) -> pa.Table:
    """The mapped columns as cleaned text with row numbers, without blank rows and summary rows."""
    fields = found.match.columns
    columns = {field: empties(found.columns[at], field) for field, at in fields.items()}
    count = len(found.columns[0])
    pending = sum(pc.sum(pc.equal(found.columns[at], PENDING)).as_py() or 0 for at in fields.values())
    if pending:
        origin.warnings.append(f"{pending} cells say {PENDING}; export again tomorrow to fill them")
    rows = pa.array(range(found.first_row, found.first_row + count), pa.int64())
    raw = pa.table({ROW: rows, **columns})
    raw = without_summaries(found.match.dialect.table, raw, found.columns[:2], origin)
    return raw.filter(_filled(raw))


def _filled(raw: pa.Table) -> pa.Array:
    filled = pa.repeat(pa.scalar(False), len(raw))
    for field in raw.column_names[1:]:
        filled = pc.or_(filled, pc.is_valid(raw[field].combine_chunks()))
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
            cells = pc.if_else(emptied, pa.scalar(None, pa.string()), pc.coalesce(said, cells))
            raw = raw.set_column(raw.schema.get_field_index(field), field, cells)
    return raw


def _own_shop(table: pa.Table, origin: Origin) -> pa.Table:
    """The rows of this shop, where a file holds several; the others are rejects."""
    if "shop_name" not in table.column_names:
        return table
    names = table["shop_name"].combine_chunks()
    found = [name for name in pc.unique(names).to_pylist() if name]
    if len(found) == 1 and found[0] != origin.shop:
        origin.warnings.append(f"the file names the shop {found[0]}; its rows are loaded into {origin.shop}")
    if len(found) < 2:
        return table
    own = pc.fill_null(pc.equal(names, origin.shop), True)
    _reject(table, pc.invert(own), "店铺名称", names, f"a row of another shop than {origin.shop}", origin)
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
            reason = note.reason.split(";")[0] if note else f"expected a value in {header}, found an empty cell"
            value = note.value if note else ""
            origin.rejects.append(Reject(origin.path.name, origin.sheet, row, header, value, reason))
        table = table.filter(pc.invert(empty))
    origin.rejects[:] = [reject for reject in origin.rejects if id(reject) not in used]
    return table


def _reject(table: pa.Table, mask_: pa.Array, header: str, values: pa.Array, reason: str, origin: Origin) -> None:
    for row, value in zip(table[ROW].filter(mask_).to_pylist(), values.filter(mask_).to_pylist(), strict=True):
        origin.rejects.append(Reject(origin.path.name, origin.sheet, row, header, mask(value or ""), reason))


def _records(name: str, table: pa.Table, origin: Origin) -> pa.Table:
    """The columns of the shelf in their order, keyed before they are masked."""
    spec = TABLES[name]
    columns = {field: _as(table, field, pa.type_for_alias(kind)) for field, kind in spec.columns.items()}
    count = len(table)
    at = pa.scalar(_exported_at(columns, origin), pa.timestamp("s"))
    records = {
        "key": _keys([columns[field] for field in spec.key]),
        "shop": pa.repeat(pa.scalar(origin.shop), count),
        **columns,
        "exported_at": pa.repeat(at, count),
        "source": pa.repeat(pa.scalar(origin.source), count),
    }
    return masked(pa.table(records))


def _as(table: pa.Table, field: str, kind: pa.DataType) -> pa.Array:
    return table[field].combine_chunks().cast(kind) if field in table.column_names else pa.nulls(len(table), kind)


def _exported_at(columns: Mapping[str, pa.Array], origin: Origin) -> datetime | None:
    """When the file was exported: by its name, else the newest time in it."""
    named = next((at for name in list(origin.names)[:2] if (at := named_time(name))), None)
    times = [
        pc.max(cells).as_py()
        for field, cells in columns.items()
        if pa.types.is_timestamp(cells.type) and field not in _NOT_YET
    ]
    return named or max((at for at in times if at), default=None)


def _keys(parts: list[pa.Array]) -> pa.Array:
    """One column's own values, or of several the first 32 hex figures of BLAKE2b over them."""
    texts = [pc.fill_null(_iso(part), "") for part in parts]
    if len(texts) == 1:
        return texts[0]
    joined = pc.binary_join_element_wise(*texts, "\x1f")
    slices = (joined.slice(start, _SLICE).to_pylist() for start in range(0, len(joined), _SLICE))
    return pa.concat_arrays([pa.array([], pa.string()), *map(_digests, slices)])


def _digests(texts: list[str]) -> pa.Array:
    return pa.array([hashlib.blake2b(text.encode()).hexdigest()[:32] for text in texts], pa.string())


def _iso(part: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(part.type):
        return pc.replace_substring(part.cast(pa.string()), " ", "T")
    return part.cast(pa.string())
