"""A/B tests → sentences and tables; no word outruns what the statistics say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from shopscore_analysis.declaration import (
    BETTER,
    DIFFERENT,
    EQUAL,
    PRODUCT,
    STOPPED,
    TOO_FEW,
    WORSE,
    Experiment,
    metric,
)
from shopscore_analysis.show import theme
from shopscore_analysis.show.html import Html, tag
from shopscore_analysis.show.tables import Column, column, each, notes, table

SPLITS: Mapping[str, str] = {
    "order": "按订单号随机", "product": "按商品随机", "channel": "按渠道", "carrier": "按快递", "warehouse": "按仓库",
    "province": "按省份", "creator": "按达人",
}  # fmt: skip
MODES: Mapping[str, str] = {"fixed": "到期读一次", "sequential": "随时可读"}
_FIELDS: Mapping[str, str] = {
    "hypothesis": "假设", "metric": "指标", "effect": "最小效应", "start": "开始", "end": "结束", "arms": "分组",
    "split": "分法", "salt": "盐", "mode": "读法", "guards": "护栏", "days": "观察天数",
}  # fmt: skip
NO_TESTS = "没有到了开始日、有订单可读的测试。在 shop.toml 里用 [[experiments]] 声明。"
_VALUES = 8  # values of a column that a note lists


def level(value: float, name: str) -> str:
    """A level of a metric: a percentage, or stars.

    >>> level(0.031, "bad_review"), level(4.706, "stars")
    ('3.1%', '4.706 星')
    """
    return f"{theme.fine(value)} 星" if metric(name).is_mean else theme.percent(value)


def change(value: float, name: str) -> str:
    """A difference of a metric with its sign, in percentage points or stars.

    >>> change(-0.0112, "bad_review"), change(0.05, "stars")
    ('−1.12 个百分点', '+0.050 星')
    """
    if value != value:
        return theme.NOTHING
    sign = "−" if value < 0 else "+"
    return f"{sign}{abs(value):.3f} 星" if metric(name).is_mean else f"{sign}{abs(value) * 100:.2f} 个百分点"


def between(low: float, high: float, name: str) -> str:
    """The ends of an interval of a difference.

    >>> between(-0.01, 0.002, "late")
    '−1.00 至 +0.20 个百分点'
    """
    first, last = change(low, name), change(high, name)
    return theme.NOTHING if low != low else f"{first.split()[0]} 至 {last}"


def size(value: float, name: str) -> str:
    """A difference of a metric without a sign."""
    return change(abs(value), name).lstrip("+")


def plan_words(plan: Any) -> str:
    """What a test needs, or why it is refused, in a sentence. `plan`: `experiments.Plan`."""
    test, before = plan.test, plan.baseline
    unit = "个商品" if test.split == PRODUCT else "个订单"
    each_arm = "、".join(f"{arm} {theme.count(n)}" for arm, n in plan.needed.items())
    told = (
        f"现在的{test.measured.label}是 {level(before.level, test.metric)}（{theme.count(before.n)} {unit}，"
        f"分母是{test.measured.of}）；要看出 {size(test.effect, test.metric)}，需要 {each_arm} {unit}。"
    )
    return told + (_refused(plan) if plan.refused else _in_reach(plan))


def _refused(plan: Any) -> str:
    if plan.test.split == PRODUCT:
        return f"拒绝：一共只有 {theme.count(plan.baseline.n)} 个商品。"
    enough = plan.detectable == plan.detectable
    least = (
        f"{plan.horizon:g} 周里最小只看得出 {size(plan.detectable, plan.test.metric)}"
        if enough
        else "多大的效应都看不出"
    )
    weekly = theme.count(plan.baseline.weekly)
    return f"拒绝：本店每周约 {weekly} 个，要 {plan.weeks:.1f} 周，超过 {plan.horizon:g} 周；{least}。"


def _in_reach(plan: Any) -> str:
    test = plan.test
    if test.split == PRODUCT:
        return "商品够用，开始即可。"
    told = (
        f"本店每周约 {theme.count(plan.baseline.weekly)} 个，要 {plan.weeks:.1f} 周的订单"
        f"（到 {plan.last_day}），再等 {test.days} 天评价和退货到齐。"
    )
    return told + ("" if plan.last_day <= test.end else f"声明的结束日 {test.end} 太早，到期也读不出来。")


def split_words(readout: Any) -> str:
    """The sample-ratio check in a sentence: the first line of every readout."""
    split = readout.split
    counts = "、".join(f"{arm} {theme.count(n)}" for arm, n in zip(split.arms, split.counts, strict=True))
    if split.p != split.p:
        return f"分流：{counts}。没有声明份额或还没有订单，查不了分流。"
    chance = "p < 0.001" if split.failed else f"p = {split.p:.3f}"
    if split.failed:
        expected = "、".join(theme.count(n) for n in split.expected)
        return f"{STOPPED}。{counts}，按声明的份额应是 {expected}（{chance}）；先查分组、漏单和重复，查清之前不读结果。"
    return f"分流正常：{counts}（{chance}）。"


def row_words(row: Any, control: str) -> str:
    """One comparison in a sentence: levels, k/n, difference, interval, verdict."""
    if row.change != row.change:
        return f"{row.arm}：{row.verdict}（{theme.count(row.n)} 对 {control} {theme.count(row.n_control)}）。"
    own, other = (_counted(row, suffix) for suffix in ("", "_control"))
    ends = between(row.low, row.high, row.metric)
    return (
        f"{row.arm} {own}，{control} {other}；差 {change(row.change, row.metric)}，95% 区间 {ends}：{_verdict(row)}。"
    )


def _verdict(row: Any) -> str:
    """The verdict; beside it, where no one effect fits every look, that the effect changed with time."""
    return f"{row.verdict}（前后不一致：效应随时间变了）" if row.drifted else str(row.verdict)


def _counted(row: Any, suffix: str) -> str:
    k, n, value = (getattr(row, name + suffix) for name in ("k", "n", "level"))
    counted = theme.ratio(k, n) if k == k else f"{theme.count(n)} 个"
    return f"{level(value, row.metric)}（{counted}）"


def decision_words(readout: Any) -> str:
    """What may be said of the metric that decides, every arm in a sentence."""
    if readout.split.failed:
        return STOPPED
    control = readout.test.arms[0].name
    return " ".join(row_words(row, control) for row in each(readout.main)) or TOO_FEW


def readout_notes(readout: Any) -> list[str]:
    """What must be known beside the decision: what is read, size of the effect, guards."""
    return [*_reading(readout), *_sizes(readout), *_guarded(readout)]


def honesty_notes(readout: Any) -> list[str]:
    """What must be known before the decision: declared late, changed since, not drawn."""
    test, standing = readout.test, readout.standing
    told = []
    if standing.is_late:
        told.append(f"声明晚于开始：{standing.seen} 才第一次见到，{test.start} 已经开始；结果只作参考，不作证据。")
    if standing.changed:
        fields = "、".join(_FIELDS.get(name, name) for name in standing.changed)
        told.append(f"开始之后改过声明（{fields}；{standing.changed_at} 见到）；结果只作参考，另起一个名字重测才作数。")
    if test.mode == "sequential" and standing.mode == "fixed":
        told.append("随时可读要在开始之前声明才算；这里按到期读一次处理。")
    if not test.is_hashed:
        told.append(
            f"{SPLITS[test.split]}分组，不是随机分的：两组的买家、商品、时间可能本来就不同，只能说有差别，不能说是原因。"
        )
    return told


def _reading(readout: Any) -> list[str]:
    test = readout.test
    told = [
        f"只读下单满 {test.days} 天的：{theme.ratio(readout.ripe, readout.placed)} 个可读，"
        f"订单、评价、售后的导出都到了 {readout.known_until:%Y-%m-%d %H:%M}；"
        f"每单只算下单后 {test.days} 天以内的签收、评价和售后，以后再来的不算。"
    ]
    if not readout.over and readout.standing.mode == "fixed" and not readout.split.failed:
        told.append(
            f"提前看：到 {test.readable_on} 才到齐。到期读一次的测试，看的次数越多，误报越多；现在的区间不作结论。"
        )
    if readout.outside or readout.mixed:
        mixed = f"一单跨两组的 {theme.count(readout.mixed)} 单"
        told.append(f"没有分组的子订单 {theme.count(readout.outside)} 个{_strangers(readout)}，{mixed}，都没有读。")
    if len(test.arms) > 2:
        told.append(f"{len(test.arms) - 1} 个组各和「{test.arms[0].name}」比，p 按 Holm 校正；区间是单独的 95% 区间。")
    return told


def _strangers(readout: Any) -> str:
    """The values of the splitting column that no arm names, the most frequent first."""
    if not readout.strangers:
        return ""
    found = "、".join(f"{value or '空白'} {theme.count(n)}" for value, n in list(readout.strangers.items())[:_VALUES])
    more = f" 等 {len(readout.strangers)} 种" if len(readout.strangers) > _VALUES else ""
    declared = "、".join(arm.value for arm in readout.test.arms)
    return f"（{SPLITS[readout.test.split].removeprefix('按')}里是 {found}{more}；声明的是 {declared}）"


def _sizes(readout: Any) -> list[str]:
    return [told for row in each(readout.main) if (told := _size_words(row, readout.test))]


def _size_words(row: Any, test: Experiment) -> str:
    """Whether the effect is as large as was asked for, and how many units are missing."""
    least = size(test.effect, test.metric)
    if row.verdict in (BETTER, WORSE):
        sure = min(abs(row.low), abs(row.high))
        return (
            ""
            if sure >= test.effect
            else f"{row.arm}：差别至少 {size(sure, test.metric)}，够不够声明的 {least} 还看不出。"
        )
    if row.verdict == EQUAL and max(abs(row.low), abs(row.high)) < test.effect:
        return f"{row.arm}：就算有差别，也不到声明的 {least}。"
    if row.verdict == TOO_FEW and row.n_control < row.needed:
        return f"{row.arm}：要看出 {least}，对照要 {theme.count(row.needed)} 个，现在 {theme.count(row.n_control)} 个。"
    return ""


def _guarded(readout: Any) -> list[str]:
    worse = [row for row in each(readout.guards) if row.verdict == WORSE]
    told = [
        f"护栏变差：{row.arm} 的{metric(row.metric).label} {change(row.change, row.metric)}；先别放大。"
        for row in worse
    ]
    if any(row.verdict == DIFFERENT and row.metric == "reviewed" for row in each(readout.guards)):
        told.append("各组来评价的比例不同：只在评价里读的指标，可能变的是谁来评，而不是满意不满意。")
    return told


def experiments_table(tests: Sequence[Experiment], standings: Mapping[str, Any]) -> Html:
    """Every declared test: hypothesis, metric, smallest effect, arms, split, mode, days, and how it was declared."""
    rows = pd.DataFrame({"test": list(tests)}, dtype=object)
    columns = [
        Column("测试", lambda row: row.test.name, number=False),
        Column("假设", lambda row: row.test.hypothesis, number=False),
        Column("指标", lambda row: row.test.measured.label, number=False),
        Column("最小效应", lambda row: size(row.test.effect, row.test.metric)),
        Column("分组", lambda row: "、".join(arm.name for arm in row.test.arms), number=False),
        Column("分法", lambda row: SPLITS[row.test.split], number=False),
        Column("读法", lambda row: MODES[row.test.mode], number=False),
        Column("起止", lambda row: f"{row.test.start} — {row.test.end}", number=False),
        Column("声明", lambda row: standing_words(standings[row.test.name]), number=False),
    ]
    return table(rows, columns, "声明过的测试")


def standing_words(standing: Any) -> str:
    """How a declaration stands, in a few words."""
    told = [f"{standing.seen:%Y-%m-%d} 见到"]
    told += ["晚于开始"] if standing.is_late else []
    told += ["开始后改过"] if standing.changed else []
    return "，".join(told)


def effects_table(rows: pd.DataFrame, caption: str) -> Html:
    """Comparisons with the control: levels with k/n, difference, interval, p after Holm, verdict."""
    columns = [
        Column("指标", lambda row: metric(row.metric).label, number=False),
        column("arm", "组", number=False),
        Column("结论", _verdict, number=False),
        Column("这一组", lambda row: _counted(row, "")),
        Column("对照", lambda row: _counted(row, "_control")),
        Column("差", lambda row: change(row.change, row.metric)),
        Column("95% 区间", lambda row: between(row.low, row.high, row.metric)),
        Column(
            "p（Holm）", lambda row: theme.NOTHING if row.q != row.q else "< 0.001" if row.q < 0.001 else f"{row.q:.3f}"
        ),
    ]
    return table(rows, columns, caption)


def experiment_plan(plans: Sequence[Any], refused: Mapping[str, str] | None = None) -> Html:
    """What each test needs, in a sentence each; `refused`: name → why it cannot be planned (`experiments.plans`)."""
    said = [f"{plan.test.name}：{plan_words(plan)}" for plan in plans]
    said += [f"{name}：{_IMPOSSIBLE[reason]}" for name, reason in (refused or {}).items()]
    return notes(*said) if said else tag("p", NO_TESTS, class_="note")


_IMPOSSIBLE: Mapping[str, str] = {
    "no-records": "开始之前没有可用的数据，算不出要多少单。",
    "too-large": "声明的最小效应比现在的水平还大，降不了那么多；改小它。",
}


def experiment_line(readouts: Sequence[Any]) -> str:
    """The verdict of every test with orders, in one line."""
    said = [f"{one.test.name}：{_short(one)}" for one in readouts]
    return "；".join(said) + "。" if said else "没有正在做或做完的测试。"


def _short(readout: Any) -> str:
    if readout.split.failed:
        return STOPPED
    several = len(readout.test.arms) > 2
    said = "、".join(f"{row.arm if several else ''}{_verdict(row)}" for row in each(readout.main)) or TOO_FEW
    return said + _caveat(readout)


def _caveat(readout: Any) -> str:
    """What a verdict of a late, changed or undrawn test must not be quoted without."""
    standing = readout.standing
    faults = "、".join([*(["声明晚"] if standing.is_late else []), *(["改过"] if standing.changed else [])])
    told = [f"{faults}，只作参考"] if faults else []
    told += [] if readout.test.is_hashed else ["非随机"]
    return f"（{'；'.join(told)}）" if told else ""
