"""The account of a score: scales, weights, what exports allow, and what is assumed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from shopscore_analysis.score.account import (
    Account,
    Published,
    account,
    breaks,
    indicator_weights,
    on_scale,
    service_weights,
    start_note,
)
from shopscore_analysis.score.rules import rule_set, weights_for

NOW = date(2026, 11, 15)
FOUND = pd.DataFrame(
    [
        ("rating", 4.5, "stars", np.nan, 800, 4.4, 4.6),
        ("quality_return", 0.02, "share", 20, 1000, 0.013, 0.031),
        ("reply", 45.0, "seconds", np.nan, 3000, np.nan, np.nan),
        ("ship_48h", 0.9, "share", 90, 100, 0.82, 0.94),
    ],
    columns=["name", "value", "unit", "k", "n", "low", "high"],
)


def made(
    name: str, scale: int, total: float, *dimensions: float, own: dict[str, float] | None = None, category: str = ""
) -> Account:
    rules = rule_set(name)
    scores = dict(zip(("product", "logistics", "service"), dimensions, strict=True))
    return account(
        rules, weights_for(rules, category, own), Published(NOW, scale, total, scores), FOUND,
        ledger={"product": 4.8, "total": 4.5}, history=(date(2026, 6, 1), NOW),
    )  # fmt: skip


def test_the_articles_worked_example_adds_up_to_the_cent() -> None:
    found = made("article-5pt", 5, 4.8, 4.8, 4.9, 4.7)
    assert found.dimensions["points"].tolist() == pytest.approx([1.92, 1.47, 1.41])
    assert (round(found.low, 6), round(found.high, 6)) == (4.8, 4.8)
    assert found.notes[0] == "自算总分 4.8，平台公布 4.8：相差在四舍五入之内"
    assert found.stars == 4.5
    assert found.dimensions["ledger"].iloc[0] == 4.8 and found.dimensions["ledger"].iloc[1:].isna().all()


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        (4.7, "自算总分 4.76 由三个维度的平台分按权重相加，平台公布的总分是 4.70：平台的分只给到 0.1，"
                    "相差 0.06 在四舍五入之内"),
        (4.76, "自算总分 4.76 由三个维度的平台分按权重相加，平台公布的总分是 4.76，两者相同"),
        (4.5, "自算总分 4.76 由三个维度的平台分按权重相加，平台公布的总分是 4.50：相差 0.26，四舍五入不能解释；"
                    "可能是有扣分、加分未计入，或公布值的舍入不同"),
        (float("nan"), "自算总分 4.76：三个维度的平台分按权重相加；平台没有公布总分"),
    ],
)  # fmt: skip
def test_the_start_of_a_plan_names_both_totals_and_why_they_differ(platform: float, said: str) -> None:
    weighting = weights_for(rule_set("article-5pt"))._replace(assumed=False)
    assert start_note(4.76, platform, dict(zip("abc", (4.7, 4.8, 4.8), strict=True)), weighting) == said


@pytest.mark.parametrize(
    ("own", "platform", "scores", "said"),
    [
        (4.7449, 4.75, (4.71, 4.8, 4.75), "：平台的分只给到 0.01，相差 0.01 在四舍五入之内"),
        (4.746, 4.75, (4.7, 4.8, 4.8), "，两者相同"),
        (4.76, 4.7, (4.71, 4.83, 4.77), "：相差 0.06，四舍五入不能解释"),
        (4.76, 4.73, (4.7, 4.8, 4.8), "：平台的维度分只给到 0.1，总分给到 0.01，相差 0.03 在四舍五入之内"),
        (4.76, 4.66, (4.7, 4.8, 4.8), "：相差 0.10，四舍五入不能解释"),
    ],
)  # fmt: skip
def test_rounding_is_that_of_the_figures_at_hand(
    own: float, platform: float, scores: tuple[float, ...], said: str
) -> None:
    """Scores of two decimals are no scores of one."""
    told = start_note(own, platform, dict(zip("abc", scores, strict=True)), weights_for(rule_set("article-5pt")))
    assert said in told


def test_the_account_rounds_by_the_figures_at_hand_as_well() -> None:
    assert "四舍五入不能解释" in made("article-5pt", 5, 4.7, 4.71, 4.83, 4.77).notes[0]
    assert "相差在四舍五入之内" in made("article-5pt", 5, 4.76, 4.71, 4.83, 4.77).notes[0]


def test_our_total_is_told_as_the_table_prints_it() -> None:
    assert made("article-5pt", 5, 4.7, 4.7, 4.8, 4.8).notes[0] == "自算总分 4.76，平台公布 4.7：相差在四舍五入之内"


def test_a_difference_that_rounding_cannot_explain_is_said_with_its_likely_reason() -> None:
    found = made("douyin-2026-09-08", 100, 80, 90, 90, 86)
    assert found.low == pytest.approx(89)
    assert found.notes[0] == (
        "自算总分 89，平台公布 80：相差 -9.00，四舍五入不能解释；可能是权重是假定的，或有扣分、加分未计入"
    )


def test_assumed_weights_say_so_and_own_weights_do_not() -> None:
    assumed = made("douyin-2026-09-08", 100, 89, 90, 90, 86)
    own = made("douyin-2026-09-08", 100, 89, 90, 90, 86, own={"product": 0.4, "logistics": 0.4, "service": 0.2})
    assert assumed.weighting.assumed and any("维度权重未公开，暂用假定值" in note for note in assumed.notes)
    assert not own.weighting.assumed and any("店铺自己的商家体验分页面" in note for note in own.notes)


def test_a_value_of_five_is_a_band_of_a_hundred_points_and_never_a_point() -> None:
    found = made("douyin-2026-09-08", 5, 4.8, 4.8, 4.7, 4.9)
    assert found.dimensions[["low", "high"]].to_numpy().tolist() == [[89, 92], [85, 88], [93, 96]]
    assert (found.low, found.high) == (89, 92)
    assert found.platform == (89, 92)
    assert any("只能得到区间" in note for note in found.notes)


def test_a_hundred_points_enter_the_article_as_consumers_see_them() -> None:
    found = made("article-5pt", 100, 87, 90, 86, 93)
    assert found.dimensions["low"].tolist() == [4.8, 4.7, 4.9]
    assert any("先换成消费者看到的 5 分制" in note for note in found.notes)


def test_scales_meet_only_where_a_table_says_how() -> None:
    rules = rule_set("douyin-2026-09-08")
    assert np.isnan(on_scale(2.4, 5, rules)).all() and np.isnan(on_scale(np.nan, 5, rules)).all()
    assert on_scale(88.4, 100, rules) == (88.4, 88.4)


def test_a_missing_dimension_makes_no_total() -> None:
    found = made("article-5pt", 5, 4.8, 4.8, np.nan, 4.7)
    assert np.isnan(found.low) and found.notes[0].startswith("平台没有公布全部三个维度分或总分")


def test_every_indicator_is_listed_with_what_exports_allow() -> None:
    table = made("douyin-2026-09-08", 100, 89, 90, 90, 86).indicators.set_index("name")
    assert table["computable"].to_dict() == {
        "rating": "exact", "quality_return": "proxy", "pickup": "proxy", "route": "none", "damage_return": "proxy",
        "audit": "exact", "reply": "proxy", "dissatisfied": "proxy", "help": "proxy",
    }  # fmt: skip
    assert table.loc["quality_return", ["value", "k", "n"]].tolist() == [0.02, 20, 1000]
    assert pd.isna(table.loc["route", "value"]) and table.loc["route", "note"] == "导出中没有运单轨迹"
    assert table["weight"].isna().all()


def test_what_is_not_in_the_exports_is_named_and_breaks_are_told_oldest_first() -> None:
    notes = made("douyin-2026-09-08", 100, 89, 90, 90, 86).notes
    assert any(
        note.startswith("扣分（异常售后地址 2、") and note.endswith("不在导出里，未计入自算总分") for note in notes
    )
    told = breaks(date(2026, 6, 1), NOW)
    assert [line[5:15] for line in told] == ["2026-07-14", "2026-09-08"]
    assert "（公示稿，推定生效）" in told[1] and "（公示稿" not in told[0]
    assert breaks(date(2026, 9, 8), NOW) == []


def test_service_weights_hold_for_one_version_only() -> None:
    table = service_weights()
    assert len(table.rows) == 101 and all(sum(row[2:]) == 100 for row in table.rows)
    assert len({row[:2] for row in table.rows}) == 101
    july, note = indicator_weights(rule_set("douyin-2026-07-14"), "女装", "非旗舰")
    assert july == {"dissatisfied": 0.2, "reply": 0.4, "audit": 0.2, "help": 0.2} and "女装 非旗舰" in note
    assert indicator_weights(rule_set("douyin-2026-07-14"), "茶", "旗舰")[0]["reply"] == 0.30  # one row for all types
    assert indicator_weights(rule_set("douyin-2026-09-08"), "女装", "非旗舰") == (
        {}, "服务指标权重只在 2026-07-14—2026-09-07 有效，本规则没有单项权重",
    )  # fmt: skip
    assert indicator_weights(rule_set("douyin-2026-07-14"), "", "")[1].endswith(
        "请在 shop.toml 填写 industry 和 shop_type"
    )
    assert indicator_weights(rule_set("article-5pt"), "女装", "非旗舰") == ({}, "")
