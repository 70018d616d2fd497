"""The worked numbers of the rule sets, their display table, and what they refuse."""

from __future__ import annotations

from datetime import date
from math import ceil, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.errors import LexiconError, SettingsError
from shopscore_analysis.score import rules
from shopscore_analysis.score.rules import rule_set, shown, total, weighted, weights_for

ARTICLE = "article-5pt"
SCORES = {"product": 4.8, "logistics": 4.5, "service": 4.7}


def article(category: str = "") -> dict[str, float]:
    return weights_for(rule_set(ARTICLE), category).weights


def test_the_articles_own_example() -> None:
    assert total(4.8, 4.9, 4.7, article()) == 4.80


@pytest.mark.parametrize(
    ("category", "exact", "rounded"),
    [("", 4.68, 4.68), ("生鲜", 4.654286, 4.65), ("水果", 4.654286, 4.65), ("服饰", 4.70, 4.70), ("数码", 4.70, 4.70)],
)
def test_category_weights(category: str, exact: float, rounded: float) -> None:
    """生鲜 with pro-rata rest (.3429/.4/.2571) 4.6543; 服饰 leaves equal rests."""
    assert weighted(SCORES, article(category)) == pytest.approx(exact, abs=5e-7)
    assert total(*SCORES.values(), article(category)) == rounded


def test_pro_rata_weights_of_fresh_food() -> None:
    assert article("生鲜") == pytest.approx({"product": 0.342857, "logistics": 0.4, "service": 0.257143}, abs=5e-7)
    assert article("女装") == pytest.approx({"product": 0.5, "logistics": 0.25, "service": 0.25})


def test_even_a_perfect_product_score_does_not_reach_the_target() -> None:
    assert total(4.5, 4.7, 4.6, article()) == 4.59
    assert total(5.0, 4.7, 4.6, article()) == 4.79


def test_halving_late_orders() -> None:
    """Late 8 → 4 % = +0.60 物流 = +0.18 total."""
    effect = rules.late_effect(rule_set(ARTICLE), 0.08, 0.04)
    assert effect == pytest.approx(0.60) and effect * article()["logistics"] == pytest.approx(0.18)


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (3.49, "risk"),
        (3.5, "plain"),
        (4.69, "plain"),
        (4.7, "enough"),
        (4.8, "support"),
        (4.89, "support"),
        (4.9, "best"),
    ],
)
def test_bands_of_the_total(score: float, word: str) -> None:
    assert rules.band(rule_set(ARTICLE), score).word == word


def test_the_articles_deductions_and_bonus() -> None:
    article_rules = rule_set(ARTICLE)
    assert sorted((event.low, event.high) for event in article_rules.deductions) == [
        (0.1, 0.1),
        (0.2, 0.2),
        (0.5, 0.5),
        (0.5, 1.0),
    ]
    assert [(event.low, event.high) for event in article_rules.bonuses] == [(0.1, 0.3)]
    assert [slope.target for slope in article_rules.slopes] == [0.92]


@pytest.mark.parametrize("name", ["douyin-2026-07-14", "douyin-2026-09-08"])
@pytest.mark.parametrize("score", range(50, 101))
def test_the_display_table_is_the_platforms_formula(name: str, score: int) -> None:
    """From 61: 5.0 less 0.1 for every four points begun below 97; from 50 to 60: 4.0 less 0.1 a point."""
    expected = 5.0 - 0.1 * max(ceil((97 - score) / 4), 0) if score >= 61 else 4.0 - 0.1 * (60 - score)
    assert shown(score, rule_set(name)) == pytest.approx(expected)


def test_the_newest_rules_show_everything_below_fifty_as_three() -> None:
    assert {shown(score) for score in range(51)} == {3.0}
    assert shown(92.99) == 4.8 and isnan(shown(nan))
    with pytest.raises(ValueError) as refusal:
        shown(49, rule_set("douyin-2026-07-14"))
    assert str(refusal.value) == "expected a score of 100 points that the display table lists, found 49"
    with pytest.raises(ValueError) as refusal:
        shown(90, rule_set(ARTICLE))
    assert str(refusal.value) == "expected a rule set of 100 points, found article-5pt"


@pytest.mark.parametrize(
    ("value", "scores"),
    [(5.0, (97, 100)), (4.8, (89, 92)), (4.1, (61, 64)), (4.0, (60, 60)), (3.5, (55, 55)), (3.0, (0, 50))],
)
def test_a_rivals_value_is_a_band(value: float, scores: tuple[int, int]) -> None:
    assert rules.band_of(value) == scores


@given(st.integers(0, 100))
def test_every_score_lies_in_the_band_of_what_is_shown(score: int) -> None:
    low, high = rules.band_of(shown(score))
    assert low <= score <= high


