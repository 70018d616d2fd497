"""Findings name what was planted, date it, rank it by stars lost, and keep silent about chance."""

from __future__ import annotations

import pandas as pd
import pytest

from shopscore_analysis.measure.findings import COLUMNS, findings
from shopscore_analysis.schema import weeks_to
from shopscore_analysis.tally import Tally
from tests.measure.worlds import LAST_WEEK, WEEKS, base_share, made_up


def planted(cause: str, product: int, week: int) -> float:
    """p2 turns bad in W40 (defect), p4 is bad all along (size_fit), W44-W45 are slow everywhere."""
    if cause == "defect" and product == 2 and week >= 19:
        return 0.25
    if cause == "size_fit" and product == 4:
        return 0.12
    if cause == "slow_delivery" and week in (23, 24):
        return 0.12
    return base_share(cause, product, week)


@pytest.mark.parametrize("seed", range(5))
def test_the_three_planted_effects_come_first_with_their_weeks(seed: int) -> None:
    top = findings(made_up(1000 + seed, planted), LAST_WEEK).head(3).set_index("cause")
    assert set(top.index) == {"defect", "size_fit", "slow_delivery"}
    assert (top["verdict"] == "真实变化").all()
    assert top["product_id"].to_dict() == {"defect": "p2", "size_fit": "p4", "slow_delivery": None}
    assert top["kind"].to_dict() == {"defect": "change", "size_fit": "level", "slow_delivery": "change"}
    assert WEEKS.index(top.loc["defect", "from_week"]) in range(18, 22)
    assert top.loc["defect", "to_week"] == LAST_WEEK
    assert top.loc["slow_delivery", ["from_week", "to_week"]].tolist() == ["2026-W44", "2026-W45"]


def test_a_cause_that_got_better_is_told_as_stars_saved() -> None:
    def mended(cause: str, product: int, week: int) -> float:
        return (0.25 if week < 18 else 0.01) if cause == "defect" else base_share(cause, product, week)

    first = findings(made_up(7, mended), LAST_WEEK).iloc[0]
    assert (first["cause"], first["product_id"], first["verdict"]) == ("defect", None, "真实变化")
    assert first["loss"] < 0 and first["from_week"] in WEEKS[17:20]


def test_shops_without_any_effect_raise_hardly_any_false_alarm() -> None:
    alarms = sum((findings(made_up(seed), LAST_WEEK)["verdict"] == "真实变化").any() for seed in range(20))
    assert alarms <= 1


def test_numbers_of_a_finding_are_plain_counts() -> None:
    tally = made_up(1001, planted)
    spike = findings(tally, LAST_WEEK).set_index("cause").loc["slow_delivery"]
    inside = tally.where(week=("2026-W44", "2026-W45"))
    assert spike["k"] == inside.where(key="slow_delivery").total("cause")
    assert spike["n"] == inside.total("text")
    outside_k = tally.where(key="slow_delivery").total("cause") - spike["k"]
    outside_n = tally.total("text") - spike["n"]
    assert spike["baseline"] == pytest.approx(outside_k / outside_n)
    assert spike["loss"] == pytest.approx((spike["k"] - spike["n"] * spike["baseline"]) * 3)


def level_of(own: tuple[int, int], others: tuple[int, int], weeks: list[str]) -> Tally:
    """p0 has k of n texts that complain of defect in each week, four other products the other share."""
    rows = []
    for week in weeks:
        for product, (k, n) in {"p0": own, **{f"p{at}": others for at in range(1, 5)}}.items():
            rows += [("text", product, week, "", n), ("cause", product, week, "defect", k)]
    cells = pd.DataFrame(rows, columns=["feature", "product", "week", "key", "count"])
    return Tally.of([cells.assign(shop="s", sku="", rating=1)])


def test_one_small_p_among_many_comparisons_is_no_finding() -> None:
    """26/260 against 52/1040: p = .006 alone, but 132 comparisons are made."""
    assert findings(level_of((2, 20), (1, 20), WEEKS[13:]), LAST_WEEK).empty


