"""Records → Tally: shards of whole orders are tagged, every feature extractor counts them, counts add.

A shard holds all records of its orders, so that one order's review, follow-up and after-sale meet in one
place and count once; shards are disjoint by order, so tallies add. A new analysis is one more extractor
in `EXTRACTORS` and one measure that reads its feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.cells import Cell, Ints, Key, Rows, crossed, key_of, rows_of, table
from shopscore_analysis.parts import Mapper, Part
from shopscore_analysis.quoted import quotes_of
from shopscore_analysis.said import joined
from shopscore_analysis.schema import LOSS_UNIT, UNATTRIBUTED
from shopscore_analysis.shards import COMPLAINS, NEGATIVE_STARS, ORDER_AXES, Shard, TaggedShard, tag_shard
from shopscore_analysis.tally import Tally, bottom, total
from shopscore_analysis.text.segment import Presence, spoken

BACKGROUND_SHARE = 0.5  # of the texts outside the negative pool that are segmented for comparison
TERM_AXES = ("channel", "price")  # of the order
WEEKLY = ("product", "sku", "rating")  # axes that are left open where only weeks are told apart
COARSE = ("sku", "rating")  # of words and pairs: they are many, and the tally must stay small


class Counted(NamedTuple):
    """A tagged shard with the places of its rows on the axes, and the causes of `review_causes` as a key."""

    tagged: TaggedShard
    reviews: Rows
    orders: Rows
    aftersales: Rows
    service: Rows
    causes: Key

    @property
    def said(self) -> Ints:
        """The number of the review of each row of `review_causes`."""
        return self.tagged.review_causes["row"].to_numpy(np.int64)


Cells = Iterator[Cell]


def count(shards: Iterable[Shard | Part], map: Mapper = map) -> Tally:
    """The tally of the shards, in memory or still on a shelf.

    `map` is the builtin or that of any Executor, and decides nothing but speed.
    """
    return total(map(count_shard, shards))


def count_shard(shard: Shard | Part) -> Tally:
    """The tally of one shard."""
    tagged = tag_shard(shard.read() if isinstance(shard, Part) else shard)
    frames = [tagged.reviews, tagged.orders, tagged.aftersales, tagged.service]
    (reviews, orders, aftersales, service), values = rows_of(frames)
    counted = Counted(tagged, reviews, orders, aftersales, service, key_of(tagged.review_causes["cause"]))
    cells = table(tagged.shop, (cell for extract in EXTRACTORS for cell in extract(counted)), values)
    return Tally(cells, bottom([quotes_of(tagged, reviews, values, counted.causes)]))


def _names(shard: Counted) -> Cells:
    for rows, places in ((shard.tagged.reviews, shard.reviews), (shard.tagged.orders, shard.orders)):
        yield Cell("name", places.over("sku", "week", "rating"), key_of(rows["title"]))


def _reviews(shard: Counted) -> Cells:
    reviews = shard.tagged.reviews
    pools = {
        "review": reviews["rating"] >= 0,
        "text": reviews["has_text"],
        "complaint": reviews["complaint"] >= COMPLAINS,
        "followup": reviews["followup_complaint"] >= COMPLAINS,
        "followed": reviews["followed"],
        "praise_only": reviews["praise_only"],
    }
    for feature, members in pools.items():
        yield Cell(feature, shard.reviews.at(members.to_numpy(np.bool_)))


def _causes(shard: Counted) -> Cells:
    yield Cell("cause", shard.reviews.at(shard.said), shard.causes)


def _losses(shard: Counted) -> Cells:
    row, cause, units = _lost(shard.tagged, shard.causes)
    yield Cell("loss", shard.reviews.at(row), cause, units)


def _lost(shard: TaggedShard, causes: Key) -> tuple[Ints, Key, Ints]:
    """A row per rated review and cause: number of the review, cause, and its even share of the loss in 1/60 star."""
    stars, said = shard.reviews["rating"].to_numpy(np.int64), shard.review_causes["row"].to_numpy(np.int64)
    number = np.bincount(said, minlength=len(stars))
    silent = np.flatnonzero((stars > 0) & (number == 0))
    spoken = np.flatnonzero(stars[said] > 0)
    row = np.concatenate([silent, said[spoken]])
    cause = np.concatenate([np.full(len(silent), len(causes.values)), causes.code[spoken]])
    return row, Key(cause, [*causes.values, UNATTRIBUTED]), LOSS_UNIT * (5 - stars[row]) // np.maximum(number[row], 1)


def lost_by_cause(shard: TaggedShard) -> pd.DataFrame:
    """A row per rated review and cause with its even share of the loss: `row`, `cause`, `units` of 1/60 star.

    `row` is the number of the review; 未归因 where no cause is known.
    """
    row, cause, units = _lost(shard, key_of(shard.review_causes["cause"]))
    names = pd.Series(cause.values, dtype="str").take(cause.code).array
    return pd.DataFrame({"row": row, "cause": names, "units": units})


def _terms(shard: Counted) -> Cells:
    """Words and pairs of words by text, copies once; of the negative pool also by cause, channel and price."""
    for feature, pool in _pools(shard.tagged):
        places = shard.reviews.at(pool).over(*COARSE)
        yield Cell(feature, places)
        words, pairs = spoken(shard.tagged.reviews["words"].iloc[pool].tolist())
        for kind, held in (("term", words), ("pair", pairs)):
            yield Cell(f"{feature}_{kind}", places.at(held.text), Key(held.term, held.words))
        if feature == "negative":
            yield from _terms_by(shard, pool, words)


def _pools(shard: TaggedShard) -> Iterator[tuple[str, Ints]]:
    """The reviews whose words are counted: what complains, and a sample of the rest to compare with."""
    reviews = shard.reviews
    own = (reviews["has_text"] & (reviews["lot"] < 1) & ~reviews["copy"]).to_numpy(np.bool_)
    negative = (reviews["rating"].isin(NEGATIVE_STARS) | (reviews["complaint"] >= COMPLAINS)).to_numpy(np.bool_)
    yield "negative", np.flatnonzero(own & negative)
    yield "background", np.flatnonzero(own & ~negative & (reviews["lot"] < BACKGROUND_SHARE).to_numpy())


def _terms_by(shard: Counted, pool: Ints, held: Presence) -> Cells:
    """Words of the negative pool along axes that no cell has; over all products, so that the tally stays small."""
    places, terms = shard.reviews.at(pool).over(*WEEKLY), Key(held.term, held.words)
    for axis in TERM_AXES:
        value = key_of(shard.tagged.reviews[axis].iloc[pool]).under(axis)
        yield Cell("negative_by", places, value)
        yield Cell("negative_term_by", places.at(held.text), crossed(value.at(held.text), terms))
    text, cause = _voiced(shard, pool)
    yield Cell("negative_by", places.at(text), cause)
    word, voice = joined(held.text, text, len(pool))
    yield Cell("negative_term_by", places.at(held.text[word]), crossed(cause.at(voice), terms.at(word)))


def _voiced(shard: Counted, pool: Ints) -> tuple[Ints, Key]:
    """The causes of a pool's reviews: the number of the text in the pool, in order, and the cause."""
    place = np.full(len(shard.reviews.week), -1, dtype=np.int64)
    place[pool] = np.arange(len(pool))
    text = place[shard.said]
    order = np.argsort(text, kind="stable")
    order = order[text[order] >= 0]
    return text[order], shard.causes.at(order).under("cause")


