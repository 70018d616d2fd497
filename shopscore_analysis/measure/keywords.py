"""Words that set one pool of texts apart from another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from shopscore_analysis.measure.rates import Reals, estimate, share
from shopscore_analysis.tally import AXES, Tally

_CELL = [axis for axis in AXES if axis != "feature"]
_FLOOR = 0.5  # Jeffreys' half a count: a term that the background never saw has a prior all the same
COLUMNS = ["term", "k", "n", "share", "low", "high", "k_against", "n_against", "share_against", "z"]


class _Pool(NamedTuple):
    """Reviews per term (int64, indexed by term) and reviews in all."""

    terms: pd.Series
    size: int

    def without(self, part: _Pool) -> _Pool:
        return _Pool(self.terms.sub(part.terms, fill_value=0).astype("int64"), self.size - part.size)


def _pool(tally: Tally, name: str) -> _Pool:
    return _Pool(tally.counts(f"{name}_term", "key"), tally.total(name))


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


def keywords(tally: Tally, against: Tally | None = None, top: int = 30) -> pd.DataFrame:
    """The terms that stand out in the negative pool, with z and counts.

    Columns: term, k, n, share, low, high, k_against, n_against, share_against, z. k of n negative texts hold the
    term (presence per review, not occurrences). Compared are, without `against`, the background pool of the same
    tally (then the prior is both pools together, as in the source); with it, the negative pool of `against`, less
    this tally's own where it is a part of it, and the prior is the background pool of `against`, which is neither.
    The `top` terms by z of `log_odds`, greatest first, ties by term.
    """
    own = _pool(tally, "negative")
    if against is None:
        other = _pool(tally, "background")
        background = own.terms.add(other.terms, fill_value=0)
    else:
        whole = _pool(against, "negative")
        other = whole.without(own) if _within(tally, against) else whole
        background = _pool(against, "background").terms
    table = pd.concat({"k": own.terms, "k_against": other.terms, "background": background}, axis=1).fillna(0.0)
    first, second, base = (table[column].to_numpy(dtype=float) for column in table.columns)
    table = table.assign(n=own.size, n_against=other.size, z=_scored(first, second, base))
    table = table[table["k"] > 0].rename_axis("term").reset_index()
    table = table.astype({"k": "int64", "k_against": "int64", "term": "str"})
    table = estimate(table).assign(share_against=share(table["k_against"], table["n_against"]))
    return table.sort_values(["z", "term"], ascending=[False, True])[COLUMNS].head(top).reset_index(drop=True)


def _scored(first: Reals, second: Reals, background: Reals) -> Reals:
    return log_odds(first, second, _prior(background, first, second)) if len(first) > 1 else np.zeros(len(first))
