"""The project's notebooks keep to the house: one question, thin cells, no outputs."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
STEERING = (ast.For, ast.While, ast.If, ast.FunctionDef, ast.ClassDef, ast.Try, ast.With, ast.comprehension)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def content(request: pytest.FixtureRequest) -> Any:
    """One notebook, valid by its own format."""
    read = nbformat.read(request.param, as_version=4)
    nbformat.validate(read)
    return read


def _code(content: Any) -> list[Any]:
    return [cell for cell in content.cells if cell.cell_type == "code"]


def _checked(cell: Any) -> bool:
    """Cells of a few integers that nbval compares; they keep their outputs."""
    return "nbval-check-output" in cell.metadata.get("tags", [])


def test_there_are_the_five_notebooks() -> None:
    """The report and its four companions."""
    names = {path.stem for path in NOTEBOOKS}
    assert {"weekly", "01_data_quality", "02_root_causes", "03_benchmark", "04_returns"} <= names


def test_cells_are_few_short_and_do_not_compute(content: Any) -> None:
    """At most ten cells of eight lines; no loop, branch or definition."""
    assert len(_code(content)) <= 10
    for cell in _code(content):
        assert len(cell.source.splitlines()) <= 8
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, STEERING)]


def test_parameters_come_first_one_literal_a_line(content: Any) -> None:
    """What papermill reads line by line."""
    first = _code(content)[0]
    assert first.metadata.tags == ["parameters"]
    for line in first.source.splitlines():
        (node,) = ast.parse(line).body
        assert isinstance(node, ast.AnnAssign)
        assert node.value is not None
        ast.literal_eval(node.value)
        assert "  # " in line


def test_the_last_cell_leaves_the_receipt_and_every_other_an_artefact(content: Any) -> None:
    """The last expression is what is shown."""
    shown = [cell for cell in _code(content)[1:] if not _checked(cell)]
    *others, last = (ast.parse(cell.source).body for cell in shown)
    assert ast.unparse(last[-1]).startswith("report.receipt(")
    assert all(ast.unparse(cell[-1]).startswith("show.") for cell in others)


def test_whatever_leads_a_plan_is_said_of_weeks_that_are_named(content: Any) -> None:
    """A month and thirteen weeks led with two causes, and neither said of when."""
    code = "\n".join(cell.source for cell in _code(content))
    if "lead_words(" in code or "way_on(" in code:
        (call,) = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and _leads(node))
        assert ast.unparse(call.args[-1]) in ("weeks", "show.period(tally.weeks)", "show.period(month.weeks)")


def _leads(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("lead_words", "way_on")


def test_nothing_is_committed_that_was_computed(content: Any) -> None:
    """No outputs, no counters, ids that read as words."""
    plain = [cell for cell in _code(content) if not _checked(cell)]
    assert all(not cell.outputs and cell.execution_count is None for cell in plain)
    assert all(cell.id.replace("_", "").isalpha() for cell in content.cells)


def test_headings_are_questions_or_findings_in_chinese(content: Any) -> None:
    """One first-level heading, the others below it."""
    headings = [cell.source.splitlines()[0] for cell in content.cells if cell.cell_type == "markdown"]
    assert headings[0].startswith("# ")
    assert all(heading.startswith("## ") for heading in headings[1:])
    assert not [heading for heading in headings if heading.isascii()]