def test_few_complaints_are_never_called_real() -> None:
    """4 of 4 against 0 of 1,600 is no chance, but four voices are no proof; five are."""
    four, five = (level_of((1, 1), (0, 100), WEEKS[-weeks:]) for weeks in (4, 5))
    assert findings(four, LAST_WEEK)["verdict"].tolist() == ["可能变化"]
    assert findings(five, LAST_WEEK)["verdict"].tolist() == ["真实变化"]


def test_three_weeks_are_not_all_along() -> None:
    assert findings(level_of((9, 10), (0, 100), WEEKS[-3:]), LAST_WEEK).empty


def test_weeks_after_the_one_asked_for_are_not_seen() -> None:
    before = findings(made_up(1000, planted), "2026-W42")
    assert "slow_delivery" not in set(before["cause"])
    assert before["to_week"].max() <= "2026-W42"


def test_an_effect_that_ended_before_the_window_is_left_out() -> None:
    def early(cause: str, product: int, week: int) -> float:
        return 0.2 if cause == "courier" and week in (4, 5) else base_share(cause, product, week)

    assert "courier" not in set(findings(made_up(3, early), LAST_WEEK)["cause"])
    assert "courier" in set(findings(made_up(3, early), LAST_WEEK, window=26)["cause"])


@pytest.mark.parametrize("tally", [Tally(), made_up(1).where(week=WEEKS[-1])], ids=["empty", "one week"])
def test_too_little_history_finds_nothing_and_keeps_the_shape(tally: Tally) -> None:
    found = findings(tally, LAST_WEEK)
    assert list(found.columns) == list(COLUMNS)
    assert not (found["kind"] == "change").any()


def test_a_week_without_any_review_is_bridged() -> None:
    tally = made_up(1000, planted)
    holed = Tally.of([tally.cells[tally.cells["week"] != "2026-W30"]])
    assert set(findings(holed, LAST_WEEK).head(3)["cause"]) == {"defect", "size_fit", "slow_delivery"}


def test_order_of_products_does_not_matter() -> None:
    tally = made_up(1002, planted)
    swapped = tally.cells.assign(product=tally.cells["product"].map({f"p{n}": f"p{5 - n}" for n in range(6)}))
    back = {f"p{5 - n}": f"p{n}" for n in range(6)}
    mirrored = findings(Tally.of([swapped]), LAST_WEEK)
    mirrored["product_id"] = pd.Series([back.get(product) for product in mirrored["product_id"]], dtype=object)
    pd.testing.assert_frame_equal(mirrored, findings(tally, LAST_WEEK))


def test_weeks_of_the_worlds_are_the_weeks_of_the_calendar() -> None:
    assert weeks_to(LAST_WEEK, 26) == WEEKS and WEEKS[0] == "2026-W21"


def test_a_week_that_is_not_over_makes_no_change_sure() -> None:
    """A change into the week is 可能变化 at most; what ended before it, and levels over all weeks, stay as they are."""
    tally = made_up(1001, planted)
    whole, partly = (findings(tally, LAST_WEEK, over=over) for over in (True, False))
    known = ["kind", "cause", "product_id"]
    said = partly.merge(whole, on=known, suffixes=("", "_whole"))
    assert len(said) == len(whole)
    for row in said.itertuples():
        unsure = row.kind == "change" and row.to_week == LAST_WEEK
        assert row.verdict == ("可能变化" if unsure else row.verdict_whole)
    assert said.loc[said["cause"] == "defect", ["verdict", "verdict_whole"]].values.tolist()[0] == [
        "可能变化",
        "真实变化",
    ]
    assert partly["verdict"].eq("可能变化").is_monotonic_increasing  # the sure ones still come first


def test_findings_cover_thirteen_weeks_unless_told_otherwise() -> None:
    """findings.json is over 13 weeks whatever a shop's other tables look back on."""
    tally = made_up(1001, planted)
    assert findings(tally, LAST_WEEK).equals(findings(tally, LAST_WEEK, 13))