def _patterns(shard: Counted) -> Cells:
    """Rated reviews by everything they complain of at once: "defect+size_fit", "" for nothing; silent ones apart."""
    reviews = shard.tagged.reviews
    rated, has_text = reviews["rating"].to_numpy() > 0, reviews["has_text"].to_numpy(np.bool_)
    places = shard.reviews.over("sku")
    yield Cell("pattern", places.at(has_text & rated), key_of(reviews["pattern"]).at(has_text & rated))
    yield Cell("default", places.at(~has_text))


def _lags(shard: Counted) -> Cells:
    """Orders by how many calendar weeks later their first review and their first after-sale came: "review|2"."""
    tagged = shard.tagged
    placed = _monday(tagged.orders["ordered_at"])
    for kind, rows, time in (("review", tagged.reviews, "reviewed_at"), ("aftersale", tagged.aftersales, "applied_at")):
        known = ((rows["order"] >= 0) & rows[time].notna()).to_numpy(np.bool_)
        order, came = rows["order"].to_numpy(np.int64)[known], _monday(rows[time])[known]
        first = np.full(len(placed), np.iinfo(np.int64).max)
        np.minimum.at(first, order, came)
        met = np.unique(order)
        later = np.maximum(first[met] - placed[met], 0)
        later[shard.orders.week[met] < 0] = 0
        names = [f"{kind}|{weeks}" for weeks in range(int(later.max(initial=0)) + 1)]
        yield Cell("lag", shard.orders.at(met), Key(later, names))


