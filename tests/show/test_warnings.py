"""Warnings, bursts, offers and audits as they are shown: escaped, capped, honest about what is left out."""

from __future__ import annotations

import pandas as pd
import pytest

from shopscore_analysis import show
from shopscore_analysis.measure.bursts import COLUMNS as BURST
from shopscore_analysis.measure.screening import side_by_side, suspects
from shopscore_analysis.schema import RECENT_DAYS
from shopscore_analysis.score.warnings import COLUMNS as WARNING
from shopscore_analysis.score.warnings import summary
from shopscore_analysis.show.bursts import VOICES, burst_words
from shopscore_analysis.show.warnings import chat_line, offer_lines, what_if_words

DAY = pd.Timestamp("2026-11-10 09:00:00")
ALARM = {
    "level": 3, "rule": "过敏", "also": ("骗人",), "situation": "人身安全", "source": "评价", "text": "<b>过敏</b>",
    "situations": ("人身安全", "质疑欺骗或假货"),
    "start": 3, "end": 5, "product_id": "p", "product": "<i>杯", "order_week": "2026-W45", "written": DAY,
    "due": DAY + pd.Timedelta(days=1), "answer": "待答复", "script": "先停用", "table": "reviews", "record": "r",
    "order": "o",
}  # fmt: skip
WARNINGS = pd.DataFrame([ALARM])[list(WARNING)]
BURST_ROW = ("p", "defect", DAY, DAY, DAY, 6, 20, 2, 400, 1e-6, "真实变化", DAY, True, 9, 40)
BURSTS = pd.DataFrame([BURST_ROW], columns=list(BURST)).assign(from_week="2026-W45", to_week="2026-W46", of_shop=False)


def test_foreign_text_is_escaped_and_the_words_that_fired_are_marked() -> None:
    page = show.warnings_list(WARNINGS)._repr_html_()
    assert "&lt;b&gt;<mark>过敏</mark>&lt;/b&gt;" in page and "&lt;i&gt;杯" in page
    assert "<b>" not in page and "先停用" in page and "待答复" in page
    assert "建议话术：人身安全（也属于质疑欺骗或假货）" in page


def test_lists_are_capped_and_say_how_many_are_left_out() -> None:
    many = pd.concat([WARNINGS] * 7, ignore_index=True)
    page = show.warnings_list(many, limit=3)._repr_html_()
    assert page.count("<blockquote>") == 3 and "另有 4 条未列出" in page


def test_nothing_to_warn_of_is_said() -> None:
    nothing = WARNINGS.head(0)
    assert "没有预警" in show.warnings_list(nothing)._repr_html_()
    assert show.alarms(nothing).markup == ""
    assert show.warning_line(nothing, BURSTS.head(0)) == (
        "预警 0 条（三级 0 条、二级 0 条、一级 0 条），其中 0 条还没有答复；抱怨突增 0 处。"
    )


def test_warnings_and_bursts_of_different_periods_name_both() -> None:
    line = show.warning_line(WARNINGS, BURSTS, "这一周", "近四周")
    assert line.startswith("这一周预警 1 条（") and line.endswith("；近四周抱怨突增 1 处。")


@pytest.mark.parametrize(
    ("answer", "today", "told"),
    [
        ("待答复", "2026-11-11", "最晚 11月11日 09:00 · 待答复"),
        ("待答复", "2026-11-13", "最晚 11月11日 09:00，已过期 2 天 · 导出时还没有答复"),
        ("超时未答复", "2026-11-13", "最晚 11月11日 09:00，已过期 2 天 · 超时未答复"),
        ("未知", "2026-11-13", "最晚 11月11日 09:00，已过期 2 天 · 未知"),
        ("及时答复", "2026-11-13", "最晚 11月11日 09:00 · 及时答复"),
        ("待答复", "", "最晚 11月11日 09:00 · 待答复"),
    ],
)
def test_a_deadline_that_is_over_is_not_shown_as_open(answer: str, today: str, told: str) -> None:
    found = WARNINGS.assign(answer=answer)
    assert told in show.warnings_list(found, today=today).markup.replace("</p>", "")
    line = show.warning_line(found, BURSTS, today=today)
    assert ("（按 11月13日算，1 条已过期）" in line) == ("已过期" in told and answer != "未知")
    assert ("已过期" in line) == ("按 11月13日算" in line)


def test_the_weekly_line_names_what_waits() -> None:
    line = show.alarms(WARNINGS).markup
    assert "三级预警 1 条还没有答复" in line and "<mark>过敏</mark>" in line and "<b>" not in line
    assert "，评价）" in line  # where it was written: a follow-up is no review


def test_answers_are_counted_by_level() -> None:
    page = show.answered_table(summary(WARNINGS)).markup
    assert "待答复" in page and "三级" in page


