"""The quirks of real exports, each in a small file of its own."""

from __future__ import annotations

import datetime as dt
import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read import read_export, sources
from tests.read.conftest import ORDER, REVIEW, one, order, review, text_of, values, workbook

Write = Callable[..., Path]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16", "utf-16-le"])
def test_text_is_read_in_every_encoding_that_exports_come_in(write: Write, encoding: str) -> None:
    batch = one(write("评价.csv", [REVIEW, review("面料薄，𠮷祥")], encoding))
    assert values(batch, "text") == ["面料薄，𠮷祥"]
    assert batch.warnings == []


def test_illegal_bytes_are_replaced_and_counted_never_ignored(write: Write) -> None:
    path = write("评价.csv", [REVIEW, review("线头多")], "utf-8")
    path.write_bytes(path.read_bytes().replace("线头多".encode(), b"\xff\xfe\xff" + "线头多".encode()))
    batch = one(path)
    assert values(batch, "text") == ["\ufffd\ufffd\ufffd线头多"]
    assert batch.warnings == ["3 illegal bytes in utf-8 text were replaced by U+FFFD"]


@pytest.mark.parametrize("guard", ["\t{}", "{}\t", "'{}", '="{}"', "`{}", "\ufeff{}", "\u200b{}"])
def test_ids_lose_their_guards_and_keep_every_digit(write: Write, guard: str) -> None:
    batch = one(write("评价.csv", [REVIEW, review(order=guard.format("6900000000000000012"))]))
    assert values(batch, "order_ref") == ["6900000000000000012"]


@pytest.mark.parametrize("lost", ["6.91793E+18", "6.9E+18", "6.917930000000000e18"])
def test_a_csv_whose_ids_a_spreadsheet_has_rounded_is_refused(write: Write, lost: str) -> None:
    path = write("订单.csv", [ORDER, order(), order(2, 子订单编号=lost)])
    with pytest.raises(ExportError) as caught:
        read_export(path, shop="试衣间")
    assert str(caught.value) == (
        f"订单.csv (row 3, column 子订单编号): expected ids with all their digits in 子订单编号, found {lost}: "
        "a spreadsheet program has rounded them and they cannot be repaired; export the file again and load it without "
        "opening it in Excel"
    )


def test_a_workbook_with_numbers_for_long_ids_is_refused(write: Write) -> None:
    path = write("评价.xlsx", [REVIEW, review(order=6900000000000000012)])
    with pytest.raises(ExportError, match=r"found 6.900000000000000E\+18"):
        read_export(path, shop="试衣间")


def test_ids_cut_off_after_fifteen_digits_are_refused(write: Write) -> None:
    rows = [order(at, 子订单编号=f"69000000000{at:04d}0000") for at in range(1, 4)]
    with pytest.raises(ExportError, match="rounded them"):
        read_export(write("订单.csv", [ORDER, *rows]), shop="试衣间")


def test_short_ids_may_be_numbers(write: Write) -> None:
    assert values(one(write("评价.xlsx", [REVIEW, review(order=123456789012)])), "order_ref") == ["123456789012"]


@pytest.mark.parametrize("marker", ["-", "--", "—", "", " ", "无", "NULL"])
def test_empty_markers_are_nothing_also_in_dates_and_amounts(write: Write, marker: str) -> None:
    batch = one(write("订单.csv", [ORDER, order(发货时间=marker, 订单应付金额=marker, 商品规格=marker)]))
    assert [values(batch, name) for name in ("shipped_at", "payable_fen", "sku")] == [[None], [None], [None]]
    assert batch.rejects == []


def test_a_title_line_above_the_header_is_passed_over(write: Write) -> None:
    path = write("评价.csv", [["店铺：试衣间 2026年9月"], [], REVIEW, review()])
    batch = one(path)
    assert len(batch.records) == 1


def test_summary_rows_are_set_aside_and_counted(write: Write) -> None:
    batch = one(write("订单.csv", [ORDER, order(), ["总计", *[""] * 6, "54.00", *[""] * 6], ["合计：", *[""] * 13]]))
    assert len(batch.records) == 1
    assert batch.warnings == ["2 summary rows set aside (row 3, 4)"]
    assert batch.rejects == []


def test_pending_values_are_nothing_and_said_so(write: Write) -> None:
    batch = one(write("订单.csv", [ORDER, order(流量体裁="数据将于第二天更新")]))
    assert values(batch, "channel") == [None]
    assert batch.warnings == ["1 cells say 数据将于第二天更新; export again tomorrow to fill them"]


def test_two_headers_of_one_meaning_follow_the_stated_preference_with_a_warning(write: Write) -> None:
    rows = [
        ["客服账号", "日期", "接待会话量", "平均响应时长（秒）", "新平均响应时长（秒）"],
        ["小禾", "2026-09-01", 10, 40, 31],
    ]
    batch = one(write("客服.xlsx", rows))
    assert values(batch, "avg_reply_s") == [31.0]
    assert batch.warnings == [
        "avg_reply_s: 新平均响应时长（秒） is read, 平均响应时长（秒） is not (they mean the same)"
    ]


