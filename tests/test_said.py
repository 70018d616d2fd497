"""Texts in columns: equal ones alike, each cause once, the first text that states it speaks for it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.said import first_said, own_words, patterns, read
from shopscore_analysis.schema import CAUSES, MAX_CAUSES
from shopscore_analysis.text.tagger import Scan, tag

SENTENCES = ["", "物流太慢", "物流太慢，衣服掉色", "客服不回，有色差，太贵了", "很好", "👍"]
columns = st.lists(st.sampled_from(SENTENCES), max_size=8).map(lambda texts: pd.Series(texts, dtype="str"))


@settings(max_examples=30, deadline=None)
@given(columns)
def test_a_column_is_read_as_its_texts_are(texts: pd.Series) -> None:
    said = read(texts, "", "")
    tags = tag(texts.tolist())
    expected = [
        (row, hit.cause, *hit.spans[0], text)
        for row, (text, one) in enumerate(zip(texts, tags, strict=True))
        for hit in one.causes
    ]
    found = first_said(said.causes)[["row", "cause", "start", "end", "quote"]]
    assert [tuple(row) for row in found.itertuples(index=False)] == expected
    assert said.complaint.tolist() == [one.complaint if text else 0.0 for text, one in zip(texts, tags, strict=True)]


def test_what_the_models_alone_heard_is_shown_by_whole_clauses_without_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """They read the parts of a clause that 就 and 但 part: 【客服说】就算换也没用 was what a page marked."""
    text = "1、要求换货，「客服说就算换也没用」！"
    found = Scan(
        complaint=np.array([1.0]), text=np.array([0, 0]), cause=np.array([18, 19]), confidence=np.array([0.8, 0.9]),
        start=np.array([8, 8]), end=np.array([11, 11]), phrased=np.array([False, True]),
    )  # fmt: skip
    monkeypatch.setattr("shopscore_analysis.said.scan", lambda *_: found)
    said = read(pd.Series([text, text]), "", "").causes
    shown = [text[start:end] for start, end in zip(said["start"], said["end"], strict=True)]
    assert shown == ["客服说就算换也没用", "客服说"] * 2


def test_default_and_missing_texts_are_no_words() -> None:
    texts = pd.Series(["此用户没有填写评价。", None, "太慢", "👍"], index=[3, 5, 7, 9], dtype="str")
    assert own_words(texts).to_dict() == {3: "", 5: "", 7: "太慢", 9: ""}


def test_the_first_text_shows_a_cause_and_the_next_ones_add_theirs() -> None:
    review = read(pd.Series(["物流太慢", "很好"]), "", "")
    followup = read(pd.Series(["还是物流太慢，还掉色", "掉色"]), "", "")
    found = first_said(review.causes, followup.causes)
    assert list(zip(found["row"], found["cause"], found["quote"], strict=True)) == [
        (0, "defect", "还是物流太慢，还掉色"),
        (0, "slow_delivery", "物流太慢"),
        (1, "defect", "掉色"),
    ]
    assert patterns(found, 3).tolist() == ["defect+slow_delivery", "defect", ""]


def test_a_record_has_at_most_so_many_causes_the_first_of_the_schema() -> None:
    many = pd.DataFrame({"row": 0, "cause": range(9, 0, -1), "start": 0, "end": 1, "quote": "x"})
    found = first_said(many)
    assert found["cause"].tolist() == list(CAUSES)[1 : MAX_CAUSES + 1]


def test_nothing_said_is_an_empty_table() -> None:
    nothing = read(pd.Series([], dtype="str"), "", "")
    assert first_said(nothing.causes, nothing.causes).empty
    assert patterns(first_said(nothing.causes), 2).tolist() == ["", ""]
