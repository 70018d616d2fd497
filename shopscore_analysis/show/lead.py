"""The way to the target in words, beginning with the cause that costs most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from shopscore_analysis.schema import DIMENSIONS, cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.tables import each, lost_by

CASES = ("保守", "居中", "乐观")
MAIN = "主因"  # as short as the names of the cases, so that a phone shows the whole table
OWN_TOTAL = "自算总分"  # three published dimensions by their weights; the platform publishes a total of its own


def plan_line(plans: Sequence[Any]) -> str:
    """The cheapest way of the mid case in a sentence, or that there is none.

    `plans`: `score.plan.plan`.
    """
    mid = plans[1]
    if not mid.feasible:
        return f"按居中估计，现有措施到不了 {theme.points(mid.target)}。"
    if not mid.chosen:
        return ""
    claimed = "（来源的说法，未经本店验证）" if any(item.action.claim for item in mid.chosen) else ""
    return f"按居中估计，最省的做法是{_labels(mid.chosen)}，{_price(mid)}{claimed}。"


def lead_words(ledger: pd.DataFrame, plans: Sequence[Any], aimed: Any = None, period: str = "") -> str:
    """The way to the target, what costs most first: what works on it, and why something else may do for the target.

    `ledger`: `measure.ledger.ledger` over causes (cause, n, loss, share_of_loss); `plans`: `score.plan.plan`; `aimed`:
    `standing.aimed`, None where nothing works on it, or the mid case does; `period`: the weeks of the ledger, which
    decide what costs most.
    """
    lost, mid = lost_by(ledger), plans[1]
    if aimed is None:
        main = _aside(lost, mid) or _met(lost, mid)
        return (period if main else "") + main + plan_line(plans) + _doubt([mid], lost)
    rest = [plan for plan in (aimed, mid) if not _over_promised(lost, plan)]
    claimed = any(item.action.claim for plan in rest for item in plan.chosen)
    open_ = "能提多少都是来源的说法，未经本店验证。" if claimed else ""
    return period + _main_first(lost, mid, aimed) + _doubt([aimed, mid], lost) + open_


def reserves(ledger: pd.DataFrame, plans: Sequence[Any], aimed: Any = None) -> dict[str, str]:
    """The cases that only their sources let reach the target, as their causes cost the shop less: the doubt, by label.

    "" where `lead_words` of the same ledger, plans and aimed says it already, of the same actions.
    """
    lost = lost_by(ledger)
    cases = dict(zip(CASES, plans, strict=True)) | ({MAIN: aimed} if aimed else {})
    doubted = {label: plan for label, plan in cases.items() if _over_promised(lost, plan)}
    told = {_labels(plan.chosen) for label, plan in doubted.items() if label in (CASES[1], MAIN)}
    return {label: "" if _labels(plan.chosen) in told else _doubt([plan], lost) for label, plan in doubted.items()}


def _met(lost: pd.DataFrame, mid: Any) -> str:
    """What costs most, and that a plan works on it, where there is one; "" where nothing was lost or is to do."""
    main = next(each(lost), None)
    if main is None or (mid.feasible and not mid.chosen):
        return ""
    works = "，最省的做法针对它" if mid.chosen else ""
    return f"丢星最多的是「{cause_label(main.cause)}」（占 {theme.percent(main.share_of_loss)}）{works}。"


def _main_first(lost: pd.DataFrame, mid: Any, aimed: Any) -> str:
    main = lost.iloc[0]
    name = f"「{cause_label(main['cause'])}」"
    works = [main["cause"] in item.action.causes for item in aimed.chosen]
    against = _labels([item for item, on in zip(aimed.chosen, works, strict=True) if on])
    beside = _labels([item for item, on in zip(aimed.chosen, works, strict=True) if not on])
    end = f"按居中估计{OWN_TOTAL}到 {theme.points(aimed.total_after)}"
    own = f"针对它的做法是{against}{f'，再加{beside}，' if beside else '，'}{_price(aimed, bool(beside))}，{end}。"
    less = "更省，" if round(mid.cost) < round(aimed.cost) else "也够，同样 "
    cheaper = f"{_labels(mid.chosen)}{less}{_price(mid)}，但{_aims(lost, mid)}不治{name}。"
    return (
        f"丢星最多的是{name}（占 {theme.percent(main['share_of_loss'])}），{own}"
        f"只求到 {theme.points(aimed.target)}，{cheaper}"
    )


def _labels(chosen: Sequence[Any]) -> str:
    return "、".join(item.action.label for item in chosen)


def _price(plan: Any, together: bool = False) -> str:
    """What a plan costs for how many months, and the money that it locks up, where it does."""
    locked = f"，另占用资金 {theme.whole_yuan(plan.capital)}" if plan.capital else ""
    return f"{plan.months} 个月{'共' if together else ''} {theme.whole_yuan(plan.cost)}{locked}"


def _meant(lost: pd.DataFrame, plan: Any) -> pd.DataFrame:
    """The causes that lost stars and that a plan works on, the dearest first."""
    return lost[lost["cause"].isin({cause for item in plan.chosen for cause in item.action.causes})]


def _aims(lost: pd.DataFrame, plan: Any) -> str:
    """What else a plan works on, and how much that cost; "" where its actions name no cause that did."""
    meant = _meant(lost, plan)
    named_ = "、".join(cause_label(cause) for cause in meant["cause"].head(3))
    return f"针对的是{named_}（共占 {theme.percent(meant['share_of_loss'].sum())}），" if named_ else ""


def _over_promised(lost: pd.DataFrame, plan: Any) -> bool:
    """Whether a source promises more than its causes cost this shop; never where something of it is measured."""
    claimed = bool(plan.chosen) and all(item.action.claim for item in plan.chosen)
    most, lift = _most(lost, plan), _lift(plan)
    return claimed and most > 0 and round(most, 2) < round(lift, 2)


def _lift(plan: Any) -> float:
    return float(sum(plan.after[name] - plan.before[name] for name in DIMENSIONS))


def _most(lost: pd.DataFrame, plan: Any) -> float:
    """The stars that an average review would gain without the causes that a plan works on; 0 where they cost none."""
    meant = _meant(lost, plan)
    return float(meant["loss"].sum() / meant["n"].max()) if len(meant) else 0.0


def _doubt(plans: Sequence[Any], lost: pd.DataFrame) -> str:
    """That the sources of plans promise more than their causes cost this shop, a plan each; "" where none does."""
    doubted = [plan for plan in plans if _over_promised(lost, plan)]
    if not doubted:
        return ""
    said = "、".join(f"{_labels(plan.chosen)}能把{_lifted(plan)}提 {theme.points(_lift(plan))}" for plan in doubted)
    most = "、".join(theme.points(_most(lost, plan)) for plan in doubted)
    all_, whose = ("都", "各自") if len(doubted) > 1 else ("", "它")
    return (
        f"{said} {all_}是来源的说法，可按本店的评价，{whose}针对的抱怨全部消失，"
        f"平均每条也只补回 {most} 星：先小范围试，见效再花这笔钱。"
    )


def _lifted(plan: Any) -> str:
    """The dimensions that a plan lifts."""
    named_ = [label for name, label in DIMENSIONS.items() if plan.after[name] > plan.before[name]]
    return f"{'、'.join(named_)}分{'共' if len(named_) > 1 else ''}"


def _aside(lost: pd.DataFrame, mid: Any) -> str:
    """Why the mid case names others than an action against the cause that costs most; "" where it does not."""
    cause = next(iter(lost["cause"]), "")
    if not cause or not mid.chosen or any(cause in item.action.causes for item in mid.chosen):
        return ""
    first = f"丢星最多的是「{cause_label(cause)}」，居中情形里没有直接针对它的措施："
    known = [item.action.label for item in mid.items if cause in item.action.causes]
    lacking = [item.action.label for item in mid.left_out if cause in item.action.causes]
    if known:
        return f"{first}「{'」「'.join(known)}」能改善它，但到目标不是最省的，或和已选的只能选一样。"
    if lacking:
        return f"{first}「{'」「'.join(lacking)}」能改善它，还缺数字，没有纳入。"
    return (
        f"{first}措施表里没有一条能改善它，计划只能靠别的措施提分。先照周报“本周三件事”处理它；"
        "有了自己的做法和花费，写进 actions.toml，计划就会把它算进去。"
    )
