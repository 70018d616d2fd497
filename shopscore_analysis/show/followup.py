"""The way to the target in brief, and what became of what was promised last time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from shopscore_analysis.schema import cause_label
from shopscore_analysis.show import theme, words
from shopscore_analysis.show.account import block
from shopscore_analysis.show.html import Html, folded, tag
from shopscore_analysis.show.lead import CASES, MAIN, OWN_TOTAL, lead_words, plan_line, reserves
from shopscore_analysis.show.plan import (
    BY_CLAIM,
    after_words,
    alike_words,
    capital_words,
    cost_words,
    lacking_words,
    missing_of,
    months_words,
    outcome_table,
    reserve_words,
    unreached_words,
)
from shopscore_analysis.show.tables import Column, causes_column, column, each, notes, table

_MARK = "＊"  # as short as that, so that a phone shows the whole table


def way_on(
    plans: Sequence[Any] | None,
    start: str = "",
    ledger: pd.DataFrame | None = None,
    aimed: Any = None,
    period: str = "",
) -> Html:
    """The way to the target, what costs most first, and a table of its three cases, with cost and what remains.

    `plans`: `promises.way`; None where the week has no dimension scores, which is said. `start`: `promises.start`.
    `ledger`: `measure.ledger.ledger`, to say what works on what costs most (`lead_words`); `aimed`: `promises.aimed`,
    which has a row of its own; `period`: the weeks of the ledger.
    """
    if plans is None:
        return tag("p", "这一周没有本店的三个维度分，算不出到目标的做法：请导入店铺体验分。", class_="note")
    labels = [*zip(plans, CASES, strict=True), *([(aimed, MAIN)] if aimed else [])]
    doubted = {} if ledger is None else reserves(ledger, plans, aimed)
    rows = pd.DataFrame([_case(plan, label, label in doubted) for plan, label in labels])
    columns = [
        Column("情形", lambda row: row.case_label, False),
        Column("措施", lambda row: row.actions, False),
        Column("花费", cost_words),
        *([Column("占用资金", capital_words)] if rows["capital"].any() else []),
        Column(OWN_TOTAL, lambda row: f"{theme.points(row.before)} → {after_words(row)}"),
    ]
    target = theme.points(plans[0].target)
    lead = plan_line(plans) if ledger is None else lead_words(ledger, plans, aimed, period)
    ends = ("按最省的做法，" if aimed else "") + _range(plans)
    line = lead + ends if plan_line(plans) else _reached(plans[0])
    own = f"{MAIN}：居中估计里，针对丢星最多的根因、又到目标的最省做法。" if aimed else ""
    claim = [f"{_MARK} {BY_CLAIM}。"] if doubted else []
    whys = [
        own,
        f"{start}。" if start else "",
        *unreached_words(plans),
        *claim,
        *reserve_words(doubted),
        alike_words(plans),
    ]
    lacking = lacking_words(missing_of(plans))
    left = folded(f"没有算进来的措施（{len(lacking)}）", notes(*lacking)) if lacking else Html()
    cases = table(rows, columns, f"到 {target} 分{'' if aimed else '最省'}的做法，{months_words(rows)}")
    return block(tag("p", line, class_="lead"), cases, notes(*filter(None, whys)), left)


def _reached(plan: Any) -> str:
    return f"{OWN_TOTAL} {theme.points(plan.total_before)} 已经到目标 {theme.points(plan.target)}，不需要新的措施。"


def _range(plans: Sequence[Any]) -> str:
    """Where the cases that reach the target end, and the ceiling of those that do not."""
    cases = list(zip(CASES, plans, strict=True))
    parts = (("到", True), ("最多到", False))
    ends = [_ends(word, [case for case in cases if case[1].feasible is reached]) for word, reached in parts]
    return f"{OWN_TOTAL}从 {theme.points(plans[0].total_before)} {'；'.join(filter(None, ends))}。"


def _ends(word: str, cases: Sequence[tuple[str, Any]]) -> str:
    """The first and the last total of some cases; which cases they are, unless all end alike."""
    if not cases:
        return ""
    (first, low), (last, high) = ((label, theme.points(plan.total_after)) for label, plan in (cases[0], cases[-1]))
    if len(cases) == len(CASES) and low == high:
        return f"{word} {low}"
    labels = first if first == last else f"{first}到{last}"
    return f"{word} {low if low == high else f'{low}—{high}'}（{labels}）"


def _case(plan: Any, label: str, doubted: bool) -> dict[str, Any]:
    actions = "、".join(item.action.label for item in plan.chosen)
    return {
        "case_label": label,
        "actions": f"{actions}{_MARK}" if doubted else actions or _idle(plan),
        "feasible": plan.feasible,
        "cost": plan.cost,
        "months": plan.months,
        "capital": plan.capital,
        "before": plan.total_before,
        "after": plan.total_after,
    }


def _idle(plan: Any) -> str:
    return "不需要" if plan.feasible else "现有措施到不了"


def promised(kept: tuple[Any, pd.DataFrame] | None, things: pd.DataFrame) -> Html:
    """What became of the last plan, and of the last report's three things; said plainly where there was none.

    `kept`: `promises.plan`; `things`: `promises.things`.
    """
    parts = [outcome_table(kept)] if kept else []
    if len(things):
        parts.append(_things_table(things))
    nothing = "还没有更早的周报或存下的计划可以核对。下一期会在这里核对这一期的三件事。"
    return block(tag("h3", "上次答应的，后来怎样？"), *(parts or [tag("p", nothing, class_="note")]))


def _things_table(things: pd.DataFrame) -> Html:
    then = words.week_name(str(things["week"].iloc[0]))
    columns = [
        causes_column("那时要做"),
        Column("哪里", lambda row: row.where.strip("「」"), False),
        Column("结果", lambda row: words.fared(row.verdict, more=row.change > 0), False),
        Column(f"{then}抱怨", lambda row: theme.ratio(row.k_before, row.n_before)),
        Column("本周抱怨", lambda row: theme.ratio(row.k, row.n)),
        Column("占比变化", lambda row: words.change(row.change)),
        Column("95% 区间", lambda row: words.change_interval(row.low, row.high)),
        column("action", "办法", number=False),
        column("who", "负责人和日期", number=False),
    ]
    told = f"{then}周报的三件事：" + "；".join(_fared(row) for row in each(things)) + "。"
    note = "总数是有文字的评价。导出里看不出事情做没做，这里只看抱怨变了没有，不证明因果。"
    return block(tag("p", told, class_="lead"), table(things, columns, f"{then}的三件事，到本周怎样了"), notes(note))


def _fared(row: Any) -> str:
    return f"「{cause_label(row.cause)}」{words.fared(row.verdict, more=row.change > 0)}"
