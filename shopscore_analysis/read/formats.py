"""Bytes → grids: what a file really is, whatever its name says; the only file that knows spreadsheet readers."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.archives import is_workbook, members, unpacked
from shopscore_analysis.read.delimited import read_delimited
from shopscore_analysis.read.dialects import aliases, folded
from shopscore_analysis.read.encodings import is_text
from shopscore_analysis.read.grids import Grid, Rows, width_of
from shopscore_analysis.read.markup import html, is_html, is_spreadsheet_xml, spreadsheet_xml
from shopscore_analysis.read.sources import Source

_OLE, _ZIP, _GZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"\x1f\x8b"
_OTHER = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
}
_EXACT = 2**53
_DEPTH = 2
_HIDDEN = "工作表“{}”是隐藏的，照样读了"
_ADVICE = "export it again from the back office as CSV or xlsx"


def grids(source: Source, depth: int = 0) -> Iterator[Grid]:
    """Every grid in a file: one per worksheet, per text file, per archive member.

    ExportError where the bytes are nothing that can hold a table: empty, protected by a password, a document; and
    for archives within archives within archives.
    """
    path, member, head = source.path, source.member, source.head()
    if depth > _DEPTH:
        raise ExportError(
            "expected an archive of exports, found archives within archives; unpack it first",
            path,
            member,
            why="压缩包里还有压缩包，请先解开",
        )
    if not head.strip() and source.is_blank():
        message = f"expected an export, found an empty file; {_ADVICE}"
        raise ExportError(message, path, member or None, why="是空的，请重新导出")
    if head.startswith(_GZIP):
        yield from grids(unpacked(source), depth + 1)
    elif head.startswith(_OLE) or (head.startswith(_ZIP) and is_workbook(source)):
        yield from _worksheets(source)
    elif head.startswith(_ZIP):
        for inner in members(source):
            yield from grids(inner, depth + 1)
    else:
        yield from _texts(source, head)


def foreign(head: bytes) -> str | None:
    """What a file is that holds no text for us, by its first bytes: a PDF, a picture, an archive of another kind.

    >>> foreign(b"%PDF-1.4"), foreign("评价".encode())
    ('a PDF', None)
    """
    return next((kind for magic, kind in _OTHER.items() if head.startswith(magic)), None)


def _texts(source: Source, head: bytes) -> Iterator[Grid]:
    kind = foreign(head)
    if kind or not is_text(source):
        found = kind or "binary data"
        message = f"expected CSV or a workbook, found {found}; {_ADVICE}"
        raise ExportError(message, source.path, source.member or None, why="不是表格")
    if is_spreadsheet_xml(head):
        yield from spreadsheet_xml(source)
    elif is_html(head):
        yield html(source)
    else:
        yield read_delimited(source)


def _worksheets(source: Source) -> Iterator[Grid]:
    data = source.data()
    try:
        if data.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in data:
            raise PasswordError
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        del data
        for meta in book.sheets_metadata:
            sheet = book.get_sheet_by_name(meta.name)
            if any(map(any, sheet.iter_rows())):
                seen = meta.visible == SheetVisibleEnum.Visible
                notes = [] if seen else [_HIDDEN.format(meta.name)]
                yield Rows(partial(_rows, sheet), meta.name, source.member, notes)
    except PasswordError as error:
        raise ExportError(
            "expected an open workbook, found one protected by a password; open it in Excel, remove the password "
            "(文件 → 信息 → 保护工作簿 → 用密码进行加密), save and load it again",
            source.path,
            why="有密码，请在 Excel 里去掉密码",
        ) from error
    except CalamineError as error:
        message = f"expected a workbook, found a damaged one ({error}); {_ADVICE}"
        raise ExportError(message, source.path, why="损坏了，请重新导出") from error


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """The rows as text; what stands in cells merged downwards holds for every row that they cover."""
    left = sheet.start[1] if sheet.start else 0
    merged: dict[int, list[tuple[int, int]]] = {}
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top:
            merged.setdefault(top, []).append((column - left, bottom))
    held: dict[int, tuple[int, str]] = {}
    for at, cells in enumerate(sheet.iter_rows()):
        row = [cell if cell.__class__ is str else _text_of(cell) for cell in cells]
        if merged:
            held |= {column: (bottom, row[column]) for column, bottom in merged.get(at, ()) if _spreads(row[column])}
            held = {column: (bottom, text) for column, (bottom, text) in held.items() if bottom >= at}
            row = [held[column][1] if column in held else text for column, text in enumerate(row)]
        yield row


def _spreads(text: str) -> bool:
    """Whether a merged cell speaks for all its rows: an amount is stated once, and a header is none twice."""
    return not re.fullmatch(r"[¥￥]?[\d,]+\.\d+", text) and folded(text) not in aliases()


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


def read_table(path: Path) -> pa.Table:
    """Any csv, xlsx or jsonl of texts as a table of text columns; the header is the first row, or the keys.

    ExportError where the file holds no table, or more than one.
    """
    if path.suffix.lower() == ".jsonl":
        return _json_lines(path)
    found = list(grids(Source.of(path)))
    if len(found) != 1:
        names = ", ".join(str(grid.name or grid.member) for grid in found)
        raise ExportError(f"expected one table, found {len(found)} ({names}); keep one sheet", path)
    header = found[0].head()[0]
    header = header[: width_of([header])]
    if len(set(header)) < len(header):
        raise ExportError(f"expected a different name for each column, found {', '.join(header)}; rename one", path)
    parts = [pa.table({name: part.column(at) for at, name in enumerate(header)}) for part in found[0].slices(1)]
    empty = pa.schema([(name, pa.string()) for name in header]).empty_table()
    return pa.concat_tables([empty, *parts]).combine_chunks()


def _json_lines(path: Path) -> pa.Table:
    records = []
    try:
        text = Source.of(path).data().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExportError(f"expected JSON lines in UTF-8, found {error.reason}; save it as UTF-8", path) from error
    for number, line in enumerate(text.splitlines(), 1):
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