def test_a_burst_leads_to_its_quotes_and_claims_no_more_than_its_verdict() -> None:
    page = show.bursts_table(BURSTS, {"p": "杯子"}).markup
    assert 'href="#e-defect"' in page and "6/20" in page and "2/400" in page and "平均每周误报不超过 0.1 处" in page
    (row,) = BURSTS.itertuples()
    assert burst_words(row, {}) == (
        "[突增] p的「质量缺陷」：11月10日看出（真实变化），周报里是第45—46周：到那天的 1 天 20 次发声里抱怨 6 次，"
        "再之前 84 天 400 次发声里抱怨 2 次；还在继续，最近一次是 11月10日，最近 7 天 40 次发声里抱怨 9 次（未到齐）。"
    )
    assert "还在继续" in page and "9/40" in page
    assert f"最近 {RECENT_DAYS} 天（未到齐）" in page and "未到齐：最近几天的还会陆续进来" in page
    over = BURSTS.assign(goes_on=False, now_k=0)
    assert "没有再明显偏多，最近一次是 11月10日，最近 7 天 40 次发声里抱怨 0 次（未到齐）。" in burst_words(
        next(over.itertuples()), {}
    )
    assert "没有再明显偏多" in show.bursts_table(over, {}).markup


def test_the_counts_of_a_burst_say_of_what_they_are_and_that_they_end_where_it_was_seen() -> None:
    page = show.bursts_table(BURSTS, {}).markup
    for heading in (
        "哪天看出",
        "周报里的周次",
        "数了几天",
        "这几天：抱怨/发声",
        "之前 84 天：抱怨/发声",
        "最近 7 天（未到齐）：抱怨/发声",
    ):
        assert f">{heading}</th>" in page
    assert "第45—46周" in page and "周报" not in burst_words(next(BURSTS.assign(from_week="").itertuples()), {})
    assert VOICES in page and "突增的次数只数到看出那天，以后的不算在里面" in VOICES


def test_weeks_that_are_the_whole_shops_are_not_told_as_the_products() -> None:
    shared = BURSTS.assign(of_shop=True)
    assert "，周报里是全店第45—46周：" in burst_words(next(shared.itertuples()), {})
    assert ">全店第45—46周</td>" in show.bursts_table(shared, {}).markup


def test_chat_lines_of_other_weeks_are_told_beside_the_warnings() -> None:
    assert "会话文件里另有 3 条买家的话不在 2026-11-09 — 2026-11-15 之内" in str(
        chat_line(3, "2026-11-09", "2026-11-15")
    )
    assert chat_line(0, "2026-11-09", "2026-11-15").markup == ""


def test_offers_have_their_row_and_the_total_of_all() -> None:
    offers = pd.DataFrame(
        {
            "product": ["杯子", "毯子"], "source": "售后", "order_week": ["2026-W45", None], "cause_label": "质量缺陷",
            "liability": "merchant", "severity": 2, "history": "first", "value_fen": pd.array([9900, None], "Int64"),
            "offer": ["partial", "coupon"],
            "limited": ["most", "least"], "written": DAY, "start": [2, 0], "end": [4, 0],
            "number": ["6938114207666067860", None], "reason": ["<i>质量问题", None], "text": ["<b>漏水", None],
            "amount_fen": [2970, 300], "label": "补偿三成", "refund_fen": [9900, 0],
        }
    )  # fmt: skip
    page = show.offers_table(offers, "待处理", limit=1).markup
    assert "¥29.70" in page and "合计 ¥32.70；其中 1 条不知道实付金额" in page and "另有 1 行未列出" in page
    assert "尾号 067860" in page and "6938114207666067860" not in page and "¥29.70（到上限）" in page
    assert "&lt;i&gt;质量问题" in page and "&lt;b<mark>&gt;漏</mark>水" in page and "<b>" not in page
    assert "11月10日 09:00" in page
    first, second = (offer_lines(row) for row in offers.itertuples())
    assert first[0] == "部分补偿 ¥29.70（到上限） · 杯子 · 订单尾号 067860 · 11月10日 09:00 · 售后"
    assert first[1] == "“<b【>漏】水” · 平台原因：<i>质量问题"
    assert second == [
        "优惠券 ¥3.00（按下限） · 毯子 · 订单— · 11月10日 09:00 · 售后", "没有写说明", "质量缺陷，责任商家 → 补偿三成",
    ]  # fmt: skip
    assert what_if_words(offers, "2026-10").startswith("2026-10 共 2 单：按表补偿合计 ¥32.70，当时实际退款 ¥99.00。")


def test_hidden_returns_are_told_only_where_there_are_some() -> None:
    counted = pd.DataFrame({"of": ["quality"], "k": [2], "n": [10], "share": [0.2], "low": [0.06], "high": [0.51]})
    assert "20.0%（2/10，6.0%–51.0%）记在" in show.hidden_line(counted).markup
    assert show.hidden_line(counted.assign(k=0)).markup == ""
    assert show.hidden_line(counted.assign(k=1, n=4)).markup == ""


def test_suspects_lie_beside_both_rates() -> None:
    reviews = pd.DataFrame(
        {
            "record": ["a", "b"], "reviewed_at": DAY, "stars": [5, 1], "cluster": -1, "complaint": [0.9, 0.1],
            "praises": [False, True], "default": False, "text": ["<u>太差", "很好"], "product": "杯",
            "start": [3, 0], "end": [5, 0],
        }
    )  # fmt: skip
    found = suspects(reviews)
    page = show.suspects_list(found).markup
    assert "&lt;u&gt;<mark>太差</mark>" in page and "不从任何率里剔除" in page
    assert "1/2" in show.side_by_side_table(side_by_side(reviews, found)).markup
