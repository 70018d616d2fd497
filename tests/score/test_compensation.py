"""The decision table: complete, one row decides, money adds up."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.score.compensation import FILE, Case, Row, decided, read_table, totals

TABLE = read_table()
CASES = st.builds(
    Case,
    value_fen=st.one_of(st.none(), st.integers(0, 10_000_000)),
    liability=st.sampled_from(["merchant", "carrier", "buyer", "unknown"]),
    severity=st.integers(1, 3),
    history=st.sampled_from(["first", "repeat", "unknown"]),
    cause=st.sampled_from(["", *CAUSES]),
)


@given(CASES)
def test_every_case_is_decided_by_the_first_row_that_holds(case: Case) -> None:
    decision = TABLE.decide(case)
    holding = [row for row in TABLE.rows if row.holds(case)]
    assert holding[0] is decision.row


@given(CASES)
def test_offers_are_whole_fen_and_never_more_than_was_paid_but_for_coupons(case: Case) -> None:
    decision = TABLE.decide(case)
    assert isinstance(decision.amount_fen, int) and decision.amount_fen >= 0
    if decision.row.offer != "coupon" and case.value_fen is not None:
        assert decision.amount_fen <= case.value_fen
    if decision.row.offer == "nothing":
        assert decision.amount_fen == 0


@given(st.lists(CASES, max_size=30))
def test_the_total_is_the_sum_of_the_rows_and_every_case_counts_once(cases: list[Case]) -> None:
    offers = decided(pd.DataFrame(cases, columns=list(Case._fields)).astype({"value_fen": "Int64"}), TABLE)
    counted = totals(offers, TABLE)
    assert counted["amount_fen"].sum() == offers["amount_fen"].sum()
    assert counted["n"].sum() == len(cases)


@pytest.mark.parametrize(
    ("case", "row", "fen"),
    [
        (Case(9900, "merchant", 2, "first", "defect"), "quality", 2970),
        (Case(2999, "merchant", 2, "first", "defect"), "small_quality", 2999),
        (Case(3000, "merchant", 2, "first", "defect"), "quality", 900),
        (Case(9900, "merchant", 2, "repeat", "defect"), "repeat", 9900),
        (Case(9900, "buyer", 1, "first", ""), "buyer", 0),
        (Case(9900, "merchant", 3, "first", "performance"), "safety", 9900),
        (Case(9900, "carrier", 1, "first", "slow_delivery"), "late", 495),
        (Case(1000, "carrier", 1, "first", "slow_delivery"), "late", 300),
        (Case(9900, "merchant", 2, "first", "missing_items"), "missing", 4950),
        (Case(100_000, "merchant", 1, "first", "material"), "minor_dear", 10_000),
        (Case(None, "merchant", 1, "first", "material"), "minor", 300),
        (Case(None, "unknown", 1, "unknown", ""), "otherwise", 0),
    ],
)
def test_worked_cases(case: Case, row: str, fen: int) -> None:
    decision = TABLE.decide(case)
    assert (decision.row.name, decision.amount_fen) == (row, fen)


def test_whoever_threatens_gets_what_everybody_of_severity_two_gets() -> None:
    told = TABLE.decide(Case(9900, "unknown", 2, "first", ""))
    assert (told.row.name, told.amount_fen) == ("dispute", 990)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "buyer"', 'name = "safety"', "every name once"),
        ('name = "late"\nlabel = "物流责任：无门槛券"\nliability = ["carrier"]', 'name = "late"\nlabel = "x"',
         "a last row without conditions and no other"),
        ('defect = "merchant"\n', "", "a liability for each cause and no other"),
        ('causes = ["package_damage"]', 'causes = ["nonsense"]', "causes of the schema"),
    ],
)  # fmt: skip
def test_a_table_that_breaks_its_rules_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = tmp_path / "compensation.toml"
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LexiconError) as refused:
        read_table(path)
    assert str(refused.value) == f"expected {expected} in compensation.toml, found otherwise; mend the file"


def test_a_condition_on_the_value_fails_where_the_value_is_unknown() -> None:
    row = Row(name="r", label="r", value_from=0, offer="coupon", permille=100, source="own")
    assert not row.holds(Case(None, "merchant", 1, "first", ""))
    assert row.holds(Case(0, "merchant", 1, "first", ""))


def test_every_row_names_its_source() -> None:
    assert all(row.source for row in TABLE.rows)
