"""A share over weeks and what may be said of it: Laney's P′ chart.

An ordinary p-chart of many reviews a week calls every wiggle a signal, for weeks differ by more than
sampling. Laney (2002) widens the limits by σz, the weeks' own unrest in units of the sampling error.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from shopscore_analysis.measure.rates import ENOUGH, estimate
from shopscore_analysis.tally import Tally

REAL, POSSIBLE, WITHIN, TOO_FEW = "真实变化", "可能变化", "波动内", "样本不足"
_MOVING_RANGE = 1.128  # d2 for ranges of two: mean moving range ÷ this is a standard deviation
_NOISE = 1e-9  # far below any step of a published score, far above that of floating point
_FEWEST_WEEKS = 4  # trailing weeks below which no limits are drawn

COLUMNS = ("week", "k", "n", "share", "low", "high", "enough", "center", "lower", "upper", "z", "verdict")


def laney_sigma(k: ArrayLike, n: ArrayLike) -> float:
    """σz of weekly shares k / n: their mean moving range in standard errors ÷ 1.128; 1.0 for fewer than two weeks.

    Source: Laney (2002), "Improved control charts for attributes".

    >>> laney_sigma([10, 10, 10], [100, 100, 100])
    0.0
    """
    z = _scores(np.asarray(k, dtype=float), np.asarray(n, dtype=float))
    return float(np.abs(np.diff(z)).mean() / _MOVING_RANGE) if len(z) > 1 else 1.0


def _scores(k: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many standard errors each week with observations lies from the mean of all."""
    seen = n > 0
    center = k.sum() / max(n.sum(), 1)
    error = np.sqrt(center * (1 - center) / n[seen])
    return np.asarray(np.divide(k[seen] / n[seen] - center, error, out=np.zeros(seen.sum()), where=error > 0))


Event = Literal["low_stars", "complaint"]


def trend(tally: Tally, cause: str = "", event: Event = "complaint", product: str = "") -> pd.DataFrame:
    """One row a week: k of n with interval, the P′ limits from the weeks before it, and a verdict.

    With `cause`, k is the reviews that complain of it and n the reviews with text; otherwise `event` is
    "complaint" (k complaining reviews of n with text) or "low_stars" (k of 1-2 stars of n rated reviews).
    `product` takes an id or a name. Columns: `COLUMNS`; `center`, `lower`, `upper` are NaN until four weeks lie behind.
    The verdict of a week: 真实变化 beyond 3 σ, 可能变化 beyond 2 σ, 波动内, or 样本不足 (n < 5 or too few weeks).
    """
    chosen = tally.where(product=product) if product else tally
    k, n = _counted(chosen, cause, event)
    weeks = tally.where(feature="review").weeks
    rows = pd.DataFrame({"week": weeks, "k": k.reindex(weeks, fill_value=0), "n": n.reindex(weeks, fill_value=0)})
    rows = estimate(rows.reset_index(drop=True))
    limits = pd.DataFrame(
        [_limits(rows, at) for at in rows.index], columns=["center", "lower", "upper", "z"], index=rows.index
    )
    judged = rows.join(limits)
    return judged.assign(verdict=[_verdict(z, n) for z, n in zip(judged["z"], judged["n"], strict=True)])[list(COLUMNS)]


def _counted(tally: Tally, cause: str, event: Event) -> tuple[pd.Series, pd.Series]:
    if cause:
        return tally.where(feature="cause", key=cause).counts("cause", "week"), tally.counts("text", "week")
    if event == "complaint":
        return tally.counts("complaint", "week"), tally.counts("text", "week")
    rated = tally.where(rating=(1, 2, 3, 4, 5))
    return rated.where(rating=(1, 2)).counts("review", "week"), rated.counts("review", "week")


def _limits(rows: pd.DataFrame, at: int) -> tuple[float, float, float, float]:
    """Center, lower and upper limit (3 σ) for one week from those before it, and the week's z."""
    before, n = rows.iloc[:at], rows["n"].iloc[at]
    if (before["n"] > 0).sum() < _FEWEST_WEEKS or n == 0:
        return (np.nan,) * 4
    center = before["k"].sum() / before["n"].sum()
    floor = (before["k"].sum() + 0.5) / (before["n"].sum() + 1)  # no week without complaints makes σ zero
    sigma = np.sqrt(floor * (1 - floor) * (1 / n + 1 / before["n"].sum())) * max(
        laney_sigma(before["k"], before["n"]), 1.0
    )
    z = (rows["k"].iloc[at] / n - center) / sigma
    return center, max(center - 3 * sigma, 0.0), min(center + 3 * sigma, 1.0), z


def movements(values: ArrayLike, slack: float = 0.0) -> list[str]:
    """A verdict for each of a series of published values against those before it (an XmR chart).

    Published scores come without a sample size, so their own moving range, ÷ 1.128, is the only yardstick of
    chance; it is taken to be at least `slack`, half the step to which the values are rounded. Verdicts as in
    `trend`; 样本不足 until four values lie behind. Source: Shewhart (1931); Wheeler & Chambers (1992).

    >>> movements([4.8, 4.8, 4.8, 4.8, 4.8, 4.5], slack=0.05)[-2:]
    ['波动内', '真实变化']
    """
    series = np.asarray(values, dtype=float)
    return [_moved(series[:at], series[at], slack) for at in range(len(series))]


def _moved(before: NDArray[np.float64], now: float, slack: float) -> str:
    known = before[~np.isnan(before)]
    if len(known) < _FEWEST_WEEKS or np.isnan(now):
        return TOO_FEW
    sigma = max(float(np.abs(np.diff(known)).mean()) / _MOVING_RANGE, slack)
    away = abs(now - float(known.mean())) - _NOISE
    return REAL if away > 3 * sigma else POSSIBLE if away > 2 * sigma else WITHIN


def _verdict(z: float, n: int) -> str:
    if n < ENOUGH or np.isnan(z):
        return TOO_FEW
    return REAL if abs(z) > 3 else POSSIBLE if abs(z) > 2 else WITHIN
