"""Warnings, offers, hidden returns and suspect reviews as tables and sentences."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd

from shopscore_analysis.schema import OPEN, UNKNOWN, WAITING, cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.html import Html, folded, joined, marked, tag
from shopscore_analysis.show.tables import Column, column, each, rated, table

SHOWN = 30
_LIMITED = {"most": "（到上限）", "least": "（按下限）", "paid": "（不超过实付）", "": ""}
LEVELS = {3: "三级", 2: "二级", 1: "一级"}
GRAVITY = "三级最重：人身安全、监管、曝光；二级：纠纷要升级；一级最轻：不满和着急。"
OFFERS = {"refund": "全额退款", "partial": "部分补偿", "coupon": "优惠券", "resend": "补发", "nothing": "不补偿"}
_LIABLE = {"merchant": "商家", "carrier": "物流", "buyer": "买家", "unknown": "待核"}
_HISTORY = {"first": "首次", "repeat": "再次", "unknown": "未知"}
_HIDDEN = {
    "no_reason": "写了说明的无理由售后里，说的其实是质量问题",
    "quality": "全部质量类售后里，藏在无理由代码下",
    "other": "代码和说明都有根因、但两者不一致",
}


def day(at: datetime) -> str:
    """The day without its year, or the sign for nothing where none is known."""
    return theme.NOTHING if pd.isna(at) else f"{at.month}月{at.day}日"


def moment(at: datetime) -> str:
    """Day and minute, or the sign for nothing where no time is known."""
    return theme.NOTHING if pd.isna(at) else f"{at.month}月{at.day}日 {at:%H:%M}"


def overdue(row: Any, today: str) -> int:
    """How many days ago the last day to answer a warning was; 0 where it is not over, was answered, or has no clock.

    What nobody knows to have been answered (a follow-up) is overdue as well. `today`: such as 2026-11-22, "" where
    nobody knows the day.
    """
    if not today or row.answer not in (*OPEN, UNKNOWN) or pd.isna(row.due):
        return 0
    return max(int((date.fromisoformat(today) - row.due.date()).days), 0)


def clock_words(row: Any, today: str) -> tuple[str, str]:
    """By when a warning is to be answered and how long ago that was, and how it was answered.

    >>> row = pd.Series({"due": datetime(2026, 11, 15, 14, 24), "answer": "待答复"})
    >>> clock_words(row, "2026-11-15"), clock_words(row, "2026-11-22")
    (('最晚 11月15日 14:24', '待答复'), ('最晚 11月15日 14:24，已过期 7 天', '导出时还没有答复'))
    """
    late = overdue(row, today)
    answer = "导出时还没有答复" if late and row.answer == WAITING else row.answer
    return f"最晚 {moment(row.due)}" + (f"，已过期 {late} 天" if late else ""), answer


def _fen(amount: Any) -> str:
    return theme.NOTHING if pd.isna(amount) else theme.yuan(int(amount) / 100)


_QUOTE = Column("原话（已脱敏）", lambda row: marked(row.text, [(row.start, row.end)]), number=False)
_ORDER_WEEK = Column("下单周", lambda row: theme.plain(row.order_week), number=False)


def warning_line(
    warnings: pd.DataFrame, found: pd.DataFrame, period: str = "", burst_period: str = "", today: str = ""
) -> str:
    """The warnings and bursts in one line; their periods are named where they are not the same.

    `warnings`: `watch.warnings`; `found`: `watch.bursts`; `today`: see `overdue`.
    """
    counts = warnings["level"].value_counts()
    told = "、".join(f"{LEVELS[level]} {counts.get(level, 0)} 条" for level in (3, 2, 1))
    open_ = warnings[warnings["answer"].isin(OPEN)]
    late = sum(overdue(row, today) > 0 for row in each(open_))
    past = f"（按 {day(datetime.fromisoformat(today))}算，{late} 条已过期）" if late else ""
    said = f"{period}预警 {len(warnings)} 条（{told}），其中 {len(open_)} 条还没有答复{past}"
    return f"{said}；{burst_period}抱怨突增 {len(found)} 处。"


def left_out_words(count: int, since: object, until: object) -> str:
    """That so many lines of a chat file were not looked at, since they were written on other days."""
    return (
        f"会话文件里另有 {count} 条买家的话不在 {since} — {until} 之内，没有看；"
        "要看就选它们的那一周（命令里的 --week，笔记本里的 week）。"
    )


def chat_line(count: int, since: object, until: object) -> Html:
    """The same as a note beside the warnings; nothing where all lines were looked at."""
    return tag("p", left_out_words(count, since, until), class_="note") if count else Html()


def beyond_words(since: object, newest: object) -> str:
    """That there is nothing from the day of --since on. `newest`: the day of the newest record, None without one."""
    if not newest:
        return f"{since} 及以后没有评价和售后，一条也还没有导入：先导入导出的文件。"
    return f"{since} 及以后没有评价和售后，最新的是 {newest} 的：先导入新的导出，或者把 --since 提前。"


def situations_words(counted: pd.Series) -> str:
    """How many warnings belong to each situation. `counted`: `score.warnings.by_situation`."""
    return "、".join(f"{label} {count} 条" for label, count in counted.items()) + "（一条可以属于几种，按最重的答复）"


def alarms(waiting: pd.DataFrame) -> Html:
    """A line above the watch list while warnings of level 3 wait for an answer; nothing where none does.

    `waiting`: `watch.open_alarms`.
    """
    if waiting.empty:
        return Html()
    first = next(each(waiting))
    which = f"{first.rule}，{first.product}，{first.source}"
    said = joined([f"三级预警 {len(waiting)} 条还没有答复，最新一条（{which}）："])
    return tag("p", tag("strong", said), marked(first.text, [(first.start, first.end)]), class_="note")


def warnings_list(found: pd.DataFrame, limit: int = SHOWN, today: str = "") -> Html:
    """The warnings as cards, gravest and newest first, each with its clock, answer and script; at most `limit`.

    `found`: `watch.warnings`; `today`: see `overdue`. How many were left out is printed; the same rows as a
    table lie folded below.
    """
    if found.empty:
        return tag("p", "这一时期没有预警。", class_="note")
    cards = [_warning(row, today) for row in each(found.head(limit))]
    rest = len(found) - len(cards)
    note = tag("p", f"另有 {rest} 条未列出。", class_="note") if rest else Html()
    twin = folded("看数据表", _warnings_table(found, limit, today), class_="twin")
    return tag("ul", *cards, class_="watch") + note + twin


def _warning(row: Any, today: str) -> Html:
    ordered = f"{row.order_week} 下单" if isinstance(row.order_week, str) else "下单周未知"
    facts = (row.product, row.source, ordered, f"写于 {moment(row.written)}", *clock_words(row, today))
    said = tag("blockquote", marked(row.text, [(row.start, row.end)]))
    told = tag("p", " · ".join(facts), class_="note")
    what = tag("div", tag("strong", "、".join((row.rule, *row.also))), said, told, _script(row))
    return tag("li", tag("span", LEVELS[row.level], class_="word"), what)


def _script(row: Any) -> Html:
    others = "、".join(row.situations[1:])
    return folded(f"建议话术：{row.situation}{f'（也属于{others}）' if others else ''}", tag("p", row.script))


def _warnings_table(found: pd.DataFrame, limit: int, today: str) -> Html:
    columns = [
        Column("级别", lambda row: LEVELS[row.level], number=False),
        Column("触发", lambda row: "、".join((row.rule, *row.also)), number=False),
        column("product", "商品", number=False),
        _ORDER_WEEK,
        column("source", "出处", number=False),
        Column("写于", lambda row: moment(row.written)),
        Column("最晚答复", lambda row: moment(row.due)),
        Column("答复", lambda row: clock_words(row, today)[1], number=False),
        Column("已过期（天）", lambda row: theme.count(overdue(row, today)) if overdue(row, today) else theme.NOTHING),
        Column("情形", lambda row: "、".join(row.situations), number=False),
        _QUOTE,
    ]
    return table(found, columns, "预警：先三级、后二级，同级新的在前", limit=limit)


def answered_table(counted: pd.DataFrame) -> Html:
    """How many warnings of each level, and how they were answered.

    `counted`: `score.warnings.summary` (level, n, open, and a column an answer).
    """
    answers = [name for name in counted if name not in ("level", "n", "open")]
    columns = [
        Column("级别", lambda row: LEVELS[row.level], number=False),
        column("n", "条数", theme.count),
        column("open", "还没有答复", theme.count),
        *(_answer_column(at + 3, str(name)) for at, name in enumerate(answers)),
    ]
    return table(counted, columns, "各级预警答复得怎么样")


def _answer_column(at: int, heading: str) -> Column:
    return Column(heading, lambda row: theme.count(row[at]))


def offers_table(offers: pd.DataFrame, caption: str, limit: int = SHOWN) -> Html:
    """What the decision table offers each case, and the row that decided; with the total of all rows.

    `offers`: `redress.open_offers` or `redress.what_if`, by `excerpts.quoted`.
    """
    columns = [
        Column("写于", lambda row: moment(row.written)),
        Column("订单", lambda row: order_words(row.number), number=False),
        column("product", "商品", number=False),
        column("source", "出处", number=False),
        _ORDER_WEEK,
        Column("平台原因", lambda row: theme.plain(row.reason), number=False),
        Column("原话（已脱敏）", _said, number=False),
        column("cause_label", "根因", number=False),
        Column("责任", lambda row: _LIABLE[row.liability], number=False),
        column("severity", "程度"),
        Column("售后次数", lambda row: _HISTORY[row.history], number=False),
        Column("实付", lambda row: _fen(row.value_fen)),
        Column("方案", lambda row: OFFERS[row.offer], number=False),
        Column("金额", amount_words),
        column("label", "按哪一条", number=False),
    ]
    unpriced = int((offers["value_fen"].isna() & (offers["offer"] != "nothing")).sum())
    unknown = f"；其中 {unpriced} 条不知道实付金额，按下限或 0 计" if unpriced else ""
    total = tag("p", f"共 {len(offers)} 条，合计 {_fen(offers['amount_fen'].sum())}{unknown}。", class_="note")
    return table(offers, columns, caption, limit=limit) + total


def order_words(number: object) -> str:
    """An order's number as it may be printed: its last figures, enough to find it beside the day and the product.

    >>> order_words("6938114207666067860"), order_words(None)
    ('尾号 067860', '—')
    """
    return f"尾号 {number[-6:]}" if isinstance(number, str) and number else theme.NOTHING


def amount_words(row: Any) -> str:
    """What a case is offered, and whether a limit of its row, or what was paid, made it so much or so little."""
    return f"{_fen(row.amount_fen)}{_LIMITED[row.limited]}"


def liable_words(row: Any) -> str:
    """Whose fault a case is, and of which cause."""
    return f"{row.cause_label}，责任{_LIABLE[row.liability]}"


def offer_lines(row: Any) -> list[str]:
    """One offer as whoever answers needs it: what, on which order, for which words, by which row of the table.

    `row`: a row of `redress.open_offers`, by `excerpts.quoted`.
    """
    known = (row.product, f"订单{order_words(row.number)}", moment(row.written), row.source)
    reason = f"平台原因：{row.reason}" if isinstance(row.reason, str) else ""
    said = f"“{_bracketed(row)}”" if isinstance(row.text, str) and row.text else "没有写说明"
    return [
        " · ".join((f"{OFFERS[row.offer]} {amount_words(row)}", *known)),
        " · ".join(filter(None, (said, reason))),
        f"{liable_words(row)} → {row.label}",
    ]


def _said(row: Any) -> Html:
    """The words that were read, those that decided marked."""
    known = isinstance(row.text, str) and row.text
    return marked(row.text, [(row.start, row.end)]) if known else joined([theme.NOTHING])


def _bracketed(row: Any) -> str:
    text, start, end = row.text, row.start, row.end
    return f"{text[:start]}【{text[start:end]}】{text[end:]}" if start < end else text


def rows_table(counted: pd.DataFrame, offers: pd.DataFrame, month: str) -> Html:
    """What each row of the decision table would have cost on the cases of a month, beside what was refunded.

    `counted`: `redress.offered_by_row` of `offers`, which are `redress.what_if`.
    """
    columns = [
        column("label", "决策表的行（先中先定）", number=False),
        Column("方案", lambda row: OFFERS[row.offer], number=False),
        column("n", "单数", theme.count),
        Column("金额", lambda row: _fen(row.amount_fen)),
    ]
    return table(counted, columns, "如果上个月就用这张表") + tag("p", what_if_words(offers, month), class_="note")


def what_if_words(offers: pd.DataFrame, month: str) -> str:
    """What a month's cases would have been offered in one sentence, beside what was refunded.

    `offers`: `redress.what_if`.
    """
    if offers.empty:
        return f"{month} 还没有售后记录，没有可以试算的。" if month else "还没有售后记录，没有可以试算的。"
    return (
        f"{month} 共 {len(offers)} 单：按表补偿合计 {_fen(offers['amount_fen'].sum())}，"
        f"当时实际退款 {_fen(offers['refund_fen'].sum())}。两者口径不同：买家退回商品的，货款照退，补偿不叠加。"
    )


def disguised_table(counted: pd.DataFrame) -> Html:
    """How much of the quality returns hides under no-reason codes.

    `counted`: `measure.disguised` (of, k, n, share, low, high).
    """
    what = Column("口径", lambda row: _HIDDEN[row.of], number=False)
    return table(counted, [what, *rated("这样的/这一类售后")], "代码说的和买家写的一致吗")


def hidden_line(counted: pd.DataFrame) -> Html:
    """The same in one line; nothing where nothing is hidden or too little is known."""
    for row in each(counted[(counted["of"] == "quality") & (counted["k"] > 0) & (counted["n"] >= 5)]):
        counted_words = (
            f"{theme.percent(row.share)}（{theme.ratio(row.k, row.n)}，{theme.interval(row.low, row.high)}）"
        )
        return tag("p", f"质量类售后有 {counted_words}记在无理由代码下，只看代码会漏掉。", class_="note")
    return Html()


def disagreeing_table(found: pd.DataFrame, limit: int = SHOWN) -> Html:
    """Cases whose code and text tell different stories, the newest first.

    `found`: `measure.disagreeing`.
    """
    columns = [
        Column("申请于", lambda row: day(row.applied_at)),
        column("product", "商品", number=False),
        column("reason", "登记的原因", number=False),
        _cause("blamed", "买家写的根因"),
        Column("退款", lambda row: _fen(row.refund_fen)),
        _QUOTE,
    ]
    return table(found, columns, "登记的原因和买家写的不一样", limit=limit)


def _cause(name: str, heading: str) -> Column:
    return Column(heading, lambda row: cause_label(getattr(row, name)), number=False)


def suspects_list(found: pd.DataFrame, limit: int = SHOWN) -> Html:
    """Reviews to audit, a box for each reason, the newest first; at most `limit` a reason.

    `found`: `measure.suspects`, by `excerpts.whole_words` and `quoted`. How many were left out is printed.
    """
    boxes = [_suspected(str(why), rows, limit) for why, rows in found.groupby("why")]
    return tag("div", *boxes, class_="evidence") if boxes else tag("p", "没有可疑的评价。", class_="note")


def _suspected(why: str, rows: pd.DataFrame, limit: int) -> Html:
    quotes = [_audited(row) for row in each(rows.head(limit))]
    rest = f"，另有 {len(rows) - limit} 条未列出" if len(rows) > limit else ""
    note = tag("p", f"{len(rows)} 条{rest}；只供核查，不从任何率里剔除。", class_="note")
    return folded(tag("span", why, tag("small", f"{len(rows)} 条")), note, *quotes)


def _audited(row: Any) -> Html:
    crowd = f" · 同批 {row.crowd} 条" if row.crowd else ""
    facts = f"{theme.count(row.stars)} 星 · {row.product} · {day(row.reviewed_at)}{crowd}"
    return tag("blockquote", marked(row.text, [(row.start, row.end)])) + tag("p", facts, class_="note")


def side_by_side_table(rates: pd.DataFrame) -> Html:
    """The bad-review rate with and without defaults and suspects.

    `rates`: `measure.side_by_side`.
    """
    columns = [column("of", "口径", number=False), *rated("一二星/评了星的评价"), column("mean", "均星", theme.points)]
    return table(rates, columns, "一、二星占有星评价的比例")
