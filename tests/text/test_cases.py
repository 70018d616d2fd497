"""Sentences and what the tagger must make of them, as data (cases/README.md says what each file holds)."""

import json
from pathlib import Path

import pytest

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


def test_what_is_measured_on_is_not_learnt_from() -> None:
    told = Path(__file__).parents[2] / "tools" / "sentences.jsonl"
    learnt = {bare(json.loads(line)["text"]) for line in told.read_text(encoding="utf-8").splitlines()}
    assert len(learnt) > 9000
    measured = {bare(row["original"]) for path in CASES.glob("*.json") for row in json.loads(path.read_text("utf-8"))}
    assert not learnt & measured


def bare(text: str) -> str:
    return "".join(filter(str.isalnum, text))