def test_headers_fold_brackets_spaces_guards_and_units(write: Write) -> None:
    header = ["\t售后单号", "售后申请时间 ", "'退商品金额(元)", "退运费金额 （元）", "商品单号"]
    batch = one(
        write(
            "售后.csv", [header, ["140000000000000001", "2026-09-01 12:00:00", "1,018.00", "-", "6900000000000000022"]]
        )
    )
    assert values(batch, "refund_fen") == [101800]


def test_the_order_of_columns_does_not_matter(write: Write) -> None:
    straight = one(write("评价.csv", [REVIEW, review()]))
    mirrored = one(write("评价.csv", [REVIEW[::-1], review()[::-1]]))
    assert mirrored.records.drop_columns(["source"]).equals(straight.records.drop_columns(["source"]))


def test_quoted_newlines_and_delimiters_stay_in_their_cell(write: Write) -> None:
    text = '第一行\n第二行，"引号", 逗号'
    assert values(
        one(write("评价.csv", [REVIEW, review(text), review("后一条", order="6900000000000000013")])), "text"
    ) == [text, "后一条"]


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_other_delimiters_are_found(write: Write, delimiter: str) -> None:
    assert values(one(write("评价.xls", [REVIEW, review()], delimiter=delimiter)), "sku") == ["米白;M"]


def test_a_ragged_row_is_read_not_lost(write: Write) -> None:
    path = write(
        "评价.csv",
        [
            REVIEW,
            review("一"),
            [*review("二", order="6900000000000000013"), "", "多"],
            review("三", order="6900000000000000014")[:8],
        ],
    )
    assert values(one(path), "text") == ["一", "二", "三"]


def test_many_tables_in_one_text_are_told_apart(write: Write) -> None:
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
    assert any("a table of 1 rows like" in warning and "left out" in warning for warning in batches[0].warnings)


def test_every_sheet_of_a_workbook_is_read_and_strangers_are_named(tmp_path: Path) -> None:
    path = tmp_path / "九月.xlsx"
    workbook(path, {"说明": [["导出说明"], ["仅供内部"]], "评价": [REVIEW, review()], "订单": [ORDER, order()]})
    batches = read_export(path, shop="试衣间")
    assert [batch.table for batch in batches] == ["reviews", "orders"]
    assert batches[0].warnings == ["说明: no table of a known kind, left out"]


def test_hidden_rows_count_and_a_hidden_sheet_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "评价.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("封面").write(0, 0, "封面")
        sheet = book.add_worksheet("评价")
        for at, row in enumerate([REVIEW, review("一"), review("二", order="6900000000000000013")]):
            sheet.write_row(at, 0, row)
        sheet.set_row(1, options={"hidden": True})
        sheet.hide()
    (batch,) = read_export(path, shop="试衣间")
    assert values(batch, "text") == ["一", "二"]
    assert batch.warnings[0] == "sheet 评价 is hidden; it was read all the same"


def test_merged_title_cells_and_formulas_give_their_values(tmp_path: Path) -> None:
    path = tmp_path / "评价.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 5, "评价明细")
        sheet.write_row(1, 0, REVIEW)
        sheet.write_row(2, 0, review())
        sheet.write_formula(2, 5, "=2+2", None, 4)
    assert values(one(path), "stars") == [4]


@pytest.mark.parametrize("date_1904", [False, True])
def test_real_dates_of_both_date_systems(tmp_path: Path, date_1904: bool) -> None:
    path = tmp_path / "评价.xlsx"
    with xlsxwriter.Workbook(str(path), {"date_1904": date_1904}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, REVIEW)
        sheet.write_row(1, 0, review())
        style = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_datetime(1, 0, dt.datetime(2026, 9, 10, 12, 30, 5), style)
    assert values(one(path), "reviewed_at") == [dt.datetime(2026, 9, 10, 12, 30, 5)]


def test_a_workbook_that_declares_one_cell_is_read_whole(write: Write, tmp_path: Path) -> None:
    path, small = write("评价.xlsx", [REVIEW, review()]), tmp_path / "小.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(small, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert b'ref="A1:J2"' in data
                data = data.replace(b'ref="A1:J2"', b'ref="A1"')
            target.writestr(name, data)
    assert len(one(small).records) == 1


def test_what_a_file_is_counts_not_its_suffix(write: Write) -> None:
    workbook_as_csv = write("评价.xlsx", [REVIEW, review()])
    renamed = workbook_as_csv.rename(workbook_as_csv.with_name("评价.csv"))
    assert len(one(renamed).records) == 1


def test_an_html_table_named_xls_is_read(tmp_path: Path) -> None:
    cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in (REVIEW, review("褪色 &amp; 起球"))]
    path = tmp_path / "评价.xls"
    path.write_bytes(f"<html><table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table></html>".encode("gb18030"))
    batch = one(path)
    assert values(batch, "text") == ["褪色 & 起球"]
    assert batch.warnings == ["an HTML page named as a workbook; its table was read"]


