"""Sentences and what the tagger must make of them, as data (cases/README.md says what each file holds)."""

import json
from pathlib import Path

import pytest

from shopscore_analysis.text.lexicon import CAUSE_NAMES, lexicon
from shopscore_analysis.text.matcher import find
from shopscore_analysis.text.normalize import batch
from shopscore_analysis.text.tagger import tag

CASES = Path(__file__).parent / "cases"


def cases(name: str) -> list:
    rows = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    return [pytest.param(row, id=row["original"][:24]) for row in rows]


def kept(row: dict) -> bool:
    """Whether the tagger says of a case what the case expects; a follow expectation left out is not asked."""
    tags = tag([row["original"]])[0]
    causes = "causes" not in row or [hit.cause for hit in tags.causes] == row["causes"]
    return causes and ("complaint" not in row or (tags.complaint >= 0.5) == row["complaint"])


@pytest.mark.parametrize("row", [*cases("in-the-wild"), *cases("negative"), *cases("synthetic")])
def test_case(row: dict) -> None:
    assert kept(row), tag([row["original"]])[0]


@pytest.mark.parametrize("row", cases("known-failures"))
def test_a_known_failure_that_passes_has_to_be_moved_to_the_other_cases(row: dict) -> None:
    assert not kept(row)


def test_phrases_find_these_causes_and_no_others() -> None:
    rows = json.loads((CASES / "phrases.json").read_text(encoding="utf-8"))
    texts = [row["original"] for row in rows]
    together = said(texts)
    assert len(rows) > 400
    wrong = {row["original"]: got for row, got in zip(rows, together, strict=True) if got != set(row["causes"])}
    assert not wrong
    assert together == [said([text])[0] for text in texts]


def test_who_is_named_in_a_text_is_nobody_in_the_next() -> None:
    """A newline between two texts is no 和 between two people."""
    pair = ["找快递员", "客服态度差"]
    assert said(pair) == [said([text])[0] for text in pair] == [set(), {"bad_attitude"}]


def said(texts: list[str]) -> list[set[str]]:
    """The causes that phrases state in each text."""
    found = find(batch(texts), lexicon())
    causes: list[set[str]] = [set() for _ in texts]
    for text, kind in zip(found.text[~found.denied], found.kind[~found.denied], strict=True):
        causes[text] |= set(CAUSE_NAMES[kind : kind + 1])
    return causes


def test_what_is_measured_on_is_not_learnt_from() -> None:
    told = Path(__file__).parents[2] / "tools" / "sentences.jsonl"
    learnt = {bare(json.loads(line)["text"]) for line in told.read_text(encoding="utf-8").splitlines()}
    assert len(learnt) > 9000
    measured = {bare(row["original"]) for path in CASES.glob("*.json") for row in json.loads(path.read_text("utf-8"))}
    assert not learnt & measured


def bare(text: str) -> str:
    return "".join(filter(str.isalnum, text))
