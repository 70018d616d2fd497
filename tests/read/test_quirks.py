"""The 25 quirks of real exports, each in a small file of its own, one test per number."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from shopscore_analysis.errors import ExportError
from shopscore_analysis.load import load
from shopscore_analysis.read import read_export
from shopscore_analysis.schema import week_of
from shopscore_analysis.shelf import Shelf
from tests.read.conftest import ORDER, REVIEW, one, order, review, text_of, values

Write = Callable[..., Path]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16", "utf-16-le"])
def test_quirk_01_text_is_read_in_every_encoding_that_exports_come_in(write: Write, encoding: str) -> None:
    batch = one(write("评价.csv", [REVIEW, review("面料薄，𠮷祥")], encoding))
    assert values(batch, "text") == ["面料薄，𠮷祥"]
    assert batch.warnings == []


def test_quirk_02_tabs_inside_quotes_leave_ids_names_specs_and_headers(write: Write) -> None:
    header = [f"\t{name}" for name in ORDER]
    row = order(选购商品="\t示例衬衫\t", 商品规格="\t米白;M")
    batch = one(write("订单.csv", [header, row]))
    assert [values(batch, name) for name in ("sub_order_id", "product", "sku", "product_id")] == [
        ["6900000000000000012"],
        ["示例衬衫"],
        ["米白;M"],
        ["3500000000000000001"],
    ]


@pytest.mark.parametrize("guard", ["\t{}", "{}\t", "'{}", '="{}"', "`{}", "\ufeff{}", "\u200b{}"])
def test_quirk_03_ids_lose_their_guards_and_keep_every_digit(write: Write, guard: str) -> None:
    batch = one(write("评价.csv", [REVIEW, review(order=guard.format("6900000000000000012"))]))
    assert values(batch, "order_ref") == ["6900000000000000012"]


@pytest.mark.parametrize("lost", ["6.91793E+18", "6.9E+18", "6.917930000000000e18"])
def test_quirk_04_a_csv_whose_ids_a_spreadsheet_has_rounded_is_refused(write: Write, lost: str) -> None:
    path = write("订单.csv", [ORDER, order(), order(2, 子订单编号=lost)])
    with pytest.raises(ExportError) as caught:
        read_export(path, shop="试衣间")
    assert str(caught.value) == (
        f"订单.csv (row 3, column 子订单编号): expected ids with all their digits in 子订单编号, found {lost}: "
        "a spreadsheet program has rounded them and they cannot be repaired; export the file again and load it without "
        "opening it in Excel"
    )


def test_quirk_05_the_spellings_of_time_that_a_spreadsheet_leaves_are_read(write: Write) -> None:
    spelled = [
        "2026/9/10 8:00",
        "2026年09月10日 08:00:00",
        "2026-09-10 08:00:00",
        "46275.333333333336",
        "2026-09-10T08:00",
    ]
    rows = [review(when=when, order=f"690000000000000001{at}") for at, when in enumerate(spelled)]
    batch = one(write("评价.csv", [REVIEW, *rows]))
    assert values(batch, "reviewed_at") == [dt.datetime(2026, 9, 10, 8)] * 5


@pytest.mark.parametrize("marker", ["-", "--", "—", "", " ", "无", "NULL"])
def test_quirk_06_empty_markers_are_nothing_also_in_dates_and_amounts(write: Write, marker: str) -> None:
    batch = one(write("订单.csv", [ORDER, order(发货时间=marker, 订单应付金额=marker, 商品规格=marker)]))
    assert [values(batch, name) for name in ("shipped_at", "payable_fen", "sku")] == [[None], [None], [None]]
    assert batch.rejects == []


def test_quirk_07_amounts_lose_commas_signs_units_and_full_width_digits(write: Write) -> None:
    spelled = ["1,018.00", "¥1018", "￥1,018.0元", "１０１８．００", "101800分"]
    batch = one(write("订单.csv", [ORDER, *(order(at, 订单应付金额=text) for at, text in enumerate(spelled, 1))]))
    assert values(batch, "payable_fen") == [101_800] * 5


def test_quirk_08_a_share_is_a_percent_or_a_fraction_and_a_bare_number_above_one_is_refused(write: Write) -> None:
    header = ["客服账号", "日期", "接待会话量", "不满意率"]
    rows = [["甲", "2026-09-01", 10, "12.34%"], ["乙", "2026-09-01", 10, "0.1234"], ["丙", "2026-09-01", 10, "12.34"]]
    batch = one(write("客服.csv", [header, *rows]))
    assert values(batch, "dissatisfied_rate") == [0.1234, 0.1234, None]
    assert [(reject.row, reject.value) for reject in batch.rejects] == [(4, "12.34")]
    told = one(write("客服.csv", [[*header[:3], "不满意率(%)"], ["丙", "2026-09-01", 10, "12.34"]]))
    assert values(told, "dissatisfied_rate") == [0.1234]


def test_quirk_09_durations_are_words_or_numbers_of_the_headers_unit(write: Write) -> None:
    header = ["客服账号", "日期", "接待会话量", "平均响应时长（分）", "首次响应时长（秒）"]
    spelled = [("11秒", "9.2"), ("2分30秒", "1天2小时"), ("7小时41分52秒", "0:01:05"), ("2", "38")]
    rows = [[f"客服{at}", "2026-09-01", 10, *pair] for at, pair in enumerate(spelled)]
    batch = one(write("客服.csv", [header, *rows]))
    assert values(batch, "avg_reply_s") == [11.0, 150.0, 27_712.0, 120.0]
    assert values(batch, "first_reply_s") == [9.2, 93_600.0, 65.0, 38.0]


def test_quirk_10_bands_become_a_low_and_a_high_end(write: Write) -> None:
    header = ["排名", "店铺名称", "体验分", "近30天销量", "近30天销售额"]
    rows = [[1, "邻店甲", "4.9", "7.5w~10w", "1000w~2500w"], [2, "邻店乙", "4.8", "100万", "500w"]]
    batch = one(write("竞品_20260901.csv", [header, *rows]))
    assert [values(batch, name) for name in ("sales_low", "sales_high")] == [[75_000, 1_000_000], [100_000, 1_000_000]]
    assert values(batch, "gmv_high_fen") == [2_500_000_000, 500_000_000]


def test_quirk_11_a_title_line_above_the_header_is_passed_over(write: Write) -> None:
    path = write("评价.csv", [["店铺：试衣间 2026年9月"], [], REVIEW, review()])
    batch = one(path)
    assert len(batch.records) == 1


def test_quirk_12_summary_rows_are_set_aside_and_counted(write: Write) -> None:
    batch = one(write("订单.csv", [ORDER, order(), ["总计", *[""] * 6, "54.00", *[""] * 6], ["合计：", *[""] * 13]]))
    assert len(batch.records) == 1
    assert batch.warnings == ["2 行汇总没有导入（第 3、4 行）"]
    assert batch.rejects == []


def test_quirk_13_many_tables_in_one_text_are_told_apart(write: Write) -> None:
    shops = ["排名", "小店名称", "体验分", "商品体验", "近30天销量", "近30天销售额"]
    rows = [
        ["店铺榜"],
        shops,
        [1, "邻店甲", "4.9", "4.8", "7.5w~10w", "1000w~2500w"],
        [],
        ["抖音销量榜"],
        ["排名", "商品", "商品标题", "商品价格", "小店", "周销量", "昨日销量", "转化率"],
        [1, "a", "围巾", "39", "邻店乙", "1w", "2", "3%"],
        [",,"],
        ["潜力榜"],
        shops,
        [2, "邻店丙", "4.7", "-", "500", "1.2w"],
    ]
    batches = read_export(write("榜单_20260901.csv", rows), shop="试衣间")
    assert [values(batch, "rival") for batch in batches] == [["邻店甲"], ["邻店丙"]]
    assert [values(batch, "sales_high") for batch in batches] == [[100_000], [500]]
    assert values(batches[0], "gmv_low_fen") == [1_000_000_000]
    assert values(batches[1], "product_score") == [None]
    assert any(" 行起 1 行像" in warning and "没有读" in warning for warning in batches[0].warnings)


def test_quirk_14_what_a_file_is_counts_not_its_suffix(write: Write) -> None:
    workbook_as_csv = write("评价.xlsx", [REVIEW, review()])
    renamed = workbook_as_csv.rename(workbook_as_csv.with_name("评价.csv"))
    assert len(one(renamed).records) == 1


def test_quirk_15_lock_files_and_files_of_the_system_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "导出.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("~$评价.xlsx", ".DS_Store", "__MACOSX/._评价.csv", "夹/Thumbs.db"):
            archive.writestr(name, b"\0lock")
        archive.writestr("评价.csv", text_of([REVIEW, review()]))
    assert [batch.member for batch in read_export(path, shop="试衣间")] == ["评价.csv"]


def test_quirk_16_a_workbook_that_declares_one_cell_is_read_whole(write: Write, tmp_path: Path) -> None:
    path, small = write("评价.xlsx", [REVIEW, review()]), tmp_path / "小.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(small, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert b'ref="A1:J2"' in data
                data = data.replace(b'ref="A1:J2"', b'ref="A1"')
            target.writestr(name, data)
    assert len(one(small).records) == 1


def test_quirk_17_a_whole_order_in_one_row_becomes_its_items_and_its_amount_stays_one(write: Write) -> None:
    whole = order(1, 子订单编号="6901;6902;6903", 商品数量="1;2;1", 商品单价="20.00;30.00;0.00", 订单应付金额="80.00")
    batch = one(write("订单.csv", [ORDER, whole]))
    assert values(batch, "sub_order_id") == ["6901", "6902", "6903"]
    assert values(batch, "unit_price_fen") == [2000, 3000, 0]
    assert values(batch, "payable_fen") == [8000, None, None]


def test_quirk_18_of_overlapping_exports_the_newer_one_wins_in_any_order(write: Write, tmp_path: Path) -> None:
    old = write("1790000000_订单.csv", [ORDER, order(1, 订单状态="已发货"), order(2, 订单状态="已发货")])
    new = write("1790600000_订单.csv", [ORDER, order(2, 订单状态="已完成"), order(3, 订单状态="备货中")])
    for name, paths in {"straight": [old, new], "turned": [new, old]}.items():
        shelf = Shelf(tmp_path / name)
        load(paths, shelf, "试衣间", tmp_path / "rejects")
        assert shelf.read("orders")["status"].to_pylist() == ["已发货", "已完成", "备货中"]


def test_quirk_19_the_same_file_under_another_name_changes_nothing(write: Write, tmp_path: Path) -> None:
    path = write("评价_20260912.csv", [REVIEW, review()])
    twin = path.with_name("评价_20260912 (1).csv")
    twin.write_bytes(path.read_bytes())
    first, second = load([path, twin], Shelf(tmp_path / "shelf"), "试衣间", tmp_path / "rejects")
    assert (first.new, second.new, second.updated, second.unchanged) == (1, 0, 0, 1)


def test_quirk_20_pending_values_are_nothing_and_said_so(write: Write) -> None:
    batch = one(write("订单.csv", [ORDER, order(流量体裁="数据将于第二天更新")]))
    assert values(batch, "channel") == [None]
    assert batch.warnings == ["1 格写着“数据将于第二天更新”，第二天再导出一次就会补上"]


def test_quirk_21_names_phones_and_addresses_are_dropped_encrypted_or_not(write: Write) -> None:
    header = [*ORDER, "收件人", "收件人手机号", "街道", "详细地址"]
    rows = [
        [*order(1), "##k9d2", "$$77aa", "****", "##x"],
        [*order(2), "赵六", "13800001234", "文一街道", "文三路12号"],
    ]
    held = str(one(write("订单.csv", [header, *rows])).records.to_pydict())
    assert not [word for word in ("##", "$$", "****", "赵六", "13800001234", "文一", "文三") if word in held]


def test_quirk_22_headers_fold_brackets_spaces_guards_and_units(write: Write) -> None:
    header = ["\t售后单号", "售后申请时间 ", "'退商品金额(元)", "退运费金额 （元）", "商品单号"]
    batch = one(
        write(
            "售后.csv", [header, ["140000000000000001", "2026-09-01 12:00:00", "1,018.00", "-", "6900000000000000022"]]
        )
    )
    assert values(batch, "refund_fen") == [101800]


def test_quirk_23_two_headers_of_one_meaning_follow_the_stated_preference_with_a_warning(write: Write) -> None:
    rows = [
        ["客服账号", "日期", "接待会话量", "平均响应时长（秒）", "新平均响应时长（秒）"],
        ["小禾", "2026-09-01", 10, 40, 31],
    ]
    batch = one(write("客服.xlsx", rows))
    assert values(batch, "avg_reply_s") == [31.0]
    assert batch.warnings == ["几列是同一项：读新平均响应时长（秒），不读平均响应时长（秒）"]


def test_quirk_24_times_without_a_zone_are_of_shanghai_and_a_day_begins_at_midnight(write: Write) -> None:
    rows = [review(when="2026-09-06 23:59:59"), review(when="2026-09-07", order="6900000000000000013")]
    at = values(one(write("评价.csv", [REVIEW, *rows])), "reviewed_at")
    assert at == [dt.datetime(2026, 9, 6, 23, 59, 59), dt.datetime(2026, 9, 7)]
    assert [week_of(day) for day in at] == ["2026-W36", "2026-W37"]
    told = one(write("评价.csv", [REVIEW, review(when="2026-09-06T16:30:00+00:00")]))
    assert values(told, "reviewed_at") == [dt.datetime(2026, 9, 7, 0, 30)]


def test_quirk_25_what_arrives_weeks_late_goes_to_its_own_week_and_month(write: Write, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    early = write("评价_20260908.csv", [REVIEW, review(when="2026-09-07 10:00:00")])
    late = write("评价_20261020.csv", [REVIEW, review("晚到", when="2026-09-08 10:00:00", order="6900000000000000013")])
    load([early], shelf, "试衣间", tmp_path / "rejects")
    (again,) = load([late], shelf, "试衣间", tmp_path / "rejects")
    assert (again.new, shelf.months("reviews")) == (1, ["2026-09"])
    assert [week_of(day) for day in shelf.read("reviews")["reviewed_at"].to_pylist()] == ["2026-W37"] * 2


def test_the_table_of_quirks_names_each_of_these_tests() -> None:
    table = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_quirk_\d\d_\w+)`", table)
    assert named == [name for name in globals() if name.startswith("test_quirk_")]
    assert [int(name[11:13]) for name in named] == list(range(1, 26))
