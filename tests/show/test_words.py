"""Sentences cannot claim more than their verdict."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from shopscore_analysis import show
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.show import todo, words
from shopscore_analysis.show.tables import each
from tests.show import worlds


def _row(**changes: object):  # type: ignore[no-untyped-def]
    return next(worlds.findings().iloc[[0]].assign(**changes).itertuples(index=False))


def test_a_real_rise_is_told_with_its_numbers() -> None:
    """Where, what, when, k/n, share, baseline."""
    assert words.sentence(_row(), worlds.NAMES) == (
        "「连帽羽绒服」的「质量缺陷」确实变多了：第44—46周 12/60 条有文字的评价（20.0%），其余各周 5.0%。"
    )


def test_a_real_fall_is_told_as_a_fall() -> None:
    """Direction comes from the numbers."""
    assert "确实变少了" in words.sentence(_row(baseline=0.5), worlds.NAMES)


@pytest.mark.parametrize("kind", ["change", "level"])
@pytest.mark.parametrize(
    ("verdict", "allowed"),
    [("可能变化", "可能"), ("波动内", "在正常波动之内"), ("样本不足", "样本不足，暂不下结论")],
)
def test_a_weaker_verdict_never_sounds_sure(kind: str, verdict: str, allowed: str) -> None:
    """确实 and 一直 belong to 真实变化 alone."""
    told = words.sentence(_row(kind=kind, verdict=verdict), worlds.NAMES)
    assert allowed in told
    assert "确实" not in told
    assert "一直" not in told


def test_a_level_is_compared_with_the_other_products() -> None:
    """Not with other weeks."""
    told = words.sentence(_row(kind="level"), worlds.NAMES)
    assert "一直高于其他商品" in told
    assert told.endswith("其他商品 5.0%。")


def test_a_finding_without_a_product_is_about_the_whole_shop() -> None:
    """None from a frame or a JSON file."""
    assert words.sentence(_row(product_id=None), worlds.NAMES).startswith("全店的")


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("真实变化", "第46周抱怨确实变多了："),
        ("可能变化", "第46周抱怨可能变多了，还要再看一周："),
        ("波动内", "第46周抱怨在正常波动之内："),
        ("样本不足", "第46周抱怨样本不足，暂不下结论："),
    ],
)
def test_the_verdict_line_says_what_the_chart_says(verdict: str, said: str) -> None:
    """The headline of the report."""
    line = words.verdict_line(worlds.trend(verdict), worlds.findings(), worlds.WEEK, worlds.NAMES)
    assert line == f"{said}30/100 条有文字的评价（30.0%）。最要紧的是「连帽羽绒服」的「质量缺陷」。"


def test_the_verdict_line_doubts_a_possible_finding() -> None:
    """可能是, not 是."""
    found = worlds.findings().iloc[[1]]
    assert "最要紧的可能是" in words.verdict_line(worlds.trend(), found, worlds.WEEK, worlds.NAMES)


def test_the_verdict_line_knows_calm_and_empty_weeks() -> None:
    """Nothing going on; no text at all."""
    assert words.verdict_line(worlds.trend(), worlds.findings().iloc[:0], worlds.WEEK, {}).endswith(
        "没有仍在持续的异常。"
    )
    assert words.verdict_line(worlds.trend(), worlds.findings(), "2026-W47", {}) == "第47周没有带文字的评价，无法判断。"


def test_three_things_are_what_goes_on_then_what_costs_most_then_what_may_be() -> None:
    """Sure findings first; a surge that is over and the unattributed rest are no task."""
    tasks = todo.chosen(worlds.findings(), worlds.ledger(), worlds.OWNERS, worlds.WEEK, worlds.NAMES)
    assert list(tasks["cause"]) == ["defect", "courier"]
    book = pd.concat([worlds.ledger(), worlds.ledger().head(1).assign(cause="size_fit", loss=2.5, k=12)])
    found = worlds.findings().assign(k=[12, 10, 20])
    tasks = todo.chosen(found, book, worlds.OWNERS, worlds.WEEK, worlds.NAMES)
    assert list(tasks["cause"]) == ["defect", "courier", "size_fit"]
    assert list(tasks["verdict"]) == ["真实变化", "近期丢星", "近期丢星"]
    assert list(tasks["owner"]) == ["王芳", "李雷", "王芳"]
    assert tasks["points"].tolist() == pytest.approx([0.08, 0.04, 0.025])
    few = todo.chosen(found, book.assign(k=[12, 10, 14, 4, 0, 9]), worlds.OWNERS, worlds.WEEK, worlds.NAMES)
    assert list(few["verdict"]) == ["真实变化", "近期丢星", "可能偏高"]
    assert few["points"].tolist() == pytest.approx([0.08, 0.04, 0.025])  # never more than the whole cause costs
    assert set(tasks["due"]) == {"11月20日（周五）"}


@pytest.mark.parametrize(
    ("made", "due", "told"),
    [
        ("2026-11-15", "11月20日（周五）", "。日期是 11月16日起的第一个周五。"),  # the Sunday of the week itself
        ("2026-11-18", "11月20日（周五）", "。日期是 11月18日起的第一个周五。"),
        ("2026-11-21", "11月27日（周五）", "。日期是 11月21日起的第一个周五。"),
        ("2027-03-01", "3月5日（周五）", "。报告的这一周已经过去 15 周，日期是 3月1日起的第一个周五。"),
    ],
)
def test_no_thing_is_due_before_the_day_for_which_the_report_is_made(made: str, due: str, told: str) -> None:
    """A report of a week long past asks for nothing on a day that is over, and says from where it counts."""
    found, book = worlds.findings(), worlds.ledger()
    tasks = todo.chosen(found, book, worlds.OWNERS, worlds.WEEK, worlds.NAMES, made)
    assert set(tasks["due"]) == {due}
    assert told in show.things_to_do(found, book, worlds.OWNERS, worlds.WEEK, worlds.NAMES, made).markup


@pytest.mark.parametrize(("k", "loss"), [(9, 4.0), (10, 1.8)])
def test_a_weak_third_thing_is_left_out_and_that_is_said(k: int, loss: float) -> None:
    """A smell in 16 of 1,731 texts stood beside a batch gone bad: nothing is asked for to fill up."""
    book = worlds.ledger().assign(k=[12, k, 14, 4, 0], loss=[16.0, loss, 8.0, 12.0, 0.0])
    page = show.things_to_do(worlds.findings(), book, worlds.OWNERS, worlds.WEEK, worlds.NAMES).markup
    assert page.count("<li>") == 1 and "没有第二件：其余根因没有确定变多或一直偏高的" in page
    two = worlds.ledger().assign(k=[12, 10, 14, 4, 0])
    page = show.things_to_do(worlds.findings(), two, worlds.OWNERS, worlds.WEEK, worlds.NAMES).markup
    assert (
        page.count("<li>") == 2
        and "没有第三件：" in page
        and "丢星不到全部的 5% 或评价不到 10 条（已经结束的不算），不凑数" in page
    )
    three = show.things_to_do(worlds.findings().iloc[:0], two, worlds.OWNERS, worlds.WEEK, worlds.NAMES).markup
    assert three.count("<li>") == 3 and "没有第" not in three
    none = show.things_to_do(worlds.findings().iloc[:0], two.assign(k=0), worlds.OWNERS, worlds.WEEK, worlds.NAMES)
    assert none.markup.count("<li>") == 0 and "没有需要处理的根因：" in none.markup


def test_the_order_of_the_three_things_is_explained() -> None:
    """Sure ones, then dear ones, then possible ones, whatever their stars."""
    shown = show.things_to_do(worlds.findings(), worlds.ledger(), worlds.OWNERS, worlds.WEEK, worlds.NAMES).markup
    assert (
        "先后：确定变多和一直偏高的在前，接着是前面没有的根因里近期共丢最多的（已经结束的不算），"
        "最后是“可能”的；同一类里丢星多的在前。" in shown
    )


def test_a_surge_that_is_over_and_a_lone_review_are_no_task() -> None:
    """One product's surge ended in W41 and cost all of slow_delivery; three reviews are not enough to act on."""
    ended = worlds.findings().iloc[[2]].assign(product_id="p1", loss=16.0)
    few = worlds.ledger().assign(k=[5, 3, 3, 4, 0])
    assert todo.chosen(ended, few, worlds.OWNERS, worlds.WEEK, worlds.NAMES).empty


