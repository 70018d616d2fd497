"""The rank after a plan, and the causes that cover every gap."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from shopscore_analysis.measure.outlook import covers, rank_with

WEEK = "2026-W46"
WEIGHTS = {"product": 0.5, "logistics": 0.25, "service": 0.25}


def rivals(*scores: float) -> pd.DataFrame:
    rows = [(datetime(2026, 11, 15), f"竞店{at}", score) for at, score in enumerate(scores)]
    return pd.DataFrame(rows, columns=["date", "rival", "score"])


def test_a_higher_total_climbs_past_those_it_surely_beats() -> None:
    found = rank_with(rivals(4.9, 4.9, 4.8, 4.7, 4.6), WEEK, {"现在": 4.65, "之后": 4.86})
    assert found["case"].tolist() == ["现在", "之后"]
    # 4.65 ± .005 against 4.7 ± .05 and 4.6 ± .05: both may be either side
    assert found[["rank_low", "rank_high"]].to_numpy().tolist() == [[4, 6], [1, 3]]


def test_without_rivals_of_that_week_there_is_no_rank() -> None:
    assert rank_with(rivals(4.9), "2026-W40", {"现在": 4.7}).empty
    assert rank_with(rivals(4.9), WEEK, {}).empty


def ledger() -> pd.DataFrame:
    rows = [("defect", 10, 30.0), ("size_fit", 5, 10.0), ("courier", 4, 4.0), ("unattributed", 9, 20.0)]
    return pd.DataFrame(rows, columns=["cause", "k", "loss"]).assign(n=100)


def gaps(product: float, logistics: float, service: float = float("nan")) -> pd.DataFrame:
    return pd.DataFrame({"dimension": ["product", "logistics", "service"], "gap_median": [product, logistics, service]})


def test_each_dimension_that_is_behind_gets_its_causes_dearest_first() -> None:
    found = covers(gaps(0.36, 0.1), ledger(), WEIGHTS)
    assert found[["dimension", "cause"]].to_numpy().tolist() == [
        ["product", "defect"], ["product", "size_fit"], ["logistics", "courier"],
    ]  # fmt: skip
    # 0.30 by the ten defects, the missing 0.06 of 0.10 by three of five sizes
    assert found["fewer"].tolist() == [10, 3, 4]
    assert found["covered"].tolist() == pytest.approx([0.3 / 0.36, 1.0, 0.4])
    assert found["points"].tolist() == pytest.approx([0.18, 0.18, 0.025])


def test_where_nothing_is_behind_nothing_is_covered() -> None:
    found = covers(gaps(-0.1, 0.0), ledger(), WEIGHTS)
    assert found.empty and "covered" in found
