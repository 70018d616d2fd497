"""Warnings of a shop: which words fire, where, with which order, clock and answer; and bursts on real exports."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from shopscore_analysis.care import watch
from shopscore_analysis.care.cases import cases
from shopscore_analysis.care.redress import month_of, offered_by_row, open_offers, what_if
from shopscore_analysis.care.screening import audited
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.shop import Shop
from tests.read.conftest import REVIEW, review, workbook

WEEK = watch.Span(date(2026, 11, 9), date(2026, 11, 15))
EXPORTS = Path(__file__).parent / "exports"  # three orders, two reviews, three cases, all invented


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop.create(tmp_path / "shop", "预警店", "家居")
    assert [one.error for one in made.load([EXPORTS]) if one.error] == []
    return made


@pytest.fixture
def empty(tmp_path: Path) -> Shop:
    return Shop.create(tmp_path / "empty", "空店", "")


def _chat(folder: Path, *texts: str) -> Path:
    path = folder / "chat.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        csv.writer(lines).writerows([["内容"], *([text] for text in texts)])
    return path


FIRING = {
    3: {
        "过敏": ("我家孩子用了过敏", "脸上起了红疹"),
        "受伤": ("盖子把手划伤了",),
        "着火漏电": ("充电的时候冒烟",),
        "食物中毒": ("吃完拉肚子",),
        "找监管部门": ("再不处理就打12315", "如果再不发货我要去消协", "我已经报警了"),
        "要曝光": ("我要曝光你们",),
        "尖锐异物": ("里面有玻璃渣",),
    },
    2: {
        "骗人": ("骗人的店",),
        "要投诉": ("要是不退我就投诉",),
        "客服失当": ("客服骂人",),
        "售后被拒": ("一直不给退款",),
        "异物虫鼠": ("里面有虫子",),
    },
    1: {"不满意": ("很不满意",), "着急": ("在线等，急",)},
}
_ROWS = [(text, rule, level) for level, rules in FIRING.items() for rule, texts in rules.items() for text in texts]


@pytest.mark.parametrize(("text", "rule", "level"), _ROWS)
def test_alarming_words_fire(empty: Shop, tmp_path: Path, text: str, rule: str, level: int) -> None:
    (row,) = watch.warnings(empty, WEEK, _chat(tmp_path, text)).itertuples()
    assert (row.rule, row.level, row.source) == (rule, level, "会话")


SILENT = """
不急 不着急，慢慢发 没有过敏 用了不过敏 不会过敏吧 担心过敏 我是过敏体质 抗过敏的 不会投诉 不想投诉 别家骗人，你们不骗人
没有骗人 不是假货 单号1231500 漏电保护器正常 相机曝光过度 急救包很全 没有虫子 没有不满意 投诉率很低 挨着火车站
围着火炉吃 报警器很灵敏 电量低了自动报警 刚去医院体检回来
"""


@pytest.mark.parametrize("text", SILENT.split())
def test_denied_feared_and_harmless_words_do_not(empty: Shop, tmp_path: Path, text: str) -> None:
    assert watch.warnings(empty, WEEK, _chat(tmp_path, text)).empty


def test_a_shop_without_records_has_no_warnings_and_no_bursts(empty: Shop) -> None:
    assert watch.warnings(empty, WEEK).empty
    assert watch.bursts(empty, WEEK).empty
    assert open_offers(empty, WEEK).empty and what_if(empty).empty


def test_each_warning_knows_its_order_clock_and_answer(shop: Shop) -> None:
    found = watch.warnings(shop, WEEK)
    told = {row.source: row for row in found.itertuples()}
    assert list(found["level"]) == [3, 3, 2]
    review, later, case = told["评价"], told["追评"], told["售后说明"]
    assert (review.rule, review.answer, review.order_week, review.product) == (
        "过敏",
        "超时未答复",
        "2026-W45",
        "示例杯",
    )
    assert review.text[review.start : review.end] == "过敏"
    assert "13800001234" not in review.text and "[手机号]" in review.text
    assert review.due == pd.Timestamp("2026-11-11 12:00:00")
    assert (later.rule, later.answer) == ("骗人", "未知")  # the reply may have been to the review
    assert (case.rule, case.order) == ("找监管部门", "6900000000000000021")


def test_open_alarms_are_those_of_level_three_without_an_answer(shop: Shop) -> None:
    assert watch.open_alarms(shop)["record"].nunique() == 2


def test_since_reaches_to_the_newest_record(shop: Shop) -> None:
    assert watch.span(shop, since="2026-11-01") == watch.Span(date(2026, 11, 1), date(2026, 11, 14))
    with pytest.raises(SettingsError) as refused:
        watch.span(shop, since="gestern")
    assert str(refused.value) == "expected a day such as 2026-11-09, found 'gestern'"


def test_chat_lines_have_their_clock_and_the_shop_its_answer(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "chat.csv"
    path.write_text(
        "会话,时间,角色,内容,订单号\n"
        "s1,2026-11-12 09:00:00,买家,骗人,6900000000000000031\ns1,2026-11-13 10:00:00,客服,您好,\n"
        "s2,2026-11-12 09:00:00,买家,被骗人了,\ns3,2026-11-02 09:00:00,买家,骗人,\n",
        encoding="utf-8",
    )
    found = watch.warnings(shop, WEEK, path)
    chat = found[found["table"] == "chat"].set_index("text")
    assert chat["answer"].to_dict() == {"骗人": "超时答复", "被骗人了": "超时未答复"}
    assert chat.loc["骗人", ["order_week", "product"]].tolist() == ["2026-W45", "示例毯"]


def test_cases_are_read_with_their_two_witnesses(shop: Shop) -> None:
    known = cases(shop).set_index("record")
    first, second, third = (known.loc[f"14000000000000000{number}"] for number in (1, 2, 3))
    assert first["no_reason"] and first["coded"] == "" and "defect" in first["said"]
    assert (second["coded"], second["earlier"], second["open"]) == ("defect", 1, True)
    assert third["open"] and not first["open"]
    assert len(cases(shop, ["2026-W45"])) == 1


def test_open_cases_and_warnings_are_offered_once_an_order(shop: Shop) -> None:
    offers = open_offers(shop, WEEK)
    told = {(row.source, row.row): row.amount_fen for row in offers.itertuples()}
    # the second case of one order; the unanswered allergy; a change of mind
    assert told == {("售后", "repeat"): 9900, ("评价", "safety"): 9900, ("售后", "buyer"): 0}
    assert offers["amount_fen"].sum() == sum(told.values())


@pytest.mark.parametrize(
    ("said", "named", "label"),
    [
        ("-", "无理由", "买家原因：按平台规则退换，不另补偿"),
        ("多拍了一件", "无理由", "买家原因：按平台规则退换，不另补偿"),
        ("家里人已经买了", "无理由", "买家原因：按平台规则退换，不另补偿"),
        ("和朋友商量过", "未识别", "责任待核：先核实原因再定，暂不补偿"),
    ],
)
def test_a_reason_that_is_not_recognised_blames_nobody(tmp_path: Path, said: str, named: str, label: str) -> None:
    """The code says a change of mind; what the buyer wrote beside it may say more than we understand."""
    offer = _offer_for(tmp_path, "多拍/错拍/不想要", said)
    assert (offer["cause_label"], offer["label"], offer["amount_fen"]) == (named, label, 0)


def _offer_for(folder: Path, reason: str, said: str) -> pd.Series:
    """What the last case of the exports is offered, were it applied for with this reason and these words."""
    shop, exports = Shop.create(folder / "shop", "预警店", "家居"), folder / "exports"
    shutil.copytree(EXPORTS, exports)
    cases_file = exports / "售后单_20261101-20261116.csv"
    rows = cases_file.read_text(encoding="utf-8-sig").splitlines()
    rows[-1] = f"{rows[-1].rpartition(',')[0]},{said}".replace("多拍/错拍/不想要", reason)
    cases_file.write_text("\n".join(rows), encoding="utf-8-sig")
    shop.load([exports])
    return open_offers(shop, WEEK).set_index("product").loc["示例毯"]


@pytest.mark.parametrize("said", ["想换别的颜色", "不想要了", "拍错了", "临时用不上了"])
@pytest.mark.parametrize("reason", ["不喜欢/效果不好", "效果不好", "质量问题"])
def test_words_of_a_change_of_mind_win_over_the_platform_s_reason(tmp_path: Path, reason: str, said: str) -> None:
    """Money was offered for a fault that the buyer never spoke of."""
    offer = _offer_for(tmp_path, reason, said)
    assert (offer["liability"], offer["offer"], offer["amount_fen"]) == ("buyer", "nothing", 0)
    assert (offer["cause"], offer["cause_label"], offer["reason"]) == ("", "无理由", reason)
    shown = offer["text"][offer["start"] : offer["end"]]
    assert shown and shown in said


@pytest.mark.parametrize(
    ("reason", "said", "named", "liability"),
    [
        ("质量问题", "和朋友商量过，不想要了", "未识别", "unknown"),  # a coded fault yields to a wish
        ("多拍/错拍/不想要", "和朋友商量过，不想要了", "无理由", "buyer"),
        ("质量问题", "你们客服填错地址了", "质量缺陷", "merchant"),  # … only where nothing else is said
        ("地址填错", "你们客服填错地址了", "未识别", "unknown"),
        ("不喜欢/效果不好", "-", "无理由", "buyer"),  # a reason that may be a wish proves no fault
        ("不喜欢/效果不好", "和朋友商量过", "未识别", "unknown"),
        ("不喜欢/效果不好", "杯子漏水，不想要了", "质量缺陷", "merchant"),
        ("不喜欢", "-", "无理由", "buyer"),
        ("拍错/多拍", "-", "无理由", "buyer"),
        ("效果不好", "-", "效果性能差", "merchant"),
        ("质量问题", "-", "质量缺陷", "merchant"),
    ],
)
def test_who_pays_is_read_from_reason_and_words_together(
    tmp_path: Path, reason: str, said: str, named: str, liability: str
) -> None:
    offer = _offer_for(tmp_path, reason, said)
    assert (offer["cause_label"], offer["liability"]) == (named, liability)
    assert offer["cause"] == next((cause.name for cause in CAUSES.values() if cause.label == named), "")


def test_an_offer_names_its_order_its_day_and_its_words(shop: Shop) -> None:
    offers = open_offers(shop, WEEK).set_index("row")
    assert offers["number"].to_dict() == {
        "repeat": "6900000000000000021", "safety": "6900000000000000011", "buyer": "6900000000000000031",
    }  # fmt: skip
    assert offers.loc["repeat", "written"] == pd.Timestamp("2026-11-13 12:00:00")
    assert offers.loc["safety", "text"].startswith("孩子用了就过敏")


def _offers(shop: Shop, folder: Path, *lines: str) -> list[tuple[str, str]]:
    """(text, row) of what the lines of a chat are offered; columns 会话,时间,角色,内容,订单号."""
    path = folder / "chat.csv"
    agent = "s9,2026-11-10 08:00:00,客服,您好,"
    path.write_text("\n".join(["会话,时间,角色,内容,订单号", agent, *lines]), encoding="utf-8")
    offers = open_offers(shop, WEEK, path)
    return [(row.text, row.row) for row in offers[offers["source"] == "会话"].itertuples()]


def test_a_chat_is_offered_something_once(shop: Shop, tmp_path: Path) -> None:
    lines = [f"s1,2026-11-12 09:0{minute}:00,买家,骗人的东西{minute}," for minute in range(3)]
    assert len(_offers(shop, tmp_path, *lines)) == 1
    assert len(_offers(shop, tmp_path, *lines, "s2,2026-11-12 09:00:00,买家,骗人,")) == 2


def test_a_main_order_in_a_chat_finds_its_only_part(shop: Shop, tmp_path: Path) -> None:
    main, ours = "6900000000000000010", "6900000000000000030"  # the first waits for its review, the other has a case
    path = tmp_path / "one.csv"
    path.write_text(f"内容,订单号\n骗人,{main}\n", encoding="utf-8")
    found = watch.warnings(shop, WEEK, path)
    assert found.loc[found["table"] == "chat", ["order", "order_week", "product"]].to_numpy().tolist() == [
        ["6900000000000000011", "2026-W45", "示例杯"]
    ]
    assert _offers(shop, tmp_path, f"s1,2026-11-12 09:00:00,买家,骗人,{main}") == []  # its review is offered more
    named = [f"s1,2026-11-12 09:00:00,买家,骗人,{ours}", "s1,2026-11-12 09:01:00,买家,被骗人坑了,"]
    assert _offers(shop, tmp_path, *named) == []


def test_a_main_order_of_two_parts_waits_for_either(shop: Shop, tmp_path: Path) -> None:
    export = EXPORTS / "1794819600_订单.csv"
    head, *rows = export.read_text(encoding="utf-8-sig").splitlines()
    second = (
        rows[2]
        .replace("6900000000000000031", "6900000000000000032")
        .replace("350000000000000000", "350000000000000001")
    )
    apart = [row.replace("69000000000000000", "69000000000000005") for row in (rows[2], second)]
    more = tmp_path / export.name
    more.write_text("\n".join([head, second, *apart]) + "\n", encoding="utf-8-sig")
    assert [one.error for one in shop.load([more]) if one.error] == []
    line = "s1,2026-11-12 09:00:00,买家,骗人{},{}"
    assert _offers(shop, tmp_path, line.format("", "6900000000000000030")) == []
    twice = [line.format(n, "6900000000000000530").replace("s1", f"s{n}") for n in (1, 2)]
    assert len(_offers(shop, tmp_path, *twice)) == 1


@pytest.mark.parametrize("text", ["我要投诉你们", "我要曝光你们", "我要打12315"])
def test_threats_raise_no_offer(shop: Shop, tmp_path: Path, text: str) -> None:
    assert _offers(shop, tmp_path, f"s1,2026-11-12 09:00:00,买家,{text},") == [(text, "otherwise")]


def test_danger_and_deceit_count_beside_a_threat(shop: Shop, tmp_path: Path) -> None:
    lines = ["s1,2026-11-12 09:00:00,买家,要打12315了，孩子过敏,", "s2,2026-11-12 09:00:00,买家,我要投诉，骗人,"]
    assert sorted(row for _, row in _offers(shop, tmp_path, *lines)) == ["dispute", "safety"]


def test_the_cause_is_read_from_the_whole_text(shop: Shop, tmp_path: Path) -> None:
    text = "骗人，" + "上周在你们家买的杯子" * 12 + "，杯子到处是毛刺，做工粗糙"
    _offers(shop, tmp_path, f"s1,2026-11-12 09:00:00,买家,{text},")
    told = open_offers(shop, WEEK, tmp_path / "chat.csv").set_index("source").loc["会话"]
    assert told["cause"] == "defect" and "毛刺" not in told["text"]
    assert len(told["text"]) <= watch.QUOTE_LENGTH and told["text"].endswith("…")


def test_last_month_is_the_last_whole_one(shop: Shop) -> None:
    assert month_of(shop) == "2026-10" and month_of(shop, until=date(2026, 11, 30)) == "2026-11"
    assert what_if(shop).empty
    past = what_if(shop, "2026-11")
    assert offered_by_row(past)["n"].sum() == 3 and past["refund_fen"].sum() == 39800
    with pytest.raises(SettingsError) as refused:
        month_of(shop, "2026-13")
    assert str(refused.value) == "expected a month such as 2026-10, found '2026-13'"


def test_reviews_are_audited_in_their_days(shop: Shop) -> None:
    told = audited(shop, WEEK)
    assert len(told) == 2 and told["cluster"].tolist() == [-1, -1]
    assert audited(shop, watch.Span(date(2026, 11, 11), date(2026, 11, 11)))["stars"].tolist() == [5]


def test_without_a_chat_no_line_is_left_out() -> None:
    """A notebook's parameter is an empty text, a command's is missing."""
    assert watch.left_out("", WEEK) == watch.left_out(None, WEEK) == 0


@pytest.mark.parametrize(("text", "heard"), [("袖口开线了", "2026-11-02"), ("很喜欢", "2026-11-12")])
def test_a_cause_is_heard_on_the_day_of_the_text_that_shows_it(tmp_path: Path, text: str, heard: str) -> None:
    """Not on that of a follow-up which says the same once more, word for word."""
    made = Shop.create(tmp_path / "shop", "预警店", "衣服")
    said = [*review(text, "2026-11-02 12:00:00")[:8], "袖口开线了", "2026-11-12 12:00:00"]
    workbook(made.root / "data" / "raw" / "评价_20261116.xlsx", {"评价": [REVIEW, said]})
    assert [one.error for one in made.load()] == [None]
    _, causes = watch.voices_of(watch.tagged(made))
    assert causes.loc[causes["cause"] == "defect", "day"].tolist() == [pd.Timestamp(heard)]


@pytest.mark.parametrize(("days", "first"), [(7, "2026-04-20"), (28, "2026-04-20"), (35, "2026-04-13")])
def test_bursts_look_back_half_a_year_before_four_weeks_or_more(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, days: int, first: str
) -> None:
    """Whatever was tagged: what a burst is compared with, and so its date, is the same for a week and for four."""
    day = pd.date_range("2024-01-01", "2026-11-15")
    rows = pd.DataFrame({"day": day, "product_id": "1", "voice": range(len(day)), "cause": "defect"})
    seen: list[pd.Timestamp] = []
    monkeypatch.setattr(watch, "voices_of", lambda _: (rows, rows))
    monkeypatch.setattr(
        watch.detection, "bursts",
        lambda heard, voices, *_: seen.extend((heard["day"].min(), voices["day"].min())) or rows.head(0),
    )  # fmt: skip
    watch.bursts(shop, WEEK.back(days))
    assert seen == [pd.Timestamp(first)] * 2
    assert watch.Span(date.min, WEEK.until).before(7).since == date.min


@pytest.mark.parametrize(
    ("product", "weeks"), [("1", ("2026-W44", "2026-W46")), ("2", ("2026-W43", "2026-W45")), ("3", ("", ""))]
)
def test_a_burst_bears_the_weeks_that_the_weekly_report_gives_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, product: str, weeks: tuple[str, str]
) -> None:
    """Its product's own before those of the whole shop; none where cause, days or direction are others."""
    columns = ["kind", "cause", "product_id", "from_week", "to_week", "loss"]
    told = [
        ("change", "defect", None, "2026-W43", "2026-W45", 3.0),
        ("change", "defect", "1", "2026-W44", "2026-W46", 2.0),
        ("level", "size_fit", "3", "2026-W34", "2026-W46", 5.0),
        ("change", "size_fit", "3", "2026-W44", "2026-W46", -1.0),
        ("change", "size_fit", "3", "2026-W30", "2026-W31", 1.0),
    ]
    monkeypatch.setattr(watch, "findings", lambda *_, **__: pd.DataFrame(told, columns=columns))
    cause = "size_fit" if product == "3" else "defect"
    found = watch.in_weeks(shop, _burst(product, cause), WEEK.until)
    assert [*found[["from_week", "to_week"]].itertuples(index=False, name=None)] == [weeks]
    assert found["of_shop"].tolist() == [product == "2"]
    assert watch.in_weeks(shop, _burst("", "defect"), WEEK.until)["of_shop"].tolist() == [False]


