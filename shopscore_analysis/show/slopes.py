"""Then and now: one slope for us, one for the middle of the TOP10, one for its first, dimension by dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from shopscore_analysis.show import theme
from shopscore_analysis.show.canvas import svg
from shopscore_analysis.show.charts import GAP_NAMES, NARROW
from shopscore_analysis.show.html import Figure
from shopscore_analysis.show.tables import Column, each, named, table
from shopscore_analysis.show.words import behind_words, week_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEP = 1.75  # from one dimension's left end to the next one's; a slope is 1 wide
_SIDES = (("own", "本店", theme.ACCENT, "solid", 2.4), ("median", "中位数", theme.INK, "dashed", 1.4),
          ("leader", "第一名", theme.INK, "dotted", 1.4))  # fmt: skip


def slopes(history: pd.DataFrame, *, weeks: int = 13, title: str = "几周前和现在") -> Figure:
    """Own score, TOP10 median and leader `weeks` weeks ago and now, a slope each, dimension by dimension.

    `history`: `measure.history` (week, dimension, own, leader, median, gap_median). The oldest of the newest `weeks`
    weeks stands at the left; a dimension without figures at both ends has no slope.
    """
    ends = _ends(history, weeks)
    told = "没有数据。"
    if len(ends):
        first, last = ends["week_then"].iloc[0], ends["week_now"].iloc[0]
        moved = "；".join(_moved(row) for row in each(ends))
        told = f"左边是{week_name(first)}，右边是{week_name(last)}。{moved}。"
    picture = svg(lambda ax: _draw(ax, ends), (NARROW, 240), key="slopes", title=title, description=told)
    columns = [named("dimension", "维度", GAP_NAMES), *(_pair(name, label) for name, label, *_ in _SIDES)]
    columns += [Column("对中位数", lambda row: f"{behind_words(row.gap_then)} → {behind_words(row.gap_now)}")]
    return Figure(title, told, picture, table(ends, columns, title))


def _pair(name: str, label: str) -> Column:
    then, now = f"{name}_then", f"{name}_now"
    return Column(label, lambda row: f"{theme.points(getattr(row, then))} → {theme.points(getattr(row, now))}")


def _ends(history: pd.DataFrame, weeks: int) -> pd.DataFrame:
    """One row a dimension with both ends of its slopes; none where there is no week with figures."""
    kept = history.dropna(subset=["own", "median"])
    known = sorted(kept["week"].unique())[-weeks:]
    names = ["week", "own", "median", "leader", "gap_median"]
    then, now = (kept[kept["week"].isin(week)].set_index("dimension")[names] for week in (known[:1], known[-1:]))
    ends = then.add_suffix("_then").join(now.add_suffix("_now"), how="inner")
    return ends.rename(columns={"gap_median_then": "gap_then", "gap_median_now": "gap_now"}).reset_index()


_APART = " "  # between a figure and a Chinese word


def _moved(row: Any) -> str:
    then, now = behind_words(row.gap_then), behind_words(row.gap_now)
    then += _APART * then[-1].isdigit()
    return f"{GAP_NAMES[row.dimension]}对中位数" + (f"还是{now}" if then.strip() == now else f"从{then}到{now}")


def _draw(ax: Axes, ends: pd.DataFrame) -> None:
    ax.set_axis_off()
    for at, row in enumerate(each(ends)):
        left = at * _STEP
        for name, label, colour, dash, width in _SIDES:
            values = [float(getattr(row, f"{name}_{end}")) for end in ("then", "now")]
            ax.plot([left, left + 1], values, color=colour, linestyle=dash, linewidth=width, marker="o", markersize=4,
                    label=label if at == 0 else None)  # fmt: skip
        _print_own(ax, row, left)
        ax.annotate(GAP_NAMES[row.dimension], (left + 0.5, 1.02), xycoords=("data", "axes fraction"), ha="center",
                    fontsize=13)  # fmt: skip
    if len(ends):
        ax.margins(x=0.06, y=0.14)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, frameon=False, fontsize=12)
    ax.set_position((0, 0.13, 1, 0.77))


def _print_own(ax: Axes, row: Any, left: float) -> None:
    """Our two values, each on the side of its end that the slope leaves free."""
    falls = row.own_now < row.own_then
    for x, value, above in ((left, row.own_then, falls), (left + 1, row.own_now, not falls)):
        ax.annotate(theme.points(value), (x, value), xytext=(0, 7 if above else -16), textcoords="offset points",
                    ha="center", fontsize=11, color=theme.ACCENT)  # fmt: skip
