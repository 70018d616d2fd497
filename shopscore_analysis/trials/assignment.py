"""Who belongs to which arm of a test: ids of orders or products, one by one or as a file."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import xlsxwriter

from shopscore_analysis.annotate import folder_of, guarded
from shopscore_analysis.declaration import PRODUCT, Experiment
from shopscore_analysis.errors import ExportError, SettingsError
from shopscore_analysis.read.formats import read_table
from shopscore_analysis.read.values import cleaned, identifier

ARM = "分组"
_ORDERS = ("主订单编号", "订单号", "订单编号", "主订单号", "order_id")
_PRODUCTS = ("商品ID", "商品编号", "商品id", "product_id")
_SHEET_ROWS = 1_048_576  # what a sheet of .xlsx holds, with its header
Rows = list[dict[str, str]]


def plain_ids(ids: Iterable[str]) -> list[str]:
    """Ids as the shelf has them, without what spreadsheets and the platform put around them; "" for no whole id.

    >>> plain_ids(["\\t6901", '="6901"', "`6901`", "6.9E+18", '="6901'])
    ['6901', '6901', '6901', '', '']
    """
    found = identifier(cleaned(pa.array(ids, pa.string()))).values.to_pylist()
    return ["" if one is None or '="' in one else one for one in found]


def arms_of(test: Experiment, ids: Iterable[str]) -> dict[str, str]:
    """The arm of each id; SettingsError where a column tells the arms, or for what is no whole id."""
    _drawn(test)
    given = list(ids)
    plain = plain_ids(given)
    if "" in plain:
        raise SettingsError(_no_id(given[plain.index("")]))
    return {one: test.arm_of(one) for one in plain}


def _drawn(test: Experiment) -> None:
    if not test.is_hashed:
        raise SettingsError(
            f"{test.name}: expected a test whose arms a hash draws, found one that the column {test.split} tells; "
            "its arms stand in the orders themselves"
        )


def _no_id(found: str) -> str:
    return f"expected whole ids, found {found!r}; a spreadsheet has spoilt it: take the ids from the export itself"


def assign_file(test: Experiment, source: Path, out: Path, column: str = "") -> dict[str, int]:
    """How many rows each arm got; `out` (.csv or .xlsx) holds the rows of `source` with their arm in 分组.

    `column` names the ids (default: the first known heading of an order's or a product's id). Raises ExportError for
    a file or an id that cannot be used, SettingsError for the rest.
    """
    if (write := _WRITERS.get(out.suffix.lower())) is None:
        raise SettingsError(f"expected an --out file ending in {', '.join(_WRITERS)}, found {out.name}")
    if out.exists() and out.samefile(source):
        raise SettingsError(f"expected another file for --out, found the input itself: {out.name}")
    _drawn(test)
    folder, done = folder_of(out), _with_arms(test, source, column)
    if write is _write_xlsx and len(done) >= _SHEET_ROWS:
        raise SettingsError(
            f"expected fewer than {_SHEET_ROWS:,} rows for a sheet of .xlsx, found {len(done):,}; write a .csv file"
        )
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=folder) as making:
        made = Path(making) / out.name
        write(made, done)
        made.replace(out)
    return {arm.name: sum(row[ARM] == arm.name for row in done) for arm in test.arms}


def _with_arms(test: Experiment, source: Path, column: str) -> Rows:
    table = read_table(source)
    if ARM in table.column_names:
        raise ExportError(f"expected no column {ARM} yet, found one; rename it, so that it is not lost", source)
    rows: Rows = [{name: value or "" for name, value in row.items()} for row in table.to_pylist()]
    named = column or _id_column(test, list(rows[0]) if rows else [], source)
    if rows and named not in rows[0]:
        raise ExportError(f"expected a column {named!r}, found {'、'.join(rows[0])}", source)
    ids = [row[named] for row in rows]
    plain = plain_ids(ids)
    if "" in plain:
        at = plain.index("")
        raise ExportError(_no_id(ids[at]), source, row=at + 2, column=named)
    return [row | {ARM: test.arm_of(one)} for row, one in zip(rows, plain, strict=True)]


def _id_column(test: Experiment, columns: list[str], source: Path) -> str:
    known = _PRODUCTS if test.split == PRODUCT else _ORDERS
    if found := [name for name in known if name in columns]:
        return found[0]
    raise ExportError(
        f"expected a column {'、'.join(known)}, found {'、'.join(columns) or 'no rows'}; name it with --column", source
    )


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
