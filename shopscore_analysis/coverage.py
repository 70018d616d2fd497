"""What is on a shelf and what is not: weeks with gaps, newest exports, and how many records meet their order."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from shopscore_analysis.inventory import Inventory
from shopscore_analysis.kept import Kept
from shopscore_analysis.named import Numbers, by_key, named_by_month, references
from shopscore_analysis.placed import Hashes, Source, frame
from shopscore_analysis.schema import TABLES, week_start, weeks_to
from shopscore_analysis.shards import order_rows

_JOINED = {"reviews": ["order_ref", "product_id", "sku"], "aftersales": ["sub_order_id", "order_id", "product_id"]}
_ORDER = ["key", "order_id", "sub_order_id", "product_id", "sku"]
_FORMAT = 2  # of what is kept
_STALE = 4  # months of orders that may change before what was found is written down anew


def coverage(held: Inventory, source: Source, kept: str) -> dict[str, Any]:
    """`{"tables": {name: {"rows", "weeks", "gaps", "newest_export", "newest_record", "lag_days"}}, "joins": …}`.

    `weeks`: ISO week of birth → records; `gaps`: the weeks between the first and the last without a record;
    `newest_export`, `newest_record`: times in ISO format or None; `lag_days`: whole days from the newest record to
    the newest export of any table, None for an empty table. `joins`: see `joins`; `kept`: the folder of their results.
    """
    newest = max(filter(None, map(held.exported, TABLES)), default=None)
    return {"tables": {name: _table(held, name, newest) for name in TABLES}, "joins": joins(source, Kept(kept))}


def _table(held: Inventory, name: str, newest: datetime | None) -> dict[str, Any]:
    weeks, exported, last = held.weeks(name), held.exported(name), held.newest(name)
    return {
        "rows": held.rows(name),
        "weeks": weeks,
        "gaps": gaps(list(weeks)),
        "newest_export": exported and exported.isoformat(),
        "newest_record": last and last.isoformat(),
        "lag_days": None if last is None or newest is None else max((newest - last) // timedelta(days=1), 0),
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


def joins(source: Source, kept: Kept) -> dict[str, dict[str, Any]]:
    """How many reviews and after-sales meet an order of the shelf, and at which level.

    `{"reviews": {"n", "sub_order", "order", "none", "level", "share"}, "aftersales": …}`: `sub_order` by the number
    of the sub-order, `order` by that of the main order and the product; `level` is the one of these that hits more
    ("" where none does), `share` the part of `n` that hits at all, None where there are no records. A month's records
    are looked at once, and again when an order that they name comes or changes.
    """
    numbers = Numbers(source)
    months = {table: numbers.shelf.versions(table).items() for table in _JOINED}
    found = {table: [_met(numbers, kept, table, *month).met for month in months[table]] for table in _JOINED}
    names = {_name(source, table, month) for table in _JOINED for month, _ in months[table]}
    kept.remove(name for name in kept.names() if name.startswith("joins-") and name not in names)
    return {table: _summed(found[table]) for table in _JOINED}


@dataclass(frozen=True)
class _Met:
    """How many of a month's records meet an order, among the orders of these versions, and the hashes they name.

    `months` are those of the orders that bear one of the hashes.
    """

    version: str
    orders: dict[str, str]
    met: dict[str, int]
    months: list[str]
    wanted: Hashes


def _name(source: Source, table: str, month: str) -> str:
    return f"joins-{_FORMAT}-{source.stamp}-{table}-{month}"


def _met(numbers: Numbers, kept: Kept, table: str, month: str, version: str) -> _Met:
    """What is known of a month's records, kept from an earlier run where nothing that matters has changed."""
    name, orders = _name(numbers.source, table, month), numbers.versions
    known = _read(kept.get(name))
    changed = {one for one, _ in set(known.orders.items()) ^ set(orders.items())} if known else set()
    if known and known.version == version and not _matters(changed, numbers, known):
        if len(changed) > _STALE:
            kept.put(name, _written(replace(known, orders=orders)))
        return known
    records = frame(numbers.shelf.read(table, [month], _JOINED[table]))
    wanted = references(records)
    named = named_by_month(numbers, wanted, _ORDER)
    found = _Met(version, orders, _counted(records, by_key(named)), [one for one in named if one], wanted)
    kept.put(name, _written(found))
    return found


def _matters(changed: set[str], numbers: Numbers, known: _Met) -> bool:
    """Whether one of the months of orders that came, went or changed has, or had, to do with these records."""
    there = changed.intersection(numbers.versions)
    return bool(changed.intersection(known.months) or numbers.named(known.wanted, there))


def _written(found: _Met) -> bytes:
    about = {"version": found.version, "orders": found.orders, "met": found.met, "months": found.months}
    return json.dumps(about).encode() + b"\n" + found.wanted.tobytes()


def _read(content: bytes | None) -> _Met | None:
    if content is None:
        return None
    about, _, hashes = content.partition(b"\n")
    return _Met(**json.loads(about), wanted=np.frombuffer(hashes, np.uint64))


def _counted(records: pd.DataFrame, orders: pd.DataFrame) -> dict[str, int]:
    """How many records there are, how many meet an order, and how many by the number of the sub-order."""
    rows = order_rows(records, orders)
    hit = rows >= 0
    direct = orders["key"].to_numpy()[rows[hit]] == records.iloc[:, 0].to_numpy()[hit]
    return {"n": len(records), "met": int(hit.sum()), "direct": int(direct.sum())}


def _summed(months: list[dict[str, int]]) -> dict[str, Any]:
    total: Counter[str] = Counter()
    for one in months:
        total.update(one)
    n, met, direct = total["n"], total["met"], total["direct"]
    return {
        "n": n,
        "sub_order": direct,
        "order": met - direct,
        "none": n - met,
        "level": "" if not met else "sub_order" if direct * 2 >= met else "order",
        "share": met / n if n else None,
    }
