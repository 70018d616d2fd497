"""Twelve reviews counted on paper (tests/hand/README.md), read through the whole line from file to estimate."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.count import count
from shopscore_analysis.measure import causes, ledger, refunds
from shopscore_analysis.shards import Shard
from shopscore_analysis.shop import Shop
from shopscore_analysis.tally import Tally

HAND = Path(__file__).parent / "hand"
SCARF, PYJAMAS = "3500000000000000001", "3500000000000000002"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop.create(tmp_path_factory.mktemp("hand"), "手算店", "衣服")
    loaded = shop.load([path for path in HAND.iterdir() if path.suffix == ".csv"])
    assert [one.error for one in loaded] == [None] * 3
    return shop


@pytest.fixture(scope="module")
def tally(shop: Shop) -> Tally:
    return shop.tally(last="all")


def test_totals(tally: Tally) -> None:
    expected = {
        "review": 12, "text": 10, "default": 2, "complaint": 8, "followup": 1, "negative": 8,
        "order": 15, "shipped": 14, "signed": 13, "late": 2, "returned": 3, "refund_fen": 16_800,
    }  # fmt: skip
    assert {feature: tally.total(feature) for feature in expected} == expected


def test_reviews_by_week_and_product(tally: Tally) -> None:
    assert tally.counts("review", "week").to_dict() == {"2026-W45": 5, "2026-W46": 7}
    assert tally.counts("review", "product").to_dict() == {SCARF: 6, PYJAMAS: 6}
    assert tally.names == {SCARF: "羊绒围巾", PYJAMAS: "亲子睡衣"}


def test_causes_of_reviews(tally: Tally) -> None:
    found = causes(tally).set_index("cause")
    assert found[found["k"] > 0]["k"].to_dict() == {
        "defect": 2, "slow_delivery": 2, "size_fit": 1, "slow_response": 1, "wrong_item": 1, "refund_return": 1,
    }  # fmt: skip
    assert set(found["n"]) == {10}
    assert found.loc["defect", ["share", "low", "high"]].tolist() == pytest.approx([0.2, 0.0567, 0.5098], abs=1e-4)


def test_an_order_counts_once_over_review_and_aftersale(tally: Tally) -> None:
    found = causes(tally, per="order").set_index("cause")
    assert found[found["k"] > 0]["k"].to_dict() == {
        "defect": 3, "slow_delivery": 2, "size_fit": 1, "slow_response": 1, "wrong_item": 1, "refund_return": 1,
    }  # fmt: skip
    assert set(found["n"]) == {13}
    assert tally.counts("unhappy", "key").to_dict() == {"aftersale": 2, "review": 7, "review+aftersale": 1}


def test_losses(tally: Tally) -> None:
    lost = ledger(tally).set_index("cause")["loss"]
    assert lost[lost > 0].to_dict() == {
        "unattributed": 5, "refund_return": 4, "size_fit": 3, "wrong_item": 3,
        "defect": 2, "slow_response": 2, "slow_delivery": 2,
    }  # fmt: skip
    assert lost.sum() == 21 == 12 * (5 - 3.25)


def test_means_with_and_without_a_cause(tally: Tally) -> None:
    row = ledger(tally).set_index("cause").loc["refund_return"]
    assert (row["n"], row["mean"]) == (12, 3.25)
    assert row["mean_without"] == pytest.approx(3.25 + 4 / 12)


def test_refunds_by_week(tally: Tally) -> None:
    yuan = refunds(tally).set_index("week")["refund"]
    assert yuan[yuan > 0].to_dict() == {"2026-W45": 60, "2026-W46": 108}


def test_quotes_show_the_words_that_decided(tally: Tally) -> None:
    quotes = tally.where(key=("size_fit", "slow_delivery")).quotes
    shown = {row.text: row.text[row.start : row.end] for row in quotes.itertuples()}
    assert set(shown) == {"尺码偏小，穿不上", "物流太慢，等了十天", "不错就是物流太慢"}
    assert all("小" in words or "慢" in words for words in shown.values())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.booleans(), min_size=15, max_size=15))
def test_counting_parts_and_adding_is_counting_the_whole(shop: Shop, sides: list[bool]) -> None:
    """count(A ⊎ B) = count(A) + count(B) for every split of the orders."""
    frames = {name: shop.records(name) for name in ("reviews", "orders", "aftersales", "service")}
    whole = Shard("手算店", "衣服", **frames)
    side = dict(zip(frames["orders"]["key"], sides, strict=True))
    order = {"reviews": "order_ref", "orders": "key", "aftersales": "sub_order_id"}
    parts = [
        Shard(
            "手算店", "衣服", service=frames["service"],
            **{name: frames[name][frames[name][column].map(side) == left] for name, column in order.items()},
        )
        for left in (True, False)
    ]  # fmt: skip
    first, second = (count([part]) for part in parts)
    assert first + second == second + first == count(parts) == count([whole])
