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
from shopscore_analysis.schema import POSSIBLE, REAL, TOO_FEW, WITHIN
from shopscore_analysis.tally import Tally

_MOVING_RANGE = 1.128  # d2 for ranges of two: mean moving range ÷ this is a standard deviation
_NOISE = 1e-9  # far below any step of a published score, far above that of floating point
_WINDOW = 5  # weeks after which two 30-day means share no review
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


def trend(
    tally: Tally, cause: str = "", event: Event = "complaint", product: str = "", *, over: bool = True
) -> pd.DataFrame:
    """One row a week: k of n with interval, the P′ limits from the weeks before it, and a verdict.

    With `cause`, k is the reviews that complain of it and n the reviews with text; otherwise `event` is
    "complaint" (k complaining reviews of n with text) or "low_stars" (k of 1-2 stars of n rated reviews).
    `product` takes an id or a name. Columns: `COLUMNS`; `center`, `lower`, `upper` are NaN until four weeks lie behind.
    The verdict of a week: 真实变化 beyond 3 σ, 可能变化 beyond 2 σ, 波动内, or 样本不足 (n < 5 or too few weeks). Where
    the newest week is not `over` yet, it is 可能变化 at most.
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
    verdicts = pd.Series([_verdict(z, n) for z, n in zip(judged["z"], judged["n"], strict=True)], index=judged.index)
    unsure = (judged.index == len(judged) - 1) & (not over)
    return judged.assign(verdict=verdicts.mask(unsure & (verdicts == REAL), POSSIBLE))[list(COLUMNS)]


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
    """A verdict for each of a weekly series of published scores: has it moved since five weeks before?

    The score is a 30-day mean, so neighbouring weeks share most of their reviews and say nothing of chance; values
    five weeks apart share none. The yardstick is the root mean square of all such five-week steps before, at least
    that of rounding (`slack` is half a step of the grid). Student's t, with one degree of freedom for every five
    weeks: 真实变化 at p < 0.01, 可能变化 at p < 0.05; 样本不足 until ten values lie behind.

    >>> movements([4.8] * 25 + [4.4], slack=0.05)[-2:]
    ['波动内', '真实变化']
    """
    series = np.asarray(values, dtype=float)
    return [_moved(series[: at + 1], slack) for at in range(len(series))]


def _moved(series: NDArray[np.float64], slack: float) -> str:
    from scipy.special import stdtr

    steps = series[_WINDOW:] - series[:-_WINDOW]
    before = steps[:-1][~np.isnan(steps[:-1])]
    if len(before) < _WINDOW or np.isnan(steps[-1]):
        return TOO_FEW
    sigma = max(float(np.sqrt((before**2).mean())), np.sqrt(2) * slack)
    p = 2 * stdtr(max(len(before) // _WINDOW, 1) + 1, -max(abs(steps[-1]) - _NOISE, 0) / sigma)
    return REAL if p < 0.01 else POSSIBLE if p < 0.05 else WITHIN


def _verdict(z: float, n: int) -> str:
    if n < ENOUGH or np.isnan(z):
        return TOO_FEW
    return REAL if abs(z) > 3 else POSSIBLE if abs(z) > 2 else WITHIN
