"""Findings and estimates → Chinese sentences that claim no more than their verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pandas as pd

from shopscore_analysis.schema import (
    CAUSES,
    POSSIBLE,
    REAL,
    TABLES,
    UNATTRIBUTED,
    WITHIN,
    cause_label,
    week_start,
)
from shopscore_analysis.show import theme
from shopscore_analysis.show.tables import each

COST = "近期丢星"  # stands where a verdict would, of a cause that costs stars without having changed
ENOUGH = 5  # reviews from which a cost is worth a task
# What is printed at a point of a line chart; the quiet verdicts print nothing.
WORDS_OF_VERDICT: Mapping[str, str] = MappingProxyType({REAL: "真实", POSSIBLE: "可能"})
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


# The first thing to try for each cause; what it costs and brings belongs to the plan.
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "defect": "抽检在库批次，联系供应商换货",
        "performance": "核对性能说明，下架达不到的卖点",
        "material": "复核面料成分，和供应商对样",
        "not_as_described": "对照实物重拍主图、改详情页",
        "size_fit": "实测尺寸和分量，改详情页上的标注",
        "counterfeit": "核对进货凭证，详情页加验真方式",
        "spoiled": "缩短在库天数，高温天加冰袋",
        "taste_smell": "留样复评，停发异味批次",
        "usability": "补一张使用图，改进说明书",
        "poor_value": "核对同款价格，调整赠品或定价",
        "late_dispatch": "清理超 24 小时未发的订单，缺货的先下架",
        "slow_delivery": "和快递核对慢线路，换线或换仓",
        "package_damage": "加固包装，易损品改用硬盒",
        "wrong_item": "拣货复核加扫码",
        "missing_items": "打包清单随箱，出库称重复核",
        "courier": "向快递网点投诉，反复出错的换网点",
        "slow_response": "高峰时段加人，未回复会话 3 分钟提醒",
        "bad_attitude": "复盘会话，当班培训",
        "unresolved": "未结售后逐单定责任人",
        "refund_return": "放宽退换条件的审核，退款 24 小时内处理",
        "price_promo": "活动前后价格留档，差价主动补",
        "installation": "下单页写明安装收费",
    }
)


def due(week: str) -> str:
    """The Friday after the reported week: when this week's three things should be done.

    >>> due("2026-W46")
    '11月20日（周五）'
    """
    friday: datetime = week_start(week) + timedelta(days=11)
    return f"{friday.month}月{friday.day}日（周五）"


def things_to_do(
    found: pd.DataFrame, ledger: pd.DataFrame, owners: Mapping[str, str], week: str, names: Mapping[str, str]
) -> pd.DataFrame:
    """本周三件事: cause, where, why, verdict, action, points, owner, due; at most three rows.

    First the findings that are sure and still go on, most important first; then the dearest causes of the ledger,
    less what surges cost that are over (those are left to the watch list); findings that are only possible fill
    what is left. `points` is what the mean stars of the ledger's weeks would gain: of a finding, if it fell back to
    its baseline, and never more than the whole cause costs; of a cost, if the cause vanished.
    """
    wanted = ["cause", "where", "why", "verdict", "loss"]
    sure, unsure = (_ongoing(found[found["verdict"] == word], week, names) for word in (REAL, POSSIBLE))
    chosen = pd.DataFrame([*sure, *_dear(ledger, _over(found, week)), *unsure], columns=wanted)
    chosen = chosen.drop_duplicates("cause").head(3).reset_index(drop=True)
    most = chosen["cause"].map(dict(zip(ledger["cause"], ledger["loss"], strict=True))).fillna(0)
    return chosen.drop(columns="loss").assign(
        action=chosen["cause"].map(ACTIONS),
        points=chosen["loss"].clip(upper=most) / ledger["n"].max(),
        owner=[owners[CAUSES[cause].dimension] for cause in chosen["cause"]],
        due=due(week),
    )


def pill(finding: Any) -> str:
    """The word before a finding: its verdict, but a product that is bad all along has not changed."""
    return (
        {REAL: "一直偏高", POSSIBLE: "可能偏高"}[finding.verdict] if finding.kind == "level" else str(finding.verdict)
    )


def current(found: pd.DataFrame, week: str) -> pd.DataFrame:
    """The findings that still go on in `week` and cost stars, in their order."""
    return found[(found["to_week"] == week) & (found["loss"] > 0)]


def _ongoing(found: pd.DataFrame, week: str, names: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    for finding in each(current(found, week)):
        yield finding.cause, place(finding, names), sentence(finding, names), finding.verdict, finding.loss


def _over(found: pd.DataFrame, week: str) -> dict[str, float]:
    """The stars that each cause lost in surges that are over: dear in the ledger, but nothing to act on any more."""
    ended = found[(found["kind"] == "change") & (found["to_week"] < week) & (found["loss"] > 0)]
    return {str(cause): float(loss) for cause, loss in ended.groupby("cause")["loss"].sum().items()}


def _dear(ledger: pd.DataFrame, over: Mapping[str, float]) -> Iterator[tuple[object, ...]]:
    known = ledger[(ledger["k"] >= ENOUGH) & (ledger["cause"] != UNATTRIBUTED)]
    known = known.assign(left=known["loss"] - known["cause"].map(over).fillna(0))
    for cost in each(known[known["left"] > 0].sort_values(["left", "cause"], ascending=[False, True])):
        counted = f"{theme.ratio(cost.k, cost.n)} 条评价因它丢星"
        yield (
            cost.cause,
            "全店",
            f"占全部丢星的 {theme.percent(cost.share_of_loss)}，{counted}。",
            COST,
            cost.left,
        )
