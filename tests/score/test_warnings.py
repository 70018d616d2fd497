"""Sightings → warnings: level, clock, answer, script."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.score.warnings import FILE, RuleBook, by_situation, decide, read_rule_book, summary

BOOK = read_rule_book()
DAY = pd.Timestamp("2026-11-10 09:00:00")


def _sightings(*rows: dict[str, object]) -> pd.DataFrame:
    plain = {
        "table": "reviews", "record": "r1", "source": "评价", "text": "骗人", "start": 0, "end": 2, "product_id": "p",
        "product": "杯子", "order": None, "order_week": None, "written": DAY, "rule": "cheated", "answered": False,
        "answered_at": pd.NaT, "seen": DAY + pd.Timedelta(hours=25),
    }  # fmt: skip
    return pd.DataFrame([plain | row for row in rows]).astype({"answered_at": "datetime64[s]"})


def test_one_record_is_one_warning_by_its_gravest_rule() -> None:
    found = decide(_sightings({}, {"rule": "allergy", "start": 5, "end": 7}, {"rule": "urgent"}), BOOK)
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["level"], row["rule"], row["also"], row["situation"]) == (3, "过敏", ("骗人",), "人身安全")
    assert row["script"] == BOOK.situations["safety"].script
    assert row["due"] == DAY + pd.Timedelta(hours=24)


@pytest.mark.parametrize("starts", [(0, 9), (9, 0)])
@pytest.mark.parametrize("graver", ["injury", "fire", "allergy", "sharp", "poisoning"])
def test_a_text_of_several_grave_signs_belongs_to_each_and_health_decides(graver: str, starts: tuple[int, int]) -> None:
    """12315 before 烫伤 was a matter of authorities alone."""
    rows = ({"rule": "authority", "start": starts[0]}, {"rule": graver, "start": starts[1]}, {"rule": "exposure"})
    found = decide(_sightings(*rows), BOOK)
    (row,) = found.itertuples()
    assert (row.situation, row.also) == ("人身安全", ("找监管部门", "要曝光"))
    assert row.situations == ("人身安全", "监管投诉", "公开曝光")
    assert by_situation(found).to_dict() == {"人身安全": 1, "监管投诉": 1, "公开曝光": 1}


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"answered": True, "answered_at": DAY + pd.Timedelta(hours=24)}, "及时答复"),
        ({"answered": True, "answered_at": DAY + pd.Timedelta(hours=24, seconds=1)}, "超时答复"),
        ({"answered": True}, "已答复，时间未知"),
        ({"answered": False}, "超时未答复"),
        ({"answered": False, "seen": DAY + pd.Timedelta(hours=24)}, "待答复"),
        ({"answered": None}, "未知"),
        ({"written": pd.NaT}, "未知"),
    ],
)
def test_the_clock_says_only_what_the_exports_know(row: dict[str, object], answer: str) -> None:
    assert decide(_sightings(row), BOOK)["answer"].tolist() == [answer]


def test_the_gravest_come_first_and_then_the_newest() -> None:
    later = DAY + pd.Timedelta(days=1)
    rows = [{"record": "a"}, {"record": "b", "written": later}, {"record": "c", "rule": "injury"}]
    assert decide(_sightings(*rows), BOOK)["record"].tolist() == ["c", "b", "a"]


def test_haste_in_a_review_is_over_and_in_a_chat_is_not() -> None:
    rows = [{"rule": "urgent"}, {"rule": "urgent", "table": "chat", "record": "c"}]
    assert decide(_sightings(*rows), BOOK)["table"].tolist() == ["chat"]


def test_nothing_seen_is_no_warning_with_the_same_columns() -> None:
    nothing = decide(_sightings({}).head(0), BOOK)
    assert nothing.empty and "script" in nothing
    assert summary(nothing)[["level", "n", "open"]].to_numpy().tolist() == [[3, 0, 0], [2, 0, 0], [1, 0, 0]]


def test_the_summary_counts_every_warning_once() -> None:
    found = decide(_sightings({}, {"record": "b", "answered": True}, {"record": "c", "rule": "fire"}), BOOK)
    counted = summary(found)
    assert counted["n"].tolist() == [1, 2, 0] and counted["open"].tolist() == [1, 1, 0]
    assert counted.drop(columns=["level", "n", "open"]).to_numpy().sum() == 3


@pytest.mark.parametrize("name", ["allergy", "injury", "fire", "poisoning", "authority", "exposure"])
def test_safety_authorities_and_the_public_are_level_three(name: str) -> None:
    assert next(rule.level for rule in BOOK.rules if rule.name == name) == 3


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    path = tmp_path / "warnings.toml"
    path.write_text(FILE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    return path


def test_a_rule_without_a_script_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError) as refused:
        read_rule_book(_changed(tmp_path, 'situation = "fraud"', 'situation = "nowhere"'))
    assert str(refused.value) == (
        "expected every rule once, each with a situation that has a script, in warnings.toml, "
        "found no script for nowhere; mend the file"
    )


def test_a_rule_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="found allergy again; mend the file"):
        read_rule_book(_changed(tmp_path, 'name = "injury"', 'name = "allergy"'))


def test_a_level_of_four_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"expected rules of warnings in warnings.toml, found rules.0.level"):
        read_rule_book(_changed(tmp_path, "level = 3", "level = 4"))


def test_every_rule_names_its_source() -> None:
    assert isinstance(BOOK, RuleBook)
    assert all(rule.source for rule in BOOK.rules)
