"""Published scores as an analyst reads them: the shop's own by day, and those of the TOP10 by week."""

from __future__ import annotations

import pandas as pd

from shopscore_analysis.score.rules import shown

_SCORES = ("score", "product_score", "logistics_score", "service_score")


def scores(records: pd.DataFrame, until: str = "") -> pd.DataFrame:
    """The own daily score on the 5-point scale that consumers see, oldest first, with `week`.

    Columns: date, week, score, product_score, logistics_score, service_score, and `raw_score` with its
    `scale` (5 or 100) as the platform gave it. A value outside its scale is left empty. With `until`, nothing
    after that week.
    """
    ordered = records.sort_values("date", ignore_index=True)
    as_shown = {
        name: [_shown(value, scale) for value, scale in zip(ordered[name], ordered["scale"], strict=True)]
        for name in _SCORES
    }
    week = ordered["date"].dt.strftime("%G-W%V")
    return _up_to(until, ordered.assign(raw_score=ordered["score"], week=week, **as_shown))


def rivals(records: pd.DataFrame, own: str, until: str = "") -> pd.DataFrame:
    """The TOP10 of every week, as published, with `week`; oldest first, then by rank.

    The shop itself, by its name `own`, is left out where it stands on the board. With `until`, nothing after that week.
    """
    ordered = records.sort_values(["date", "rank"], ignore_index=True)
    others = ordered[ordered["rival"] != own].reset_index(drop=True)
    return _up_to(until, others.assign(week=others["date"].dt.strftime("%G-W%V")))


def _shown(value: float, scale: int) -> float:
    if not 0 <= value <= scale:  # NaN too
        return float("nan")
    return shown(value) if scale == 100 else value


def _up_to(week: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["week"] <= week].reset_index(drop=True) if week else rows
