"""Keywords against the formula written out, and against their laws."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from shopscore_analysis.measure.keywords import BY, COLUMNS, keywords, keywords_along, log_odds
from shopscore_analysis.tally import Tally


def pools(negative: dict[str, int], size: int, background: dict[str, int], against: int, **axes) -> list[dict]:
    """Cells of the two pools: reviews per term, and reviews in all."""
    cells = [{"feature": "negative", "count": size}, {"feature": "background", "count": against}]
    cells += [{"feature": "negative_term", "key": term, "count": count} for term, count in negative.items()]
    cells += [{"feature": "background_term", "key": term, "count": count} for term, count in background.items()]
    return [{**cell, **axes} for cell in cells]


def test_log_odds_is_the_published_formula() -> None:
    first, second, prior = np.array([8.0, 2, 0]), np.array([1.0, 9, 10]), np.array([3.0, 5, 2])
    z = log_odds(first, second, prior)
    delta = log((8 + 3) / (10 + 10 - 8 - 3)) - log((1 + 3) / (20 + 10 - 1 - 3))
    assert z[0] == pytest.approx(delta / sqrt(1 / (8 + 3) + 1 / (1 + 3)))
    assert log_odds(second, first, prior) == pytest.approx(-z)


def test_the_prior_draws_rare_terms_in_and_never_reverses_a_sign() -> None:
    flat, strong = (log_odds(np.array([3.0, 40]), np.array([1.0, 60]), np.array([a, a])) for a in (0.1, 30.0))
    assert 0 < strong[0] < flat[0]


def test_terms_of_the_negative_pool_lead_and_common_words_do_not(tally_of) -> None:
    tally = tally_of(pools({"起球": 30, "衣服": 60, "掉色": 9}, 100, {"衣服": 600, "好看": 500, "起球": 5}, 1000))
    table = keywords(tally)
    assert list(table) == COLUMNS
    assert table["term"].tolist() == ["起球", "掉色", "衣服"]
    row = table.iloc[0]
    assert row[["k", "n", "k_against", "n_against"]].tolist() == [30, 100, 5, 1000]
    assert (row["share"], row["share_against"]) == (0.3, 0.005) and row["low"] < 0.3 < row["high"]
    assert row["z"] > 1.96 and keywords(tally, top=1)["term"].tolist() == ["起球"]


def test_a_part_is_set_against_the_rest_of_the_whole(tally_of) -> None:
    """Product p1 against everything: its own reviews are taken out of the other side."""
    whole = tally_of(
        pools({"起球": 12, "衣服": 20}, 40, {"衣服": 200}, 300, product="p1")
        + pools({"起球": 1, "衣服": 30}, 60, {"衣服": 300}, 500, product="p2")
    )
    table = keywords(whole.where(product="p1"), against=whole)
    assert table[["term", "k", "n", "k_against", "n_against"]].values[0].tolist() == ["起球", 12, 40, 1, 60]


def test_other_weeks_are_not_taken_for_the_whole(tally_of) -> None:
    earlier = tally_of(pools({"起球": 20, "衣服": 30}, 80, {}, 0, week="2026-W39"))
    table = keywords(tally_of(pools({"起球": 2, "衣服": 5}, 10, {}, 0)), against=earlier)
    assert table.set_index("term").loc["起球", ["k_against", "n_against"]].tolist() == [20, 80]


def test_between_two_samples_of_one_text_few_terms_stand_out(tally_of) -> None:
    """100 terms drawn alike on both sides: |z| passes 1.96 for no more than one in ten."""
    draws = np.random.default_rng(7).binomial(500, 0.05, size=(2, 100))
    terms = [f"词{number}" for number in range(100)]
    sides = [dict(zip(terms, row.tolist(), strict=True)) for row in draws]
    table = keywords(tally_of(pools(sides[0], 500, sides[1], 500)), top=100)
    assert (table["z"].abs() > 1.96).sum() <= 10


@pytest.mark.filterwarnings("error")
def test_an_empty_tally_and_a_single_term_have_no_keywords_to_weigh(tally_of) -> None:
    assert keywords(Tally()).empty and list(keywords(Tally(), against=Tally())) == COLUMNS
    assert keywords(tally_of(pools({"坏": 3}, 3, {}, 0)))["z"].tolist() == [0.0]


def _phrases(tally_of, pair: int) -> Tally:
    cells = pools({"物流": 20, "起球": 9}, 40, {"物流": 2}, 300)
    cells += [{"feature": "negative_pair", "key": "物流慢", "count": pair}]
    return tally_of([*cells, {"feature": "negative_pair", "key": "袖口紧", "count": 4}])


def test_a_word_that_mostly_stands_in_one_phrase_is_left_to_it(tally_of) -> None:
    """Phrases come from five reviews on."""
    assert keywords(_phrases(tally_of, 16))["term"].tolist()[0] == "物流慢"
    assert set(keywords(_phrases(tally_of, 16))["term"]) == {"物流慢", "起球"}
    assert set(keywords(_phrases(tally_of, 15))["term"]) == {"物流慢", "物流", "起球"}


def test_the_pool_of_praise_is_asked_for_by_name(tally_of) -> None:
    tally = tally_of(pools({"起球": 30, "衣服": 60}, 100, {"衣服": 600, "好看": 500}, 1000))
    best = keywords(tally, pool="background").iloc[0]
    assert best[["term", "k", "n", "k_against", "n_against"]].tolist() == ["好看", 500, 1000, 0, 100]


@pytest.mark.parametrize("by", ["cause", "channel", "price"])
def test_terms_along_a_compound_axis_are_set_against_the_rest_of_the_pool(tally_of, by: str) -> None:
    """A value may hold a | of its own."""
    cells = pools({"起球": 12, "衣服": 30}, 60, {"衣服": 200}, 300)
    for value, size, held in (("a|b", 20, 11), ("c", 40, 1)):
        cells += [{"feature": "negative_by", "key": f"{by}|{value}", "count": size}]
        cells += [{"feature": "negative_term_by", "key": f"{by}|{value}|起球", "count": held}]
    table = keywords(tally_of(cells), by=by)
    assert list(table) == [by, *COLUMNS]
    assert table[[by, "term", "k", "n", "k_against", "n_against"]].to_numpy().tolist() == [
        ["a|b", "起球", 11, 20, 1, 40], ["c", "起球", 1, 40, 11, 20],
    ]  # fmt: skip


def test_terms_along_a_cell_s_axis_come_a_few_for_each_value(tally_of) -> None:
    tally = tally_of(
        pools({"起球": 12, "衣服": 20}, 40, {"衣服": 200}, 300, product="p1")
        + pools({"掉色": 21, "衣服": 30}, 60, {"衣服": 300}, 500, product="p2")
    )
    table = keywords(tally, by="product", top=1)
    assert table[["product", "term", "k", "n"]].to_numpy().tolist() == [["p1", "起球", 12, 40], ["p2", "掉色", 21, 60]]
    assert [next(iter(one)) for one in keywords_along(tally, BY)] == list(BY)


def test_an_unknown_axis_is_refused(tally_of) -> None:
    with pytest.raises(ValueError, match="expected one of product, week, cause, channel, price, found 'colour'"):
        keywords(tally_of(pools({}, 0, {}, 0)), by="colour")
