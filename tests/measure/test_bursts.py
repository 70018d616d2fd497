"""Bursts: seen on the day, blind to the future, silent where nothing happens."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from shopscore_analysis.measure.bursts import COLUMNS, bursts
from shopscore_analysis.schema import CAUSES, FALSE_BURSTS_A_WEEK, POSSIBLE, REAL, RECENT_DAYS

START = date(2026, 7, 27)
NOW = ["last_day", "seen_day", "goes_on", "now_k", "now_n"]  # how a burst stands at the end of what is looked at
PRODUCTS = ["a", "b", "c"]
DAYS = 84
LAST = START + timedelta(days=DAYS - 1)


def _events(counts: np.ndarray, axes: tuple[str, ...]) -> pd.DataFrame:
    values = {"cause": list(CAUSES), "product_id": PRODUCTS, "day": list(pd.date_range(START, periods=DAYS))}
    at = np.repeat(np.argwhere(counts >= 0), counts.ravel(), axis=0)
    return pd.DataFrame({axis: np.array(values[axis])[at[:, column]] for column, axis in enumerate(axes)})


def _world(seed: int, bad_from: int = DAYS, share: float = 0.4) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(heard, voices): four voices a product and day, of which each cause is named by one in a hundred."""
    random = np.random.default_rng(seed)
    shares = np.full((len(CAUSES), len(PRODUCTS), DAYS), 0.01)
    shares[0, 1, bad_from:] = share
    n = random.poisson(4, (len(PRODUCTS), DAYS))
    k = random.binomial(np.broadcast_to(n, shares.shape), shares)
    return _events(k, ("cause", "product_id", "day")), _events(n, ("product_id", "day"))


def test_shops_without_any_effect_have_no_more_false_bursts_than_is_stated() -> None:
    shops, weeks = 20, 4
    found = sum(len(bursts(*_world(seed), LAST - timedelta(days=27), LAST)) for seed in range(shops))
    assert found <= FALSE_BURSTS_A_WEEK * shops * weeks


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_gone_bad_is_seen_within_days_with_its_product_and_cause(seed: int) -> None:
    bad_from = 60
    found = bursts(*_world(seed, bad_from), START, LAST)
    own = found[(found["product_id"] == "b") & (found["cause"] == next(iter(CAUSES)))]
    waits = (own["alarm_day"] - pd.Timestamp(START)).dt.days - bad_from
    assert 0 <= waits.min() <= 6


def test_nothing_later_than_a_day_has_a_say_in_its_alarm() -> None:
    heard, voices = _world(1, 60)
    whole = bursts(heard, voices, START, LAST)
    day = whole["alarm_day"].min()
    early = bursts(heard[heard["day"] <= day], voices[voices["day"] <= day], START, day.date())
    first = whole[whole["alarm_day"] == day].drop(columns=NOW)
    pd.testing.assert_frame_equal(early.drop(columns=NOW), first.reset_index(drop=True))


def test_the_order_of_events_does_not_matter() -> None:
    heard, voices = _world(2, 60)
    mixed = bursts(heard.sample(frac=1, random_state=1), voices.sample(frac=1, random_state=2), START, LAST)
    pd.testing.assert_frame_equal(mixed, bursts(heard, voices, START, LAST))


def test_a_shop_wide_burst_of_one_product_is_told_of_the_product_only() -> None:
    found = bursts(*_world(3, 60, 0.9), START, LAST)
    assert "b" in set(found["product_id"])
    assert not ((found["product_id"] == "") & (found["cause"] == next(iter(CAUSES)))).any()


def test_what_the_whole_shop_suffers_is_told_of_the_whole_shop() -> None:
    heard, voices = _world(4)
    late = voices[voices["day"] >= pd.Timestamp(START) + pd.Timedelta(days=70)]
    many = late.groupby(["product_id", "day"]).head(1).assign(cause="courier")
    found = bursts(pd.concat([heard, many]), voices, START, LAST)
    whole = found[(found["product_id"] == "") & (found["cause"] == "courier")]
    assert len(whole) == 1 and whole["verdict"].iloc[0] == REAL
    assert set(found.loc[found["cause"] == "courier", "product_id"]) == {""}


