"""The own score against the TOP10: gaps, and a rank as sure as the rounding allows.

Everything is on the 5-point scale that consumers see. `scores` has date and score, product_score,
logistics_score, service_score; `rivals` the same and rival; `week` is read where present, else made from
date. Rivals' figures are published without an n, so they get no interval but that of their rounding.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from shopscore_analysis.measure.rates import Reals
from shopscore_analysis.measure.trend import movements, usual
from shopscore_analysis.schema import CAUSES, DIMENSIONS, POSSIBLE, REAL, week_of

TOTAL = "total"
SCORES = {TOTAL: "score", **{name: f"{name}_score" for name in DIMENSIONS}}
GAP_COLUMNS = (
    "dimension", "own", "leader", "median", "next_rank", "gap_leader", "gap_median", "gap_next", "rivals",
)  # fmt: skip
_VERDICTS = ("own_verdict", "gap_verdict")
_NOISE = 1e-9  # far below any rounding of a score, far above the noise of floating point


def _by_week(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the last day of each week: one own score, or one whole board; a missing sub-score stays missing."""
    weeks = table["week"] if "week" in table else table["date"].map(week_of)
    dated = table.assign(week=weeks.astype("str"))
    return dated[dated["date"] == dated.groupby("week")["date"].transform("max")]


def _against(own: float, theirs: Reals) -> dict[str, float]:
    """Leader, median and the next value above the own one, with the stars that the own one is behind each."""
    known = theirs[~np.isnan(theirs)]
    above = known[known > own + _NOISE]
    leader, median = (float(known.max()), float(np.median(known))) if len(known) else (np.nan, np.nan)
    following = float(above.min()) if len(above) else np.nan
    gaps = {"gap_leader": leader - own, "gap_median": median - own, "gap_next": following - own}
    return {"own": own, "leader": leader, "median": median, "next_rank": following, **gaps, "rivals": len(known)}


def benchmark(scores: pd.DataFrame, rivals: pd.DataFrame, week: str) -> pd.DataFrame:
    """How far behind the TOP10 one week ends, per dimension.

    Columns: dimension, own, leader, median, next_rank, gap_leader, gap_median, gap_next, rivals. Four rows: total,
    product, logistics, service. Leader, median and next rank are taken within each dimension: its best value, its
    median, the smallest value above the own one (NaN where none is). A gap is theirs less ours in stars: above 0
    we are behind. `rivals`: how many published the figure. NaN where a side has none.
    """
    own, theirs = _by_week(scores), _by_week(rivals)
    own, theirs = own[own["week"] == week], theirs[theirs["week"] == week]
    rows = [
        {
            "dimension": name,
            **_against(float(own[column].iloc[0]) if len(own) else np.nan, theirs[column].to_numpy(float)),
        }
        for name, column in SCORES.items()
    ]
    return pd.DataFrame(rows, columns=list(GAP_COLUMNS))


def history(scores: pd.DataFrame, rivals: pd.DataFrame) -> pd.DataFrame:
    """`benchmark` for every week that both tables hold, oldest first: week, then its columns."""
    weeks = sorted(set(_by_week(scores)["week"]) & set(_by_week(rivals)["week"]))
    parts = [benchmark(scores, rivals, week).assign(week=week) for week in weeks]
    empty = pd.DataFrame(columns=[*GAP_COLUMNS, "week"])
    table = pd.concat(parts, ignore_index=True) if parts else empty
    return table[["week", *GAP_COLUMNS]]


def rounding(values: Reals, scale: int = 5) -> float:
    """Half a step of the grid on which the values were published: 0.05 or 0.005, of 100 also 0.5; 0 where finer.

    >>> rounding(np.array([4.8, 4.9])), rounding(np.array([4.8, 4.87]))
    (0.05, 0.005)
    """
    known = values[~np.isnan(values)]
    for step in (1.0, 0.1, 0.01) if scale == 100 else (0.1, 0.01):
        if np.allclose(known, np.round(known / step) * step, rtol=0, atol=_NOISE):
            return step / 2
    return 0.0


