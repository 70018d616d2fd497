"""Scanning in columns says what single texts say, in any company and any slices; its parts equal their plain forms."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from shopscore_analysis.text import grams, model, tagger
from shopscore_analysis.text.clauses import boundaries
from shopscore_analysis.text.grams import LONGEST, columns, vocabulary
from shopscore_analysis.text.lexicon import CAUSE_NAMES
from shopscore_analysis.text.model import clause_owners, tones
from shopscore_analysis.text.normalize import Batch, batch, is_default
from shopscore_analysis.text.tagger import Scan, scan, tag

DATA = Path(model.__file__).parents[1] / "data"
CASES = Path(__file__).parent / "cases"
WORDS = [
    "没有",
    "不",
    "物流",
    "太慢",
    "色差",
    "，",
    "就是",
    "质量",
    "差",
    "客服",
    "不回",
    "漏了",
    "👍",
    "*",
    "12",
    "a",
    " ",
    "\n",
]
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map("".join), min_size=1, max_size=7)


def rows(found: Scan) -> list[tuple[object, ...]]:
    columns = (found.text, found.cause, found.confidence, found.start, found.end)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def sentences() -> list[str]:
    return [row["original"] for path in sorted(CASES.glob("*.json")) for row in json.loads(path.read_text("utf-8"))]


def test_tags_are_the_rows_of_the_scan() -> None:
    some = sentences()
    found = scan(some)
    tags = tag(some)
    listed = [
        (text, CAUSE_NAMES.index(hit.cause), hit.confidence, *span)
        for text, said in enumerate(tags)
        for hit in said.causes
        for span in hit.spans
    ]
    assert rows(found) == listed
    assert found.complaint.tolist() == [said.complaint for said in tags]
    assert found.stated.sum() == sum(len(said.causes) for said in tags)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_size_of_a_slice_changes_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    some = sentences()[:150]
    whole = scan(some)
    monkeypatch.setattr(tagger, "CHUNK", size)
    parts = scan(some)
    assert rows(parts) == rows(whole)
    assert parts.complaint.tolist() == whole.complaint.tolist()


@settings(max_examples=40, deadline=None)
@given(texts)
def test_equal_texts_are_told_alike(some: list[str]) -> None:
    once, twice = scan(some), scan(some + some)
    moved = [(text + len(some), *rest) for text, *rest in rows(once)]
    assert rows(twice) == rows(once) + moved
    assert twice.complaint.tolist() == once.complaint.tolist() * 2


def test_no_texts_no_rows() -> None:
    assert rows(scan([])) == [] and len(scan([]).complaint) == 0


def held(made: Batch, spans: np.ndarray, known: np.ndarray) -> csr_matrix:
    found, ends = columns(made, spans, vocabulary(known))
    return csr_matrix((np.ones(len(found)), found, ends), shape=(len(spans), len(known)))


def hashed(codes: list[int]) -> int:
    mixed = 0
    for code in codes:
        mixed = (mixed ^ code) * 2654435761 % 2**32
        mixed ^= mixed >> 15
    return mixed >> (32 - grams.BITS)


@settings(max_examples=60, deadline=None)
@given(texts)
def test_grams_are_those_of_each_clause_by_itself(some: list[str]) -> None:
    made = batch(some)
    _, _, spans = clause_owners(made, np.cumsum(boundaries(made.codes)))
    known = np.flatnonzero(np.arange(1 << grams.BITS) % 3 == 0)
    counted = held(made, spans, known).toarray() if len(spans) < 99 else None
    silent = set(grams._wordless(made.codes).tolist())
    for clause, (start, end) in enumerate(spans.tolist()):
        expected = np.zeros(len(known))
        for at in range(start, end):
            for length in range(1, min(LONGEST, end - at) + 1):
                value = hashed(made.codes[at : at + length].tolist())
                if at in silent or value % 3:
                    break
                expected[value // 3] += 1
        assert np.array_equal(counted[clause], expected)


def test_the_weights_of_a_clause_are_those_of_its_grams() -> None:
    made = batch([*sentences(), "好" * 900, "12*45很差"])  # more n-grams in one clause than a lane can add
    _, _, spans = clause_owners(made, np.cumsum(boundaries(made.codes)))
    stored = np.load(DATA / "tagger.npz")
    rarity = stored["rarity"].astype(np.float64)
    plain = np.column_stack(
        [stored["grams"] * stored["scale"].astype(np.float64), rarity, rarity * stored["taught"], rarity**2]
    )
    expected = held(made, spans, stored["hashes"].astype(np.int64)) @ plain
    assert np.allclose(model.sums(made, spans), expected, rtol=1e-6, atol=1e-6)
    assert expected.any(axis=1).mean() > 0.5


@given(st.lists(st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=6), min_size=1, max_size=5))
def test_tones_are_those_of_sorted_clauses(spoken: list[list[float]]) -> None:
    parts = np.array([tone for text in spoken for tone in text], dtype=np.float32)
    text = np.repeat(np.arange(len(spoken)), [len(each) for each in spoken])
    found = tones(np.zeros(len(spoken), np.float32), parts, text, len(spoken))
    for row, clauses in zip(found, spoken, strict=True):
        ranked = sorted(clauses, reverse=True)
        second = ranked[1] if len(ranked) > 1 else -1.0
        assert row[[1, 2, 4, 5]].tolist() == [ranked[0], ranked[-1], np.float32(second), clauses[-1]]


@pytest.mark.parametrize(
    "text",
    ["", "👍", "。。。", "此用户没有填写评价。", "联系[微信]", "é", "ok", "评", "好评返现", "太慢", "_", "[", "１"],
)
def test_silent_are_the_texts_that_say_nothing(text: str) -> None:
    made = batch(["很好", text, "太慢了"])
    assert (1 in tagger._silent(made)) == is_default(made.folded[made.starts[1] : made.starts[2] - 1])
