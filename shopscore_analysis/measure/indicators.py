"""The platform's indicators over a rolling window of days, as far as exports allow: records → estimates.

Definitions: 《商家体验分规范》. What the exports do not hold (pick-up scans, routes, who was judged liable) is
replaced by the nearest thing they do hold, or left out; the rule sets say which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from shopscore_analysis.measure.rates import Z95, estimate, share, wilson
from shopscore_analysis.schema import CAUSES, week_start

COLUMNS = ("name", "value", "unit", "k", "n", "low", "high")
SENT_BACK = ("退货退款", "已发货退款", "已发货仅退款", "换货")
AUDITED = ("退货退款", "已发货退款", "已发货仅退款")
REFUNDED = "退款成功"
CLOSED = "已关闭"
NIGHT = (23, 8)  # after-sales applied for from 23:00 to 08:00 count from 08:00
EVENING = (18, 6)  # orders paid from 18:00 to 06:00 count from 06:00
PROMISED_HOURS = 48
QUALITY = frozenset(name for name, cause in CAUSES.items() if cause.dimension == "product")
LOGISTICS = frozenset({"late_dispatch", "slow_delivery", "wrong_item", "missing_items"})
DAMAGE = frozenset({"package_damage"})
_HOUR = 3600.0


class Records(NamedTuple):
    """Records as they lie on the shelf; `aftersales` with `cause`, the cause that its reason states (or none).

    `judged`: when the first case of all was applied for that went to arbitration, where older ones are left out.
    """

    orders: pd.DataFrame
    aftersales: pd.DataFrame
    reviews: pd.DataFrame
    service: pd.DataFrame
    judged: datetime | None = None


class Window(NamedTuple):
    """Days from `first` on, up to but not including `end`."""

    first: datetime
    end: datetime

    @classmethod
    def of(cls, until: date, days: int) -> Window:
        """The `days` days that end with `until`, that day included."""
        end = datetime(until.year, until.month, until.day) + timedelta(days=1)
        return cls(end - timedelta(days=days), end)

    def holds(self, times: pd.Series) -> pd.Series:
        """Which of the times lie in the window; unknown ones do not."""
        return (times >= self.first) & (times < self.end)


def counted_from(times: pd.Series, closes: int, opens: int) -> pd.Series:
    """The times moved to when their clock starts: from `closes` o'clock on to the next `opens`, before it to the same.

    >>> counted_from(pd.Series(pd.to_datetime(["2026-11-09 23:30", "2026-11-10 03:00"])), 23, 8).dt.hour.tolist()
    [8, 8]
    """
    day = times.dt.normalize()
    opening = pd.Timedelta(hours=opens)
    early = (times - day) < opening
    late = (times - day) >= pd.Timedelta(hours=closes)
    return times.where(~early, day + opening).where(~late, day + pd.Timedelta(days=1) + opening)


def _rate(k: int, n: int) -> dict[str, object]:
    low, high = wilson(k, n)
    return {"value": float(share(k, n)), "unit": "share", "k": k, "n": n, "low": float(low), "high": float(high)}


def _mean(values: pd.Series, unit: str) -> dict[str, object]:
    known = values.dropna().astype(float)
    n = len(known)
    spread = Z95 * known.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    mean = float(known.mean()) if n else np.nan
    return {"value": mean, "unit": unit, "k": np.nan, "n": n, "low": mean - spread, "high": mean + spread}


def _first_cause(records: Records) -> pd.Series:
    """The cause of the first-applied reason of each sub-order that asked for an after-sale."""
    first = records.aftersales.sort_values(["applied_at", "key"]).drop_duplicates("sub_order_id")
    stated: pd.Series = first.set_index("sub_order_id")["cause"]
    return stated


def _signed(records: Records, window: Window) -> pd.Series:
    """Sub-orders signed for in the window: completed, or sent back without ever being completed."""
    orders, cases = records.orders, records.aftersales
    done: pd.Series = orders.loc[window.holds(orders["completed_at"]), "key"]
    back = cases[cases["kind"].isin(SENT_BACK) & window.holds(cases["applied_at"])]
    open_ = orders.loc[orders["completed_at"].isna() & orders["key"].isin(back["sub_order_id"]), "key"]
    signed: pd.Series = pd.concat([done, open_])
    return signed


def _paid(records: Records, window: Window) -> pd.Series:
    paid: pd.Series = records.orders.loc[window.holds(records.orders["paid_at"]), "key"]
    return paid


def _with_reason(records: Records, orders: pd.Series, causes: frozenset[str]) -> dict[str, object]:
    stated = _first_cause(records)
    return _rate(int(orders.isin(stated.index[stated.isin(causes)]).sum()), len(orders))


def _rating(records: Records, window: Window) -> dict[str, object]:
    return _mean(records.reviews.loc[window.holds(records.reviews["reviewed_at"]), "stars"], "stars")


def _quality_return(records: Records, window: Window) -> dict[str, object]:
    return _with_reason(records, _signed(records, window), QUALITY)


def _logistics_return(records: Records, window: Window) -> dict[str, object]:
    return _with_reason(records, _paid(records, window), LOGISTICS)


def _damage_return(records: Records, window: Window) -> dict[str, object]:
    return _with_reason(records, _paid(records, window), DAMAGE)


def _return_rate(records: Records, window: Window) -> dict[str, object]:
    signed, cases = _signed(records, window), records.aftersales
    return _rate(int(signed.isin(cases.loc[cases["kind"].isin(SENT_BACK), "sub_order_id"]).sum()), len(signed))


def _pickup(records: Records, window: Window) -> dict[str, object]:
    orders = records.orders[window.holds(records.orders["shipped_at"])]
    waited = orders["shipped_at"] - counted_from(orders["paid_at"], *EVENING)
    return _mean(waited.dt.total_seconds().clip(lower=0) / _HOUR, "hours")


def _due(records: Records, window: Window, due: pd.Series) -> dict[str, object]:
    """Shipped by the time due, out of those due in the window; what was closed before it was shipped is left out."""
    orders = records.orders
    asked = window.holds(due) & ~((orders["status"] == CLOSED) & orders["shipped_at"].isna())
    return _rate(int((asked & (orders["shipped_at"] <= due)).sum()), int(asked.sum()))


def _ship_48h(records: Records, window: Window) -> dict[str, object]:
    return _due(records, window, records.orders["paid_at"] + pd.Timedelta(hours=PROMISED_HOURS))


def _on_time(records: Records, window: Window) -> dict[str, object]:
    return _due(records, window, records.orders["promised_at"])


def _audit(records: Records, window: Window) -> dict[str, object]:
    cases = records.aftersales
    done = cases["kind"].isin(AUDITED) & cases["status"].str.contains(REFUNDED, na=False)
    cases = cases[done & window.holds(cases["refunded_at"])]
    waited = cases["agreed_at"] - counted_from(cases["applied_at"], *NIGHT)
    return _mean(waited.dt.total_seconds().clip(lower=0) / _HOUR, "hours")


def _agents(records: Records, window: Window) -> pd.DataFrame:
    """The agents' rows whose period lies in the window whole."""
    rows = records.service[records.service["level"] == "agent"]
    return rows[window.holds(rows["period_start"]) & window.holds(rows["period_end"])]


