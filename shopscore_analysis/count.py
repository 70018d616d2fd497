"""Records → Tally: shards of whole orders are tagged, every feature extractor counts them, counts add.

A shard holds all records of its orders, so that one order's review, follow-up and after-sale meet in one
place and count once; shards are disjoint by order, so tallies add. A new analysis is one more extractor
in `EXTRACTORS` and one measure that reads its feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from shopscore_analysis.parts import Mapper, Part
from shopscore_analysis.schema import LOSS_UNIT, UNATTRIBUTED
from shopscore_analysis.shards import COMPLAINS, NEGATIVE_STARS, ORDER_AXES, Shard, TaggedShard, tag_shard
from shopscore_analysis.tally import AXES, QUOTE_COLUMNS, Tally
from shopscore_analysis.text.segment import spoken

Cells = Iterator[pd.DataFrame]

FAVOURABLE_STARS = (4, 5)
BACKGROUND_SHARE = 0.5  # of the texts outside the negative pool that are segmented for comparison
TERM_AXES = ("channel", "price")  # of the order
WEEKLY: dict[str, Any] = {"product": "", "sku": "", "rating": 0}
COARSE: dict[str, Any] = {"sku": "", "rating": 0}  # of words and pairs: they are many, and the tally must stay small
QUOTE_LENGTH = 120  # characters of a quote, centred on the evidence


def count(shards: Iterable[Shard | Part], map: Mapper = map) -> Tally:
    """The tally of the shards, in memory or still on a shelf.

    `map` is the builtin or that of any Executor, and decides nothing but speed.
    """
    parts = list(map(count_shard, shards))
    return Tally.of([part.cells for part in parts], [part.quotes for part in parts])


def count_shard(shard: Shard | Part) -> Tally:
    """The tally of one shard."""
    tagged = tag_shard(shard.read() if isinstance(shard, Part) else shard)
    cells = [part for extract in EXTRACTORS for part in extract(tagged) if len(part)]
    return Tally.of(cells, [_quotes(tagged)])


def _cells(
    shop: str, feature: str, rows: pd.DataFrame, *, key: Any = "", weight: Any = 1, **fixed: Any
) -> pd.DataFrame:
    """One cell a row, not summed yet: its axes are the row's unless `fixed`; rows of no known week are left out."""
    own = {"product": rows["product"], "sku": rows["sku"], "week": rows["week"], "rating": rows.get("rating", 0)}
    axes = {"feature": feature, "shop": shop, **own, **fixed, "key": key, "count": weight}
    cells = pd.DataFrame(axes, index=rows.index, columns=[*AXES, "count"])
    known = cells["week"].notna()
    cells = cells if known.all() else cells[known]
    blank = [name for name in ("product", "sku", "key") if cells[name].hasnans]  # to look is cheaper than to fill
    return cells.fillna(dict.fromkeys(blank, "")) if blank else cells


def _names(shard: TaggedShard) -> Cells:
    for rows in (shard.reviews, shard.orders):
        named = rows.dropna(subset=["product", "title"])
        yield _cells(shard.shop, "name", named, key=named["title"], sku="", week="", rating=0)


def _reviews(shard: TaggedShard) -> Cells:
    reviews = shard.reviews
    pools = {
        "review": reviews["rating"] >= 0,
        "text": reviews["has_text"],
        "default": ~reviews["has_text"],
        "complaint": reviews["complaint"] >= COMPLAINS,
        "followup": reviews["followup_complaint"] >= COMPLAINS,
        "followed": reviews["followed"],
        "praise_only": reviews["praise_only"],
    }
    for feature, members in pools.items():
        yield _cells(shard.shop, feature, reviews.loc[members])


def _causes(shard: TaggedShard) -> Cells:
    yield _cells(shard.shop, "cause", shard.review_causes, key=shard.review_causes["cause"])


def _losses(shard: TaggedShard) -> Cells:
    lost = lost_by_cause(shard)
    yield _cells(shard.shop, "loss", lost, weight=lost["units"], key=lost["cause"])


