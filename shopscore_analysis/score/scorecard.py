"""The service and shipping score-card: value, target, gap, trend and weight of each indicator."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from shopscore_analysis.measure.rates import ENOUGH, newcombe
from shopscore_analysis.schema import TOO_FEW, WITHIN
from shopscore_analysis.score.reviewed import Reviewed, read_reviewed

FILE = Path(__file__).parent.parent / "data" / "scorecard.toml"
COLUMNS = (
    "name", "label", "dimension", "better", "value", "unit", "k", "n", "low", "high",
    "target", "gap", "met", "before", "trend", "weight", "claim", "source",
)  # fmt: skip
BETTER, WORSE = "可能变好", "可能变差"  # beside 波动内 and 样本不足: one line alone is never called real
RECENT = 4  # weeks that are compared with those before them


class Row(Reviewed):
    """One line of the score-card as the file states it; `claim`: only its source says so."""

    name: str
    label: str
    dimension: Literal["product", "logistics", "service"]
    better: Literal["low", "high"]
    target: float | None = None
    weight: float | None = Field(default=None, gt=0, le=1)
    claim: bool
    source: str = Field(min_length=1)


class _File(Reviewed):
    rows: tuple[Row, ...]


@cache
def rows(path: Path = FILE) -> tuple[Row, ...]:
    """The lines of the score-card in the file's order; LexiconError names the fault."""
    return read_reviewed(path, "a score-card", _File.model_validate).rows


def weight_note() -> str:
    """How the weights were made to sum to 1, in the reader's language."""
    stated = sum(row.weight for row in rows() if row.weight)
    return f"权重是公开文章的说法，三项合计 {stated:.0%}，这里按比例放大到 100%；平台现行规则没有单项权重"


def scorecard(found: pd.DataFrame, weekly: pd.DataFrame) -> pd.DataFrame:
    """The score-card: `COLUMNS`, one row per line of its file, in the file's order.

    `found`: estimates of the window (name, value, unit, k, n, low, high); `weekly`: the same by week, oldest first.
    `gap`: how far the value is from its target in its own unit, above 0 where it falls short; `met` True, False or
    None where there is no target or no value. `before`: the value of the weeks before the newest `RECENT`; `trend`:
    可能变好, 可能变差, 波动内 or 样本不足 by the 95 % interval of the difference of the two shares (by the spread of
    the weeks where it is no share), each line on its own: it never says more than 可能. `weight` sums to 1 over the
    lines that have one.
    """
    stated = sum(row.weight for row in rows() if row.weight)
    table = pd.DataFrame([row.model_dump() for row in rows()]).astype({"target": "float64", "weight": "float64"})
    table = table.merge(found, on="name", how="left").assign(weight=table["weight"] / stated)
    below = np.where(table["better"] == "low", -1.0, 1.0)
    table["gap"] = (table["target"] - table["value"]) * below
    table["met"] = (table["gap"] <= 0).astype(object).where(table["gap"].notna(), None)
    past = [_trend(row.better, weekly[weekly["name"] == row.name]) for row in rows()]
    return table.assign(before=[before for before, _ in past], trend=[word for _, word in past])[list(COLUMNS)]


def _trend(better: str, weeks: pd.DataFrame) -> tuple[float, str]:
    """The value before the newest weeks, and what may be said of the change."""
    known = weeks.dropna(subset=["value"])
    old, new = known.iloc[:-RECENT], known.iloc[-RECENT:]
    if len(old) < RECENT or new["n"].sum() < ENOUGH:
        return np.nan, TOO_FEW
    counted = known["k"].notna().all()
    before, low, high = _shares(old, new) if counted else _means(old, new)
    if low <= 0 <= high:
        return before, WITHIN
    return before, BETTER if (low > 0) == (better == "high") else WORSE


def _shares(old: pd.DataFrame, new: pd.DataFrame) -> tuple[float, float, float]:
    k, n = old[["k", "n"]].sum()
    _, low, high = newcombe(new["k"].sum(), new["n"].sum(), k, n)
    return float(k / n), float(low), float(high)


def _means(old: pd.DataFrame, new: pd.DataFrame) -> tuple[float, float, float]:
    """The mean over the old weeks by their n, and the ends of the change: two standard errors of the weeks' spread."""
    from scipy.stats import t

    before, after = (float(np.average(part["value"], weights=part["n"])) for part in (old, new))
    error = float(old["value"].std(ddof=1)) * np.sqrt(1 / len(new) + 1 / len(old))
    reach = float(t.ppf(0.975, len(old) - 1)) * error
    return before, after - before - reach, after - before + reach
