"""Bursts of complaints as a table and as sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd

from shopscore_analysis.schema import FALSE_BURSTS_A_WEEK, RECENT_DAYS, cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.grid import evidence_id
from shopscore_analysis.show.html import Html, tag
from shopscore_analysis.show.tables import Column, Names, column, table
from shopscore_analysis.show.warnings import SHOWN, day
from shopscore_analysis.show.words import span

_RECENT, _INCOMPLETE = f"最近 {RECENT_DAYS} 天", "未到齐"
VOICES = (
    "一次发声：一个订单在一天里写了评价或追评、或申请了售后；一个订单的同一种抱怨只在头一天算一次。"
    f"突增的次数只数到看出那天，以后的不算在里面，看最近 {RECENT_DAYS} 天的就知道还在不在继续。"
    "周报的周次按有文字的评价逐周算；按天连售后一起数，常常早几天看出。"
)
_GOES_ON = {True: "还在继续", False: "没有再明显偏多"}


def bursts_table(found: pd.DataFrame, names: Names, limit: int = SHOWN) -> Html:
    """Bursts: where, which cause, on which day they were seen, from what to what; each a door to its quotes.

    `found`: `watch.bursts`.
    """
    columns = [
        Column("商品", lambda row: names.get(row.product_id, row.product_id) or "全店", number=False),
        Column("根因", _door, number=False),
        column("verdict", "判断", number=False),
        Column("哪天看出", lambda row: day(row.alarm_day)),
        Column("周报里的周次", lambda row: _weeks(row) or theme.NOTHING, number=False),
        Column("现在", lambda row: _GOES_ON[bool(row.goes_on)], number=False),
        Column("最近一次", lambda row: day(row.seen_day)),
        Column("数了几天", lambda row: theme.count(_window(row))),
        Column("这几天：抱怨/发声", lambda row: theme.ratio(row.k, row.n)),
        Column("之前 84 天：抱怨/发声", lambda row: theme.ratio(row.past_k, row.past_n)),
        Column(f"{_RECENT}（{_INCOMPLETE}）：抱怨/发声", lambda row: theme.ratio(row.now_k, row.now_n)),
    ]
    note = tag(
        "p",
        f"{VOICES}平均每周误报不超过 {FALSE_BURSTS_A_WEEK:g} 处。"
        f"{_INCOMPLETE}：最近几天的还会陆续进来，不要拿它和前面的直接比。",
        class_="note",
    )
    return table(found, columns, "抱怨突增：和自己之前的水平比", limit=limit) + note


def burst_words(row: Any, names: Names) -> str:
    """One burst in a sentence.

    `row`: a row of `watch.bursts`.
    """
    where = names.get(row.product_id, row.product_id) or "全店"
    weeks = f"，周报里是{_weeks(row)}" if _weeks(row) else ""
    seen = f"{day(row.alarm_day)}看出（{row.verdict}）{weeks}：到那天的 {_window(row)} 天 {_voiced(row.k, row.n)}"
    before = f"再之前 84 天 {_voiced(row.past_k, row.past_n)}"
    now = f"{_GOES_ON[bool(row.goes_on)]}，最近一次是 {day(row.seen_day)}"
    recent = f"{_RECENT} {_voiced(row.now_k, row.now_n)}（{_INCOMPLETE}）"
    return f"[突增] {where}的「{cause_label(row.cause)}」：{seen}，{before}；{now}，{recent}。"


def _weeks(row: Any) -> str:
    """The weeks of a burst as the weekly report names them, and whose where they are not its product's; "" for none."""
    return f"{'全店' if row.of_shop else ''}{span(row.from_week, row.to_week)}" if row.from_week else ""


def _window(row: Any) -> int:
    """The days whose counts gave a burst away."""
    return int((row.alarm_day - row.from_day).days) + 1


def _voiced(k: int, n: int) -> str:
    return f"{theme.count(n)} 次发声里抱怨 {theme.count(k)} 次"


def _door(row: Any) -> Html:
    return tag("a", cause_label(row.cause), href=f"#{evidence_id(row.cause)}")
