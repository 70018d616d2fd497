"""A finished page → tables.xlsx: every table, with real numbers and dates, and text that stays text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shopscore_analysis.report.reading import Cell, Reading, Sheet, headings_and_rows

_NUMBER = re.compile(r"[+−-]?(?:\d{1,3}(?:,\d{3})+|\d{1,11})(?:\.(?P<decimals>\d+))?")
_RATIO = re.compile(r"(\d+)/(\d+)")
_INTERVAL = re.compile(r"(\d+(?:\.\d+)?%)–(\d+(?:\.\d+)?%)")
_WORDED = re.compile(r"(落后|领先) (\d+\.\d+)|持平")
_SIGNED_WORDS = '"领先 "0.00;"落后 "0.00;"持平"'  # Excel prints the page's words over a signed number
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_UNKNOWN = ("", "—")
_LONGEST = 32_767  # characters of a cell in Excel
_FOUND = {  # a finding's columns for people, then its codes
    "kind_label": "类型", "cause_label": "根因", "product_id": "商品ID", "from_week": "从哪周", "to_week": "到哪周",
    "k": "次数", "n": "总数", "baseline": "对照占比", "verdict": "判断", "loss": "丢星",
    "kind": "kind", "cause": "cause",
}  # fmt: skip
_BOUNDS = ("下限", "上限")

Value = float | int | str | datetime | None


@dataclass(frozen=True)
class Typed:
    """A cell's value and its number format in Excel."""

    value: Value
    format: str = "General"


def typed(cell: Cell) -> Typed:
    """The value that a printed cell stands for; ids and everything that is no figure stay text.

    >>> typed(Cell("27.6%", True)), typed(Cell("−0.08", True)).value, typed(Cell("3500517114092429286", True)).value
    (Typed(value=0.276, format='0.0%'), -0.08, '3500517114092429286')
    """
    text = cell.text
    if text in _UNKNOWN:
        return Typed(None)
    if _DAY.fullmatch(text):
        return Typed(datetime.fromisoformat(text), "yyyy-mm-dd")
    return _figure(text) if cell.number else Typed(text)


def _figure(text: str) -> Typed:
    bare = text.removeprefix("¥").removesuffix("%")
    match = _NUMBER.fullmatch(bare)
    if match is None:
        return _worded(text)
    decimals = len(match["decimals"] or "")
    plain = bare.replace(",", "").replace("−", "-")
    places = f"0.{'0' * decimals}" if decimals else "0"
    if text.endswith("%"):
        return Typed(round(float(plain) / 100, decimals + 2), f"{places}%")
    if text.startswith("¥"):
        return Typed(float(plain), f"¥#,##{places}")
    return Typed(float(plain) if decimals else int(plain), f"#,##{places}" if "," in bare else places)


def _worded(text: str) -> Typed:
    """A gap in words as a number, below 0 where we are behind.

    >>> _worded("落后 0.10").value, _worded("持平").value, _worded("第 3 名").value
    (-0.1, 0.0, '第 3 名')
    """
    match = _WORDED.fullmatch(text)
    if match is None:
        return Typed(text)
    return Typed(float(match[2] or 0) * (-1 if match[1] == "落后" else 1), _SIGNED_WORDS)


def columns(sheet: Sheet) -> Iterator[tuple[str, list[Typed]]]:
    """The columns as a workbook holds them: k/n and intervals become two columns of numbers each."""
    for heading, cells in headings_and_rows(sheet):
        for pattern, names in ((_RATIO, _halves(heading)), (_INTERVAL, [f"{heading} {bound}" for bound in _BOUNDS])):
            matches = [pattern.fullmatch(cell.text) for cell in cells]
            if any(matches) and all(match or cell.text in _UNKNOWN for match, cell in zip(matches, cells, strict=True)):
                for part, name in enumerate(names, 1):
                    yield name, [_figure(match[part]) if match else Typed(None) for match in matches]
                break
        else:
            yield heading, [typed(cell) for cell in cells]


def _halves(heading: str) -> list[str]:
    """The names of k and n; each says of which time or place it is where the heading does.

    >>> _halves("次数/总数"), _halves("之前 84 天：抱怨/发声"), _halves("差评池")
    (['次数', '总数'], ['之前 84 天：抱怨', '之前 84 天：发声'], ['差评池 次数', '差评池 总数'])
    """
    of, colon, counted = heading.rpartition("：")
    first, slash, second = counted.partition("/")
    return [f"{of}{colon}{first}", f"{of}{colon}{second}"] if slash else [f"{heading} 次数", f"{heading} 总数"]


