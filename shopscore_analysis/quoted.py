"""The evidence of a shard: a few quotes for each cell, chosen before their texts are cut."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from shopscore_analysis.cells import Ints, Key, Rows
from shopscore_analysis.excerpts import excerpt
from shopscore_analysis.shards import COMPLAINS, TaggedShard
from shopscore_analysis.tally import QUOTE_COLUMNS, QUOTES_PER_CELL, numbered

FAVOURABLE_STARS = (4, 5)
QUOTE_LENGTH = 120  # characters of a quote, centred on the evidence
_SIDES = {"start": 0, "end": 1}


class _Found(NamedTuple):
    """What may be quoted under a feature: numbers of reviews, the key and span of each, and where its text stands."""

    feature: str
    row: Ints
    key: Key
    start: Ints
    end: Ints
    text: pd.Series


def quotes_of(shard: TaggedShard, at: Rows, values: list[pd.Index], causes: Key) -> pd.DataFrame:
    """The evidence of every cause, and the reviews of the three lists of `measure.at_odds`; `at`: of the reviews."""
    rank = _ranked(shard.reviews["key"])
    return pd.concat([_quoted(shard, found, at, values, rank) for found in _found(shard, causes)], ignore_index=True)


def _found(shard: TaggedShard, causes: Key) -> list[_Found]:
    reviews, said = shard.reviews, shard.review_causes
    high = reviews["rating"].isin(FAVOURABLE_STARS) & (reviews["complaint"] >= COMPLAINS)
    late = reviews["followup_complaint"] >= COMPLAINS
    lists = (
        ("hidden", high, "words"),
        ("praise_only", reviews["praise_only"], "words"),
        ("followup", late, "followup"),
    )
    start, end = (said[name].to_numpy(np.int64) for name in ("start", "end"))
    whole = [_whole(name, np.flatnonzero(chosen), reviews[column]) for name, chosen, column in lists]
    return [_Found("cause", said["row"].to_numpy(np.int64), causes, start, end, said["quote"]), *whole]


def _whole(feature: str, rows: Ints, texts: pd.Series) -> _Found:
    """Whole texts of reviews, without a span."""
    none = np.zeros(len(rows), dtype=np.int64)
    return _Found(feature, rows, Key(none, [""]), none, none, texts.iloc[rows])


def _ranked(keys: pd.Series) -> Ints:
    """The place of each record among all by the order of keys."""
    return np.argsort(np.argsort(keys.to_numpy(dtype=object), kind="stable"), kind="stable")


def _quoted(shard: TaggedShard, found: _Found, at: Rows, values: list[pd.Index], rank: Ints) -> pd.DataFrame:
    """The quotes of the smallest ranks of each product, week and key."""
    known = np.flatnonzero(at.week[found.row] >= 0)
    row = found.row[known]
    sizes = [len(values[0]), len(values[2]), len(found.key.values)]
    number = numbered([at.product[row], at.week[row], found.key.code[known]], sizes)
    order = np.lexsort((rank[row], number))
    first = _firsts(number[order])
    chosen = known[order[np.arange(len(order)) - first < QUOTES_PER_CELL]]
    return _cut(shard, found, chosen, at, values)


def _firsts(number: Ints) -> Ints:
    """For each place of sorted numbers, the first place of its number."""
    new = np.diff(number, prepend=-1) != 0
    return np.maximum.accumulate(np.where(new, np.arange(len(number)), 0))


def _cut(shard: TaggedShard, found: _Found, chosen: Ints, at: Rows, values: list[pd.Index]) -> pd.DataFrame:
    row, spans = found.row[chosen], zip(found.start[chosen].tolist(), found.end[chosen].tolist(), strict=True)
    texts = (text.rstrip() for text in found.text.iloc[chosen].tolist())
    shown = [excerpt(text, span, QUOTE_LENGTH) for text, span in zip(texts, spans, strict=True)]
    key = np.array(found.key.values, dtype=object)[found.key.code[chosen]]
    quotes = pd.DataFrame(
        {
            "feature": found.feature, "shop": shard.shop, "product": values[0].take(at.product[row]),
            "week": values[2].take(at.week[row]), "key": key,
            "rank": shard.reviews["key"].to_numpy(dtype=object)[row],
            "rating": at.rating[row], "text": [text for text, _ in shown],
            **{name: np.array([span[side] for _, span in shown], dtype=np.int64) for name, side in _SIDES.items()},
        }
    )  # fmt: skip
    return quotes[list(QUOTE_COLUMNS)]
