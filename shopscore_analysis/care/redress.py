"""What open cases and warnings are offered by the decision table, and what last month's cases would have been."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd

from shopscore_analysis.care.cases import asked, open_rows, told
from shopscore_analysis.care.watch import Span, case_warnings, warnings
from shopscore_analysis.care.wishes import wishes
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.schema import OPEN, cause_label
from shopscore_analysis.score.compensation import decided, read_table, totals
from shopscore_analysis.score.warnings import read_rule_book
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.tagger import tag

COLUMNS = (
    "source", "record", "number", "product", "order_week", "written", "reason", "cause", "cause_label", "level",
    "text", "start", "end",
    "liability", "severity", "history", "value_fen", "offer", "amount_fen", "limited", "row", "label", "refund_fen",
)  # fmt: skip
_LIABLE = {"商家": "merchant", "买家": "buyer", "商家责任": "merchant", "买家责任": "buyer"}


def open_offers(shop: Shop, days: Span, chat: Path | str | None = None) -> pd.DataFrame:
    """What the table offers every open after-sale case, and every open warning of level 2 or 3 of these days.

    Columns: COLUMNS, the dearest first; an order with an open case is not offered anything for its review, too, and
    a chat nothing twice.
    """
    rows = open_rows(shop)
    known = told(shop, rows)
    waiting = _of_cases(known, case_warnings(shop, rows), shop)
    found = warnings(shop, days, chat, keep=("whole", "main", "session"))
    urgent = found[(found["level"] >= 2) & found["answer"].isin(OPEN) & (found["table"] != "aftersales")]
    once = _once(urgent.sort_values("level", ascending=False, kind="stable"), known["order"], shop)
    return _offered(pd.concat([waiting, _of_warnings(once, shop)], ignore_index=True))


def _once(urgent: pd.DataFrame, cared: pd.Series, shop: Shop) -> pd.DataFrame:
    """One warning an order that is not cared for already; where the order is not known, one a chat, or a record.

    A chat about a main order of several parts has no order: it waits for whatever is offered for one of them.
    """
    placed, loose = urgent[urgent["order"].notna()], urgent[urgent["order"].isna()]
    served = pd.concat([placed["main"], cared.map(_orders(shop, cared)["order_id"])]).dropna()
    named = loose["main"].isna() & loose["session"].isin(urgent.loc[urgent["main"].notna(), "session"].dropna())
    loose = loose[~(loose["main"].isin(served) | named)]
    whose = loose["main"].fillna(loose["session"]).fillna(loose["record"])
    fresh = placed[~placed["order"].isin(cared)].drop_duplicates("order")
    return pd.concat([fresh, loose[~whose.duplicated()]])


def what_if(shop: Shop, month: str = "") -> pd.DataFrame:
    """What the table would have offered each case applied for in a month (default: the last whole one). COLUMNS.

    `refund_fen` is what was refunded in truth. Raises SettingsError for what is no month.
    """
    chosen = month_of(shop, month)
    rows: pd.DataFrame = shop.shelf.read("aftersales", [chosen]).to_pandas()
    return _offered(_of_cases(told(shop, rows), case_warnings(shop, rows), shop))


def month_of(shop: Shop, month: str = "", until: date | None = None) -> str:
    """`month` itself, checked, or the last month that was over on a day (default: that of the newest case).

    "" where there are no cases. SettingsError for what is no month.
    """
    if month:
        try:
            return datetime.strptime(month, "%Y-%m").strftime("%Y-%m")
        except ValueError as error:
            raise SettingsError(f"expected a month such as 2026-10, found {month!r}") from error
    newest = shop.inventory.newest("aftersales")
    if newest is None:
        return ""
    after = (until or newest.date()) + timedelta(days=1)
    return (after.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def _of_cases(known: pd.DataFrame, found: pd.DataFrame, shop: Shop) -> pd.DataFrame:
    """Cases as the table looks at them: the buyers' words win over the reason that they chose from a list."""
    known = _with_wishes(known, shop)
    alarms = found[found["table"] == "aftersales"].set_index("record")
    level = known["record"].map(alarms["level"]).fillna(0).astype("int64")
    alarm = known["record"].map(_alarm(alarms)).fillna(0).astype("int64")
    cause = [_cause(*one) for one in known[["wished", "coded", "said"]].to_numpy()]
    minds = [_is_wish(*one) for one in known[["wished", "alone", "coded", "no_reason", "text"]].to_numpy()]
    ours = [_liable(*one) for one in zip(cause, minds, alarm, strict=True)]
    judged = known["liable"].map(_LIABLE).fillna(pd.Series(ours, index=known.index, dtype="str"))
    history = known["earlier"].map(lambda n: "unknown" if pd.isna(n) else "repeat" if n else "first")
    rows = known.assign(source="售后", written=known["applied_at"], cause=cause, level=level)
    return _weighed(rows.assign(liability=judged, history=history, change_of_mind=minds), alarm)


