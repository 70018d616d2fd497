"""Lists of phrases in texts: what is stated, what is denied, supposed, or said of another shop."""

from __future__ import annotations

import pytest

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.text.phrases import Spot, book, spot

RULES = book({"allergy": {"phrases": "过敏"}, "anger": {"phrases": "不满意 投诉"}}, {"guard": {"words": "抗过敏"}})


@pytest.mark.parametrize("text", ["没有过敏", "抗过敏的", "不会投诉", "别家过敏", "担心过敏", "怕过敏", "过敏也没有"])
def test_what_is_denied_suspended_or_guarded_is_not_stated(text: str) -> None:
    assert spot([text], RULES) == [()]


def test_spans_are_those_of_the_text_as_given_traditional_and_full_width_too() -> None:
    assert spot(["用了過敏！"], RULES) == [(Spot("allergy", 2, 4),)]


def test_an_empty_batch_and_empty_texts_state_nothing() -> None:
    assert spot([], RULES) == []
    assert spot(["", "\n"], RULES) == [(), ()]


def test_many_texts_are_read_in_pieces_and_keep_their_places() -> None:
    texts = ["好"] * 5000 + ["过敏了"]
    found = spot(texts, RULES)
    assert [number for number, said in enumerate(found) if said] == [5000]


def test_a_figure_inside_a_longer_figure_is_another_figure() -> None:
    figures = book({"authority": {"phrases": "12315"}})
    assert [bool(found) for found in spot(["打12315", "单号812315", "123150", "12315。"], figures)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_a_short_reach_and_words_that_only_suppose_keep_a_threat() -> None:
    threats = book({"complaint": {"phrases": "投诉"}}, without="如果", reach=2)
    stated = ["如果再不发货我要投诉", "没有人回复我要投诉", "不投诉", "不会投诉", "没有想投诉"]
    assert [bool(found) for found in spot(stated, threats)] == [True, True, False, False, False]


def test_more_lists_than_a_lexicon_has_kinds_are_refused() -> None:
    with pytest.raises(LexiconError, match="expected at most 23 kinds of phrases in one lexicon, found 24; part them"):
        book({str(number): {"phrases": "坏"} for number in range(24)})


def test_people_of_the_causes_move_nothing_in_other_lists() -> None:
    many = book({f"list{number}": {"phrases": "骂人"} for number in range(20)})
    assert len(spot(["快递员骂人"], many)) == 1
    assert {each.name for each in spot(["快递员骂人"], many)[0]} == {f"list{number}" for number in range(20)}