def _weighted(column: str, unit: str) -> Callable[[Records, Window], dict[str, object]]:
    def measured(records: Records, window: Window) -> dict[str, object]:
        rows = _agents(records, window).dropna(subset=[column, "sessions"])
        sessions = int(rows["sessions"].sum())
        value = float((rows[column] * rows["sessions"]).sum() / sessions) if sessions else np.nan
        return {"value": value, "unit": unit, "k": np.nan, "n": sessions, "low": np.nan, "high": np.nan}

    return measured


def _agents_rate(part: str, whole: str) -> Callable[[Records, Window], dict[str, object]]:
    def measured(records: Records, window: Window) -> dict[str, object]:
        rows = _agents(records, window)
        return _rate(int(rows[part].sum()), int(rows[whole].sum()))

    return measured


def _help(records: Records, window: Window) -> dict[str, object]:
    """Orders taken to arbitration out of those with an after-sale; unknown where no export has ever named one."""
    cases = records.aftersales
    asked = cases[window.holds(cases["applied_at"])]
    if cases["arbitration"].isna().all() and records.judged is None:
        return _rate(0, 0) | {"k": np.nan, "n": asked["sub_order_id"].nunique()}
    taken = asked[asked["arbitration"].notna() & (asked["arbitration"] != "无")]
    return _rate(taken["sub_order_id"].nunique(), asked["sub_order_id"].nunique())


