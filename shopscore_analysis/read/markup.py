"""Tables in markup that is named as a workbook: HTML pages, and the XML of Excel 2003."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TypeVar
from xml.etree import ElementTree

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.encodings import encoding_of
from shopscore_analysis.read.grids import Grid, Rows
from shopscore_analysis.read.sources import Source

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
Item = TypeVar("Item")
_PAGE = "这是一个网页，只是起了工作簿的名字；读了里面的表"


def is_html(head: bytes) -> bool:
    """Whether a file's first bytes are those of a page, or hold a table of one."""
    start = head[:65536].lower()
    return b"<table" in start or start.lstrip().startswith((b"<html", b"<!doctype html"))


class _TableParser(HTMLParser):
    """Collects the cells of every table of a page as rows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows = self.rows or [[]]
            self.rows[-1].append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1][-1] += data


def html(source: Source) -> Grid:
    """The cells of every table of a page, one below the other."""
    parser = _TableParser()
    parser.feed(source.data().decode(encoding_of(source) or "utf-8", "replace"))
    rows = parser.rows
    return Rows(lambda: rows, None, source.member, [_PAGE])


def is_spreadsheet_xml(head: bytes) -> bool:
    """Whether a file's first bytes are those of an XML workbook of Excel 2003."""
    return b"urn:schemas-microsoft-com:office:spreadsheet" in head[:4096] and b"<table" not in head[:4096]


def spreadsheet_xml(source: Source) -> Iterator[Grid]:
    """One grid per worksheet of an XML workbook; ExportError where the XML is damaged."""
    try:
        book = ElementTree.parse(io.BytesIO(source.data())).getroot()
    except ElementTree.ParseError as error:
        raise ExportError(
            f"expected an XML workbook, found a damaged one ({error}); export it again as CSV or xlsx",
            source.path,
            source.member or None,
            why="损坏了，请重新导出",
        ) from error
    for sheet in book.iter(f"{_SS}Worksheet"):
        rows = _placed([(_index(row), _cells(row)) for row in sheet.iter(f"{_SS}Row")], [])
        yield Rows(lambda rows=rows: rows, sheet.get(f"{_SS}Name"), source.member, [])  # type: ignore[misc]


def _index(element: ElementTree.Element) -> int:
    """The 1-based place that an element states, 0 where it follows the one before."""
    return int(element.get(f"{_SS}Index", "0"))


def _cells(row: ElementTree.Element) -> list[str]:
    return _placed([(_index(cell), _data(cell)) for cell in row.iter(f"{_SS}Cell")], "")


def _data(cell: ElementTree.Element) -> str:
    """A cell's text; a time loses its T, a number its trailing `.0`."""
    data = cell.find(f"{_SS}Data")
    if data is None:
        return ""
    text = "".join(data.itertext())
    return text.replace("T", " ").removesuffix(".000") if data.get(f"{_SS}Type") == "DateTime" else text


def _placed(items: list[tuple[int, Item]], blank: Item) -> list[Item]:
    """The items with blanks before those that state a later place."""
    row: list[Item] = []
    for at, item in items:
        row.extend([blank] * (at - 1 - len(row)))
        row.append(item)
    return row
