"""Tables and cards."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from shopscore_analysis import show
from shopscore_analysis.report.checks import faults
from shopscore_analysis.show import theme
from shopscore_analysis.show.tables import column
from tests.show import worlds


def _plain(markup: object) -> str:
    return re.sub(r"<[^>]+>", "|", str(markup))


def test_a_table_has_heads_a_caption_and_its_own_box() -> None:
    """Rows are headed by their first cell; the box scrolls and takes the keyboard's focus."""
    made = show.table(
        pd.DataFrame({"a": ["x"], "b": [0.5]}), [column("a", "甲"), column("b", "乙", theme.percent)], "题"
    )
    assert str(made) == (
        '<div class="scroll" role="region" aria-label="题" tabindex="0"><table><caption>题</caption>'
        '<thead><tr><th scope="col" class="num">甲</th><th scope="col" class="num">乙</th></tr></thead>'
        '<tbody><tr><th scope="row">x</th><td class="num">50.0%</td></tr></tbody></table></div>'
    )


def test_whole_sentences_may_be_broken_and_numbers_never() -> None:
    """A review of a hundred characters on one line is a hundred characters to scroll."""
    frame = pd.DataFrame({"k": [3], "text": ["好" * 21], "short": ["好" * 20], "n": ["1" * 25]})
    columns = [
        column("k", "条数"),
        *(column(name, name, number=False) for name in ("text", "short")),
        column("n", "数"),
    ]
    made = str(show.table(frame, columns, "题"))
    assert f'<td class="long">{"好" * 21}</td><td>{"好" * 20}</td><td class="num">{"1" * 25}</td>' in made


def test_rows_left_out_are_counted() -> None:
    """Nothing disappears silently."""
    frame = pd.DataFrame({"a": range(5)})
    assert "另有 3 行未列出。" in str(show.table(frame, [column("a", "甲")], "题", limit=2))
    assert "未列出" not in str(show.table(frame, [column("a", "甲")], "题"))


def test_an_empty_table_says_so() -> None:
    """Not an empty grid."""
    assert "这一时期没有数据" in str(show.table(pd.DataFrame({"a": []}), [column("a", "甲")], "题"))


def test_a_small_sample_gets_no_percentage() -> None:
    """k/n is printed, the share is not."""
    assert "|1/4|" in _plain(show.causes_table(worlds.cells(), "product", worlds.NAMES)).replace("||", "|")
    assert "25.0%" not in str(show.causes_table(worlds.cells(), "product", worlds.NAMES))


def test_the_ledger_lists_what_costs_dearest_first_with_the_unattributed() -> None:
    """未归因 stays visible; what costs nothing is left out."""
    found = re.findall(r'<th scope="row">([^<]+)', str(show.ledger_table(worlds.ledger())))
    assert found == ["配送慢", "未归因", "质量缺陷", "派送服务差"]


def test_hostile_text_stays_text_in_every_table_and_card() -> None:
    """One place escapes."""
    cells = worlds.cells()
    shown = [
        show.causes_table(cells, "product", worlds.NAMES),
        show.watch_list(worlds.findings(), worlds.NAMES),
        show.things_to_do(
            worlds.findings().assign(product_id="p2"), worlds.ledger(), worlds.OWNERS, worlds.WEEK, worlds.NAMES
        ),
        show.evidence(worlds.quotes(), worlds.overall(), cells, worlds.NAMES, period=worlds.HOSTILE),
        show.header(worlds.FACTS | {"shop": worlds.HOSTILE}, worlds.HOSTILE, worlds.HOSTILE),
        show.keywords_table(worlds.keywords().assign(term=worlds.HOSTILE)),
    ]
    for one in shown:
        assert "<script" not in str(one)
        assert "&lt;script&gt;" in str(one)


def test_quotes_show_the_matched_span_and_how_many_are_not_shown() -> None:
    """k, n, interval, period, stars."""
    shown = str(show.evidence(worlds.quotes(), worlds.overall(), period="第46周"))
    assert "<mark>腰围小了一</mark>大圈" in shown
    assert "31/204 · 15.2%（10.9%–20.7%）" in shown
    assert "第46周，204 条有文字的评价里 31 条抱怨，另有 28 条未列出；先列说得最清楚的，原话已脱敏。" in shown
    assert "未评星" in shown


def test_a_quote_of_a_follow_up_says_so_before_its_evidence() -> None:
    shown = str(show.evidence(worlds.quotes(), worlds.overall(), period="第46周"))
    assert "<blockquote>追评：<mark>拉链头掉了</mark>" in shown and shown.count("追评：") == 1


