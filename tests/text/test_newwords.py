"""New words: cohesion and freedom, on texts made to hold one."""

from __future__ import annotations

import math
import random

import pytest

from shopscore_analysis.text.newwords import LEAST, new_words

BEFORE, AFTER = "买这双想那只看送", "穿舒服暖和软又便宜"


def _texts(word: str, times: int) -> list[str]:
    """Sentences of drawn characters, some with the word between ever other neighbours."""
    drawn = random.Random(11)
    noise = [chr(0x4E00 + n) for n in range(0, 3000, 7)]
    plain = ["".join(drawn.choices(noise, k=12)) for _ in range(400)]
    return plain + [f"{BEFORE[n % len(BEFORE)]}{word}{AFTER[n % len(AFTER)]}" for n in range(times)]


def test_a_string_that_holds_together_among_ever_other_neighbours_is_a_word() -> None:
    (found,) = [word for word in new_words(_texts("绒噗噗", 64)) if word.k >= 64]
    assert (found.word, found.k) == ("绒噗噗", 64)
    assert found.before == pytest.approx(math.log2(len(BEFORE)), abs=0.01)
    assert found.after > 2


def test_a_part_of_a_word_is_none() -> None:
    words = {word.word for word in new_words(_texts("绒噗呢噜", 64))}
    assert "绒噗呢噜" in words
    assert not {"绒噗", "噗呢", "绒噗呢", "噗呢噜"} & words


def test_rare_strings_and_words_of_the_dictionary_are_none() -> None:
    assert new_words(_texts("绒噗噗", LEAST - 1)) == []
    assert "拖鞋" not in {word.word for word in new_words(_texts("拖鞋", 64))}


def test_only_chinese_characters_make_words() -> None:
    assert new_words(_texts("xbo", 64)) == []
    assert new_words([]) == []
    assert new_words(["", "👍", "ok"]) == []


def test_the_order_of_the_texts_changes_nothing() -> None:
    texts = _texts("绒噗噗", 64)
    assert new_words(texts) == new_words(texts[::-1])
