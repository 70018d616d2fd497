"""What a reader sees of a text begins and ends where clauses or words do."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.excerpts import LEFT_OUT, QUOTE, excerpt, quoted, whole_words

TEXTS = st.text("洗手液漏了一箱子很好，。 a1[]😡", max_size=80)


@st.composite
def spanned(draw: st.DrawFn) -> tuple[str, tuple[int, int]]:
    text = draw(TEXTS)
    ends = sorted(draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=2)))
    return text, (ends[0], ends[1])


def _shown(text: str, start: int, end: int) -> str:
    row = whole_words(pd.DataFrame({"text": [text], "start": [start], "end": [end]})).iloc[0]
    return str(row["text"][row["start"] : row["end"]])


@pytest.mark.parametrize(
    ("text", "matched", "shown"),
    [
        ("盖子拧紧了还是漏水，差评", "盖子拧紧了还是漏", "盖子拧紧了还是漏水"),
        ("回来补充，洗手液漏了一箱子", "漏了一箱", "漏了一箱子"),
        ("拍的大号来的是小号，而且没有缓冲", "是小号，", "是小号"),
        ("师傅装完一地灰也不收拾😡", "师傅装完一地灰也不收拾😡", "师傅装完一地灰也不收拾"),
        ("打客服[手机号]没人接", "[手机号]没人", "[手机号]没人接"),
        ("香味冲鼻子", "香味冲鼻", "香味冲鼻子"),
        ("还好，脚背卡得紧，买小了", "卡得", "卡得紧"),
        ("货不对单，退了", "货不对", "货不对单"),
        ("用用，粘不牢", "不牢", "粘不牢"),
        ("不过有股说不出来的怪味", "有股", "有股"),
        ("！？", "！", "！"),
        ("节后也不能拖这么多天才发货，后悔了", "天才发货", "多天才发货"),  # no genius
        ("第12天才发货", "2天才发货", "第12天才发货"),
        ("等了两个月才发，退了", "月才发", "两个月才发"),
        ("我们等了好多天才发货", "天才发货", "好多天才发货"),
        ("我们等了数天才发货", "天才发货", "数天才发货"),
        ("他家服务好周到得不行", "周到得不行", "周到得不行"),  # no number of weeks
        ("买的两个月饼都碎了", "月饼都碎了", "月饼都碎了"),
    ],
)
def test_evidence_is_shown_in_whole_words_without_the_signs_around_it(text: str, matched: str, shown: str) -> None:
    at = text.index(matched)
    assert _shown(text, at, at + len(matched)) == shown


def test_the_other_columns_and_spans_of_nothing_stay() -> None:
    quotes = pd.DataFrame({"text": ["很好", "漏水"], "start": [0, 0], "end": [0, 1], "rating": [5, 1]}, index=[7, 3])
    shown = whole_words(quotes)
    assert shown[["text", "rating"]].equals(quotes[["text", "rating"]])
    assert shown[["start", "end"]].to_numpy().tolist() == [[0, 0], [0, 2]]
    assert whole_words(quotes.iloc[:0]).empty


def test_quoted_rows_are_cut_around_their_span_and_say_so() -> None:
    text = "鞋子很好看，就是有一点小，孩子穿着挤脚。" * 9
    rows = pd.DataFrame({"text": [text, "漏水", None], "start": [100, 0, 0], "end": [104, 1, 0]}, index=[7, 3, 5])
    shown = quoted(rows)
    first, *others = shown["text"]
    assert len(first) <= QUOTE and first.startswith("…") and first.endswith("…") and others == ["漏水", None]
    assert first[shown.loc[7, "start"] : shown.loc[7, "end"]] == text[100:104] and list(shown.index) == [7, 3, 5]
    assert first.strip(LEFT_OUT).split("，")[0] in {"就是有一点小", "孩子穿着挤脚。鞋子很好看", "鞋子很好看"}
    opening = quoted(rows[["text"]])
    assert opening.loc[7, "text"].startswith("鞋子很好看") and opening.loc[7, "text"].endswith("…")
    assert list(opening) == ["text"] and quoted(rows.iloc[:0]).empty


@given(spanned())
def test_a_span_only_grows_but_for_signs(given_: tuple[str, tuple[int, int]]) -> None:
    text, (start, end) = given_
    words = [sign for sign in text[start:end] if sign.isalnum()]
    assert "".join(words) in "".join(sign for sign in _shown(text, start, end) if sign.isalnum())


@given(spanned(), st.integers(4, 60))
def test_an_excerpt_is_short_holds_its_span_and_says_what_it_leaves_out(
    given_: tuple[str, tuple[int, int]], most: int
) -> None:
    text, (start, end) = given_
    shown, (first, last) = excerpt(text, (start, end), most)
    assert len(shown) <= most and 0 <= first <= last <= len(shown)
    assert text[start:end].startswith(shown[first:last])
    assert shown[first:last] == text[start:end] or last - first == most - 2
    bare = shown.strip(LEFT_OUT)
    assert bare in text and (shown == text or LEFT_OUT in shown)


def test_a_long_text_is_cut_between_clauses_and_where_there_are_none_between_words() -> None:
    text = "鞋子很好看，就是有一点小，孩子穿着挤脚。" * 4
    shown, span = excerpt(text, (60, 65), 40)
    assert shown == "…就是有一点小，孩子穿着挤脚。鞋子很好看，就是有一点小，孩子穿着挤脚。" and span == (15, 20)
    shown, _ = excerpt("质量太差" * 40, (80, 84), 31)
    assert shown.strip(LEFT_OUT) == "质量太差" * (len(shown) // 4)


@given(spanned(), st.integers(0, 4), st.integers(12, 30))
def test_a_span_that_ends_beyond_the_text_ends_with_it(
    given_: tuple[str, tuple[int, int]], beyond: int, most: int
) -> None:
    """Evidence at the end of a text may hold blanks that what is shown has lost."""
    text, (start, _) = given_
    assert excerpt(text, (start, len(text) + beyond), most) == excerpt(text, (start, len(text)), most)
    shown, (first, last) = excerpt(text, (len(text) + beyond, len(text) + beyond), most)
    assert 0 <= first == last <= len(shown)
