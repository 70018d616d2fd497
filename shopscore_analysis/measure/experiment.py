"""A/B tests: how many orders they need, whether the traffic was split as declared, and what may be said of the result.

A unit is what was split: an order, or a product. `values` holds a row per unit that can be read: arm, week, value (0 or
1 for a share). Every comparison is with the first arm, the control.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from shopscore_analysis.declaration import ALPHA, BETTER, DIFFERENT, EARLY, EQUAL, POWER, TOO_FEW, WORSE
from shopscore_analysis.measure.rates import ENOUGH
from shopscore_analysis.measure.sequential import SPREAD, cost, looks

SPLIT_P = 0.001  # a split less likely than this is no chance: something assigns, loses or counts arms wrongly
_SMALL_CELL = 5  # expected counts below which the chance law is computed exactly
ROWS = (
    "arm", "k", "n", "level", "k_control", "n_control", "level_control", "change", "low", "high", "p", "q", "method",
    "needed", "drifted", "verdict",
)  # fmt: skip


class Baseline(NamedTuple):
    """What a metric was before the test: its level (a share or a mean), the variance of one unit, units a week."""

    level: float
    variance: float
    weekly: float
    n: int


class Rule(NamedTuple):
    """How a comparison is to be read: minimum effect, better (-1, 1, 0), whether a mean, sequential, of few units."""

    effect: float
    better: int
    is_mean: bool
    sequential: bool = False
    few: bool = False


class SplitCheck(NamedTuple):
    """The sample-ratio check: units of each arm, units expected, p of χ² (NaN where no shares are declared)."""

    arms: tuple[str, ...]
    counts: tuple[int, ...]
    expected: tuple[float, ...]
    p: float

    @property
    def failed(self) -> bool:
        """Whether nothing may be read."""
        return bool(self.p < SPLIT_P)


def orders_needed(share: float, changed: float, ratio: float = 1.0, alpha: float = ALPHA, power: float = POWER) -> int:
    """Units of the control that two shares need to be told apart; the other arm needs `ratio` times as many.

    Two-sided, normal law with each arm's own variance, to the nearest unit.

    >>> orders_needed(0.03, 0.02), orders_needed(0.03, 0.025)
    (3822, 16789)
    """
    return _needed(share - changed, share * (1 - share), changed * (1 - changed), ratio, alpha, power)


def reviews_needed(effect: float, sd: float, ratio: float = 1.0, alpha: float = ALPHA, power: float = POWER) -> int:
    """Units of the control that two means need to be told apart, as `orders_needed`.

    >>> reviews_needed(0.05, 0.8)
    4019
    """
    return _needed(effect, sd**2, sd**2, ratio, alpha, power)


def _needed(effect: float, variance: float, changed: float, ratio: float, alpha: float, power: float) -> int:
    from statsmodels.stats.power import normal_sample_size_one_tail

    spread = np.sqrt(variance + changed / ratio)
    return max(round(float(normal_sample_size_one_tail(abs(effect), power, alpha / 2, std_null=spread))), 2)


def _few_needed(effect: float, variance: float, ratio: float, alpha: float) -> int:
    """As `_needed`, rounded up; the t law needs a few more than the normal law, where the search begins."""
    from statsmodels.stats.power import TTestIndPower

    power, least = TTestIndPower().power, int(np.ceil(ENOUGH / min(ratio, 1)))
    start, size = max(_needed(effect, variance, variance, ratio, alpha, POWER), least), effect / np.sqrt(variance)
    return next(n for n in count(start) if not power(size, n, alpha, ratio) < POWER)


def units_needed(level: float, variance: float, rule: Rule, ratio: float = 1.0, arms: int = 2) -> int:
    """Units of the control for a metric at this level; with several variants each has its part of the error.

    A share is planned for its good direction, from `level` to `level` ± effect, never beyond 0 or 1. Few units, such as
    products, are planned by the t law, at least `ENOUGH` an arm.

    >>> units_needed(0.05, 0.02**2, Rule(0.04, -1, is_mean=True, few=True))
    6
    """
    alpha = ALPHA / (arms - 1)
    if rule.few:
        found = _few_needed(rule.effect, variance, ratio, alpha)
    elif rule.is_mean:
        found = _needed(rule.effect, variance, variance, ratio, alpha, POWER)
    else:
        moved = float(np.clip(level + (rule.better or 1) * rule.effect, 0, 1))
        found = _needed(rule.effect, level * (1 - level), moved * (1 - moved), ratio, alpha, POWER)
    return round(found * cost(alpha)) if rule.sequential else found


def detectable(level: float, variance: float, rule: Rule, units: float, ratio: float = 1.0, arms: int = 2) -> float:
    """The smallest effect that so many units of the control can show; NaN where even the largest needs more.

    >>> round(detectable(0.03, 0.03 * 0.97, Rule(0.01, -1, is_mean=False), 3822), 4)
    0.01
    """
    from scipy.optimize import brentq

    most = 4.0 if rule.is_mean else (1 - level if rule.better > 0 else level)

    def short(effect: float) -> float:
        needed = units_needed(level, variance, rule._replace(effect=effect), ratio, arms)
        return float(np.log(needed / (np.floor(units) + 0.5)))

    if units < 2 or short(most) > 0:
        return float("nan")
    return float(brentq(short, most / 1e6, most, xtol=most / 1e5))


def split_check(arms: Sequence[str], counts: Sequence[int], shares: Sequence[float] | None) -> SplitCheck:
    """Whether the units came in as declared: χ² of the counts against the shares.

    >>> split_check(["a", "b"], [4000, 4400], [0.5, 0.5]).failed
    True
    """
    from scipy.stats import chisquare

    total = sum(counts)
    expected = tuple(total * share for share in shares or ())
    p = float(chisquare(counts, expected).pvalue) if expected and total else float("nan")
    return SplitCheck(tuple(arms), tuple(counts), expected, p)


def compare(values: pd.DataFrame, arms: Sequence[str], rule: Rule, *, over: bool = True) -> pd.DataFrame:
    """Every arm against the first: columns `ROWS`, in the order declared.

    Shares: Newcombe's interval; p by the pooled score test, by Fisher where an expected count is below 5. Means:
    Welch's t. `q` is p after Holm over the variants. Sequential: the intersection of all always-valid intervals so
    far, and the smallest p; `drifted`: they have nothing in common. `needed`: units of the control for the declared
    effect at the control's level.
    `over`: whether a fixed test has come to its end; before, its verdict is 提前看：不作结论.
    """
    known = values.dropna(subset=["value"])
    rows = _compared(known, arms, rule)
    q = _holm(rows["p"])
    rows = rows.assign(q=q, needed=[_row_needs(row, rule, len(arms)) for row in rows.to_dict("records")])
    verdicts = [_verdict(row, rule, over) for row in rows.to_dict("records")]
    return rows.assign(verdict=pd.Series(verdicts, dtype="object"))[list(ROWS)]


def _compared(values: pd.DataFrame, arms: Sequence[str], rule: Rule) -> pd.DataFrame:
    samples = [values.loc[values["arm"] == arm, "value"].to_numpy(dtype=float) for arm in arms]
    levels = pd.DataFrame([_levels(one, samples[0], rule.is_mean) for one in samples[1:]])
    if rule.sequential:
        found = [_running(values, arm, arms[0], rule) for arm in arms[1:]]
    else:
        found = [(_welch if rule.is_mean else _two_shares)(one, samples[0]) for one in samples[1:]]
    return pd.concat([pd.DataFrame({"arm": list(arms[1:])}), levels, pd.DataFrame(found)], axis=1)


Cells = dict[Hashable, Any]


def _levels(own: np.ndarray, control: np.ndarray, is_mean: bool) -> Cells:
    cells: Cells = {}
    for suffix, sample in (("", own), ("_control", control)):
        cells[f"k{suffix}"] = float("nan") if is_mean else float(sample.sum())
        cells[f"n{suffix}"] = len(sample)
        cells[f"level{suffix}"] = float(sample.mean()) if len(sample) else float("nan")
        cells[f"variance{suffix}"] = float(sample.var(ddof=1)) if len(sample) > 1 else float("nan")
    return cells


_NOTHING: Cells = dict.fromkeys(("change", "low", "high", "p"), float("nan")) | {"method": "", "drifted": False}


def _two_shares(own: np.ndarray, control: np.ndarray) -> Cells:
    from scipy.stats import fisher_exact
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    k, n = (int(own.sum()), int(control.sum())), (len(own), len(control))
    if not min(n):
        return _NOTHING
    low, high = confint_proportions_2indep(k[0], n[0], k[1], n[1], method="newcomb", compare="diff", alpha=ALPHA)
    pooled = sum(k) / sum(n)
    cells = _NOTHING | {"change": k[0] / n[0] - k[1] / n[1], "low": float(low), "high": float(high)}
    if min(n) * min(pooled, 1 - pooled) >= _SMALL_CELL:
        return cells | {"p": float(proportions_ztest(k, n)[1]), "method": "Newcombe"}
    table = [[k[0], n[0] - k[0]], [k[1], n[1] - k[1]]]
    return cells | {"p": float(fisher_exact(table).pvalue), "method": "Newcombe + Fisher"}


def _welch(own: np.ndarray, control: np.ndarray) -> Cells:
    from scipy.stats import ttest_ind

    if min(len(own), len(control)) < 2 or not own.var() + control.var():
        return _NOTHING
    found = ttest_ind(own, control, equal_var=False)
    low, high = found.confidence_interval(1 - ALPHA)
    change = float(own.mean() - control.mean())
    cells: Cells = {"change": change, "low": float(low), "high": float(high), "p": float(found.pvalue)}
    return _NOTHING | cells | {"method": "Welch"}


def _running(values: pd.DataFrame, arm: str, control: str, rule: Rule) -> Cells:
    chosen = values[values["arm"].isin([arm, control])]
    path = looks(chosen, control, SPREAD * rule.effect, is_mean=rule.is_mean)
    if path.empty:
        return _NOTHING
    last: Cells = path.iloc[-1][["change", "low", "high", "p", "drifted"]].to_dict()
    return last | {"method": "always valid"}


def _holm(p: pd.Series) -> np.ndarray:
    """p after Holm over what was tested; one comparison alone is as it is."""
    from statsmodels.stats.multitest import multipletests

    adjusted = p.to_numpy(dtype=float).copy()
    tested = ~np.isnan(adjusted)
    if tested.sum() > 1:
        adjusted[tested] = multipletests(adjusted[tested], alpha=ALPHA, method="holm")[1]
    return adjusted


def _row_needs(row: Cells, rule: Rule, arms: int) -> float:
    """Units of the control that the declared effect needs, at the control's own level; NaN where that is unknown."""
    n, control, variance = float(row["n"]), float(row["n_control"]), float(row["variance_control"])
    if not min(n, control) or np.isnan(variance) or (rule.is_mean and not variance):
        return float("nan")
    level = float(row["level_control"]) if rule.is_mean else (float(row["k_control"]) + 1) / (control + 2)
    return float(units_needed(level, variance, rule, n / control, arms))


def _verdict(row: Cells, rule: Rule, over: bool) -> str:
    low, high, n, control = (float(row[name]) for name in ("low", "high", "n", "n_control"))
    if not (over or rule.sequential):
        return EARLY
    if min(n, control) < ENOUGH or np.isnan(low):
        return TOO_FEW
    if row["drifted"] and float(row["q"]) < ALPHA:
        return DIFFERENT
    if (low > 0 or high < 0) and float(row["q"]) < ALPHA:
        return DIFFERENT if not rule.better else BETTER if (low > 0) == (rule.better > 0) else WORSE
    return EQUAL if control >= float(row["needed"]) else TOO_FEW
