"""How the demo shop's exports are written to disk: encodings, guards, sheets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import xlsxwriter

Cell = str | int
_MADE = datetime(2026, 11, 16, 9, 0)  # stamped into every workbook, so that the same seed gives the same bytes


def write_csv(path: Path, lines: Iterable[str], encoding: str) -> None:
    """Lines of ready cells as a CSV with Windows line ends; "utf-8-sig" or "gb18030"."""
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))


def line(header: Sequence[str], row: Mapping[str, str]) -> str:
    """A row's cells in the header's order, "-" where it has none."""
    return ",".join([row.get(name, "-") for name in header])


def guarded(text: str) -> str:
    r"""A cell with the tab that keeps Excel from turning an id into a number.

    >>> guarded("6938114207650000011")
    '"\t6938114207650000011"'
    """
    return f'"\t{text}"'


def money(fen: int) -> str:
    """Yuan with two decimals, the thousands comma in quotes.

    >>> money(5400), money(105900)
    ('54.00', '"1,059.00"')
    """
    text = f"{fen / 100:,.2f}"
    return f'"{text}"' if "," in text else text


def write_sheet(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """A workbook of one sheet; text stays text, formulas included, and only int cells become numbers."""
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        book.set_properties({"created": _MADE})
        sheet = book.add_worksheet("Sheet1")
        for number, row in enumerate((header, *rows)):
            for column, cell in enumerate(row):
                write = sheet.write_number if isinstance(cell, int) else sheet.write_string
                write(number, column, cell)
