"""How late reviews come: a triangle by hand, and what may be completed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.measure.lag import COMPLETE, FILLING, TOO_NEW, WEEKS, completed, lag_curve
from shopscore_analysis.schema import weeks_to
from shopscore_analysis.tally import Tally

FOUR = weeks_to("2026-W46", 4)
# reviews of each week's orders by lag; the newest weeks have not lived through the later lags
TRIANGLE = {"2026-W43": [10, 20, 10], "2026-W44": [12, 18, 8], "2026-W45": [8, 22], "2026-W46": [10]}


def world(triangle: dict[str, list[int]], orders: int = 100) -> Tally:
    rows = [("order", week, "", orders) for week in triangle]
    rows += [("lag", week, f"review|{lag}", k) for week, counts in triangle.items() for lag, k in enumerate(counts)]
    frame = pd.DataFrame(rows, columns=["feature", "week", "key", "count"])
    return Tally.of([frame.assign(shop="s", product="p", sku="", rating=0)])


def test_the_curve_is_the_chain_ladder_of_the_weeks_that_are_old_enough() -> None:
    curve = lag_curve(world(TRIANGLE))
    assert curve[["lag", "k", "n"]].to_numpy().tolist() == [[0, 40, 400], [1, 60, 300], [2, 18, 200]]
    # by lag 1: 60 of the 78 that W43 and W44 have by lag 2; by lag 0: 30 of the 90 that W43-W45 have by lag 1
    assert curve["seen"].tolist() == pytest.approx([60 / 78 * 30 / 90, 60 / 78, 1])


def test_new_weeks_are_completed_and_named() -> None:
    table = completed(world(TRIANGLE))
    assert list(table.columns) == list(WEEKS) and table["week"].tolist() == FOUR
    assert table["k"].tolist() == [40, 38, 30, 10]
    assert table["state"].tolist() == [COMPLETE, COMPLETE, FILLING, FILLING]
    assert table["completed"].tolist() == pytest.approx([0.40, 0.38, 0.3 / (60 / 78), 0.1 / (20 / 78)])
    assert (table["completed_low"] <= table["completed"]).all() and (
        table["completed"] <= table["completed_high"]
    ).all()


def test_a_week_of_which_hardly_anything_is_known_is_not_completed() -> None:
    table = completed(world({"2026-W44": [1, 30, 0], "2026-W45": [1, 30], "2026-W46": [1]}))
    assert table["state"].iloc[-1] == TOO_NEW
    assert table[["completed", "completed_low", "completed_high"]].iloc[-1].isna().all()
    assert table["share"].iloc[-1] == pytest.approx(0.01)


def test_a_report_of_an_older_week_does_not_look_ahead() -> None:
    older = completed(world(TRIANGLE), until="2026-W45")
    assert older["week"].tolist() == FOUR[:3]
    assert older["k"].tolist() == [40, 30, 8]  # what came in W46 is not known yet
    assert lag_curve(world(TRIANGLE), until="2026-W45")["k"].tolist() == [30, 38, 10]
    assert lag_curve(world(TRIANGLE), until="2026-W43")["lag"].tolist() == [0]  # no lag that nobody could have seen


def test_weeks_without_orders_are_bridged_and_nothing_gives_nothing() -> None:
    holed = world({"2026-W43": [5, 5], "2026-W46": [5]})
    assert completed(holed)["n"].tolist() == [100, 0, 0, 100]
    assert completed(Tally()).empty
    assert lag_curve(Tally())["k"].tolist() == [0]


def test_other_kinds_are_refused(tally_of: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="expected of to be review or aftersale, found 'chat'"):
        lag_curve(Tally(), of="chat")


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=6))
def test_the_curve_rises_to_one_and_completing_never_lowers(rows: list[list[int]]) -> None:
    weeks = weeks_to("2026-W46", len(rows))
    found = world(dict(zip(weeks, rows, strict=True)))
    curve, table = lag_curve(found), completed(found)
    assert curve["seen"].is_monotonic_increasing and curve["seen"].iloc[-1] == 1
    ready = table.dropna(subset=["completed", "share"])
    assert (ready["completed"] >= ready["share"] - 1e-12).all() and (ready["completed"] <= 1).all()
    # what is known already can only be events whose week lies within the report
    assert table["k"].sum() == sum(k for at, row in enumerate(rows) for k in row[: len(rows) - at])
