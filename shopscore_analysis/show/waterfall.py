"""From 5 stars down to what the reviews give, cause by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from shopscore_analysis.schema import CAUSES, DIMENSIONS, UNATTRIBUTED, cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.canvas import svg
from shopscore_analysis.show.html import Figure
from shopscore_analysis.show.tables import Column, causes_column, column, each, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NARROW = 360  # CSS pixels: as wide as a phone, so that its text needs no scaling there


def waterfall(
    points: pd.DataFrame,
    platform: float | None = None,
    *,
    title: str = "从满分 5 分到现在，每一步丢给了谁",
    limit: int = 8,
) -> Figure:
    """From 5 down to what the reviews give under the weights, cause by cause; the twin has every cause.

    `points`: `measure.points` (cause, k, n, loss, dimension, weight, points). The dearest `limit` causes have a step
    each, the rest share one; 未归因 keeps its own. `platform`: the published total of 5, to say what reviews do not
    explain; one of 100 points is not compared.
    """
    steps = _steps(points, limit)
    end = 5 - float(steps["points"].sum())
    told = _told(steps, end, platform)
    size = (NARROW, 50 + 32 * (len(steps) + 2))
    picture = svg(lambda ax: _draw_steps(ax, steps, end), size, key="waterfall", title=title, description=told)
    columns = [
        causes_column(),
        Column("维度", lambda row: DIMENSIONS.get(row.dimension, theme.NOTHING), number=False),
        column("loss", "丢掉的星", theme.decimal),
        column("weight", "权重", theme.percent),
        Column("总分 −", lambda row: f"{row.points:.3f}"),
    ]
    ranked = points[points["points"] > 0].sort_values(["points", "cause"], ascending=[False, True])
    return Figure(title, told, picture, table(ranked, columns, title))


def _told(steps: pd.DataFrame, end: float, platform: float | None) -> str:
    told = f"按权重折算，评价把总分从 5 带到 {theme.points(end)}（折算总分）。"
    for row in each(steps[steps["dimension"] != ""].head(1)):
        told += f"单个根因里最大的一步是「{row.label}」，−{row.points:.3f} 分。"
    for row in each(steps[steps["label"] == cause_label(UNATTRIBUTED)]):
        told += f"另有 −{row.points:.3f} 分{row.label}。"
    if platform is None or not platform <= 5:
        return told
    apart = theme.signed(platform - end)
    return told + f"平台公布 {theme.points(platform)}：相差 {apart}，评价解释不了，要看其他指标和口径。"


def _steps(points: pd.DataFrame, limit: int) -> pd.DataFrame:
    """label, points, kind: the dearest causes, the rest in one, the unattributed last."""
    lost = points[points["points"] > 0].sort_values(["points", "cause"], ascending=[False, True])
    silent = lost["cause"] == UNATTRIBUTED
    named_, rest = lost[~silent].head(limit), lost[~silent].iloc[limit:]
    rows = [(cause_label(row.cause), row.points, CAUSES[row.cause].dimension) for row in each(named_)]
    rows += [(f"其余 {len(rest)} 种", float(rest["points"].sum()), "")] if len(rest) else []
    rows += [(cause_label(UNATTRIBUTED), float(lost.loc[silent, "points"].iloc[0]), "")] if silent.any() else []
    return pd.DataFrame(rows, columns=["label", "points", "dimension"])


def _draw_steps(ax: Axes, steps: pd.DataFrame, end: float) -> None:
    colours = {"product": theme.RAMP[4], "logistics": theme.RAMP[3], "service": theme.RAMP[2]}
    left = 5 - steps["points"].cumsum()
    at = np.arange(1, len(steps) + 1)
    ax.barh(at, steps["points"], left=left, height=0.62, color=[colours.get(d, theme.GRID) for d in steps["dimension"]])
    low = end - max(float(steps["points"].sum()), 0.05) * 0.45
    for y, (edge, lost) in enumerate(zip(left, steps["points"], strict=True), start=1):
        ax.annotate(
            f"−{lost:.3f}", (edge, y), xytext=(-5, 0), textcoords="offset points", va="center", ha="right", fontsize=12
        )
    for y, value in ((0, 5.0), (len(steps) + 1, end)):
        ax.vlines(value, y - 0.4, y + 0.4, color=theme.INK, linewidth=2)
        ax.annotate(
            theme.points(value), (value, y), xytext=(-6, 0), textcoords="offset points", va="center", ha="right",
            fontsize=13, color=theme.ACCENT,
        )  # fmt: skip
    ax.vlines(
        [5.0, *left], np.arange(len(steps) + 1) + 0.0, np.arange(len(steps) + 1) + 1, color=theme.GRID, linewidth=1
    )
    ax.set_yticks(range(len(steps) + 2), ["满分", *steps["label"], "折算总分"], fontsize=13)
    ax.set(xlim=(low, 5.0 + (5.0 - low) * 0.03), ylim=(len(steps) + 1.5, -0.5))
    ax.xaxis.set_visible(False)
    ax.spines[["bottom", "left"]].set_visible(False)
