"""The identity of the ledger for every slice, and its chain to points of the total."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.measure.ledger import ENTRIES, ledger, points, vanished
from shopscore_analysis.schema import CAUSES, LOSS_UNIT, UNATTRIBUTED
from shopscore_analysis.tally import Tally

WEIGHTS = {"product": 0.4, "logistics": 0.3, "service": 0.3}

review = st.fixed_dictionaries(
    {
        "product": st.sampled_from(["p1", "p2"]),
        "week": st.sampled_from(["2026-W40", "2026-W41"]),
        "rating": st.integers(0, 5),
        "carrier": st.sampled_from(["圆通", "顺丰|空运"]),
        "causes": st.sets(st.sampled_from(sorted(CAUSES)), max_size=6),
    }
)


def cells_of(reviews: list[dict]) -> list[dict]:
    """What counting writes for these reviews: review, cause and loss cells, with their twins by carrier."""
    cells = []
    for row in reviews:
        axes = {name: row[name] for name in ("product", "week", "rating")}
        lost = 5 - row["rating"] if row["rating"] else 0
        entries = sorted(row["causes"]) or [UNATTRIBUTED]
        found = [("review", "", 1)] + [("cause", cause, 1) for cause in sorted(row["causes"])]
        found += [("loss", entry, LOSS_UNIT * lost // len(entries)) for entry in entries]
        for feature, key, count in found:
            compound = f"carrier|{row['carrier']}" + (f"|{key}" if key else "")
            cells.append({"feature": feature, "key": key, "count": count, **axes})
            cells.append({"feature": f"{feature}_by", "key": compound, "count": count, **axes})
    return cells


@pytest.mark.parametrize("by", [None, "product", "week", ("product", "week"), "carrier", ("carrier", "week")])
@settings(max_examples=20, deadline=None)
@given(st.lists(review, min_size=1, max_size=25))
def test_losses_sum_to_what_the_mean_lost_in_every_slice(tally_of, by, reviews: list[dict]) -> None:
    """Σ loss = n · (5 - mean stars), n and k recounted from the reviews themselves."""
    axes = [by] if isinstance(by, str) else list(by or ())
    table = ledger(tally_of(cells_of(reviews)), by=by)
    rated = pd.DataFrame([row for row in reviews if row["rating"]], columns=list(reviews[0]))
    slices = table.groupby(axes) if axes else [((), table)]
    assert sum(len(part) for _, part in slices) == len(table)
    for value, part in slices:
        mine = rated
        for axis, wanted in zip(axes, value, strict=True):
            mine = mine[mine[axis] == wanted]
        assert part["cause"].tolist() == list(ENTRIES)
        assert (part["n"] == len(mine)).all()
        assert round(part["loss"].sum() * LOSS_UNIT) == LOSS_UNIT * (5 - mine["rating"]).sum()
        if len(mine):
            assert part["loss"].sum() == pytest.approx(len(mine) * (5 - part["mean"].iloc[0]))
            below = mine[mine["rating"] < 5]
            named = [
                sum(e in causes or (e == UNATTRIBUTED and not causes) for causes in below["causes"]) for e in ENTRIES
            ]
            assert part["k"].tolist() == named


def test_a_ledger_by_hand(tally_of) -> None:
    """One star for size and delivery (2 stars lost each), three stars for nothing named, two fives: mean 3.8."""
    reviews = [(1, {"size_fit", "slow_delivery"}), (3, set()), (5, set()), (5, {"size_fit"}), (5, set())]
    rows = [{"product": "p1", "week": "w", "carrier": "c", "rating": stars, "causes": c} for stars, c in reviews]
    table = ledger(tally_of(cells_of(rows))).set_index("cause")
    columns = ["k", "n", "loss", "share_of_loss", "mean", "mean_without"]
    assert list(table) == columns
    assert table.loc["size_fit"].tolist() == pytest.approx([1, 5, 2, 1 / 3, 3.8, 4.2])
    assert table.loc[UNATTRIBUTED].tolist() == pytest.approx([1, 5, 2, 1 / 3, 3.8, 4.2])
    assert table.loc["defect"].tolist() == pytest.approx([0, 5, 0, 0, 3.8, 3.8])
    chained = points(table.reset_index(), WEIGHTS).set_index("cause")
    assert chained.loc["size_fit", "points"] == pytest.approx(0.4 * 2 / 5)
    assert chained.loc["slow_delivery", "points"] == pytest.approx(0.3 * 2 / 5)
    assert chained.loc[UNATTRIBUTED, ["dimension", "weight", "points"]].tolist() == ["", 1 / 3, pytest.approx(0.4 / 3)]


@pytest.mark.filterwarnings("error")
def test_without_reviews_the_ledger_has_no_mean_and_no_loss() -> None:
    table = points(ledger(Tally()), WEIGHTS)
    assert table["loss"].sum() == 0 and table[["mean", "mean_without", "share_of_loss", "points"]].isna().all(axis=None)
    assert ledger(Tally(), by="product").empty


def reviews_losing(k: int, n: int) -> list[dict]:
    """Cells of n reviews of which k have one star for a defect alone and the rest five."""
    return [
        {"feature": "review", "rating": 1, "count": k},
        {"feature": "review", "rating": 5, "count": n - k},
        {"feature": "cause", "key": "defect", "rating": 1, "count": k},
        {"feature": "loss", "key": "defect", "rating": 1, "count": 4 * LOSS_UNIT * k},
    ]


def test_what_a_vanished_cause_gives_back_scatters_as_its_share_does(tally_of) -> None:
    """12 of 200 lose four stars each: .24 with four times Wilson's (.0347, .1019)."""
    row = vanished(tally_of(reviews_losing(12, 200))).set_index("cause").loc["defect"]
    assert (row["gain"], row["low"], row["high"]) == pytest.approx((0.24, 0.1386, 0.4077), abs=1e-4)
    columns = ["mean", "mean_without", "without_low", "without_high"]
    assert row[columns].tolist() == pytest.approx([4.76, 5.0, 4.76 + 0.1386, 4.76 + 0.4077], abs=1e-4)


def test_the_interval_of_a_vanished_cause_covers_the_truth(tally_of) -> None:
    """60 draws, one a week, of losses of several sizes, some shared with another cause: 95 % hold the true gain."""
    kinds = [(5, set()), (1, {"defect"}), (2, {"defect", "size_fit"}), (4, {"defect"}), (3, set())]
    draws = np.random.default_rng(11).multinomial(300, [0.80, 0.04, 0.06, 0.05, 0.05], size=60)
    true = 0.04 * 4 + 0.06 * 1.5 + 0.05 * 1
    rows = [
        {**cell, "week": f"draw {draw}", "count": cell["count"] * int(count)}
        for (stars, named), column in zip(kinds, draws.T, strict=True)
        for cell in cells_of([{"product": "p", "week": "w", "carrier": "c", "rating": stars, "causes": named}])
        for draw, count in enumerate(column)
    ]
    table = vanished(tally_of(rows), by="week")
    table = table[table["cause"] == "defect"]
    assert len(table) == 60 and ((table["low"] <= true) & (true <= table["high"])).sum() >= 54


@pytest.mark.filterwarnings("error")
def test_a_cause_that_lost_nothing_gives_nothing_back(tally_of) -> None:
    table = vanished(tally_of(reviews_losing(3, 10)), by="product").set_index("cause")
    assert table.loc["size_fit", ["gain", "low", "high"]].isna().all() and table.loc["defect", "k"] == 3
    assert vanished(Tally())["gain"].isna().all() and vanished(Tally(), by="week").empty
