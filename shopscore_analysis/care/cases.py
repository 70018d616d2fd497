"""After-sale cases as two witnesses tell them: the reason code, and what the buyer wrote; read with the same causes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.schema import UNKNOWN_PRODUCT
from shopscore_analysis.shards import order_rows, week_labels
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.reasons import cause_of, is_no_reason
from shopscore_analysis.text.tagger import Tags, tag

COLUMNS = (
    "record", "applied_at", "month", "order", "order_week", "product_id", "product", "kind", "status", "reason",
    "no_reason", "coded", "said", "text", "start", "end", "liable", "value_fen", "refund_fen", "earlier", "open",
)  # fmt: skip
_PENDING = "待"  # 待商家处理, 待买家退货, 待商家收货, 售后待处理: every status that is not over


def cases(shop: Shop, weeks: Sequence[str] = ()) -> pd.DataFrame:
    """Every after-sale case, or those applied for in some ISO weeks, oldest first. Columns: COLUMNS.

    `coded`: the cause that the reason code states ("" none), `no_reason`: whether it says that nothing was wrong;
    `said`: the causes that the text states, surest evidence of the first in [`start`, `end`); `value_fen`: what the
    order paid; `earlier`: cases of the same order before this one, missing where the order is not known; `open`:
    neither refunded nor closed and its status still waits for somebody.
    """
    rows = shop.records("aftersales").sort_values(["applied_at", "key"], ignore_index=True)
    orders = shop.records("orders")
    at = order_rows(rows, orders)
    rows = rows.assign(at=at, earlier=_earlier(at))
    if weeks:
        rows = rows[week_labels(rows["applied_at"]).isin(list(weeks))].reset_index(drop=True)
    read = _read(rows, orders.reindex(rows["at"]).reset_index(drop=True))
    return read.assign(**_said(read["text"], shop))[list(COLUMNS)]


def _read(rows: pd.DataFrame, order: pd.DataFrame) -> pd.DataFrame:
    """The cases with their orders, and what their codes say."""
    reasons = rows["reason"].fillna("")
    return rows.rename(columns={"key": "record"}).assign(
        month=rows["applied_at"].dt.strftime("%Y-%m"),
        order=order["key"].where(rows["at"] >= 0, None),
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
    tags = _tags(texts, shop)
    spans = [hits.causes[0].spans[0] if hits.causes and hits.causes[0].spans else (0, 0) for hits in tags]
    said = [tuple(hit.cause for hit in one.causes) for one in tags]
    return {
        "said": pd.Series(said, index=texts.index, dtype=object),
        "start": pd.Series([start for start, _ in spans], index=texts.index, dtype="int64"),
        "end": pd.Series([end for _, end in spans], index=texts.index, dtype="int64"),
    }


def _tags(texts: pd.Series, shop: Shop) -> list[Tags]:
    distinct = sorted(set(texts) - {""})
    read = dict(zip(distinct, tag(distinct, shop.settings.category, shop.own), strict=True))
    return [read.get(text, Tags((), 0.0)) for text in texts]


def _earlier(at: NDArray[np.intp]) -> pd.Series:
    """How many cases of the same order came before; a withdrawn one counts, since it was one."""
    number = pd.Series(at).groupby(at).cumcount().astype("float64")
    return number.where(at >= 0)


def _open(rows: pd.DataFrame) -> pd.Series:
    settled = rows["refunded_at"].notna() | rows["closed_at"].notna()
    return ~settled & rows["status"].fillna("").str.contains(_PENDING, regex=False)
