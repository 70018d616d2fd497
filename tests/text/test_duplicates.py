"""Near-duplicates: what counts as the same text, whatever the order."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.text import duplicates
from shopscore_analysis.text.duplicates import ALIKE, GRAM, SHORTEST, first_alike

ONE = "拖鞋底子太硬了走两步脚后跟就疼，客服让我多穿几天再看看"
TWO = "杯盖拧不紧，放进包里水全洒在本子上，第二天才有人回我"


def _groups(texts: list[str]) -> set[frozenset[str]]:
    first = first_alike(texts)
    return {frozenset(texts[at] for at in np.flatnonzero(first == one)) for one in set(first.tolist())}


def test_signs_spaces_case_and_width_do_not_tell_texts_apart() -> None:
    assert first_alike([ONE, TWO, ONE.replace("，", "！！ ") + "👍", TWO]).tolist() == [0, 1, 0, 1]


def test_a_few_changed_characters_do_not_tell_long_texts_apart_but_another_half_does() -> None:
    assert first_alike([ONE + TWO, ONE + TWO + "唉", ONE + ONE[::-1]]).tolist() == [0, 0, 2]


def test_short_texts_stay_apart_even_when_equal() -> None:
    assert len("太小了穿不上") < SHORTEST
    assert first_alike(["太小了穿不上", "太小了穿不上", "", ""]).tolist() == [0, 1, 2, 3]
    assert first_alike([]).tolist() == []


def test_the_order_of_the_texts_does_not_decide_which_are_alike() -> None:
    texts = [f"{ONE}{'也' * (n % 3)}{n % 7}{TWO[n % 5 :]}" for n in range(40)]
    shuffled = random.Random(3).sample(texts, len(texts))
    assert _groups(texts) == _groups(shuffled)


@given(st.lists(st.text(alphabet="好差慢快破小质货a1，。", max_size=40), max_size=30))
def test_each_text_is_stood_for_by_the_first_of_its_group(texts: list[str]) -> None:
    """Every group is represented by a member of its own that comes first."""
    first = first_alike(texts)
    assert (first <= np.arange(len(texts))).all()
    assert (first[first] == first).all()


def test_every_pair_of_copies_is_found_among_many_others() -> None:
    drawn = random.Random(5)
    signs = [chr(0x4E00 + n) for n in range(600)]
    texts = ["".join(drawn.choices(signs, k=30)) for _ in range(500)]
    copies = [text[:-1] + "变" for text in texts]
    assert first_alike(texts + copies).tolist() == [*range(500), *range(500)]


def _shares(one: str, two: str) -> bool:
    """The definition, with sets."""
    first, second = ({text[at : at + GRAM] for at in range(len(text) - GRAM + 1)} for text in (one, two))
    return len(first & second) >= ALIKE * len(first | second)


long_texts = st.text(alphabet="好差慢快破小质货轻a1", min_size=SHORTEST, max_size=60)


@given(st.lists(long_texts, min_size=1, max_size=4), st.randoms())
def test_texts_are_together_only_if_links_of_the_definition_join_them(texts: list[str], chance: random.Random) -> None:
    """Copies with a few changes, near the threshold: what is grouped is linked by trigrams, whoever proposed it."""
    changed = ["".join(chance.choice("好差慢") if chance.random() < 0.04 else sign for sign in text) for text in texts]
    everything = texts + changed
    first = first_alike(everything)
    for group in {one for one in first.tolist() if (first == one).sum() == 2}:
        assert _shares(*(everything[at] for at in np.flatnonzero(first == group)))


def test_no_pair_that_shares_enough_is_left_out_before_it_is_looked_at() -> None:
    """The signs of a bin may rule out only what the trigrams would: at the threshold exactly, too."""
    chance = random.Random(11)
    signs = [chr(0x7E00 + n) for n in range(900)]
    bodies = ["".join(chance.sample(signs, 78 + at % 9)) for at in range(300)]
    ends = ["".join(chance.sample(signs[:400], 10)) for _ in range(600)]
    texts = [body + end for body, end in zip(bodies * 2, ends, strict=True)]
    plain = duplicates._plain(texts)
    _, _, marks = duplicates._signed(plain, np.arange(len(texts)))
    one, two = np.arange(300), np.arange(300, 600)
    near = duplicates._near(marks, np.diff(plain.starts) - GRAM + 1, one, two)
    alike = np.array([_shares(texts[a], texts[b]) for a, b in zip(one, two, strict=True)])
    assert alike.any() and not alike.all()
    assert near[alike].all()
    assert (duplicates._alike(plain, np.arange(len(texts)), one, two) == alike).all()


def test_a_sign_does_not_run_into_its_neighbour() -> None:
    """Characters from U+8000 on need sixteen bits: 质, 货, 过 … behind a sign that differs in its last bit alone."""
    chance = random.Random(3)
    high = [chr(0x8D28 + n) for n in range(400)]
    one = ["".join(chance.sample(high, 200)) for _ in range(20)]
    places = range(0, 192, 16)
    even = ["".join(chr(ord(sign) & ~1) if at in places else sign for at, sign in enumerate(text)) for text in one]
    odd = ["".join(chr(ord(sign) | 1) if at in places else sign for at, sign in enumerate(text)) for text in even]
    plain, numbers = duplicates._plain(even + odd), np.arange(40)
    alike = duplicates._alike(plain, numbers, numbers[:20], numbers[20:])
    assert alike.tolist() == [_shares(a, b) for a, b in zip(even, odd, strict=True)] == [False] * 20
