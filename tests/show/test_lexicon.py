"""The lexicon's tables and the form for choosing phrases."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.show import baseline_table, chooser, gaps_table, keywords_along, lexicon_line, lexicon_words
from shopscore_analysis.show.chooser import Choice
from shopscore_analysis.show.lexicon import new_words_table

PHRASES = pd.DataFrame(
    {
        "phrase": ["叹气<b>", "皱眉"], "k": [5, 3], "n": [9, 9], "k_against": [0, 1], "n_against": [40, 40],
        "stars": [17.0, 4.0], "cause": ["material", None], "confidence": [0.31, 0.05],
        "first": ["看到<script>就叹气", "皱眉"], "second": ["", ""],
    }
)  # fmt: skip
WORDS = pd.DataFrame(columns=["phrase", "k", "stars", "cohesion", "before", "after", "first", "second"])


def test_phrases_show_counts_stars_leaning_and_escaped_quotes() -> None:
    assert "没有够格的新词" in new_words_table(WORDS.iloc[:0]).markup
    shown = gaps_table(PHRASES).markup
    assert "材质差 31.0%" in shown
    assert "看到&lt;script&gt;就叹气" in shown
    assert "<script>" not in shown


def test_the_line_names_a_changed_lexicon_and_keeps_silent_about_the_same() -> None:
    changed = lexicon_line("aaaa", "bbbb", "2026-W45").markup
    assert "词表换过" in changed
    assert "上一份报告（2026-W45）用的是 <code>bbbb</code>" in changed
    assert "词表换过" not in lexicon_line("aaaa", "aaaa", "2026-W45").markup
    assert "上一份报告" not in lexicon_line("aaaa").markup


def test_no_lost_star_is_said_so() -> None:
    nothing = pd.DataFrame({"part": ["phrase"], "k": [0], "n": [0], "loss": [0.0], "share_of_loss": [0.0]})
    assert lexicon_words(nothing) == "这段时间没有丢星。"


def test_outside_jupyterlab_the_form_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    bundle = chooser(PHRASES, WORDS, list)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "<table" in bundle["text/html"]


def test_in_jupyterlab_it_is_a_form_that_hands_on_what_was_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "05_lexicon.ipynb")
    saved: list[Sequence[Choice]] = []
    made = chooser(PHRASES, WORDS, lambda chosen: saved.append(chosen) or "file.csv")
    assert "application/vnd.jupyter.widget-view+json" in made._repr_mimebundle_()
    *lines, foot = made.form().children
    verdict, cause, label = lines[0].children
    assert cause.value == "material"
    assert "<script>" not in label.value
    verdict.value, lines[1].children[0].value = "接受", "拒绝"
    foot.children[0].click()
    assert saved == [[("叹气<b>", "接受", "material"), ("皱眉", "拒绝", "")]]
    assert "2 个决定已写入 file.csv" in foot.children[1].value


def test_a_refused_decision_is_told_beside_the_button() -> None:
    def refuse(chosen: Sequence[Choice]) -> None:
        raise LexiconError("expected <b>")

    *lines, foot = chooser(PHRASES, WORDS, refuse).form().children
    lines[1].children[0].value = "接受"
    foot.children[0].click()
    assert foot.children[1].value == "expected &lt;b&gt;"


def test_keywords_along_an_axis_and_the_baseline_show_names_counts_and_z() -> None:
    rows = {"product": ["p1", "p1"], "term": ["起<b>球", "掉色"], "k": [12, 2], "n": [40, 40]}
    terms = pd.DataFrame({**rows, "k_against": [1, 0], "n_against": [60, 60], "share": [0.3, 0.05], "z": [2.5, 1.0]})
    shown = keywords_along({"p1": "拖鞋"}, terms).markup
    assert "拖鞋" in shown
    assert "起&lt;b&gt;球" in shown
    assert "12/40" in shown
    assert "掉色" not in shown  # fewer than three
    usual = baseline_table(pd.DataFrame({"term": ["起<b>球", "衣服"], "weight": [1.5, 1.0]}), terms).markup
    assert "2.5" in usual
    assert "—" in usual
