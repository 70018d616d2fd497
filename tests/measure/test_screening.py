"""Suspect reviews: listed, never taken out of the official rate."""

from __future__ import annotations

import pandas as pd
import pytest

from shopscore_analysis.measure.screening import side_by_side, suspects

DAY = pd.Timestamp("2026-11-01")


def _reviews(*rows: dict[str, object]) -> pd.DataFrame:
    plain = {
        "reviewed_at": DAY, "stars": 5, "cluster": -1, "complaint": 0.1, "praises": False, "default": False,
    }  # fmt: skip
    return pd.DataFrame([plain | {"record": f"r{number}"} | row for number, row in enumerate(rows)])


def _at(*days: float, **row: object) -> list[dict[str, object]]:
    return [{"reviewed_at": DAY + pd.Timedelta(days=day), "cluster": 7, **row} for day in days]


@pytest.mark.parametrize(
    ("days", "listed"), [((0, 3, 6.9), 3), ((0, 3, 7), 0), ((0, 3), 0), ((0, 3, 6, 8), 4), ((0, 20, 23, 26), 3)]
)
def test_three_alike_within_a_week_are_a_crowd(days: tuple[float, ...], listed: int) -> None:
    found = suspects(_reviews(*_at(*days)))
    assert len(found) == listed
    assert set(found["why"]) <= {"雷同好评扎堆"}


def test_praise_and_blame_of_the_same_words_are_no_common_crowd() -> None:
    assert suspects(_reviews(*_at(0, 1), *_at(2, stars=1))).empty
    assert suspects(_reviews(*_at(0, 1, 2, stars=1)))["why"].tolist() == ["雷同差评扎堆"] * 3


def test_stars_that_contradict_their_text() -> None:
    found = suspects(
        _reviews(
            {"complaint": 0.8},
            {"complaint": 0.79},
            {"stars": 1, "praises": True},
            {"stars": 1, "praises": True, "complaint": 0.5},
            {"stars": 1},
            {"stars": 2, "praises": True},
        )
    )
    assert dict(zip(found["record"], found["why"], strict=True)) == {"r0": "五星但文字强烈不满", "r2": "一星但只有夸奖"}


def test_both_rates_stand_side_by_side_and_the_official_one_holds_everything() -> None:
    reviews = _reviews(
        {"stars": 1, "praises": True}, {"stars": 2}, {"stars": 5, "default": True}, {"stars": 4}, {"stars": None}
    )
    rates = side_by_side(reviews, suspects(reviews)).set_index("of")
    assert rates[["k", "n"]].to_numpy().tolist() == [[2, 4], [2, 3], [1, 3], [1, 2]]
    assert rates["mean"].iloc[0] == 3.0


def test_no_reviews_are_no_suspects() -> None:
    nothing = _reviews({}).head(0)
    assert suspects(nothing).empty
    assert side_by_side(nothing, suspects(nothing))["n"].tolist() == [0, 0, 0, 0]
