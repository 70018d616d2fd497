"""docs/causes.md says what the tagger does: its sentences are tagged as it claims, its figures are those measured."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from shopscore_analysis.schema import CAUSES, DIMENSIONS
from shopscore_analysis.text.tagger import tag

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "causes.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### [^\n]+ · (\w+)\n(.*?)(?=^##|\Z)", PAGE, re.S | re.M))


def _said(cause: str, kind: str) -> list[str]:
    (line,) = re.findall(rf"^- {kind}: (.*)$", SECTIONS[cause], re.M)
    return re.findall("「(.+?)」", line)


def _causes(text: str) -> set[str]:
    return {hit.cause for hit in tag([text])[0].causes}


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("causes_doc", ROOT / "tools" / "causes_doc.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_cause_has_its_section_under_its_dimension_with_its_label() -> None:
    headings = re.findall(r"^(?:## (\S+) \w+|### (\S+) · (\w+))$", PAGE, re.M)
    dimension, found = "", []
    for heading, label, cause in headings:
        dimension = heading or dimension
        if cause:
            found.append((cause, dimension, label))
    assert found == [(name, DIMENSIONS[cause.dimension], cause.label) for name, cause in CAUSES.items()]


@pytest.mark.parametrize("cause", list(CAUSES))
def test_sentences_that_count_are_tagged_with_the_cause_and_the_others_are_not(cause: str) -> None:
    counts, other = _said(cause, "counts"), _said(cause, "does not")
    assert [text for text in counts if cause not in _causes(text)] == []
    assert [text for text in other if cause in _causes(text)] == []
    assert len(counts) >= 2
    assert other


def test_the_table_holds_the_figures_that_were_measured() -> None:
    """After training, run tools/causes_doc.py."""
    assert _tool().renewed(PAGE) == PAGE
