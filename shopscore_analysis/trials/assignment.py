"""Who belongs to which arm of a test: ids of orders or products, one by one or as a file."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import xlsxwriter

from shopscore_analysis.annotate import guarded
from shopscore_analysis.declaration import PRODUCT, Experiment
from shopscore_analysis.errors import ExportError, SettingsError
from shopscore_analysis.read.formats import read_table

ARM = "分组"
_ORDERS = ("主订单编号", "订单号", "订单编号", "主订单号", "order_id")
_PRODUCTS = ("商品ID", "商品编号", "商品id", "product_id")
_ROUNDED = re.compile(r"\d+(\.\d+)?[eE]\+?\d+")
Rows = list[dict[str, str]]


def plain_id(text: str) -> str:
    """An id without what spreadsheets and the platform put around it: spaces, tabs, a leading apostrophe.

    >>> plain_id("\\t6901"), plain_id("'6901 ")
    ('6901', '6901')
    """
    return text.strip().lstrip("'").strip()


def arms_of(test: Experiment, ids: Iterable[str]) -> dict[str, str]:
    """The arm of each id; SettingsError where a column tells the arms, or where an id was rounded by a spreadsheet."""
    if not test.is_hashed:
        raise SettingsError(
            f"{test.name}: expected a test whose arms a hash draws, found one that the column {test.split} tells; "
            "its arms stand in the orders themselves"
        )
    plain = [plain_id(one) for one in ids]
    for one in plain:
        if not one or _ROUNDED.fullmatch(one):
            raise SettingsError(
                f"expected whole ids, found {one!r}; a spreadsheet has rounded it: take the ids from the export itself"
            )
    return {one: test.arm_of(one) for one in plain}


def assign_file(test: Experiment, source: Path, out: Path, column: str = "") -> dict[str, int]:
    """How many rows each arm got; `out` (.csv or .xlsx) holds the rows of `source` with their arm in 分组.

    `column` names the ids (default: the first known heading of an order's or a product's id). Raises ExportError for
    a file or an id that cannot be used, SettingsError for the rest.
    """
    if (write := _WRITERS.get(out.suffix.lower())) is None:
        raise SettingsError(f"expected an --out file ending in {', '.join(_WRITERS)}, found {out.name}")
    if out.exists() and out.samefile(source):
        raise SettingsError(f"expected another file for --out, found the input itself: {out.name}")
    rows: Rows = [{name: value or "" for name, value in row.items()} for row in read_table(source).to_pylist()]
    named = column or _id_column(test, list(rows[0]) if rows else [], source)
    done = [row | {ARM: _arm(test, row, named, source, at)} for at, row in enumerate(rows, start=2)]
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as making:
        made = Path(making) / out.name
        write(made, done)
        made.replace(out)
    return {arm.name: sum(row[ARM] == arm.name for row in done) for arm in test.arms}


def _id_column(test: Experiment, columns: list[str], source: Path) -> str:
    known = _PRODUCTS if test.split == PRODUCT else _ORDERS
    if found := [name for name in known if name in columns]:
        return found[0]
    raise ExportError(
        f"expected a column {'、'.join(known)}, found {'、'.join(columns) or 'no rows'}; name it with --column", source
    )


def _arm(test: Experiment, row: dict[str, str], column: str, source: Path, number: int) -> str:
    if column not in row:
        raise ExportError(f"expected a column {column!r}, found {'、'.join(row)}", source, row=number)
    try:
        return next(iter(arms_of(test, [row[column]]).values()))
    except SettingsError as error:
        raise ExportError(str(error), source, row=number, column=column) from error


def _write_csv(path: Path, rows: Rows) -> None:
    """Long ids are guarded by a tab, as the platform's are: a spreadsheet would round them."""
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.writer(lines)
        for at, row in enumerate(rows):
            if not at:
                writer.writerow([guarded(name) for name in row])
            writer.writerow([f"\t{value}" if _is_long(value) else guarded(value) for value in row.values()])


def _is_long(value: str) -> bool:
    return value.isdigit() and len(value) > 11


def _write_xlsx(path: Path, rows: Rows) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(ARM)
        for number, values in enumerate([list(rows[0]), *(list(row.values()) for row in rows)] if rows else []):
            for column, value in enumerate(values):
                sheet.write_string(number, column, value[:32_767])


_WRITERS: dict[str, Callable[[Path, Rows], None]] = {".csv": _write_csv, ".xlsx": _write_xlsx}
