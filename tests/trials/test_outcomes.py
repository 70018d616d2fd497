"""What became of the orders of a test, on a handful of orders counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from shopscore_analysis.declaration import Experiment
from shopscore_analysis.trials.outcomes import MIXED, Facts, assigned, units_of, values

ORDERED = pd.Timestamp("2026-10-05 10:00")
ORDERS = [  # key, main order, product, status, carrier, shipped late, days after the first order
    ("11", "1", "p1", "已完成", "顺丰", False, 0),
    ("12", "1", "p2", "已完成", "顺丰", True, 0),
    ("21", "2", "p1", "已完成", "中通", False, 1),
    ("31", "3", "p1", "已关闭", "中通", None, 2),
    ("41", "4", "p2", "已发货", "", False, 3),
    ("51", "5", "p2", "已完成", "顺丰", False, 4),
    ("52", "5", "p1", "已完成", "中通", False, 4),
    ("61", "6", "p1", "已完成", "顺丰", False, 30),  # too young to be read
]
REVIEWS = [  # sub-order, product, stars, days after its order
    ("11", "p1", 2, 5),
    ("12", "p2", 5, 5),
    ("21", "p1", 1, 25),  # later than 21 days: it does not count
    ("51", "p2", 4, 21),
    ("61", "p1", 1, 1),
]
CASES = [("41", "退货退款", 10), ("31", "未发货退款", 1), ("21", "换货", 22)]


def _orders() -> pd.DataFrame:
    columns = ["key", "order_id", "product_id", "status", "carrier", "late", "day"]
    orders = pd.DataFrame(ORDERS, columns=columns)
    ordered = ORDERED + pd.to_timedelta(orders["day"], unit="D")
    shipped = (ordered + pd.Timedelta(days=1)).where(orders["late"].notna())
    slow = orders["late"].map({True: -1, False: 1}).fillna(0)
    return orders.assign(
        completed_at=(ordered + pd.Timedelta(days=7)).where(orders["status"] == "已完成"),
        ordered_at=ordered, shipped_at=shipped, promised_at=shipped + pd.to_timedelta(slow, unit="h"), sku="",
        sub_order_id=orders["key"], exported_at=pd.Timestamp("2026-11-16"),
    ).astype({"key": "str", "order_id": "str", "carrier": "str"})  # fmt: skip


def _at(orders: pd.DataFrame, keys: pd.Series, days: pd.Series) -> pd.Series:
    placed = orders.set_index("key")["ordered_at"]
    return keys.map(placed) + pd.to_timedelta(days, unit="D")


@pytest.fixture
def known() -> Facts:
    orders = _orders()
    reviews = pd.DataFrame(REVIEWS, columns=["order_ref", "product_id", "stars", "days"])
    reviews = reviews.assign(reviewed_at=_at(orders, reviews["order_ref"], reviews["days"]), sku="")
    cases = pd.DataFrame(CASES, columns=["sub_order_id", "kind", "days"]).assign(order_id=None, product_id=None)
    cases = cases.assign(applied_at=_at(orders, cases["sub_order_id"], cases["days"]))
    newest = {"exported_at": pd.Timestamp("2026-11-16")}
    return Facts(orders, reviews.assign(**newest), cases.assign(**newest), None)


def _test(**change: Any) -> Experiment:
    plain = {"name": "卡", "hypothesis": "h", "metric": "bad_review", "effect": 0.01, "start": date(2026, 10, 5)}
    return Experiment.model_validate(plain | {"end": date(2026, 11, 10)} | change)


def _values(known: Facts, name: str, **change: Any) -> dict[str, float]:
    test = _test(**change)
    found = values(known, test, name, assigned(known, test))
    return dict(zip(found["unit"], found["value"], strict=True))


def test_an_order_is_bad_once_however_many_parts_it_has(known: Facts) -> None:
    # 3 was closed before dispatch; 4 counts as signed, because it was sent back; 6 is too young
    assert _values(known, "bad_review") == {"1": 1, "2": 0, "4": 0, "5": 0}


def test_stars_are_the_mean_over_an_orders_parts_within_its_days(known: Facts) -> None:
    assert _values(known, "stars", metric="stars", effect=0.1) == {"1": 3.5, "5": 4}


def test_a_longer_observation_lets_the_late_review_in(known: Facts) -> None:
    assert _values(known, "bad_review", days=25)["2"] == 1


def test_returns_after_dispatch_count_within_their_days(known: Facts) -> None:
    assert _values(known, "return") == {"1": 0, "2": 0, "4": 1, "5": 0}


def test_what_happens_after_its_days_changes_nothing(known: Facts) -> None:
    """Order 3 is completed, order 4 shipped too late, after 21 days; the review and the return of 2 came later, too."""
    orders, before = known.orders.copy(), _values(known, "bad_review")
    tardy = orders["ordered_at"] + pd.Timedelta(days=22)
    third = orders["order_id"] == "3"
    orders.loc[third, "status"] = "已完成"
    orders.loc[third, "completed_at"] = tardy[3]
    orders.loc[orders["order_id"] == "4", "shipped_at"] = tardy[4]
    orders.loc[orders["order_id"] == "2", "completed_at"] = tardy[2]
    later = replace(known, orders=orders)
    assert _values(later, "bad_review") == {unit: value for unit, value in before.items() if unit != "2"}
    assert set(_values(later, "late")) == {"1", "2", "5"}


def test_an_order_completed_without_a_time_counts_as_signed(known: Facts) -> None:
    orders = known.orders.copy()
    orders.loc[:, "completed_at"] = pd.NaT
    assert set(_values(replace(known, orders=orders), "bad_review")) == {"1", "2", "4", "5"}


def test_late_is_out_of_what_was_shipped(known: Facts) -> None:
    assert _values(known, "late") == {"1": 1, "2": 0, "4": 0, "5": 0}


def test_reviewed_is_out_of_what_was_signed(known: Facts) -> None:
    assert _values(known, "reviewed") == {"1": 1, "2": 0, "4": 0, "5": 1}


def test_a_products_value_is_the_mean_over_its_orders(known: Facts) -> None:
    # p1: orders 11 (bad), 21, 52 signed; p2: 12, 41, 51 signed
    assert _values(known, "bad_review", split="product") == pytest.approx({"p1": 1 / 3, "p2": 0})


def test_a_column_splits_and_an_order_in_two_arms_is_read_nowhere(known: Facts) -> None:
    arms = [{"name": "甲", "value": "顺丰"}, {"name": "乙", "value": "中通"}]
    test = _test(split="carrier", arms=arms)
    rows = assigned(known, test)
    assert dict(zip(rows["unit"], rows["arm"], strict=True)) == {
        "1": "甲", "2": "乙", "3": "乙", "4": "", "5": MIXED, "6": "甲",
    }  # fmt: skip
    assert units_of(rows).to_dict() == {"甲": 2, "乙": 2}
    assert _values(known, "bad_review", split="carrier", arms=arms) == {"1": 1, "2": 0}


def test_hashed_arms_are_those_of_the_main_order(known: Facts) -> None:
    test = _test()
    rows = assigned(known, test)
    assert rows["arm"].tolist() == [test.arm_of(unit) for unit in rows["unit"]]


def test_the_days_of_the_test_bound_its_orders(known: Facts) -> None:
    rows = assigned(known, _test(start=date(2026, 10, 6), end=date(2026, 10, 7)))
    assert rows["unit"].tolist() == ["2", "3"]


def test_nothing_is_ripe_at_first(known: Facts) -> None:
    early = Facts(known.orders, known.reviews, known.cases, None, until=pd.Timestamp("2026-10-20"))
    rows = assigned(early, _test())
    assert not rows["ripe"].any() and rows["unit"].nunique() == 5  # 6 has not been placed yet
    assert values(early, _test(), "bad_review", rows).empty