def test_examples_are_the_least_doubtful_and_not_all_alike() -> None:
    """Of four sure quotes, three of them in the same words, all words are seen; doubtful ones only fill up."""
    said = ["短了一截", "短了一截", "短了一截", "太大了", "好像偏小"]
    rank = ["0a", "0b", "0c", "0d", "30"]
    texts = [f"第{at}件，{words}" for at, words in enumerate(said)]
    quotes = pd.DataFrame(
        {
            "product": "p1", "week": worlds.WEEK, "key": "size_fit", "rank": rank, "rating": 2, "source": "text",
            "text": texts, "start": 4, "end": [len(text) for text in texts],
        }
    )  # fmt: skip
    shown = str(show.evidence(quotes.sample(frac=1, random_state=3), worlds.overall(), period="第46周"))
    assert [f"第{at}件" in shown for at in range(5)] == [True, True, False, True, False]
    few = str(show.evidence(quotes.iloc[[4, 3]], worlds.overall(), period="第46周"))
    assert few.index("第3件") < few.index("第4件")


def test_no_heading_stands_over_two_denominators() -> None:
    """Complaints of reviews with text, lost stars of rated reviews: both were headed 次数/总数."""
    ledger, causes = show.ledger_table(worlds.ledger()).markup, show.causes_table(worlds.overall()).markup
    assert ">丢星/评了星的评价</th>" in ledger and ">抱怨/有文字的评价</th>" in causes
    assert ">抱怨/已签收订单</th>" in show.heatmap(worlds.cells(), worlds.NAMES, of="已签收订单数")._repr_html_()
    lines, bars = show.lines(worlds.trend(), title="抱怨率"), show.bars(worlds.overall(), title="占比")
    assert all(">抱怨/有文字的评价</th>" in one._repr_html_() for one in (lines, bars))


def test_every_door_of_a_heat_map_opens_onto_its_quotes() -> None:
    """Links and anchors are made from the same cells."""
    picture = show.heatmap(worlds.cells(), worlds.NAMES, evidence=True)._repr_html_()
    shown = str(show.evidence(worlds.quotes(), worlds.overall(), worlds.cells(), worlds.NAMES, period="第46周"))
    doors = set(re.findall(r'href="#(e-[^"]+)"', picture))
    assert doors
    assert doors <= set(re.findall(r'id="([^"]+)"', shown))


def test_every_finding_and_task_opens_onto_quotes_or_their_absence() -> None:
    """`also` keeps links from leading nowhere."""
    found = worlds.findings()
    linked = str(show.watch_list(found, worlds.NAMES))
    shown = str(show.evidence(worlds.quotes(), worlds.overall(), period="第46周", also=list(found["cause"])))
    assert set(re.findall(r'href="#([^"]+)"', linked)) <= set(re.findall(r'id="([^"]+)"', shown))
    assert "第46周的评价里没有这种抱怨；" in shown


def test_the_tiles_tell_value_and_direction() -> None:
    """Total, to the target, to the median; the last one's verdict is its own."""
    told = _plain(show.score_tiles(worlds.rank(), worlds.benchmark(), worlds.WEEK, 4.8))
    for part in ("|4.70|", "|差 0.10|", "距目标 4.80", "↑ +0.02", "|波动内|", "|可能变化|"):
        assert part in told


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (4.70, 4.60, "|差 0.20||差距拉大 0.10|"),
        (4.60, 4.70, "|差 0.10||差距缩小 0.10|"),
        (4.85, 4.90, "|超 0.10||领先拉大 0.05|"),
        (4.90, 4.85, "|超 0.05||领先缩小 0.05|"),
        (4.75, 4.85, "|超 0.05||上周差 0.05|"),
        (4.80, 4.70, "|差 0.10||上周持平|"),
        (4.70, 4.80, "|持平||上周差 0.10|"),
        (4.70, 4.70, "|差 0.10||和上周一样|"),
    ],
)
def test_the_way_of_a_distance_says_of_what(before: float, now: float, said: str) -> None:
    """An arrow beside a gap could be that of the score or that of the gap."""
    rows = worlds.rank().assign(own=[before, now], raw=[before, now])
    told = _plain(show.score_tiles(rows, worlds.benchmark(), worlds.WEEK, 4.8))
    assert told.count(said) == 2
    assert not re.search("[↑↓→]", told.partition("距目标")[2])


@pytest.mark.parametrize(
    ("raw", "scale", "usual", "verdict", "said"),
    [
        ([89.0, 87.0], 100, 89.0, "可能变化", "|4.70||百分制 87 分，↓ −2；比平时的 89 低 2||可能变化|"),
        ([85.0, 85.0], 100, 89.5, "真实变化", "|4.70||百分制 85 分，→ 持平；比平时的 89.5 低 4.5||真实变化|"),
        ([88.0, 88.25], 100, 89.0, "波动内", "|4.70||百分制 88.25 分，↑ +0.25||波动内|"),
        ([4.6, 4.7], 5, 4.5, "可能变化", "|4.70||↑ +0.10；比平时的 4.50 高 0.20||可能变化|"),
    ],
)
def test_a_score_is_told_on_the_scale_of_its_export(
    raw: list[float], scale: int, usual: float, verdict: str, said: str
) -> None:
    """A week that is level with the last one may still be far below the usual; what is within it is not compared."""
    rows = worlds.rank().assign(own=4.7, raw=raw, scale=scale, usual=usual, own_verdict=["样本不足", verdict])
    assert said in _plain(show.score_tiles(rows, worlds.benchmark(), worlds.WEEK, 4.8))