def _burst(product: str, cause: str = "defect", alarm: str = "2026-10-30") -> pd.DataFrame:
    days = {"from_day": "2026-10-24", "alarm_day": alarm, "seen_day": "2026-11-15"}
    told = {"product_id": product, "cause": cause} | {name: pd.Timestamp(day) for name, day in days.items()}
    return pd.DataFrame([told])


def _changes(*spans: tuple[str, str]) -> pd.DataFrame:
    told = pd.DataFrame(spans, columns=["from_week", "to_week"])
    return told.assign(kind="change", cause="defect", product_id="1", loss=1.0)


@pytest.mark.parametrize(
    ("alarm", "first"),
    [("2026-10-24", "2026-W40"), ("2026-10-29", "2026-W40"), ("2026-11-01", "2026-W45"), ("2026-11-12", "2026-W46")],
)
def test_of_several_changes_a_burst_is_the_one_nearest_its_alarm(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, alarm: str, first: str
) -> None:
    told = _changes(("2026-W40", "2026-W43"), ("2026-W46", "2026-W46"), ("2026-W45", "2026-W45"))
    monkeypatch.setattr(watch, "findings", lambda *_, **__: told)
    assert watch.in_weeks(shop, _burst("1", alarm=alarm), WEEK.until)["from_week"].tolist() == [first]


