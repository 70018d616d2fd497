"""What each cause would give back if it vanished, with intervals by resampling reviews."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from shopscore_analysis.measure.ledger import STARS, WITHOUT, ledger
from shopscore_analysis.measure.patterns import Matrix, Patterns, patterns
from shopscore_analysis.schema import UNATTRIBUTED
from shopscore_analysis.tally import Tally

SEED = 20261121
DRAWS = 2000
_BLOCK = 200  # draws held in memory at once
_ENDS = (2.5, 97.5)


def bootstrap(tally: Tally, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """`ledger.vanished` over everything with bootstrap intervals: cause, k, n, gain, low, high, mean and without.

    Columns and rows are those of `vanished`. `draws` samples of as many reviews are drawn with replacement from all
    rated reviews, default ones included; low and high are the 2.5 and 97.5 % quantiles. A review belongs to one
    sub-order, so this resamples orders that were reviewed, as whole: all causes of a review come or go together.
    The same tally and seed give the same figures. NaN where a cause lost nothing or there are no reviews.
    """
    account = ledger(tally)
    found = patterns(tally, silent=True)
    table = account.assign(gain=(account["loss"] / account["n"].where(account["n"] > 0)).where(account["loss"] > 0))
    ends = {cause: np.full(4, np.nan) for cause in account["cause"]}
    if found.number.sum():
        gains, means = (np.concatenate(parts) for parts in zip(*_drawn(found, draws, seed), strict=True))
        for at, cause in enumerate([*found.causes, UNATTRIBUTED]):
            without = means + gains[:, at]
            ends[cause] = np.concatenate([np.percentile(gains[:, at], _ENDS), np.percentile(without, _ENDS)])
    quantiles = pd.DataFrame([ends[cause] for cause in account["cause"]], columns=["low", "high", *WITHOUT[1:]])
    table = pd.concat([table, quantiles.where(table["gain"].notna())], axis=1)
    return table[["cause", "k", "n", "gain", "low", "high", "mean", *WITHOUT]]


def _losses(found: Patterns) -> Matrix:
    """Stars that one review of each pattern loses to each cause, and to nobody in the last column."""
    lost, named = STARS[-1] - found.stars, found.said.sum(axis=1)
    shared = found.said * np.divide(lost, named, out=np.zeros_like(lost), where=named > 0)[:, None]
    return np.column_stack([shared, np.where(named == 0, lost, 0.0)])


def _drawn(found: Patterns, draws: int, seed: int) -> Iterator[tuple[Matrix, Matrix]]:
    """The gain of every cause, and the mean stars, of `draws` resamples, in blocks."""
    random, n, losses = np.random.default_rng(seed), int(found.number.sum()), _losses(found)
    for first in range(0, draws, _BLOCK):
        sample = random.multinomial(n, found.number / n, size=min(_BLOCK, draws - first))
        yield sample @ losses / n, sample @ found.stars / n
