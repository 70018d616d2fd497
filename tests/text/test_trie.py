"""The trie finds what a search for each word by itself finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.text.normalize import batch
from shopscore_analysis.text.trie import plant

ALPHABET = "慢不色差a𠮷 "
words = st.lists(st.text(alphabet=ALPHABET, min_size=1, max_size=5), max_size=40, unique=True).map(sorted)
texts = st.lists(st.text(alphabet=ALPHABET + "好", max_size=20), min_size=1, max_size=5)


def naive(known: list[str], folded: str) -> list[tuple[int, int, int]]:
    """Kind, start and end of every word anywhere, by start, the longest first."""
    found = [
        (kind, at, at + len(word))
        for kind, word in enumerate(known)
        for at in range(len(folded))
        if folded.startswith(word, at)
    ]
    return sorted(found, key=lambda match: (match[1], -match[2]))


@settings(max_examples=150, deadline=None)
@given(words, texts)
def test_walking_finds_what_naive_searches_find(known: list[str], some: list[str]) -> None:
    made = batch(some)
    found = plant(known, np.arange(len(known))).walk(made.codes)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == naive(known, made.folded)


@pytest.mark.parametrize("width", [3, 40, 700])
def test_crowded_nodes_find_their_place(width: int) -> None:
    letters = [chr(0xAC00 + i) for i in range(width)]
    known = sorted(
        {a + b for a in letters[:30] for b in letters} | {a + b + "了" for a in letters for b in letters[:9]}
    )
    trie = plant(known, np.arange(len(known)))
    kind, start, end = trie.walk(batch(["，".join(known)]).codes)
    whole = end - start == np.array([len(known[each]) for each in kind])
    assert whole.all()
    assert set(kind.tolist()) == set(range(len(known)))


def test_words_share_a_kind() -> None:
    kind, start, _ = plant(["太慢", "物流", "物流太慢"], np.array([4, 7, 4])).walk(batch(["物流太慢"]).codes)
    assert kind.tolist() == [4, 7, 4]
    assert start.tolist() == [0, 0, 2]


def test_no_word_finds_nothing() -> None:
    assert [len(column) for column in plant([], np.zeros(0, np.int64)).walk(batch(["物流太慢"]).codes)] == [0, 0, 0]
