"""What is on a shelf and what is not: weeks with gaps, newest exports, and how many records meet their order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from shopscore_analysis.schema import TABLES, week_start, weeks_to
from shopscore_analysis.shards import order_rows, week_labels
from shopscore_analysis.shelf import Shelf

_LAST = {"service": "period_end"}  # where a record is newer than its birth
_JOINED = {"reviews": ["order_ref", "product_id", "sku"], "aftersales": ["sub_order_id", "order_id", "product_id"]}
_ORDER = ["key", "order_id", "sub_order_id", "product_id", "sku"]


def coverage(shelf: Shelf) -> dict[str, Any]:
    """`{"tables": {name: {"rows", "weeks", "gaps", "newest_export", "newest_record", "lag_days"}}, "joins": …}`.

    `weeks`: ISO week of birth → records; `gaps`: the weeks between the first and the last without a record;
    `newest_export`, `newest_record`: times in ISO format or None; `lag_days`: whole days from the newest record to
    the newest export of any table, None for an empty table. `joins`: see `joins`.
    """
    held = {name: _times(shelf, name) for name in TABLES}
    newest = max((at for rows in held.values() if not pd.isna(at := rows["exported_at"].max())), default=None)
    return {"tables": {name: _table(rows, newest) for name, rows in held.items()}, "joins": joins(shelf)}


def _times(shelf: Shelf, name: str) -> pd.DataFrame:
    """When the records of a table were born, ended and were exported."""
    born = TABLES[name].born
    last = _LAST.get(name, born)
    rows = shelf.read(name, columns=list(dict.fromkeys([born, last, "exported_at"]))).to_pandas()
    return pd.DataFrame({"born": rows[born], "last": rows[last], "exported_at": rows["exported_at"]})


def _table(rows: pd.DataFrame, newest: datetime | None) -> dict[str, Any]:
    born, exported, last = rows["born"], rows["exported_at"], rows["last"].max()
    weeks = week_labels(born).value_counts().sort_index()
    return {
        "rows": len(born),
        "weeks": {str(week): int(count) for week, count in weeks.items()},
        "gaps": gaps([str(week) for week in weeks.index]),
        "newest_export": None if pd.isna(exported.max()) else exported.max().isoformat(),
        "newest_record": None if pd.isna(last) else last.isoformat(),
        "lag_days": None if pd.isna(last) or newest is None else max((newest - last) // timedelta(days=1), 0),
    }


def gaps(weeks: list[str]) -> list[str]:
    """The ISO weeks between the first and the last of `weeks` that are not among them, oldest first.

    >>> gaps(["2026-W01", "2025-W51"])
    ['2025-W52']
    """
    if not weeks:
        return []
    first, last = min(weeks), max(weeks)
    span = (week_start(last) - week_start(first)).days // 7 + 1
    return [week for week in weeks_to(last, span) if week not in set(weeks)]


def joins(shelf: Shelf) -> dict[str, dict[str, Any]]:
    """How many reviews and after-sales meet an order of the shelf, and at which level.

    `{"reviews": {"n", "sub_order", "order", "none", "level", "share"}, "aftersales": …}`: `sub_order` by the number
    of the sub-order, `order` by that of the main order and the product; `level` is the one of these that hits more
    ("" where none does), `share` the part of `n` that hits at all, None where there are no records.
    """
    orders = shelf.read("orders", columns=_ORDER).to_pandas()
    return {name: _joined(shelf.read(name, columns=columns).to_pandas(), orders) for name, columns in _JOINED.items()}


def _joined(records: pd.DataFrame, orders: pd.DataFrame) -> dict[str, Any]:
    rows = order_rows(records, orders)
    hit = rows >= 0
    met = int(hit.sum())
    direct = int((orders["key"].to_numpy()[rows[hit]] == records.iloc[:, 0].to_numpy()[hit]).sum())
    level = "" if not met else "sub_order" if direct * 2 >= met else "order"
    share = met / len(records) if len(records) else None
    return {
        "n": len(records),
        "sub_order": direct,
        "order": met - direct,
        "none": len(records) - met,
        "level": level,
        "share": share,
    }
