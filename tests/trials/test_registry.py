"""Tests that were declared late, or changed after their start, are known to have been."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from shopscore_analysis.declaration import Experiment
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.trials.registry import FILE, Standing, noted


def _test(**change: Any) -> Experiment:
    plain = {"name": "卡", "hypothesis": "h", "metric": "stars", "effect": 0.1, "start": date(2026, 11, 2)}
    return Experiment.model_validate(plain | {"end": date(2026, 12, 13), "mode": "sequential"} | change)


def _note(folder: Path, test: Experiment, day: int, month: int = 11) -> Standing:
    return noted(folder, [test], datetime(2026, month, day, 9))[test.name]


def test_seen_before_its_start_is_in_time_and_stays_so(tmp_path: Path) -> None:
    first, later = _note(tmp_path, _test(), 31, 10), _note(tmp_path, _test(), 20)
    assert first == later == Standing(datetime(2026, 10, 31, 9), False, (), None, "sequential")


def test_seen_on_its_first_day_is_late_and_loses_the_sequential_reading(tmp_path: Path) -> None:
    found = _note(tmp_path, _test(), 2)
    assert (found.is_late, found.mode) == (True, "fixed")


def test_changed_before_the_start_is_no_change(tmp_path: Path) -> None:
    _note(tmp_path, _test(effect=0.2), 20, 10)
    assert _note(tmp_path, _test(), 30, 10).changed == ()


def test_changed_after_the_start_names_the_fields_and_the_time(tmp_path: Path) -> None:
    _note(tmp_path, _test(), 30, 10)
    found = _note(tmp_path, _test(end=date(2026, 12, 20), metric="late"), 10)
    assert (found.changed, found.changed_at) == (("metric", "end"), datetime(2026, 11, 10, 9))
    assert not found.is_late


def test_a_start_moved_before_it_came_may_be_amended_until_the_new_start(tmp_path: Path) -> None:
    _note(tmp_path, _test(), 30, 10)
    _note(tmp_path, _test(start=date(2026, 11, 9)), 31, 10)
    assert _note(tmp_path, _test(start=date(2026, 11, 9), effect=0.2), 5).changed == ()


def test_a_start_moved_after_it_came_is_a_change(tmp_path: Path) -> None:
    _note(tmp_path, _test(), 30, 10)
    assert _note(tmp_path, _test(start=date(2026, 11, 16)), 10).changed == ("start",)


def test_sequential_only_where_it_was_so_before_the_start(tmp_path: Path) -> None:
    _note(tmp_path, _test(mode="fixed"), 30, 10)
    found = _note(tmp_path, _test(), 10)
    assert (found.mode, found.changed) == ("fixed", ("mode",))


def test_a_change_taken_back_leaves_no_change_but_both_stay_on_file(tmp_path: Path) -> None:
    for test, day in ((_test(), 1), (_test(effect=0.2), 5), (_test(), 6)):
        found = _note(tmp_path, test, day)
    assert found.changed == ()
    kept = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))["experiments"]["卡"]
    assert [entry["seen"][:10] for entry in kept] == ["2026-11-01", "2026-11-05", "2026-11-06"]


@pytest.mark.parametrize("damage", ["", "{}", '{"experiments": {"卡": [{"seen": "gestern"}]}}', '{"experiments": []}'])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, damage: str) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(damage, encoding="utf-8")
    with pytest.raises(SettingsError, match="expected the declarations that `shopscore experiment` keeps in"):
        _note(tmp_path, _test(), 1)
    assert path.read_text(encoding="utf-8") == damage