def rank(scores: pd.DataFrame, rivals: pd.DataFrame, *, over: bool = True) -> pd.DataFrame:
    """The own rank by total score, week by week: week, own, rank_low, rank_high, leader, median, rivals, and more.

    Rank 1 is best. `rank_low` counts the rivals surely ahead, `rank_high` also those who may be: published
    values are rounded, so a true value lies within half a step, and values less than a step apart are not told
    from each other. Rivals without a score are left out, weeks without an own score are not listed; a week without
    any rival has `rivals` 0 and neither rank, leader nor median.
    `own_verdict` and `gap_verdict` judge the own score and its distance to the median against the weeks before. The
    own one is judged as the platform gave it, for several points of 100 are one step of 5: `raw` on its `scale`, among
    the weeks of that scale, beside its `usual` level. Where `scores` has neither, `score` of 5 serves.
    Where the newest week is not `over` yet, it is 可能变化 at most.
    """
    own, theirs = _by_week(scores).dropna(subset="score"), _by_week(rivals).dropna(subset="score")
    slack = rounding(own["score"].to_numpy(float)) + rounding(theirs["score"].to_numpy(float))
    pairs = _given(own).merge(theirs[["week", "score"]], on="week", how="left")
    ahead = pairs["score"] - pairs["own"]
    pairs = pairs.assign(surely=ahead >= max(slack - _NOISE, _NOISE), maybe=ahead > min(_NOISE - slack, -_NOISE))
    weeks = pairs.groupby("week").agg(
        own=("own", "first"), raw=("raw", "first"), scale=("scale", "first"),
        rank_low=("surely", "sum"), rank_high=("maybe", "sum"),
        leader=("score", "max"), median=("score", "median"), rivals=("score", "count"),
    )  # fmt: skip
    ranked = weeks.assign(
        rank_low=(weeks["rank_low"] + 1).where(weeks["rivals"] > 0),
        rank_high=(weeks["rank_high"] + 1).where(weeks["rivals"] > 0),
        gap_verdict=movements(weeks["median"] - weeks["own"], slack),
    )
    judged = ranked.join(_judged(weeks))
    return (judged if over else _unsure(judged)).reset_index()


def _unsure(judged: pd.DataFrame) -> pd.DataFrame:
    """The same without a sure verdict in the newest week."""
    newest = judged.index == judged.index.max()
    verdicts = {name: judged[name].mask(newest & (judged[name] == REAL), POSSIBLE) for name in _VERDICTS}
    return judged.assign(**verdicts)


def _given(own: pd.DataFrame) -> pd.DataFrame:
    """Own scores as consumers see them and as the platform gave them: week, own, raw, scale."""
    kept = own.rename(columns={"score": "own", "raw_score": "raw"})
    lacking = {name: value for name, value in (("raw", kept["own"]), ("scale", 5)) if name not in kept}
    return kept.assign(**lacking)[["week", "own", "raw", "scale"]]


def _judged(weeks: pd.DataFrame) -> pd.DataFrame:
    """The verdict of each week's `raw` and its usual level, every `scale` by itself."""
    parts = [pd.DataFrame(columns=["own_verdict", "usual"], index=weeks.index[:0])]
    for scale in sorted(set(weeks["scale"])):
        raw = weeks.loc[weeks["scale"] == scale, "raw"]
        verdicts = movements(raw, rounding(raw.to_numpy(float), scale))
        parts.append(pd.DataFrame({"own_verdict": verdicts, "usual": usual(raw)}, index=raw.index))
    return pd.concat(parts[1:] or parts)


def weakest(gaps: pd.DataFrame, weights: Mapping[str, float], to: str = "gap_median") -> pd.DataFrame:
    """The three dimensions of a `benchmark` by weighted gap, weakest first: dimension, gap, weight, points.

    points = gap · weight: what closing the gap would add to the total. `to`: gap_leader, gap_median or gap_next.
    Dimensions where we are ahead have points below 0; those without figures come last, NaN.
    """
    table = gaps[gaps["dimension"] != TOTAL].rename(columns={to: "gap"})
    table = table.assign(weight=table["dimension"].map(weights).astype("float64"))
    table = table.assign(points=table["gap"].astype("float64") * table["weight"])
    return table.sort_values("points", ascending=False, kind="stable", ignore_index=True)[
        ["dimension", "gap", "weight", "points"]
    ]


def cover(gap: float, account: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """Which own causes cover a gap of a dimension: cause, k, n, loss, stars, needed, fewer, covered.

    `gap` in stars; `account` a ledger of one slice. The dimension's causes, dearest first: `stars` each would
    give back to the dimension if it vanished (loss / n); `needed` of them to close what the dearer ones left of
    the gap; `fewer`: how many complaints less that is, at the cause's own loss per complaint, rounded up;
    `covered`: the part of the gap closed so far. Causes that are not needed have 0. Empty where there is no gap.
    """
    names = [name for name, cause in CAUSES.items() if cause.dimension == dimension]
    table = account[account["cause"].isin(names) & (account["loss"] > 0)]
    table = table.sort_values(["loss", "cause"], ascending=[False, True], ignore_index=True)
    table = table[["cause", "k", "n", "loss"]].head(len(table) if gap > 0 else 0)
    stars = table["loss"] / table["n"]
    needed = (gap - (stars.cumsum() - stars)).clip(lower=0).clip(upper=stars)
    fewer = np.ceil(table["k"] * needed / stars - _NOISE).astype("int64")
    return table.assign(stars=stars, needed=needed, fewer=fewer, covered=needed.cumsum() / gap if gap else needed)
