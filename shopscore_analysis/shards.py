"""Shards: all records of a set of orders, tagged with causes and joined on the order.

Orders are grouped by the month in which they were placed; a review or an after-sale follows its order,
and one whose order is not on the shelf goes by its own month. So old shards stay as they are when a new
week arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.schema import CAUSES, MAX_CAUSES, UNKNOWN_PRODUCT
from shopscore_analysis.text.normalize import is_default
from shopscore_analysis.text.reasons import cause_of
from shopscore_analysis.text.tagger import Tags, tag

Evidence = dict[str, tuple[int, int, str]]  # cause → start, end, and the text that the span is of

RETURN_KINDS = ("退货退款", "已发货退款", "已发货仅退款", "换货")
ORDER_AXES = ("channel", "warehouse", "carrier")
COMPLAINS = 0.5  # the complaint score from which a text counts as complaining


@dataclass(frozen=True)
class Shard:
    """The records of some orders, as they lie on the shelf: frames with the columns of `schema.TABLES`."""

    shop: str
    category: str
    reviews: pd.DataFrame
    orders: pd.DataFrame
    aftersales: pd.DataFrame
    service: pd.DataFrame


@dataclass(frozen=True)
class TaggedShard:
    """A shard whose texts are read. All frames carry `product` (the id), `title`, `sku`, `week`.

    `reviews` adds `rating` (0 unknown), `has_text`, `complaint`, `followup_complaint`, `words` and the
    order's channel, warehouse and carrier; `orders` adds `signed`, `returned`, `unhappy`.
    `review_causes`, `aftersale_causes`: a row per (record, cause) with the evidence; `order_causes`: a row
    per (signed order, cause), once over review, follow-up and after-sale.
    """

    shop: str
    reviews: pd.DataFrame
    orders: pd.DataFrame
    aftersales: pd.DataFrame
    service: pd.DataFrame
    review_causes: pd.DataFrame
    order_causes: pd.DataFrame
    aftersale_causes: pd.DataFrame


def shards(whole: Shard) -> Iterator[Shard]:
    """The shard cut by month of order, oldest month first; their records are disjoint and complete."""
    reviews, aftersales, placed = whole.reviews, whole.aftersales, whole.orders["ordered_at"]
    followed = _taken(placed, order_rows(reviews, whole.orders)), _taken(placed, order_rows(aftersales, whole.orders))
    months = {
        "orders": _month(placed),
        "reviews": _month(followed[0].fillna(reviews["reviewed_at"])),
        "aftersales": _month(followed[1].fillna(aftersales["applied_at"])),
        "service": _month(whole.service["period_start"]),
    }
    for month in sorted({month for column in months.values() for month in column}):
        parts = {name: getattr(whole, name)[column == month] for name, column in months.items()}
        yield replace(whole, **{name: rows.reset_index(drop=True) for name, rows in parts.items()})


def tag_shard(shard: Shard) -> TaggedShard:
    """The shard with its texts tagged and its orders joined."""
    orders = _placed(shard.orders, "ordered_at")
    reviews = _reviews(shard, orders)
    aftersales = _aftersales(shard, orders)
    review_causes, aftersale_causes = _causes(reviews), _causes(aftersales)
    orders = _with_outcome(orders, reviews, aftersales)
    return TaggedShard(
        shop=shard.shop,
        reviews=reviews,
        orders=orders,
        aftersales=aftersales,
        service=_placed(shard.service[shard.service["level"] == "agent"], "period_start"),
        review_causes=review_causes,
        order_causes=_order_causes(orders, review_causes, aftersale_causes),
        aftersale_causes=aftersale_causes,
    )


def order_rows(records: pd.DataFrame, orders: pd.DataFrame) -> NDArray[np.intp]:
    """The row number in `orders` of the order of each review or after-sale, -1 where it is not on the shelf.

    Review exports do not say whether 订单ID is the sub-order or the main order. So a record goes to the sub-order
    of that id and product; else to the sub-order of that main order with its product and sku, or with its product
    (a main order may hold several, and a sub-order may bear the main order's id); else to the sub-order of that id.
    """
    part, whole = ("order_ref", "order_ref") if "order_ref" in records else ("sub_order_id", "order_id")
    rows = np.full(len(records), -1, dtype=np.intp)
    for named, placed, also in (
        (part, "key", ["product_id"]),
        (whole, "order_id", ["product_id", "sku"]),
        (whole, "order_id", ["product_id"]),
        (part, "key", []),
    ):
        known = [column for column in also if column in records and column in orders]
        open_ = np.flatnonzero((rows < 0) & records[named].notna())
        rows[open_] = _matched(records[[named, *known]].iloc[open_], orders[[placed, *known]])
    return rows


def _matched(wanted: pd.DataFrame, offered: pd.DataFrame) -> NDArray[np.intp]:
    """For each row wanted, the first row offered that is equal in every column, -1 where there is none."""
    keys = _joined(offered)
    first = np.flatnonzero(~keys.duplicated() & offered.iloc[:, 0].notna())
    found = pd.Index(keys.iloc[first]).get_indexer(pd.Index(_joined(wanted)))
    return np.asarray(np.append(first, -1)[found])


def _joined(columns: pd.DataFrame) -> pd.Series:
    """The columns as one text; an unknown product or sku equals an unknown one only."""
    joined = columns.iloc[:, 0].fillna("")
    for name in columns.columns[1:]:
        joined = joined + "\x1f" + columns[name].fillna("")
    return joined


def _taken(values: pd.Series, rows: NDArray[np.intp]) -> pd.Series:
    """The values at the rows, missing at row -1, in their own type."""
    return pd.Series(values.array.take(rows, allow_fill=True))


def _month(times: pd.Series) -> pd.Series:
    return _formatted(times, "%Y-%m").fillna("")


def week_labels(times: pd.Series) -> pd.Series:
    """The ISO week of each time as text, missing where the time is."""
    return _formatted(times, "%G-W%V")


def _formatted(times: pd.Series, pattern: str) -> pd.Series:
    """strftime once per day, not once per row: years hold few days and many orders."""
    days, distinct = pd.factorize(times.dt.normalize())
    labels = pd.Series(pd.DatetimeIndex(distinct).strftime(pattern), dtype="str")
    return _taken(labels, days).set_axis(times.index)


def _placed(rows: pd.DataFrame, born: str) -> pd.DataFrame:
    """The rows with the tally's axes: product id, title, sku and the ISO week of their birth."""
    blank = pd.Series(pd.NA, index=rows.index, dtype="str")
    title = rows.get("product", blank)
    product = rows.get("product_id", blank).fillna(title).fillna(UNKNOWN_PRODUCT)
    placed = rows.assign(week=week_labels(rows[born]), title=title, product=product)
    return placed.assign(sku=rows.get("sku", "")).fillna({"sku": ""}).reset_index(drop=True)


def _reviews(shard: Shard, orders: pd.DataFrame) -> pd.DataFrame:
    rows = order_rows(shard.reviews, orders)
    reviews = _placed(shard.reviews, "reviewed_at").assign(order=rows)
    text = reviews["text"].fillna("").map(lambda text: "" if is_default(text) else text)
    followup = reviews["followup"].fillna("").map(lambda text: "" if is_default(text) else text)
    first, second = _tags(text, shard.category), _tags(followup, shard.category)
    return reviews.assign(
        rating=reviews["stars"].fillna(0).astype("int64"),
        has_text=(text != "") | (followup != ""),
        words=text + "\n" + followup,
        complaint=[tags.complaint for tags in first],
        followup_complaint=[tags.complaint for tags in second],
        found=_column([_evidence(*said) for said in zip(text, first, followup, second, strict=True)]),
        **{axis: _taken(orders[axis], rows) for axis in ORDER_AXES},
    ).pipe(lambda rows: rows.assign(complaint=rows[["complaint", "followup_complaint"]].max(axis=1)))


def _aftersales(shard: Shard, orders: pd.DataFrame) -> pd.DataFrame:
    cases = _placed(shard.aftersales, "applied_at")
    text = cases["text"].fillna("")
    coded = [cause_of(reason) for reason in cases["reason"].fillna("")]
    read = zip(coded, text, _tags(text, shard.category), strict=True)
    found = [({code: (0, 0, "")} if code else {}) | _evidence(words, tags, "", _SILENT) for code, words, tags in read]
    rows = order_rows(shard.aftersales, orders)
    return cases.assign(order=rows, rating=0, found=_column(found), **dict.fromkeys(ORDER_AXES))


def _column(values: list[Evidence]) -> pd.Series:
    return pd.Series(values, dtype=object)


_SILENT = Tags(causes=(), complaint=0.0)


def _tags(texts: pd.Series, category: str) -> list[Tags]:
    """One `Tags` a text; equal texts are read once, empty ones not at all."""
    distinct = sorted(set(texts) - {""})
    read = dict(zip(distinct, tag(distinct, category), strict=True))
    return [read.get(text, _SILENT) for text in texts]


def _evidence(text: str, tags: Tags, followup: str, later: Tags) -> Evidence:
    """The first span that shows each cause; the follow-up speaks where the review is silent."""
    found: Evidence = {}
    for words, said in ((followup, later), (text, tags)):
        found |= {hit.cause: (*(hit.spans[0] if hit.spans else (0, 0)), words) for hit in said.causes}
    ranked = sorted(found, key=list(CAUSES).index)
    return {cause: found[cause] for cause in ranked[:MAX_CAUSES]}


def _causes(rows: pd.DataFrame) -> pd.DataFrame:
    """A row per (record, cause): the record's axes, its row number in `row`, and the evidence."""
    number = rows["found"].map(len)
    axes = ["key", "order", "product", "sku", "week", "rating", *ORDER_AXES]
    causes = rows.loc[rows.index.repeat(number), axes].rename(columns={"key": "record"})
    found = [(cause, *where) for said in rows["found"] for cause, where in said.items()]
    evidence = pd.DataFrame(found, columns=["cause", "start", "end", "quote"], index=causes.index)
    evidence = evidence.astype({"start": "int64", "end": "int64"})
    return pd.concat([causes, evidence], axis=1).rename_axis("row").reset_index()


def _with_outcome(orders: pd.DataFrame, reviews: pd.DataFrame, aftersales: pd.DataFrame) -> pd.DataFrame:
    """The orders with what became of them.

    An order counts as signed if it is 已完成, reviewed, or returned after dispatch: the export has no
    time of signing, and a returned order may end as 已关闭. Its after-sale makes it unhappy if that names a
    cause: 多拍 and 不想要 do not.
    """
    complained = _flagged(orders, reviews.loc[reviews["complaint"] >= COMPLAINS, "order"])
    faulted = _flagged(orders, aftersales.loc[aftersales["found"].map(bool), "order"])
    returned = _flagged(orders, aftersales["order"])
    sent_back = _flagged(orders, aftersales.loc[aftersales["kind"].isin(RETURN_KINDS), "order"])
    signed = (orders["status"] == "已完成") | _flagged(orders, reviews["order"]) | sent_back
    unhappy = np.select(
        [complained & faulted, complained, faulted], ["review+aftersale", "review", "aftersale"], default=""
    )
    return orders.assign(signed=signed, returned=returned, unhappy=unhappy)


def _flagged(orders: pd.DataFrame, rows: pd.Series) -> NDArray[np.bool_]:
    """Which orders are among the row numbers."""
    flags = np.zeros(len(orders), dtype=bool)
    flags[rows[rows >= 0]] = True
    return flags


def _order_causes(orders: pd.DataFrame, *causes: pd.DataFrame) -> pd.DataFrame:
    """A row per (signed order, cause): once, however often and wherever the buyer said it."""
    said = pd.concat([part[["order", "cause"]] for part in causes]).drop_duplicates()
    signed = orders.loc[orders["signed"], ["product", "sku", "week"]]
    return said.merge(signed, left_on="order", right_index=True).reset_index(drop=True)
