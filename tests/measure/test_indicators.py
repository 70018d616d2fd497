"""The platform's indicators, counted by hand on a few records."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.measure.indicators import (
    EVENING,
    NIGHT,
    Records,
    Window,
    counted_from,
    indicators,
    indicators_by_week,
    on_time_by,
    stars_by_day,
)

UNTIL = date(2026, 11, 15)
NOTHING = float("nan")


def times(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts)), dtype="datetime64[s]")


def records(arbitration: str | None = None) -> Records:
    """Five sub-orders: 1 and 2 completed, 3 sent back, 4 closed before dispatch, 5 not shipped though long due."""
    orders = pd.DataFrame(
        {
            "key": ["1", "2", "3", "4", "5"],
            "paid_at": times(*["2026-11-02 10:00"] * 2, "2026-11-02 19:00", *["2026-11-02 10:00"] * 2),
            "promised_at": times(*["2026-11-04 10:00"] * 5),
            "shipped_at": times("2026-11-03 10:00", "2026-11-05 10:00", "2026-11-03 12:00", None, None),
            "completed_at": times("2026-11-08 10:00", "2026-11-09 10:00", None, None, None),
            "status": ["已完成", "已完成", "已关闭", "已关闭", "备货中"],
            "warehouse": ["东", "西", "东", "东", "东"],
        }
    )
    cases = pd.DataFrame(
        {
            "key": ["a", "b", "c", "d"],
            "sub_order_id": ["1", "1", "3", "4"],
            "applied_at": times("2026-11-09 23:30", "2026-11-11 09:00", "2026-11-10 12:00", "2026-11-03 09:00"),
            "agreed_at": times("2026-11-10 10:00", "2026-11-11 10:00", "2026-11-10 16:00", "2026-11-03 10:00"),
            "refunded_at": times("2026-11-12 10:00", None, "2026-11-11 10:00", "2026-11-03 11:00"),
            "kind": ["退货退款", "换货", "退货退款", "未发货退款"],
            "status": ["同意退款，退款成功", "售后关闭", "同意退款，退款成功", "同意退款，退款成功"],
            "cause": ["defect", "package_damage", None, "late_dispatch"],
            "arbitration": [arbitration, "无" if arbitration else None, None, None],
        }
    )
    reviews = pd.DataFrame(
        {"reviewed_at": times("2026-11-10 10:00", "2026-11-11 10:00", "2026-09-01 10:00"), "stars": [5, 2, 1]}
    )
    service = pd.DataFrame(
        {
            "level": ["agent", "agent", "total", "agent"],
            "period_start": times(*["2026-11-09"] * 3, "2026-10-12"),
            "period_end": times(*["2026-11-15"] * 3, "2026-10-18"),
            "sessions": [300, 100, 400, 1000],
            "avg_reply_s": [20.0, 60.0, 999.0, 999.0],
            "first_reply_s": [10.0, None, None, 99.0],
            "reply_3min_rate": [1.0, 0.6, None, 0.0],
            "rated": [30, 10, 40, 10],
            "bad": [3, 1, 4, 10],
            "inquiries": [100, 100, 200, 1],
            "paid": [30, 10, 40, 1],
        }
    )
    return Records(orders, cases, reviews, service)


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return indicators(records(), UNTIL).set_index("name")


@pytest.mark.parametrize(
    ("name", "k", "n"),
    [
        ("quality_return", 1, 3),  # 1 and 2 completed, 3 sent back; the first reason of 1 is a defect
        ("return_rate", 2, 3),  # 1 and 3 went back
        ("logistics_return", 1, 5),  # 4 was not shipped in time
        ("damage_return", 0, 5),  # damage was the second reason of 1: the first one counts
        ("ship_48h", 2, 4),  # 4 was closed before it left and is asked of nobody; 5 is overdue
        ("on_time", 2, 4),
        ("dissatisfied", 4, 40),
        ("conversion", 40, 200),
    ],
)
def test_shares_are_counted_as_defined(found: pd.DataFrame, name: str, k: int, n: int) -> None:
    row = found.loc[name]
    assert (row["k"], row["n"]) == (k, n)
    assert row["value"] == pytest.approx(k / n)
    assert row["low"] <= row["value"] <= row["high"]


def test_means_and_durations_are_counted_as_defined(found: pd.DataFrame) -> None:
    assert found.loc["rating", ["value", "n"]].tolist() == [3.5, 2]  # the review of September is outside
    # 24 h, 72 h; paid at 19:00 counts from 06:00 of the next day: 6 h
    assert found.loc["pickup", ["value", "n"]].tolist() == [34.0, 3]
    # 23:30 counts from 08:00: 2 h; at noon: 4 h; an order never shipped is not audited, nor one not refunded
    assert found.loc["audit", ["value", "n"]].tolist() == [3.0, 2]


def test_the_desk_is_weighted_by_sessions_of_periods_inside_the_window(found: pd.DataFrame) -> None:
    assert found.loc["reply", ["value", "n"]].tolist() == [30.0, 400]
    assert found.loc["first_reply", ["value", "n"]].tolist() == [10.0, 300]
    assert found.loc["three_min", "value"] == pytest.approx(0.9)


def test_platform_help_is_unknown_where_no_export_names_it() -> None:
    unknown, known = (indicators(records(said), UNTIL).set_index("name").loc["help"] for said in (None, "仲裁中"))
    assert pd.isna(unknown["value"]) and unknown["n"] == 3
    assert (known["k"], known["n"]) == (1, 3)


def test_what_happens_after_the_window_is_not_seen() -> None:
    early = indicators(records(), date(2026, 11, 9)).set_index("name")
    assert early.loc["quality_return", ["k", "n"]].tolist() == [1, 2]  # 3 was not sent back yet
    assert indicators(records(), date(2026, 11, 8)).set_index("name").loc["quality_return", ["k", "n"]].tolist() == [
        0,
        1,
    ]


def test_weeks_add_up_to_the_window() -> None:
    weekly = indicators_by_week(records(), ["2026-W45", "2026-W46"])
    whole = indicators(records(), UNTIL, days=14).set_index("name")
    for name in ("on_time", "ship_48h", "return_rate", "dissatisfied"):
        assert weekly.loc[weekly["name"] == name, "n"].sum() == whole.loc[name, "n"]
    assert list(weekly["week"].unique()) == ["2026-W45", "2026-W46"]


def test_no_records_are_no_numbers() -> None:
    empty = Records(*(table.iloc[:0] for table in records()[:4]))
    found = indicators(empty, UNTIL)
    assert found["value"].isna().all() and (found["n"] == 0).all()


def test_promises_by_warehouse_the_latest_first() -> None:
    table = on_time_by(records(), "warehouse", UNTIL)
    assert table[["warehouse", "k", "n"]].to_numpy().tolist() == [["西", 0, 1], ["东", 2, 3]]


def test_stars_by_day_oldest_first() -> None:
    days = stars_by_day(records().reviews, UNTIL, days=6)
    assert days == [(5, 1), (2, 1), (0, 0), (0, 0), (0, 0), (0, 0)]


def test_clocks_close_and_open_on_the_hour() -> None:
    night = counted_from(times("2026-11-09 22:59", "2026-11-09 23:00", "2026-11-10 07:59", "2026-11-10 08:00"), *NIGHT)
    assert night.tolist() == times("2026-11-09 22:59", *["2026-11-10 08:00"] * 3).tolist()
    evening = counted_from(times("2026-11-09 17:59", "2026-11-09 18:00", "2026-11-10 06:00"), *EVENING)
    assert evening.tolist() == times("2026-11-09 17:59", *["2026-11-10 06:00"] * 2).tolist()


@given(st.datetimes(min_value=pd.Timestamp("2026-01-01"), max_value=pd.Timestamp("2026-12-31")))
def test_a_clock_never_starts_while_it_is_closed_nor_before_its_event(moment: pd.Timestamp) -> None:
    for closes, opens in (NIGHT, EVENING):
        (start,) = counted_from(pd.Series([pd.Timestamp(moment)]), closes, opens)
        assert start >= pd.Timestamp(moment)
        assert opens <= start.hour < closes
        assert start - pd.Timestamp(moment) <= pd.Timedelta(hours=24 - closes + opens)


def test_a_window_holds_its_last_day_and_not_the_day_before_its_first() -> None:
    window = Window.of(UNTIL, 30)
    assert window.holds(times("2026-10-16 23:59", "2026-10-17 00:00", "2026-11-15 23:59", None)).tolist() == [
        False, True, True, False,
    ]  # fmt: skip
