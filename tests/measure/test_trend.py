"""P′ limits: wide where weeks are restless by themselves, silent where too little is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shopscore_analysis.measure.trend import COLUMNS, _moved, laney_sigma, movements, trend, usual
from shopscore_analysis.schema import weeks_to
from shopscore_analysis.tally import Tally


def weekly(k: list[int], n: list[int]) -> Tally:
    """A tally in which k of n texts complain of defect, week by week, and as many reviews have one star."""
    rows = []
    for week, bad, all_ in zip(weeks_to("2026-W46", len(k)), k, n, strict=True):
        rows += [("cause", week, 1, "defect", bad), ("complaint", week, 1, "", bad), ("text", week, 1, "", bad)]
        rows += [("text", week, 5, "", all_ - bad), ("review", week, 1, "", bad), ("review", week, 5, "", all_ - bad)]
    cells = pd.DataFrame(rows, columns=["feature", "week", "rating", "key", "count"])
    return Tally.of([cells.assign(shop="s", product="p", sku="")])


def test_sigma_z_by_hand() -> None:
    """Shares .1 .2 .1 .2 of 100: mean .15, error .0357; z = ∓1.4003; moving range 2.8006; ÷ 1.128 = 2.4828."""
    assert laney_sigma([10, 20, 10, 20], [100] * 4) == pytest.approx(2.4828, abs=1e-4)


@pytest.mark.parametrize(
    ("last", "verdict"),
    [(10, "波动内"), (17, "可能变化"), (30, "真实变化"), (0, "真实变化")],
    ids=["same", "up a bit", "up", "gone"],
)
def test_verdict_of_the_newest_week(last: int, verdict: str) -> None:
    """Twelve weeks of 10 ± 1 of 100, then one more: error of the comparison is .0312."""
    rows = trend(weekly([10, 11, 9] * 4 + [last], [100] * 13), cause="defect")
    assert list(rows.columns) == list(COLUMNS)
    assert rows.iloc[-1]["verdict"] == verdict


def test_restless_weeks_widen_the_limits() -> None:
    calm = trend(weekly([10, 11, 9] * 4 + [25], [100] * 13), cause="defect").iloc[-1]
    restless = trend(weekly([2, 18, 10] * 4 + [25], [100] * 13), cause="defect").iloc[-1]
    assert calm["verdict"] == "真实变化" and restless["verdict"] != "真实变化"
    assert restless["upper"] > calm["upper"]


def test_first_weeks_and_thin_weeks_are_not_judged() -> None:
    rows = trend(weekly([1] * 6, [50] * 5 + [3]), cause="defect")
    assert rows["verdict"].tolist()[:4] == ["样本不足"] * 4
    assert np.isnan(rows["center"].iloc[0])
    assert rows["verdict"].iloc[-1] == "样本不足"


@pytest.mark.parametrize("event", ["complaint", "low_stars"])
def test_events_count_reviews_with_text_or_stars(event: str) -> None:
    row = trend(weekly([4, 5], [40, 50]), event=event).iloc[-1]  # type: ignore[arg-type]
    assert (row["k"], row["n"], row["share"]) == (5, 50, 0.1)


FLAT = [4.8] * 25


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([*FLAT, 4.7], "波动内"),
        ([*FLAT, 4.6], "可能变化"),
        ([*FLAT, 4.4], "真实变化"),
        ([4.8, 4.8, 4.8, 4.8, 4.8, 4.5, 4.5, 4.5, 4.5, 4.5] * 2 + [4.8] * 5 + [4.4], "波动内"),
        ([4.8] * 9 + [4.0], "样本不足"),
        ([*FLAT, np.nan], "样本不足"),
    ],
    ids=["one step of rounding", "two steps", "four steps", "restless", "short", "missing"],
)
def test_a_published_score_moves_beyond_its_own_unrest(values: list[float], verdict: str) -> None:
    """Flat: σ = √2 · .05 = .0707 with 5 degrees of freedom, so t is 1.41, 2.83 (p .037), 5.66 (p .002)."""
    assert movements(values, slack=0.05)[-1] == verdict


def test_a_lasting_step_is_told_and_does_not_become_the_usual_at_once() -> None:
    """σ is that of rounding, .707: two points off for a week may be chance, for five weeks more they are not."""
    told = movements([89, 90, *[89] * 13, *[87] * 4, 86, 85, 87, 86, 86, 87, 87], slack=0.5)
    assert told[10:] == ["波动内"] * 5 + ["可能变化"] * 4 + ["真实变化"] * 7
    assert usual([89, 90, *[89] * 13, *[87] * 11])[-1] == 89
    assert movements([89] * 15 + [87] + [89] * 5 + [91], slack=0.5)[-6:] == ["波动内"] * 5 + ["可能变化"]


def test_noise_in_a_rolling_mean_is_hardly_ever_called_real() -> None:
    """A 30-day mean of white noise read weekly, 26 weeks, 200 shops."""
    random = np.random.default_rng(7)
    days = random.normal(size=(200, 26 * 7 + 30))
    rolling = np.stack([np.convolve(shop, np.full(30, 1 / 30), "valid")[::7][:26] for shop in days])
    last = [movements(np.round(4.75 + 0.3 * shop, 2), slack=0.005)[-1] for shop in rolling]
    assert last.count("真实变化") <= 4


def test_no_reviews_no_rows() -> None:
    assert trend(Tally()).empty


def test_a_newest_week_that_is_not_over_is_never_sure() -> None:
    """Weekdays of a started week may differ from the rest; earlier weeks keep their verdicts."""
    counts = weekly([10, 11, 9] * 3 + [30, 10, 9, 30], [100] * 13)
    over, started = (trend(counts, cause="defect", over=over)["verdict"].tolist() for over in (True, False))
    assert (over[-1], started[-1]) == ("真实变化", "可能变化")
    assert over[9] == "真实变化" and over[:-1] == started[:-1]


def test_a_mean_of_thirty_days_moves_less_from_week_to_week_than_it_lies_off() -> None:
    """Ranges of 1 are 1 ÷ 1.128 · √(30/7) = 1.84 of unrest: 93.5 lies 2.7 of them above 88.5."""
    assert movements([88.0, 89.0] * 8 + [93.5])[-1] == "可能变化"
    assert movements([88.0, 89.0] * 8 + [94.5])[-1] == "真实变化"


def test_only_a_value_off_on_the_same_side_five_weeks_before_makes_a_step_sure() -> None:
    assert _moved(2.5, 2.5) == _moved(-3.1, 0.0) == "真实变化"
    assert _moved(2.5, -2.5) == "可能变化"
    assert _moved(1.9, 2.5) == "波动内"
