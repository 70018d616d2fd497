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

from shopscore_analysis.copies import copies_by_month
from shopscore_analysis.said import Ints, evidence, first_said, own_words, patterns, read
from shopscore_analysis.schema import UNKNOWN_PRODUCT
from shopscore_analysis.text.beliefs import beliefs
from shopscore_analysis.text.reasons import cause_of

RETURN_KINDS = ("退货退款", "已发货退款", "已发货仅退款", "换货")
ORDER_AXES = ("channel", "warehouse", "carrier")
NEGATIVE_STARS = (1, 2, 3)
PRICE_EDGES = (50, 100, 200, 500)  # yuan paid for an order: where one price band ends and the next begins
HEARD = 20_000  # reviews of a month of orders whose words are counted; a sample where there are more
COMPLAINS = 0.5  # the complaint score from which a text counts as complaining


@dataclass(frozen=True)
class Shard:
    """The records of some orders, as they lie on the shelf: frames with the columns of `schema.TABLES`.

    `own`: the text of the shop's own lexicon, see `text.lexicon`. Reviews may say `copy` and `lot`, see `shards`.
    """

    shop: str
    category: str
    reviews: pd.DataFrame
    orders: pd.DataFrame
    aftersales: pd.DataFrame
    service: pd.DataFrame
    own: str = ""


@dataclass(frozen=True)
class TaggedShard:
    """A shard whose texts are read. All frames carry `product` (the id), `title`, `sku`, `week`.

    `reviews` adds `rating` (0 unknown), `has_text`, `copy`, `lot`, `complaint` (the larger of `text_complaint` and
    `followup_complaint`), `words`, `followed` (the follow-up has words), `praise_only` (low stars beside nothing but
    praise), `price` (band), `pattern` (all causes, joined by "+") and the order's channel, warehouse and carrier;
    `orders` adds `signed`, `returned`, `unhappy`.
    `review_causes`, `aftersale_causes`: a row per (record, cause) with the evidence, of reviews also `part` (1: the
    follow-up shows it), `confidence` and `phrased`; `order_causes`: a row per (signed order, cause), once over review,
    follow-up and after-sale. `shown`: where text (0) and follow-up (1) of each review show their first cause, whichever
    of them `review_causes` names: [`part`, `row`] is (start, end), or (0, 0).
    """

    shop: str
    reviews: pd.DataFrame
    orders: pd.DataFrame
    aftersales: pd.DataFrame
    service: pd.DataFrame
    review_causes: pd.DataFrame
    order_causes: pd.DataFrame
    aftersale_causes: pd.DataFrame
    shown: Ints


def shards(whole: Shard) -> Iterator[Shard]:
    """The shard cut by month of order, oldest month first; their records are disjoint and complete.

    Reviews gain `copy`: whether the text nearly repeats an earlier one of its month (see copies.py); and `lot`:
    whether its words are counted (see `lots`).
    """
    whole = replace(whole, reviews=whole.reviews.assign(copy=copies_by_month(whole.reviews)))
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
        parts["reviews"] = parts["reviews"].assign(lot=lots(parts["reviews"]["key"], len(parts["reviews"])))
        yield replace(whole, **{name: rows.reset_index(drop=True) for name, rows in parts.items()})


def lots(keys: pd.Series, reviews: int) -> NDArray[np.float64]:
    """The lot of each of these reviews of a month that has so many; words are counted where it is below 1.

    By the first digits of the key, which is a hash: the same one however the month is cut. Up to `HEARD` reviews a
    month all lots are below 1, evenly spread; of more, those of about `HEARD` reviews.
    """
    place = np.array([int(key[:8], 16) for key in keys], dtype=np.float64) / 0x1_0000_0000
    return place * max(reviews / HEARD, 1.0)


