"""Which program counts: its digest covers everything that decides what is counted."""

from __future__ import annotations

import grimp
import pytest

from shopscore_analysis import program
from shopscore_analysis.program import COUNTING


def test_the_stamp_covers_every_module_that_counting_imports() -> None:
    graph = grimp.build_graph("shopscore_analysis")
    used = graph.find_upstream_modules("shopscore_analysis.count") | {"shopscore_analysis.count"}
    assert {name.split(".")[1] for name in used if "." in name} - set(COUNTING) == set()


def test_another_program_has_another_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    known = program.stamp()
    assert len(known) == 12
    monkeypatch.setattr(program, "COUNTING", COUNTING[1:])
    assert program.stamp.__wrapped__() != known
