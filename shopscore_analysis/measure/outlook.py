"""What a plan would change against the TOP10: the rank after it, and the causes that cover each gap."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from shopscore_analysis.measure.benchmark import cover, rank, weakest
from shopscore_analysis.schema import week_start


def rank_with(rivals: pd.DataFrame, week: str, totals: Mapping[str, float]) -> pd.DataFrame:
    """The rank that other own totals would have had in a week, the rivals standing still: case, total, rank_low, …

    Columns: case, own, rank_low, rank_high, leader, median, rivals; one row per entry of `totals` (name → total of 5)
    in order; none where the week has no rivals. `rivals`: as `benchmark.rank` reads them.
    """
    parts = []
    for case, total in totals.items():
        own = pd.DataFrame({"date": [week_start(week)], "week": [week], "score": [float(total)]})
        parts.append(rank(own, rivals).assign(case=case))
    columns = ["case", "own", "rank_low", "rank_high", "leader", "median", "rivals"]
    ranked = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    return ranked[ranked["rivals"] > 0]


def covers(
    gaps: pd.DataFrame, account: pd.DataFrame, weights: Mapping[str, float], to: str = "gap_median"
) -> pd.DataFrame:
    """Which own causes cover the gap of every dimension that is behind: dimension, gap, points, then `cover`'s columns.

    `gaps`: a `benchmark`; `account`: a ledger of one slice; `points`: what closing the dimension's gap adds to the
    total. Dimensions by weighted gap, the weakest first; causes that are not needed are left out. A dimension whose
    causes cannot close its gap ends with covered below 1.
    """
    weak = weakest(gaps, weights, to)
    behind = weak[weak["gap"].astype("float64") > 0]
    parts = [
        cover(float(gap), account, str(name)).assign(dimension=name, gap=gap, points=worth)
        for name, gap, worth in zip(behind["dimension"], behind["gap"], behind["points"], strict=True)
    ]
    table = pd.concat(parts, ignore_index=True) if parts else cover(0.0, account, "product")
    table = table.reindex(columns=[*_LEADING, *table.columns.difference(_LEADING, sort=False)])
    return table[table["needed"] > 0].reset_index(drop=True)


_LEADING = ["dimension", "gap", "points"]
