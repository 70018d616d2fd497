"""Figures and tables of the account, the plan, drivers and time: what they say, and that they say it always alike."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shopscore_analysis import show
from shopscore_analysis.schema import ACCOUNT_WEEKS, weeks_to
from shopscore_analysis.score.account import Published, account
from shopscore_analysis.score.actions import Terms, price_list, read_actions
from shopscore_analysis.score.plan import against, dated, plan, table
from shopscore_analysis.score.reach import Reach
from shopscore_analysis.score.record import Kept, advice, checked
from shopscore_analysis.score.rules import rule_set, weights_for
from shopscore_analysis.score.scorecard import scorecard
from shopscore_analysis.show.account import account_rows, added_up
from tests.show import worlds

NAN = float("nan")
SCORES = {"product": 4.5, "logistics": 4.7, "service": 4.6}
DAY = date(2026, 11, 15)


class Event(NamedTuple):
    week: str
    label: str


def estimates() -> pd.DataFrame:
    rows = [
        ("rating", 4.5, "stars", NAN, 800, 4.4, 4.6),
        ("help", NAN, "share", NAN, 90, NAN, NAN),
        ("first_reply", 28.0, "seconds", NAN, 300, NAN, NAN),
        ("ship_48h", 0.95, "share", 95, 100, 0.9, 0.98),
    ]
    return pd.DataFrame(rows, columns=["name", "value", "unit", "k", "n", "low", "high"])


def weekly() -> pd.DataFrame:
    return pd.concat([estimates().assign(week=week) for week in weeks_to(worlds.WEEK, 5)], ignore_index=True)


def an_account(name: str = "douyin-2026-09-08", scale: int = 100, total: float = 89) -> Any:
    rules = rule_set(name)
    scores = dict(zip(SCORES, (90, 90, 86) if scale == 100 else (4.8, 4.9, 4.7), strict=True))
    return account(rules, weights_for(rules), Published(DAY, scale, total, scores), estimates())


def plans() -> Any:
    return plan(SCORES, {"product": 0.4, "logistics": 0.3, "service": 0.3}, 4.7, price_list(read_actions(), Terms()))


def points() -> pd.DataFrame:
    rows = [
        ("slow_delivery", 5, 100, 16.0, "logistics", 0.3, 0.048),
        ("defect", 3, 100, 8.0, "product", 0.4, 0.032),
        ("courier", 2, 100, 4.0, "logistics", 0.3, 0.012),
        ("unattributed", 4, 100, 12.0, "", 1 / 3, 0.04),
    ]
    return pd.DataFrame(rows, columns=["cause", "k", "n", "loss", "dimension", "weight", "points"])


def curve() -> pd.DataFrame:
    return pd.DataFrame({"lag": [0, 1, 2], "k": [5, 70, 25], "n": [400, 300, 200], "seen": [0.05, 0.75, 1.0]})


def completing() -> pd.DataFrame:
    weeks = weeks_to(worlds.WEEK, 3)
    share = [0.4, 0.3, 0.02]
    done = [0.4, 0.4, NAN]
    table = pd.DataFrame({"week": weeks, "k": [40, 30, 2], "n": 100, "share": share, "low": share, "high": share})
    table = table.assign(seen=[1.0, 0.75, 0.05], completed=done, completed_low=done, completed_high=done)
    return table.assign(state=["已到齐", "补全估计", "太新，不估计"])


EVENTS = [Event("2026-W45", "换快递"), Event("2026-W45", worlds.HOSTILE), Event("2020-W01", "很早以前")]
FIGURES: dict[str, Callable[[], show.Figure]] = {
    "waterfall": lambda: show.waterfall(points(), 4.6, limit=2),
    "empty waterfall": lambda: show.waterfall(points().iloc[:0]),
    "indicator": lambda: show.indicator_lines(weekly(), "ship_48h", "48 小时发货率", 0.92),
    "unknown indicator": lambda: show.indicator_lines(weekly(), "help", "平台求助率"),
    "timeline": lambda: show.timeline(worlds.trend("真实变化"), EVENTS, title="抱怨率与事件"),
    "lag": lambda: show.lag_figure(curve()),
    "no lag": lambda: show.lag_figure(curve().iloc[:1].assign(k=0), "aftersale"),
    "completed": lambda: show.completed_figure(completing()),
    "calendar": lambda: show.calendar_figure(dated(plans(), DAY)),  # type: ignore[dict-item,return-value]
}


@pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES)
def test_figures_repeat_byte_by_byte_and_say_what_they_show(make: Callable[[], show.Figure]) -> None:
    figure = make()
    root = ElementTree.fromstring(figure.picture.markup)
    assert (root[0].tag, root[1].tag) == ("title", "desc") and root[0].text == figure.title and root[1].text
    assert "<table>" in figure.twin.markup
    assert figure._repr_html_() == make()._repr_html_()
    assert worlds.HOSTILE not in figure._repr_html_() and "nan" not in re.sub(r"<[^>]*>", "", figure._repr_html_())


def test_the_waterfall_ends_where_the_points_leave_it_and_names_the_rest() -> None:
    figure = show.waterfall(points(), 4.6, limit=2)
    assert figure.description == (
        "按权重折算，评价把总分从 5 带到 4.87（折算总分）。"
        "单个根因里最大的一步是「配送慢」，−0.048 分。另有 −0.040 分未归因。"
        "平台公布 4.60：相差 −0.27，评价解释不了，要看其他指标和口径。"
    )
    drawn = [text.text for text in ElementTree.fromstring(figure.picture.markup).iter("text")]
    assert {"满分", "配送慢", "质量缺陷", "其余 1 种", "未归因", "折算总分", "5.00", "4.87", "−0.048"} <= set(drawn)
    assert "平台公布" not in show.waterfall(points(), 87.0).description


def test_the_waterfall_calls_no_cause_the_largest_step_of_all() -> None:
    """What has no cause, and the small causes together, may take more."""
    silent = points().assign(points=[0.05, 0.04, 0.035, 0.3])
    told = show.waterfall(silent, limit=1).description
    assert "。单个根因里最大的一步是「配送慢」，−0.050 分。另有 −0.300 分未归因。" in told


def test_events_are_drawn_where_they_happened_and_claim_no_cause() -> None:
    figure = show.timeline(worlds.trend(), EVENTS[:1] + EVENTS[2:], title="抱怨率")
    assert "竖线是事件：第45周换快递；同时发生不等于由它引起。" in figure.description
    assert "很早以前" not in figure._repr_html_()
    assert "竖线" not in show.timeline(worlds.trend(), [], title="抱怨率").description


def test_late_weeks_are_flagged_and_not_extrapolated_from_nothing() -> None:
    assert "下单当周来了最终的 5.0%，到第 2 周满 95%" in show.lag_figure(curve()).description
    figure = show.completed_figure(completing())
    assert figure.description == "最近 2 周还没到齐：空心点是补全后的估计，叉是到目前为止，第46周只见到最终的 5.0%。"
    assert "太新，不估计" in figure.twin.markup
    new = completing().assign(completed=lambda rows: rows["completed"].where(rows["state"] == "已到齐"))
    told = show.completed_figure(new).description
    assert told.startswith("最近 2 周还没到齐：还太早，补不出估计；叉是到目前为止，") and "空心" not in told


def test_the_account_shows_both_totals_and_says_what_is_assumed() -> None:
    page = show.account_table(an_account()).markup
    assert "自算 89" in page and "（假定）" in page and "相差在四舍五入之内" in page
    assert show.account_line(an_account(), 4.8) == "平台 89，自算 89。"
    assert show.account_line(an_account("article-5pt", 5, 4.8), 4.9) == (
        "平台 4.80，自算 4.80；离目标 4.90 还差 0.10。"
    )
    assert show.account_line(an_account("article-5pt", 5, 4.8), 4.8).endswith("离目标 4.80 已经达到。")


def test_the_mean_of_stars_has_one_name_and_says_why_it_is_not_the_platforms() -> None:
    """In the account, on the page and in the glossary; with its weeks, since another figure is of others."""
    page = show.account_table(dataclasses.replace(an_account(), stars=4.456)).markup
    assert ">近 5 周评价均分 4.46<" in page and "两者可以不同" in page
    assert "哪几周的写在旁边" in str(show.glossary()) and "评价口径" not in page


def test_what_a_dimension_lost_is_not_called_a_mean_of_stars() -> None:
    page = show.account_table(dataclasses.replace(an_account(), stars=4.456)).markup
    assert page.count(">平均每条评价丢的星<") == 1 and ">评价均分<" not in page
    assert page.count("周评价均分 ") == 1


def test_the_stars_lost_add_up_to_the_mean_as_they_are_printed() -> None:
    """0.2049 + 0.1049 + 0.1049 + 0.1049 is 0.5196: each rounded by itself would make 0.50."""
    lost = pd.Series([0.2049, 0.1049, 0.1049])
    made = an_account()
    made = dataclasses.replace(made, dimensions=made.dimensions.assign(ledger=5 - lost), stars=5 - 0.5196)
    *parts, silent, total = [cells[-1] for cells in account_rows(made)]
    assert (*parts, silent) == ("0.21", "0.11", "0.10", "0.10")
    assert total == "5 − 0.52 = 近 5 周评价均分 4.48"
    assert [cells[0] for cells in account_rows(made)] == ["商品", "物流", "服务", "未归因", "总分"]
    points = dataclasses.replace(made, dimensions=made.dimensions.assign(points=[2.35, 1.175, 1.175]), low=4.7)
    assert [cells[3] for cells in account_rows(points)[:3]] == ["2.35", "1.18", "1.17"]  # of 4.70
    unknown = account_rows(dataclasses.replace(made, stars=NAN))
    assert [cells[-1] for cells in unknown] == ["0.20", "0.10", "0.10", "—", "—"]


def _cents(printed: str) -> int:
    return round(100 * float(printed))


@example(1600, 1960, (1, 1, 1))  # a mean of 3.775, 5 less 1.225
@example(8, 7, (1, 1, 1))  # 4.125
@given(st.integers(1, 4000), st.integers(0, 4000), st.tuples(*3 * [st.integers(0, 9)]))
def test_the_stars_lost_add_up_to_the_total_that_is_printed(n: int, lost: int, weights: tuple[int, int, int]) -> None:
    """Whole stars of n reviews, split in any way: halves of a cent, too, which two ways of rounding tell apart."""
    lost, made = min(lost, 4 * n), an_account()
    ledger = [5 - lost / n * weight / 30 for weight in weights]
    made = dataclasses.replace(made, dimensions=made.dimensions.assign(ledger=ledger), stars=5 - lost / n)
    *parts, total = [cells[-1] for cells in account_rows(made)]
    _, all_lost, mean = re.findall(r"[\d.]+", total.replace(f"近 {ACCOUNT_WEEKS} 周", ""))
    assert sum(map(_cents, parts)) == _cents(all_lost) == 500 - _cents(mean)


@given(st.tuples(*3 * [st.integers(300, 500)]))
def test_the_points_add_up_to_our_own_total_as_it_is_printed(scores: tuple[int, int, int]) -> None:
    rules = rule_set("article-5pt")
    given_ = dict(zip(SCORES, (score / 100 for score in scores), strict=True))
    rows = account_rows(account(rules, weights_for(rules), Published(DAY, 5, 4.5, given_), estimates()))
    assert sum(_cents(cells[3]) for cells in rows[:3]) == _cents(rows[-1][3].removeprefix("自算 "))


@given(st.lists(st.floats(0, 5), max_size=6))
def test_rounded_parts_add_up_to_their_rounded_sum(parts: list[float]) -> None:
    shown = added_up(parts, sum(parts))
    assert sum(round(100 * part) for part in shown) == round(100 * round(sum(parts), 2))
    assert all(abs(one - part) < 0.01 + 1e-9 for one, part in zip(shown, parts, strict=True))


def test_indicators_carry_their_reason() -> None:
    page = show.indicators_table(an_account()).markup
    assert "4.50 星（n = 800）" in page
    assert "导出算不出：导出中没有运单轨迹" in page
    assert "导出没有这项数据：仲裁状态只覆盖一部分" in page


def test_the_score_card_says_met_missed_and_without_target() -> None:
    cards = scorecard(estimates(), weekly())
    page = show.scorecard_table(cards, "权重说明").markup
    assert all(word in page for word in ("≤ 15.0 秒", "未达标", "≥ 92.0%", "达标", "导出算不出", "权重说明"))
    assert show.scorecard_line(cards) == "2 项有目标，1 项达标；未达标：平均首响。"


def _lost(cause: str) -> pd.DataFrame:
    """A ledger in which one cause costs the most that has a name."""
    told = {"cause": ["poor_value", "unattributed", cause], "loss": [3.0, 90.0, 40.0], "n": 500}
    return pd.DataFrame(told).assign(share_of_loss=[3 / 133, 90 / 133, 40 / 133])


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("not_as_described", ""),  # of the action that is chosen
        ("defect", "丢星最多的是「质量缺陷」，居中情形里没有直接针对它的措施："
                   "「建立 QC 质检团队」能改善它，但到目标不是最省的，或和已选的只能选一样。"),
        ("slow_delivery", "丢星最多的是「配送慢」，居中情形里没有直接针对它的措施："
                          "「云仓当日发（平均 18 小时）」「中转仓分拨（平均 30 小时）」「厂家直发（平均 42 小时）」"
                          "能改善它，还缺数字，没有纳入。"),
        ("bad_attitude", "丢星最多的是「态度差」，居中情形里没有直接针对它的措施：措施表里没有一条能改善它，"
                         "计划只能靠别的措施提分。先照周报“本周三件事”处理它；"
                         "有了自己的做法和花费，写进 actions.toml，计划就会把它算进去。"),
    ],
)  # fmt: skip
def test_the_plan_says_why_it_leaves_the_dearest_cause_aside(cause: str, said: str) -> None:
    weekly = show.way_on(plans(), "", _lost(cause), period="2026年第43—46周").markup
    met = "丢星最多的是「描述不符」（占 30.1%），最省的做法针对它。"
    begins = f'<p class="lead">2026年第43—46周{said or met}按居中估计，最省的做法是'
    assert begins in weekly and weekly.count("丢星最多的是") == 1


def test_the_table_of_a_plan_begins_with_the_lead_and_needs_none() -> None:
    """Below the table it stood behind the cheapest way, which need not work on what costs most."""
    cases, lead = table(plans()), show.lead_words(_lost("defect"), plans(), period="2026年第43—46周")
    page = show.plans_table(cases, None, lead=lead).markup
    assert page.startswith('<div><p class="lead">2026年第43—46周丢星最多的是「质量缺陷」') and "<table" in page
    assert 'class="lead"' not in show.plans_table(cases).markup


def test_the_weeks_that_decide_what_costs_most_are_named_wherever_it_is() -> None:
    """A month and thirteen weeks may lead with two causes, and both be right."""
    found, weeks = plans(), "2026年第34—46周"
    aimed = against(found[1], {"product": 0.4, "logistics": 0.3, "service": 0.3}, "spoiled")
    assert show.lead_words(_lost("spoiled"), found, aimed, weeks).startswith(f"{weeks}丢星最多的是「变质不新鲜」")
    assert f">{weeks}丢星最多的是「变质不新鲜」" in show.way_on(found, "", _lost("spoiled"), aimed, weeks).markup
    assert show.lead_words(_lost("spoiled").head(0), found, None, weeks) == show.plan_line(found)


def test_what_a_way_locks_up_stands_in_the_weekly_table_too() -> None:
    """A deposit of ¥50,000 stood there as ¥0."""
    items = [item._replace(cost=0.0, capital=50_000.0) for item in plans()[1].chosen]
    bound = [dataclasses.replace(plan, chosen=tuple(items)) for plan in plans()]
    page = show.way_on(bound, "", _lost("defect"), bound[1]).markup
    assert ">占用资金</th>" in page and page.count(">¥50,000</td>") == 4
    assert "占用资金" not in show.way_on(plans()).markup


def test_the_plan_begins_with_what_works_on_the_main_loss_and_says_why_less_may_do() -> None:
    """4.70 → 5.00 by an audit of pages stood first on the page of a shop whose fruit arrived rotten."""
    lost = pd.concat([_lost("spoiled"), _lost("size_fit").tail(1).assign(loss=10.0, share_of_loss=10 / 133)])
    found = plans()
    aimed = against(found[1], {"product": 0.4, "logistics": 0.3, "service": 0.3}, "spoiled")
    page = show.way_on(found, "", lost, aimed).markup
    total = f"{aimed.total_after:.2f}" if aimed else ""
    assert (
        '<p class="lead">丢星最多的是「变质不新鲜」（占 30.1%），针对它的做法是建立 QC 质检团队，12 个月 ¥144,000，'
        f"按居中估计自算总分到 {total}。只求到 {found[1].target:.2f}，引入 AI 详情页审核更省，12 个月 ¥28,000，"
        "但针对的是尺码分量不合（共占 7.5%），不治「变质不新鲜」。建立 QC 质检团队能把商品分提 0.40、"
        "引入 AI 详情页审核能把商品分提 0.30 都是来源的说法，可按本店的评价，各自针对的抱怨全部消失，"
        "平均每条也只补回 0.08、0.02 星：先小范围试，见效再花这笔钱。按最省的做法，自算总分从 "
    ) in page
    assert "按最省的做法" not in show.way_on(found, "", lost).markup
    assert ">主因</th>" in page and "主因：居中估计里" in page and "主因" not in show.way_on(found, "", lost).markup


def test_a_source_that_promises_no_more_than_its_causes_cost_is_not_doubted() -> None:
    dear = _lost("size_fit").assign(n=100)
    assert "可按本店的评价" not in show.lead_words(dear, plans())
    assert "可按本店的评价" in show.lead_words(dear.assign(n=200), plans())
    as_printed = dear.assign(n=134)  # 0.2985 of 0.30: both are printed as 0.30
    assert "可按本店的评价" not in show.lead_words(as_printed, plans())


def test_a_case_that_only_its_source_lets_reach_the_target_says_so_in_its_row() -> None:
    """The low case stood there as 可行, and only the mid case was doubted."""
    low, mid, high = plans()
    lost = pd.concat([_lost("spoiled"), _lost("size_fit").tail(1).assign(loss=400.0, share_of_loss=10 / 133)])
    found = [dataclasses.replace(low, chosen=low.items[:1], after=low.before | {"product": 4.7}), mid, high]
    doubted = show.reserves(lost, found)
    assert list(doubted) == ["保守"]  # the fault of sizes costs enough for the other two
    assert doubted["保守"].startswith("建立 QC 质检团队能把商品分提 0.20 是来源的说法，可按本店的评价，")
    page = show.plans_table(table(found), doubted=doubted).markup
    assert page.count(">按来源说法达到</td>") == 1 and page.count(">可行</td>") == 2
    assert "保守：建立 QC 质检团队能把" in page
    weekly = show.way_on(found, "", lost).markup
    assert (
        weekly.count("质检团队＊</td>") == 1
        and "＊ 按来源说法达到。" in weekly
        and "保守：建立 QC 质检团队能把" in weekly
    )
    assert "按来源说法达到" not in show.way_on(found).markup  # without a ledger nothing is known of what is lost


def test_what_the_lead_doubts_is_marked_in_the_rows_and_not_said_twice() -> None:
    lost = _lost("size_fit").assign(n=20_000)
    doubted = show.reserves(lost, plans())
    assert doubted["居中"] == "" and "乐观" in doubted
    assert show.way_on(plans(), "", lost).markup.count("引入 AI 详情页审核能把商品分提 0.30") == 1


def test_costs_say_for_how_many_months() -> None:
    """¥144,000 stood there without."""
    weights = {"product": 0.4, "logistics": 0.3, "service": 0.3}
    found = plan(SCORES, weights, 4.7, price_list(read_actions(), Terms(months=6)))
    assert "最省的做法，花费按 6 个月算" in show.plans_table(table(found)).markup
    assert "最省的做法，花费按 6 个月算" in show.way_on(found).markup
    assert "，6 个月 ¥" in show.plan_line(found)


def test_of_two_ways_only_the_one_whose_source_promises_too_much_is_doubted() -> None:
    """Whichever it is, what the other gives remains a claim of its source."""
    lost = pd.concat([_lost("spoiled").assign(loss=[3.0, 9.0, 240.0]), _lost("size_fit").tail(1).assign(loss=10.0)])
    found = plans()
    aimed = against(found[1], {"product": 0.4, "logistics": 0.3, "service": 0.3}, "spoiled")
    said = show.lead_words(lost, found, aimed)
    assert "建立 QC 质检团队能把" not in said and "引入 AI 详情页审核能把商品分提 0.30 是来源的说法" in said
    assert said.endswith("见效再花这笔钱。能提多少都是来源的说法，未经本店验证。")


def test_what_a_way_needs_beside_the_action_against_the_main_loss_is_not_said_to_work_on_it() -> None:
    """Nor is what only locks money up called free, or what costs as much called cheaper."""
    found = plans()
    aimed = against(found[1], {"product": 0.4, "logistics": 0.3, "service": 0.3}, "spoiled")
    assert aimed is not None
    both = dataclasses.replace(aimed, chosen=(*found[1].chosen, *aimed.chosen))
    said = show.lead_words(_lost("spoiled"), found, both)
    assert "针对它的做法是建立 QC 质检团队，再加引入 AI 详情页审核，12 个月共 ¥172,000，按居中估计" in said
    free = [item._replace(cost=0.0, capital=50_000.0) for item in found[1].chosen]
    cheap = [dataclasses.replace(plan, chosen=tuple(free)) for plan in found]
    assert "引入 AI 详情页审核更省，12 个月 ¥0，另占用资金 ¥50,000，但" in show.lead_words(
        _lost("spoiled"), cheap, aimed
    )
    assert "引入 AI 详情页审核，12 个月 ¥0，另占用资金 ¥50,000（来源的说法" in show.plan_line(cheap)
    dear = [item._replace(cost=144_000.0) for item in found[1].chosen]
    same = [dataclasses.replace(plan, chosen=tuple(dear)) for plan in found]
    assert "引入 AI 详情页审核也够，同样 12 个月 ¥144,000，但" in show.lead_words(_lost("spoiled"), same, aimed)


def test_where_nothing_was_lost_or_nothing_is_to_do_no_cause_is_aside() -> None:
    weights = {"product": 0.4, "logistics": 0.3, "service": 0.3}
    done = plan(SCORES, weights, 3.0, price_list(read_actions(), Terms()))
    assert show.lead_words(_lost("defect").head(0), plans()) == show.plan_line(plans())
    assert show.lead_words(_lost("defect"), done) == ""


def test_the_plan_says_why_and_what_was_left_out() -> None:
    page = show.plans_table(table(plans()), show.missing_of(plans())).markup
    where = "未纳入「供应商质量保证金」：缺每月采购额（purchases），填在 shop.toml 的 [plan] 里。"
    assert "未纳入的措施（4）" in page and where in page
    assert where in show.way_on(plans()).markup  # where to enter it was said in one of three places
    assert "来源的说法，未经本店验证" in page
    said = "按居中估计，最省的做法是引入 AI 详情页审核，12 个月 ¥28,000（来源的说法，未经本店验证）。"
    assert show.plan_line(plans()) == said
    far = plan(SCORES, {"product": 0.4, "logistics": 0.3, "service": 0.3}, 4.9, price_list(read_actions(), Terms()))
    assert show.plan_line(far) == "按居中估计，现有措施到不了 4.90。"
    there = plan(SCORES, {"product": 0.4, "logistics": 0.3, "service": 0.3}, 4.5, price_list(read_actions(), Terms()))
    assert show.plan_line(there) == ""
    assert "不需要排期" in show.calendar_figure(dated(there, DAY))._repr_html_()


def test_cases_that_come_out_alike_say_why() -> None:
    """A dimension at its limit, an uplift without a range, or nothing to say where nothing is chosen."""
    weights = {"product": 0.4, "logistics": 0.3, "service": 0.3}
    high = plan({"product": 4.7, "logistics": 4.8, "service": 4.8}, weights, 4.8, price_list(read_actions(), Terms()))
    assert show.alike_words(high) == "居中和乐观结果一样：商品已到上限 5 分，提升再大也不会更高。"
    terms = Terms(freight=1000, stars_per_point=0.02)
    hub = [item for item in price_list(read_actions(), terms) if item.action.name == "transfer_hub"]
    flat = plan(SCORES, weights, 4.6, hub)
    assert show.alike_words(flat) == "三种情形结果一样：所选措施的提升幅度没有分高低。"
    assert show.alike_words(plan(SCORES, weights, 4.5, hub)) == ""


def test_what_no_case_reaches_is_told_once() -> None:
    far = plan(SCORES, {"product": 0.4, "logistics": 0.3, "service": 0.3}, 4.9, price_list(read_actions(), Terms()))
    page = show.way_on(far, "自算总分 4.59").markup
    assert page.count("不可行：") == 1 and "保守、居中、乐观：不可行：" in page and "自算总分 4.59。" in page
    assert "现有措施到不了 4.90。自算总分从 4.59 最多到 4.79。" in page
    main = show.lead_words(_lost("defect"), far)
    assert main == "丢星最多的是「质量缺陷」（占 30.1%）。按居中估计，现有措施到不了 4.90。"
    assert "4.59 → 最多 4.79" in page and "¥0" not in page
    cases = show.plans_table(table(far)).markup
    assert cases.count("不可行：") == 1 and "最多 4.79" in cases and "¥0" not in cases
    there = plan(SCORES, {"product": 0.4, "logistics": 0.3, "service": 0.3}, 4.5, price_list(read_actions(), Terms()))
    assert show.plans_table(table(there)).markup.count("¥0") == 6  # nothing is needed, and that costs nothing


def test_a_target_that_our_own_total_has_reached_names_the_total() -> None:
    there = plan(SCORES, {"product": 0.4, "logistics": 0.3, "service": 0.3}, 4.5, price_list(read_actions(), Terms()))
    assert "自算总分 4.59 已经到目标 4.50，不需要新的措施。" in show.way_on(there).markup


def test_dates_say_from_which_day_they_count_and_for_which_case() -> None:
    scores, weights = (
        {"product": 4.3, "logistics": 4.9, "service": 4.9},
        {"product": 0.4, "logistics": 0.3, "service": 0.3},
    )
    figure = show.calendar_figure(dated(plan(scores, weights, 4.8, price_list(read_actions(), Terms())), DAY))
    assert isinstance(figure, show.Figure)
    assert figure.description == (
        "假定 11月15日（报告出来时）动手：「引入 AI 详情页审核」（保守、乐观）来源说动手当天见效；"
        "「建立 QC 质检团队」（保守、居中）来源说11月29日—12月6日 见效（第 14—21 天）。"
    )
    assert "<td>2026-12-06</td>" in figure.twin.markup


def test_the_last_plan_is_judged_without_claiming_cause() -> None:
    kept = Kept(date(2026, 10, 4), plans()[1], ("page_audit",))
    page = show.outcome_table((kept, checked(kept, DAY, SCORES))).markup
    assert "2026-W40 的计划：已执行 引入 AI 详情页审核；未执行 无。商品低于预期。结果与预期并列，不证明因果。" in page
    assert "停掉或换做法" in show.advice_table(advice([kept], DAY, SCORES)).markup
    assert "shopscore plan --save" in show.outcome_table(None).markup
    assert "还没有存下的计划" in show.advice_table(advice([], DAY, SCORES)).markup


@pytest.mark.parametrize(
    ("reach", "said"),
    [
        (Reach(200, 400, 20), "要连续 200 条五星评价，约 400 单，按现在的速度 20 天"),
        (Reach(0, 0, 0), "近 30 天评价均分已经到 4.80"),
        (Reach(None, None, None), "按现在的评价速度到不了"),
    ],
)
def test_five_star_orders_in_words(reach: Reach, said: str) -> None:
    assert said in show.reach_words(4.8, reach)


def test_tables_of_drivers_gains_gaps_and_slices() -> None:
    drivers = pd.DataFrame(
        {
            "cause": ["defect"],
            "k": [9],
            "n": [90],
            "effect": [-2.0],
            "explained": [0.3],
            "importance": [1.0],
            "r2": [0.3],
        }
    )
    ends = {f"{what}{end}": [0.5] for what in ("penalty", "reward") for end in ("", "_low", "_high")}
    page = show.drivers_table(
        drivers, pd.DataFrame({"cause": ["defect"], "k": [9], "n": [90], "role": ["必备项"]} | ends)
    ).markup
    assert "必备项" in page and "解释了星级差异的 30.0%" in page and "−2.00" in page
    gains = pd.DataFrame(
        {
            "cause": ["defect", "courier"],
            "k": [3, 0],
            "n": 100,
            "gain": [0.08, NAN],
            "low": [0.02, NAN],
            "high": [0.2, NAN],
            "mean": 4.6,
            "mean_without": [4.68, NAN],
            "without_low": [4.6, NAN],
            "without_high": [4.8, NAN],
        }
    )
    page = show.vanished_table(gains).markup
    assert "0.020–0.200" in page and "派送服务差" not in page
    covers = pd.DataFrame(
        {
            "dimension": ["logistics"],
            "gap": [0.2],
            "points": [0.05],
            "cause": ["courier"],
            "k": [4],
            "n": [100],
            "loss": [4.0],
            "stars": [0.04],
            "needed": [0.04],
            "fewer": [4],
            "covered": [0.2],
        }
    )
    assert "物流差 0.20：全部相关抱怨都没有了也只补上 20.0%" in show.covers_table(covers).markup
    assert "抱怨的条数是2026年第34—46周的。" in show.covers_table(covers, "2026年第34—46周").markup
    assert "到「派送服务差」为止可以补满" in show.covers_table(covers.assign(covered=1.0)).markup
    assert "没有落后的维度" in show.covers_table(covers.iloc[:0]).markup


def test_slices_keep_weeks_in_order_and_the_rest_by_loss() -> None:
    whole = worlds.ledger()
    by_product = pd.concat([whole.assign(product="p2", loss=whole["loss"] / 2), whole.assign(product="p1")])
    by_product = by_product[["product", *whole.columns]]
    by_week = by_product.rename(columns={"product": "week"}).replace({"p2": "2026-W46", "p1": "2026-W45"})
    products, weeks = show.slices([by_product, by_week], worlds.NAMES).parts
    assert products.markup.index("连帽羽绒服") < products.markup.index("&lt;script&gt;")  # type: ignore[union-attr]
    assert weeks.markup.index("2026-W45") < weeks.markup.index("2026-W46")  # type: ignore[union-attr]
    assert "配送慢（40.0%）" in products.markup  # type: ignore[union-attr]


def test_two_periods_and_ranks_in_words() -> None:
    row = ("defect", 20, 100, 0.2, 4, 100, 0.04, 0.16, 0.07, 0.25, 0.01, "可能变化", 0.8, 0.16)
    columns = [
        "cause",
        "k",
        "n",
        "share",
        "k_before",
        "n_before",
        "share_before",
        "change",
        "low",
        "high",
        "q",
        "verdict",
        "stars",
        "stars_before",
    ]
    page = show.compare_table(pd.DataFrame([row], columns=columns)).markup
    assert "20/100（20.0%）" in page and "+7.0 到 +25.0" in page and "0.80（上期 0.16）" in page
    ranks = pd.DataFrame(
        [("现在", 4.7, 7, 10, 4.9, 4.8, 10), ("之后", 4.9, 1, 1, 4.9, 4.8, 10)],
        columns=["case", "own", "rank_low", "rank_high", "leader", "median", "rivals"],
    )
    page = show.ranks_after(ranks).markup
    assert "第 7—10 名" in page and "第 1 名" in page and np.isfinite(ranks["own"]).all()
    none = ranks.assign(rank_low=np.nan, rank_high=np.nan, leader=np.nan, rivals=0)
    page = show.ranks_after(none).markup
    assert "排不出名次" in page and "nan" not in page and "之后、" not in page
