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

from shopscore_analysis.schema import CAUSES, MAX_CAUSES
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
    reviews, aftersales = whole.reviews, whole.aftersales
    placed = whole.orders.set_index("key")["ordered_at"]
    months = {
        "orders": _month(whole.orders["ordered_at"]),
        "reviews": _month(_looked_up(placed, _order_key(reviews, whole.orders)).fillna(reviews["reviewed_at"])),
        "aftersales": _month(_looked_up(placed, aftersales["sub_order_id"]).fillna(aftersales["applied_at"])),
        "service": _month(whole.service["period_start"]),
    }
    for month in sorted({month for column in months.values() for month in column}):
        parts = {name: getattr(whole, name)[column == month] for name, column in months.items()}
        yield replace(whole, **{name: rows.reset_index(drop=True) for name, rows in parts.items()})


def tag_shard(shard: Shard) -> TaggedShard:
    """The shard with its texts tagged and its orders joined."""
    orders = _placed(shard.orders, "ordered_at")
    reviews = _reviews(shard, orders)
    aftersales = _aftersales(shard)
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


def _looked_up(values: pd.Series, keys: pd.Series) -> pd.Series:
    """The value of each key in the type of `values` (which `map` loses where no key is known)."""
    found: pd.Series = values.reindex(keys).set_axis(keys.index)
    return found


def _month(times: pd.Series) -> pd.Series:
    months: pd.Series = times.dt.strftime("%Y-%m").fillna("")
    return months


def _placed(rows: pd.DataFrame, born: str) -> pd.DataFrame:
    """The rows with the tally's axes: product id, title, sku and the ISO week of their birth."""
    week = rows[born].dt.strftime("%G-W%V").where(rows[born].notna())
    placed = rows.assign(week=week, title=rows.get("product"), product=rows.get("product_id", ""))
    return placed.assign(sku=rows.get("sku", "")).fillna({"sku": ""}).reset_index(drop=True)


def _order_key(reviews: pd.DataFrame, orders: pd.DataFrame) -> pd.Series:
    """The sub-order of each review: exports do not say which level 订单ID is, so both are tried.

    A main order with several sub-orders gives the one with the review's product.
    """
    whole = orders.drop_duplicates(["order_id", "product_id"]).set_index(["order_id", "product_id"])["key"]
    by_order = pd.MultiIndex.from_frame(reviews[["order_ref", "product_id"]])
    guess = pd.Series(whole.reindex(by_order).to_numpy(), index=reviews.index, dtype="str")
    return reviews["order_ref"].where(reviews["order_ref"].isin(orders["key"]), guess)


def _reviews(shard: Shard, orders: pd.DataFrame) -> pd.DataFrame:
    key = _order_key(shard.reviews, shard.orders)
    reviews = _placed(shard.reviews, "reviewed_at").assign(order=key.to_numpy())
    text = reviews["text"].fillna("").map(lambda text: "" if is_default(text) else text)
    followup = reviews["followup"].fillna("")
    first, second = _tags(text, shard.category), _tags(followup, shard.category)
    axes = orders.set_index("key")[list(ORDER_AXES)].reindex(reviews["order"])
    return reviews.assign(
        rating=reviews["stars"].fillna(0).astype("int64"),
        has_text=(text != "") | (followup != ""),
        words=text + "\n" + followup,
        complaint=[tags.complaint for tags in first],
        followup_complaint=[tags.complaint for tags in second],
        found=_column([_evidence(*said) for said in zip(text, first, followup, second, strict=True)]),
        **{axis: axes[axis].to_numpy() for axis in ORDER_AXES},
    ).pipe(lambda rows: rows.assign(complaint=rows[["complaint", "followup_complaint"]].max(axis=1)))


def _aftersales(shard: Shard) -> pd.DataFrame:
    cases = _placed(shard.aftersales, "applied_at")
    text = cases["text"].fillna("")
    coded = [cause_of(reason) for reason in cases["reason"].fillna("")]
    read = zip(coded, text, _tags(text, shard.category), strict=True)
    found = [({code: (0, 0, "")} if code else {}) | _evidence(words, tags, "", _SILENT) for code, words, tags in read]
    return cases.assign(order=cases["sub_order_id"], rating=0, found=_column(found), **dict.fromkeys(ORDER_AXES))


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
    time of signing, and a returned order may end as 已关闭.
    """
    complained = orders["key"].isin(reviews.loc[reviews["complaint"] >= COMPLAINS, "order"])
    returned = orders["key"].isin(aftersales["order"])
    sent_back = orders["key"].isin(aftersales.loc[aftersales["kind"].isin(RETURN_KINDS), "order"])
    signed = (orders["status"] == "已完成") | orders["key"].isin(reviews["order"]) | sent_back
    unhappy = np.select(
        [complained & returned, complained, returned], ["review+aftersale", "review", "aftersale"], default=""
    )
    return orders.assign(signed=signed, returned=returned, unhappy=unhappy)


def _order_causes(orders: pd.DataFrame, *causes: pd.DataFrame) -> pd.DataFrame:
    """A row per (signed order, cause): once, however often and wherever the buyer said it."""
    said = pd.concat([part[["order", "cause"]] for part in causes]).drop_duplicates()
    signed = orders.loc[orders["signed"], ["key", "product", "sku", "week"]]
    return said.merge(signed, left_on="order", right_on="key").drop(columns="key")
