"""What status tells: weeks, gaps, newest exports, lag, and which records meet their order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shopscore_analysis.coverage import coverage, gaps
from shopscore_analysis.inventory import Inventory
from shopscore_analysis.load import load
from shopscore_analysis.placed import Source
from shopscore_analysis.shelf import Shelf
from tests.read.conftest import ORDER, REVIEW, order, review, text_of

AFTERSALE = ["售后单号", "订单号", "商品单号", "商品ID", "售后申请时间"]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A shelf of three orders, four reviews with two weeks missing, and three after-sales."""
    sub, whole, strange = "6900000000000000012", "6900000000000000021", "6900000000000000999"
    reviews = [review(order=sub), review("二", when="2026-09-11", order=whole), review("三", order=strange)]
    late = review("四", when="2026-10-01", order="6900000000000000032")
    cases = [["1", "", sub], ["2", whole, ""], ["3", strange, strange]]
    tables = {
        "1790000000_订单.csv": [ORDER, *(order(at) for at in (1, 2, 3))],
        "评价_20261005.csv": [REVIEW, *reviews, late],
        "售后_20260920.csv": [AFTERSALE, *([*ids, "3500000000000000001", "2026-09-15 10:00:00"] for ids in cases)],
    }
    for name, rows in tables.items():
        (tmp_path / name).write_text(text_of(rows), encoding="utf-8")
    done = load([tmp_path], Shelf(tmp_path / "shelf"), "试衣间", tmp_path / "rejects")
    assert [one.error for one in done] == [None] * 3
    return Shelf(tmp_path / "shelf")


def covered(shelf: Shelf) -> dict[str, Any]:
    root = Path(shelf.root).parent
    source = Source(str(shelf.root), str(root / "tally"), "试衣间", "", stamp="any")
    return coverage(Inventory(shelf, str(root / "inventory")), source, str(root / "inventory"))


def test_weeks_gaps_newest_exports_and_lag_of_each_table(shelf: Shelf) -> None:
    tables = covered(shelf)["tables"]
    assert tables["reviews"] == {
        "rows": 4,
        "weeks": {"2026-W37": 3, "2026-W40": 1},
        "gaps": ["2026-W38", "2026-W39"],
        "newest_export": "2026-10-05T00:00:00",
        "newest_record": "2026-10-01T00:00:00",
        "lag_days": 4,
    }
    assert (tables["aftersales"]["gaps"], tables["aftersales"]["lag_days"]) == ([], 19)
    assert tables["scores"] == {
        "rows": 0,
        "weeks": {},
        "gaps": [],
        "newest_export": None,
        "newest_record": None,
        "lag_days": None,
    }


def test_the_share_that_meets_an_order_and_at_which_level(shelf: Shelf) -> None:
    joins = covered(shelf)["joins"]
    assert joins["reviews"] == {"n": 4, "sub_order": 2, "order": 1, "none": 1, "level": "sub_order", "share": 0.75}
    assert joins["aftersales"] == {
        "n": 3,
        "sub_order": 1,
        "order": 1,
        "none": 1,
        "level": "sub_order",
        "share": pytest.approx(2 / 3),
    }


def test_an_empty_shelf_joins_nothing(tmp_path: Path) -> None:
    assert covered(Shelf(tmp_path / "none"))["joins"]["reviews"] == {
        "n": 0,
        "sub_order": 0,
        "order": 0,
        "none": 0,
        "level": "",
        "share": None,
    }


def test_gaps_cross_the_turn_of_the_year() -> None:
    assert gaps(["2027-W01", "2026-W51"]) == ["2026-W52", "2026-W53"]
    assert gaps([]) == []
