"""The score-card: targets, gaps, weights made whole, and trends that claim no more than they may."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shopscore_analysis.schema import TOO_FEW, WITHIN, weeks_to
from shopscore_analysis.score.scorecard import BETTER, COLUMNS, WORSE, rows, scorecard, weight_note

WEEKS = weeks_to("2026-W46", 13)
EMPTY = pd.DataFrame(columns=["week", "name", "value", "unit", "k", "n", "low", "high"])


def found(**values: float) -> pd.DataFrame:
    table = pd.DataFrame({"name": list(values), "value": list(values.values())})
    return table.assign(unit="seconds", k=np.nan, n=100, low=np.nan, high=np.nan)


def weekly(name: str, values: list[float], share: bool = False, n: int = 400) -> pd.DataFrame:
    table = pd.DataFrame({"week": WEEKS[-len(values) :], "name": name, "value": values, "n": n})
    return table.assign(k=table["value"] * n if share else np.nan, unit="share" if share else "seconds")


def test_the_three_weights_of_the_article_are_made_whole_openly() -> None:
    table = scorecard(found(), EMPTY).set_index("name")
    assert table.loc[["first_reply", "solved", "conversion"], "weight"].tolist() == pytest.approx(
        [18 / 49, 22 / 49, 9 / 49]
    )
    assert table["weight"].sum() == pytest.approx(1)
    assert "三项合计 49%" in weight_note()


def test_gaps_point_the_same_way_for_low_and_high_targets() -> None:
    table = scorecard(found(first_reply=28.0, conversion=0.13, ship_48h=0.95), EMPTY).set_index("name")
    assert list(table.reset_index().columns) == list(COLUMNS)
    assert table.loc["first_reply", "gap"] == pytest.approx(13)
    assert table.loc["conversion", "gap"] == pytest.approx(0.12)
    assert table["met"].to_dict() == dict.fromkeys(table.index) | {
        "first_reply": False, "conversion": False, "ship_48h": True,
    }  # fmt: skip


def test_every_line_names_whose_claim_it_is() -> None:
    assert all(row.source for row in rows())
    assert {row.name for row in rows() if row.weight} == {"first_reply", "solved", "conversion"}
    assert all(row.claim for row in rows() if row.weight)


@pytest.mark.parametrize(
    ("values", "share", "word"),
    [
        ([0.93] * 9 + [0.70] * 4, True, WORSE),
        ([0.70] * 9 + [0.93] * 4, True, BETTER),
        ([0.90, 0.91] * 4 + [0.90] * 5, True, WITHIN),
        ([0.9] * 7, True, TOO_FEW),
    ],
)
def test_a_share_is_judged_by_the_interval_of_the_difference(values: list[float], share: bool, word: str) -> None:
    table = scorecard(found(), weekly("on_time", values, share)).set_index("name")
    assert table.loc["on_time", "trend"] == word


def test_a_mean_is_judged_by_the_spread_of_its_weeks() -> None:
    steady = [20.0, 22, 19, 21, 20, 22, 19, 21, 20]
    assert (
        scorecard(found(), weekly("first_reply", [*steady, 40, 41, 39, 42]))
        .set_index("name")
        .loc["first_reply", "trend"]
        == WORSE
    )
    table = scorecard(found(), weekly("first_reply", [*steady, 21, 19, 22, 20])).set_index("name")
    assert table.loc["first_reply", "trend"] == WITHIN
    assert table.loc["first_reply", "before"] == pytest.approx(np.mean(steady))
