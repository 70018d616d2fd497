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


@pytest.mark.parametrize(
    ("fen", "amount", "limited"), [(100_000, 10_000, ""), (105_400, 10_000, "most"), (20_000, 2_000, "")]
)
def test_an_amount_says_whether_a_limit_of_its_row_made_it(fen: int, amount: int, limited: str) -> None:
    """一成 of 1,054 yuan was 100 yuan without a word."""
    decision = TABLE.decide(Case(fen, "merchant", 1, "first", "material"))
    assert (decision.amount_fen, decision.limited) == (amount, limited)
    assert decision.row.terms == "商家责任、轻微、200 元以上：补偿一成（最少 10 元，最多 100 元）"


def test_a_coupon_lifted_to_its_least_says_so_and_a_row_without_limits_names_none() -> None:
    assert TABLE.decide(Case(1000, "carrier", 1, "first", "slow_delivery")).limited == "least"
    for fen, limited in ((300, "paid"), (500, "least"), (501, "least")):
        damaged = TABLE.decide(Case(fen, "carrier", 2, "first", "package_damage"))
        assert (damaged.row.name, damaged.amount_fen, damaged.limited) == ("damage", min(fen, 500), limited)
    unknown = TABLE.decide(Case(None, "carrier", 2, "first", "package_damage"))
    assert (unknown.amount_fen, unknown.limited) == (500, "least")
    nothing = TABLE.decide(Case(9900, "buyer", 1, "first", ""))
    assert (nothing.limited, nothing.row.terms) == ("", nothing.row.label)


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
