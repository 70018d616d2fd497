"""A difference between two arms that may be looked at every week: always-valid intervals and p-values.

The mixture sequential probability ratio test of Robbins (1970) for a difference of means, in the form of Johari,
Koomen, Pekelis & Walsh, "Always Valid Inference: Continuous Monitoring of A/B Tests" (Operations Research 70, 2022);
its interval is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, "Time-uniform
central limit theory and asymptotic confidence sequences" (Annals of Statistics 52, 2024). With d the difference, V its
estimated variance and τ the spread of the mixture, the ratio is sqrt(V / (V + τ²)) · exp(d² τ² / (2 V (V + τ²)));
by Ville's inequality it exceeds 1/α with a chance of α at most, over all looks together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from shopscore_analysis.declaration import ALPHA, POWER
from shopscore_analysis.measure.rates import Reals

SPREAD = 0.75  # τ in minimum effects: about the tightest bound at the planned size; fixed with the declaration
LEAST = 30  # units an arm before a first look: the bound rests on the central limit theorem
LOOKS = ("arm", "week", "n", "n_control", "change", "low", "high", "p", "drifted")


def bound(variance: ArrayLike, spread: float, alpha: float = ALPHA) -> Reals:
    """Half the width of the always-valid interval of a difference with this variance; inf where that is unknown.

    >>> bound([0.01, 0.0025], 0.2).round(3)
    array([0.308, 0.153])
    """
    v, tau = np.asarray(variance, dtype=float), spread**2
    with np.errstate(divide="ignore", invalid="ignore"):
        width: Reals = np.sqrt(v * (v + tau) / tau * (np.log((v + tau) / v) + 2 * np.log(1 / alpha)))
    return np.where(v > 0, width, np.inf)


def always_valid(change: ArrayLike, variance: ArrayLike, spread: float) -> Reals:
    """The p of one look, 1 / the mixture ratio, 1 at most; the smallest of all looks so far is valid at any time.

    >>> always_valid([0.0, 0.3082], [0.01, 0.01], 0.2).round(3)
    array([1.  , 0.05])
    """
    d, v, tau = np.asarray(change, dtype=float), np.asarray(variance, dtype=float), spread**2
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = 0.5 * np.log(v / (v + tau)) + d**2 * tau / (2 * v * (v + tau))
    return np.where(v > 0, np.exp(-np.clip(log_ratio, 0, None)), 1.0)


def cost(alpha: float = ALPHA, power: float = POWER) -> float:
    """How many times the units of a fixed test a sequential one needs, should it run to its end.

    Mostly it ends sooner. The declared effect is found at the last look with the chance `power`, earlier looks help.

    >>> round(cost(), 2)
    1.91
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    fixed, chance = norm.ppf(1 - alpha / 2) + norm.ppf(power), norm.ppf(power)
    found = brentq(lambda v: float(bound(v, SPREAD, alpha)) + chance * np.sqrt(v) - 1, 1e-6, 1.0)
    return float(1 / (found * fixed**2))


def looks(values: pd.DataFrame, control: str, spread: float, *, is_mean: bool, alpha: float = ALPHA) -> pd.DataFrame:
    """Every week's look at every arm but the control: columns `LOOKS`, cumulative, oldest first.

    `values`: arm, week, value. `low` and `high` are the intersection of the intervals so far, `p` the smallest so far.
    `drifted`: nothing is left of that, no one effect lies in every interval; `low` and `high` are then the look's own.
    An arm below `LEAST` units is not looked at.
    """
    sums = _running(values)
    parts = [
        path(own, sums[control], spread, is_mean=is_mean, alpha=alpha).assign(arm=arm)
        for arm, own in sums.items()
        if arm != control and control in sums
    ]
    none = pd.DataFrame({name: pd.Series(dtype="object") for name in LOOKS})
    return pd.concat(parts, ignore_index=True)[list(LOOKS)] if parts else none


def _running(values: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Of each arm the units, their sum and their sum of squares up to each week."""
    weeks = sorted(values["week"].unique())
    squared = values.assign(square=values["value"] ** 2)
    return {
        str(arm): rows.groupby("week").agg(n=("value", "size"), total=("value", "sum"), square=("square", "sum"))
        .reindex(weeks, fill_value=0).cumsum()
        for arm, rows in squared.groupby("arm", sort=False)
    }  # fmt: skip


def _moments(sums: pd.DataFrame, is_mean: bool) -> tuple[pd.Series, pd.Series]:
    """The mean of an arm and the variance of that mean, week by week.

    Of a share the variance takes one success and one failure more: without any complaint yet it must not be 0.
    """
    n = sums["n"].where(sums["n"] >= LEAST)
    mean = sums["total"] / n
    if is_mean:
        return mean, (sums["square"] / n - mean**2).clip(lower=0) / (n - 1)
    smoothed = (sums["total"] + 1) / (n + 2)
    return mean, smoothed * (1 - smoothed) / n


def path(
    own: pd.DataFrame, control: pd.DataFrame, spread: float, *, is_mean: bool, alpha: float = ALPHA
) -> pd.DataFrame:
    """The looks at one arm: `LOOKS` without the arm; both frames hold n, total and square up to each week."""
    (mean, variance), (mean_control, variance_control) = (_moments(sums, is_mean) for sums in (own, control))
    change, total = mean - mean_control, variance + variance_control
    width = bound(total, spread, alpha)
    found = pd.DataFrame({"week": own.index, "n": own["n"], "n_control": control["n"], "change": change})
    found = found.assign(low=change - width, high=change + width, p=always_valid(change, total, spread))
    found = found[change.notna()]
    low, high = found["low"].cummax(), found["high"].cummin()
    drifted = low > high
    low, high = low.mask(drifted, found["low"]), high.mask(drifted, found["high"])
    return found.assign(low=low, high=high, p=found["p"].cummin(), drifted=drifted)
