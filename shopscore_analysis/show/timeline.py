"""What happened when, beside a trend; and how late reviews and after-sales come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from shopscore_analysis.schema import POSSIBLE, REAL
from shopscore_analysis.show import theme
from shopscore_analysis.show.account import NARROW, weeks_axis
from shopscore_analysis.show.canvas import svg
from shopscore_analysis.show.html import Figure, slug
from shopscore_analysis.show.tables import PER_TEXT, Column, column, rated, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = {"review": "评价", "aftersale": "售后"}
_MARKED = frozenset({REAL, POSSIBLE})


class Event(Protocol):
    """What is read of an event of shop.toml."""

    @property
    def week(self) -> str:
        """Its ISO week."""

    @property
    def label(self) -> str:
        """What happened, in a few words."""


def timeline(trend: pd.DataFrame, events: Iterable[Event], *, title: str) -> Figure:
    """A share over weeks with the limits of its normal swing, and the events of shop.toml as lines across it.

    `trend`: `measure.trend` (week, k, n, share, low, high, center, lower, upper, verdict). Events outside its weeks
    are left out. That an event and a change meet in a week does not prove that one made the other; this is said.
    """
    weeks = list(trend["week"])
    inside = [event for event in sorted(events, key=lambda event: (event.week, event.label)) if event.week in weeks]
    known = trend[trend["n"] > 0]
    told = "没有数据。"
    if len(known):
        last = known.iloc[-1]
        counted = f"{theme.percent(last['share'])}（{theme.ratio(last['k'], last['n'])}）"
        told = f"第{int(last['week'][-2:])}周 {counted}，{last['verdict']}。灰带是正常波动范围。"
    if inside:
        named = "、".join(f"第{int(event.week[-2:])}周{event.label}" for event in inside)
        told += f"竖线是事件：{named}；同时发生不等于由它引起。"
    marks = [(weeks.index(event.week), event.label) for event in inside]
    picture = svg(
        lambda ax: _draw(ax, trend, marks), (NARROW, 230), key=slug("timeline", title), title=title, description=told
    )
    happened = {week: "、".join(event.label for event in inside if event.week == week) for week in weeks}
    columns = [
        column("week", "周", number=False), *rated(PER_TEXT), column("verdict", "判断", number=False),
        Column("事件", lambda row: happened[row.week], False),
    ]  # fmt: skip
    return Figure(title, told, picture, table(trend, columns, title))


def _draw(ax: Axes, trend: pd.DataFrame, marks: list[tuple[int, str]]) -> None:
    at = np.arange(len(trend))
    scaled = trend[["share", "center", "lower", "upper"]].astype(float) * 100
    ax.fill_between(at, scaled["lower"], scaled["upper"], color=theme.GRID, alpha=0.5, linewidth=0)
    ax.plot(at, scaled["center"], color=theme.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    ax.plot(at, scaled["share"], color=theme.ACCENT, linewidth=2, marker="o", markersize=4)
    judged = trend["verdict"].isin(_MARKED).to_numpy()
    ax.scatter(at[judged], scaled["share"][judged], facecolor=theme.PAPER, edgecolor=theme.ACCENT, s=60, zorder=3)
    weeks_axis(ax, list(trend["week"]))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
    ax.grid(axis="y", linewidth=0.8)
    ax.margins(y=0.25)
    _mark_events(ax, marks, len(trend))


def _mark_events(ax: Axes, marks: list[tuple[int, str]], weeks: int) -> None:
    """Lines across, each label at its own height, turned inwards near the right edge."""
    for order, (x, label) in enumerate(marks):
        ax.axvline(x, color=theme.INK, linewidth=1, linestyle=(0, (1, 2)))
        right = x > weeks * 0.6
        ax.annotate(
            label, (x, 1), xycoords=("data", "axes fraction"), xytext=(-4 if right else 4, -4 - 15 * (order % 3)),
            textcoords="offset points", ha="right" if right else "left", va="top", fontsize=12, color=theme.INK,
        )  # fmt: skip


def lag_figure(curve: pd.DataFrame, of: str = "review", *, title: str = "") -> Figure:
    """How late reviews or after-sales come: the part of the final number seen by each week after the order.

    `curve`: `measure.lag.lag_curve` (lag, k, n, seen).
    """
    kind = KINDS[of]
    heading = title or f"下单之后多久有{kind}"
    told = "没有数据。"
    if curve["k"].sum():
        whole = int(curve.loc[curve["seen"] >= 0.95, "lag"].iloc[0])
        first = theme.percent(curve["seen"].iloc[0])
        told = f"下单当周来了最终的 {first}，到第 {whole} 周满 95%：更新的周还没到齐，不能和老的周直接比。"
    picture = svg(lambda ax: _draw_lag(ax, curve), (NARROW, 200), key=f"lag-{of}", title=heading, description=told)
    columns = [
        Column("下单后第几周", lambda row: str(row.lag), False), column("k", f"这一周来的{kind}", theme.count),
        column("n", "看得到的订单", theme.count), column("seen", "累计占最终", theme.percent),
    ]  # fmt: skip
    return Figure(heading, told, picture, table(curve, columns, heading))


def _draw_lag(ax: Axes, curve: pd.DataFrame) -> None:
    seen = curve["seen"] * 100
    ax.bar(curve["lag"], seen, width=0.7, color=theme.RAMP[2])
    for lag, value in zip(curve["lag"], seen, strict=True):
        ax.annotate(f"{value:.0f}%", (lag, value), xytext=(0, 4), textcoords="offset points", ha="center", fontsize=12)
    ax.set_xticks(list(curve["lag"]), [f"{lag}周" for lag in curve["lag"]], fontsize=12)
    ax.set_ylim(0, 118)
    ax.yaxis.set_visible(False)
    ax.spines["left"].set_visible(False)


def completed_figure(weeks: pd.DataFrame, of: str = "review", *, title: str = "") -> Figure:
    """The share of each week's orders with a review or an after-sale: so far, and as it will be; new weeks hollow.

    `weeks`: `measure.lag.completed`; weeks that are too new to complete show what has come so far only.
    """
    heading = title or f"每周订单的{KINDS[of]}率，补上还没到的"
    filling = weeks[weeks["state"] != "已到齐"]
    told = "每一周都到齐了。" if filling.empty else f"最近 {len(filling)} 周还没到齐：{_drawn(filling)}{_newest(weeks)}"
    picture = svg(
        lambda ax: _draw_completed(ax, weeks), (NARROW, 210), key=f"completed-{of}", title=heading, description=told
    )
    columns = [
        column("week", "下单周", number=False), Column("到目前", lambda row: theme.ratio(row.k, row.n)),
        column("share", "占比", theme.percent), column("seen", "已见部分", theme.percent),
        Column("补全后", lambda row: theme.percent(row.completed)),
        Column("95% 区间", lambda row: theme.interval(row.completed_low, row.completed_high)),
        column("state", "状态", number=False),
    ]  # fmt: skip
    return Figure(heading, told, picture, table(weeks, columns, heading))


def _drawn(filling: pd.DataFrame) -> str:
    """What the weeks that still fill look like: hollow points only where they can be completed."""
    hollow = "空心点是补全后的估计，" if filling["completed"].notna().any() else "还太早，补不出估计；"
    return f"{hollow}叉是到目前为止，"


def _newest(weeks: pd.DataFrame) -> str:
    last: Any = weeks.iloc[-1]
    return f"第{int(last['week'][-2:])}周只见到最终的 {theme.percent(last['seen'])}。"


def _draw_completed(ax: Axes, weeks: pd.DataFrame) -> None:
    at = np.arange(len(weeks))
    whole = (weeks["state"] == "已到齐").to_numpy()
    low, high = (weeks[end].to_numpy(dtype=float) * 100 for end in ("completed_low", "completed_high"))
    ax.vlines(at, low, high, color=theme.GRID, linewidth=4)
    ax.plot(at, weeks["completed"] * 100, color=theme.ACCENT, linewidth=1.5)
    ax.scatter(at[whole], weeks["completed"][whole] * 100, color=theme.ACCENT, s=24, zorder=3)
    ax.scatter(
        at[~whole], weeks["completed"][~whole] * 100, facecolor=theme.PAPER, edgecolor=theme.ACCENT, s=44, zorder=3
    )
    ax.scatter(at[~whole], weeks["share"][~whole] * 100, color=theme.MUTED, marker="x", s=30, zorder=3)
    weeks_axis(ax, list(weeks["week"]))
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
    ax.grid(axis="y", linewidth=0.8)
