"""A/B statistics: worked numbers, oracles, words that do not outrun them, and small simulations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact, ttest_ind

from benchmarks.experiment import MEANS, SHARES, World, decided, peeked, shifted
from benchmarks.experiment import STARS as GIVEN
from shopscore_analysis.declaration import BETTER, DIFFERENT, EARLY, EQUAL, TOO_FEW, WORSE
from shopscore_analysis.measure.experiment import (
    Rule,
    compare,
    detectable,
    orders_needed,
    reviews_needed,
    split_check,
    units_needed,
)
from shopscore_analysis.measure.rates import ENOUGH, newcombe, wilson
from shopscore_analysis.measure.sequential import SPREAD, always_valid, bound, cost, looks

LOWER = Rule(0.01, -1, is_mean=False)
STARS = Rule(0.05, 1, is_mean=True)


def _shares(*cells: tuple[int, int]) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"arm": arm, "value": [1.0] * k + [0.0] * (n - k)})
        for arm, (k, n) in zip("abcdef", cells, strict=False)
    ]
    return pd.concat(parts, ignore_index=True)


def test_the_worked_numbers_of_orders_and_reviews() -> None:
    assert orders_needed(0.03, 0.02) == 3822
    assert orders_needed(0.03, 0.025) == 16789
    assert reviews_needed(0.05, 0.8) == 4019


def test_an_uneven_split_needs_more_in_all_and_fewer_controls() -> None:
    control = orders_needed(0.03, 0.02, ratio=0.5)
    assert control > 3822 and control * 1.5 > 2 * 3822
    assert orders_needed(0.03, 0.02, ratio=2) < 3822


def test_several_variants_and_a_sequential_reading_cost_more() -> None:
    plain = units_needed(0.03, 0.0291, LOWER)
    assert plain == 3822
    assert units_needed(0.03, 0.0291, LOWER, arms=3) > 1.15 * plain
    assert units_needed(0.03, 0.0291, LOWER._replace(sequential=True)) == round(plain * cost())
    assert 1.8 < cost() < 2.0


@pytest.mark.parametrize("rule", [LOWER, STARS, LOWER._replace(sequential=True)])
def test_the_smallest_effect_is_the_plan_read_backwards(rule: Rule) -> None:
    level, variance = (4.6, 0.64) if rule.is_mean else (0.03, 0.0291)
    units = units_needed(level, variance, rule)
    assert detectable(level, variance, rule, units) == pytest.approx(rule.effect, rel=0.01)


@pytest.mark.parametrize("ratio", [1.0, 0.5, 2.0])
@pytest.mark.parametrize("size", [0.7, 1.2, 1.6, 2.0, 3.0, 50.0])
def test_a_plan_of_few_products_keeps_its_power_by_welchs_t(size: float, ratio: float) -> None:
    control = units_needed(0.1, 1.0, Rule(size, 1, is_mean=True, few=True), ratio)
    own = round(control * ratio)
    random = np.random.default_rng(4)
    first, second = random.normal(0, 1, (8000, control)), random.normal(size, 1, (8000, own))
    found = (ttest_ind(first, second, axis=1, equal_var=False).pvalue < 0.05).mean()
    assert min(control, own) >= ENOUGH and found > 0.765  # Welch gives up a little for not knowing the variances


def test_the_smallest_effect_of_few_products_is_the_plan_read_backwards() -> None:
    rule = Rule(1.2, 1, is_mean=True, few=True)
    assert np.isnan(detectable(3.0, 1.0, rule, 4))
    for units in (5, 12, 40):
        least = detectable(3.0, 1.0, rule, units)
        assert units_needed(3.0, 1.0, rule._replace(effect=least * 1.001)) <= units
        assert units_needed(3.0, 1.0, rule._replace(effect=least * 0.99)) > units


def test_no_effect_is_detectable_with_next_to_nothing() -> None:
    assert np.isnan(detectable(0.03, 0.0291, LOWER, 10))
    assert np.isnan(detectable(0.03, 0.0291, LOWER, 0))


def test_the_split_is_checked_against_its_shares() -> None:
    assert not split_check("ab", [4010, 3990], [0.5, 0.5]).failed
    assert split_check("ab", [4200, 3800], [0.5, 0.5]).failed
    assert not split_check("ab", [6000, 2000], [0.75, 0.25]).failed
    assert split_check("ab", [500, 0], [0.5, 0.5]).failed
    unknown = split_check("ab", [4200, 3800], None)
    assert np.isnan(unknown.p) and not unknown.failed
    assert not split_check("ab", [0, 0], [0.5, 0.5]).failed


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_the_interval_is_newcombes_as_elsewhere_in_the_suite(k1: int, n1: int, k2: int, n2: int) -> None:
    k1, k2 = min(k1, n1), min(k2, n2)
    row = compare(_shares((k2, n2), (k1, n1)), "ab", LOWER).iloc[0]
    wanted = [float(end) for end in newcombe(k1, n1, k2, n2)]
    assert [row["change"], row["low"], row["high"]] == pytest.approx(wanted, abs=1e-9)


def test_small_counts_go_to_fisher_and_large_ones_do_not() -> None:
    few, many = (
        compare(_shares(*cells), "ab", LOWER).iloc[0] for cells in (((1, 40), (6, 40)), ((40, 400), (60, 400)))
    )
    assert few["method"] == "Newcombe + Fisher" and few["p"] == pytest.approx(fisher_exact([[6, 34], [1, 39]]).pvalue)
    assert many["method"] == "Newcombe"


def test_means_are_welchs() -> None:
    random = np.random.default_rng(1)
    control, own = random.normal(4.5, 1, 80), random.normal(4.7, 0.5, 300)
    values = pd.DataFrame({"arm": ["a"] * 80 + ["b"] * 300, "value": [*control, *own]})
    row = compare(values, "ab", STARS).iloc[0]
    found = ttest_ind(own, control, equal_var=False)
    assert row["p"] == pytest.approx(found.pvalue) and row["method"] == "Welch"
    assert (row["low"], row["high"]) == pytest.approx(tuple(found.confidence_interval(0.95)))


def test_holm_is_by_hand() -> None:
    rows = compare(_shares((100, 1000), (70, 1000), (75, 1000), (98, 1000)), "abcd", LOWER)
    p = sorted(rows["p"])
    by_hand = [3 * p[0], max(3 * p[0], 2 * p[1]), max(3 * p[0], 2 * p[1], p[2])]
    assert sorted(rows["q"]) == pytest.approx([min(one, 1) for one in by_hand])


def test_what_is_significant_alone_may_not_be_after_holm() -> None:
    cells = (100, 1000), (74, 1000), (99, 1000), (101, 1000), (100, 1000)
    row = compare(_shares(*cells), "abcde", LOWER).iloc[0]
    assert row["high"] < 0 and row["p"] < 0.05 < row["q"]
    assert row["verdict"] in (EQUAL, TOO_FEW)


@pytest.mark.parametrize(
    ("cells", "rule", "verdict"),
    [
        (((150, 5000), (90, 5000)), LOWER, BETTER),
        (((90, 5000), (150, 5000)), LOWER, WORSE),
        (((90, 5000), (150, 5000)), LOWER._replace(better=1), BETTER),
        (((150, 5000), (150, 5000)), LOWER, EQUAL),
        (((30, 1000), (25, 1000)), LOWER, TOO_FEW),
        (((0, 4), (4, 4)), LOWER, TOO_FEW),
        (((0, 30), (0, 30)), LOWER, TOO_FEW),
    ],
)
def test_the_verdict_says_no_more_than_it_may(cells: tuple[tuple[int, int], ...], rule: Rule, verdict: str) -> None:
    assert compare(_shares(*cells), "ab", rule)["verdict"].tolist() == [verdict]


def test_a_fixed_test_before_its_end_gets_no_verdict_however_clear() -> None:
    assert compare(_shares((150, 5000), (50, 5000)), "ab", LOWER, over=False)["verdict"].tolist() == [EARLY]


def test_an_empty_arm_and_equal_means_are_too_few() -> None:
    values = _shares((3, 10))
    row = compare(values, "ab", LOWER).iloc[0]
    assert (row["n"], row["verdict"]) == (0, TOO_FEW) and np.isnan(row["change"])
    flat = pd.DataFrame({"arm": ["a"] * 9 + ["b"] * 9, "value": 5.0})
    assert compare(flat, "ab", STARS)["verdict"].tolist() == [TOO_FEW]


def test_units_outside_the_denominator_do_not_count() -> None:
    values = pd.concat([_shares((3, 10), (4, 10)), pd.DataFrame({"arm": ["a"] * 5, "value": np.nan})])
    assert compare(values, "ab", LOWER)["n_control"].tolist() == [10]


# Sequential


@given(st.floats(1e-6, 1), st.floats(1e-3, 1), st.floats(0.001, 0.2))
def test_the_interval_leaves_zero_out_just_where_p_is_below_alpha(variance: float, spread: float, alpha: float) -> None:
    edge = float(bound(variance, spread, alpha))
    assert float(always_valid(edge, variance, spread)) == pytest.approx(alpha)
    assert (
        float(always_valid(edge * 0.99, variance, spread)) > alpha > float(always_valid(edge * 1.01, variance, spread))
    )


def test_a_sequential_bound_is_wider_than_a_fixed_one() -> None:
    variance = np.geomspace(1e-6, 1, 50)
    assert (bound(variance, 0.01) > 1.96 * np.sqrt(variance)).all()


def _weekly(seed: int, shares: tuple[float, float], weekly: int = 400, weeks: int = 12) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    parts = [
        pd.DataFrame({"arm": arm, "week": f"2026-W{week + 10}", "value": (random.random(weekly) < share).astype(float)})
        for arm, share in zip("ab", shares, strict=True)
        for week in range(weeks)
    ]
    return pd.concat(parts, ignore_index=True)


def test_looks_only_narrow_and_a_clear_difference_ends_early() -> None:
    path = looks(_weekly(3, (0.10, 0.05)), "a", SPREAD * 0.02, is_mean=False)
    assert path["low"].is_monotonic_increasing and path["high"].is_monotonic_decreasing
    assert path["p"].is_monotonic_decreasing and path["p"].iloc[-1] < 0.05
    assert (path["high"] < 0).sum() > 3
    row = compare(_weekly(3, (0.10, 0.05)), "ab", Rule(0.02, -1, False, sequential=True), over=False).iloc[0]
    assert row["verdict"] == BETTER and row["method"] == "always valid"


def test_a_difference_that_turns_over_time_is_told_and_its_interval_is_no_reversed_one() -> None:
    turned = pd.concat([_weekly(1, (0.05, 0.30), weeks=6), _weekly(2, (0.30, 0.02), weeks=40).assign(
        week=lambda rows: "2027" + rows["week"].str[4:])])  # fmt: skip
    row = compare(turned, "ab", Rule(0.05, -1, False, sequential=True)).iloc[0]
    path = looks(turned, "a", SPREAD * 0.05, is_mean=False)
    assert row["drifted"] and row["verdict"] == DIFFERENT and row["low"] < row["change"] < row["high"]
    assert path["drifted"].iloc[-1] and not path["drifted"].iloc[0] and (path["low"] < path["high"]).all()
    assert not compare(_weekly(3, (0.10, 0.05)), "ab", Rule(0.02, -1, False, sequential=True))["drifted"].any()


def test_an_arm_with_too_few_units_is_not_looked_at() -> None:
    assert looks(_weekly(1, (0.1, 0.1), weekly=2, weeks=3), "a", 0.01, is_mean=False).empty


def test_without_any_complaint_yet_the_interval_is_not_a_point() -> None:
    path = looks(_weekly(1, (0.0, 0.0), weekly=50, weeks=2), "a", 0.01, is_mean=False)
    assert (path["low"] < -0.01).all() and (path["high"] > 0.01).all()


# Simulations, small; the large ones: benchmarks/experiment.py

RUNS = 200


@pytest.mark.parametrize(("world", "is_mean"), [(SHARES[0], False), (SHARES[3], False), (MEANS[1], True)])
def test_weekly_peeks_are_safe_in_sequential_mode_and_not_in_fixed_mode(world: World, is_mean: bool) -> None:
    valid, naive, once = peeked(world, RUNS, is_mean=is_mean)
    assert valid / RUNS <= 0.05
    assert naive / RUNS > 0.15
    assert float(wilson(once, RUNS)[0]) < 0.05


@pytest.mark.parametrize(("first", "second", "sizes"), [(0.03, 0.02, (1000, 1000)), (0.10, 0.08, (400, 1600))])
def test_intervals_of_shares_hold_the_truth(first: float, second: float, sizes: tuple[int, int]) -> None:
    """Newcombe's, which `compare` gives (see above), many tests at once."""
    random = np.random.default_rng(11)
    k, k_control = random.binomial(sizes[1], second, 40_000), random.binomial(sizes[0], first, 40_000)
    _, low, high = newcombe(k, sizes[1], k_control, sizes[0])
    assert 0.94 < ((low <= second - first) & (second - first <= high)).mean() < 0.96


def test_intervals_of_means_hold_the_truth() -> None:
    """Welch's, which `compare` gives (see above), many tests at once."""
    random = np.random.default_rng(12)
    control, own = (random.choice(GIVEN, (5000, 400), p=shifted(gain)) for gain in (0.0, 0.05))
    low, high = ttest_ind(own, control, axis=1, equal_var=False).confidence_interval(0.95)
    assert 0.94 < ((low <= 0.05) & (high >= 0.05)).mean() < 0.96


def test_the_planned_size_finds_the_planned_effect_four_times_in_five() -> None:
    better, worse = decided(0.10, 0.06, orders_needed(0.10, 0.06), RUNS)
    low, high = wilson(better, RUNS)
    assert low < 0.8 < high and worse == 0
