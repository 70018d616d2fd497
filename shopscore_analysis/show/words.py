"""Findings and estimates → Chinese sentences that claim no more than their verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pandas as pd

from shopscore_analysis.schema import (
    POSSIBLE,
    REAL,
    TABLES,
    WITHIN,
    cause_label,
    week_start,
)
from shopscore_analysis.show import theme
from shopscore_analysis.show.tables import each

# What is printed at a point of a line chart; the quiet verdicts print nothing.
WORDS_OF_VERDICT: Mapping[str, str] = MappingProxyType({REAL: "真实", POSSIBLE: "可能"})
_MARKS: Mapping[str, str] = MappingProxyType(
    {REAL: "标“真实”的周，变化超出了正常波动", POSSIBLE: "标“可能”的周，比平时起伏大，还不能排除偶然"}
)
_WAIT = "，还要再看一周"
_CLAIMS: Mapping[str, Mapping[bool, str]] = MappingProxyType(
    {
        REAL: {True: "确实变多了", False: "确实变少了"},
        POSSIBLE: {True: f"可能变多了{_WAIT}", False: f"可能变少了{_WAIT}"},
    }
)
_LEVELS: Mapping[str, str] = MappingProxyType({REAL: "一直高于其他商品", POSSIBLE: f"可能高于其他商品{_WAIT}"})


def week_name(week: str) -> str:
    """A week as a manager says it.

    >>> week_name("2026-W46")
    '第46周'
    """
    return f"第{int(week[-2:])}周"


def days(week: str, from_week: str = "") -> str:
    """The days of an ISO week, or those from the first day of another week on.

    >>> days("2026-W46"), days("2026-W46", "2026-W43")
    ('2026年11月9日—11月15日', '2026年10月19日—11月15日')
    """
    first, last = week_start(from_week or week), week_start(week) + timedelta(days=6)
    year = f"{last.year}年" if last.year != first.year else ""
    return f"{first.year}年{first.month}月{first.day}日—{year}{last.month}月{last.day}日"


def span(from_week: str, to_week: str) -> str:
    """A span of weeks.

    >>> span("2026-W44", "2026-W46"), span("2026-W46", "2026-W46")
    ('第44—46周', '第46周')
    """
    if from_week == to_week:
        return week_name(to_week)
    if from_week[:4] != to_week[:4]:
        return f"{from_week[:4]}年{week_name(from_week)}—{to_week[:4]}年{week_name(to_week)}"
    return f"第{int(from_week[-2:])}—{int(to_week[-2:])}周"


def reported(facts: Mapping[str, Any]) -> str:
    """What a report is about: its week, or the weeks from `from_week` on where its facts name one.

    >>> reported({"week": "2026-W46"}), reported({"week": "2026-W46", "from_week": "2026-W43"})
    ('第46周', '第43—46周')
    """
    return span(str(facts.get("from_week") or facts["week"]), str(facts["week"]))


def period(weeks: Sequence[str]) -> str:
    """The weeks of a report, first to last.

    >>> period(["2026-W34", "2026-W46"])
    '2026年第34—46周'
    """
    if not weeks:
        return "没有数据的时期"
    first, last = weeks[0], weeks[-1]
    return span(first, last) if first[:4] != last[:4] else f"{first[:4]}年{span(first, last)}"


def claim(verdict: str, *, more: bool) -> str:
    """What may be said of a change with this verdict, and no more.

    >>> claim("真实变化", more=True), claim("波动内", more=True)
    ('确实变多了', '在正常波动之内')
    """
    if verdict in _CLAIMS:
        return _CLAIMS[verdict][more]
    return "在正常波动之内" if verdict == WITHIN else "样本不足，暂不下结论"


def marked(verdicts: Sequence[str]) -> str:
    """What the words at the points of a line chart mean, those that are printed; "" where none is.

    >>> marked(["波动内", "真实变化"])
    '标“真实”的周，变化超出了正常波动。'
    """
    told = "；".join(said for verdict, said in _MARKS.items() if verdict in verdicts)
    return f"{told}。" if told else ""


def fared(verdict: str, *, more: bool) -> str:
    """How a complaint fared from one week to another, and no more than the verdict allows.

    >>> fared("可能变化", more=False), fared("波动内", more=True)
    ('可能变少了，还要再看一周', '看不出变化')
    """
    return "看不出变化" if verdict == WITHIN else claim(verdict, more=more)


def change(value: float) -> str:
    """A difference of two shares in percentage points.

    >>> change(-0.052), change(float("nan"))
    ('−5.2 个百分点', '—')
    """
    if value != value:
        return theme.NOTHING
    return f"{'−' if value < 0 else '+'}{abs(value) * 100:.1f} 个百分点"


def change_interval(low: float, high: float) -> str:
    """The 95 % interval of a difference of two shares, in percentage points.

    >>> change_interval(-0.08, 0.021)
    '−8.0 到 +2.1'
    """
    return f"{change(low)} 到 {change(high)}".replace(" 个百分点", "") if low == low and high == high else theme.NOTHING


def sentence(finding: Any, names: Mapping[str, str], *, ended: bool = False) -> str:
    """One finding in a sentence; of one that has ended there is nothing left to wait for.

    `finding`: a row of `findings` (kind, cause, product_id, from_week, to_week, k, n, baseline, verdict).
    """
    share = finding.k / finding.n if finding.n else 0.0
    level = finding.kind == "level"
    said = (
        _LEVELS.get(finding.verdict, claim(finding.verdict, more=True))
        if level
        else claim(finding.verdict, more=share > finding.baseline)
    )
    said = said.replace(_WAIT, "") if ended else said
    counted = f"{theme.ratio(finding.k, finding.n)} 条有文字的评价（{theme.percent(share)}）"
    against = f"{'其他商品' if level else '其余各周'} {theme.percent(finding.baseline)}"
    when = span(finding.from_week, finding.to_week)
    return f"{place(finding, names)}的「{cause_label(finding.cause)}」{said}：{when} {counted}，{against}。"


def place(finding: Any, names: Mapping[str, str]) -> str:
    """Where a finding was made: the product's name, or the whole shop."""
    product = finding.product_id
    return f"「{names.get(product, product)}」" if isinstance(product, str) and product else "全店"


