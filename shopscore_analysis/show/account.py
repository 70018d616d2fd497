"""The score's account, its indicators, and the service and shipping score-card."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from shopscore_analysis.schema import ACCOUNT_WEEKS, DIMENSIONS, UNATTRIBUTED, cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.canvas import svg
from shopscore_analysis.show.html import Figure, Html, folded, tag
from shopscore_analysis.show.tables import Column, column, each, named, notes, rated, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NARROW = 360  # CSS pixels: as wide as a phone, so that its text needs no scaling there
COMPUTABLE = {"exact": "精确", "proxy": "近似", "none": "导出算不出"}
LOST = "平均每条评价丢的星"
ACCOUNT_HEADINGS = ("维度", "平台公布", "权重", "计入总分", LOST)
MEAN_STARS_TOLD = (
    f"评价均分：最近 {ACCOUNT_WEEKS} 周全部评价的平均星级，等于 5 减去平均每条丢的星，"
    "也就是三个维度和未归因四行之和；未归因：丢了星，文字里没有能认出的根因。"
    "平台分另算发货、客服、售后等指标和扣分加分，所以两者可以不同"
)
_UNITS = {"seconds": "秒", "hours": "小时", "stars": "星"}


def quantity(value: Any, unit: Any) -> str:
    """A value with its unit; — where unknown.

    >>> quantity(0.923, "share"), quantity(46.9, "seconds"), quantity(4.523, "stars"), quantity(None, "hours")
    ('92.3%', '46.9 秒', '4.52 星', '—')
    """
    if value is None or value != value:
        return theme.NOTHING
    if unit == "share":
        return theme.percent(value)
    return f"{theme.points(value) if unit == 'stars' else theme.decimal(value)} {_UNITS.get(str(unit), '')}".rstrip()


def band(low: float, high: float) -> str:
    """A score, or the band in which it lies.

    >>> band(4.7, 4.7), band(89, 92), band(87.25, 87.25)
    ('4.70', '89—92', '87.25')
    """
    if low != low:
        return theme.NOTHING
    written = [theme.points(end) if end <= 5 else f"{end:.2f}".rstrip("0").rstrip(".") for end in (low, high)]
    return written[0] if low == high else "—".join(written)


def _counts(row: Any) -> str:
    """Out of how many a value was taken: k of n, or n alone."""
    if row.n != row.n or not row.n:
        return ""
    return theme.ratio(row.k, row.n) if row.k == row.k else f"n = {theme.count(row.n)}"


def indicator_words(row: Any) -> tuple[str, str]:
    """The value of an indicator with its counts, and how far exports allow it, with the reason."""
    value = quantity(row.value, row.unit)
    counted = f"（{_counts(row)}）" if _counts(row) else ""
    how = COMPUTABLE[row.computable]
    if row.computable != "none" and value == theme.NOTHING:
        how = "导出没有这项数据"
    return value + counted, f"{how}：{row.note}" if row.note else how


def block(*parts: Html) -> Html:
    """Several pieces of markup as one, so that they stay together in a stack."""
    return tag("div", *parts)


def mean_words(stars: float) -> str:
    """The mean stars of the account's reviews by name, with the weeks that they are of; — where there are none.

    >>> mean_words(4.456), mean_words(float("nan"))
    ('近 5 周评价均分 4.46', '—')
    """
    return f"近 {ACCOUNT_WEEKS} 周评价均分 {theme.points(stars)}" if stars == stars else theme.NOTHING


def account_line(account: Any, target: float) -> str:
    """The total, the platform's and ours, and how far the target is, in one sentence.

    `account`: `score.account.Account`; `target` of 5, named only where the rule set's scale is 5.
    """
    said = f"平台 {band(*account.platform)}，自算 {band(account.low, account.high)}"
    missing = target - account.platform[0]
    if account.rules.scale != 5 or missing != missing:
        return f"{said}。"
    return (
        f"{said}；离目标 {theme.points(target)} {f'还差 {theme.points(missing)}' if missing > 0.005 else '已经达到'}。"
    )


def account_rows(account: Any) -> list[tuple[str, ...]]:
    """The account line by line under `ACCOUNT_HEADINGS`: the dimensions, what no cause explains, the total.

    `account`: `score.account.Account`. Points add up to our own total and stars lost to 5 less the mean, as printed.
    """
    lost = [5 - float(kept) for kept in account.dimensions["ledger"]]
    *parts, silent = _added_words([*lost, 5 - account.stars - sum(lost)], 5 - round(account.stars, 2))
    points = _added_words(account.dimensions["points"], account.low)
    own = band(account.low, account.high)
    taken = f"5 − {theme.points(5 - round(account.stars, 2))} = " if silent != theme.NOTHING else ""
    rows = [
        (DIMENSIONS[row.dimension], band(row.low, row.high), theme.percent(row.weight), *said)
        for row, *said in zip(each(account.dimensions), points, parts, strict=True)
    ]
    total = "总分", band(*account.platform), "", f"自算 {own}", f"{taken}{mean_words(account.stars)}"
    return [*rows, (cause_label(UNATTRIBUTED), "", "", "", silent), total]


def _added_words(parts: Sequence[float], total: float) -> list[str]:
    """Parts that add up to their total as printed, where all of them are known."""
    known = all(part == part for part in parts)
    return [theme.points(part) for part in (added_up(parts, total) if known else parts)]


def added_up(parts: Sequence[float], total: float) -> list[float]:
    """The parts to two decimals, which add up to `total` as it is printed: the largest remainders are rounded up.

    `total` is their sum, or that sum rounded. A half of a cent is printed up or down as the float happens to lie, so it
    is not rounded again from the parts.

    >>> added_up([0.104, 0.104, 0.104, 0.103], 0.42), added_up([0.204, 0.0], 0.2)
    ([0.11, 0.11, 0.1, 0.1], [0.2, 0.0])
    """
    cents = [100 * part for part in parts]
    down = [math.floor(cent + 1e-9) for cent in cents]
    last = sorted(range(len(parts)), key=lambda at: (round(down[at] - cents[at], 6), at))
    up = set(last[: round(100 * round(total, 2)) - sum(down)])
    return [(cent + (at in up)) / 100 for at, cent in enumerate(down)]


def account_table(account: Any) -> Html:
    """Dimensions → total: the platform's value, weight, points, the stars lost to it, the mean stars at the end.

    `account`: `score.account.Account`. Its notes stand below, assumed weights named.
    """
    rows = pd.DataFrame(account_rows(account), columns=["dimension", "platform", "weight", "points", "lost"])
    columns = [
        column(str(name), heading, str, number=name != "dimension")
        for name, heading in zip(rows, ACCOUNT_HEADINGS, strict=True)
    ]
    seen, *further = account.notes
    weights = account.weighting.note + ("（假定）" if account.weighting.assumed else "")
    more = folded("规则、扣分加分与口径", notes(*(line for line in further if line != account.weighting.note)))
    told = notes(f"{MEAN_STARS_TOLD}。", seen, weights)
    return block(table(rows, columns, f"{account.rules.label}：{account.published.day}"), told, more)


def indicators_table(account: Any) -> Html:
    """The rule set's indicators: value over 30 days, counts, and whether exports give it exactly, nearly or not.

    `account`: `score.account.Account`.
    """
    columns = [
        column("label", "指标", number=False),
        named("dimension", "维度", DIMENSIONS),
        Column("近 30 天", lambda row: indicator_words(row)[0]),
        Column("口径", lambda row: indicator_words(row)[1], number=False),
        Column("权重", lambda row: theme.percent(row.weight)),
    ]
    return table(account.indicators, columns, "平台指标：导出能算到什么程度")


def scorecard_line(cards: pd.DataFrame) -> str:
    """How many lines of the score-card meet their target, and which do not.

    `cards`: `score.scorecard.scorecard`.
    """
    judged = cards[cards["met"].notna()]
    short = judged.loc[~judged["met"].astype(bool), "label"]
    worse = cards.loc[cards["trend"] == "可能变差", "label"]
    told = [f"{len(judged)} 项有目标，{len(judged) - len(short)} 项达标"]
    told += ["未达标：" + "、".join(short)] if len(short) else []
    told += ["可能变差：" + "、".join(worse)] if len(worse) else []
    return "；".join(told) + "。"


_STATE = {True: "达标", False: "未达标"}


def scorecard_table(cards: pd.DataFrame, note: str = "") -> Html:
    """The service and shipping score-card: value, target, gap, trend, weight and whose claim the target is.

    `cards`: `score.scorecard.scorecard`.
    """
    columns = [
        column("label", "指标", number=False),
        Column("近 30 天", lambda row: quantity(row.value, row.unit)),
        Column("目标", lambda row: _target(row)),
        Column("结论", lambda row: _STATE.get(row.met, "没有目标" if row.value == row.value else "导出算不出"), False),
        Column("此前", lambda row: quantity(row.before, row.unit)),
        Column("近 4 周", lambda row: row.trend, False),
        Column("次数", _counts),
        Column("权重", lambda row: theme.percent(row.weight)),
        column("source", "出处", number=False),
    ]
    return block(table(cards, columns, "客服与发货记分卡"), notes(*filter(None, [note])))


def _target(row: Any) -> str:
    if row.target != row.target:
        return theme.NOTHING
    unit = row.unit if isinstance(row.unit, str) else "share"
    return f"{'≤' if row.better == 'low' else '≥'} {quantity(row.target, unit)}"


def on_time_table(on_time: pd.DataFrame, by: str, heading: str) -> Html:
    """Orders shipped by the promise along one order axis, the latest first.

    `on_time`: `measure.indicators.on_time_by` (the axis, k, n, share, low, high).
    """
    return table(on_time, [named(by, heading, {}), *rated("按时发出/应发的订单")], f"按{heading}：按承诺时间发货")


def indicator_lines(weekly: pd.DataFrame, name: str, title: str, target: float | None = None) -> Figure:
    """One indicator week by week with its interval where it has one, and its target as a line.

    `weekly`: week, name, value, unit, k, n, low, high.
    """
    rows = weekly[weekly["name"] == name].reset_index(drop=True)
    unit = next((unit for unit in rows["unit"] if isinstance(unit, str)), "share")
    known = rows.dropna(subset=["value"])
    told = "没有数据。"
    if len(known):
        last = known.iloc[-1]
        aim = f"；目标 {quantity(target, unit)}" if target is not None else ""
        told = f"第{int(last['week'][-2:])}周 {quantity(last['value'], unit)}{aim}。"
    picture = svg(
        lambda ax: _draw_indicator(ax, rows, target, unit), (NARROW, 200), key=f"line-{name}", title=title,
        description=told,
    )  # fmt: skip
    columns = [
        column("week", "周", number=False), Column("数值", lambda row: quantity(row.value, row.unit)),
        Column("次数", _counts),
        Column("95% 区间", lambda row: f"{quantity(row.low, row.unit)} – {quantity(row.high, row.unit)}"),
    ]  # fmt: skip
    return Figure(title, told, picture, table(rows, columns, title))


def _draw_indicator(ax: Axes, rows: pd.DataFrame, target: float | None, unit: str) -> None:
    scale = 100.0 if unit == "share" else 1.0
    at = np.arange(len(rows))
    ax.vlines(at, rows["low"] * scale, rows["high"] * scale, color=theme.GRID, linewidth=4)
    ax.plot(at, rows["value"] * scale, color=theme.ACCENT, linewidth=2, marker="o", markersize=4)
    if target is not None:
        ax.axhline(target * scale, color=theme.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    weeks_axis(ax, list(rows["week"]))
    suffix = "%" if unit == "share" else ""
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}{suffix}")
    ax.grid(axis="y", linewidth=0.8)


def weeks_axis(ax: Axes, weeks: Sequence[str]) -> None:
    """Label the x axis with weeks, at most seven of them, the newest always."""
    step = max(1, -(-len(weeks) // 6))
    at = list(range(len(weeks) - 1, -1, -step))
    ax.set_xticks(at, [f"{int(weeks[i][-2:])}周" for i in at], fontsize=12)
    ax.spines["left"].set_visible(False)
