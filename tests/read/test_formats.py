"""Every kind of file and container that exports come in, and what is refused."""

from __future__ import annotations

import datetime as dt
import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
import xlwt

from shopscore_analysis.errors import ExportError
from shopscore_analysis.load import load
from shopscore_analysis.read import delimited, grids, read_export, sources
from shopscore_analysis.shelf import Shelf
from tests.read.conftest import ORDER, REVIEW, one, order, review, text_of, values, workbook

Write = Callable[..., Path]
Patch = pytest.MonkeyPatch


def test_illegal_bytes_are_replaced_and_counted_never_ignored(write: Write) -> None:
    path = write("评价.csv", [REVIEW, review("线头多")], "utf-8")
    path.write_bytes(path.read_bytes().replace("线头多".encode(), b"\xff\xfe\xff" + "线头多".encode()))
    batch = one(path)
    assert values(batch, "text") == ["\ufffd\ufffd\ufffd线头多"]
    assert batch.warnings == ["按 utf-8 解码，3 个字节不合法，换成了 U+FFFD"]


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


def test_nothing_below_a_header_is_never_given_to_a_reader_that_may_abort(write: Write, monkeypatch: Patch) -> None:
    """pyarrow's streaming reader of nothing ended the process about once in a hundred times."""
    monkeypatch.setattr(delimited.Delimited, "_fast", lambda *_: pytest.fail("pyarrow was asked to read nothing"))
    assert len(one(write("评价.csv", [REVIEW])).records) == 0


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


def test_every_sheet_of_a_workbook_is_read_and_strangers_are_named(tmp_path: Path) -> None:
    path = tmp_path / "九月.xlsx"
    workbook(path, {"说明": [["导出说明"], ["仅供内部"]], "评价": [REVIEW, review()], "订单": [ORDER, order()]})
    batches = read_export(path, shop="试衣间")
    assert [batch.table for batch in batches] == ["reviews", "orders"]
    assert batches[0].warnings == ["说明：没有认得的表，没有读"]


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
    assert batch.warnings[0] == "工作表“评价”是隐藏的，照样读了"


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


def test_an_html_table_named_xls_is_read(tmp_path: Path) -> None:
    cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in (REVIEW, review("褪色 &amp; 起球"))]
    path = tmp_path / "评价.xls"
    path.write_bytes(f"<html><table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table></html>".encode("gb18030"))
    batch = one(path)
    assert values(batch, "text") == ["褪色 & 起球"]
    assert batch.warnings == ["这是一个网页，只是起了工作簿的名字；读了里面的表"]


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


def xls(path: Path, rows: list[list[object]], date: dt.datetime | None = None) -> Path:
    """A real binary workbook (BIFF8 in an OLE container); `date` goes into the first cell of the second row."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("评价")
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            if not (at == 1 and place == 0 and date):
                sheet.write(at, place, cell)
    if date:
        sheet.write(1, 0, date, xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS"))
    book.save(str(path))
    return path


def test_a_binary_xls_is_read_with_its_dates(tmp_path: Path) -> None:
    batch = one(xls(tmp_path / "评价.xls", [REVIEW, review("旧格式")], dt.datetime(2026, 9, 10, 12, 30, 5)))
    assert (values(batch, "text"), values(batch, "reviewed_at")) == (["旧格式"], [dt.datetime(2026, 9, 10, 12, 30, 5)])
    assert batch.records["order_ref"].to_pylist() == ["6900000000000000012"]


def test_a_binary_xls_with_numbers_for_long_ids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="rounded them"):
        read_export(xls(tmp_path / "评价.xls", [REVIEW, review(order=6.900000000000000012e18)]), shop="试衣间")


XML = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="评价"><Table>
<Row><Cell><Data ss:Type="String">评价日期</Data></Cell><Cell><Data ss:Type="String">商品ID</Data></Cell>
<Cell ss:Index="4"><Data ss:Type="String">评价内容</Data></Cell></Row>
<Row ss:Index="3"><Cell><Data ss:Type="DateTime">2026-09-10T12:30:05.000</Data></Cell>
<Cell><Data ss:Type="String">3500000000000000001</Data></Cell>
<Cell ss:Index="4"><Data ss:Type="String">褪色 &amp; 起球</Data></Cell></Row>
</Table></Worksheet></Workbook>"""


