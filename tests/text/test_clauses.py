"""Where clauses end."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.text.clauses import clauses


def parts(text: str) -> list[str]:
    return [text[start:end] for start, end in clauses(text)]


def test_signs_and_line_breaks_part_clauses() -> None:
    assert parts("不错，就是慢！真的\n不买了") == ["不错", "就是慢", "真的", "不买了"]


def test_a_space_between_chinese_words_parts_and_one_between_latin_words_does_not() -> None:
    assert parts("质量好 物流慢 iphone pro max") == ["质量好", "物流慢", "iphone pro max"]


def test_a_point_in_a_number_and_a_list_comma_part_nothing() -> None:
    assert parts("5.5寸、没有色差、异味") == ["5.5寸、没有色差、异味"]


@given(st.text())
def test_spans_are_in_order_inside_the_text_and_not_empty(text: str) -> None:
    spans = clauses(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
