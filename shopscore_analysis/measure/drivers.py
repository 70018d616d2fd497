"""Which causes drive the stars: must-have or delighter, and how much of the stars' spread each explains.

Exports tell complaints, not praise, so both readings rest on what is complained of.
"""

from __future__ import annotations

from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.measure.patterns import Matrix, Patterns, patterns
from shopscore_analysis.measure.rates import ENOUGH, newcombe
from shopscore_analysis.tally import Tally

MUST, PLAIN, DELIGHT, UNCLEAR, TOO_FEW = "必备项", "一般项", "加分项", "不明显", "样本不足"
EXACT = 12  # causes up to which all coalitions are gone through (4,096)
_MOSTLY, _RARELY = 2 / 3, 1 / 3
LOW_STARS, TOP_STARS = (1, 2), (5,)
CONTRAST = ("cause", "k", "n", "penalty", "penalty_low", "penalty_high", "reward", "reward_low", "reward_high", "role")
DRIVERS = ("cause", "k", "n", "effect", "explained", "importance", "r2")


def penalty_reward(tally: Tally) -> pd.DataFrame:
    """Is a cause a must-have or a delighter: cause, k, n, penalty, reward, their intervals, role; dearest first.

    Over the n rated reviews with text: `penalty` is how much more often reviews that name the cause (k) have 1-2
    stars than those that do not; `reward` how much more often those that do not have 5 stars (Newcombe 95 %). Of the
    fifth stars that the cause takes, the part penalty / reward ends at 1-2 stars: from two thirds on it is a
    必备项 (keeping it earns nothing, breaking it costs all), up to one third a 加分项 (it costs the last star only),
    else 一般项; 不明显 where neither interval leaves zero, 样本不足 under five reviews with or without it.
    """
    found = patterns(tally, silent=False)
    rows = [_contrast(found, at) for at in range(len(found.causes))]
    table = pd.DataFrame(rows, columns=list(CONTRAST))
    return table.sort_values(["penalty", "cause"], ascending=[False, True], ignore_index=True)


def _contrast(found: Patterns, at: int) -> tuple[object, ...]:
    said = found.said[:, at] > 0
    k, n = int(found.number[said].sum()), int(found.number.sum())
    low, top = (np.isin(found.stars, stars) for stars in (LOW_STARS, TOP_STARS))
    with_low, with_top = int(found.number[said & low].sum()), int(found.number[said & top].sum())
    rest_low, rest_top = int(found.number[~said & low].sum()), int(found.number[~said & top].sum())
    penalty = [float(value) for value in newcombe(with_low, k, rest_low, n - k)]
    reward = [float(value) for value in newcombe(rest_top, n - k, with_top, k)]
    return (found.causes[at], k, n, *penalty, *reward, _role(k, n - k, penalty, reward))


def _role(k: int, others: int, penalty: list[float], reward: list[float]) -> str:
    if min(k, others) < ENOUGH:
        return TOO_FEW
    if penalty[1] <= 0 and reward[1] <= 0:
        return UNCLEAR
    part = penalty[0] / reward[0] if reward[0] > 0 else 1.0
    return MUST if part >= _MOSTLY else DELIGHT if part <= _RARELY else PLAIN


def drivers(tally: Tally, limit: int = EXACT) -> pd.DataFrame:
    """How much of the spread of stars each cause explains: cause, k, n, effect, explained, importance, r2; most first.

    Least squares of stars on the presence of the `limit` commonest causes (at least five reviews each) over the n
    rated reviews with text. `explained` is the cause's Shapley share of r2, the part of the variance that all of them
    explain together, exact over all coalitions: Σ explained = r2. `importance` is explained / r2; `effect` the
    stars that go with the cause, the others held still. Association, not proof of cause. ValueError for more than
    twelve causes.
    """
    if limit > EXACT:
        raise ValueError(f"expected at most {EXACT} causes for exact Shapley shares, found {limit}")
    found = patterns(tally, silent=False)
    k = found.number @ found.said
    commonest = sorted(range(len(k)), key=lambda at: (-k[at], at))[:limit]
    chosen = [at for at in sorted(commonest) if k[at] >= ENOUGH]
    gram, moment, spread = _moments(found, chosen)
    explained = shapley(_explained(gram, moment, spread))
    table = pd.DataFrame(
        {"cause": [found.causes[at] for at in chosen], "k": k[chosen].astype("int64"), "n": int(found.number.sum())}
    )
    r2 = float(explained.sum())
    table = table.assign(effect=np.linalg.pinv(gram) @ moment, explained=explained, r2=r2)
    table = table.assign(importance=table["explained"] / r2 if r2 > 0 else np.nan)
    return table.sort_values(["explained", "cause"], ascending=[False, True], ignore_index=True)[list(DRIVERS)]


def _moments(found: Patterns, chosen: list[int]) -> tuple[Matrix, Matrix, float]:
    """The causes' scatter, their scatter with the stars, and that of the stars, all about the means."""
    weight = found.number / max(int(found.number.sum()), 1)
    said = found.said[:, chosen] - weight @ found.said[:, chosen]
    stars = found.stars - weight @ found.stars
    return said.T @ (said * weight[:, None]), said.T @ (weight * stars), float(weight @ stars**2)


def _explained(gram: Matrix, moment: Matrix, spread: float) -> Matrix:
    """The part of the stars' variance that each coalition of causes explains; coalitions as bit masks."""
    worth = np.zeros(2 ** len(moment))
    for mask in range(1, len(worth) if spread > 0 else 0):
        inside = [at for at in range(len(moment)) if mask >> at & 1]
        beta = np.linalg.lstsq(gram[np.ix_(inside, inside)], moment[inside], rcond=None)[0]
        worth[mask] = moment[inside] @ beta / spread
    return worth


def shapley(worth: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Shapley value of each player of a game: `worth[mask]` is what the players whose bits are set are worth.

    `worth` has 2^m entries and worth[0] = 0; exact. The values sum to the worth of all (efficiency).
    Source: Shapley (1953), "A value for n-person games".

    >>> shapley(np.array([0.0, 1.0, 2.0, 5.0]))
    array([2., 3.])
    """
    masks = np.arange(len(worth))
    players = len(worth).bit_length() - 1
    size = np.array([int(mask).bit_count() for mask in masks])
    weight = np.array([factorial(s) * factorial(players - s - 1) for s in range(players)]) / max(factorial(players), 1)
    values = []
    for player in range(players):
        without = masks[(masks >> player & 1) == 0]
        values.append(float(weight[size[without]] @ (worth[without | 1 << player] - worth[without])))
    return np.array(values)
