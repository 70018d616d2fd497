"""The account of a score: indicators → dimensions → total under a rule set, beside the platform's own figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from shopscore_analysis.schema import DIMENSIONS
from shopscore_analysis.score.reviewed import Reviewed, read_reviewed
from shopscore_analysis.score.rules import RuleSet, Weighting, band_of, half_up, rule_breaks, shown, weighted

SERVICE_WEIGHTS = Path(__file__).parent.parent / "data" / "service_weights.toml"
COMPUTABLE = {"exact": "可精确计算", "proxy": "近似", "none": "导出算不出"}
DIMENSION_COLUMNS = ("dimension", "low", "high", "weight", "points", "ledger")
INDICATOR_COLUMNS = (
    "dimension", "name", "label", "computable", "value", "unit", "k", "n", "low", "high", "weight", "note",
)  # fmt: skip
_COARSEST = {5: 1, 100: 0}  # decimals of what the platform publishes on each scale, at the least
ESTIMATED = ("value", "unit", "k", "n", "low", "high")


class Published(NamedTuple):
    """What the platform publishes of one day, on its own scale (5 or 100); NaN where it leaves a score out."""

    day: date
    scale: int
    total: float
    dimensions: Mapping[str, float]


class ServiceWeights(Reviewed):
    """Weights of the service indicators (percent) by 考核行业 × 店铺类型, and the days on which they were in force."""

    first: date
    last: date
    source: str
    indicators: tuple[str, ...]
    rows: tuple[tuple[str, str, int, int, int, int], ...]


@dataclass(frozen=True)
class Account:
    """How a total comes about.

    `dimensions`: dimension, low, high (the platform's value on the rule set's scale; a band where it had to be read
    from the other scale), weight, points (of the total, from low), ledger (5 less the stars that reviews lost to it:
    our own reading). `stars`: the mean stars of the same reviews. `indicators`: those of the rule set with what the
    exports give. `low`, `high`: our own total; `platform` the published one, on the rule set's scale, as a band too.
    `notes` in the reader's language.
    """

    rules: RuleSet
    weighting: Weighting
    published: Published
    dimensions: pd.DataFrame
    indicators: pd.DataFrame
    low: float
    high: float
    platform: tuple[float, float]
    notes: tuple[str, ...]
    stars: float


@cache
def service_weights(path: Path = SERVICE_WEIGHTS) -> ServiceWeights:
    """The reviewed table of service-indicator weights; LexiconError names the fault of its file."""
    return read_reviewed(path, "weights of the service indicators", ServiceWeights.model_validate)


def indicator_weights(rules: RuleSet, industry: str, shop_type: str) -> tuple[dict[str, float], str]:
    """Weights of the service indicators as fractions of 1, and a note; empty where none are in force or known.

    They were published for one version of the rules only; later versions know no weight of a single indicator.

    >>> from shopscore_analysis.score.rules import rule_set
    >>> indicator_weights(rule_set("douyin-2026-07-14"), "女装", "非旗舰")[0]["reply"]
    0.4
    """
    table = service_weights()
    if rules.effective is None or not table.first <= rules.effective <= table.last:
        ended = f"服务指标权重只在 {table.first}—{table.last} 有效" if rules.official else ""
        return {}, f"{ended}，本规则没有单项权重" if ended else ""
    for name, kind, *percents in table.rows:
        if name == industry and kind in (shop_type, "通用"):
            weights = dict(zip(table.indicators, (percent / 100 for percent in percents), strict=True))
            return weights, f"服务指标权重：{name} {kind}（{table.source}）"
    return {}, "服务指标权重按考核行业与店铺类型而定：请在 shop.toml 填写 industry 和 shop_type"


def on_scale(value: float, scale: int, rules: RuleSet) -> tuple[float, float]:
    """A published value on the scale of a rule set: itself, as consumers see it, or the band behind it.

    A value of 5 is a band of 100 points, never a point. NaN stays NaN, and so does what no table lists.

    >>> from shopscore_analysis.score.rules import rule_set
    >>> on_scale(90, 100, rule_set("article-5pt")), on_scale(4.8, 5, rule_set("douyin-2026-09-08"))
    ((4.8, 4.8), (89.0, 92.0))
    """
    if np.isnan(value) or scale == rules.scale:
        return value, value
    if rules.scale == 5:
        return shown(value), shown(value)
    try:
        low, high = band_of(half_up(value, 1), rules)
    except ValueError:
        return np.nan, np.nan
    return float(low), float(high)


def account(
    rules: RuleSet,
    weighting: Weighting,
    published: Published,
    found: pd.DataFrame,
    *,
    ledger: Mapping[str, float] | None = None,
    history: tuple[date, date] | None = None,
    industry: tuple[str, str] = ("", ""),
) -> Account:
    """The account of one day's score.

    `found`: estimates of indicators (name, value, unit, k, n, low, high); `ledger`: stars by dimension as the own
    reviews give them (5 less what its causes lost), and their mean as "total"; `history`: first and last day of the
    own scores, for breaks of the rules; `industry`: 考核行业 and 店铺类型. Dimensions are the platform's: how
    indicators become a dimension is not public.
    """
    ends = {name: on_scale(published.dimensions.get(name, np.nan), published.scale, rules) for name in DIMENSIONS}
    rows = [
        (name, *ends[name], weighting.weights[name], ends[name][0] * weighting.weights[name],
         (ledger or {}).get(name, np.nan))
        for name in DIMENSIONS
    ]  # fmt: skip
    low, high = (weighted({name: pair[end] for name, pair in ends.items()}, weighting.weights) for end in (0, 1))
    platform = on_scale(published.total, published.scale, rules)
    single, note = indicator_weights(rules, *industry)
    notes = [_difference(rules, ends, (low, high), platform), weighting.note, rules.note, note, _events(rules)]
    notes += [_scale_note(rules, published), *(breaks(*history) if history else ())]
    return Account(
        rules, weighting, published, pd.DataFrame(rows, columns=list(DIMENSION_COLUMNS)),
        _indicators(rules, found, single), low, high, platform, tuple(filter(None, notes)),
        (ledger or {}).get("total", np.nan),
    )  # fmt: skip


def _indicators(rules: RuleSet, found: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """The rule set's indicators beside what the exports give for each; what they do not allow stays empty."""
    known = found.set_index("name")
    asked = rules.indicators
    table = pd.DataFrame(
        [row.model_dump(include={"dimension", "name", "label", "computable", "note"}) for row in asked]
    )
    values = known.reindex([row.name if row.computable != "none" else "" for row in asked])[list(ESTIMATED)]
    table = pd.concat([table, values.reset_index(drop=True)], axis=1)
    return table.assign(weight=table["name"].map(weights).astype("float64"))[list(INDICATOR_COLUMNS)]


