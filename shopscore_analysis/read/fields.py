"""Text columns of a table → typed columns, with every unreadable cell noted."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read import values
from shopscore_analysis.read.batches import N, Origin, Reject
from shopscore_analysis.read.privacy import mask, mask_all
from shopscore_analysis.read.times import time
from shopscore_analysis.read.values import Parsed
from shopscore_analysis.schema import TABLES

ROW = "_row"
IDS = ("order_id", "sub_order_id", "aftersale_id", "product_id", "order_ref")
FREE = ("text", "followup", "reply")
UNMASKED = (*IDS, "merchant_sku", "key", "shop", "source", "level")
BANDS = {"sales": ("sales_low", "sales_high", 1.0), "gmv": ("gmv_low_fen", "gmv_high_fen", 100.0)}
_SPECIAL = {"stars": values.stars, "replied": values.answered, "carrier": values.carrier, "day": time}


OTHERWISE = "_else"  # a field of this ending fills the gaps of the field before it


def empties(cells: pa.Array, field: str) -> pa.Array:
    """The cells of a field without guards, null where they hold nothing."""
    return values.free_text(cells) if field in FREE else values.cleaned(cells)


def _typed(table: str, field: str, unit: str, text: pa.Array) -> Parsed:
    field = field.removesuffix(OTHERWISE)
    if field in IDS:
        return values.identifier(text)
    if field in _SPECIAL:
        return _SPECIAL[field](text)
    kind = TABLES[table].columns.get(field, "int64" if field.endswith("_fen") else "string")
    if kind == "timestamp[s]":
        return time(text)
    if kind == "int64":
        return values.fen(text) if field.endswith("_fen") else values.whole(text)
    if kind == "double":
        return _real(field, unit, text)
    return values.label(text)


def _real(field: str, unit: str, text: pa.Array) -> Parsed:
    if field.endswith("_s"):
        return values.seconds(text, unit)
    return values.rate(text, unit) if field.endswith("_rate") else values.real(text)


def parsed(table: str, raw: pa.Table, headers: Mapping[str, str], units: Mapping[str, str], origin: Origin) -> pa.Table:
    """The typed columns of `raw` and its row numbers; cells that could not be read are null and kept rejects.

    ExportError where a column of ids has lost digits: such a file is refused whole.
    """
    columns: dict[str, pa.Array] = {ROW: raw[ROW].combine_chunks()}
    for field in raw.column_names:
        if field == ROW:
            continue
        text = raw[field].combine_chunks()
        if field in BANDS:
            low, high, factor = BANDS[field]
            reading, upper = values.band(text, factor)
            columns |= {low: reading.values, high: upper.values}
        else:
            reading = _typed(table, field, units.get(field, ""), text)
            columns[field] = reading.values
        if field.removesuffix(OTHERWISE) in IDS:
            _refuse_destroyed(reading, text, headers.get(field, field), columns[ROW], origin)
        _note(reading, text, headers.get(field, field), columns[ROW], origin)
    return pa.table(_filled_up(columns))


def _filled_up(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The columns, the gaps of each filled from its `_else` column, which goes."""
    full = {name: cells for name, cells in columns.items() if not name.endswith(OTHERWISE)}
    for name, cells in columns.items():
        field = name.removesuffix(OTHERWISE)
        if field != name:
            full[field] = pc.coalesce(full[field], cells) if field in full else cells
    return full


def _refuse_destroyed(reading: Parsed, text: pa.Array, header: str, rows: pa.Array, origin: Origin) -> None:
    at = pc.index(reading.bad, True).as_py()
    if at >= 0:
        raise destroyed(text[at].as_py(), header, origin, rows[at].as_py())
    long, cut = values.cut_off(reading.values)
    origin.ids.update({f"{header}{N}": long, header: cut})


def destroyed(found: str, header: str, origin: Origin, row: int | None = None) -> ExportError:
    """The error for a column of ids that have lost digits."""
    return ExportError(
        f"expected ids with all their digits in {header}, found {found}: a spreadsheet program has "
        "rounded them and they cannot be repaired; export the file again and load it without opening it in Excel",
        origin.path,
        origin.sheet or origin.member or None,
        row,
        header,
        why=f"{header}的数字丢了位数（多半在 Excel 里打开过），请重新导出，不要打开就导入",
    )


def refuse_cut_off(origin: Origin) -> None:
    """ExportError where most of the long ids of a column end in the zeros of a rounding, over all slices."""
    for header, cut in origin.ids.items():
        if cut * 2 > origin.ids.get(f"{header}{N}", 0) > 0:
            raise destroyed(f"{cut:,} that end in zeros after the fifteenth digit", header, origin)


def _note(reading: Parsed, text: pa.Array, header: str, rows: pa.Array, origin: Origin) -> None:
    """Each unreadable cell as a kept reject, and one warning for the column."""
    if not pc.any(reading.bad).as_py():
        return
    reason = f"应为{reading.expected}；这一格留空"
    bad = pc.indices_nonzero(reading.bad)
    found = [
        Reject(origin.path.name, origin.sheet, row, header, mask(value or ""), reason, kept=True)
        for row, value in zip(rows.take(bad).to_pylist(), text.take(bad).to_pylist(), strict=True)
    ]
    origin.rejects.extend(found)
    example = f"，如第 {found[0].row} 行的“{found[0].value}”"
    origin.note(f"{header}：{N} 格留空，应为{reading.expected}", len(found), example)


def masked(records: pa.Table) -> pa.Table:
    """The records with contact data, ids and addresses masked in every text column that is no id."""
    for at, field in enumerate(records.schema):
        if field.type == pa.string() and field.name not in UNMASKED:
            cells = records[field.name].combine_chunks()
            records = records.set_column(at, field, mask_all(cells))
    return records
