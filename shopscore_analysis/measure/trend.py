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
_NOISE = 1e-9  # the least σ: far below any step of a published score, far above that of floating point
_MEAN_OF = 30  # days of reviews in a published score
_QUARTILE = 0.6745  # of the normal law: the median of absolute values ÷ this is a standard deviation
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
    """A verdict for each of a weekly series of published scores: does it lie off its `usual` level?

    The yardstick σ is the largest of three, all of the weeks before: the mean moving range ÷ 1.128, widened by √(30/7)
    because neighbouring 30-day means share most of their reviews; the median five-week step ÷ 0.6745; and √2 times the
    rounding (`slack` is half a step of the grid). A lasting step enters the first once and the second hardly, and so
    does not hide itself. 可能变化 beyond 2 σ; 真实变化 beyond 3 σ, or where the value five weeks before, which shares
    no review, lay beyond 2 σ on the same side; else 波动内; 样本不足 until ten values lie behind.

    >>> movements([4.8] * 25 + [4.4], slack=0.05)[-2:]
    ['波动内', '真实变化']
    """
    series = np.asarray(values, dtype=float)
    z = np.array([_off(series[: at + 1], slack) for at in range(len(series))])
    earlier = np.concatenate([np.full(_WINDOW, np.nan), z])[: len(z)]
    return [_moved(now, before) for now, before in zip(z, earlier, strict=True)]


def usual(values: ArrayLike) -> list[float]:
    """The level that each of a weekly series of published scores is judged by: the median up to five weeks before.

    NaN where nothing lies so far back.

    >>> usual([4.8, 4.8, 4.7, 4.8, 4.8, 4.6])[-2:]
    [nan, 4.8]
    """
    series = np.asarray(values, dtype=float)
    return [_median(series[: max(at + 1 - _WINDOW, 0)]) for at in range(len(series))]


def _median(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else np.nan


def _off(series: NDArray[np.float64], slack: float) -> float:
    """How many σ the last value lies off its usual level; NaN where too few values lie behind it."""
    before = series[:-1]
    ranges, steps = np.abs(np.diff(before)), np.abs(before[_WINDOW:] - before[:-_WINDOW])
    if (~np.isnan(steps)).sum() < _WINDOW or np.isnan(series[-1]):
        return np.nan
    short = np.nan_to_num(np.nanmean(ranges)) / _MOVING_RANGE * np.sqrt(_MEAN_OF / 7)
    sigma = max(float(short), _median(steps) / _QUARTILE, np.sqrt(2) * slack, _NOISE)
    return float((series[-1] - _median(series[:-_WINDOW])) / sigma)


def _moved(z: float, before: float) -> str:
    lasting = abs(before) > 2 and abs(z) > 2 and z * before > 0
    return REAL if lasting else _verdict(z, ENOUGH)


def _verdict(z: float, n: int) -> str:
    if n < ENOUGH or np.isnan(z):
        return TOO_FEW
    return REAL if abs(z) > 3 else POSSIBLE if abs(z) > 2 else WITHIN