def _with_wishes(known: pd.DataFrame, shop: Shop) -> pd.DataFrame:
    """The cases with `wished`: whether the words say that the buyer changed their mind; then the span is of these.

    `alone`: whether they say nothing else.
    """
    found = wishes(known["text"].tolist(), shop.settings.category, shop.own)
    told_ = known[["start", "end"]].to_numpy().tolist()
    spans = [span[:2] if span else own for span, own in zip(found, told_, strict=True)]
    start, end = ([span[side] for span in spans] for side in (0, 1))
    wished, alone = [span is not None for span in found], [span is not None and span.alone for span in found]
    return known.assign(wished=wished, alone=alone, start=start, end=end)


def _is_wish(wished: bool, alone: bool, coded: str, no_reason: bool, text: str) -> bool:
    """Whether the case is the buyer's own wish: by the words, or by the reason where there are none.

    A fault that the reason states yields to words that say nothing else; beside others it is to be looked into.
    """
    return (wished and (alone or not coded)) or (no_reason and not text)


def _orders(shop: Shop, keys: pd.Series) -> pd.DataFrame:
    """The sub-orders of these keys, by key."""
    return shop.orders_of(pd.DataFrame({"sub_order_id": keys.dropna().unique()})).set_index("key")


def _of_warnings(urgent: pd.DataFrame, shop: Shop) -> pd.DataFrame:
    """Warnings without an open case as the table looks at them."""
    tags = tag(urgent["whole"].tolist(), shop.settings.category, shop.own)
    cause = [one.causes[0].cause if one.causes else "" for one in tags]
    orders = _orders(shop, urgent["order"])
    before = urgent["order"].isin(asked(shop, orders["ordered_at"].min())["order"].dropna())
    history = before.map({True: "repeat", False: "first"}).where(urgent["order"].notna(), "unknown")
    alarm = _alarm(urgent)
    ours = [_liable(*one) for one in zip(cause, [False] * len(cause), alarm, strict=True)]
    return _weighed(
        urgent.assign(
            cause=cause,
            liability=ours,
            history=history,
            value_fen=urgent["order"].map(orders["payable_fen"]),
            refund_fen=None,
            reason=None,
            number=urgent["order"].fillna(urgent["main"]),
            change_of_mind=False,
        ),
        alarm,
    )


def _cause(wished: bool, coded: str, said: tuple[str, ...]) -> str:
    return "" if wished else coded or next(iter(said), "")


def _alarm(found: pd.DataFrame) -> pd.Series:
    """The severity that each warning makes by all its rules: 3 danger to health, 2 another alarm; a threat none."""
    grave = read_table().grave
    raised = {
        rule.label: 3 if rule.situation in grave else min(rule.level, 2)
        for rule in read_rule_book().rules
        if not rule.threat
    }
    told = zip(found["rule"], found["also"], strict=True)
    alarm = [max(raised.get(label, 0) for label in (rule, *also)) for rule, also in told]
    return pd.Series(alarm, index=found.index, dtype="int64")


def _liable(cause: str, no_reason: bool, alarm: int) -> str:
    """Who is liable: by the cause; a change of mind is the buyer's unless alarming words speak against it.

    Whoever codes a change of mind and writes a reason that is not recognised is not blamed: that is to be looked into.
    """
    if cause:
        return read_table().liability[cause]
    return "buyer" if no_reason and alarm < 2 else "unknown"


def _weighed(rows: pd.DataFrame, alarm: pd.Series) -> pd.DataFrame:
    """The rows with their severity: by the alarm, or by how much the cause weighs."""
    weight = rows["cause"].map(lambda cause: read_table().severity.get(cause, 1)).astype("int64")
    return rows.assign(severity=weight.where(weight > alarm, alarm).clip(lower=1).astype("int64"))


def _offered(rows: pd.DataFrame) -> pd.DataFrame:
    named = [_named(*one) for one in zip(rows["cause"], rows["change_of_mind"], strict=True)]
    made = decided(rows.assign(cause_label=named), read_table())
    made = made.astype({"value_fen": "Int64", "refund_fen": "Int64"})
    order = made.sort_values(["amount_fen", "written", "record"], ascending=[False, True, True])
    return order[list(COLUMNS)].reset_index(drop=True)


def _named(cause: str, change_of_mind: bool) -> str:
    return cause_label(cause) if cause else "无理由" if change_of_mind else "未识别"


def offered_by_row(offers: pd.DataFrame) -> pd.DataFrame:
    """`score.compensation.totals` of offers: what each row of the table costs."""
    return totals(offers, read_table())
