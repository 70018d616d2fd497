"""Cause shares against counts made by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from shopscore_analysis.measure.causes import causes, contrast, contrasts, unhappy
from shopscore_analysis.tally import Tally


@pytest.fixture
def tally(tally_of) -> Tally:
    return tally_of(
        [
            {"feature": "text", "rating": 1, "count": 4},
            {"feature": "text", "rating": 5, "count": 6},
            {"feature": "text", "rating": 5, "product": "p2", "count": 3},
            {"feature": "default", "rating": 5, "count": 90},
            {"feature": "cause", "key": "slow_delivery", "rating": 1, "count": 2},
            {"feature": "cause", "key": "size_fit", "rating": 1, "count": 3},
            {"feature": "cause", "key": "size_fit", "rating": 5, "count": 1},
            {"feature": "order_cause", "key": "size_fit", "count": 5},
            {"feature": "signed", "count": 50},
            {"feature": "order", "count": 60},
            {"feature": "text_by", "key": "carrier|顺丰|空运", "rating": 1, "count": 6},
            {"feature": "text_by", "key": "carrier|圆通", "rating": 1, "count": 4},
            {"feature": "text_by", "key": "channel|圆通", "rating": 1, "count": 9},
            {"feature": "cause_by", "key": "carrier|顺丰|空运|size_fit", "rating": 1, "count": 1},
            {"feature": "cause_by", "key": "channel|圆通|size_fit", "rating": 1, "count": 7},
        ]
    )


def test_per_review_counts_over_reviews_with_text_of_any_stars(tally: Tally) -> None:
    """4 of 13 texts name the size; default reviews are in no denominator; rows follow the vocabulary."""
    table = causes(tally)
    assert table[["cause", "k", "n"]].values.tolist() == [["size_fit", 4, 13], ["slow_delivery", 2, 13]]
    assert table["share"].tolist() == pytest.approx([4 / 13, 2 / 13])
    assert table["enough"].all()


def test_zero_cells_are_counted_and_small_ones_are_not_enough(tally: Tally) -> None:
    table = causes(tally, by="product")
    assert table[["cause", "product", "k", "n", "enough"]].values.tolist() == [
        ["size_fit", "p1", 4, 10, True],
        ["size_fit", "p2", 0, 3, False],
        ["slow_delivery", "p1", 2, 10, True],
        ["slow_delivery", "p2", 0, 3, False],
    ]
    assert list(table) == ["cause", "product", "k", "n", "share", "low", "high", "enough", "shrunk"]


def test_per_order_counts_over_signed_orders(tally: Tally) -> None:
    table = causes(tally, per="order")
    assert table[["cause", "k", "n"]].values.tolist() == [["size_fit", 5, 50]]


def test_more_unhappy_than_signed_orders_estimate_nothing(tally_of) -> None:
    """An order of this week may be unhappy before it is signed."""
    early = tally_of(
        [{"feature": "order_cause", "key": "late_dispatch", "count": 3}, {"feature": "signed", "count": 1}]
    )
    table = causes(early, by="week", per="order")
    assert table[["k", "n", "enough"]].values.tolist() == [[3, 1, False]] and table["share"].isna().all()


def test_order_axes_come_from_compound_keys_whose_values_may_hold_the_separator(tally: Tally) -> None:
    table = causes(tally, by="carrier")
    assert table[["cause", "carrier", "k", "n"]].values.tolist() == [
        ["size_fit", "圆通", 0, 4],
        ["size_fit", "顺丰|空运", 1, 6],
    ]
    assert causes(tally, by=("product", "channel"))[["product", "channel", "k", "n"]].values.tolist() == [
        ["p1", "圆通", 7, 9]
    ]


@pytest.mark.parametrize("by", [None, "week", ("product", "sku"), "warehouse"])
@pytest.mark.filterwarnings("error")
def test_an_empty_tally_gives_an_empty_frame_with_its_columns(by) -> None:
    axes = [by] if isinstance(by, str) else list(by or ())
    table = causes(Tally(), by=by)
    assert table.empty and list(table) == ["cause", *axes, "k", "n", "share", "low", "high", "enough", "shrunk"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": "colour"}, "expected axes among product, sku, week, shop, channel, warehouse, carrier, found colour"),
        (
            {"by": ("channel", "carrier")},
            "expected at most one of channel, warehouse, carrier, found channel, carrier; ask for one at a time",
        ),
        ({"per": "parcel"}, "expected per to be review or order, found 'parcel'"),
        (
            {"by": ("sku", "carrier")},
            "expected carrier without sku, found both; it is counted over all SKUs of a product",
        ),
        ({"by": "carrier", "per": "order"}, "expected axes among product, sku, week, shop, found carrier"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(arguments, message: str) -> None:
    with pytest.raises(ValueError) as refusal:
        causes(Tally(), **arguments)
    assert str(refusal.value) == message


def test_a_cell_is_set_against_the_rest_of_its_cause(tally_of) -> None:
    """p1 30/200 against 50/200: lift .6, p .01242; p2 50/198 against 30/202: z 2.6001, p .00932; p3 is too small."""
    found = {"p1": (30, 200), "p2": (50, 198), "p3": (0, 2)}
    cells = [{"feature": "text", "product": product, "rating": 3, "count": n} for product, (_, n) in found.items()]
    cells += [
        {"feature": "cause", "key": "defect", "product": product, "rating": 3, "count": k}
        for product, (k, _) in found.items()
    ]
    table = contrast(causes(tally_of(cells), by="product"))
    assert table["lift"].tolist() == pytest.approx([0.6, (50 / 198) / (30 / 202), 0])
    assert table["p"].tolist() == pytest.approx([0.012419, 0.009319, float("nan")], abs=1e-5, nan_ok=True)
    assert table["q"].tolist() == pytest.approx([0.012419, 0.012419, float("nan")], abs=1e-5, nan_ok=True)


def test_marks_of_several_tables_are_corrected_together() -> None:
    """30/200 to 50/198 has p .010714: of four cells the largest, of twenty one of two that say anything."""
    one = pd.DataFrame({"cause": "defect", "enough": True, "n": [200, 198], "k": [30, 50], "share": [0.15, 0.253]})
    two = one.assign(k=[5, 80], share=[0.025, 0.404]).assign(sku=["a", "b"])
    first, second = contrasts(one.assign(product=["p1", "p2"]), two)
    assert first["p"].tolist() == pytest.approx([0.010714] * 2, abs=1e-5)
    assert first["q"].tolist() == pytest.approx(
        [0.010714] * 2, abs=1e-5
    )  # the largest of four: nothing to step down to
    crowd = [one.assign(k=[40, 40], share=[0.2, 0.202]) for _ in range(9)]
    assert contrasts(one, *crowd)[0]["q"].tolist() == pytest.approx(
        [0.10714] * 2, abs=1e-4
    )  # 20 cells, two with p .011
    assert second["q"].max() < 1e-9
    assert contrasts() == []


def test_a_week_is_marked_against_the_unrest_of_the_other_weeks(tally_of) -> None:
    """Weeks that swing between 10 and 30 of 100 make one of 40 nothing special; quiet weeks do not."""

    def q_of_the_last(shares: list[int]) -> float:
        weeks = [f"2026-W{at}" for at in range(30, 30 + len(shares))]
        cells = [{"feature": "text", "week": week, "rating": 3, "count": 100} for week in weeks]
        cells += [
            {"feature": "cause", "key": "defect", "week": week, "rating": 3, "count": k}
            for week, k in zip(weeks, shares, strict=True)
        ]
        return float(contrast(causes(tally_of(cells), by="week"))["q"].iloc[-1])

    assert q_of_the_last([10, 30, 10, 30, 10, 30, 10, 30, 40]) > 0.05
    assert q_of_the_last([20, 20, 20, 20, 20, 20, 20, 20, 40]) < 0.001


def test_unhappy_orders_count_once_and_the_overlap_is_shown(tally_of) -> None:
    cells = [{"feature": "unhappy", "key": key, "count": k} for key, k in [("review", 4), ("review+aftersale", 2)]]
    table = unhappy(tally_of([*cells, {"feature": "order", "count": 60}]))
    assert table[["source", "k", "n"]].values.tolist() == [
        ["review", 4, 60],
        ["aftersale", 0, 60],
        ["review+aftersale", 2, 60],
    ]


@pytest.mark.filterwarnings("error")
def test_nothing_to_contrast_stays_nothing() -> None:
    assert list(contrast(causes(Tally(), by="week")))[-3:] == ["lift", "p", "q"]
    assert unhappy(Tally(), by="product").empty and unhappy(Tally())["share"].isna().all()