def _monday(times: pd.Series) -> Ints:
    """The number of the calendar week of each time, counted from the first of 1970; of none anything."""
    days = times.to_numpy(dtype="datetime64[D]").astype(np.int64)
    return np.asarray((days + 3) // 7, dtype=np.int64)


def _orders(shard: Counted) -> Cells:
    orders = shard.tagged.orders
    late = orders["shipped_at"] > orders["promised_at"]
    pools = {
        "order": orders["key"].notna(),
        "signed": orders["signed"],
        "shipped": orders["shipped_at"].notna() & orders["promised_at"].notna(),
        "late": late.fillna(False),
        "returned": orders["returned"],
    }
    for feature, members in pools.items():
        yield Cell(feature, shard.orders.at(members.to_numpy(np.bool_)))
    unhappy = (orders["unhappy"] != "").to_numpy(np.bool_)
    yield Cell("unhappy", shard.orders.at(unhappy), key_of(orders["unhappy"]).at(unhappy))
    causes = shard.tagged.order_causes
    yield Cell("order_cause", shard.orders.at(causes["order"].to_numpy(np.int64)), key_of(causes["cause"]))


def _aftersales(shard: Counted) -> Cells:
    cases, causes = shard.tagged.aftersales, shard.tagged.aftersale_causes
    for feature, name in (("aftersale", "reason"), ("aftersale_kind", "kind")):
        yield Cell(feature, shard.aftersales, key_of(cases[name].fillna("")))
    yield Cell("refund_fen", shard.aftersales, weight=cases["refund_fen"].fillna(0).to_numpy(np.int64))
    yield Cell("aftersale_cause", shard.aftersales.at(causes["row"].to_numpy(np.int64)), key_of(causes["cause"]))


def _paths(shard: Counted) -> Cells:
    """Reviews, texts, causes and losses by where the order came from and how it travelled; over all SKUs."""
    reviews, places = shard.tagged.reviews, shard.reviews.over("sku")
    texts = np.flatnonzero(reviews["has_text"])
    lost, blamed, units = _lost(shard.tagged, shard.causes)
    for axis in ORDER_AXES:
        value = key_of(reviews[axis]).under(axis)
        yield Cell("review_by", places, value)
        yield Cell("text_by", places.at(texts), value.at(texts))
        yield Cell("cause_by", places.at(shard.said), crossed(value.at(shard.said), shard.causes))
        yield Cell("loss_by", places.at(lost), crossed(value.at(lost), blamed), units)


def _service(shard: Counted) -> Cells:
    agents = shard.tagged.service
    for key in ("sessions", "rated", "good", "bad", "inquiries", "paid"):
        yield _told(shard, key, agents[key].fillna(0))
    rates = {"reply": ("avg_reply_s", 1), "first": ("first_reply_s", 1), "three_min": ("reply_3min_rate", 10_000)}
    for key, (column, scale) in rates.items():
        known = agents[column].notna() & agents["sessions"].notna()
        sessions = agents["sessions"].where(known, 0).astype("int64")
        yield _told(shard, key, np.rint(sessions * agents[column].where(known, 0).astype(float) * scale))
        yield _told(shard, f"{key}_sessions", sessions)


def _told(shard: Counted, key: str, weight: pd.Series | NDArray[Any]) -> Cell:
    """What the service rows sum to under one key."""
    return Cell(
        "service", shard.service, Key(np.zeros(len(weight), np.int64), [key]), np.asarray(weight, dtype=np.int64)
    )


EXTRACTORS: tuple[Callable[[Counted], Cells], ...] = (
    _names, _reviews, _causes, _losses, _patterns, _terms, _orders, _lags, _aftersales, _paths, _service,
)  # fmt: skip
