"""Intervals against published values, shrinkage and false-discovery control against their laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.measure import rates

counts = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.lists(counts, min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (1, 2, 0.095, 0.905),
        (0, 30, 0.0, 0.114),
        (12, 200, 0.035, 0.102),
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(k: int, n: int, low: float, high: float) -> None:
    """The last four are the worked examples of Newcombe (1998)."""
    assert np.allclose(rates.wilson(k, n), (low, high), atol=6e-4)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_gives_the_published_intervals(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """Table II of Newcombe (1998), method 10."""
    change, lower, upper = rates.newcombe(*first, *second)
    assert change == pytest.approx(first[0] / first[1] - second[0] / second[1])
    assert (float(lower), float(upper)) == pytest.approx((low, high), abs=6e-5)


@given(counts)
def test_wilson_holds_the_share_and_mirrors(pair: tuple[int, int]) -> None:
    """The interval lies within [0, 1] around the share, and that of the complement is its mirror image."""
    k, n = pair
    low, high = rates.wilson(k, n)
    if n == 0:
        assert np.isnan(low) and np.isnan(high)
        return
    assert 0 <= low <= k / n <= high <= 1
    assert rates.wilson(n - k, n) == pytest.approx((1 - high, 1 - low))


def test_nothing_is_estimated_without_observations_or_from_more_than_there_are() -> None:
    table = rates.estimate(pd.DataFrame({"k": [0, 3, 1, 1], "n": [0, 2, 4, 5]}))
    assert table[["share", "low", "high"]].isna().all(axis=1).tolist() == [True, True, False, False]
    assert table["enough"].tolist() == [False, False, False, True]


@given(tables)
def test_shrunk_shares_lie_between_the_raw_share_and_the_mean(pairs: list[tuple[int, int]]) -> None:
    k, n = np.array(pairs).T
    shrunk = rates.shrink(k, n)
    if n.sum() == 0:
        assert np.isnan(shrunk).all()
        return
    mean = k.sum() / n.sum()
    raw = np.where(n > 0, k / np.maximum(n, 1), mean)
    assert (shrunk >= np.minimum(raw, mean) - 1e-12).all() and (shrunk <= np.maximum(raw, mean) + 1e-12).all()


@given(st.integers(1, 50), st.lists(st.integers(0, 50), min_size=2, max_size=10))
def test_shrinkage_is_monotone_in_the_count(n: int, ks: list[int]) -> None:
    """Among cells of one size, more complaints never give a lower shrunk share."""
    k = np.sort(np.minimum(ks, n))
    assert (np.diff(rates.shrink(k, np.full(len(k), n))) >= -1e-12).all()


def test_a_cell_with_more_observations_keeps_more_of_its_own_share() -> None:
    small, large, *_ = rates.shrink([2, 200, 10, 30, 5, 40], [4, 400, 400, 400, 400, 400])
    assert small < large < 0.5


def test_without_more_scatter_than_chance_every_share_is_the_mean() -> None:
    assert rates.shrink([10, 10, 10], [100, 100, 100]).tolist() == [0.1, 0.1, 0.1]


def test_groups_are_shrunk_to_their_own_means() -> None:
    shrunk = rates.shrink([0, 0, 50, 50], [100, 100, 100, 100], ["a", "a", "b", "b"])
    assert shrunk.tolist() == [0, 0, 0.5, 0.5]


def test_benjamini_hochberg_by_hand() -> None:
    """p = .005 .009 .05 .1 .2, m = 5: p·m/i = .025 .0225 .0833 .125 .2, then the running minimum from the right."""
    q = rates.bh([0.2, 0.009, np.nan, 0.05, 0.005, 0.1])
    assert q == pytest.approx([0.2, 0.0225, np.nan, 0.25 / 3, 0.0225, 0.125], nan_ok=True)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.001, 0.5))
def test_q_values_reject_what_the_step_up_rule_rejects(p: list[float], level: float) -> None:
    ordered = np.sort(p)
    passing = np.flatnonzero(ordered * len(p) / np.arange(1, len(p) + 1) <= level)
    cut = ordered[passing[-1]] if len(passing) else -1.0
    assert ((rates.bh(p) <= level) == (np.array(p) <= cut)).all()


def test_the_score_test_by_hand() -> None:
    """30/200 against 50/200: z = .1 / sqrt(.2 · .8 · .01) = 2.5, two-sided p .01242; without a difference 1."""
    assert rates.p_value([30, 4, 0], [200, 8, 9], [50, 4, 0], [200, 8, 5]) == pytest.approx([0.012419, 1, 1], abs=1e-6)


def test_empty_tables_stay_empty() -> None:
    assert rates.shrink([], []).shape == rates.bh([]).shape == (0,)
    assert list(rates.estimate(pd.DataFrame({"k": [], "n": []}))) == ["k", "n", "share", "low", "high", "enough"]
