"""Five-star orders to a target, against counting them one by one."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.score.reach import Reach, five_star_reviews, reach


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(n, 5 * n))), st.integers(400, 495))
def test_the_number_is_the_first_that_reaches_the_target(counts: tuple[int, int], hundredths: int) -> None:
    reviews, stars = counts
    goal, more = Fraction(hundredths, 100), 0
    while Fraction(stars + 5 * more, reviews + more) < goal:
        more += 1
    assert five_star_reviews(stars, reviews, hundredths / 100) == more


def test_a_perfect_mean_is_out_of_reach_once_a_star_is_lost() -> None:
    assert five_star_reviews(499, 100, 5.0) is None
    assert five_star_reviews(500, 100, 5.0) == 0


def test_old_reviews_leave_the_window() -> None:
    """30 days of 10 reviews at 4.4; with ten fives a day the mean passes 4.8 after 20 days, in the window only."""
    assert reach([(44, 10)] * 30, 4.8, per_day=10) == Reach(200, 200, 20)
    assert five_star_reviews(44 * 30, 300, 4.8) == 600
    assert reach([(44, 10)] * 30, 4.8, per_day=10, rated=0.25) == Reach(200, 800, 20)


def test_a_bad_day_that_leaves_does_the_work_alone() -> None:
    assert reach([(10, 10), (49, 10)], 4.8, per_day=1) == Reach(1, 1, 1)


def test_the_window_is_new_at_the_latest_when_it_has_passed() -> None:
    assert reach([(10, 10)] * 30, 5.0, per_day=2) == Reach(60, 60, 30)


@pytest.mark.parametrize(("window", "target", "per_day"), [([], 4.8, 5), ([(10, 10)], 4.8, 0), ([(10, 10)], 5.1, 9)])
def test_without_reviews_or_above_five_there_is_no_day(
    window: list[tuple[int, int]], target: float, per_day: int
) -> None:
    assert reach(window, target, per_day) == Reach(None, None, None)


def test_a_target_already_reached_takes_nothing() -> None:
    assert reach([(49, 10)], 4.8, per_day=3) == Reach(0, 0, 0)