def test_an_xml_workbook_of_2003_is_read_with_its_skipped_cells_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "评价.xls"
    path.write_text(XML, encoding="utf-8")
    batch = one(path)
    assert (values(batch, "text"), values(batch, "product_id")) == (["褪色 & 起球"], ["3500000000000000001"])
    assert values(batch, "reviewed_at") == [dt.datetime(2026, 9, 10, 12, 30, 5)]
    path.write_text(XML[:-30], encoding="utf-8")
    with pytest.raises(ExportError, match="expected an XML workbook, found a damaged one"):
        read_export(path, shop="试衣间")


def test_a_cell_merged_downwards_holds_for_all_its_rows_but_an_amount_is_stated_once(tmp_path: Path) -> None:
    path = tmp_path / "订单.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([ORDER, order(1), order(2, 订单应付金额="")]):
            sheet.write_row(at, 0, row)
        for name in ("主订单编号", "订单提交时间", "订单应付金额"):
            column = ORDER.index(name)
            sheet.merge_range(1, column, 2, column, order(1)[column])
    batch = one(path)
    assert values(batch, "order_id") == ["6900000000000000011"] * 2
    assert values(batch, "ordered_at") == [dt.datetime(2026, 9, 1, 10)] * 2
    assert values(batch, "payable_fen") == [5400, None]


def test_a_blank_line_counts_when_rows_are_numbered(write: Write) -> None:
    for name in ("评价.csv", "评价.xlsx"):
        batch = one(write(name, [REVIEW, [""] * 10, review(), [], review(when="改天")]))
        assert [reject.row for reject in batch.rejects] == [5]


def test_rows_are_numbered_right_after_a_ragged_one_and_across_slices(write: Write, monkeypatch: Patch) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", 400)
    monkeypatch.setattr(grids, "SLICE_ROWS", 3)
    rows = [review(f"第{at}条", order=f"69000000000000{at:05d}") for at in range(40)]
    rows[25] = [*rows[25], "", "多"]
    rows[30] = review(when="改天")
    batch = one(write("评价.csv", [REVIEW, *rows]))
    assert values(batch, "text") == [f"第{at}条" for at in range(40) if at != 30]
    assert [reject.row for reject in batch.rejects] == [32]


def test_a_file_read_in_slices_is_the_file_read_whole(write: Write, monkeypatch: Patch) -> None:
    rows = [
        order(at % 7, when=["2026-09-01", "改天"][at % 5 == 4], 商品数量=["1", "x"][at % 3 == 2]) for at in range(60)
    ]
    path = write("订单.csv", [ORDER, *rows, ["总计", *[""] * 13]])
    whole = one(path)
    monkeypatch.setattr(delimited, "_BLOCK", 500)
    sliced = one(path)
    assert sliced.records.equals(whole.records)
    assert set(sliced.rejects) == set(whole.rejects)
    assert set(sliced.warnings) == set(whole.warnings)


def test_a_second_header_far_down_begins_a_table_of_its_own(write: Write, monkeypatch: Patch) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", 400)
    reviews = [review(f"第{at}条", order=f"69000000000000{at:05d}") for at in range(20)]
    mirrored = [row[::-1] for row in (REVIEW, review("末", order="6900000000000000099"))]
    batches = read_export(write("评价.csv", [REVIEW, *reviews, *mirrored]), shop="试衣间")
    assert [len(batch.records) for batch in batches] == [20, 1]
    assert values(batches[1], "text") == ["末"]


def test_encodings_may_differ_within_a_folder_and_names_may_hold_anything(tmp_path: Path) -> None:
    raw = tmp_path / "导 出" / "九月(1)"
    raw.mkdir(parents=True)
    for at, encoding in enumerate(["utf-8-sig", "gb18030", "utf-16"]):
        text = text_of([REVIEW, review("面料薄", order=f"690000000000000001{at}")])
        (raw / f"评价 第{at}周 [终版].csv").write_bytes(text.encode(encoding))
    done = load(
        [raw, raw / ".." / "九月(1)" / "评价 第0周 [终版].csv"], Shelf(tmp_path / "shelf"), "../店", tmp_path / "r"
    )
    assert [(one.error, one.new, one.unchanged) for one in done] == [(None, 1, 0)] * 3 + [(None, 0, 1)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shelf", "导 出"]


@pytest.mark.slow
def test_a_sheet_of_a_million_rows_is_read_to_the_last(tmp_path: Path) -> None:
    path = tmp_path / "1790000000_订单.xlsx"
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ORDER)
        for at in range(1, 1_048_576):
            sheet.write_row(at, 0, order(1, 子订单编号=f"69000000000{at:08d}"))
    (done,) = load([path], Shelf(tmp_path / "shelf"), "试衣间", tmp_path / "rejects")
    assert (done.rows, done.new, done.rejected) == (1_048_575, 1_048_575, 0)
