"""Words and phrases that set one pool of texts apart from another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from shopscore_analysis.measure.rates import ENOUGH, Reals, estimate, share
from shopscore_analysis.tally import AXES, Tally

_CELL = [axis for axis in AXES if axis != "feature"]
_FLOOR = 0.5  # Jeffreys' half a count: a term that the background never saw has a prior all the same
COMPOUND = ("cause", "channel", "price")  # kept over all products
BY = ("product", "week", *COMPOUND)
MOSTLY = 0.8  # of the reviews with a word: if so many say it in one phrase, the phrase stands for it
_OTHER = {"negative": "background", "background": "negative"}
COLUMNS = ["term", "k", "n", "share", "low", "high", "k_against", "n_against", "share_against", "z"]


class _Pool(NamedTuple):
    """Reviews per term (int64, indexed by term) and reviews in all."""

    terms: pd.Series
    size: int

    def without(self, part: _Pool) -> _Pool:
        return _Pool(self.terms.sub(part.terms, fill_value=0).astype("int64"), self.size - part.size)


def _pool(tally: Tally, name: str, kind: str) -> _Pool:
    return _Pool(tally.counts(f"{name}_{kind}", "key"), tally.total(name))


def _within(part: Tally, whole: Tally) -> bool:
    """Whether `part` is a cut of `whole`: every one of its cells stands in it, with no greater count."""
    pools = ["negative", "negative_term"]
    inner, outer = (
        tally.cells[tally.cells["feature"].isin(pools)].set_index(["feature", *_CELL]) for tally in (part, whole)
    )
    return bool((outer["count"].reindex(inner.index, fill_value=0) >= inner["count"]).all())


def log_odds(first: Reals, second: Reals, prior: Reals) -> Reals:
    """z of the log-odds ratio of each term between two groups, under an informative Dirichlet prior.

    `first`, `second`: counts of each term in the groups; `prior`: its pseudo-counts, all above 0.
    Source: Monroe, Colaresi & Quinn (2008), equations 16, 19, 20.
    """
    total = prior.sum()
    one, two = first + prior, second + prior
    ratio = np.log(one / (first.sum() + total - one)) - np.log(two / (second.sum() + total - two))
    return np.asarray(ratio / np.sqrt(1 / one + 1 / two))


def _prior(background: Reals, first: Reals, second: Reals) -> Reals:
    """Background counts scaled down to the smaller group (a prior steadies, it does not outvote), plus a floor."""
    weight = min(float(first.sum()), float(second.sum())) / max(float(background.sum()), 1.0)
    return background * min(weight, 1.0) + _FLOOR


def keywords(
    tally: Tally, against: Tally | None = None, top: int = 30, by: str | None = None, pool: str = "negative"
) -> pd.DataFrame:
    """The words and phrases that stand out in the negative pool, with z and counts.

    Columns: term, k, n, share, low, high, k_against, n_against, share_against, z. k of n negative texts hold the
    term (presence per review, not occurrences; near-duplicates once). A phrase is two words side by side in one
    clause; a word that mostly stands in one phrase is left to it. Compared are, without `against`, the background
    pool of the same tally (then the prior is both pools together, as in the source); with it, the negative pool of
    `against`, less this tally's own where it is a part of it, and the prior is the background pool of `against`, which
    is neither. The `top` terms by z of `log_odds`, greatest first, ties by term.

    `by`: one of `BY`; then a first column of that name, and the `top` terms of each value against the rest of the
    negative pool, words only for those of `COMPOUND`. `pool="background"` asks for the terms of praise instead.
    """
    if by is not None:
        return _along(tally, by, top)
    parts = [_standing_out(tally, against, kind, pool) for kind in ("term", "pair")]
    return _ranked(_telling(*parts), top)


def _standing_out(tally: Tally, against: Tally | None, kind: str, pool: str) -> pd.DataFrame:
    """The terms of one kind with their counts and z."""
    own, other = _pool(tally, pool, kind), _pool(tally, _OTHER[pool], kind)
    if against is None:
        return _judged(own, other, own.terms.add(other.terms, fill_value=0))
    whole = _pool(against, pool, kind)
    rest = whole.without(own) if _within(tally, against) else whole
    return _judged(own, rest, _pool(against, _OTHER[pool], kind).terms)


def _judged(own: _Pool, other: _Pool, background: pd.Series) -> pd.DataFrame:
    table = pd.concat({"k": own.terms, "k_against": other.terms, "background": background}, axis=1).fillna(0.0)
    first, second, base = (table[column].to_numpy(dtype=float) for column in table.columns)
    table = table.assign(n=own.size, n_against=other.size, z=_scored(first, second, base))
    table = table[table["k"] > 0].rename_axis("term").reset_index()
    return table.astype({"k": "int64", "k_against": "int64", "term": "str"})


def _telling(words: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Words and frequent pairs together, without the words that mostly stand in one such pair."""
    frequent = pairs[(pairs["k"] >= ENOUGH) & (pairs["z"] > 0)]
    spoken_for = [
        any(word in pair and within >= MOSTLY * k for pair, within in zip(frequent["term"], frequent["k"], strict=True))
        for word, k in zip(words["term"], words["k"], strict=True)
    ]
    return pd.concat([words[~np.array(spoken_for, dtype=np.bool_)], frequent], ignore_index=True)


