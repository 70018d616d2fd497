"""Candidate phrases and beliefs: what is offered to the analyst, and what the tagger thinks before it decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.text.beliefs import beliefs
from shopscore_analysis.text.candidates import LONGEST, SHORTEST, candidates
from shopscore_analysis.text.lexicon import CAUSE_NAMES


def test_a_phrase_stays_within_its_clause_and_begins_and_ends_with_something_said() -> None:
    (found,) = candidates(["拉链难拉，客服不理人的"])
    assert {"拉链难拉", "客服不理人", "不理人", "客服不理人的"} <= found
    assert not {"难拉客服", "理人的", "的"} & found


def test_masks_figures_and_signs_are_none() -> None:
    assert candidates(["[手机号]", "2024", "👍👍", ""]) == [set()] * 4


@given(st.text(alphabet="拉链太难不的客服，。12 a[]", max_size=30))
def test_every_candidate_is_short_and_stands_in_the_text(text: str) -> None:
    (found,) = candidates([text])
    assert all(SHORTEST <= len(phrase) <= LONGEST and phrase in text for phrase in found)


def test_beliefs_name_stated_causes_and_pure_praise_in_order() -> None:
    found = beliefs(["物流太慢了", "", "面料很舒服", "面料很舒服，就是物流太慢", "一般般"])
    assert [CAUSE_NAMES[at] for at in found.stated[0].nonzero()[0]] == ["slow_delivery"]
    assert found.stated[3].any()
    assert found.praises.tolist() == [False, False, True, False, False]
    assert found.confidence.shape == (5, len(CAUSE_NAMES))


@pytest.mark.parametrize("count", [0, 1, 4096, 4097])
def test_beliefs_have_a_row_a_text_whatever_their_number(count: int) -> None:
    assert len(beliefs(["好"] * count).praises) == count