INDICATORS: dict[str, Callable[[Records, Window], dict[str, object]]] = {
    "rating": _rating,
    "quality_return": _quality_return,
    "return_rate": _return_rate,
    "pickup": _pickup,
    "ship_48h": _ship_48h,
    "on_time": _on_time,
    "logistics_return": _logistics_return,
    "damage_return": _damage_return,
    "audit": _audit,
    "first_reply": _weighted("first_reply_s", "seconds"),
    "reply": _weighted("avg_reply_s", "seconds"),
    "three_min": _weighted("reply_3min_rate", "share"),
    "dissatisfied": _agents_rate("bad", "rated"),
    "conversion": _agents_rate("paid", "inquiries"),
    "help": _help,
}


def indicators(records: Records, until: date, days: int = 30, seen: date | None = None) -> pd.DataFrame:
    """The platform's indicators over the `days` days up to `until`: name, value, unit, k, n, low, high.

    One row per indicator of `INDICATORS`, in order. `unit`: stars, share (of 1), hours or seconds; NaN where nothing
    was counted. Shares have k of n and Wilson's interval, means of single records n and ± 1.96 standard errors,
    means over sessions (agents' figures weighted by their sessions) no interval. Agents' periods count where they
    lie in the window whole, so that of 30 days four weeks are read. After-sales applied for later than `seen`
    (default: `until`) are not seen.
    """
    window = Window.of(until, days)
    end = Window.of(seen or until, 1).end
    judged = records.judged if records.judged and records.judged < end else None
    known = records._replace(aftersales=records.aftersales[records.aftersales["applied_at"] < end], judged=judged)
    rows = [{"name": name, **measured(known, window)} for name, measured in INDICATORS.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"k": "float64", "n": "int64", "value": "float64"})


def indicators_by_week(records: Records, weeks: Iterable[str]) -> pd.DataFrame:
    """`indicators` of each ISO week on its own: week, then its columns; weeks in the order given.

    Returns of an order are counted up to the last of the weeks, so that old weeks are whole and only the newest,
    whose returns are still to come, are low.
    """
    sundays = {week: (week_start(week) + timedelta(days=6)).date() for week in weeks}
    seen = max(sundays.values(), default=None)
    parts = [indicators(records, sunday, 7, seen).assign(week=week) for week, sunday in sundays.items()]
    empty = pd.DataFrame(columns=[*COLUMNS, "week"])
    return (pd.concat(parts, ignore_index=True) if parts else empty)[["week", *COLUMNS]]


def on_time_by(records: Records, axis: str, until: date, days: int = 30) -> pd.DataFrame:
    """Shipped by the promise along an order axis (warehouse, carrier, channel): axis, k, n, share, low, high, enough.

    n: orders due in the window; the latest first. Orders whose axis is unknown are left out.
    """
    window = Window.of(until, days)
    found = [
        (value, _due(records._replace(orders=orders), window, orders["promised_at"]))
        for value, orders in records.orders.groupby(axis)
    ]
    counts = pd.DataFrame([(value, due["k"], due["n"]) for value, due in found], columns=[axis, "k", "n"])
    return estimate(counts[counts["n"] > 0]).sort_values(["share", axis], ignore_index=True)


def stars_by_day(reviews: pd.DataFrame, until: date, days: int = 30) -> list[tuple[int, int]]:
    """(stars in sum, rated reviews) of each of the `days` days up to `until`, oldest first; for `score.reach`."""
    window = Window.of(until, days)
    rated = reviews[window.holds(reviews["reviewed_at"])].dropna(subset=["stars"])
    sums = rated.groupby(rated["reviewed_at"].dt.normalize())["stars"].agg(["sum", "count"])
    whole = sums.reindex(pd.date_range(window.first, periods=days), fill_value=0)
    return [(int(stars), int(count)) for stars, count in zip(whole["sum"], whole["count"], strict=True)]