def _difference(
    rules: RuleSet, ends: Mapping[str, tuple[float, float]], own: tuple[float, float], platform: tuple[float, float]
) -> str:
    """Our total beside the platform's, and whether rounding alone explains what lies between."""
    if np.isnan(own[0]) or np.isnan(platform[0]):
        return "平台没有公布全部三个维度分或总分，自算总分无法比较"
    low, high = (half_up(end) for end in own)
    printed = [f"{round(end, 2):g}" for end in own]  # as the table prints it
    told = printed[0] if printed[0] == printed[1] else "—".join(printed)
    theirs = f"{platform[0]:g}" if platform[0] == platform[1] else f"{platform[0]:g}—{platform[1]:g}"
    slack = _slack(*_decimals(platform[0], [pair[0] for pair in ends.values()], rules.scale))
    if low - slack <= platform[1] + 1e-9 and platform[0] <= high + slack + 1e-9:
        return f"自算总分 {told}，平台公布 {theirs}：相差在四舍五入之内"
    gap = platform[0] - high if platform[0] > high else platform[1] - low
    why = "权重是假定的，或有扣分、加分未计入" if rules.assumed else "有扣分、加分未计入，或公布值的舍入不同"
    return f"自算总分 {told}，平台公布 {theirs}：相差 {gap:+.2f}，四舍五入不能解释；可能是{why}"


