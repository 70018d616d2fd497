"""Both engines cut alike."""

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


@pytest.mark.skipif(segment.engine() != "rjieba", reason="this platform has no wheel of the fast engine")
@pytest.mark.parametrize("hmm", [False, True])
def test_the_fast_engine_gives_jiebas_tokens(hmm: bool) -> None:
    assert segment.cut(TEXTS, hmm) == segment._cut_each(TEXTS, hmm)


@pytest.mark.skipif(segment.engine() != "rjieba", reason="this platform has no wheel of the fast engine")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="衣服质量差不好物流慢客服ab1.-_ \n，。太了", max_size=30), max_size=6))
def test_the_fast_engine_gives_jiebas_tokens_on_any_mixture(texts: list[str]) -> None:
    assert segment.cut(texts) == segment._cut_each(texts, False)


@given(st.lists(st.text(), max_size=5))
@settings(deadline=None)
def test_tokens_joined_give_the_text(texts: list[str]) -> None:
    plain = [segment._SURROGATE.sub("\ufffd", text) for text in texts]
    assert ["".join(tokens) for tokens in segment.cut(texts)] == plain


def test_without_the_fast_engine_jieba_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = segment.cut(TEXTS)
    monkeypatch.setattr(segment, "engine", lambda: "jieba")
    assert segment.cut(TEXTS) == fast


def test_terms_are_content_words() -> None:
    assert segment.terms(["这个包装的质量太差了100", "的了是"]) == [["包装", "质量"], []]
