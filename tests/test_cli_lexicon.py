"""shopscore lexicon: what it prints, the file it writes, and what --apply changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shopscore_analysis.learn import unmapped
from shopscore_analysis.learn.decisions import FILE, decide
from shopscore_analysis.shop import Shop
from tests.conftest import Run
from tests.lexicon import LOST, SIGH, shop_of


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return shop_of(tmp_path / "shop")


def test_it_prints_coverage_in_stars_and_the_dearest_phrase_and_writes_the_candidates(shop: Shop, run: Run) -> None:
    code, out, err = run("lexicon", "--shop", shop.root, "--weeks", 4)
    assert code == 0
    assert "丢掉的 31.0 星里，35.5% 说得出根因；54.8% 在抱怨却没认出根因" in out
    assert SIGH in out and "lexicon" not in out  # no digest: what prints is for a person
    assert out.splitlines()[0] == "2026-W37，其中 1 周有评价（要看的是 4 周）"  # not 2026-W34, which has none
    assert f"{FILE}：填好“决定”和“根因”两列，再运行 shopscore lexicon --apply" in err
    assert (shop.root / FILE).exists()


def test_where_nothing_is_to_be_offered_it_says_so_instead_of_an_empty_table(
    shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmapped, "LEAST", 99)
    _, out, err = run("lexicon", "--shop", shop.root)
    assert out.splitlines()[-1] == "没有可以收进词表的说法：没认出根因的抱怨太少，说法各不相同，或者好评里也常说。"
    assert "短语" not in out and err == ""


def test_json_holds_the_same(shop: Shop, run: Run) -> None:
    code, out, _ = run("lexicon", "--shop", shop.root, "--json")
    said = json.loads(out)
    assert code == 0
    assert {row["part"]: row["loss"] for row in said["coverage"]} == LOST
    assert said["phrases"][0]["phrase"] == SIGH
    assert (said["open"], said["decided"]) == (1, 0)


def test_apply_shows_before_and_after_and_the_next_run_uses_it(shop: Shop, run: Run) -> None:
    decide(shop, [(SIGH, "接受", "material")])
    code, out, err = run("lexicon", "--shop", shop.root, "--apply")
    assert code == 0
    assert "条评价的根因改变" in out
    assert "材质差" in out
    assert err.endswith("lexicon.toml")
    _, out, _ = run("lexicon", "--shop", shop.root, "--json")
    after = json.loads(out)
    assert SIGH not in {row["phrase"] for row in after["phrases"]}
    assert {row["part"]: row["loss"] for row in after["coverage"]}["unmapped"] < LOST["unmapped"]


def test_apply_without_a_decision_changes_nothing_and_says_so(shop: Shop, run: Run) -> None:
    code, out, err = run("lexicon", "--shop", shop.root, "--apply", "--json")
    assert (code, json.loads(out)["path"]) == (0, None)
    code, _, err = run("lexicon", "--shop", shop.root, "--apply")
    assert (code, err) == (0, f"{FILE} 里没有新的决定，什么都没改")
    assert not (shop.root / "lexicon.toml").exists()


def test_a_decision_that_is_none_is_refused_with_its_row(shop: Shop, run: Run) -> None:
    (shop.root / FILE).write_text("决定,短语,根因\n随便,叹气,\n", encoding="utf-8-sig")
    code, _, err = run("lexicon", "--shop", shop.root, "--apply")
    assert code == 1
    assert "row 2: expected 接受, 拒绝 or nothing in 决定, found '随便'" in err


def test_no_weeks_at_all_are_wrong_usage(shop: Shop, run: Run) -> None:
    assert run("lexicon", "--shop", shop.root, "--weeks", 0)[0] == 2