def test_members_of_a_zip_are_read_and_lock_files_are_not(tmp_path: Path) -> None:
    path = tmp_path / "导出.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../逃逸 评价_20260912.csv", text_of([REVIEW, review()]))
        archive.writestr("__MACOSX/._订单.csv", b"\x00\x05")
        archive.writestr("~$订单.csv", b"lock")
        archive.writestr("夹/1791430000_订单.csv", text_of([ORDER, order()]).encode("gb18030"))
    batches = read_export(path, shop="试衣间")
    assert [(batch.member, batch.table) for batch in batches] == [
        ("../../逃逸 评价_20260912.csv", "reviews"),
        ("夹/1791430000_订单.csv", "orders"),
    ]
    assert values(batches[0], "exported_at") == [dt.datetime(2026, 9, 12)]
    assert values(batches[1], "exported_at") == [dt.datetime(2026, 10, 8, 11, 26, 40)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["导出.zip"]


def test_a_gzip_csv_is_read(tmp_path: Path) -> None:
    path = tmp_path / "评价.csv.gz"
    path.write_bytes(gzip.compress(text_of([REVIEW, review()]).encode()))
    assert len(one(path).records) == 1


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(sources, "LIMIT", 1000)
    path = tmp_path / f"炸弹.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", b"0" * 5000)
    else:
        path.write_bytes(gzip.compress(b"0" * 5000))
    with pytest.raises(
        ExportError,
        match=r"expected at most 1,000 bytes once unpacked, found .*; split the export into shorter periods",
    ):
        read_export(path, shop="试衣间")


def test_archives_within_archives_end(tmp_path: Path) -> None:
    data = text_of([REVIEW, review()]).encode()
    for _ in range(4):
        data = gzip.compress(data)
    path = tmp_path / "层层.gz"
    path.write_bytes(data)
    with pytest.raises(ExportError, match="archives within archives; unpack it first"):
        read_export(path, shop="试衣间")


def test_a_protected_workbook_is_refused_with_the_way_to_open_it(tmp_path: Path) -> None:
    path = tmp_path / "评价.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    )
    with pytest.raises(ExportError) as caught:
        read_export(path, shop="试衣间")
    assert str(caught.value) == (
        "评价.xlsx: expected an open workbook, found one protected by a password; open it in Excel, remove the "
        "password (文件 → 信息 → 保护工作簿 → 用密码进行加密), save and load it again"
    )


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("空.csv", b"", "found an empty file"),
        ("白.csv", b"  \r\n\r\n", "found an empty file"),
        ("图.csv", b"\x89PNG\r\n\x1a\n" + bytes(50), "found a picture"),
        ("账单.csv", b"%PDF-1.7 \n", "found a PDF"),
        ("坏.xlsx", b"PK\x03\x04" + b"x" * 99, "found a damaged one"),
        ("坏.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "found a damaged one"),
        ("坏.csv.gz", b"\x1f\x8b\x08" + bytes(7) + b"x" * 20, "found a damaged one"),
        ("短.csv.gz", gzip.compress(b"a,b\n" * 100)[:-12], "found one that is cut short"),
        ("话.csv", "今天天气不错\n".encode(), "found the headers 今天天气不错"),
    ],
)
def test_what_is_no_export_is_refused_with_what_to_do(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ExportError) as caught:
        read_export(path, shop="试衣间")
    message = str(caught.value)
    assert message.startswith(f"{name}: expected ")
    assert said in message
    assert "export" in message or "download it again" in message


def test_a_word_document_named_xlsx_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "评价.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(ExportError, match="found a Word document; export the table itself"):
        read_export(path, shop="试衣间")


def test_a_missing_column_is_named_with_the_nearest_dialect(write: Write) -> None:
    short = [name for name in ORDER if name not in ("订单提交时间", "订单状态")]
    with pytest.raises(ExportError) as caught:
        read_export(write("订单.csv", [short, ["1"] * len(short)]), shop="试衣间")
    message = str(caught.value)
    assert message.startswith(
        "订单.csv: expected 抖店订单 (douyin-orders) with a column 订单提交时间；订单状态, "
        "found the headers 主订单编号、"
    )
    assert message.endswith("export it again with all columns (标准报表), or rename the header")


def test_a_refused_file_shows_no_contact_data_of_its_first_row(tmp_path: Path) -> None:
    path = tmp_path / "无表头.csv"
    path.write_text("王五,13800001234,文三路12号3单元501室\n", encoding="utf-8")
    with pytest.raises(ExportError) as caught:
        read_export(path, shop="试衣间")
    assert "13800001234" not in str(caught.value)
    assert "文三路" not in str(caught.value)


def test_a_header_without_rows_gives_no_records(write: Write) -> None:
    for name in ("评价.csv", "评价.xlsx"):
        assert len(one(write(name, [REVIEW])).records) == 0
