"""The demo shop's files are read back here without the package's readers, so that both cannot err alike."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from shopscore_analysis.sample import CATEGORY, NAME, PLANTED, WEEKS, Truth, write_sample
from shopscore_analysis.sample.story import Product, causes_of, complaint, fragments, products, script
from shopscore_analysis.schema import CAUSES, week_of

PLACEHOLDER = "数据将于第二天更新"
SPELLINGS = ("%Y年%m月%d日 %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("sample") / "raw"
    return folder, write_sample(folder)


@pytest.fixture(scope="module")
def truth(sample: tuple[Path, Truth]) -> Truth:
    return sample[1]


@pytest.fixture(scope="module")
def orders(sample: tuple[Path, Truth]) -> dict[datetime, list[dict[str, str]]]:
    """The rows of each order export by the time in its name, as they stand in the file."""
    return {_epoch(path): _rows(path) for path in sorted(sample[0].glob("*_订单.csv"))}


@pytest.fixture(scope="module")
def reviews(sample: tuple[Path, Truth]) -> dict[str, list[dict[str, object]]]:
    return {path.stem: _sheet(path) for path in sorted(sample[0].glob("评价_*.xlsx"))}


@pytest.fixture(scope="module")
def cases(sample: tuple[Path, Truth]) -> dict[str, list[dict[str, object]]]:
    return {path.stem: _sheet(path) for path in sorted(sample[0].glob("售后单_*.xlsx"))}


def _epoch(path: Path) -> datetime:
    zone = timezone(timedelta(hours=8))
    return datetime.fromtimestamp(int(path.name.split("_")[0]), zone).replace(tzinfo=None)


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    return content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030")


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_decoded(path)), strict=True))


def _sheet(path: Path) -> list[dict[str, object]]:
    header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return [dict(zip(header, row, strict=True)) for row in rows]


def _moment(text: object) -> datetime:
    for spelling in SPELLINGS:
        try:
            return datetime.strptime(str(text), spelling)
        except ValueError:
            continue
    raise AssertionError(f"no known spelling of a time: {text}")


def test_the_same_seed_gives_the_same_bytes(sample: tuple[Path, Truth], tmp_path: Path) -> None:
    again = write_sample(tmp_path)
    digests = [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in (sample[0], tmp_path)
    ]
    assert again == sample[1]
    assert digests[0] == digests[1]


def test_the_files_cover_every_kind_of_export(sample: tuple[Path, Truth]) -> None:
    kinds = Counter(path.name.split("_")[0 if path.name[0] not in "1234567890" else 1] for path in sample[0].iterdir())
    expected = {"订单.csv": 6, "售后单": 6, "评价": 25, "飞鸽": 26, "竞品TOP10": 26, "店铺体验分.csv": 1}
    assert kinds == expected


def test_orders_come_in_both_encodings_and_both_generations_of_headers(sample: tuple[Path, Truth]) -> None:
    seen = set()
    for path in sample[0].glob("*_订单.csv"):
        header = _decoded(path).partition("\r\n")[0].split(",")
        generation = "new" if "快递信息" in header else "old"
        assert len(header) == len(set(header)) == {"old": 74, "new": 75}[generation]
        assert ("商品规格" in header, "货号" in header) == ((True, False) if generation == "old" else (False, True))
        seen.add((generation, path.read_bytes().startswith(b"\xef\xbb\xbf")))
    assert seen == {(generation, bom) for generation in ("old", "new") for bom in (True, False)}


def test_ids_are_guarded_by_a_tab_and_have_19_digits(orders: dict[datetime, list[dict[str, str]]]) -> None:
    for row in next(iter(orders.values())):
        for name in ("主订单编号", "子订单编号", "商品ID"):
            assert row[name][0] == "\t"
            assert len(row[name].strip()) == 19
            assert row[name].strip().isdigit()


def test_buyers_are_masked_as_the_platform_masks_them(orders: dict[datetime, list[dict[str, str]]]) -> None:
    for rows in orders.values():
        for row in rows:
            assert row["收件人"].startswith("##")
            assert row["收件人手机号"].startswith("$$")
            assert row["详细地址"].startswith("##")


def test_thousands_commas_occur_inside_quotes(orders: dict[datetime, list[dict[str, str]]]) -> None:
    payable = {row["订单应付金额"] for rows in orders.values() for row in rows}
    assert {"1,059.00", "26.90"} <= payable


def test_sub_orders_by_week_are_the_truth_after_deduplication(
    orders: dict[datetime, list[dict[str, str]]], truth: Truth
) -> None:
    union = {row["子订单编号"]: row for rows in orders.values() for row in rows}
    weeks = Counter(week_of(_moment(row["订单提交时间"])) for row in union.values())
    assert weeks == truth.sub_orders
    assert sum(map(len, orders.values())) > len(union) * 1.2  # the exports do overlap


def test_late_orders_by_week_are_the_truth(orders: dict[datetime, list[dict[str, str]]], truth: Truth) -> None:
    newest = {row["子订单编号"]: row for _, rows in sorted(orders.items()) for row in rows}
    late = Counter(
        week_of(_moment(row["订单提交时间"]))
        for row in newest.values()
        if row["发货时间"] != "-" and row["发货时间"] > row["承诺发货时间"]
    )
    assert late == truth.late


def test_an_export_shows_nothing_that_happened_after_it(orders: dict[datetime, list[dict[str, str]]]) -> None:
    for seen, rows in orders.items():
        for row in rows:
            for name in ("订单提交时间", "支付完成时间", "发货时间", "订单完成时间"):
                assert row[name] == "-" or _moment(row[name]) <= seen


def test_the_channel_is_a_placeholder_on_the_last_day_and_known_in_the_next_export(
    orders: dict[datetime, list[dict[str, str]]],
) -> None:
    files = sorted(orders.items())
    for number, (seen, rows) in enumerate(files):
        unknown = {row["子订单编号"] for row in rows if row["流量体裁"] == PLACEHOLDER}
        ages = {seen - _moment(row["订单提交时间"]) for row in rows if row["子订单编号"] in unknown}
        assert 0 < len(unknown) < 200
        assert max(ages) <= timedelta(hours=33)
        if number + 1 < len(files):
            later = {row["子订单编号"]: row["流量体裁"] for row in files[number + 1][1]}
            assert {later[order] for order in unknown} <= {"直播", "短视频", "其他"}


def test_statuses_move_on_between_exports(orders: dict[datetime, list[dict[str, str]]]) -> None:
    (_, first), (_, second) = sorted(orders.items())[:2]
    before = {row["子订单编号"]: row["订单状态"] for row in first}
    moves = Counter((before[row["子订单编号"]], row["订单状态"]) for row in second if row["子订单编号"] in before)
    assert moves["备货中", "已完成"] > 20
    assert moves["已发货", "已完成"] > 200
    assert not [pair for pair in moves if pair[0] in ("已完成", "已关闭") and pair[0] != pair[1]]


def test_aftersales_are_the_truth_by_week_and_reason(cases: dict[str, list[dict[str, object]]], truth: Truth) -> None:
    union = {row["售后单号"]: row for rows in cases.values() for row in rows}
    assert {len(row) for row in union.values()} == {50}
    assert Counter(week_of(_moment(row["售后申请时间"])) for row in union.values()) == truth.aftersales
    assert Counter(row["售后原因"] for row in union.values()) == truth.reasons
    assert {"退货退款", "未发货退款", "已发货退款", "换货", "补寄"} == {row["售后类型"] for row in union.values()}


def test_an_open_case_is_closed_in_a_later_export(cases: dict[str, list[dict[str, object]]]) -> None:
    history: dict[object, list[object]] = {}
    for _, rows in sorted(cases.items(), key=lambda file: file[0].split("-")[1]):
        for row in rows:
            history.setdefault(row["售后单号"], []).append(row["售后状态"])
    changed = [states for states in history.values() if len(set(states)) > 1]
    assert len(changed) > 10
    assert all(states[0] in ("待商家处理", "待买家退货") for states in changed)
    assert all(states[-1] in ("同意退款，退款成功", "售后关闭", "换货成功") for states in changed)


def test_some_sub_orders_have_two_cases(cases: dict[str, list[dict[str, object]]]) -> None:
    union = {row["售后单号"]: row["商品单号"] for rows in cases.values() for row in rows}
    assert Counter(Counter(union.values()).values())[2] > 5


def test_reviews_stars_and_followups_are_the_truth(reviews: dict[str, list[dict[str, object]]], truth: Truth) -> None:
    newest = {(row["订单ID"], _moment(row["评价日期"])): row for _, rows in sorted(reviews.items()) for row in rows}
    weeks = Counter(week_of(at) for _, at in newest)
    stars: Counter[str] = Counter()
    for (_, at), row in newest.items():
        stars[week_of(at)] += int(str(row["商品评价得分"])[0])
    assert weeks == truth.reviews
    assert stars == truth.stars
    assert sum(bool(row["追评内容"]) for row in newest.values()) == truth.followups > 200


def test_reviews_use_each_spelling_of_dates_and_overlap(reviews: dict[str, list[dict[str, object]]]) -> None:
    separators = {str(rows[0]["评价日期"])[4] for rows in reviews.values() if rows}
    assert separators == {"年", "-", "/"}
    rows = [(row["订单ID"], _moment(row["评价日期"])) for rows in reviews.values() for row in rows]
    assert len(rows) > 1.8 * len(set(rows))


def test_a_followup_appears_only_in_the_later_export(reviews: dict[str, list[dict[str, object]]]) -> None:
    history: dict[object, list[bool]] = {}
    for _, rows in sorted(reviews.items()):
        for row in rows:
            history.setdefault((row["订单ID"], _moment(row["评价日期"])), []).append(bool(row["追评内容"]))
    assert [False, True] in history.values()
    assert [True, False] not in history.values()


def test_default_and_empty_texts_are_a_minority_that_cannot_be_overlooked(
    reviews: dict[str, list[dict[str, object]]],
) -> None:
    texts = [row["评价内容"] for rows in reviews.values() for row in rows]
    silent = sum(text in script()["talk"]["defaults"] for text in texts) / len(texts)
    assert 0.2 < silent < 0.4
    assert {"", "此用户没有填写评价。"} <= set(texts)


def test_texts_rarely_repeat(reviews: dict[str, list[dict[str, object]]]) -> None:
    said = {row["订单ID"]: row["评价内容"] for rows in reviews.values() for row in rows}
    written = [text for text in said.values() if text not in script()["talk"]["defaults"]]
    assert len(written) > 3000
    assert len(set(written)) / len(written) > 0.9


def test_no_placeholder_is_left_in_any_text(
    reviews: dict[str, list[dict[str, object]]], cases: dict[str, list[dict[str, object]]]
) -> None:
    rows = [row for files in (reviews, cases) for rows in files.values() for row in rows]
    assert not [row for row in rows if any("{" in str(cell) for cell in row.values())]


def test_hostile_texts_stay_texts(reviews: dict[str, list[dict[str, object]]]) -> None:
    texts = {str(row["评价内容"]) for rows in reviews.values() for row in rows}
    assert any("<script>" in text for text in texts)
    assert any(text.startswith("=1+1") for text in texts)


def test_service_has_summary_rows_durations_as_text_and_the_true_sessions(
    sample: tuple[Path, Truth],
) -> None:
    folder, truth = sample
    sessions, durations = {}, set()
    for path in folder.glob("飞鸽_客服表现_*.xlsx"):
        total, mean, *agents = _sheet(path)
        assert len(total) == 22
        assert (total["客服账号"], mean["客服账号"]) == ("店铺汇总值", "店铺平均值")
        assert total["全天平响时长"] == "-"
        week = week_of(datetime.strptime(path.stem[-17:-9], "%Y%m%d"))
        sessions[week] = sum(int(str(agent["接待会话量"])) for agent in agents)
        assert str(total["接待会话量"]).replace(",", "") == str(sessions[week])
        durations |= {str(agent["全天平响时长"]) for agent in agents}
    assert sessions == truth.sessions
    assert any("分" in duration for duration in durations)
    assert all(duration.endswith("秒") for duration in durations)


def test_rivals_have_a_title_line_ten_ranks_bands_and_gaps(sample: tuple[Path, Truth]) -> None:
    boards = sorted(sample[0].glob("竞品TOP10_*.csv"))
    assert [week_of(datetime.strptime(path.stem[-8:], "%Y%m%d")) for path in boards] == list(WEEKS)
    for path in boards:
        title, header, *rows = (line.split(",") for line in _decoded(path).splitlines())
        assert title[0] == f"小店体验分榜 {CATEGORY}"
        assert header[:3] == ["排名", "店铺名称", "体验分"]
        assert [row[0] for row in rows] == [str(rank) for rank in range(1, 11)]
        assert [row[2] for row in rows] == sorted((row[2] for row in rows), reverse=True)
        assert all(4.3 <= float(row[2]) <= 5 for row in rows)
        assert [row[3:6] for row in rows].count(["-", "-", "-"]) == 1
    assert any("~" in line for line in _decoded(boards[0]).splitlines())


def test_own_scores_are_a_line_a_day_on_the_100_point_scale(sample: tuple[Path, Truth]) -> None:
    rows = _rows(sample[0] / "店铺体验分.csv")
    assert len(rows) == 26 * 7
    assert {row["店铺名称"] for row in rows} == {NAME}
    assert all(75 <= int(row["体验分"]) <= 95 for row in rows)


def _share(truth: Truth, cause: str, weeks: set[str], product: str = "") -> float:
    cells = truth.causes.items()
    found = sum(n for (name, of, week), n in cells if name == cause and week in weeks and product in ("", of))
    return found / sum(truth.reviews[week] for week in weeks)


def test_the_batch_turns_bad_when_planted(truth: Truth) -> None:
    batch = PLANTED[0]
    before = _share(truth, batch.cause, set(WEEKS[:19]), batch.product_id)
    after = _share(truth, batch.cause, set(WEEKS[20:]), batch.product_id)
    assert (batch.kind, batch.from_week) == ("batch", WEEKS[18])
    assert before < 0.005
    assert after > 0.03


def test_the_level_is_there_all_along(truth: Truth) -> None:
    level = PLANTED[1]
    for weeks in (set(WEEKS[:13]), set(WEEKS[13:])):
        own = _share(truth, level.cause, weeks, level.product_id)
        assert own > 0.02
        assert own > 3 * (_share(truth, level.cause, weeks) - own)


def test_the_spike_lasts_two_weeks_in_all_products(truth: Truth) -> None:
    spike = PLANTED[2]
    during, others = {spike.from_week, spike.to_week}, set(WEEKS[2:]) - {spike.from_week, spike.to_week}
    assert _share(truth, spike.cause, during) > 20 * _share(truth, spike.cause, others)
    hit = {product for (cause, product, week) in truth.causes if cause == spike.cause and week in during}
    assert hit == set(truth.products)


def test_orders_were_shipped_late_where_buyers_say_so(truth: Truth) -> None:
    worst = sorted(truth.late, key=lambda week: -truth.late[week])[:2]
    assert sorted(worst) == ["2026-W40", "2026-W41"]


def test_the_script_holds_enough_to_say_about_every_cause() -> None:
    said = [text for group in script()["complaints"].values() for texts in group.values() for text in texts]
    praised = [text for texts in script()["praise"].values() for text in texts]
    assert len(said) == len(set(said)) >= 250
    assert len(praised) == len(set(praised)) >= 120
    assert {cause for group in script()["complaints"].values() for cause in group} == set(CAUSES)
    assert all(fragments(product, cause) for product in products() for cause in product.causes)


@settings(deadline=None)
@given(st.integers(), st.sampled_from(products()), st.sampled_from(WEEKS), st.sampled_from(WEEKS))
def test_a_complaint_says_each_of_its_causes(seed: int, product: Product, ordered: str, reviewed: str) -> None:
    dice = Random(seed)
    monday = [datetime.strptime(f"{week}-1", "%G-W%V-%u") for week in (ordered, reviewed)]
    causes = causes_of(dice, product, *monday)
    assert len(causes) == len(set(causes)) <= 3
    text = complaint(dice, product, causes) if causes else ""
    for cause in causes:
        assert any(said.replace("{noun}", product.noun) in text for said in fragments(product, cause))
