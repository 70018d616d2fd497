"""Figures: live text, description, twin, repeatable bytes."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Callable
from xml.etree import ElementTree

import matplotlib as mpl
import pandas as pd
import pytest

from shopscore_analysis import show
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.show import grid
from shopscore_analysis.show.tables import TABLE_LABELS
from tests.show import worlds

MAKERS: dict[str, Callable[[], show.Figure]] = {
    "heatmap": lambda: show.heatmap(worlds.cells(), worlds.NAMES, evidence=True),
    "bars": lambda: show.bars(worlds.overall(), title="各根因占比"),
    "named bars": lambda: show.bars(
        worlds.cells().iloc[:2].drop(columns="cause"), worlds.NAMES, by="product", title="各商品"
    ),
    "lines": lambda: show.lines(worlds.trend("真实变化"), title="每周抱怨率"),
    "losses": lambda: show.loss_bars(worlds.ledger()),
    "gaps": lambda: show.gaps(worlds.benchmark()),
    "gap lines": lambda: show.gap_lines(worlds.history()),
    "ranks": lambda: show.ranks(worlds.rank()),
    "coverage": lambda: show.coverage(worlds.status(), ["2026-W44", "2026-W45", worlds.WEEK]),
}


def _svg(figure: show.Figure) -> ElementTree.Element:
    """The picture itself; the names of a heat map's rows stand in one of their own before it."""
    root = ElementTree.fromstring(figure.picture.markup)
    return root if root.tag == "svg" else list(root.iter("svg"))[-1]


def _texts(figure: show.Figure) -> list[str]:
    return ["".join(node.itertext()) for node in _svg(figure).iter("text")]


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_the_same_estimates_give_the_same_bytes(make: Callable[[], show.Figure]) -> None:
    """No clock, no counter, no random id."""
    assert make()._repr_html_() == make()._repr_html_()


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_every_figure_says_what_it_shows(make: Callable[[], show.Figure]) -> None:
    """Title and description first, a twin beside, ids prefixed."""
    figure = make()
    root = _svg(figure)
    first, second, *_ = root
    assert (first.tag, second.tag) == ("title", "desc")
    assert first.text == figure.title
    assert second.text
    assert root.attrib["aria-labelledby"] == f"{first.attrib['id']} {second.attrib['id']}"
    assert "<table>" in figure.twin.markup


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_text_is_text_in_the_readers_font_and_colours_follow_the_page(make: Callable[[], show.Figure]) -> None:
    """No glyph outlines, no font of this machine, no fixed ink."""
    figure = make()
    assert _texts(figure)
    assert figure.picture.markup.count("font-family") == figure.picture.markup.count("<svg")
    assert "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif" in figure.picture.markup
    assert "var(--" in figure.picture.markup
    assert "<metadata" not in figure.picture.markup


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_every_reference_of_a_figure_stays_within_it(make: Callable[[], show.Figure]) -> None:
    """Two figures on a page cannot take each other's clip paths."""
    markup = make().picture.markup
    ids = set(re.findall(r'\bid="([^"]+)"', markup))
    used = set(re.findall(r"url\(#([^)]+)\)", markup)) | set(re.findall(r'<use href="#([^"]+)"', markup))
    assert used <= ids


def test_drawing_leaves_the_settings_of_matplotlib_alone() -> None:
    """rc contexts, no global state."""
    before = dict(mpl.rcParams)
    MAKERS["heatmap"]()
    assert dict(mpl.rcParams) == before