def workbook(reading: Reading, facts: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> bytes:
    """The bytes of tables.xlsx: an overview, every table of the page, the findings as found, the quotes.

    The same page gives the same bytes.
    """
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": f"{facts['shop']} {facts['week']}", "created": _made(facts)})
        pen = _Pen(book)
        named = [(name, sheet.caption, list(columns(sheet))) for name, sheet in _named(reading.sheets)]
        pen.sheet("概要", _overview(reading, facts, [(name, caption) for name, caption, _ in named]))
        for name, _, content in named:
            pen.sheet(name, content)
        pen.sheet("发现", _records(found))
        pen.sheet("原话", _quotes(reading))
    return out.getvalue()


def _made(facts: Mapping[str, Any]) -> datetime:
    """A date that depends on the inputs only."""
    day = str(facts.get("data_as_of", ""))
    return datetime.fromisoformat(day) if _DAY.fullmatch(day) else datetime(2000, 1, 1)


def _named(sheets: Sequence[Sheet]) -> Iterator[tuple[str, Sheet]]:
    """Each table with a sheet name that Excel allows, at most 31 characters, none twice."""
    taken = {"概要", "发现", "原话"}
    for at, sheet in enumerate(sheets, 1):
        stem = re.sub(r"[\[\]:*?/\\'\x00-\x1f]", " ", sheet.caption.partition("：")[0]).strip()[:24] or f"表{at}"
        name = next(name for name in (stem, *(f"{stem} ({n})" for n in range(2, 1000))) if name.casefold() not in taken)
        taken.add(name.casefold())
        yield name, sheet


Columns = list[tuple[str, list[Typed]]]


def _overview(reading: Reading, facts: Mapping[str, Any], named: Sequence[tuple[str, str]]) -> Columns:
    about = {"店铺": "shop", "类目": "category", "周": "week", "数据截至": "data_as_of", "运行编号": "run_id"}
    rows = [(name, typed(Cell(str(facts.get(key, ""))))) for name, key in about.items()]
    rows += [("结论", Typed(reading.verdict))]
    rows += [(tile[0], _figure(tile[1]) if len(tile) > 1 else Typed(None)) for tile in reading.tiles if tile]
    rows += [(f"工作表：{name}", Typed(caption)) for name, caption in named]
    return [("项目", [Typed(name) for name, _ in rows]), ("内容", [value for _, value in rows])]


def _records(found: Sequence[Mapping[str, Any]]) -> Columns:
    """Findings exactly as findings.json has them, under Chinese headings; numbers are numbers, ids are text."""
    names = list(dict.fromkeys((*_FOUND, *(name for row in found for name in row))))
    return [(_FOUND.get(name, name), [Typed(row.get(name)) for row in found]) for name in names]


def _quotes(reading: Reading) -> Columns:
    return [
        ("位置", [Typed(" › ".join(quote.under)) for quote in reading.quotes]),
        ("原话（已脱敏）", [Typed(quote.text) for quote in reading.quotes]),
        ("备注", [Typed(quote.note) for quote in reading.quotes]),
    ]


class _Pen:
    """Writes typed columns; each kind of cell has one format."""

    def __init__(self, book: Any) -> None:
        self._book, self._formats = book, dict[str, Any]()
        self._bold = book.add_format({"bold": True, "bottom": 1})
        self._inert = book.add_format({"quote_prefix": True, "num_format": "@"})

    def sheet(self, name: str, content: Columns) -> None:
        page = self._book.add_worksheet(name)
        page.freeze_panes(1, 1)
        for at, (heading, cells) in enumerate(content):
            page.write_string(0, at, heading, self._bold)
            page.set_column(at, at, _width(heading, cells))
            for row, cell in enumerate(cells, 1):
                self._cell(page, row, at, cell)

    def _cell(self, page: Any, row: int, column: int, cell: Typed) -> None:
        if isinstance(cell.value, str):
            inert = self._inert if cell.value.startswith(_FORMULA) else None
            page.write_string(row, column, cell.value[:_LONGEST], inert)
        elif isinstance(cell.value, datetime):
            page.write_datetime(row, column, cell.value, self._format(cell.format))
        elif cell.value is not None:
            page.write_number(row, column, cell.value, self._format(cell.format))

    def _format(self, number: str) -> Any:
        return self._formats.setdefault(number, self._book.add_format({"num_format": number}))


def _width(heading: str, cells: Sequence[Typed]) -> float:
    """Characters of the widest cell, Chinese ones counted twice; between 8 and 60."""
    texts = [heading, *(cell.value for cell in cells if isinstance(cell.value, str))]
    return float(min(max(8, *(sum(2 if ord(c) > 255 else 1 for c in text[:60]) for text in texts)) + 2, 60))
