"""Bytes → grids: what a file really is, whatever its name says; the only file that knows spreadsheet readers."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.archives import is_workbook, members, unpacked
from shopscore_analysis.read.delimited import is_text, read_delimited
from shopscore_analysis.read.grids import Grid, Rows, width_of

_OLE, _ZIP, _GZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"\x1f\x8b"
_OTHER = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
}
_EXACT = 2**53
_DEPTH = 2
_HIDDEN = "sheet {} is hidden; it was read all the same"
_CHUNK = 1 << 16
_ADVICE = "export it again from the back office as CSV or xlsx"


def grids(data: bytes, path: Path, member: str = "", depth: int = 0) -> Iterator[Grid]:
    """Every grid in a file's bytes: one per worksheet, per text file, per archive member.

    ExportError where the bytes are nothing that can hold a table: empty, protected by a password, a document; and
    for archives within archives within archives.
    """
    if depth > _DEPTH:
        raise ExportError(
            "expected an archive of exports, found archives within archives; unpack it first", path, member
        )
    if not data[:_CHUNK].strip() and not data.strip():
        raise ExportError(f"expected an export, found an empty file; {_ADVICE}", path, member or None)
    if data.startswith(_GZIP):
        yield from grids(unpacked(data, path), path, member, depth + 1)
    elif data.startswith(_OLE) or (data.startswith(_ZIP) and is_workbook(data, path)):
        yield from _worksheets(data, path, member)
    elif data.startswith(_ZIP):
        for name, content in members(data, path):
            yield from grids(content, path, f"{member}/{name}" if member else name, depth + 1)
    else:
        yield _text(data, path, member)


def _text(data: bytes, path: Path, member: str) -> Grid:
    kind = next((kind for magic, kind in _OTHER.items() if data.startswith(magic)), None)
    start = data[:4096].lower()
    if kind or not is_text(data):
        raise ExportError(f"expected CSV or a workbook, found {kind or 'binary data'}; {_ADVICE}", path, member or None)
    if b"<table" in data[:65536].lower() or start.lstrip().startswith((b"<html", b"<!doctype html")):
        return _html(data, member)
    return read_delimited(data, member)


def _worksheets(data: bytes, path: Path, member: str) -> Iterator[Grid]:
    try:
        if data.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in data:
            raise PasswordError
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for sheet in book.sheets_metadata:
            rows = list(_rows(book.get_sheet_by_name(sheet.name)))
            if any(map(any, rows)):
                seen = sheet.visible == SheetVisibleEnum.Visible
                yield Rows(rows, sheet.name, member, [] if seen else [_HIDDEN.format(sheet.name)])
    except PasswordError as error:
        raise ExportError(
            "expected an open workbook, found one protected by a password; open it in Excel, remove the password "
            "(文件 → 信息 → 保护工作簿 → 用密码进行加密), save and load it again",
            path,
        ) from error
    except CalamineError as error:
        raise ExportError(f"expected a workbook, found a damaged one ({error}); {_ADVICE}", path) from error


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [cell if cell.__class__ is str else _text_of(cell) for cell in row]


def _text_of(cell: object) -> str:
    """A cell as the text that a CSV of the same export would hold; numbers from 2^53 on have an exponent."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float | int):
        if abs(cell) >= _EXACT:
            return f"{float(cell):.15E}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.timedelta):
        return f"{cell.total_seconds():g}秒"
    return str(cell)


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


def _html(data: bytes, member: str) -> Grid:
    decoded = read_delimited(data, member)
    parser = _TableParser()
    parser.feed(decoded.text)
    return Rows(parser.rows, None, member, [*decoded.notes, "an HTML page named as a workbook; its table was read"])


def read_table(path: Path) -> pa.Table:
    """Any csv, xlsx or jsonl of texts as a table of text columns; the header is the first row, or the keys.

    ExportError where the file holds no table, or more than one.
    """
    if path.suffix == ".jsonl":
        return _json_lines(path)
    found = list(grids(path.read_bytes(), path))
    if len(found) != 1:
        names = ", ".join(str(grid.name or grid.member) for grid in found)
        raise ExportError(f"expected one table, found {len(found)} ({names}); keep one sheet", path)
    header = found[0].head()[0]
    header = header[: width_of([header])]
    if len(set(header)) < len(header):
        raise ExportError(f"expected a different name for each column, found {', '.join(header)}; rename one", path)
    return pa.table(dict(zip(header, found[0].below(0), strict=False)))


def _json_lines(path: Path) -> pa.Table:
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        try:
            record = json.loads(line) if line.strip() else {}
        except json.JSONDecodeError as error:
            raise ExportError(f"expected one JSON object a line, found {error}", path, row=number) from error
        if not isinstance(record, dict):
            raise ExportError(f"expected one JSON object a line, found {type(record).__name__}", path, row=number)
        records.append(record)
    names = list(dict.fromkeys(name for record in records for name in record))
    return pa.table(
        {name: pa.array([_json_text(record.get(name)) for record in records if record], pa.string()) for name in names}
    )


def _json_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
