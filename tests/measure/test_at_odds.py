"""Stars against words: counted on paper."""

from __future__ import annotations

import pandas as pd
import pytest

from shopscore_analysis.measure import at_odds
from shopscore_analysis.shop import Shop
from shopscore_analysis.show import at_odds_lines, at_odds_lists
from tests.read.conftest import REVIEW, review, workbook

SAID = [
    ("面料舒服，就是物流太慢", 5, ""), ("面料舒服，颜色也好看", 5, ""), ("颜色好看，很喜欢", 4, ""),
    ("面料很舒服，颜色也好看", 1, ""), ("洗一次就掉色", 2, ""), ("此用户没有填写评价", 1, ""),
    ("很喜欢", 5, "穿了一次就开线，气人<b>"), ("版型不错", 5, "穿了一个月还是很好"),
]  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    home = Shop.create(tmp_path_factory.mktemp("odds") / "shop", "反话店", "衣服")
    rows = [
        [
            *review(text, order=f"690000000000000{at:03d}2", stars=stars)[:8],
            later,
            "2026-09-12 12:00:00" if later else "",
        ]
        for at, (text, stars, later) in enumerate(SAID)
    ]
    workbook(home.root / "data" / "raw" / "评价_20260914.xlsx", {"评价": [REVIEW, *rows]})
    assert [one.error for one in home.load()] == [None]
    return home


def test_each_list_has_its_own_denominator(shop: Shop) -> None:
    found = at_odds(shop.tally("all")).set_index("list")
    assert found[["k", "n"]].to_numpy().tolist() == [[2, 5], [1, 2], [1, 2]]
    assert list(found.index) == ["hidden", "praise_only", "followup"]
    assert found.loc["hidden", ["low", "high"]].tolist() == pytest.approx([0.1176, 0.7693], abs=1e-4)


def test_the_reviews_of_each_list_are_quotes_of_the_tally(shop: Shop) -> None:
    quotes = shop.tally("all").quotes.groupby("feature")["text"].agg(set)
    assert quotes["praise_only"] == {SAID[3][0]}
    assert quotes["followup"] == {SAID[6][2]}
    assert SAID[0][0] in quotes["hidden"]


def test_lines_print_k_n_and_interval_and_few_say_so(shop: Shop) -> None:
    shown = at_odds_lines(at_odds(shop.tally("all"))).markup
    assert "隐性差评：4–5 星、有文字的评价里，文字在抱怨的有 2/5 条，40.0%" in shown
    assert "只有好话的低星：1–3 星、有文字的评价里，文字只有好话的有 1/2 条，样本不足。" in shown


def test_lists_show_masked_escaped_texts(shop: Shop) -> None:
    tally = shop.tally("all")
    shown = at_odds_lists(at_odds(tally), tally.quotes, tally.names).markup
    assert "</mark>，气人&lt;b&gt;" in shown
    assert "示例衬衫" in shown


def test_a_review_that_its_follow_up_put_on_a_list_shows_the_follow_up_with_its_evidence(shop: Shop) -> None:
    """很喜欢 with five stars is no complaint: what complains is what was written later."""
    tally = shop.tally("all")
    shown = at_odds_lists(at_odds(tally), tally.quotes, tally.names).markup
    assert shown.count("追评：<mark>穿了一次就开线</mark>") == 2  # among hidden ones and among follow-ups
    assert "很喜欢" not in shown
    hidden = tally.quotes[tally.quotes["feature"] == "hidden"].set_index("source")["text"]
    assert hidden.to_dict() == {"text": SAID[0][0], "followup": SAID[6][2]}


def test_nothing_said_is_no_share() -> None:
    empty = pd.DataFrame({"list": ["hidden"], "k": [0], "n": [0], "share": [None], "low": [None], "high": [None]})
    assert "0/0 条，样本不足" in at_odds_lines(empty).markup
