"""Estimates → charts: bars, lines, gaps, ranks, coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from shopscore_analysis.schema import DIMENSIONS, UNATTRIBUTED, cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.account import weeks_axis
from shopscore_analysis.show.canvas import Links, svg
from shopscore_analysis.show.grid import evidence_id
from shopscore_analysis.show.html import Figure, slug
from shopscore_analysis.show.nameless import nameless_table, nameless_words
from shopscore_analysis.show.tables import (
    AXES,
    PER_TEXT,
    Column,
    Names,
    column,
    each,
    ledger_table,
    named,
    rated,
    table,
)  # fmt: skip
from shopscore_analysis.show.words import WORDS_OF_VERDICT, behind_words, last_place, marked, rank_words, week_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NARROW = 360  # CSS pixels: as wide as a phone, so that its text needs no scaling there
_DOOR = 48  # a row that can be tapped: 44 px after a little scaling


def bars(
    frame: pd.DataFrame,
    names: Names | None = None,
    *,
    title: str,
    by: str = "cause",
    limit: int = 10,
    of: str = PER_TEXT,
) -> Figure:
    """Shares with their 95 % intervals as horizontal bars, the largest first.

    `frame`: `by`, k, n, share, low, high. `of` says what k/n counts.
    """
    ranked = frame[frame["k"] > 0].sort_values("share", ascending=False, kind="stable", ignore_index=True)
    labels = [cause_label(value) if by == "cause" else (names or {}).get(value, value) for value in ranked[by]]
    ranked = ranked.assign(label=labels)
    top = ranked.head(limit)
    told = _bars_told(top)
    size = (NARROW, 20 + 36 * max(len(top), 1))
    picture = svg(lambda ax: _draw_bars(ax, top), size, key=slug("bars", title), title=title, description=told)
    lead = column("label", AXES.get(by, "根因" if by == "cause" else "项目"), number=False)
    return Figure(title, f"{told}黑线是 95% 区间。", picture, table(ranked, [lead, *rated(of)], title))


def _bars_told(top: pd.DataFrame) -> str:
    for row in each(top):
        return f"最高的是「{row.label}」：{theme.percent(row.share)}（{theme.ratio(row.k, row.n)}）。"
    return "没有数据。"


def _draw_bars(ax: Axes, top: pd.DataFrame) -> None:
    shares = top[["share", "low", "high"]].astype(float) * 100
    at = list(range(len(top)))
    ax.barh(at, shares["share"], height=0.6, color=theme.RAMP[2])
    ax.hlines(at, shares["low"], shares["high"], color=theme.INK, linewidth=1.4)
    for y, row in zip(at, each(top), strict=True):
        _beside(ax, row.high * 100, y, theme.percent(row.share))
    _bar_axes(ax, list(top["label"]), float(shares["high"].max()) if len(top) else 1.0)


def _beside(ax: Axes, x: float, y: float, words: str) -> None:
    ax.annotate(words, (x, y), xytext=(6, 0), textcoords="offset points", va="center", fontsize=13)


def _bar_axes(ax: Axes, labels: list[str], most: float) -> None:
    ax.set_yticks(range(len(labels)), labels, fontsize=13)
    ax.set_xlim(0, most * 1.25)
    ax.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)


def loss_bars(
    ledger: pd.DataFrame,
    *,
    period: str = "",
    note: str = "",
    title: str = "去掉一种根因，均分能多多少",
    limit: int = 10,
    evidence: bool = False,
    silent: pd.DataFrame | None = None,
) -> Figure:
    """What the mean stars would gain without each cause, the dearest first, 未归因 last; the twin is the whole ledger.

    `ledger`: cause, k, n, loss, share_of_loss, mean, mean_without, and `points` where it is chained to the total;
    `period` names the weeks of the reviews, `note` says under which weights, naming them (`Weighting.note`). With
    `evidence`, each bar with a cause leads to its quotes. `silent`: `measure.unattributed`, what 未归因 consists of.
    """
    dear = ledger[ledger["loss"] > 0].sort_values(["loss", "cause"], ascending=[False, True], ignore_index=True)
    nameless = dear["cause"] == UNATTRIBUTED
    top = pd.concat([dear[~nameless].head(limit - int(nameless.any())), dear[nameless]], ignore_index=True)
    top = top.assign(label=[cause_label(cause) for cause in top["cause"]])
    parts = pd.DataFrame() if silent is None else silent
    told = _loss_told(dear, period, parts) + (f"{note}。" if note else "")
    links = _loss_doors(top) if evidence else {}
    size = (NARROW, 20 + (_DOOR if links else 36) * max(len(top), 1))
    picture = svg(
        lambda ax: _draw_losses(ax, top, links), size, key="losses", title=title, description=told, links=links
    )
    return Figure(title, told, picture, ledger_table(ledger) + nameless_table(parts))


def _loss_doors(top: pd.DataFrame) -> Links:
    known = top[(top["cause"] != UNATTRIBUTED) & (top["k"] > 0)]
    return {f"#{evidence_id(row.cause)}": f"{row.label}：少丢 {_gained(row)}，看原话" for row in each(known)}


def _gained(row: Any) -> str:
    return f"{row.mean_without - row.mean:.3f} 星"


_APART = "和平台总分不是一回事，平台还算发货、客服、售后"


def _loss_told(dear: pd.DataFrame, period: str, parts: pd.DataFrame) -> str:
    """The dearest cause first; what has none stands apart, however much it is."""
    if dear.empty:
        return "没有丢星。"
    silent = dear["cause"] == UNATTRIBUTED
    mean, n = theme.points(dear["mean"].iloc[0]), theme.count(dear["n"].iloc[0])
    whose = f"{period}的" if period else ""
    first = f"{whose}评价均分 {mean}：{n} 条评价的平均星级，{_APART}。"
    named_ = "".join(_dearest(row) for row in each(dear[~silent].head(1)))
    rest = "".join(nameless_words(share, parts) for share in dear.loc[silent, "share_of_loss"])
    return first + named_ + rest


def _dearest(row: Any) -> str:
    chained = f"，折算到总分 −{theme.fine(row.points)} 分" if hasattr(row, "points") else ""
    return (
        f"丢星最多的根因是「{cause_label(row.cause)}」，占 {theme.percent(row.share_of_loss)}{chained}；"
        f"没有它均分会是 {theme.points(row.mean_without)}。"
    )


def _draw_losses(ax: Axes, top: pd.DataFrame, links: Links) -> None:
    gain = (top["mean_without"] - top["mean"]).astype(float)
    colours = [theme.GRID if cause == UNATTRIBUTED else theme.RAMP[3] for cause in top["cause"]]
    ax.barh(range(len(top)), gain, height=0.6, color=colours)
    for y, row in enumerate(each(top)):
        _beside(ax, gain[y], y, f"+{_gained(row)}")
    most = float(gain.max()) * 1.1 if len(top) else 1.0
    _bar_axes(ax, list(top["label"]), most)
    _doors_along(ax, [f"#{evidence_id(cause)}" for cause in top["cause"]], most, links)


def _doors_along(ax: Axes, hrefs: list[str], most: float, links: Links) -> None:
    """An invisible door over each row that has quotes to open."""
    from matplotlib.patches import Rectangle

    for y, href in enumerate(hrefs):
        if href in links:
            ax.add_patch(Rectangle((0, y - 0.5), most * 1.25, 1, facecolor="none", edgecolor="none", url=href))


def lines(trend: pd.DataFrame, *, title: str, key: str = "") -> Figure:
    """A share over weeks with the limits of its normal swing; changes are marked by a word.

    `trend`: week, k, n, share, low, high, center, lower, upper, verdict.
    """
    told = _line_told(trend)
    picture = svg(
        lambda ax: _draw_lines(ax, trend), (NARROW, 210), key=slug("line", key or title), title=title, description=told
    )
    columns = [column("week", "周", number=False), *rated(PER_TEXT), column("verdict", "判断", number=False)]
    return Figure(title, told, picture, table(trend, columns, title))


def _line_told(trend: pd.DataFrame) -> str:
    known = trend[trend["n"] > 0]
    if known.empty:
        return "没有数据。"
    last = known.iloc[-1]
    value = f"{theme.percent(last['share'])}（{theme.ratio(last['k'], last['n'])}）"
    said = f"{week_name(last['week'])} {value}，{last['verdict']}。灰带是由此前各周算出的正常波动范围。"
    return said + marked(list(trend["verdict"]))


def _draw_lines(ax: Axes, trend: pd.DataFrame) -> None:
    at = list(range(len(trend)))
    scaled = trend[["share", "center", "lower", "upper"]].astype(float) * 100
    ax.fill_between(at, scaled["lower"], scaled["upper"], color=theme.GRID, alpha=0.5, linewidth=0)
    ax.plot(at, scaled["center"], color=theme.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    ax.plot(at, scaled["share"], color=theme.ACCENT, linewidth=2, marker="o", markersize=4)
    raised = False
    for x, verdict in enumerate(trend["verdict"]):
        raised = (
            verdict in WORDS_OF_VERDICT and x > 0 and trend["verdict"].iloc[x - 1] in WORDS_OF_VERDICT and not raised
        )
        if verdict in WORDS_OF_VERDICT:
            _mark(ax, x, float(scaled["share"].iloc[x]), WORDS_OF_VERDICT[verdict], up=22 if raised else 8)
    weeks_axis(ax, list(trend["week"]))
    ax.yaxis.set_major_locator(_ticks())
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
    ax.grid(axis="y", linewidth=0.8)
    ax.margins(y=0.2)


def _mark(ax: Axes, x: float, y: float, words: str, colour: str = theme.INK, up: int = 8) -> None:
    ax.annotate(words, (x, y), xytext=(0, up), textcoords="offset points", ha="center", fontsize=12, color=colour)


def _ticks(*, whole: bool = False) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10], integer=whole)


GAP_NAMES = {"total": "总分", **DIMENSIONS}
SCORES = [
    column(name, label, theme.points) for name, label in (("own", "本店"), ("median", "中位数"), ("leader", "第一名"))
]


def gaps(benchmark: pd.DataFrame, *, title: str = "和 TOP10 的差距") -> Figure:
    """Own score, TOP10 median and leader per dimension as a dumbbell; missing values stay missing.

    `benchmark`: dimension, own, leader, median, gap_leader, gap_median (theirs less ours: above 0 we are behind).
    """
    known = benchmark.dropna(subset=["own", "median"]).reset_index(drop=True)
    told = "；".join(_gap_told(row) for row in each(known)) + "。" if len(known) else "没有数据。"
    size = (NARROW, 76 + 52 * max(len(known), 1))
    picture = svg(lambda ax: _draw_gaps(ax, known), size, key="gaps", title=title, description=told)
    behind = [
        Column(heading, lambda row, name=name: behind_words(getattr(row, name)))  # type: ignore[misc]
        for name, heading in (("gap_median", "对中位数"), ("gap_leader", "对第一名"))
    ]
    return Figure(
        title, told, picture, table(benchmark, [named("dimension", "维度", GAP_NAMES), *SCORES, *behind], title)
    )


def _gap_told(row: Any) -> str:
    return f"{GAP_NAMES.get(row.dimension, row.dimension)}对中位数{behind_words(row.gap_median)}"


def _draw_gaps(ax: Axes, known: pd.DataFrame) -> None:
    if known.empty:
        ax.set_axis_off()
        return
    at = list(range(len(known)))
    ends = known[["own", "median", "leader"]].astype(float)
    ax.hlines(at, ends.min(axis=1), ends.max(axis=1), color=theme.GRID, linewidth=5)
    _dots(ax, known["leader"], "第一名", s=64, marker="D", facecolor=theme.INK, edgecolor="none")
    _dots(ax, known["own"], "本店", s=120, facecolor=theme.ACCENT, edgecolor="none")
    # on top and smaller, so that it shows even where we are the median
    _dots(ax, known["median"], "中位数", s=44, facecolor=theme.PAPER, edgecolor=theme.INK, linewidth=1.6)
    for y, own in enumerate(known["own"]):
        _mark(ax, own, y, theme.points(own), theme.ACCENT)
    ax.set_yticks(at, [GAP_NAMES.get(value, value) for value in known["dimension"]], fontsize=13)
    ax.set_ylim(len(known) - 0.6, -0.8)
    ax.xaxis.set_major_locator(_ticks())
    ax.spines["left"].set_visible(False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.14), ncols=3, frameon=False, fontsize=12)


def _dots(ax: Axes, values: pd.Series, label: str, **style: Any) -> None:
    ax.scatter(values, range(len(values)), label=label, zorder=3 + len(ax.collections), **style)


def gap_lines(history: pd.DataFrame, *, title: str = "对 TOP10 中位数的差距") -> Figure:
    """How far behind the TOP10 median each dimension was, week by week; below zero we lead.

    `history`: week, dimension, gap_median (theirs less ours).
    """
    grid = history.pivot(index="week", columns="dimension", values="gap_median")
    grid = grid[[name for name in GAP_NAMES if name in grid]].astype(float).rename(columns=GAP_NAMES)
    told = "没有数据。"
    if len(grid):
        last = [f"{name}{behind_words(gap)}" for name, gap in grid.iloc[-1].items()]
        told = f"{week_name(str(grid.index[-1]))}：{'，'.join(last)}。线往下走，差距在缩小。"
    picture = svg(lambda ax: _draw_gap_lines(ax, grid), (NARROW, 230), key="gap-lines", title=title, description=told)
    columns = [column("week", "周", number=False), *(column(name, name, behind_words) for name in map(str, grid))]
    return Figure(title, told, picture, table(grid.reset_index(), columns, title))


_STROKES = (("solid", theme.ACCENT), ("solid", theme.INK), ("dashed", theme.INK), ("dotted", theme.INK))


def _draw_gap_lines(ax: Axes, grid: pd.DataFrame) -> None:
    for name, (dash, colour) in zip(grid, _STROKES, strict=False):
        ax.plot(range(len(grid)), grid[name], color=colour, linestyle=dash, linewidth=1.8, label=str(name))
    ax.axhline(0, color=theme.MUTED, linewidth=0.8)
    weeks_axis(ax, list(grid.index))
    ax.yaxis.set_major_locator(_ticks())
    ax.grid(axis="y", linewidth=0.8)
    if len(grid.columns):
        ax.legend(
            loc="upper center", bbox_to_anchor=(0.45, -0.1), ncols=4, frameon=False, fontsize=12, handlelength=1.6
        )


def ranks(rank: pd.DataFrame, *, title: str = "和 TOP10 一起排，第几名") -> Figure:
    """Own rank over the weeks as a band: published scores are rounded, so a rank is an interval.

    `rank`: week, own, rank_low, rank_high, leader, median, rivals (how many published a score); rank 1 is the best.
    The caption is of the newest week.
    """
    told, rank = "没有数据。", rank.dropna(subset=["rank_low", "rank_high"])
    if len(rank):
        last = rank.iloc[-1]
        place = rank_words(last["rank_low"], last["rank_high"])
        told = f"{week_name(last['week'])}：{place}。色带是公布值四舍五入后仍然可能的名次，越高越好。"
        told += last_place(last["rank_high"], last["rivals"])
    picture = svg(lambda ax: _draw_ranks(ax, rank), (NARROW, 210), key="ranks", title=title, description=told)
    columns = [
        column("week", "周", number=False),
        *SCORES,
        Column("名次", lambda row: rank_words(row.rank_low, row.rank_high)),
    ]
    return Figure(title, told, picture, table(rank, columns, title))


def _draw_ranks(ax: Axes, rank: pd.DataFrame) -> None:
    if rank.empty:
        ax.set_axis_off()
        return
    at = list(range(len(rank)))
    ax.fill_between(at, rank["rank_low"] - 0.25, rank["rank_high"] + 0.25, color=theme.GRID, linewidth=0, step="mid")
    ax.plot(at, (rank["rank_low"] + rank["rank_high"]) / 2, color=theme.ACCENT, linewidth=2, drawstyle="steps-mid")
    weeks_axis(ax, list(rank["week"]))
    ax.yaxis.set_major_locator(_ticks(whole=True))
    ax.yaxis.set_major_formatter(lambda value, _: f"第{value:g}名")
    ax.grid(axis="y", linewidth=0.8)
    ax.invert_yaxis()
