"""Compiled loops do what Python does with the same lines, which is what runs where numba has no wheel."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from shopscore_analysis.text import loops

TEXTS = [
    "质量太差了，洗一次就掉色",
    "没有色差，物流很快",
    "好" * 300,
    "iPhone15用了3天卡死 T恤\r\n",
    "",
    "不是不新鲜，是太贵",
]
SCRIPT = """
import json, sys
from shopscore_analysis.text.segment import cut, spoken
from shopscore_analysis.text.tagger import scan
texts = json.loads(sys.argv[1])
found = scan(texts)
said = [[each.words, each.text.tolist(), each.term.tolist()] for each in spoken(texts)]
columns = [getattr(found, name).tolist() for name in
           ("complaint", "text", "cause", "confidence", "start", "end", "phrased")]
print(json.dumps([cut(texts), said, columns]))
"""


def told(**environment: str) -> object:
    """What the loops make of the texts in a process of its own."""
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, json.dumps(TEXTS)],
        cwd=root, env=os.environ | environment, capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    return json.loads(run.stdout)


def test_python_says_what_compiled_loops_say() -> None:
    by_python = told(NUMBA_DISABLE_JIT="1", PYTHONIOENCODING="utf-8")
    assert by_python == told(PYTHONIOENCODING="utf-8")
    assert by_python[0][0] == ["质量", "太", "差", "了", "，", "洗", "一次", "就", "掉色"]  # type: ignore[index]


def test_without_numba_python_runs_the_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "find_spec", lambda name: None)
    plain = loops.compiled(loops.gathered.__wrapped__)
    total, most = plain(np.array([[1.0, 5.0], [3.0, 2.0], [4.0, 4.0]]), np.array([0, 2]))
    assert total.tolist() == [[4.0, 7.0], [4.0, 4.0]]
    assert most.tolist() == [[3.0, 5.0], [4.0, 4.0]]
    codes = np.array([8, 9, 8, 9], dtype=np.uint32)
    places = np.array([0, 1, 2]), np.array([2, 2, 2]), np.array([0, 0, 0])
    with warnings.catch_warnings(action="error"):
        number, _, new = loops.compiled(loops.numbered.__wrapped__)(codes, *places)
    assert number.tolist() == [0, 1, 0] and new.tolist() == [True, True, False]


def test_without_a_folder_to_keep_them_loops_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    caching = pytest.importorskip("numba.core.caching", reason="this platform has no wheel of numba")
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    total, _ = loops.compiled(loops.gathered.__wrapped__)(np.array([[1.0], [3.0]]), np.array([0]))
    assert total.tolist() == [[4.0]]
