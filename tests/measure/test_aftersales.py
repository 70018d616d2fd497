"""After-sales cases against counts made by hand."""

from __future__ import annotations

import pytest

from shopscore_analysis.measure.aftersales import aftersales, refunds
from shopscore_analysis.tally import Tally


@pytest.fixture
def tally(tally_of) -> Tally:
    return tally_of(
        [
            {"feature": "order", "count": 80},
            {"feature": "order", "week": "2026-W41", "product": "p2", "count": 20},
            {"feature": "signed", "count": 40},
            {"feature": "returned", "count": 8},
            {"feature": "aftersale", "key": "尺寸不符", "count": 3},
            {"feature": "aftersale", "key": "不想要了", "count": 2},
            {"feature": "aftersale", "key": "不想要了", "week": "2026-W42", "count": 4},
            {"feature": "aftersale_cause", "key": "size_fit", "count": 3},
            {"feature": "aftersale_kind", "key": "退货退款", "count": 9},
            {"feature": "refund_fen", "week": "2026-W42", "count": 12345},
        ]
    )


def test_reasons_come_most_frequent_first_over_the_orders_of_the_same_weeks(tally: Tally) -> None:
    table = aftersales(tally)
    assert table[["reason", "k", "n", "share"]].values.tolist() == [
        ["不想要了", 6, 100, 0.06],
        ["尺寸不符", 3, 100, 0.03],
    ]
    assert aftersales(tally, of="cause", per="signed")[["cause", "k", "n"]].values.tolist() == [["size_fit", 3, 40]]
    assert aftersales(tally, of="kind")[["kind", "k", "n"]].values.tolist() == [["退货退款", 9, 100]]


def test_a_week_without_orders_keeps_its_cases_and_has_no_share(tally: Tally) -> None:
    table = aftersales(tally, by="week")
    rows = table[table["reason"] == "不想要了"]
    assert rows[["week", "k", "n"]].values.tolist() == [["2026-W40", 2, 80], ["2026-W41", 0, 20], ["2026-W42", 4, 0]]
    assert rows["share"].isna().tolist() == [False, False, True] and rows["enough"].tolist() == [True, True, False]


def test_refunds_count_money_when_applied_for_and_orders_when_placed(tally: Tally) -> None:
    table = refunds(tally)
    assert table[["week", "cases", "refund", "k", "n"]].values.tolist() == [
        ["2026-W40", 5, 0, 8, 80],
        ["2026-W41", 0, 0, 0, 20],
        ["2026-W42", 4, 123.45, 0, 0],
    ]
    assert refunds(tally, by=None)[["cases", "refund", "k", "n", "share"]].values.tolist() == [
        [9, 123.45, 8, 100, 0.08]
    ]


@pytest.mark.filterwarnings("error")
def test_an_empty_tally_gives_empty_frames() -> None:
    columns = ["k", "n", "share", "low", "high", "enough"]
    assert list(aftersales(Tally(), by="product", of="cause")) == ["cause", "product", *columns]
    assert aftersales(Tally()).empty and refunds(Tally()).empty
    assert list(refunds(Tally(), by=("product", "week"))) == ["product", "week", "cases", "refund", *columns]
    assert refunds(Tally(), by=None)["share"].isna().all()


def test_an_unknown_breakdown_is_refused_in_words() -> None:
    with pytest.raises(ValueError) as refusal:
        aftersales(Tally(), of="colour")
    assert str(refusal.value) == (
        "expected of among reason, cause, kind and per among order, signed, found 'colour' and 'order'"
    )
