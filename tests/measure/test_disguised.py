"""Quality returns under no-reason codes, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from shopscore_analysis.measure.disguised import disagreeing, disguised
from shopscore_analysis.measure.rates import wilson


def _cases(*rows: tuple[str, bool, tuple[str, ...], str]) -> pd.DataFrame:
    cases = pd.DataFrame(rows, columns=["coded", "no_reason", "said", "text"])
    return cases.assign(applied_at=pd.Timestamp("2026-11-10"), record=[f"c{number}" for number in range(len(cases))])


CASES = _cases(
    ("", True, ("defect",), "线头很多"),  # hidden
    ("", True, ("slow_delivery", "package_damage"), "慢，还破了"),  # hidden: the second cause is a fault
    ("", True, ("slow_delivery",), "太慢不要了"),  # no fault of the goods
    ("", True, (), "不想要了"),
    ("", True, (), ""),  # says nothing
    ("", False, ("defect",), "协商退"),  # 其他: no no-reason code, a quality return by its text
    ("defect", False, ("defect", "size_fit"), "坏了也小"),  # agrees
    ("defect", False, ("size_fit",), "太小"),  # disagrees
    ("late_dispatch", False, ("late_dispatch",), "一直不发"),
    ("defect", False, (), "-"),
)


def test_shares_have_both_denominators() -> None:
    counted = disguised(CASES).set_index("of")
    assert counted[["k", "n"]].to_dict("index") == {
        "no_reason": {"k": 2, "n": 4}, "quality": {"k": 2, "n": 6}, "other": {"k": 1, "n": 3},
    }  # fmt: skip
    low, high = wilson(2, 6)
    assert counted.loc["quality", ["low", "high"]].tolist() == pytest.approx([float(low), float(high)])


def test_the_list_names_what_the_text_blames() -> None:
    found = disagreeing(CASES)
    assert dict(zip(found["record"], found["blamed"], strict=True)) == {
        "c0": "defect", "c1": "package_damage", "c7": "size_fit",
    }  # fmt: skip
    assert found["hidden"].tolist() == [True, True, False]


def test_poor_value_is_a_change_of_mind_and_no_fault() -> None:
    assert disagreeing(_cases(("", True, ("poor_value",), "不值"))).empty


def test_no_cases_are_no_share() -> None:
    counted = disguised(CASES.head(0))
    assert counted["n"].tolist() == [0, 0, 0] and counted["share"].isna().all()
