"""Resampled gains: the same point estimates as the ledger, intervals that hold them, the same figures every time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.measure.bootstrap import bootstrap
from shopscore_analysis.measure.ledger import vanished
from shopscore_analysis.measure.patterns import patterns
from shopscore_analysis.tally import Tally

reviews = st.lists(
    st.tuples(st.sampled_from(["", "defect", "defect+size_fit", "courier"]), st.integers(1, 5), st.booleans()),
    min_size=1,
    max_size=40,
)


def tally(rows: list[tuple[str, int, bool]]) -> Tally:
    """The cells that `count` makes of reviews (causes, stars, has text); without text there are no causes."""
    cells: list[tuple[str, str, int, int]] = []
    for said, stars, has_text in rows:
        causes = said.split("+") if said and has_text else []
        cells += [("review", "", stars, 1), ("text" if has_text else "default", "", stars, 1)]
        cells += [("pattern", said, stars, 1)] if has_text else []
        cells += [("cause", cause, stars, 1) for cause in causes]
        cells += [("loss", c, stars, 60 * (5 - stars) // max(len(causes), 1)) for c in causes or ["unattributed"]]
    frame = pd.DataFrame(cells, columns=["feature", "key", "rating", "count"])
    return Tally.of([frame.assign(shop="s", product="p", sku="", week="2026-W46")])


@settings(max_examples=40)
@given(reviews)
def test_it_differs_from_the_ledger_in_its_intervals_only(rows: list[tuple[str, int, bool]]) -> None:
    counted = tally(rows)
    drawn, exact = bootstrap(counted, draws=200), vanished(counted)
    same = ["cause", "k", "n", "gain", "mean", "mean_without"]
    pd.testing.assert_frame_equal(drawn[same], exact[same])
    assert drawn["gain"].sum() == pytest.approx(5 - exact["mean"][0])
    known = drawn.dropna(subset=["gain"])
    assert (known["low"] <= known["high"]).all() and (known["low"] >= 0).all()


def test_the_same_seed_gives_the_same_figures_and_another_one_does_not() -> None:
    counted = tally([("defect", 1, True)] * 6 + [("", 5, True)] * 30 + [("", 4, False)] * 9)
    pd.testing.assert_frame_equal(bootstrap(counted), bootstrap(counted))
    assert not bootstrap(counted, seed=1).equals(bootstrap(counted))


def test_the_interval_is_as_wide_as_theory_says() -> None:
    """100 reviews, 20 of them lose 4 stars: gain 0.8, standard error 4 · √(.2 · .8 / 100) = 0.16."""
    row = (
        bootstrap(tally([("defect", 1, True)] * 20 + [("", 5, True)] * 80), draws=4000).set_index("cause").loc["defect"]
    )
    assert row["gain"] == pytest.approx(0.8)
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * 0.16, rel=0.06)
    # with the cause gone the mean is 5 whatever is drawn
    assert (row["without_low"], row["without_high"]) == (5.0, 5.0)


def test_causes_of_one_review_come_and_go_together() -> None:
    drawn = bootstrap(tally([("defect+size_fit", 1, True)] * 10 + [("", 5, True)] * 40)).set_index("cause")
    assert drawn.loc["defect", ["low", "high"]].tolist() == drawn.loc["size_fit", ["low", "high"]].tolist()


def test_without_reviews_nothing_is_said(tally_of: Callable[..., Any]) -> None:
    assert bootstrap(Tally())["gain"].isna().all()


def test_patterns_count_default_reviews_only_where_asked() -> None:
    counted = tally([("defect", 1, True), ("", 5, False), ("", 5, False)])
    assert patterns(counted, silent=False).number.sum() == 1
    assert patterns(counted, silent=True).number.sum() == 3
    assert patterns(Tally(), silent=True).said.shape == (0, 0)
    assert np.array_equal(patterns(counted, silent=False).said, [[1.0]])
