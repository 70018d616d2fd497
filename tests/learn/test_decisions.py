"""The analyst's file: what may be written into it, what is kept, and what applying it does."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.learn.decisions import (
    ACCEPT,
    COLUMNS,
    FILE,
    REJECT,
    apply,
    decide,
    effect,
    read_decisions,
    update,
)
from shopscore_analysis.learn.unmapped import unmapped, window
from shopscore_analysis.own import phrases_of
from shopscore_analysis.shop import Shop
from tests.lexicon import SIGH, SIGHS, WEEK, shop_of


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return shop_of(tmp_path / "shop")


def _rows(shop: Shop) -> list[dict[str, str]]:
    with (shop.root / FILE).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _write(shop: Shop, *rows: tuple[str, ...], encoding: str = "utf-8-sig") -> None:
    with (shop.root / FILE).open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([COLUMNS, *((*row, *[""] * (len(COLUMNS) - len(row))) for row in rows)])


def test_the_file_offers_what_costs_most_without_a_decision(shop: Shop) -> None:
    update(shop, unmapped(shop, 4))
    (row,) = _rows(shop)
    assert (row["决定"], row["短语"], row["丢星"], row["条数"], row["种类"]) == ("", SIGH, "17.0", "5", "短语")
    assert row["例句一"] in {text for text, _ in SIGHS}


def test_decisions_and_rows_of_one_s_own_are_kept_and_not_offered_again(shop: Shop) -> None:
    _write(shop, (REJECT, SIGH), (ACCEPT, "领口勒", "尺码分量不合"))
    update(shop, unmapped(shop, 4))
    assert [(row["决定"], row["短语"], row["根因"]) for row in _rows(shop)] == [
        (REJECT, SIGH, ""), (ACCEPT, "领口勒", "尺码分量不合"),
    ]  # fmt: skip


def test_a_cause_filled_in_without_a_decision_is_kept(shop: Shop) -> None:
    _write(shop, ("", SIGH, "材质差"))
    update(shop, unmapped(shop, 4))
    assert [(row["决定"], row["根因"]) for row in _rows(shop)] == [("", "材质差")]


def test_excel_s_chinese_encoding_codes_and_english_words_are_understood(shop: Shop) -> None:
    _write(shop, ("Accept", SIGH, "material"), ("n", "过节收到", ""), encoding="gb18030")
    assert [(one.phrase, one.verdict, one.cause) for one in read_decisions(shop.root)] == [
        (SIGH, ACCEPT, "material"), ("过节收到", REJECT, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("也许", SIGH, ""), "row 2: expected 接受, 拒绝 or nothing in 决定, found '也许'"),
        ((ACCEPT, SIGH, ""), "row 2: expected one of 质量缺陷、"),
        ((ACCEPT, SIGH, "颜色"), "安装收费 in 根因, found '颜色'"),
        ((ACCEPT, "=cmd|' /C calc'!A0", "材质差"), "row 2: expected a phrase of 2 to 20 characters"),
        ((ACCEPT, "短", "材质差"), "row 2: expected a phrase of 2 to 20 characters"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_row_and_nothing_changes(
    shop: Shop, row: tuple[str, ...], said: str
) -> None:
    _write(shop, row)
    before = (shop.root / FILE).read_bytes()
    with pytest.raises(LexiconError) as caught:
        apply(shop)
    assert said in str(caught.value)
    assert (shop.root / FILE).read_bytes() == before
    assert shop.own == ""


def test_two_decisions_for_one_phrase_and_a_missing_column_are_refused(shop: Shop) -> None:
    _write(shop, (ACCEPT, SIGH, "材质差"), (REJECT, SIGH, ""))
    with pytest.raises(LexiconError, match=f"expected one decision for '{SIGH}' in .*, found two; delete one"):
        read_decisions(shop.root)
    (shop.root / FILE).write_text("短语,根因\n叹气,材质差\n", encoding="utf-8-sig")
    with pytest.raises(LexiconError, match=r"expected the columns 决定、短语、根因 in .*, found no 决定"):
        read_decisions(shop.root)


def test_no_cell_is_run_as_a_formula(tmp_path: Path) -> None:
    hostile = [(f"=1+1叹气{n}", 1) for n in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"]
    home = shop_of(tmp_path / "shop", *hostile)
    update(home, unmapped(home, 4))
    cells = [cell for row in _rows(home) for cell in row.values()]
    assert any("=1+1" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_the_effect_says_which_reviews_and_stars_go_where_and_writes_nothing(shop: Shop) -> None:
    _write(shop, (ACCEPT, SIGH, "材质差"), (REJECT, "过节收到", ""))
    change = effect(shop, window(shop, [WEEK]))
    assert (change.accepted, change.rejected, change.n) == ({"material": [SIGH]}, [], 46)
    moved = change.causes.set_index("cause")
    assert list(moved.index) == ["material", "unattributed"]
    assert (
        moved.loc["material", "k"]
        == change.reviews
        == moved.loc["unattributed", "k_before"] - moved.loc["unattributed", "k"]
    )
    assert moved.loc["material", "loss"] == pytest.approx(change.stars)
    assert (moved["loss"] - moved["loss_before"]).sum() == pytest.approx(0)
    assert change.reviews > 0
    assert shop.own == ""


def test_applying_puts_the_phrases_into_the_lexicon_and_keeps_what_was_rejected(shop: Shop) -> None:
    _write(shop, (ACCEPT, SIGH, "材质差"), (REJECT, "掉色", ""), (REJECT, "过节收到", ""), ("", "照镜子", ""))
    apply(shop)
    assert phrases_of(shop.own) == {"reject": ["掉色"], "material": [SIGH]}
    assert [(row["决定"], row["短语"]) for row in _rows(shop)] == [
        (REJECT, "掉色"),
        (REJECT, "过节收到"),
        ("", "照镜子"),
    ]
    assert effect(shop, window(shop, [WEEK])).reviews == 0


def test_decisions_of_a_form_are_entered_beside_those_of_the_file(shop: Shop) -> None:
    _write(shop, (REJECT, "过节收到", ""))
    decide(shop, [(SIGH, ACCEPT, "material"), ("照镜子", REJECT, "")])
    assert [(one.phrase, one.verdict, one.cause) for one in read_decisions(shop.root)] == [
        ("过节收到", REJECT, ""), (SIGH, ACCEPT, "material"), ("照镜子", REJECT, ""),
    ]  # fmt: skip
    with pytest.raises(LexiconError, match="in 根因, found ''"):
        decide(shop, [("领口勒", ACCEPT, "")])