def _ranked(table: pd.DataFrame, top: int) -> pd.DataFrame:
    table = estimate(table).assign(share_against=share(table["k_against"], table["n_against"]))
    return table.sort_values(["z", "term"], ascending=[False, True])[COLUMNS].head(top).reset_index(drop=True)


def keywords_along(tally: Tally, axes: Sequence[str], top: int = 5) -> list[pd.DataFrame]:
    """The keywords along one axis after another: `keywords(tally, by=axis)` for each."""
    return [keywords(tally, by=axis, top=top) for axis in axes]


def _along(tally: Tally, by: str, top: int) -> pd.DataFrame:
    """The terms of each value of an axis against the rest of the negative pool."""
    if by not in BY:
        raise ValueError(f"expected one of {', '.join(BY)}, found {by!r}")
    whole, background = _pool(tally, "negative", "term"), _pool(tally, "background", "term").terms
    terms, sizes = _terms_along(tally, by)
    blank = pd.Series(dtype="int64")
    parts = []
    for value, size in sizes.items():
        own = _Pool(terms.get(str(value), blank), int(size))
        table = _ranked(_judged(own, whole.without(own), background), top)
        table.insert(0, by, str(value))
        parts.append(table)
    return pd.concat(parts or [pd.DataFrame(columns=[by, *COLUMNS])], ignore_index=True)


def _terms_along(tally: Tally, by: str) -> tuple[dict[str, pd.Series], pd.Series]:
    """The reviews per term of each value of an axis, and the reviews of each value."""
    if by in COMPOUND:
        held = tally.counts("negative_term_by", "key").reset_index()
        held = held[held["key"].str.startswith(f"{by}|")]
        parts = held["key"].str.removeprefix(f"{by}|").str.rsplit("|", n=1)
        held = held.assign(value=parts.str[0], term=parts.str[-1])
        sizes = tally.counts("negative_by", "key")
        sizes = sizes[sizes.index.astype("str").str.startswith(f"{by}|")].rename(lambda key: key.removeprefix(f"{by}|"))
    else:
        held = tally.counts("negative_term", by, "key").reset_index().set_axis(["value", "term", "count"], axis=1)
        sizes = tally.counts("negative", by)
    return {str(value): part.set_index("term")["count"] for value, part in held.groupby("value")}, sizes


def _scored(first: Reals, second: Reals, background: Reals) -> Reals:
    return log_odds(first, second, _prior(background, first, second)) if len(first) > 1 else np.zeros(len(first))
