"""Small export files for the reader's tests."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pytest
import xlsxwriter

from shopscore_analysis.read import Batch, read_export

Grid = Sequence[Sequence[object]]


def text_of(rows: Grid, delimiter: str = ",") -> str:
    """The rows as delimited text."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows to a file: by suffix a workbook, else delimited text in `encoding`."""

    def writer(name: str, rows: Grid, encoding: str = "utf-8-sig", delimiter: str = ",", sheet: str = "Sheet1") -> Path:
        path = tmp_path / name
        if path.suffix == ".xlsx":
            workbook(path, {sheet: rows})
        else:
            path.write_bytes(text_of(rows, delimiter).encode(encoding))
        return path

    return writer


def workbook(path: Path, sheets: dict[str, Grid], **options: object) -> None:
    """Writes a workbook; strings stay strings, numbers stay numbers."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, **options}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)


def one(path: Path, **options: object) -> Batch:
    """The only batch of a file."""
    (batch,) = read_export(path, shop="试衣间", **options)
    return batch


def values(batch: Batch, column: str) -> list[object]:
    """A column of a batch's records as Python values."""
    cells = batch.records[column]
    assert isinstance(cells, pa.ChunkedArray)
    return cells.to_pylist()


REVIEW = [
    "评价日期",
    "订单ID",
    "商品ID",
    "商品名称",
    "商品规格",
    "商品评价得分",
    "评价等级",
    "评价内容",
    "追评内容",
    "追评时间",
]
ORDER = [
    "主订单编号",
    "子订单编号",
    "选购商品",
    "商品规格",
    "商品数量",
    "商品ID",
    "商品单价",
    "订单应付金额",
    "订单提交时间",
    "承诺发货时间",
    "发货时间",
    "订单状态",
    "售后状态",
    "流量体裁",
]


def review(
    text: str = "袖口有点紧", when: str = "2026-09-10 12:00:00", order: str = "6900000000000000012", stars: object = 2
) -> list[object]:
    """A review row."""
    return [when, order, "3500000000000000001", "示例衬衫", "米白;M", stars, "差评", text, "", ""]


def order(number: int = 1, when: str = "2026-09-01 10:00:00", **changed: object) -> list[object]:
    """An order row with ids of 19 digits."""
    row = dict(
        zip(
            ORDER,
            [
                f"\t690000000000000{number:03d}1",
                f"\t690000000000000{number:03d}2",
                "\t示例衬衫",
                "米白;M",
                1,
                "\t3500000000000000001",
                "59.00",
                "54.00",
                when,
                "2026-09-03 10:00:09",
                "2026-09-02 18:20:00",
                "已完成",
                "-",
                "直播",
            ],
            strict=True,
        )
    )
    return list((row | changed).values())
