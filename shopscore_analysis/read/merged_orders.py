"""Main-order granularity: one row per order, its items joined by `;` → one row per item."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.read.batches import N, Origin
from shopscore_analysis.read.fields import ROW

_ORDER_LEVEL = ("payable_fen",)  # stated once for the order: kept on its first item, so that sums stay right


def one_row_each(raw: pa.Table, origin: Origin) -> pa.Table:
    """The raw order rows with every joined row split into its items, in the order of the file.

    An item without a number of its own gets the order's number and its place (`…-2`).
    """
    leading = next((name for name in ("sub_order_id", "product_id", "merchant_sku") if name in raw.column_names), None)
    if leading is None:
        return raw
    joined = pc.fill_null(pc.match_substring_regex(raw[leading].combine_chunks(), "[;；]."), False)
    count = pc.sum(joined).as_py() or 0
    if not count:
        return raw
    origin.note(f"{N} 行把一个订单的几件商品用分号连在一起：已拆成一件一行，订单金额记在第一件上", count)
    items = [item for row in raw.filter(joined).to_pylist() for item in _items(row, leading)]
    single = raw.filter(pc.invert(joined))
    if "sub_order_id" not in raw.column_names:
        single = single.append_column("sub_order_id", single["order_id"])
    split = pa.Table.from_pylist(items, single.schema)
    return pa.concat_tables([single, split]).combine_chunks().sort_by(ROW)


def _items(row: dict[str, object], leading: str) -> list[dict[str, object]]:
    parts = {name: _parts(value) for name, value in row.items()}
    count = len(parts[leading])
    items: list[dict[str, object]] = []
    for at in range(count):
        item = {name: _share(row[name], values, at, count) for name, values in parts.items()}
        item.update({name: None for name in _ORDER_LEVEL if at and len(parts.get(name, ())) < 2})
        if not row.get("sub_order_id"):
            item["sub_order_id"] = f"{row.get('order_id')}-{at + 1}"
        items.append(item)
    return items


def _parts(value: object) -> list[str]:
    return [part.strip() for part in value.replace("；", ";").strip("; ").split(";")] if isinstance(value, str) else []


def _share(value: object, parts: list[str], at: int, count: int) -> object:
    """The item's part of a cell; a cell that does not divide evenly holds for every item."""
    each = len(parts) // count
    if each == 0 or each * count != len(parts):
        return value
    return ";".join(parts[at * each : (at + 1) * each]) or None
