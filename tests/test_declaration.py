"""What may be declared, and that arms are drawn alike everywhere."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import chisquare

from shopscore_analysis.declaration import MAX_ARMS, Experiment, metric

PLAIN: dict[str, Any] = {
    "name": "尺码卡", "hypothesis": "放卡片", "metric": "bad_review", "effect": 0.01, "start": date(2026, 11, 2),
    "end": date(2026, 12, 13),
}  # fmt: skip
THREE = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.3}, {"name": "c", "share": 0.2}]


def test_an_arm_is_the_first_eight_bytes_of_sha256_over_salt_and_id() -> None:
    test = Experiment(**PLAIN, arms=THREE, salt="s")
    point = int.from_bytes(hashlib.sha256(b"s\x1f6901").digest()[:8], "big") / 2**64
    assert test.arm_of("6901") == ("a" if point < 0.5 else "b" if point < 0.8 else "c")
    golden = [test.arm_of(str(order)) for order in range(10)]
    assert golden == ["a", "c", "a", "a", "a", "a", "a", "b", "a", "b"]


def test_arms_come_in_their_shares_and_salts_are_independent() -> None:
    test, other = Experiment(**PLAIN, arms=THREE, salt="one"), Experiment(**PLAIN, arms=THREE, salt="two")
    ids = [f"69{number:017d}" for number in range(20_000)]
    drawn, again = [test.arm_of(one) for one in ids], [other.arm_of(one) for one in ids]
    assert chisquare([drawn.count(arm) for arm in "abc"], [10_000, 6_000, 4_000]).pvalue > 0.001
    both = sum(one == two == "a" for one, two in zip(drawn, again, strict=True))
    assert abs(both - 5_000) < 4 * (20_000 * 0.25 * 0.75) ** 0.5


@given(st.text(), st.integers(2, MAX_ARMS))
def test_any_id_has_one_arm_and_keeps_it(identity: str, arms: int) -> None:
    test = Experiment(**PLAIN, arms=[{"name": str(number)} for number in range(arms)])
    assert test.arm_of(identity) == test.arm_of(identity) in {arm.name for arm in test.arms}


def test_the_name_salts_where_no_salt_is_given() -> None:
    assert Experiment(**PLAIN).arm_of("1") == Experiment(**PLAIN, salt="尺码卡").arm_of("1")


def test_a_digest_changes_with_anything_declared() -> None:
    digests = {Experiment(**PLAIN | change).digest for change in ({}, {"effect": 0.02}, {"days": 14}, {"salt": "x"})}
    assert len(digests) == 4
    assert Experiment(**PLAIN).digest == Experiment(**PLAIN).digest


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"metric": "profit"}, "expected a metric among bad_review, complaint, stars, return, late, reviewed"),
        ({"metric": "cause:nothing"}, "found 'cause:nothing'"),
        ({"guards": ["late", "late"]}, "expected every guard once"),
        ({"guards": ["bad_review"]}, "none that is the metric itself"),
        ({"end": date(2026, 11, 1)}, "expected an end on or after the start 2026-11-02, found 2026-11-01"),
        ({"effect": 1.5}, "expected the effect as a fraction such as 0.01 for 1 %, found 1.5"),
        ({"effect": 0}, "greater than 0"),
        ({"arms": [{"name": "a"}]}, "expected 2 to 6 arms with different names, found a"),
        ({"arms": [{"name": "a"}, {"name": "a"}]}, "with different names, found a, a"),
        ({"arms": [{"name": "a", "share": 0.5}, {"name": "b"}]}, "a share for every arm or for none"),
        ({"arms": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.4}]}, "summing to 1, found [0.5, 0.4]"),
        ({"arms": [{"name": "a", "value": "x"}, {"name": "b", "value": "y"}]}, "none where order or product does"),
        ({"split": "channel"}, "expected a value of its own for every arm where a column splits"),
        ({"split": "buyer"}, "Input should be 'order', 'product'"),
        ({"split": "product", "mode": "sequential"}, "expected mode fixed where products are split"),
        ({"color": "red"}, "Extra inputs are not permitted"),
    ],
)
def test_a_faulty_declaration_is_refused_with_its_fault(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Experiment(**PLAIN | change)
    assert complaint in str(caught.value)


def test_a_column_tells_arms_without_a_draw() -> None:
    test = Experiment(
        **PLAIN, split="channel", arms=[{"name": "直播", "value": "直播"}, {"name": "其他", "value": "其他"}]
    )
    assert test.shares is None
    with pytest.raises(ValueError, match=r"expected arms drawn by a hash"):
        test.arm_of("1")


def test_a_test_is_readable_when_its_last_order_is_old_enough() -> None:
    assert Experiment(**PLAIN).readable_on == date(2027, 1, 4)  # the day after 13 December, and 21 days


def test_stars_are_better_higher_and_everything_else_lower() -> None:
    assert (metric("stars").better, metric("bad_review").better, metric("cause:defect").better) == (1, -1, -1)
