"""Texts are cut as jieba cuts them."""

from pathlib import Path

import jieba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.text import segment

TEXTS = [
    "这件衣服的质量太差了，洗一次就起球",
    "gmail.com 60-70 e-mail T_T 5.5寸",
    "物流慢\n客服也不回",
    "",
    "好评",
    "沒有想像中好",
    "iPhone15Pro卡得要死100%",
]


def by_jieba(text: str, hmm: bool) -> list[str]:
    return list(jieba.dt.cut(segment._SURROGATE.sub("\ufffd", text), HMM=hmm))


@pytest.mark.parametrize("hmm", [False, True])
def test_tokens_are_jiebas(hmm: bool) -> None:
    assert segment.cut(TEXTS, hmm) == [by_jieba(text, hmm) for text in TEXTS]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.text(alphabet="衣服质量差不好物流慢客服中国人民生活ab1T恤.-_#% \r\n\t\0，。太了𠮷\ud800", max_size=30),
        max_size=6,
    )
)
def test_tokens_of_any_mixture_are_jiebas(texts: list[str]) -> None:
    assert segment.cut(texts) == [by_jieba(text, False) for text in texts]


def test_tokens_of_every_real_review_are_jiebas(shared: Path) -> None:
    reviews = pd.read_csv(shared / "data" / "reviews-dev.csv.gz")
    texts = reviews["text"].tolist()
    same = [by_jieba(text, False) == tokens for text, tokens in zip(texts, segment.cut(texts), strict=True)]
    assert len(reviews) > 31_000 and reviews["id"][~np.array(same)].tolist() == []


@given(st.lists(st.text(), max_size=5))
@settings(deadline=None)
def test_tokens_joined_give_the_text(texts: list[str]) -> None:
    plain = [segment._SURROGATE.sub("\ufffd", text) for text in texts]
    assert ["".join(tokens) for tokens in segment.cut(texts)] == plain


def test_present_are_the_content_words_each_once_a_text() -> None:
    found = segment.presence(["这个包装的质量太差了100，包装", "的了是", "", "质量\n物流\ud800"])
    assert held(found, 4) == [{"包装", "质量"}, set(), set(), {"质量", "物流"}]
    assert len(found.text) == 4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="衣服质量差不好物流慢客服一般点ab1.-_ \n，。太了\ud800", max_size=30), max_size=6))
def test_present_are_the_tokens_that_cutting_gives(texts: list[str]) -> None:
    words = [{token for token in tokens if segment._is_content(token)} for tokens in segment.cut(texts)]
    assert held(segment.presence(texts), len(texts)) == words


def test_the_size_of_a_call_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = held(segment.presence(TEXTS), len(TEXTS))
    monkeypatch.setattr(segment, "CHUNK", 2)
    assert held(segment.presence(TEXTS), len(TEXTS)) == whole


def held(found: segment.Presence, size: int) -> list[set[str]]:
    """The words of each text, from the pairs."""
    words: list[set[str]] = [set() for _ in range(size)]
    for text, term in zip(found.text.tolist(), found.term.tolist(), strict=True):
        words[text].add(found.words[term])
    return words


def _said(found: segment.Presence, texts: int) -> list[set[str]]:
    return [{found.words[term] for term in found.term[found.text == text]} for text in range(texts)]


def test_pairs_stand_side_by_side_in_one_clause_and_say_something_together() -> None:
    texts = ["物流慢，包装破", "没弹性的面料\n物流", "", "100个👍"]
    words, pairs = segment.spoken(texts)
    assert _said(pairs, 4) == [{"物流慢", "包装破"}, {"没弹性"}, set(), set()]
    assert held(words, 4) == held(segment.presence(texts), 4)


def test_pairs_do_not_depend_on_how_texts_are_cut_into_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*TEXTS, "物流慢", "尺码偏小，物流慢"]
    whole = _said(segment.spoken(texts)[1], len(texts))
    monkeypatch.setattr(segment, "CHUNK", 2)
    assert _said(segment.spoken(texts)[1], len(texts)) == whole


def test_the_baseline_is_jieba_s_own_without_stop_words() -> None:
    found = segment.tfidf(["拉链坏了，拉链难拉", "快递太慢，的确很慢"], 3)
    assert found[0][0] == "拉链"
    assert not {word for word, _ in found} & segment.stop_words()
    assert [weight for _, weight in found] == sorted((weight for _, weight in found), reverse=True)
