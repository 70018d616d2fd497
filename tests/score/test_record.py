"""Plans that were kept: read back as they were, marked as done, checked against what happened."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.score.actions import Terms, price_list, read_actions
from shopscore_analysis.score.plan import plan
from shopscore_analysis.score.record import (
    DROP,
    IDLE,
    KEEP,
    WAIT,
    Kept,
    advice,
    checked,
    last_before,
    read_plans,
    save_plan,
    with_done,
)

WEIGHTS = {"product": 0.4, "logistics": 0.3, "service": 0.3}
SCORES = {"product": 4.5, "logistics": 4.7, "service": 4.6}
MADE = date(2026, 10, 18)


def kept(day: date = MADE, done: tuple[str, ...] = (), target: float = 4.7) -> Kept:
    """From 4.59 to 4.7: the article's QC team (product +0.3 to +0.5 within 14 to 21 days) is the mid case."""
    items = [item for item in price_list(read_actions(), Terms()) if item.action.name == "qc_team"]
    return Kept(day, plan(SCORES, WEIGHTS, target, items)[1], done)


def test_a_plan_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "plan.json"
    assert read_plans(path) == []
    save_plan(path, kept())
    assert read_plans(path) == [kept()]
    assert read_plans(path)[0].plan.cost == 144_000


def test_a_plan_of_the_same_week_is_replaced_and_others_stay_in_order(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    for day in (date(2026, 11, 15), MADE, date(2026, 11, 14)):
        save_plan(path, kept(day))
    assert [one.day for one in read_plans(path)] == [MADE, date(2026, 11, 14)]
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"plans": [{"day": "2026-10-18"}]}', encoding="utf-8")
    with pytest.raises(
        SettingsError, match=r"expected the plans that `shopscore plan --save` writes in .*plan.json, .*move it away"
    ):
        read_plans(path)


def test_only_actions_of_the_plan_can_be_marked_as_done() -> None:
    assert with_done(kept(), ["qc_team"]).done == ("qc_team",)
    assert with_done(kept(), [kept().plan.chosen[0].action.label]).done == ("qc_team",)
    with pytest.raises(SettingsError, match=r"expected actions of the plan of 2026-W42 \(qc_team\), found cloud"):
        with_done(kept(), ["cloud"])


def test_the_last_plan_is_of_an_earlier_week() -> None:
    plans = [kept(MADE), kept(date(2026, 11, 9))]
    assert last_before(plans, date(2026, 11, 15)) == plans[0]
    assert last_before(plans, date(2026, 11, 16)) == plans[1]
    assert last_before(plans, MADE) is None


@pytest.mark.parametrize(
    ("done", "day", "seen", "verdict", "told"),
    [
        ((), date(2026, 11, 15), 4.9, "未执行", IDLE),
        (("qc_team",), date(2026, 10, 25), 4.5, "尚未到见效时间", WAIT),
        (("qc_team",), date(2026, 11, 15), 4.9, "符合预期", KEEP),
        (("qc_team",), date(2026, 11, 15), 4.6, "低于预期", DROP),
    ],
)
def test_what_happened_is_set_beside_what_was_expected(
    done: tuple[str, ...], day: date, seen: float, verdict: str, told: str
) -> None:
    one = kept(done=done)
    observed = SCORES | {"product": seen}
    assert checked(one, day, observed).set_index("dimension").loc["product", "verdict"] == verdict
    (row,) = advice([one], day, observed).to_dict("records")
    assert (row["action"], row["due"], row["advice"]) == ("建立 QC 质检团队", date(2026, 11, 8), told)


def test_without_earlier_plans_there_is_no_advice() -> None:
    assert advice([kept()], MADE, SCORES).empty