def tag_shard(shard: Shard) -> TaggedShard:
    """The shard with its texts tagged and its orders joined."""
    orders = _placed(shard.orders, "ordered_at")
    reviews, review_causes, shown = _reviews(shard, orders)
    aftersales, aftersale_causes = _aftersales(shard, orders)
    orders = _with_outcome(orders, reviews, aftersales, aftersale_causes)
    return TaggedShard(
        shop=shard.shop,
        reviews=reviews,
        orders=orders,
        aftersales=aftersales,
        service=_placed(shard.service[shard.service["level"] == "agent"], "period_start"),
        review_causes=review_causes,
        order_causes=_order_causes(orders, review_causes, aftersale_causes),
        aftersale_causes=aftersale_causes,
        shown=shown,
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
        if not len(open_):
            continue
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


def _reviews(shard: Shard, orders: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, Ints]:
    """The reviews, a row for each review and cause (a follow-up speaks where the review is silent), and `shown`."""
    rows = order_rows(shard.reviews, orders)
    reviews = _placed(shard.reviews, "reviewed_at").assign(order=rows)
    text, followup = own_words(reviews["text"]), own_words(reviews["followup"])
    first, second = (read(words, shard.category, shard.own) for words in (text, followup))
    causes = first_said(first.causes, second.causes)
    reviews = reviews.assign(
        rating=reviews["stars"].fillna(0).astype("int64"),
        has_text=(text != "") | (followup != ""),
        words=text + "\n" + followup,
        copy=shard.reviews["copy"].to_numpy() if "copy" in shard.reviews else False,
        lot=shard.reviews["lot"].to_numpy() if "lot" in shard.reviews else lots(shard.reviews["key"], 0),
        complaint=np.maximum(first.complaint, second.complaint),
        text_complaint=first.complaint,
        followup_complaint=second.complaint,
        followed=followup != "",
        pattern=patterns(causes, len(reviews)),
        price=price_bands(_taken(orders["payable_fen"], rows)),
        **{axis: _taken(orders[axis], rows) for axis in ORDER_AXES},
    )
    said = _causes(reviews, causes, "part", "confidence", "phrased")
    shown = np.stack([evidence(one.causes, len(reviews)) for one in (first, second)])
    return reviews.assign(praise_only=_praise_only(reviews, shard)), said, shown


def _praise_only(reviews: pd.DataFrame, shard: Shard) -> NDArray[np.bool_]:
    """Which low stars stand beside a text that praises and complains of nothing."""
    found = np.zeros(len(reviews), dtype=np.bool_)
    quiet = (reviews["complaint"] < COMPLAINS) & (reviews["pattern"] == "") & reviews["has_text"]
    low = np.flatnonzero(reviews["rating"].isin(NEGATIVE_STARS) & quiet)
    found[low] = beliefs(reviews["words"].iloc[low].tolist(), shard.category, shard.own).praises
    return found


def price_bands(fen: pd.Series) -> pd.Series:
    """The band in yuan of each amount in fen, missing where it is: "50–100 元" holds 50 yuan and not 100."""
    edges = [0, *(100 * edge for edge in PRICE_EDGES), np.inf]
    labels = [f"{low}–{high} 元" for low, high in zip([0, *PRICE_EDGES], PRICE_EDGES, strict=False)]
    bands = pd.cut(fen.astype("float64"), edges, right=False, labels=[*labels, f"{PRICE_EDGES[-1]} 元以上"])
    return bands.astype("str").where(bands.notna())


def _aftersales(shard: Shard, orders: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The after-sales, and a row for each case and cause: what its text says, and what its reason stands for."""
    rows = order_rows(shard.aftersales, orders)
    cases = _placed(shard.aftersales, "applied_at")
    cases = cases.assign(order=rows, rating=0, **dict.fromkeys(ORDER_AXES))
    said = first_said(read(cases["text"].fillna(""), shard.category, shard.own).causes)
    coded = cases["reason"].fillna("").map(cause_of).rename("cause").rename_axis("row").dropna().reset_index()
    both = pd.concat([said, coded.assign(start=0, end=0, quote="")], ignore_index=True)
    return cases, _causes(cases, both.drop_duplicates(["row", "cause"]))


def _causes(records: pd.DataFrame, said: pd.DataFrame, *also: str) -> pd.DataFrame:
    """A row per (record, cause): the record's axes, its row number in `row`, the evidence, and `also` of `said`."""
    axes = ["key", "order", "product", "sku", "week", "rating", *ORDER_AXES]
    found = records[axes].take(said["row"].to_numpy()).rename(columns={"key": "record"})
    evidence = said[["cause", "start", "end", "quote", *also]].set_index(found.index).astype({"cause": "str"})
    return pd.concat([found, evidence], axis=1).rename_axis("row").reset_index()


def _with_outcome(
    orders: pd.DataFrame, reviews: pd.DataFrame, aftersales: pd.DataFrame, aftersale_causes: pd.DataFrame
) -> pd.DataFrame:
    """The orders with what became of them.

    An order counts as signed if it is 已完成, reviewed, or returned after dispatch: the export has no
    time of signing, and a returned order may end as 已关闭. Its after-sale makes it unhappy if that names a
    cause: 多拍 and 不想要 do not.
    """
    complained = _flagged(orders, reviews.loc[reviews["complaint"] >= COMPLAINS, "order"])
    faulted = _flagged(orders, aftersale_causes["order"])
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
