"""What 未归因 consists of adds up to the ledger's row, on paper and on what is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopscore_analysis.measure.ledger import ledger
from shopscore_analysis.measure.unattributed import COLUMNS, unattributed
from shopscore_analysis.schema import LOSS_UNIT, UNATTRIBUTED
from tests.shelves import make_shop


def test_each_kind_of_review_is_counted_once_on_paper(tally_of) -> None:
    cells = [
        {"feature": "default", "rating": 1, "count": 2},
        {"feature": "default", "rating": 0, "count": 9},  # of no known stars: nothing is lost
        {"feature": "default", "rating": 5, "count": 7},
        {"feature": "pattern", "rating": 4, "count": 6},
        {"feature": "pattern", "rating": 2, "count": 3},
        {"feature": "pattern", "rating": 1, "key": "defect", "count": 5},
        {"feature": "praise_only", "rating": 2, "count": 1},
        {"feature": "review", "rating": 1, "count": 7},
        {"feature": "review", "rating": 2, "count": 3},
        {"feature": "review", "rating": 4, "count": 6},
        {"feature": "loss", "rating": 1, "key": UNATTRIBUTED, "count": 8 * LOSS_UNIT},
    ]
    found = unattributed(tally_of(cells))
    assert tuple(found) == COLUMNS
    assert found[["part", "k", "loss"]].values.tolist() == [
        ["default", 2, 8.0], ["praise_only", 1, 3.0], ["four", 6, 6.0], ["unnamed", 2, 6.0],
    ]  # fmt: skip
    assert found["share_of_loss"].tolist() == pytest.approx([8 / 43, 3 / 43, 6 / 43, 6 / 43])


def test_the_parts_add_up_to_the_ledger_of_counted_reviews(tmp_path: Path) -> None:
    tally = make_shop(tmp_path / "shop", orders=40).tally("all")
    (row,) = ledger(tally).query("cause == @UNATTRIBUTED").itertuples()
    found = unattributed(tally)
    assert (found["k"].sum(), found["loss"].sum()) == (row.k, row.loss)
    assert found["share_of_loss"].sum() == pytest.approx(row.share_of_loss)
    assert found.set_index("part")["k"].min() >= 0 and row.k > 0


def test_where_nothing_was_lost_nothing_is_shared_out(tally_of) -> None:
    found = unattributed(tally_of([{"feature": "review", "rating": 5, "count": 3}]))
    assert found["k"].sum() == 0 and found["share_of_loss"].isna().all()