def lost_by_cause(shard: TaggedShard) -> pd.DataFrame:
    """A row per rated review and cause with its even share of the loss in 1/60 star; 未归因 where none is known."""
    rated = shard.reviews[shard.reviews["rating"] > 0]
    number = shard.review_causes.groupby("row").size().reindex(rated.index, fill_value=0)
    silent = rated[number == 0].assign(cause=UNATTRIBUTED, row=rated.index[number == 0])
    columns = ["row", "cause", "product", "sku", "week", "rating", *ORDER_AXES]
    spoken = shard.review_causes[shard.review_causes["rating"] > 0]
    lost = pd.concat([silent[columns], spoken[columns]], ignore_index=True)
    return lost.assign(units=LOSS_UNIT * (5 - lost["rating"]) // lost["row"].map(number).clip(lower=1).astype("int64"))


def _terms(shard: TaggedShard) -> Cells:
    """Words and pairs of words by text, copies once; of the negative pool also by cause, channel and price."""
    for feature, pool in _pools(shard):
        yield _cells(shard.shop, feature, pool)
        for kind, held in zip(("term", "pair"), spoken(pool["words"].tolist()), strict=True):
            said = np.array(held.words, dtype=object)[held.term]
            found = pool.take(held.text).assign(said=said, row=pool.index[held.text]).reset_index(drop=True)
            yield _cells(shard.shop, f"{feature}_{kind}", found, key=found["said"], **COARSE)
            if (feature, kind) == ("negative", "term"):
                yield from _terms_by(shard, pool, found)


def _pools(shard: TaggedShard) -> Iterator[tuple[str, pd.DataFrame]]:
    """The reviews whose words are counted: what complains, and a sample of the rest to compare with."""
    reviews = shard.reviews[shard.reviews["has_text"] & ~shard.reviews["copy"]]
    negative = reviews["rating"].isin(NEGATIVE_STARS) | (reviews["complaint"] >= COMPLAINS)
    sampled = reviews["key"].map(_fraction) < BACKGROUND_SHARE
    columns = ["product", "sku", "week", "rating", "words", *TERM_AXES]
    yield from (("negative", reviews.loc[negative, columns]), ("background", reviews.loc[~negative & sampled, columns]))


def _terms_by(shard: TaggedShard, pool: pd.DataFrame, found: pd.DataFrame) -> Cells:
    """Words of the negative pool along axes that no cell has; over all products, so that the tally stays small."""
    for axis in TERM_AXES:
        for feature, rows, key in (("negative_by", pool, ""), ("negative_term_by", found, "|" + found["said"])):
            known = rows[axis].notna()
            yield _cells(shard.shop, feature, rows[known], key=(axis + "|" + rows[axis] + key)[known], **WEEKLY)
    causes = shard.review_causes[["row", "cause"]]
    voiced = pool.rename_axis("row").reset_index().merge(causes, on="row")
    yield _cells(shard.shop, "negative_by", voiced, key="cause|" + voiced["cause"], **WEEKLY)
    voiced = found.merge(causes, on="row")
    yield _cells(
        shard.shop, "negative_term_by", voiced, key="cause|" + voiced["cause"] + "|" + voiced["said"], **WEEKLY
    )


def _fraction(key: str) -> float:
    return int(key[:8], 16) / 0x1_0000_0000


def _patterns(shard: TaggedShard) -> Cells:
    """Rated reviews with words by everything they complain of at once: "defect+size_fit", "" for nothing."""
    rated = shard.reviews[shard.reviews["has_text"] & (shard.reviews["rating"] > 0)]
    yield _cells(shard.shop, "pattern", rated, key=rated["pattern"])


def _lags(shard: TaggedShard) -> Cells:
    """Orders by how many calendar weeks later their first review and their first after-sale came: "review|2"."""
    for kind, rows, time in (("review", shard.reviews, "reviewed_at"), ("aftersale", shard.aftersales, "applied_at")):
        known = rows[rows["order"] >= 0].dropna(subset=[time])
        first = known.sort_values([time, "key"]).drop_duplicates("order")
        orders = shard.orders.take(first["order"].to_numpy()).reset_index(drop=True)
        later = (_monday(first[time]).array - _monday(orders["ordered_at"]).array).days // 7
        yield _cells(shard.shop, "lag", orders, key=[f"{kind}|{max(weeks, 0)}" for weeks in later])


def _monday(times: pd.Series) -> pd.Series:
    monday: pd.Series = times.dt.normalize() - pd.to_timedelta(times.dt.day_of_week, unit="D")
    return monday


def _orders(shard: TaggedShard) -> Cells:
    orders = shard.orders
    late = orders["shipped_at"] > orders["promised_at"]
    pools = {
        "order": orders["key"].notna(),
        "signed": orders["signed"],
        "shipped": orders["shipped_at"].notna() & orders["promised_at"].notna(),
        "late": late.fillna(False).astype(bool),
        "returned": orders["returned"],
    }
    for feature, members in pools.items():
        yield _cells(shard.shop, feature, orders.loc[members])
    unhappy = orders[orders["unhappy"] != ""]
    yield _cells(shard.shop, "unhappy", unhappy, key=unhappy["unhappy"])
    yield _cells(shard.shop, "order_cause", shard.order_causes, key=shard.order_causes["cause"])


def _aftersales(shard: TaggedShard) -> Cells:
    cases = shard.aftersales
    yield _cells(shard.shop, "aftersale", cases, key=cases["reason"])
    yield _cells(shard.shop, "aftersale_kind", cases, key=cases["kind"])
    yield _cells(shard.shop, "refund_fen", cases, weight=cases["refund_fen"].fillna(0).astype("int64"))
    yield _cells(shard.shop, "aftersale_cause", shard.aftersale_causes, key=shard.aftersale_causes["cause"])


def _paths(shard: TaggedShard) -> Cells:
    """Reviews, texts, causes and losses by where the order came from and how it travelled."""
    lost, texts = lost_by_cause(shard), shard.reviews[shard.reviews["has_text"]]
    for axis in ORDER_AXES:
        for feature, rows in (("review_by", shard.reviews), ("text_by", texts)):
            known = rows.dropna(subset=[axis])
            yield _cells(shard.shop, feature, known, key=axis + "|" + known[axis])
        said, left = shard.review_causes.dropna(subset=[axis]), lost.dropna(subset=[axis])
        yield _cells(shard.shop, "cause_by", said, key=axis + "|" + said[axis] + "|" + said["cause"])
        yield _cells(
            shard.shop, "loss_by", left, key=axis + "|" + left[axis] + "|" + left["cause"], weight=left["units"]
        )


def _service(shard: TaggedShard) -> Cells:
    agents = shard.service
    for key in ("sessions", "rated", "good", "bad", "inquiries", "paid"):
        yield _cells(shard.shop, "service", agents, key=key, weight=agents[key].fillna(0).astype("int64"))
    rates = {"reply": ("avg_reply_s", 1), "first": ("first_reply_s", 1), "three_min": ("reply_3min_rate", 10_000)}
    for key, (column, scale) in rates.items():
        known = agents[agents[column].notna() & agents["sessions"].notna()]
        total = np.rint(known["sessions"] * known[column].astype(float) * scale).astype("int64")
        yield _cells(shard.shop, "service", known, key=key, weight=total)
        yield _cells(shard.shop, "service", known, key=f"{key}_sessions", weight=known["sessions"].astype("int64"))


EXTRACTORS: tuple[Callable[[TaggedShard], Cells], ...] = (
    _names, _reviews, _causes, _losses, _patterns, _terms, _orders, _lags, _aftersales, _paths, _service,
)  # fmt: skip


def _quotes(shard: TaggedShard) -> pd.DataFrame:
    """The evidence of every cause, and the reviews of the three lists of `measure.at_odds`."""
    reviews = shard.reviews.rename(columns={"key": "record"}).assign(key="", start=0, end=0)
    high = reviews["rating"].isin(FAVOURABLE_STARS) & (reviews["complaint"] >= COMPLAINS)
    late = reviews["followup_complaint"] >= COMPLAINS
    lists = {
        "cause": shard.review_causes.rename(columns={"cause": "key"}),
        "hidden": reviews[high].assign(quote=reviews["words"]),
        "praise_only": reviews[reviews["praise_only"]].assign(quote=reviews["words"]),
        "followup": reviews[late].assign(quote=reviews["followup"]),
    }
    return pd.concat([_quoted(shard.shop, feature, found) for feature, found in lists.items()], ignore_index=True)


def _quoted(shop: str, feature: str, found: pd.DataFrame) -> pd.DataFrame:
    found = found.dropna(subset=["week"])
    first = np.maximum(found["start"] - (QUOTE_LENGTH - (found["end"] - found["start"])) // 2, 0)
    quotes = pd.DataFrame(
        {
            "feature": feature, "shop": shop, "product": found["product"].fillna(""), "week": found["week"],
            "key": found["key"], "rank": found["record"], "rating": found["rating"],
            "text": [text.rstrip()[a : a + QUOTE_LENGTH] for text, a in zip(found["quote"], first, strict=True)],
            "start": found["start"] - first, "end": np.minimum(found["end"] - first, QUOTE_LENGTH),
        }
    )  # fmt: skip
    return quotes[list(QUOTE_COLUMNS)].astype({"rating": "int64", "start": "int64", "end": "int64"})