def test_a_step_is_never_taken_between_two_scales() -> None:
    """From 4.68 of 5 to 87 of 100 there is no step."""
    rows = worlds.rank().assign(raw=[4.68, 87.0], scale=[5, 100])
    assert "|百分制 87 分，没有上周可比|" in _plain(show.score_tiles(rows, worlds.benchmark(), worlds.WEEK, 4.8))


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("真实变化", "平台总分确实变了：百分制 87 分，比平时的 89 低 2。"),
        ("可能变化", "平台总分可能变了，还要再看一周：百分制 87 分，比平时的 89 低 2。"),
        ("波动内", ""),
    ],
)
def test_a_score_that_left_its_usual_level_stands_on_the_watch_list(verdict: str, said: str) -> None:
    """The verdict decides what may be said; within the usual nothing is."""
    rows = worlds.rank().assign(raw=87.0, scale=100, usual=89.0, own_verdict=["真实变化", verdict])
    assert _plain(show.score_moved(rows, worlds.WEEK)).strip("|") == said
    assert not str(show.score_moved(rows, "2026-W47"))


@pytest.mark.parametrize("week", ["2026-W40", "2026-W47"])
def test_a_week_without_a_score_shows_no_old_one(week: str) -> None:
    """An old score is not passed off as this week's."""
    told = _plain(show.score_tiles(worlds.rank(), worlds.benchmark(), week, 4.8))
    assert "4.70" not in told
    assert told.count("本周没有体验分数据") == 3


def test_a_week_without_findings_is_called_calm() -> None:
    """No news is told."""
    assert "没有检出超出正常波动的根因" in str(show.watch_list(worlds.findings().iloc[:0], {}))


def test_a_digest_without_a_letter_is_no_number_of_an_order() -> None:
    """One lexicon in 281 has such a digest, and no report of it could be published."""
    facts = worlds.FACTS | {"versions": {"lexicon": "453791090713", "code": "100000000001"}}
    page = show.run_record(facts, "123456789012").markup
    assert not [fault for fault in faults(page.encode()) if "personal data" in fault]
    assert "code |100000000001|，lexicon |453791090713|" in _plain(show.run_record(facts, ""))


def test_the_run_record_names_inputs_and_versions() -> None:
    """Provenance for a reader."""
    record = _plain(show.run_record(worlds.FACTS, "abc123"))
    for part in ("abc123", "pandas |3|", "评价", "0123456789ab", "|12|"):
        assert part in record


def test_the_glossary_explains_every_verdict() -> None:
    """No word without its line."""
    told = str(show.glossary())
    assert all(word in told for word in ("真实变化", "可能变化", "波动内", "样本不足", "丢星", "未归因"))


def test_rejects_are_counted_by_reason_with_a_place_to_look_at() -> None:
    """Two cells of one reason in two files, one whole row of another, and a file and a sheet without a row."""
    columns = ["file", "sheet", "row", "column", "value", "reason", "kept"]
    rows = [
        ("a.csv", "", "3", "评价日期", "昨天", "not a date", "True"),
        ("b.csv", "", "9", "评价日期", "明天", "not a date", "True"),
        ("b.csv", "", "12", "订单ID", "", "no id", "False"),
        ("c.csv", "", "0", "", "", "no row", "False"),
        ("d.xlsx", "七月", "0", "", "", "no row", "False"),
        ("e.xlsx", "订单", "0", "订单ID", "", "spoilt", "False"),
        ("d.xlsx", "八月", "7", "评价日期", "昨天", "bad", "False"),
    ]
    told = _plain(show.rejects_table(pd.DataFrame(rows, columns=columns)))
    assert "|not a date||只空出这一格||2||2||a.csv 第 3 行 评价日期|" in told
    assert "|no id||整行未入库||1||1||b.csv 第 12 行 订单ID|" in told
    assert "|no row||整个文件没有内容入库||1||1||c.csv|" in told
    assert "|no row||整张表没有内容入库||1||1||d.xlsx 七月|" in told
    assert "|spoilt||整个文件没有内容入库||1||1||e.xlsx 订单 订单ID|" in told
    assert "|bad||整行未入库||1||1||d.xlsx 八月 第 7 行 评价日期|" in told
    assert _plain(show.rejects_table(pd.DataFrame(columns=columns))) == "|没有被拒收的行。|"


def test_unhappy_orders_are_told_apart_by_where_it_showed() -> None:
    """The overlap is a row of its own, follow-ups are inside the reviews, and each order counts once."""
    rows = [("review", 40, 900, 0.044, 0.03, 0.06), ("aftersale", 20, 900, 0.022, 0.01, 0.03),
            ("review+aftersale", 3, 900, 0.003, 0.001, 0.01)]  # fmt: skip
    told = str(show.unhappy_table(pd.DataFrame(rows, columns=["source", "k", "n", "share", "low", "high"]), 7))
    for said in ("只在评价或追评里", "只在售后里", "两边都有", "40/900", "3/900", "只算一单", "追评里抱怨的有 7 条"):
        assert said in told
