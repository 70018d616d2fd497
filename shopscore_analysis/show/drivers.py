"""What drives the stars, what each cause would give back, and which causes cover the gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from shopscore_analysis.schema import DIMENSIONS, cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.account import block
from shopscore_analysis.show.html import Html, Stack, stack
from shopscore_analysis.show.tables import (
    AXES,
    PER_RATED,
    PER_TEXT,
    Column,
    Names,
    causes_column,
    column,
    counted,
    each,
    lost_by,
    named,
    notes,
    table,
)
from shopscore_analysis.show.words import change_interval, last_place, rank_words


def drivers_table(drivers: pd.DataFrame, contrast: pd.DataFrame) -> Html:
    """Causes by how much of the stars' spread they explain, with their role: must-have, plain, delighter.

    `drivers`: `measure.drivers.drivers`; `contrast`: `measure.drivers.penalty_reward`. Causes too rare for the first
    are not listed.
    """
    merged = drivers.merge(contrast.drop(columns=["k", "n"]), on="cause", how="left")
    columns = [
        causes_column(),
        column("role", "性质", number=False),
        counted("提到它/评了星又有文字的评价"),
        column("importance", "解释的份额", theme.percent),
        Column("星级差", lambda row: theme.signed(row.effect)),
        Column("多出的 1–2 星", lambda row: _span(row.penalty, row.penalty_low, row.penalty_high)),
        Column("少掉的 5 星", lambda row: _span(row.reward, row.reward_low, row.reward_high)),
    ]
    lines = [
        "必备项：一旦出问题，丢的五星大多直接掉到 1–2 星；加分项：多半只丢最后一颗星。",
        "导出里只有抱怨，没有夸奖，性质是由抱怨读出来的。",
        "解释的份额：各根因是否出现对星级差异的夏普利分摊，合计 100%；相关，不证明因果。",
    ]
    if len(drivers):
        lines.append(f"这些根因合起来解释了星级差异的 {theme.percent(drivers['r2'].iloc[0])}。")
    return block(table(merged, columns, "什么在左右星级"), notes(*lines))


def _span(value: Any, low: Any, high: Any) -> str:
    return f"{theme.percent(value)}（{theme.interval(low, high)}）"


def vanished_table(vanished: pd.DataFrame, limit: int | None = 12) -> Html:
    """If this cause vanished: the mean stars it would be, with its interval; the dearest first.

    `vanished`: `measure.bootstrap.bootstrap` (or `measure.vanished`).
    """
    ranked = vanished.dropna(subset=["gain"]).sort_values(["gain", "cause"], ascending=[False, True])
    columns = [
        causes_column(),
        counted(PER_RATED),
        Column("均分 +", lambda row: f"{row.gain:.3f}"),
        Column("95% 区间", lambda row: f"{row.low:.3f}–{row.high:.3f}"),
        Column("均分会是", lambda row: theme.points(row.mean_without)),
        Column("95% 区间 ", lambda row: f"{theme.points(row.without_low)}–{theme.points(row.without_high)}"),
    ]
    note = "区间：对有评价的订单整单重抽 2,000 次（种子固定，结果可重复）。"
    return block(table(ranked, columns, "如果这个根因消失", limit=limit), notes(note))


def covers_table(covers: pd.DataFrame, period: str = "") -> Html:
    """The own causes that cover each dimension's gap, how many complaints less that takes, and what stays open.

    `covers`: `measure.outlook.covers`; `period`: the weeks of its ledger, whose complaints are counted.
    """
    columns = [
        named("dimension", "维度", DIMENSIONS),
        causes_column(),
        column("k", "现在的抱怨", theme.count),
        column("fewer", "要少多少条", theme.count),
        column("stars", "值多少星", theme.fine),
        column("covered", "累计补上", theme.percent),
    ]
    lines = []
    for row in each(covers.drop_duplicates("dimension", keep="last")):
        name, gap = DIMENSIONS[row.dimension], theme.points(row.gap)
        if row.covered < 1 - 1e-9:
            lines.append(
                f"{name}差 {gap}：全部相关抱怨都没有了也只补上 {theme.percent(row.covered)}，其余要靠发货、时效等指标。"
            )
        else:
            lines.append(f"{name}差 {gap}：到「{cause_label(row.cause)}」为止可以补满。")
    counted = [f"抱怨的条数是{period}的。"] if period and lines else []
    return table(covers, columns, "每个维度的差距，由哪些根因补上") + notes(
        *(lines or ["没有落后的维度，或没有可用的根因。"]), *counted
    )


def ranks_after(ranks: pd.DataFrame) -> Html:
    """The rank among the TOP10 now and after the plan, as sure as the rounding allows.

    `ranks`: `measure.outlook.rank_with` (case, own, rank_low, rank_high, rivals).
    """
    columns = [
        column("case", "情形", number=False),
        column("own", "自算总分", theme.points),
        Column("名次", lambda row: rank_words(row.rank_low, row.rank_high)),
        Column("第一名", lambda row: theme.points(row.leader)),
        column("rivals", "有公布分的竞店", theme.count),
    ]
    last = dict.fromkeys(last_place(row.rank_high, row.rivals) for row in each(ranks))
    told = "按自算总分排，和按平台公布的总分排不一定相同。假定竞店不动；公布分四舍五入，所以名次是一个范围。"
    return block(table(ranks, columns, "计划之后的名次"), notes(*filter(None, (*last, told))))


def slices(ledgers: Sequence[pd.DataFrame], names: Names | None = None) -> Stack:
    """Ledgers along one axis each, as tables one below the other: `slices_table`."""
    return stack(*(slices_table(ledger, names) for ledger in ledgers))


def slices_table(ledger: pd.DataFrame, names: Names | None = None, limit: int | None = 8) -> Html:
    """A ledger along one axis: reviews, mean, stars lost and the dearest cause of each value; the dearest first.

    `ledger`: `ledger(…, by=…)`; the losses of a row's causes sum to n · (5 - mean). Weeks stay in their order.
    """
    by = str(ledger.columns[0])
    whole = ledger.groupby(by).agg(n=("n", "first"), mean=("mean", "first"), loss=("loss", "sum"))
    worst = lost_by(ledger).drop_duplicates(by).set_index(by)
    rows = whole.join(worst[["cause", "share_of_loss"]]).reset_index()
    columns = [
        named(by, AXES[by], names or {}),
        column("n", "评了星的评价", theme.count),
        column("mean", "均分", theme.points),
        column("loss", "丢掉的星", theme.decimal),
        Column("丢得最多的根因", lambda row: _worst(row), False),
    ]
    is_week = by == "week"
    ranked = rows if is_week else rows.sort_values(["loss", by], ascending=[False, True])
    return block(table(ranked, columns, f"按{AXES[by]}：丢了多少星", limit=None if is_week else limit))


def _worst(row: Any) -> str:
    return (
        f"{cause_label(row.cause)}（{theme.percent(row.share_of_loss)}）"
        if isinstance(row.cause, str)
        else theme.NOTHING
    )


def compare_table(compared: pd.DataFrame, limit: int | None = None) -> Html:
    """Each cause in this period and the one before, and what may be said of the difference.

    `compared`: `measure.compare.compare`.
    """
    columns = [
        causes_column(),
        column("verdict", "判断", number=False),
        Column("这期", lambda row: f"{theme.ratio(row.k, row.n)}（{theme.percent(row.share)}）"),
        Column("上期", lambda row: f"{theme.ratio(row.k_before, row.n_before)}（{theme.percent(row.share_before)}）"),
        Column("变化（百分点），95% 区间", lambda row: change_interval(row.low, row.high)),
        Column("均分少", lambda row: f"{theme.points(row.stars)}（上期 {theme.points(row.stars_before)}）"),
    ]
    return table(compared, columns, f"各根因：这期和上期（{PER_TEXT}）", limit=limit)