def test_of_what_the_whole_shop_suffers_only_a_product_that_is_worse_is_told_as_well() -> None:
    """Eight products, five voices a day; from day 40 on one of them complains each day, of the product x all five."""
    days, products = pd.date_range(START, periods=60), ["x", *"abcdefg"]
    voices = pd.concat([pd.DataFrame({"day": days.repeat(5), "product_id": name}) for name in products])
    late = voices[voices["day"] >= days[40]]
    once = late.groupby(["product_id", "day"]).head(1)
    heard = pd.concat([once, *[once[once["product_id"] == "x"]] * 4]).assign(cause="courier")
    found = bursts(heard, voices, START, days[59].date())
    assert set(found["product_id"]) == {"", "x"}


def test_counts_are_those_of_the_window_on_paper() -> None:
    days = pd.date_range(START, periods=40)
    voices = pd.DataFrame({"day": days.repeat(5), "product_id": "a"})
    heard = pd.DataFrame({"day": days[[39, 39, 39, 39]], "product_id": "a", "cause": "defect"})
    (row,) = bursts(heard, voices, START, days[-1].date()).itertuples()
    assert (row.k, row.n, row.past_k, row.past_n) == (4, 5, 0, 195)
    assert row.from_day == row.alarm_day == row.last_day == days[39]
    assert row.verdict == POSSIBLE
    assert (row.seen_day, row.goes_on, row.now_k, row.now_n) == (days[39], True, 4, 5 * RECENT_DAYS)


@pytest.mark.parametrize(("later", "goes_on", "recent"), [(6, True, 4), (7, False, 0)])
def test_a_burst_says_whether_it_goes_on_and_when_it_was_last_seen(later: int, goes_on: bool, recent: int) -> None:
    """Four complaints on one day, none before: the newest days say how it stands."""
    days = pd.date_range(START, periods=70)
    voices = pd.DataFrame({"day": days.repeat(5), "product_id": "a"})
    heard = pd.DataFrame({"day": days[[39, 39, 39, 39]], "product_id": "a", "cause": "defect"})
    (row,) = bursts(heard, voices, START, days[39 + later].date()).itertuples()
    assert (row.seen_day, row.goes_on, row.now_k) == (days[39], goes_on, recent)
    assert row.now_n == 5 * RECENT_DAYS


@pytest.mark.parametrize("last", [249, 240])
def test_a_batch_that_has_long_become_the_usual_is_listed_while_it_goes_on(last: int) -> None:
    """Two of five voices a day from day 40 on: no alarm in the last week, whose 84 days before are as bad."""
    days = pd.date_range(START, periods=250)
    voices = pd.DataFrame({"day": days.repeat(5), "product_id": "a"})
    heard = pd.DataFrame({"day": days[40 : last + 1].repeat(2), "product_id": "a", "cause": "defect"})
    found = bursts(heard, voices, days[243].date(), days[249].date())
    if last == 249:
        (row,) = found.itertuples()
        assert (row.goes_on, row.seen_day, row.now_k) == (True, days[249], 2 * RECENT_DAYS)
        assert row.alarm_day < days[50]
    else:
        assert found.empty


@pytest.mark.parametrize(("between", "begins"), [(2, [40]), (0, [40, 140])])
def test_a_batch_that_never_fell_back_has_one_date_however_late_it_alarms_again(
    between: int, begins: list[int]
) -> None:
    """Two of five voices from day 40 on and five from day 140: one burst, unless all was well in between."""
    days = pd.date_range(START, periods=150)
    voices = pd.DataFrame({"day": days.repeat(5), "product_id": "a"})
    much = [2] * 12 + [between] * 88 + [5] * 10
    heard = pd.DataFrame({"day": days[40:].repeat(much), "product_id": "a", "cause": "defect"})
    found = bursts(heard, voices, days[0].date(), days[149].date())
    assert sorted((found["from_day"] - days[0]).dt.days) == begins
    late = bursts(heard, voices, days[130].date(), days[149].date())
    assert (late["from_day"].min() - days[0]).days == begins[-1]


def test_two_complaints_are_none_and_four_weeks_of_past_are_needed() -> None:
    days = pd.date_range(START, periods=40)
    voices = pd.DataFrame({"day": days.repeat(5), "product_id": "a"})
    two = pd.DataFrame({"day": days[[39, 39]], "product_id": "a", "cause": "defect"})
    assert bursts(two, voices, START, days[-1].date()).empty
    early = pd.DataFrame({"day": days[[27] * 5], "product_id": "a", "cause": "defect"})
    assert bursts(early, voices, START, days[27].date()).empty


def test_no_complaints_are_no_burst_with_the_same_columns() -> None:
    heard, voices = _world(5)
    assert tuple(bursts(heard.head(0), voices, START, LAST)) == COLUMNS
    assert tuple(bursts(heard, voices, START, START)) == COLUMNS