def test_a_week_without_findings_still_has_tasks() -> None:
    """The dearest causes of the ledger."""
    tasks = todo.chosen(worlds.findings().iloc[:0], worlds.ledger(), worlds.OWNERS, worlds.WEEK, worlds.NAMES)
    assert list(tasks["cause"]) == ["slow_delivery", "defect", "courier"]
    assert tasks["why"][0] == "占全部丢星的 40.0%，12/100 条评了星的评价因它丢星。"


def test_every_cause_has_something_to_try() -> None:
    """No empty task."""
    assert set(todo.ACTIONS) == set(CAUSES)


def test_what_to_try_fits_whatever_is_sold() -> None:
    """Fabric stood under fresh fruit, and tasting under slippers."""
    only_some_sell = re.compile("面料|衣|鞋|尺码表|复评|试吃|冰袋|水果|电池|插头")
    assert {cause: said for cause, said in todo.ACTIONS.items() if only_some_sell.search(said)} == {}


@pytest.mark.parametrize(
    ("category", "said"),
    [
        ("水果", "查分拣、包装和冷链，坏的不装箱，在库的先到先发"),
        ("生鲜", "查分拣、包装和冷链，坏的不装箱，在库的先到先发"),
        ("食品", "查分拣、包装和冷链，坏的不装箱，在库的先到先发"),
        ("家电", "查存放、包装和效期，先到期的先发，坏的下架"),
        ("", "查存放、包装和效期，先到期的先发，坏的下架"),
    ],
)
def test_what_to_try_against_spoiled_goods_fits_fresh_ones(category: str, said: str) -> None:
    """A fruit shop was told to look after dates of expiry and damp."""
    spoiled = worlds.ledger().assign(k=[12, 10, 14, 4, 30], loss=[16.0, 4.0, 8.0, 12.0, 20.0])
    of_shop = (spoiled, worlds.OWNERS, worlds.WEEK, worlds.NAMES, "", category)
    tasks = todo.chosen(worlds.findings().iloc[:0], *of_shop)
    assert tasks.set_index("cause")["action"]["spoiled"] == said
    assert said in show.things_to_do(worlds.findings().iloc[:0], *of_shop).markup
    assert set(tasks["action"]) - {said} <= set(todo.ACTIONS.values())


