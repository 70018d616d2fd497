"""Feeds the reader files that nobody exports: any header, any cells, any format, and damage.

    python benchmarks/fuzz.py [--seconds 120] [--corpus DIR]

With atheris installed (`pip install atheris`, Linux and macOS) inputs follow the coverage of the reader's code, and
`--corpus` keeps those that reached something new; without it they are drawn at random. Every input must be read, or
refused by an ExportError whose message says what was expected; a good file's rows must all be records or rejects.
Stops at the first finding, which it prints with its bytes; ends with the number of inputs (atheris: "Done … runs").
"""

from __future__ import annotations

import argparse
import csv
import gzip
import importlib
import importlib.util
import io
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import xlsxwriter

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read import read_export
from shopscore_analysis.read.dialects import dialects

_CELLS = [
    "", "-", "无", "2026-09-01 10:00:00", "2026年9月1日", "2026/9/1 8:00", "46275.5", "20260231", '="0018"', "6.9E+18",
    "6900000000000000012", "\t6900000000000000012", "1,018.00", "￥28.9元", "7.5w~10w", "12.34%", "2分30秒", "★★★☆☆",
    "5星", "总计", "店铺汇总值", "1;2;3", "13800001234", "数据将于第二天更新", "好评", "已完成", "\0", "\ufeff", "𠮷",
    "a\nb", '"', "９" * 20,
]  # fmt: skip
COUNTS: Counter[str] = Counter()


def rows_of(take: Callable[[int], int]) -> list[list[str]]:
    """A header of some dialect, with other words here and there, over rows of likely cells; `take(n)` is below n."""
    dialect = dialects()[take(len(dialects()))]
    header = [names[take(len(names))] for names in dialect.fields.values() if take(8)]
    for _ in range(take(3)):
        header.insert(take(len(header) + 1), _CELLS[take(len(_CELLS))])
    width = len(header)
    body = [[_CELLS[take(len(_CELLS))] for _ in range(max(width + take(3) - 1, 0))] for _ in range(take(6))]
    return [[_CELLS[take(len(_CELLS))]] * take(2), header, *body] if take(4) == 0 else [header, *body]


def _text(rows: list[list[str]], delimiter: str, encoding: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding, "replace")


def _workbook(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, [cell.replace("\0", "") for cell in row])
    return out.getvalue()


def _page(rows: list[list[str]]) -> bytes:
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{body}</table>".encode()


def _zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("导出_20260901.csv", data)
    return out.getvalue()


FORMATS: list[Callable[[list[list[str]]], bytes]] = [
    lambda rows: _text(rows, ",", "utf-8-sig"),
    lambda rows: _text(rows, ",", "gb18030"),
    lambda rows: _text(rows, "\t", "utf-16"),
    lambda rows: _text(rows, ";", "utf-8"),
    lambda rows: gzip.compress(_text(rows, ",", "utf-8")),
    lambda rows: _zipped(_text(rows, "|", "gb18030")),
    _workbook,
    _page,
]


def file_of(take: Callable[[int], int]) -> bytes:
    """The bytes of a file in some format; every second one damaged."""
    data = bytearray(FORMATS[take(len(FORMATS))](rows_of(take)))
    if take(2):
        for _ in range(take(4) + 1):
            at = take(len(data) + 1)
            data[at : at + take(9)] = bytes(take(256) for _ in range(take(4)))
    return bytes(data)


def check(data: bytes) -> None:
    """Reads the bytes as a file; anything but records or an ExportError with advice is a finding."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "导出_20260901.csv"
        path.write_bytes(data)
        try:
            batches = read_export(path, shop="店")
        except ExportError as error:
            assert "expected" in str(error), str(error)
            COUNTS["refused"] += 1
        else:
            assert all(batch.records["key"].null_count == 0 for batch in batches)
            COUNTS["read"] += 1


def _by_bytes(data: bytes) -> Callable[[int], int]:
    """Choices drawn from bytes, two at a time; zeros once they are used up."""
    left = iter(data)
    return lambda below: (next(left, 0) * 256 + next(left, 0)) % below


def at_random(seconds: float) -> None:
    """Checks files drawn at random for so long."""
    chance, end = random.Random(1), time.monotonic() + seconds
    while time.monotonic() < end:
        data = file_of(chance.randrange)
        try:
            check(data)
        except Exception:
            print(f"found with {data!r}")
            raise


def by_coverage(seconds: float, corpus: Path | None) -> None:
    """Checks files that atheris draws; half of them are its bytes as they stand."""
    import atheris

    for name in [name for name in sys.modules if name.startswith("shopscore_analysis.read")]:
        del sys.modules[name]
    with atheris.instrument_imports(include=["shopscore_analysis.read"]):
        module = importlib.import_module("shopscore_analysis.read")
    globals()["read_export"] = module.read_export  # the same reader, now with its branches counted
    if corpus and not any(corpus.iterdir()):
        chance = random.Random(1)
        for at in range(60):
            (corpus / f"seed{at}").write_bytes(b"\xff" + chance.randbytes(1200))

    def one(data: bytes) -> None:
        check(data[1:] if data[:1] < b"\x80" else file_of(_by_bytes(data[1:])))

    places = [str(corpus)] if corpus else []
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds:.0f}", "-max_len=4096", *places], one)
    atheris.Fuzz()


def main() -> None:
    """Fuzzes for the time asked for, and says how many inputs there were."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=120)
    arguments.add_argument("--corpus", type=Path)
    asked = arguments.parse_args()
    if importlib.util.find_spec("atheris"):
        by_coverage(asked.seconds, asked.corpus)
    else:
        at_random(asked.seconds)
        print(
            f"{sum(COUNTS.values()):,} inputs without a finding: {COUNTS['read']:,} read, {COUNTS['refused']:,} refused"
        )


if __name__ == "__main__":
    main()