def _decimals(total: float, dimensions: Iterable[float], scale: int) -> tuple[int, int]:
    """To how many decimals a platform gives its dimensions and its total, by the figures at hand.

    A final 0 is not seen in a number: a dimension has as many decimals as the finest of them, the total no fewer.

    >>> _decimals(4.7, [4.7, 4.75, 4.8], 5), _decimals(4.76, [4.7, 4.8, 4.8], 5), _decimals(89, [90, 90, 86], 100)
    ((2, 2), (1, 2), (0, 0))
    """
    parts = max(_COARSEST[scale], *(-_exponent(score) for score in dimensions))
    return parts, max(parts, -_exponent(total))


def _exponent(value: float) -> int:
    return int(Decimal(repr(round(float(value), 9))).normalize().as_tuple().exponent)


def _slack(parts: int, total: int) -> float:
    """The most that rounding can put between a total and the mean of the dimensions: half a step of each."""
    return float(10.0**-parts + 10.0**-total) / 2


def start_note(own: float, platform: float, scores: Mapping[str, float], weighting: Weighting) -> str:
    """Which total a plan starts from, our own or the platform's (both of 5), and why the two differ.

    `scores`: the dimensions as published, of which our own total is made.
    """
    if np.isnan(platform):
        return f"自算总分 {own:.2f}：三个维度的平台分按权重相加；平台没有公布总分"
    told = f"自算总分 {own:.2f} 由三个维度的平台分按权重相加，平台公布的总分是 {platform:.2f}"
    gap = abs(round(own, 2) - round(platform, 2))  # as printed
    if f"{own:.2f}" == f"{platform:.2f}":
        return f"{told}，两者相同"
    parts, total = _decimals(platform, scores.values(), 5)
    if abs(own - platform) <= _slack(parts, total) + 1e-9:
        given = f"平台的分只给到 {10**-parts:g}"
        given = given if parts == total else f"平台的维度分只给到 {10**-parts:g}，总分给到 {10**-total:g}"
        return f"{told}：{given}，相差 {gap:.2f} 在四舍五入之内"
    why = "权重是假定的，或有扣分、加分未计入" if weighting.assumed else "有扣分、加分未计入，或公布值的舍入不同"
    return f"{told}：相差 {gap:.2f}，四舍五入不能解释；可能是{why}"


def _events(rules: RuleSet) -> str:
    parts = []
    if rules.deductions:
        parts.append("扣分（" + "、".join(f"{one.label} {_span(one.low, one.high)}" for one in rules.deductions) + "）")
    if rules.bonuses:
        parts.append("加分（" + "、".join(f"{one.label} {_span(one.low, one.high)}" for one in rules.bonuses) + "）")
    return f"{'和'.join(parts)}不在导出里，未计入自算总分" if parts else ""


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}—{high:g}"


def _scale_note(rules: RuleSet, published: Published) -> str:
    if published.scale == rules.scale:
        return ""
    if rules.scale == 5:
        return "平台给的是 100 分制，这里先换成消费者看到的 5 分制再套用"
    return "店铺分是 5 分制的公布值，换成 100 分制只能得到区间"


def breaks(first: date, last: date, known: Iterable[str] | None = None) -> list[str]:
    """A note for every rule set that came into force within a history, oldest first."""
    return [
        f"历史跨过 {rules.effective}：{rules.label}{'' if rules.confirmed else '（公示稿，推定生效）'}，"
        "前后口径不同，不能直接比较"
        for rules in rule_breaks(first, last, known)
    ]