@pytest.mark.parametrize(
    ("until", "week", "asked"),
    [
        ("2026-11-17", "", ["2026-W46"]),  # of the newest week that is over, as the report without --week
        ("2026-11-17", "2026-W45", ["2026-W45"]),
        ("2026-11-08", "", []),  # what was written later has no say
        ("2020-01-01", "2026-W45", []),
    ],
)
def test_the_weeks_of_bursts_are_those_of_one_weekly_report(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, until: str, week: str, asked: list[str]
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(Shop, "weeks", ["2026-W45", "2026-W46", "2026-W47"])
    monkeypatch.setattr(Shop, "_over", lambda _: lambda one: one < "2026-W47")
    monkeypatch.setattr(Shop, "history", lambda *_: None)
    monkeypatch.setattr(watch, "findings", lambda _, one, **__: seen.append(one) or _changes(("2026-W44", one)))
    found = watch.in_weeks(shop, _burst("1"), date.fromisoformat(until), week)
    assert seen == asked and found["to_week"].tolist() == (asked or [""])


def test_no_burst_asks_the_tally_for_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shop, "history", lambda *_: pytest.fail("counted for nothing"))
    assert watch.bursts(shop, WEEK).empty and {"from_week", "to_week"} <= set(watch.bursts(shop, WEEK))


def test_a_burst_of_returns_alone_is_in_no_week_of_a_report(empty: Shop) -> None:
    found = pd.DataFrame({"product_id": ["1"], "cause": "defect"})
    assert watch.in_weeks(empty, found, WEEK.until)["from_week"].tolist() == [""]