def test_the_words_of_lost_stars_are_explained_those_that_stand_there() -> None:
    """多丢 is against the usual, 共丢 is all of it."""
    found, book = worlds.findings(), worlds.ledger()
    both = str(show.things_to_do(found, book, worlds.OWNERS, worlds.WEEK, worlds.NAMES))
    assert "多丢：比平时、比其他商品多丢的，恢复正常就能补回；共丢：这种抱怨一共丢的，全部消失才补回。" in both
    costs = str(show.things_to_do(found.iloc[:0], book, worlds.OWNERS, worlds.WEEK, worlds.NAMES))
    assert "共丢：" in costs and "多丢" not in costs


def test_weeks_over_new_year_name_both_years() -> None:
    """W53 of 2026 ends in 2027."""
    assert words.days("2026-W53") == "2026年12月28日—2027年1月3日"
    assert words.period(["2026-W52", "2027-W01"]) == "2026年第52周—2027年第1周"


def test_coverage_names_the_gaps() -> None:
    """Or says that there are none."""
    assert "缺 1 周" in words.coverage_line(worlds.status(), ["2026-W44", "2026-W45", "2026-W46"])
    assert words.coverage_line(worlds.status(), ["2026-W44"]).endswith("每周都有。")


def test_the_gap_line_needs_both_sides() -> None:
    """No figure, no comparison."""
    assert words.gap_line(worlds.benchmark()) == (
        "总分 4.70：对 TOP10 中位数落后 0.10，对第一名落后 0.20（10 家有公布分）。"
    )
    assert words.gap_line(worlds.benchmark().iloc[3:]) == "这一周没有本店体验分或 TOP10 数据，无法比较。"


def test_an_unfinished_week_says_so_in_the_header_and_a_finished_one_does_not() -> None:
    """A manager must not take a started week for a whole one."""
    told = str(show.header({**worlds.FACTS, "unfinished": True}, "0123456789ab", "…"))
    assert "这一周的导出还没到周日，数字还会变" in told
    assert "还没到周日" not in str(show.header(worlds.FACTS, "0123456789ab", "…"))


def test_a_report_over_a_month_names_all_of_it() -> None:
    """From the first day of the first week to the last day of the last."""
    told = str(show.header({**worlds.FACTS, "from_week": "2026-W43"}, "0123456789ab", "…"))
    assert "第43—46周（2026年10月19日—11月15日）" in told


@pytest.mark.parametrize(
    ("points", "printed"), [(0.03, "多丢 0.03 星"), (0.004, "多丢 0.004 星"), (0.005, "多丢 0.01 星")]
)
def test_a_small_loss_is_not_printed_as_nothing(points: float, printed: str) -> None:
    """Two decimals, three where two would say 0.00."""
    rows = todo.chosen(worlds.findings(), worlds.ledger(), worlds.OWNERS, worlds.WEEK, worlds.NAMES)
    row = next(each(rows.assign(points=points, verdict="真实变化")))
    assert printed in str(todo._thing(row))


def test_of_a_change_that_has_ended_there_is_nothing_to_wait_for() -> None:
    assert "还要再看一周" in words.sentence(_row(verdict="可能变化"), worlds.NAMES)
    assert "还要再看一周" not in words.sentence(_row(verdict="可能变化"), worlds.NAMES, ended=True)