def test_no_chinese_character_is_missing_from_the_measuring_font() -> None:
    """A figure of plain Chinese draws without any warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        show.bars(worlds.overall(), title="尺码分量不合、质量缺陷")


def test_the_heat_map_prints_what_was_counted_and_colours_only_enough() -> None:
    """k/n in the cells; too small a sample says so and has no colour."""
    figure = MAKERS["heatmap"]()
    assert _texts(figure).count("样本不足") == 2
    assert {"30/200", "6/200"} <= set(_texts(figure))
    assert "1/4" not in _texts(figure)
    filled = [fill for fill in re.findall(r"fill: (#\w{6})", figure.picture.markup) if fill != "#000000"]
    assert len({*filled} - {"#fffffe"}) == 2


def test_the_rows_of_a_heat_map_are_named_beside_the_cells_at_the_same_height() -> None:
    """The names stay in view while the cells scroll under them, so they are a picture of their own."""
    root = ElementTree.fromstring(MAKERS["heatmap"]().picture.markup)
    names, cells = root.iter("svg")
    assert ["".join(text.itertext()) for text in names.iter("text")] == ["尺码分量不合", "质量缺陷"]
    assert names.attrib["height"] == cells.attrib["height"]
    counts = [text for text in cells.iter("text") if "".join(text.itertext()) in {"30/200", "6/200"}]
    for name, count in zip(names.iter("text"), counts, strict=True):
        assert float(name.attrib["y"]) == pytest.approx(float(count.attrib["y"]), abs=1.5)  # by the size of the letters


def test_marks_stand_only_where_the_whole_report_bears_them_out() -> None:
    """▲ above and ▼ below the rest of the cause at q < 5 %; an untested cell bears none, and colour is never alone."""
    marked = worlds.cells().assign(lift=[2.0, 9.0, 0.5, 0.0], q=[0.01, float("nan"), 0.049, 0.05])
    figure = show.heatmap(marked, worlds.NAMES)
    assert {"▲ 30/200", "▼ 6/200"} <= set(_texts(figure))
    assert sum(text[0] in "▲▼" for text in _texts(figure)) == 2
    assert "▲▼ 比同一根因的其他格高或低，全份报告一起校正后仍不像偶然。" in figure.description
    assert "2.0 倍（q 0.010）" in figure.twin.markup
    assert "▲" not in show.heatmap(worlds.cells(), worlds.NAMES).description
    unsure = show.heatmap(marked.assign(q=0.5), worlds.NAMES).description
    assert "没有一格和同一根因的其他格差得超出偶然。" in unsure and "▲" not in unsure


def test_one_carrier_alone_or_none_is_a_sentence_not_an_empty_picture() -> None:
    """Nothing to compare, nothing to draw."""
    alone = worlds.cells().iloc[[0, 2]].rename(columns={"product": "carrier"}).assign(carrier="顺丰速运")
    assert "只有一个快递（顺丰速运），没有可比的。" in str(show.heatmap(alone))
    assert "这一时期的评价没有快递信息。" in str(show.heatmap(alone.iloc[:0]))


def test_a_cell_leads_to_its_quotes_and_says_so() -> None:
    """Counted cells are links with a spoken label; zero cells are not."""
    links = {node.attrib["href"]: node.attrib["aria-label"] for node in _svg(MAKERS["heatmap"]()).iter("a")}
    assert links == {
        "#e-size_fit-product-p1": "尺码分量不合，连帽羽绒服：30/200，看原话",
        "#e-size_fit-product-p2": f"尺码分量不合，{worlds.HOSTILE}：1/4，看原话",
        "#e-defect-product-p1": "质量缺陷，连帽羽绒服：6/200，看原话",
    }


def test_a_figure_with_doors_is_a_group_and_one_without_is_an_image() -> None:
    """An image would hide its links from a screen reader."""
    assert _svg(MAKERS["heatmap"]()).attrib["role"] == "group"
    assert _svg(MAKERS["bars"]()).attrib["role"] == "img"


def test_a_hostile_name_stays_text_in_picture_and_twin() -> None:
    """Neither markup nor mathematics."""
    markup = MAKERS["heatmap"]()._repr_html_()
    assert "<script" not in markup
    assert any("$x" in text or "<scr" in text for text in _texts(MAKERS["heatmap"]()))


def test_the_heat_map_says_how_much_it_leaves_out() -> None:
    """What is not drawn is announced, and stands in the twin."""
    figure = show.heatmap(worlds.cells(), worlds.NAMES, rows=1, columns=1)
    assert "另有 1 种根因、1 个商品只在数据表里。" in figure.description
    assert "质量缺陷" in figure.twin.markup


def test_the_worst_cause_and_product_come_first() -> None:
    """Reading order on a phone."""
    shown = grid._most(worlds.cells(), "product", 12, 8)
    assert list(shown["cause"]) == ["size_fit", "size_fit", "defect", "defect"]
    assert list(shown["product"])[:2] == ["p1", "p2"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("iPhone 15手机壳", "iPhone 15\n手机壳"),
        ("iPhone15手机壳", "iPhone15\n手机壳"),
        ("儿童 T恤 纯棉短袖", "儿童 T恤\n纯棉短袖"),
        ("纯棉T恤圆领短袖", "纯棉\nT恤圆领短袖"),
        ("2026年第45周", "2026年\n第45周"),
        ("可折叠布艺收纳箱", "可折叠布艺\n收纳箱"),
        ("雾霾蓝;480ml", "雾霾蓝;\n480ml"),
        ("燕麦色；1.8米床", "燕麦色；\n1.8米床"),
    ],
)
def test_a_name_breaks_only_where_a_word_may_end(name: str, lines: str) -> None:
    assert grid._wrapped(name) == lines


def test_weeks_are_read_as_time_goes_and_the_newest_are_kept() -> None:
    """A heat map over weeks drops old weeks, not small ones."""
    weeks = [f"2026-W{week}" for week in (44, 45, 46)]
    frame = worlds.cells().iloc[[0, 0, 0]].drop(columns="product").assign(week=weeks, n=[900, 100, 10])
    assert _texts(show.heatmap(frame, columns=2))[:2] == ["第45周", "第46周"]


def test_only_changes_are_marked_on_a_line() -> None:
    """波动内 prints nothing."""
    assert "真实" in _texts(MAKERS["lines"]())
    assert not {"真实", "可能"} & set(_texts(show.lines(worlds.trend(), title="每周抱怨率")))


def test_gaps_are_told_in_words_and_missing_ones_stay_missing() -> None:
    """Behind, level, ahead; the unknown service score is not drawn but listed."""
    figure = MAKERS["gaps"]()
    assert figure.description == "总分对中位数落后 0.10；商品对中位数持平；物流对中位数领先 0.10。"
    assert "服务" not in _texts(figure)
    assert "服务" in figure.twin.markup


def test_a_rank_is_an_interval() -> None:
    """6 to 9 where rounding allows it."""
    assert MAKERS["ranks"]().description == "第46周：第 6—9 名。色带是公布值四舍五入后仍然可能的名次，越高越好。"


@pytest.mark.parametrize(
    ("rivals", "said"),
    [(10, "第 11 名就是排在这 10 家之后、没进 TOP10。"), (8, "第 9 名就是排在这 8 家之后。")],
)
def test_a_rank_behind_all_rivals_is_explained_wherever_it_is_printed(rivals: int, said: str) -> None:
    """An eleventh place in a table of ten is a riddle."""
    last = worlds.rank().assign(rank_high=rivals + 1, rivals=rivals)
    assert said in show.ranks(last).description
    assert said in str(show.ranks_after(last.assign(case="现在")))
    assert "之后" not in show.ranks(last.assign(rank_high=rivals)).description


def test_only_the_rank_that_is_told_is_explained() -> None:
    """Once the last of eleven, now fifth of nine."""
    weeks = worlds.rank().assign(rank_low=5.0, rank_high=5.0, rivals=8)
    weeks.loc[weeks.index[0], ["rank_low", "rank_high", "rivals"]] = [11, 11, 10]
    told = show.ranks(weeks).description
    assert "：第 5 名。" in told and "第 11 名" not in told and "之后" not in told
    behind = weeks.assign(rank_high=[*weeks["rank_high"][:-1], 9])
    assert "第 9 名就是排在这 8 家之后。" in show.ranks(behind).description


def test_missing_weeks_are_named() -> None:
    """The calendar says what it lacks."""
    assert MAKERS["coverage"]().description == "竞品TOP10缺 1 周。有数据的周涂色，缺的周留空。".replace(
        "竞品TOP10", TABLE_LABELS["rivals"]
    )


def test_the_dearest_named_cause_leads_and_what_has_none_stands_apart() -> None:
    """Even where nothing costs as much as the rest without a cause."""
    ledger = worlds.ledger().replace({"cause": {"slow_delivery": "unattributed", "unattributed": "slow_delivery"}})
    figure = show.loss_bars(ledger.assign(points=ledger["loss"] / 1000), note="文章口径（5 分制）：按默认权重")
    assert figure.description == (
        "评价均分 4.60：100 条评价的平均星级，和平台总分不是一回事，平台还算发货、客服、售后。"
        "丢星最多的根因是「配送慢」，占 30.0%，折算到总分 −0.012 分；没有它均分会是 4.72。"
        "另有 40.0% 未归因。文章口径（5 分制）：按默认权重。"
    )
    named = show.loss_bars(ledger, period="2026年第34—46周").description
    assert named.startswith("2026年第34—46周的评价均分 4.60：")
    unknown = ledger[ledger["cause"] == "unattributed"]
    assert show.loss_bars(unknown).description.endswith("平台还算发货、客服、售后。另有 40.0% 未归因。")


def test_what_has_no_cause_stands_last_and_says_what_it_consists_of() -> None:
    """The longest bar of a page may be of reviews without a word."""
    ledger = worlds.ledger().replace({"cause": {"slow_delivery": "unattributed", "unattributed": "slow_delivery"}})
    parts = pd.DataFrame(
        [("default", 3, 9.0, 0.225), ("praise_only", 0, 0.0, 0.0), ("four", 7, 7.0, 0.175)],
        columns=["part", "k", "loss", "share_of_loss"],
    )
    figure = show.loss_bars(ledger, silent=parts)
    assert "另有 40.0% 未归因，共 16 星：没有写文字的 9 星，打 4 星、文字没认出问题的 7 星。" in figure.description
    labels = [node.text for node in _svg(figure).iter("text") if node.text in {"未归因", "配送慢"}]
    assert labels == ["配送慢", "未归因"]
    assert "未归因里都是哪些评价" in figure.twin.markup and "22.5%" in figure.twin.markup
    assert "好话" not in figure.description + figure.twin.markup
    few = show.loss_bars(ledger, limit=2)
    assert "未归因" in {node.text for node in _svg(few).iter("text")}


def test_words_at_the_points_of_a_line_are_explained_and_do_not_touch() -> None:
    """Side by side they read as one word: the second of two neighbours stands higher."""
    trend = worlds.trend("可能变化").assign(verdict=["波动内", "真实变化", "可能变化"], share=[0.1, 0.3, 0.3])
    figure = show.lines(trend, title="每周抱怨率")
    assert figure.description.endswith("标“真实”的周，变化超出了正常波动；标“可能”的周，比平时起伏大，还不能排除偶然。")
    heights = {node.text: float(node.attrib["y"]) for node in _svg(figure).iter("text") if "y" in node.attrib}
    assert heights["真实"] - heights["可能"] > 12
    assert "标“" not in show.lines(worlds.trend(), title="每周抱怨率").description


def test_too_few_is_explained_only_where_it_stands() -> None:
    some = show.heatmap(worlds.cells(), worlds.NAMES).description
    assert "格内是抱怨次数/有文字的评价数。有文字的评价数不到 5 的格子写“样本不足”，不上色。" in some
    assert "样本不足" not in show.heatmap(worlds.cells().query("product == 'p1'"), worlds.NAMES).description


@pytest.mark.parametrize(
    "make",
    [
        lambda: show.bars(worlds.overall().iloc[:0], title="空"),
        lambda: show.loss_bars(worlds.ledger().iloc[:0]),
        lambda: show.gaps(worlds.benchmark().iloc[:0]),
        lambda: show.ranks(worlds.rank().iloc[:0]),
        lambda: show.gap_lines(worlds.history().iloc[:0]),
        lambda: show.lines(worlds.trend().iloc[:0], title="空"),
        lambda: show.heatmap(worlds.cells().iloc[:0]),
        lambda: show.cloud(worlds.keywords().iloc[:0]),
    ],
)
def test_nothing_to_show_is_said(make: Callable[[], show.Figure]) -> None:
    """A quiet shop gets a whole report."""
    assert re.search("没有|样本不足", make().description)


def test_the_cloud_draws_only_marking_terms_that_the_font_has() -> None:
    """No boxes: an emoji stays in the twin, praise stays out of the picture."""
    figure = show.cloud(worlds.keywords())
    assert figure.description == "最突出的词：起球、断码。字越大，越是差评独有。"
    assert 'alt="差评里的词。最突出的词：起球、断码。"' in figure.picture.markup
    assert "😡" in figure.twin.markup
    assert "喜欢" in figure.twin.markup


def test_the_cloud_is_a_repeatable_picture() -> None:
    """A small PNG inside the page, the same each time."""
    from PIL import Image

    first, second = (show.cloud(worlds.keywords()).picture.markup for _ in range(2))
    assert first == second
    png = base64.b64decode(re.search(r"base64,([^\"]+)", first)[1])  # type: ignore[index]
    image = Image.open(io.BytesIO(png))
    assert image.size == (880, 480)
    assert len(image.convert("L").getcolors()) > 4  # type: ignore[arg-type]


def test_the_cloud_refuses_a_font_that_is_not_there() -> None:
    """The setting of the shop is used."""
    with pytest.raises(SettingsError, match="found 'No Such Font'"):
        show.cloud(worlds.keywords(), font="No Such Font")


def _then_and_now() -> pd.DataFrame:
    """Two dimensions over three weeks, one of them without a figure at the start."""
    rows = [
        ("2026-W44", "total", 4.80, 4.90, 4.75), ("2026-W45", "total", 4.75, 4.90, 4.80),
        ("2026-W46", "total", 4.70, 4.90, 4.80), ("2026-W44", "product", 4.7, 4.9, 4.8),
        ("2026-W46", "product", 4.7, 4.9, 4.8), ("2026-W46", "service", 4.7, 4.8, 4.7),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["week", "dimension", "own", "leader", "median"])
    return table.assign(gap_median=table["median"] - table["own"])


def test_slopes_lead_from_then_to_now_for_every_dimension_with_both_ends() -> None:
    """In words, in the picture, and in the twin."""
    figure = show.slopes(_then_and_now())
    assert figure.description == (
        "左边是第44周，右边是第46周。总分对中位数从领先 0.05 到落后 0.10；商品对中位数还是落后 0.10。"
    )
    assert _texts(figure).count("4.70") == 3 and _texts(figure).count("4.80") == 1
    assert "4.80 → 4.70" in figure.twin.markup and "服务" not in figure.twin.markup
    assert "左边是第45周" in show.slopes(_then_and_now(), weeks=2).description


def test_a_blank_stands_after_a_figure_and_nowhere_else() -> None:
    """从持平到落后, not 从持平 到落后."""
    level = _then_and_now().assign(gap_median=lambda rows: rows["gap_median"].mask(rows["week"] < worlds.WEEK, 0.0))
    assert "总分对中位数从持平到落后 0.10" in show.slopes(level).description


def test_slopes_without_a_week_of_figures_are_said_to_be_none() -> None:
    """A shop whose board was never loaded."""
    assert show.slopes(_then_and_now().iloc[:0]).description == "没有数据。"
