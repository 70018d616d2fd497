"""The evidence of a shard: a few quotes for each cell, chosen before their texts are cut."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.cells import Ints, Key, Rows
from shopscore_analysis.excerpts import excerpt
from shopscore_analysis.schema import SAID_IN
from shopscore_analysis.shards import COMPLAINS, TaggedShard
from shopscore_analysis.tally import QUOTE_COLUMNS, QUOTES_PER_CELL, numbered

FAVOURABLE_STARS = (4, 5)
SURE, PLAIN = 0.9, 0.7  # confidence of a cause, and complaint of its text, below which a quote is a marginal one
QUOTE_LENGTH = 120  # characters of a quote, centred on the evidence
SOURCES = tuple(SAID_IN)
_SIDES = {"start": 0, "end": 1}

Flags = NDArray[np.bool_]


class _Found(NamedTuple):
    """What may be quoted under a feature: of each the number of its review, its key, and the place of its words.

    `part` is an index of SOURCES, [`start`, `end`) the evidence there; `doubt` a digit, see `doubts`.
    """

    feature: str
    row: Ints
    key: Key
    part: Ints
    start: Ints
    end: Ints
    doubt: Ints


def quotes_of(shard: TaggedShard, at: Rows, values: list[pd.Index], causes: Key) -> pd.DataFrame:
    """The evidence of every cause, and the reviews of the three lists of `measure.at_odds`; `at`: of the reviews."""
    rank = _ranked(shard.reviews["key"])
    return pd.concat([_quoted(shard, found, at, values, rank) for found in _found(shard, causes)], ignore_index=True)


def doubts(complaint: NDArray[np.float64], sure: Flags | bool = True, high: Flags | bool = False) -> Ints:
    """How doubtful each quote is as an example, 0 to 7: the least is shown first.

    A text that hardly complains stands behind all that do, a marginal one (a mild text, or a cause that is not `sure`)
    behind the plain ones, and of either kind four and five stars (`high`) behind low ones.

    >>> doubts(np.array([1.0, 1.0, 0.6, 0.4]), np.array([True, False, True, True]), high=np.array([1, 0, 0, 0]) > 0)
    array([1, 2, 2, 6])
    """
    marginal = (complaint < PLAIN) | ~np.asarray(sure, dtype=np.bool_)
    return np.asarray(4 * (complaint < COMPLAINS) + 2 * marginal + 1 * np.asarray(high), dtype=np.int64)


def _found(shard: TaggedShard, causes: Key) -> list[_Found]:
    reviews, high = shard.reviews, shard.reviews["rating"].isin(FAVOURABLE_STARS).to_numpy()
    hidden = np.flatnonzero(high & (reviews["complaint"] >= COMPLAINS).to_numpy())
    praised = np.flatnonzero(reviews["praise_only"])
    late = np.flatnonzero(reviews["followup_complaint"] >= COMPLAINS)
    only_later = reviews["words"].iloc[praised].str.startswith("\n") & reviews["followed"].iloc[praised]
    lists = (
        ("hidden", hidden, (reviews["text_complaint"].iloc[hidden] < COMPLAINS).to_numpy()),
        ("praise_only", praised, only_later.to_numpy(np.bool_)),
        ("followup", late, np.ones(len(late), np.bool_)),
    )
    return [_blamed(shard, causes, high), *(_listed(shard, *each) for each in lists)]


def _blamed(shard: TaggedShard, causes: Key, high: Flags) -> _Found:
    """The evidence of each cause, in the text that shows it."""
    said = shard.review_causes
    row, part, start, end = (said[name].to_numpy(np.int64) for name in ("row", "part", "start", "end"))
    sure = (said["phrased"] & (said["confidence"] >= SURE)).to_numpy(np.bool_)
    doubt = doubts(_complaints(shard, row, part), sure, high[row])
    return _Found("cause", row, causes, part, start, end, doubt)


def _listed(shard: TaggedShard, feature: str, row: Ints, later: Flags) -> _Found:
    """Chosen reviews, the follow-up where it is `later`; with the evidence of the first cause that this text shows."""
    part = later.astype(np.int64)
    spans = shard.shown[part, row]
    complaint = _complaints(shard, row, part)
    doubt = doubts(complaint) if feature != "praise_only" else np.zeros(len(row), np.int64)
    return _Found(feature, row, Key(np.zeros(len(row), dtype=np.int64), [""]), part, spans[:, 0], spans[:, 1], doubt)


def _complaints(shard: TaggedShard, row: Ints, part: Ints) -> NDArray[np.float64]:
    """The complaint of the very text that is quoted, not of the whole review."""
    scores = [shard.reviews[f"{source}_complaint"].to_numpy(np.float64) for source in SOURCES]
    return np.stack(scores)[part, row]


def _ranked(keys: pd.Series) -> Ints:
    """The place of each record among all by the order of keys."""
    return np.argsort(np.argsort(keys.to_numpy(dtype=object), kind="stable"), kind="stable")


def _quoted(shard: TaggedShard, found: _Found, at: Rows, values: list[pd.Index], rank: Ints) -> pd.DataFrame:
    """The quotes of the smallest ranks of each product, week and key."""
    known = np.flatnonzero(at.week[found.row] >= 0)
    row = found.row[known]
    sizes = [len(values[0]), len(values[2]), len(found.key.values)]
    number = numbered([at.product[row], at.week[row], found.key.code[known]], sizes)
    order = np.lexsort((rank[row], found.doubt[known], number))
    first = _firsts(number[order])
    chosen = known[order[np.arange(len(order)) - first < QUOTES_PER_CELL]]
    return _cut(shard, found, chosen, at, values)


def _firsts(number: Ints) -> Ints:
    """For each place of sorted numbers, the first place of its number."""
    new = np.diff(number, prepend=-1) != 0
    return np.maximum.accumulate(np.where(new, np.arange(len(number)), 0))


def _cut(shard: TaggedShard, found: _Found, chosen: Ints, at: Rows, values: list[pd.Index]) -> pd.DataFrame:
    row, part = found.row[chosen], found.part[chosen]
    spans = zip(found.start[chosen].tolist(), found.end[chosen].tolist(), strict=True)
    one, two = (shard.reviews[source].iloc[row].fillna("").to_numpy(dtype=object) for source in SOURCES)
    texts = np.where(part == 1, two, one)
    shown = [excerpt(text.rstrip(), span, QUOTE_LENGTH) for text, span in zip(texts, spans, strict=True)]
    keys = shard.reviews["key"].to_numpy(dtype=object)[row]
    quotes = pd.DataFrame(
        {
            "feature": found.feature, "shop": shard.shop, "product": values[0].take(at.product[row]),
            "week": values[2].take(at.week[row]),
            "key": np.array(found.key.values, dtype=object)[found.key.code[chosen]],
            "rank": [f"{doubt}{key}" for doubt, key in zip(found.doubt[chosen].tolist(), keys, strict=True)],
            "rating": at.rating[row], "source": np.array(SOURCES, dtype=object)[part],
            "text": [text for text, _ in shown],
            **{name: np.array([span[side] for _, span in shown], dtype=np.int64) for name, side in _SIDES.items()},
        }
    )  # fmt: skip
    return quotes[list(QUOTE_COLUMNS)]
