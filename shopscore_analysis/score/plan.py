"""The cheapest set of actions that reaches a target, or the proof that none does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.schema import DIMENSIONS
from shopscore_analysis.score.actions import CASES, MONTHS_PER_YEAR, Priced
from shopscore_analysis.score.rules import weighted

Matrix = NDArray[np.float64]

CAP = 5.0
CASE_LABELS = {"low": "保守", "mid": "居中", "high": "乐观"}
_SLACK = 1e-6  # the solver's own tolerance; a hundred times finer than a score is printed
CLAIM_NOTE = "；提升幅度是来源的说法，未经本店验证"
_EACH = 1e-3  # yuan put on every action, so that of two equally cheap sets the smaller one is taken


@dataclass(frozen=True)
class Plan:
    """One case of a plan: the chosen actions, cost and locked capital in yuan, scores before and after.

    `feasible` whether the target is reached; `words` the reason in the reader's language, with the proof where it
    is not; `items` the actions that could be chosen from, `left_out` those that could not be planned with, each with
    what is missing.
    """

    case: str
    feasible: bool
    chosen: tuple[Priced, ...]
    target: float
    before: dict[str, float]
    after: dict[str, float]
    total_before: float
    total_after: float
    words: str
    left_out: tuple[Priced, ...]
    items: tuple[Priced, ...] = field(default=(), compare=False)

    @property
    def cost(self) -> float:
        """What the chosen actions cost over the plan, yuan."""
        return sum(item.cost for item in self.chosen)

    @property
    def capital(self) -> float:
        """What the chosen actions lock up, yuan; not an expense."""
        return sum(item.capital for item in self.chosen)

    @property
    def months(self) -> int:
        """For how many months the cost is."""
        return next((item.months for item in (*self.chosen, *self.items)), MONTHS_PER_YEAR)


def _lifted(scores: Mapping[str, float], chosen: Sequence[Priced], case: str) -> dict[str, float]:
    """The dimensions after the chosen actions, each capped at 5."""
    uplift = dict.fromkeys(DIMENSIONS, 0.0)
    for item in chosen:
        uplift[item.action.dimension] += item.uplift[case]
    return {name: min(scores[name] + uplift[name], CAP) for name in DIMENSIONS}


def _strongest(items: Sequence[Priced], case: str) -> list[Priced]:
    """The actions that lift most: all without a group and the best of each group, none that lowers."""
    best: dict[str, Priced] = {}
    for item in items:
        slot = item.action.group or f"only {item.action.name}"
        if item.uplift[case] > (best[slot].uplift[case] if slot in best else 0.0):
            best[slot] = item
    return list(best.values())


def _lifting(items: Sequence[Priced], case: str) -> Matrix:
    """Rows say: the uplift of a dimension is no more than its actions give (≤ 0)."""
    lifts = [[item.uplift[case] * (item.action.dimension == name) for item in items] for name in DIMENSIONS]
    return np.hstack([-np.array(lifts), np.eye(len(DIMENSIONS))])


def _overlapping(items: Sequence[Priced]) -> Matrix:
    """Rows say: of one overlap group at most one action (≤ 1)."""
    groups = sorted({item.action.group for item in items} - {""})
    rows = np.zeros((len(groups), len(items) + len(DIMENSIONS)))
    for row, group in zip(rows, groups, strict=True):
        row[: len(items)] = [item.action.group == group for item in items]
    return rows


def _cheapest(
    scores: Mapping[str, float],
    weights: Mapping[str, float],
    target: float,
    items: Sequence[Priced],
    case: str,
    cause: str = "",
) -> list[Priced] | None:
    """The cheapest set that reaches the target, by integer programme; None where there is none.

    Variables: one 0/1 per action, then the uplift of each dimension, free up to its cap. Where a cause is named, one
    action at least works on it.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    count, free = len(items), len(DIMENSIONS)
    works = np.array([not cause or cause in item.action.causes for item in items] + [False] * free, dtype=float)
    reaching = np.array([0.0] * count + [weights[name] for name in DIMENSIONS])
    found = milp(
        [item.cost + _EACH for item in items] + [0.0] * free,
        integrality=[1] * count + [0] * free,
        bounds=Bounds([0.0] * count + [-CAP] * free, [1.0] * count + [CAP - scores[name] for name in DIMENSIONS]),
        constraints=[
            LinearConstraint(_lifting(items, case), -np.inf, 0.0),
            LinearConstraint(_overlapping(items), -np.inf, 1.0),
            LinearConstraint(works, 1.0 if cause else 0.0, np.inf),
            LinearConstraint(reaching, target - weighted(scores, weights), np.inf),
        ],
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    return [item for item, taken in zip(items, found.x, strict=False) if taken > 0.5]


def _moved(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """How each dimension moves, in the reader's language; a cap and a dimension without actions are named."""
    parts = []
    for name, label in DIMENSIONS.items():
        if after[name] <= before[name] + _SLACK:
            parts.append(f"{label} {before[name]:.2f}（不变）")
        else:
            parts.append(f"{label} {before[name]:.2f}→{after[name]:.2f}{'（已到上限）' if after[name] >= CAP else ''}")
    return "，".join(parts)


def _proof(before: Mapping[str, float], best: Mapping[str, float], weights: Mapping[str, float], target: float) -> str:
    """Why the target is out of reach, and the least that another dimension would have to give."""
    reached = weighted(best, weights)
    needs = {name: (target - reached) / weights[name] for name in DIMENSIONS if weights[name] > 0}
    ways = [
        f"{DIMENSIONS[name]}再 +{np.ceil(need * 100 - _SLACK) / 100:.2f}"
        for name, need in needs.items()
        if best[name] + need <= CAP + _SLACK
    ]
    further = f"；还差 {target - reached:.2f}，例如{' 或 '.join(ways)}" if ways else "；任何单独一维补满也不够"
    most = f"自算总分从 {weighted(before, weights):.2f} 最多到 {reached:.2f}"
    return f"不可行：全部可用措施都见效时{_moved(before, best)}，{most}，低于目标 {target:.2f}{further}"


def _claimed(items: Sequence[Priced]) -> str:
    return CLAIM_NOTE if any(item.action.claim for item in items) else ""


def _solved(
    scores: Mapping[str, float], weights: Mapping[str, float], target: float, items: Sequence[Priced], case: str
) -> tuple[list[Priced], bool, str]:
    """The chosen actions of one case, whether they reach the target, and the words for it."""
    if weighted(scores, weights) >= target - _SLACK:
        return [], True, f"自算总分 {weighted(scores, weights):.2f}，已达到目标 {target:.2f}，不需要措施"
    strongest = _strongest(items, case)
    best = _lifted(scores, strongest, case)
    if weighted(best, weights) < target - _SLACK:
        return [], False, _proof(scores, best, weights, target) + _claimed(strongest)
    chosen = _cheapest(scores, weights, target, items, case)
    if chosen is None:
        raise RuntimeError(f"expected a plan for {target}, which is within reach, found none")
    after = _lifted(scores, chosen, case)
    named = "、".join(item.action.label for item in chosen)
    totals = f"{weighted(scores, weights):.2f}→{weighted(after, weights):.2f}"
    reached = f"自算总分 {totals}，达到目标 {target:.2f}"
    return chosen, True, f"{named}：{_moved(scores, after)}，{reached}{_claimed(chosen)}"


def plan(
    scores: Mapping[str, float], weights: Mapping[str, float], target: float, items: Sequence[Priced]
) -> list[Plan]:
    """The cheapest plan in the low, mid and high case: one `Plan` each, or its proof of infeasibility.

    `scores` by dimension on the 5-point scale, `weights` of the rule set (sum 1), `items` priced actions. Each
    dimension is capped at 5.0; of one overlap group at most one action counts. The target is to be reached by the
    exact weighted mean, not by its rounding. ValueError where a score is missing or above 5.
    """
    faulty = [name for name in DIMENSIONS if not 0 <= scores.get(name, np.nan) <= CAP]
    if faulty:
        raise ValueError(
            f"expected a score from 0 to 5 for {', '.join(DIMENSIONS)}, found none for {', '.join(faulty)}"
        )
    usable = [item for item in items if not item.missing]
    left_out = tuple(item for item in items if item.missing)
    before = {name: float(scores[name]) for name in DIMENSIONS}
    plans = []
    for case in CASES:
        chosen, feasible, words = _solved(before, weights, target, usable, case)
        reached = _lifted(before, chosen if feasible else _strongest(usable, case), case)
        totals = weighted(before, weights), weighted(reached, weights)
        plans.append(
            Plan(case, feasible, tuple(chosen), target, before, reached, *totals, words, left_out, tuple(usable))
        )
    return plans


def against(found: Plan, weights: Mapping[str, float], cause: str) -> Plan | None:
    """The cheapest set of a case that works on a cause, too, and reaches the target; None where there is none.

    Where a case needs no action at all, or what it chooses works on the cause, there is nothing to compare: None.
    """
    if not found.chosen or any(cause in item.action.causes for item in found.chosen):
        return None
    lifting = [item for item in found.items if cause not in item.action.causes or item.uplift[found.case] > 0]
    chosen = _cheapest(found.before, weights, found.target, lifting, found.case, cause)
    if chosen is None:
        return None
    after = _lifted(found.before, chosen, found.case)
    return replace(found, chosen=tuple(chosen), after=after, total_after=weighted(after, weights))


def table(plans: Sequence[Plan]) -> pd.DataFrame:
    """Plans as a frame: case, feasible, actions, cost, months, capital, before, after, target, words; a row each.

    What does not reach the target has no cost and no capital (NaN); its `words` say why it does not.
    """
    return pd.DataFrame(
        {
            "case": [CASE_LABELS[found.case] for found in plans],
            "feasible": [found.feasible for found in plans],
            "actions": ["、".join(item.action.label for item in found.chosen) for found in plans],
            "cost": [found.cost if found.feasible else np.nan for found in plans],
            "months": [found.months for found in plans],
            "capital": [found.capital if found.feasible else np.nan for found in plans],
            "before": [found.total_before for found in plans],
            "after": [found.total_after for found in plans],
            "target": [found.target for found in plans],
            "words": [found.words for found in plans],
        }
    )


def calendar(found: Plan, start: date) -> pd.DataFrame:
    """When each chosen action shows: name, action, dimension, start, from, to, claim, source; soonest first."""
    rows = [
        {
            "name": item.action.name,
            "action": item.action.label,
            "dimension": item.action.dimension,
            "start": start,
            "from": start + timedelta(days=item.action.delay_days[0]),
            "to": start + timedelta(days=item.action.delay_days[1]),
            "claim": item.action.claim,
            "source": item.action.source,
        }
        for item in found.chosen
    ]
    columns = ["name", "action", "dimension", "start", "from", "to", "claim", "source"]
    return pd.DataFrame(rows, columns=columns).sort_values(["from", "to", "action"], ignore_index=True)


def dated(plans: Sequence[Plan], start: date) -> pd.DataFrame:
    """`calendar` of every action that any case chooses, with `cases`, the labels of those that choose it."""
    whole = pd.concat([calendar(found, start).assign(cases=CASE_LABELS[found.case]) for found in plans])
    said = whole.groupby("name")["cases"].agg("、".join)
    once = whole.drop_duplicates("name")
    return once.assign(cases=once["name"].map(said)).sort_values(["from", "to", "action"], ignore_index=True)


def outcome(found: Plan, done: Collection[str], observed: Mapping[str, float]) -> pd.DataFrame:
    """What became of a plan: dimension, before, expected_low, expected_high, observed, verdict; one row per dimension.

    `done`: names of the chosen actions that were carried out; only they are expected to have done anything, from
    their low to their high uplift. The verdict says what was seen beside what was expected, not what caused it.
    """
    carried = [item for item in found.chosen if item.action.name in done]
    low, high = (_lifted(found.before, carried, case) for case in ("low", "high"))
    rows = [
        {
            "dimension": name,
            "before": found.before[name],
            "expected_low": low[name],
            "expected_high": high[name],
            "observed": observed.get(name, np.nan),
            "verdict": _verdict(found, carried, name, low[name], high[name], observed.get(name, np.nan)),
        }
        for name in DIMENSIONS
    ]
    return pd.DataFrame(rows)


def _verdict(found: Plan, carried: Sequence[Priced], dimension: str, low: float, high: float, seen: float) -> str:
    planned = [item for item in found.chosen if item.action.dimension == dimension]
    if not planned:
        return "没有计划"
    if not any(item in carried for item in planned):
        return "未执行"
    if np.isnan(seen):
        return "没有得分"
    return "低于预期" if seen < low - _SLACK else "高于预期" if seen > high + _SLACK else "符合预期"
