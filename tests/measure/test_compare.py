"""Two periods side by side."""

from __future__ import annotations

import pytest

from shopscore_analysis.measure.compare import COLUMNS, compare
from shopscore_analysis.tally import Tally
from tests.measure.test_bootstrap import tally


def test_a_rise_is_possible_at_most_and_comes_first() -> None:
    before = tally([("defect", 1, True)] * 4 + [("size_fit", 3, True)] * 10 + [("", 5, True)] * 86)
    now = tally([("defect", 1, True)] * 20 + [("size_fit", 3, True)] * 10 + [("", 5, True)] * 70)
    found = compare(now, before)
    assert list(found.columns) == list(COLUMNS)
    assert found["cause"].tolist() == ["defect", "size_fit"]
    assert found["verdict"].tolist() == ["可能变化", "波动内"]
    assert found.loc[0, ["k", "n", "k_before", "n_before"]].tolist() == [20, 100, 4, 100]
    assert found.loc[0, "change"] == pytest.approx(0.16)
    assert found.loc[0, "low"] > 0 and found.loc[1, "low"] < 0 < found.loc[1, "high"]
    assert found.loc[0, ["stars", "stars_before"]].tolist() == pytest.approx([0.8, 0.16])


def test_the_largest_change_comes_first_whichever_way() -> None:
    before = tally([("defect", 1, True)] * 30 + [("size_fit", 3, True)] * 10 + [("courier", 3, True)] * 10)
    now = tally([("defect", 1, True)] * 5 + [("size_fit", 3, True)] * 22 + [("courier", 3, True)] * 12)
    found = compare(now, before)
    assert found["cause"].tolist() == ["defect", "size_fit", "courier"]
    assert found["change"].abs().is_monotonic_decreasing and found.loc[0, "change"] < 0 < found.loc[1, "change"]


def test_a_handful_is_too_few_and_a_new_cause_had_none_before() -> None:
    found = compare(tally([("courier", 2, True)] * 3 + [("", 5, True)] * 40), tally([("", 5, True)] * 40))
    row = found.iloc[0]
    assert (row["cause"], row["verdict"], row["k_before"], row["share_before"]) == ("courier", "样本不足", 0, 0)


def test_nothing_against_nothing() -> None:
    assert compare(Tally(), Tally()).empty