def test_a_value_that_is_never_shown_has_no_band() -> None:
    with pytest.raises(ValueError) as refusal:
        rules.band_of(4.85)
    assert str(refusal.value) == (
        "expected a value that consumers are shown, from 3.0 to 5.0 in steps of 0.1, found 4.85"
    )


@pytest.mark.parametrize("name", rules.names())
def test_every_rule_set_states_its_source_and_sums_to_one(name: str) -> None:
    found = rule_set(name)
    assert found.source and found.note and sum(found.weights.given.values()) == pytest.approx(1)
    for entry in (None, *found.categories):
        weights = weights_for(found, entry.words[0] if entry else "").weights
        assert sum(weights.values()) == pytest.approx(1) and all(weight > 0 for weight in weights.values())


def test_public_and_assumed_weights_say_so() -> None:
    default = weights_for(rule_set(ARTICLE))
    assert not default.assumed and default.note == "文章口径（5 分制）：按默认权重"
    fresh = weights_for(rule_set(ARTICLE), "水果")
    assert fresh.assumed
    assert fresh.note == "文章口径（5 分制）：生鲜/食品类物流 40%，其余权重来源未给出，按默认比例分摊（我们的读法）"
    unknown = weights_for(rule_set(ARTICLE), "多肉植物")
    assert unknown.weights == default.weights and not unknown.assumed
    assert unknown.note == "文章口径（5 分制）：按默认权重；规则没有单列类目「多肉植物」"
    official = weights_for(rule_set("douyin-2026-09-08"), "女装")
    assert official.assumed and official.note == (
        "抖音商家体验分（2026-09-08 版）：维度权重未公开，暂用假定值，请在 shop.toml 填写自己页面上的权重"
    )


def test_the_shops_own_weights_win() -> None:
    own = {"product": 0.6, "logistics": 0.1, "service": 0.3}
    assert weights_for(rule_set("douyin-2026-09-08"), "女装", own) == (own, "权重来自店铺自己的商家体验分页面", False)
    with pytest.raises(SettingsError) as refusal:
        weights_for(rule_set(ARTICLE), "", {"product": 0.6, "logistics": 0.1})
    assert str(refusal.value) == (
        "expected the weights product, logistics, service with sum 1, found product = 0.6, logistics = 0.1; "
        "mend [weights] in shop.toml"
    )


def test_official_rules_are_dated_and_the_unread_final_text_is_flagged() -> None:
    july, september = rule_set("douyin-2026-07-14"), rule_set("douyin-2026-09-08")
    assert (july.effective, july.confirmed, july.lowest) == (date(2026, 7, 14), True, 50)
    assert (september.effective, september.confirmed, september.lowest) == (date(2026, 9, 8), False, 0)
    assert {indicator.dimension for indicator in july.indicators} == {"product", "logistics", "service"}
    assert [i.label for i in july.indicators if i.computable == "none"] == ["运单配送时效达成率"]


def test_a_history_breaks_where_rules_came_into_force() -> None:
    breaks = rules.rule_breaks(date(2026, 7, 1), date(2026, 11, 15))
    assert [found.name for found in breaks] == ["douyin-2026-07-14", "douyin-2026-09-08"]
    assert rules.rule_breaks(date(2026, 7, 14), date(2026, 9, 7)) == []


@pytest.mark.parametrize(("value", "rounded"), [(4.675, 4.68), (4.665, 4.67), (4.6749, 4.67), (2.0, 2.0)])
def test_totals_round_half_up_not_half_to_even(value: float, rounded: float) -> None:
    assert rules.half_up(value) == rounded


@given(st.fixed_dictionaries({name: st.integers(0, 500).map(lambda v: v / 100) for name in SCORES}))
def test_the_total_lies_between_the_dimensions(scores: dict[str, float]) -> None:
    assert min(scores.values()) - 1e-9 <= total(*scores.values(), article()) <= max(scores.values()) + 1e-9


def test_a_missing_dimension_has_no_total() -> None:
    assert isnan(total(4.8, nan, 4.7, article()))


def test_an_unknown_rule_set_is_refused_with_those_that_exist() -> None:
    with pytest.raises(SettingsError) as refusal:
        rule_set("douyin")
    assert str(refusal.value) == (
        "expected a rule set among article-5pt, douyin-2026-07-14, douyin-2026-09-08, found 'douyin'; "
        "mend `rules` in shop.toml"
    )


def test_a_rule_file_that_breaks_its_own_rules_is_named(tmp_path, monkeypatch) -> None:
    text = (rules.FOLDER / f"{ARTICLE}.toml").read_text(encoding="utf-8").replace("product = 0.4", "product = 0.6")
    (tmp_path / "broken.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(rules, "FOLDER", tmp_path)
    with pytest.raises(LexiconError) as refusal:
        rule_set("broken")
    assert str(refusal.value) == (
        "expected a rule set in broken.toml, found the whole: Value error, the default weights must be given for "
        "product, logistics, service and sum to 1; mend the file"
    )
