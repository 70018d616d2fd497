"""What holds for any text: spans, order, determinism, independence of the batch."""

import json
import tomllib
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.schema import CAUSES, MAX_CAUSES
from shopscore_analysis.text.lexicon import CLASSES
from shopscore_analysis.text.tagger import dissatisfaction, tag, tagger_digest

WORDS = [
    "没有",
    "不",
    "物流",
    "太慢",
    "色差",
    "，",
    "。",
    "就是",
    "质量",
    "很好",
    "差",
    "客服",
    "不回",
    "漏了",
    "假货",
    "👍",
    "a",
    " ",
    "\n",
    "除了",
    "贵",
]
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map("".join) | st.text(max_size=20), max_size=6)


@settings(max_examples=60, deadline=None)
@given(texts)
def test_spans_lie_in_the_text_and_causes_in_the_schemas_order(some: list[str]) -> None:
    order = list(CAUSES)
    for text, tags in zip(some, tag(some), strict=True):
        names = [hit.cause for hit in tags.causes]
        assert names == sorted(set(names), key=order.index)
        assert len(names) <= MAX_CAUSES
        assert 0 <= tags.complaint <= 1
        for hit in tags.causes:
            assert 0.5 <= hit.confidence <= 1
            assert hit.spans
            assert all(0 <= start < end <= len(text) for start, end in hit.spans)


@settings(max_examples=40, deadline=None)
@given(texts)
def test_a_text_is_tagged_alike_alone_and_in_a_batch(some: list[str]) -> None:
    assert [tag([text])[0] for text in some] == tag(some)


def test_evidence_of_a_phrase_is_the_phrase_in_the_text_as_given() -> None:
    text = "ＯＫ，衣服不错　就是物流太慢！！"
    (hit,) = tag([text])[0].causes
    assert [text[start:end] for start, end in hit.spans] == ["物流太慢"]


def test_faint_praise_lies_between_praise_and_complaint() -> None:
    praise, faint, complaint = (tags.complaint for tags in tag(["非常满意，很喜欢", "还行吧", "太差了，垃圾"]))
    assert praise < faint < complaint
    assert 0.3 < faint < 0.6


def test_a_default_text_says_nothing() -> None:
    tags = tag(["此用户没有填写评价。"])[0]
    assert tags.causes == () and tags.complaint < 0.1


@pytest.mark.parametrize(
    ("text", "causes", "complains"),
    [
        ("没有色差，尺码标准", [], False),
        ("客服回复很快，退款也快", [], None),
        ("不是很满意", [], True),
        ("好你个头", [], True),
        ("给五星是因为客服求我", [], True),
        ("不错就是物流太慢", ["slow_delivery"], True),
        ("除了贵没毛病", ["poor_value"], True),
        ("👍👍👍", [], False),
        ("穿了两次就开线了，之前的好评收回", ["defect"], True),
        ("电话是138****0000，打了没人接", ["slow_response"], True),
    ],
)
def test_sentences_that_a_tagger_must_get_right(text: str, causes: list[str], complains: bool | None) -> None:
    tags = tag([text])[0]
    assert [hit.cause for hit in tags.causes] == causes
    assert complains is None or (tags.complaint >= 0.5) == complains


def test_no_texts_no_tags() -> None:
    assert tag([]) == []


def test_an_unknown_category_changes_nothing() -> None:
    assert tag(["衣服掉色"], "没有这种类目") == tag(["衣服掉色"])


def test_the_digest_is_of_lexicon_and_weights() -> None:
    assert len(tagger_digest()) == 64
    assert tagger_digest("水果") != tagger_digest()


@pytest.mark.parametrize("cause", list(CAUSES))
def test_quality_of_every_cause_is_shipped(cause: str) -> None:
    shipped = json.loads((files("shopscore_analysis") / "data" / "tagger_quality.json").read_text(encoding="utf-8"))
    row = shipped["causes"][cause]
    assert row["hit"] <= min(row["n"], row["said"])
    assert 0 <= row["precision"] <= 1 and 0 <= row["recall"] <= 1


def test_plain_praise_of_goods_that_nobody_labelled_seldom_complains() -> None:
    """Facts about cups and shelves (黑色耐脏, 螺丝配件一个不少) sound strange to a tone learnt from other goods."""
    sample = tomllib.loads((files("shopscore_analysis") / "data" / "sample.toml").read_text(encoding="utf-8"))
    praise = [text for texts in sample["praise"].values() for text in texts if len(text) >= 4]
    assert len(praise) > 80
    assert sum(tags.complaint >= 0.5 for tags in tag(praise)) <= 0.12 * len(praise)


@pytest.mark.parametrize(
    ("mood", "believed", "complaint"),
    [
        (0.0, 1.0, 0.5 * 0.5 / 0.55),  # whatever the model believes, half of what the tone leaves open is the most
        (0.2, 1.0, 0.5 + 0.5 * (0.6 - 0.55) / 0.45),  # 1 - 0.8 · 0.5 = 0.6
        (0.5, 0.0, 0.5 * 0.5 / 0.55),
        (0.9, 0.0, 0.5 + 0.5 * (0.9 - 0.55) / 0.45),
    ],
)
def test_a_named_fault_complains_by_tone_and_belief(mood: float, believed: float, complaint: float) -> None:
    said, denied = np.zeros((2, 1, len(CLASSES)), dtype=bool)
    said[0, 0] = True
    found = dissatisfaction(np.array([believed]), np.array([mood]), said, denied, np.array([False]))
    assert found == pytest.approx([complaint])


@pytest.mark.parametrize("text", ["颜色跟图片没有差异", "裤子和图片颜色没有差距，赞一个！"])
def test_a_denial_that_ends_inside_of_a_fault_denies_it(text: str) -> None:
    """没有 and 有差 share a character."""
    assert tag([text], "衣服")[0].causes == ()
    assert [hit.cause for hit in tag([text.replace("没有", "有")], "衣服")[0].causes] == ["not_as_described"]
