"""Shares with intervals: the only interval code of the suite.

`k` is what was counted, `n` out of how many. Everything is vectorised; where nothing can be said
(n is 0, or k exceeds n because the two were counted over different weeks) the answer is NaN.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Reals = NDArray[np.float64]

Z95 = 1.959963984540054  # two-sided 95 % quantile of the standard normal
ENOUGH = 5  # fewer than this many observations: 样本不足
_LEAST_PRIOR = 2.0  # the prior weighs at least as much as two observations: one lone complaint is no certainty


def _ratio(part: ArrayLike, whole: ArrayLike) -> Reals:
    top, bottom = np.broadcast_arrays(np.asarray(part, dtype=float), np.asarray(whole, dtype=float))
    ratio: Reals = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return ratio


def share(k: ArrayLike, n: ArrayLike) -> Reals:
    """k / n; NaN where n is 0 or k exceeds n.

    >>> share([1, 0, 3], [2, 0, 2])
    array([0.5, nan, nan])
    """
    ratio = _ratio(k, n)
    return np.where(ratio <= 1, ratio, np.nan)


def wilson(k: ArrayLike, n: ArrayLike) -> tuple[Reals, Reals]:
    """The two ends of the Wilson 95 % score interval of k / n, each of the shape of k.

    NaN as in `share`. Source: Wilson (1927); Brown, Cai & DasGupta (2001).

    >>> [round(float(end), 3) for end in wilson(12, 200)]
    [0.035, 0.102]
    """
    p = share(k, n)
    size = np.where(np.isnan(p), 1.0, np.asarray(n, dtype=float))
    centre = p + Z95**2 / (2 * size)
    spread = Z95 * np.sqrt(p * (1 - p) / size + Z95**2 / (4 * size**2))
    scale = 1 + Z95**2 / size
    low, high = (centre - spread) / scale, (centre + spread) / scale
    return np.where(p == 0, 0.0, low), np.where(p == 1, 1.0, high)


def newcombe(k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike) -> tuple[Reals, Reals, Reals]:
    """The difference k1/n1 - k2/n2 and the ends of its 95 % interval (Newcombe's hybrid score).

    NaN where either share is. Source: Newcombe (1998), method 10.

    >>> [round(float(value), 4) for value in newcombe(56, 70, 48, 80)]
    [0.2, 0.0524, 0.3339]
    """
    first, second = share(k1, n1), share(k2, n2)
    (low1, high1), (low2, high2) = wilson(k1, n1), wilson(k2, n2)
    change = first - second
    below = np.sqrt((first - low1) ** 2 + (high2 - second) ** 2)
    above = np.sqrt((high1 - first) ** 2 + (second - low2) ** 2)
    return change, change - below, change + above


def p_value(k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike) -> Reals:
    """Two-sided p of "the two shares are equal" (pooled score test); NaN where either share is.

    The chance law behind is approximate: read it through `bh` and beside k and n, never alone.
    """
    from scipy.special import ndtr

    change = share(k1, n1) - share(k2, n2)
    pooled = share(np.add(k1, k2), np.add(n1, n2))
    variance = pooled * (1 - pooled) * (_ratio(1, n1) + _ratio(1, n2))
    z = np.divide(np.abs(change), np.sqrt(variance), out=np.zeros(np.shape(change)), where=variance > 0)
    return np.where(np.isnan(change), np.nan, 2 * ndtr(-z))


def _overdispersion(k: Reals, n: Reals, mean: float) -> float:
    """The intra-cell correlation of a beta-binomial by moments, capped; 0 where it cannot be fitted."""
    total, freedom = n.sum(), len(n) - 1
    room = total - freedom - (n**2).sum() / total
    if freedom < 1 or room <= 0 or not 0 < mean < 1:
        return 0.0
    scatter = (n * (k / n - mean) ** 2).sum() / (mean * (1 - mean))
    return float(np.clip((scatter - freedom) / room, 0.0, 1 / (1 + _LEAST_PRIOR)))


def _shrunk(k: Reals, n: Reals) -> Reals:
    """One group's shares drawn to the group's mean; cells without observations take the mean itself."""
    seen = (n > 0) & (k <= n)
    if not seen.any():
        return np.full(len(n), np.nan)
    mean = float(k[seen].sum() / n[seen].sum())
    rho = _overdispersion(k[seen], n[seen], mean)
    trust = np.where(seen, n * rho / (n * rho + 1 - rho), 0.0)
    raw = np.where(seen, np.divide(k, n, out=np.full(len(n), mean), where=n > 0), mean)
    return mean + trust * (raw - mean)


def shrink(k: ArrayLike, n: ArrayLike, group: ArrayLike | None = None) -> Reals:
    """Each share drawn towards the mean of its group: the posterior mean of a beta-binomial.

    The prior is fitted by moments on the table itself, per `group` where given (one label per cell);
    its mean is Σk / Σn. No more scatter than chance gives: the mean everywhere. For colour and sorting
    only; what is printed is k / n. NaN only where a whole group is empty.

    >>> shrink([0, 9, 1], [10, 10, 1]).round(2)
    array([0.08, 0.83, 0.65])
    """
    counts, sizes = np.atleast_1d(np.asarray(k, dtype=float)), np.atleast_1d(np.asarray(n, dtype=float))
    labels = np.zeros(len(counts)) if group is None else np.asarray(group)
    result = np.full(len(counts), np.nan)
    for rows in pd.Series(np.arange(len(counts))).groupby(labels, sort=False).indices.values():
        result[rows] = _shrunk(counts[rows], sizes[rows])
    return result


def bh(p: ArrayLike) -> Reals:
    """Benjamini-Hochberg q-values of p-values; NaN (not tested) stays NaN and does not count.

    >>> bh([0.01, 0.04, 0.03, 0.5]).round(3)
    array([0.04 , 0.053, 0.053, 0.5  ])
    """
    values = np.atleast_1d(np.asarray(p, dtype=float))
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    stepped = values[order] * len(order) / np.arange(1, len(order) + 1)
    result = np.full(len(values), np.nan)
    result[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return result


def estimate(counts: pd.DataFrame) -> pd.DataFrame:
    """A copy of `counts` (columns k and n) with share, low, high (Wilson 95 %) and enough (n ≥ 5 and k ≤ n).

    Where k exceeds n (numerator and denominator were counted over different weeks) nothing is estimated.
    """
    k, n = counts["k"].to_numpy(dtype=float), counts["n"].to_numpy(dtype=float)
    low, high = wilson(k, n)
    return counts.assign(share=share(k, n), low=low, high=high, enough=(n >= ENOUGH) & (k <= n))
