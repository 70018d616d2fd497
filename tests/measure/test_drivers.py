"""Shapley's axioms, the regression behind the drivers, and the penalty-reward contrast by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.measure.drivers import drivers, penalty_reward, shapley
from shopscore_analysis.measure.patterns import patterns
from shopscore_analysis.schema import CAUSES
from tests.measure.test_bootstrap import tally

games = st.integers(1, 5).flatmap(
    lambda players: st.lists(st.floats(-10, 10), min_size=2**players - 1, max_size=2**players - 1)
).map(lambda worth: np.array([0.0, *worth]))  # fmt: skip
reviews = st.lists(
    st.tuples(
        st.lists(st.sampled_from(list(CAUSES)[:5]), max_size=3, unique=True).map(
            lambda said: "+".join(sorted(said, key=list(CAUSES).index))
        ),
        st.integers(1, 5),
        st.just(True),
    ),
    min_size=6,
    max_size=60,
)


@given(games)
def test_efficiency_all_values_sum_to_the_worth_of_all(worth: np.ndarray) -> None:
    assert shapley(worth).sum() == pytest.approx(worth[-1], abs=1e-9)


@given(games)
def test_the_value_is_the_mean_marginal_worth_over_all_orders(worth: np.ndarray) -> None:
    players = len(worth).bit_length() - 1
    gains = np.zeros(players)
    orders = list(permutations(range(players)))
    for order in orders:
        mask = 0
        for player in order:
            gains[player] += worth[mask | 1 << player] - worth[mask]
            mask |= 1 << player
    assert shapley(worth) == pytest.approx(gains / len(orders), abs=1e-9)


@given(games)
def test_a_player_who_adds_nothing_gets_nothing_and_additivity_holds(worth: np.ndarray) -> None:
    with_idler = np.concatenate([worth, worth])  # the new player's bit changes no worth
    assert shapley(with_idler)[-1] == pytest.approx(0, abs=1e-9)
    assert shapley(with_idler)[:-1] == pytest.approx(shapley(worth), abs=1e-9)
    other = worth[::-1] - worth[-1]
    assert shapley(worth + other) == pytest.approx(shapley(worth) + shapley(other), abs=1e-9)


@settings(max_examples=40)
@given(reviews)
def test_shares_sum_to_the_r2_of_the_whole_regression(rows: list[tuple[str, int, bool]]) -> None:
    counted = tally(rows)
    table = drivers(counted)
    found = patterns(counted, silent=False)
    at = [found.causes.index(cause) for cause in table["cause"]]
    design = np.column_stack([np.ones(len(found.stars)), found.said[:, at]])
    root = np.sqrt(found.number)
    beta = np.linalg.lstsq(design * root[:, None], found.stars * root, rcond=None)[0]
    mean = np.average(found.stars, weights=found.number)
    spread = found.number @ (found.stars - mean) ** 2
    r2 = 1 - found.number @ (found.stars - design @ beta) ** 2 / spread if spread else 0.0
    assert table["explained"].sum() == pytest.approx(r2, abs=1e-8)
    assert (table["explained"] >= -1e-9).all() and (table["k"] >= 5).all()
    assert table["explained"].is_monotonic_decreasing


def test_a_cause_that_alone_decides_the_stars_explains_all() -> None:
    table = drivers(tally([("defect", 1, True)] * 5 + [("", 5, True)] * 15 + [("size_fit", 5, True)] * 5))
    assert table["cause"].tolist() == ["defect", "size_fit"]
    assert table["r2"][0] == pytest.approx(1)
    assert table["effect"].tolist() == pytest.approx([-4, 0], abs=1e-9)
    assert table["importance"].sum() == pytest.approx(1)


def test_more_causes_than_can_be_gone_through_are_refused() -> None:
    with pytest.raises(ValueError, match="expected at most 12 causes for exact Shapley shares, found 13"):
        drivers(tally([("", 5, True)]), limit=13)


def test_a_must_have_ends_at_one_star_and_a_delighter_costs_the_last_star_only() -> None:
    rows = [("defect", 1, True)] * 9 + [("defect", 5, True)]
    rows += [("poor_value", 4, True)] * 7 + [("poor_value", 1, True)] * 3
    rows += [("", 5, True)] * 40 + [("courier", 1, True)] * 2 + [("usability", 5, True)] * 8
    table = penalty_reward(tally(rows)).set_index("cause")
    assert table["role"].to_dict() == {
        "defect": "必备项", "poor_value": "加分项", "courier": "样本不足", "usability": "不明显",
    }  # fmt: skip
    # 9 of 10 with a defect have 1-2 stars, 5 of 60 without
    assert table.loc["defect", "penalty"] == pytest.approx(0.9 - 5 / 60)
    # 48 of 60 without a defect have 5 stars, 1 of 10 with one
    assert table.loc["defect", "reward"] == pytest.approx(48 / 60 - 0.1)
    assert table.loc["defect", "penalty_low"] < 0.9 - 5 / 60 < table.loc["defect", "penalty_high"]


def test_no_complaint_at_all_gives_empty_tables() -> None:
    silent = tally([("", 5, True)] * 8)
    assert penalty_reward(silent).empty and drivers(silent).empty
