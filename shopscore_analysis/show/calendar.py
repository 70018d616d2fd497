"""Which weeks of which tables are on the shelf, as a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopscore_analysis.show import theme
from shopscore_analysis.show.account import NARROW, weeks_axis
from shopscore_analysis.show.canvas import svg
from shopscore_analysis.show.html import Figure, Html, tag
from shopscore_analysis.show.tables import TABLE_LABELS, Column, column, notes, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABELS = 96
_FEW_WEEKS = 14  # that fit beside the labels on a phone


def coverage(status: Mapping[str, Any], weeks: list[str], *, title: str = "每周到位的数据") -> Figure:
    """A calendar of the shelf: tables × weeks, rows printed as numbers in the twin, gaps left blank.

    `status` is what `Shop.status()` returns; `weeks` the weeks to show, oldest first.
    """
    held = (
        pd.DataFrame({name: pd.Series(state["weeks"], dtype="float64") for name, state in status["tables"].items()})
        .reindex(weeks)
        .fillna(0)
    )
    blank = [
        f"{TABLE_LABELS[name]}缺 {int((held[name] == 0).sum())} 周"
        for name in map(str, held)
        if (held[name] == 0).any()
    ]
    told = ("；".join(blank) if blank else "每周都有数据") + "。有数据的周涂色，缺的周留空。"
    wide = len(weeks) > _FEW_WEEKS
    size = (_LABELS + 22 * len(weeks) if wide else NARROW, 40 + 34 * len(status["tables"]))
    picture = svg(lambda ax: _draw_coverage(ax, held), size, key="coverage", title=title, description=told)
    columns = [
        Column("周", lambda row: str(row.week), number=False),
        *(column(name, TABLE_LABELS[name], theme.count) for name in map(str, held)),
    ]
    return Figure(title, told, picture, table(held.rename_axis("week").reset_index(), columns, title), wide=wide)


def _draw_coverage(ax: Axes, held: pd.DataFrame) -> None:
    from matplotlib.patches import Rectangle

    for y, name in enumerate(held):
        for x, held_rows in enumerate(held[name]):
            full = held_rows > 0
            ax.add_patch(
                Rectangle(
                    (x - 0.44, y - 0.4), 0.88, 0.8, facecolor=theme.RAMP[3] if full else "none", edgecolor=theme.GRID
                )
            )
    weeks_axis(ax, list(held.index))
    ax.set_yticks(range(len(held.columns)), [TABLE_LABELS[name] for name in map(str, held)], fontsize=13)
    ax.set(xlim=(-0.6, len(held) - 0.4), ylim=(len(held.columns) - 0.5, -0.5))
    ax.spines["bottom"].set_visible(False)


def joins_table(status: Mapping[str, Any]) -> Html:
    """How many reviews and after-sales meet an order of the shelf, and by which number. `status`: `Shop.status()`."""
    rows = pd.DataFrame([{"table": TABLE_LABELS[name], **met} for name, met in status["joins"].items()])
    columns = [
        column("table", "表", number=False),
        column("n", "条数", theme.count),
        column("sub_order", "按子订单号对上", theme.count),
        column("order", "按主订单号对上", theme.count),
        column("none", "没对上", theme.count),
        column("share", "对上的占比", theme.percent),
    ]
    return table(rows, columns, "评价和售后能对上订单的有多少")


def repeats_table(repeats: pd.DataFrame, period: str = "") -> Html:
    """Clusters of reviews that say nearly the same, the largest first; a sentence where there is none.

    `repeats`: text, k, wordings, products, stars, since, until (`copies.repeats`); `period`: the days looked at.
    """
    among = f"{period}的评价里" if period else ""
    if repeats.empty:
        return tag("p", f"{among}没有几乎相同的评价。", class_="note")
    columns = [
        column("k", "条数", theme.count),
        column("text", "原文（已脱敏，取最早一条）", number=False),
        column("wordings", "写法", theme.count),
        column("products", "商品数", theme.count),
        column("stars", "星级", number=False),
        Column("从—到", lambda row: row.since if row.since == row.until else f"{row.since}—{row.until}", False),
    ]
    told = (
        f"{among}共 {len(repeats)} 组、{repeats['k'].sum()} 条几乎相同的评价；"
        "数关键词时同一个月里每组只算一条，占比和丢星照旧逐条算。"
    )
    return table(repeats, columns, "几乎相同的评价（默认评价和 12 个字以下的不算）", limit=10) + notes(told)
