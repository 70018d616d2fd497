"""Folding keeps positions; default texts are told from own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.text.normalize import batch, fold, is_default


@given(st.text())
def test_folding_keeps_every_position(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.lists(st.text(), max_size=8))
def test_a_batch_holds_each_text_where_its_start_says(texts: list[str]) -> None:
    made = batch(texts)
    assert made.size == len(texts)
    assert [made.folded[made.starts[i] : made.starts[i + 1] - 1] for i in range(made.size)] == [fold(t) for t in texts]


def test_a_lone_surrogate_is_replaced() -> None:
    assert fold("坏\ud800了") == "坏\ufffd了"


@pytest.mark.parametrize(
    "text",
    [
        "此用户没有填写评价。",
        "此用户未填写评价内容",
        "该用户未填写评价内容",
        "系统默认评论",
        "15天内买家未作出评价",
        "评价方未及时做出评价,系统默认好评!",
        "该用户未及时主动评价，系统默认好评",
        "该用户觉得商品非常好，给出5星好评",
        "该用户觉得商品非常好，给出好评",
        "默认好评",
        "",
        "  \n",
        "👍👍",
        "。。。",
    ],
)
def test_default_texts(text: str) -> None:
    assert is_default(text)


@pytest.mark.parametrize("text", ["好评", "还行", "此用户没有填写评价，但是我要说衣服掉色", "默认好评也要说一句太慢"])
def test_own_words_are_no_default(text: str) -> None:
    assert not is_default(text)
