"""The plan: its cases, its calendar, what became of the last one, and how many five-star orders it takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopscore_analysis.schema import DIMENSIONS
from shopscore_analysis.show import theme
from shopscore_analysis.show.account import band, block
from shopscore_analysis.show.canvas import svg
from shopscore_analysis.show.html import Figure, Html, folded, tag
from shopscore_analysis.show.lead import CASES, OWN_TOTAL
from shopscore_analysis.show.tables import Column, column, each, named, notes, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SINCE = "报告出来时"
BY_CLAIM = "按来源说法达到"
NARROW = 360  # CSS pixels: as wide as a phone, so that its text needs no scaling there


def reach_words(target: float, reach: Any) -> str:
    """How many five-star orders it takes, in a sentence.

    `reach`: reviews, orders, days, None where never.
    """
    if reach.days is None:
        return f"近 30 天评价均分到 {target:.2f}：按现在的评价速度到不了"
    if reach.days == 0:
        return f"近 30 天评价均分已经到 {target:.2f}"
    return (
        f"近 30 天评价均分到 {target:.2f}：要连续 {reach.reviews} 条五星评价，约 {reach.orders} 单，"
        f"按现在的速度 {reach.days} 天（窗口每天滚动一天，期间不能有低星）"
    )


def plans_table(
    plans: pd.DataFrame,
    left_out: Mapping[str, str] | None = None,
    *remarks: str,
    lead: str = "",
    doubted: Mapping[str, str] | None = None,
) -> Html:
    """Low, mid and high case of a plan: reachable or not, actions, cost, total after; the reason in words below.

    `plans`: `score.plan.table`; `left_out`: actions that could not be planned with, and what each lacks;
    `remarks`: what else there is to say, such as `alike_words`, what weights and start rest on; `lead`: what the
    table begins with, such as `lead_words`; `doubted`: `reserves`.
    """
    doubts = doubted or {}
    columns = [
        column("case", "情形", number=False),
        Column("能否达到", lambda row: _reached(row, doubts), False),
        Column("措施", lambda row: row.actions or theme.NOTHING, False),
        Column("花费", cost_words),
        Column("占用资金", capital_words),
        column("before", f"{OWN_TOTAL}，现在", theme.points),
        Column("之后", after_words),
    ]
    whys = [f"{cases}：{words}。" for cases, words in told_once((row.case, row.words) for row in each(plans))]
    lacking = lacking_words(left_out or {})
    left = folded(f"未纳入的措施（{len(lacking)}）", notes(*lacking)) if lacking else Html()
    return block(
        tag("p", lead, class_="lead") if lead else Html(),
        table(plans, columns, f"到 {theme.points(plans['target'].iloc[0])} 分最省的做法，{months_words(plans)}"),
        notes(*whys, *reserve_words(doubts), *(f"{line.removesuffix('。')}。" for line in remarks if line)),
        left,
    )


def _reached(row: Any, doubted: Mapping[str, str]) -> str:
    if not row.feasible:
        return "不可行"
    return BY_CLAIM if row.case in doubted else "可行"


def reserve_words(doubted: Mapping[str, str]) -> list[str]:
    """What is to doubt of cases and is not said yet, a sentence each; `doubted`: `reserves`."""
    return [f"{labels}：{doubt}" for labels, doubt in told_once(doubted.items()) if doubt]


def months_words(plans: pd.DataFrame) -> str:
    """For how many months a table's costs are; `plans` has `months`."""
    return f"花费按 {plans['months'].iloc[0]} 个月算"


def cost_words(row: Any) -> str:
    """What a case costs; — where it does not reach the target, since nothing is chosen then."""
    return theme.whole_yuan(row.cost) if row.feasible else theme.NOTHING


def capital_words(row: Any) -> str:
    """What a case locks up, which is no expense; — where it does not reach the target."""
    return theme.whole_yuan(row.capital) if row.feasible else theme.NOTHING


def after_words(row: Any) -> str:
    """The total after a case; where it does not reach the target, the ceiling that all actions together have."""
    return theme.points(row.after) if row.feasible else f"最多 {theme.points(row.after)}"


def unreached_words(plans: Sequence[Any]) -> list[str]:
    """Why a case does not reach the target, a sentence each; cases that fail for the same reason share one.

    `plans`: `score.plan.plan`.
    """
    failing = [(label, found.words) for label, found in zip(CASES, plans, strict=True) if not found.feasible]
    return [f"{labels}：{words}。" for labels, words in told_once(failing)]


