"""After-sale cases as two witnesses tell them: the reason code, and what the buyer wrote; read with the same causes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.said import evidence, first_said, read
from shopscore_analysis.schema import PENDING_STATUS, UNKNOWN_PRODUCT, week_start
from shopscore_analysis.shards import order_rows, week_labels
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.reasons import cause_of, is_no_reason

COLUMNS = (
    "record", "applied_at", "month", "order", "number", "order_week", "product_id", "product", "kind", "status",
    "reason", "no_reason", "coded", "said", "text", "start", "end", "liable", "value_fen", "refund_fen", "earlier",
    "open",
)  # fmt: skip
_ORDER = ["key", "order_id", "sub_order_id", "product_id", "product", "sku", "ordered_at", "payable_fen"]
_CASE = ["key", "applied_at", "sub_order_id", "order_id", "product_id"]


def cases(shop: Shop, weeks: Sequence[str] = ()) -> pd.DataFrame:
    """Every after-sale case, or those applied for in some ISO weeks, oldest first. Columns: COLUMNS.

    `coded`: the cause that the reason code states ("" none), `no_reason`: whether it says that nothing was wrong;
    `said`: the causes that the text states, surest evidence of the first in [`start`, `end`); `number`: of the
    sub-order, or whatever number the case bears; `value_fen`: what the
    order paid; `earlier`: cases of the same order before this one, missing where the order is not known; `open`:
    neither refunded nor closed and its status still waits for somebody.
    """
    if not weeks:
        return told(shop, shop.records("aftersales"))
    first, last = week_start(min(weeks)), week_start(max(weeks)) + timedelta(days=6)
    rows = shop.records("aftersales", first.date(), last.date())
    return told(shop, rows[week_labels(rows["applied_at"]).isin(list(weeks))])


def open_rows(shop: Shop) -> pd.DataFrame:
    """The after-sales that are open, as they lie on the shelf; only months that hold one are read."""
    rows: pd.DataFrame = shop.shelf.read("aftersales", shop.inventory.waiting()).to_pandas()
    return rows[_open(rows)].reset_index(drop=True)


def told(shop: Shop, rows: pd.DataFrame) -> pd.DataFrame:
    """`cases` of these after-sales, as they lie on the shelf; their orders are looked for in all months."""
    rows = rows.sort_values(["applied_at", "key"], ignore_index=True)
    orders = shop.orders_of(rows, columns=_ORDER)
    at = order_rows(rows, orders)
    placed = orders["ordered_at"].iloc[np.unique(at[at >= 0])].min()
    known = asked(shop, pd.Series([placed, rows["applied_at"].min()]).min()).set_index("key")
    read = _read(
        rows.assign(at=at, earlier=known["earlier"].reindex(rows["key"]).to_numpy().astype("float64")),
        orders.reindex(at).reset_index(drop=True),
    )
    return read.assign(**_said(read["text"], shop))[list(COLUMNS)]


def asked(shop: Shop, since: pd.Timestamp) -> pd.DataFrame:
    """The after-sales from about a day on with their orders: key, order (its key), earlier; none for no day.

    No case is applied for before its order is placed: of orders from that day on, `earlier` counts all cases that came
    before, a withdrawn one, too, since it was one.
    """
    months = [] if pd.isna(since) else shop.inventory.months("aftersales", since.date())
    rows = shop.shelf.read("aftersales", months, _CASE).to_pandas().sort_values(["applied_at", "key"])
    orders = shop.orders_of(rows, columns=_ORDER)
    at = order_rows(rows, orders)
    order = orders["key"].reindex(at).reset_index(drop=True)
    return pd.DataFrame({"key": rows["key"].to_numpy(), "order": order, "earlier": _earlier(at)})


def _read(rows: pd.DataFrame, order: pd.DataFrame) -> pd.DataFrame:
    """The cases with their orders, and what their codes say."""
    reasons = rows["reason"].fillna("")
    return rows.rename(columns={"key": "record"}).assign(
        month=rows["applied_at"].dt.strftime("%Y-%m"),
        order=order["key"].where(rows["at"] >= 0, None),
        number=order["key"].fillna(rows["sub_order_id"]).fillna(rows["order_id"]),
        order_week=week_labels(order["ordered_at"]),
        product_id=rows["product_id"].fillna(order["product_id"]).fillna(UNKNOWN_PRODUCT),
        product=rows["product"].fillna(order["product"]).fillna(UNKNOWN_PRODUCT),
        no_reason=reasons.map(is_no_reason).astype(bool),
        coded=reasons.map(lambda reason: cause_of(reason) or "").astype("str"),
        text=rows["text"].fillna(""),
        value_fen=order["payable_fen"].fillna(rows["payable_fen"]),
        open=_open(rows),
    )


def _said(texts: pd.Series, shop: Shop) -> dict[str, pd.Series]:
    """The causes that each text states, and the first span that shows the first of them."""
    found = read(texts, shop.settings.category, shop.own).causes
    named, spans = first_said(found), evidence(found, len(texts))
    by_text = dict(named.groupby("row")["cause"].agg(tuple))
    return {
        "said": pd.Series([by_text.get(at, ()) for at in range(len(texts))], index=texts.index, dtype=object),
        "start": pd.Series(spans[:, 0], index=texts.index),
        "end": pd.Series(spans[:, 1], index=texts.index),
    }


def _earlier(at: NDArray[np.intp]) -> pd.Series:
    """How many cases of the same order came before, missing where the order is not known."""
    number = pd.Series(at).groupby(at).cumcount().astype("float64")
    return number.where(at >= 0)


def _open(rows: pd.DataFrame) -> pd.Series:
    settled = rows["refunded_at"].notna() | rows["closed_at"].notna()
    return ~settled & rows["status"].fillna("").str.contains(PENDING_STATUS, regex=False)