def verdict_line(complaints: pd.DataFrame, found: pd.DataFrame, week: str, names: Mapping[str, str]) -> str:
    """The report in one line: did complaints change this week, and what is the gravest thing going on.

    `complaints`: `trend` of complaining reviews (week, k, n, share, center, verdict); `found`: `findings`.
    """
    now = complaints[complaints["week"] == week]
    if now.empty:
        return f"{week_name(week)}没有带文字的评价，无法判断。"
    row = now.iloc[0]
    said = claim(row["verdict"], more=bool(row["share"] > row["center"]))
    counted = f"{theme.ratio(row['k'], row['n'])} 条有文字的评价（{theme.percent(row['share'])}）"
    return f"{week_name(week)}抱怨{said}：{counted}。" + _gravest(found, week, names)


def _gravest(found: pd.DataFrame, week: str, names: Mapping[str, str]) -> str:
    worst = next(each(current(found, week)), None)
    if worst is None:
        return "没有仍在持续的异常。"
    return (
        f"最要紧的{'是' if worst.verdict == REAL else '可能是'}{place(worst, names)}的「{cause_label(worst.cause)}」。"
    )


def coverage_line(status: Mapping[str, Any], weeks: Sequence[str]) -> str:
    """Whether every table has rows in every week, in one line.

    `status`: what `Shop.status()` returns; `weeks`: the weeks that should be there.
    """
    absent = {name: sum(week not in state["weeks"] for week in weeks) for name, state in status["tables"].items()}
    told = "、".join(f"{TABLES[name].label}缺 {n} 周" for name, n in absent.items() if n)
    return f"{period(weeks)}：{told or '六种数据每周都有'}。"


def rank_words(low: float, high: float) -> str:
    """A rank, or the ranks that rounding leaves possible.

    >>> rank_words(7, 7), rank_words(7, 11)
    ('第 7 名', '第 7—11 名')
    >>> rank_words(float("nan"), float("nan"))  # no rival published a score
    '排不出名次'
    """
    if low != low or high != high:
        return "排不出名次"
    return f"第 {low:.0f} 名" if low == high else f"第 {low:.0f}—{high:.0f} 名"


def last_place(high: float, rivals: float) -> str:
    """What a rank behind all rivals means, where `high`, the last that is possible, is one; "" else.

    >>> last_place(11, 10), last_place(9, 10)
    ('名次是本店和上榜的 10 家一起排的，第 11 名就是排在这 10 家之后、没进 TOP10。', '')
    """
    if not high > rivals:
        return ""
    n = int(rivals)
    return f"名次是本店和上榜的 {n} 家一起排的，第 {n + 1} 名就是排在这 {n} 家之后{'、没进 TOP10' if n == 10 else ''}。"


def behind_words(gap: float) -> str:
    """A gap (theirs less ours) in words.

    >>> behind_words(0.08), behind_words(-0.1), behind_words(0.0)
    ('落后 0.08', '领先 0.10', '持平')
    """
    written = theme.points(abs(gap))
    if written in (theme.NOTHING, "0.00"):
        return theme.NOTHING if written == theme.NOTHING else "持平"
    return f"{'落后' if gap > 0 else '领先'} {written}"


def gap_line(gaps: pd.DataFrame) -> str:
    """The total against the TOP10 in one line.

    `gaps`: a `benchmark`.
    """
    total = gaps[(gaps["dimension"] == "total") & gaps["gap_median"].notna()]
    for row in each(total):
        median, leader = behind_words(row.gap_median), behind_words(row.gap_leader)
        return f"总分 {theme.points(row.own)}：对 TOP10 中位数{median}，对第一名{leader}（{row.rivals} 家有公布分）。"
    return "这一周没有本店体验分或 TOP10 数据，无法比较。"


def refund_line(refunds: pd.DataFrame) -> str:
    """What after-sales cost over the period in one line.

    `refunds`: `refunds` along nothing (cases, refund in yuan, k, n, share, low, high).
    """
    row = next(each(refunds))
    share = f"{theme.percent(row.share)} 的订单有售后（{theme.ratio(row.k, row.n)}）"
    return f"{share}，共 {theme.count(row.cases)} 单，退款 {theme.yuan(row.refund)}。"


def pill(finding: Any) -> str:
    """The word before a finding: its verdict, but a product that is bad all along has not changed."""
    return (
        {REAL: "一直偏高", POSSIBLE: "可能偏高"}[finding.verdict] if finding.kind == "level" else str(finding.verdict)
    )


def current(found: pd.DataFrame, week: str) -> pd.DataFrame:
    """The findings that still go on in `week` and cost stars, in their order."""
    return found[(found["to_week"] == week) & (found["loss"] > 0)]