def told_once(said: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Labels and words, the labels of the same words joined, in the order of their first.

    >>> told_once([("保守", "不可行"), ("居中", "可行"), ("乐观", "可行")])
    [('保守', '不可行'), ('居中、乐观', '可行')]
    """
    labels: dict[str, list[str]] = {}
    for label, words in said:
        labels.setdefault(words, []).append(label)
    return [("、".join(same), words) for words, same in labels.items()]


def alike_words(plans: Sequence[Any]) -> str:
    """Why cases with the same actions come out the same, in a sentence; "" where no two do.

    `plans`: `score.plan.plan`.
    """
    same: dict[tuple[Any, ...], list[str]] = {}
    for label, found in zip(CASES, plans, strict=True):
        if found.chosen:
            ends = tuple((name, round(score, 6)) for name, score in found.after.items())
            same.setdefault((tuple(item.action.name for item in found.chosen), ends), []).append(label)
    return "".join(_alike(labels, plans) for labels in same.values() if len(labels) > 1)


def _alike(labels: Sequence[str], plans: Sequence[Any]) -> str:
    found = plans[CASES.index(labels[-1])]
    full = [DIMENSIONS[name] for name, score in found.after.items() if score >= 5 and found.before[name] < 5]
    why = f"{'、'.join(full)}已到上限 5 分，提升再大也不会更高" if full else "所选措施的提升幅度没有分高低"
    told = "三种情形" if len(labels) == len(CASES) else "和".join(labels)
    return f"{told}结果一样：{why}。"


def dated_words(calendar: pd.DataFrame, since: str) -> tuple[str, list[str]]:
    """From which day the dates count, and when each action of a plan shows: a heading and a phrase an action.

    `calendar`: `score.plan.dated` (name, action, cases, start, from, to, claim); `since`: what the first day is.
    """
    days = pd.DataFrame({name: pd.to_datetime(calendar[name]) for name in ("start", "from", "to")})
    rows = zip(calendar["cases"], calendar["claim"], days["start"], days["from"], days["to"], strict=True)
    shows = [f"（{cases}）{'来源说' if claim else ''}{_shows(*ends)}" for cases, claim, *ends in rows]
    return f"假定 {_day(days['start'].min())}（{since}）动手", shows


def calendar_figure(calendar: pd.DataFrame, since: str = SINCE, *, title: str = "什么时候见效") -> Figure | Html:
    """When each action that a case chose begins and shows, as bars over days; a note where nothing was chosen.

    `calendar`: `score.plan.dated` (action, dimension, cases, start, from, to, claim, source); `since`: what the first
    day is.
    """
    if calendar.empty:
        return tag("p", "没有要做的措施，不需要排期。", class_="note")
    days = pd.DataFrame({name: pd.to_datetime(calendar[name]) for name in ("start", "from", "to")})
    first = days["start"].min()
    head, shows = dated_words(calendar, since)
    told = f"{head}：" + "；".join(f"「{name}」{said}" for name, said in zip(calendar["action"], shows, strict=True))
    ends = days.sub(first).apply(lambda column: column.dt.days)
    size = (NARROW, 60 + 52 * len(calendar))
    picture = svg(
        lambda ax: _draw_calendar(ax, list(calendar["action"]), ends), size, key="calendar", title=title,
        description=told,
    )  # fmt: skip
    columns = [
        column("action", "措施", number=False), column("cases", "情形", number=False),
        named("dimension", "维度", DIMENSIONS), column("start", "开始", str, number=False),
        column("soon", "最早见效", str, number=False), column("to", "最晚见效", str, number=False),
        column("source", "出处", number=False),
    ]  # fmt: skip
    twin = table(calendar.rename(columns={"from": "soon"}), columns, title)
    return Figure(title, f"{told}。", picture, twin)


def _shows(start: Any, soon: Any, late: Any) -> str:
    """When an action shows, from the soonest day to the latest, and how many days that is after its start."""
    first, last = (soon - start).days, (late - start).days
    if soon == late:
        return f"{_day(soon)} 见效（第 {last} 天）" if last else "动手当天见效"
    return f"{_day(soon)}—{_day(late)} 见效（第 {first}—{last} 天）"


def _day(moment: Any) -> str:
    return f"{moment.month}月{moment.day}日"


def _draw_calendar(ax: Axes, actions: list[str], ends: pd.DataFrame) -> None:
    at = range(len(actions))
    ax.barh(at, ends["from"], left=ends["start"], height=0.3, color=theme.GRID)
    ax.barh(at, ends["to"] - ends["from"], left=ends["from"], height=0.3, color=theme.RAMP[2])
    ax.scatter(ends["to"], at, color=theme.ACCENT, s=50, zorder=3)
    for y, name in zip(at, actions, strict=True):
        ax.annotate(name, (0, y - 0.28), fontsize=13, va="bottom")
    longest = max(int(ends["to"].max()), 7)
    ax.set(xlim=(-0.5, longest * 1.06), ylim=(len(actions) - 0.4, -0.9), yticks=[])
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}天")
    ax.spines["left"].set_visible(False)


def outcome_table(kept: tuple[Any, pd.DataFrame] | None) -> Html:
    """What became of the last plan: expected against observed, per dimension; a note where none was kept.

    `kept`: `standing.promises`.
    """
    if kept is None:
        return tag("p", outcome_words(None), class_="note")
    columns = [
        named("dimension", "维度", DIMENSIONS),
        column("before", "当时", theme.points),
        Column("预期", lambda row: band(row.expected_low, row.expected_high)),
        column("observed", "现在", theme.points),
        column("verdict", "结果", number=False),
    ]
    return block(table(kept[1], columns, f"{kept[0].week} 的计划：预期与结果"), notes(outcome_words(kept)))


def outcome_words(kept: tuple[Any, pd.DataFrame] | None) -> str:
    """The last plan and which of its actions were carried out, in a sentence."""
    if kept is None:
        return "没有更早的计划可以核对：用 shopscore plan --save 存下这一次的计划，下一期会自动核对。"
    told = f"{kept[0].week} 的计划：{_carried_out(kept[0])}。"
    judged = "，".join(
        f"{DIMENSIONS[row.dimension]}{row.verdict}" for row in each(kept[1]) if row.verdict != "没有计划"
    )
    return f"{told}{judged}。结果与预期并列，不证明因果。" if judged else told


def saved_words(kept: Any) -> str:
    """The plan that is kept of the week at hand, and how its actions are marked, in a sentence.

    `kept`: `score.record.Kept`.
    """
    return (
        f"本期（{kept.week}）的计划已存下，下一期会自动核对：{_carried_out(kept)}。"
        "做完一项就用 shopscore plan --done 加上方括号里的名字标记。"
    )


def _carried_out(kept: Any) -> str:
    """Which actions of a kept plan were carried out and which were not."""
    labels = {item.action.name: item.action.label for item in kept.plan.chosen}
    done = [label for name, label in labels.items() if name in kept.done]
    left = [label for name, label in labels.items() if name not in kept.done]
    return f"已执行 {'、'.join(done) or '无'}；未执行 {'、'.join(left) or '无'}"


def advice_table(advice: pd.DataFrame) -> Html:
    """What to keep and what to drop of the plans made so far; a note where none was kept.

    `advice`: `score.record.advice`.
    """
    if advice.empty:
        return tag("p", "还没有存下的计划，没有可以保留或停掉的措施。", class_="note")
    columns = [
        column("week", "计划", number=False),
        column("action", "措施", number=False),
        Column("执行", lambda row: "是" if row.done else "否", False),
        Column("最晚见效", lambda row: str(row.due), False),
        Column("预期", lambda row: band(row.expected_low, row.expected_high)),
        column("observed", "现在", theme.points),
        column("advice", "建议", number=False),
    ]
    return table(advice, columns, "哪些保留，哪些该停")


def lacking_words(missing: Mapping[str, str]) -> list[str]:
    """What each action that could not be planned with lacks and where to enter it, a sentence each.

    `missing`: `missing_of`.
    """
    return [f"未纳入「{label}」：{lacks}，填在 shop.toml 的 [plan] 里。" for label, lacks in missing.items()]


def missing_of(plans: Sequence[Any]) -> dict[str, str]:
    """The actions that could not be planned with, by label, and what each lacks.

    `plans`: `score.plan.plan`.
    """
    return {item.action.label: item.missing for item in plans[0].left_out}
