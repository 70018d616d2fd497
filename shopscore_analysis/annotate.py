"""Any table of texts → the same rows with causes, evidence and a complaint score."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

from shopscore_analysis.errors import ExportError, SettingsError
from shopscore_analysis.read.formats import read_table
from shopscore_analysis.read.privacy import mask
from shopscore_analysis.schema import cause_label
from shopscore_analysis.text.grounds import grounds
from shopscore_analysis.text.lexicon import CAUSE_NAMES
from shopscore_analysis.text.tagger import Scan, scan

Row = dict[str, Any]
ADDED = ("causes", "evidence", "complaint")
LABELS = "根因"  # the causes' Chinese names, in tables, which people read
BATCH = 4_000
_SHOWN = 200  # characters of what a file has for column names
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def annotate(
    source: Path, text: str, out: Path, category: str = "", progress: Callable[[int], None] = lambda rows: None
) -> int:
    """The number of rows written to `out`: those of `source`, its columns kept, with three more, in tables four.

    `causes` is a list of cause names; `evidence` a list of `{"cause", "start", "end", "text"}`, spans of the column
    `text`, with `ngrams` where the model speaks and no phrase: the windows that weighed most, see `grounds`;
    `complaint` a score from 0 to 1 for any dissatisfaction; in tables `根因` holds the causes' Chinese names. An input
    column of one of these names is kept as `input_<name>`. Both files are .csv, .xlsx or .jsonl by their suffix; lists
    are JSON in cells. `progress` is told the rows done so far. Nothing is left behind if reading fails.

    Raises ExportError for a file or column that cannot be read or a table without rows, SettingsError for another
    suffix.
    """
    if (write := _WRITERS.get(out.suffix.lower())) is None:
        raise SettingsError(f"expected an --out file ending in {', '.join(_WRITERS)}, found {out.name}")
    if out.exists() and source.exists() and out.samefile(source):
        raise SettingsError(f"expected another file for --out, found the input itself: {out.name}")
    rows = _tagged(_rows(source, text), text, category, progress)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=folder_of(out)) as making:
        made = Path(making) / out.name
        done = write(made, rows)
        if not done:
            raise ExportError(
                "expected texts to read, found column names and no row below them; write them there", source
            )
        made.replace(out)
    return done


def folder_of(out: Path) -> Path:
    """The folder of a file that is to be written; SettingsError where that cannot be."""
    if out.is_dir():
        raise SettingsError(f"expected a file for --out, found the folder {out}")
    if not os.access(out.parent, os.W_OK):
        raise SettingsError(f"expected a folder that can be written for --out, found {out.parent}")
    return out.parent


def _rows(source: Path, text: str) -> Iterator[Row]:
    if source.suffix.lower() not in {".jsonl", ".ndjson"}:
        table = read_table(source)
        _expect(text, table.column_names, source)
        yield from table.to_pylist()
        return
    number = 0
    for number, row in enumerate(_json_rows(source), start=1):
        _expect(text, row, source, number)
        yield row
    if not number:
        raise ExportError("expected a JSON object a line, found an empty file; write the texts into it first", source)


def _expect(text: str, names: Collection[str], source: Path, row: int | None = None) -> None:
    """Refuse what has no column of this name: a text that is no table has a single, odd one."""
    if text not in names:
        found = mask(", ".join("".join(filter(str.isprintable, name)) for name in names))[:_SHOWN] or "no column"
        raise ExportError(
            f"expected a csv, xlsx or jsonl with a column {text!r}, found {found}; name the column with --text, or "
            "save the file as one of those",
            source,
            row=row,
        )


def _json_rows(source: Path) -> Iterator[Row]:
    try:
        with source.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _json_row(line, source, number)
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"expected JSON lines in UTF-8, found: {error}", source) from error


def _json_row(line: str, source: Path, number: int) -> Row:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ExportError(f"expected a JSON object a line, found: {error.msg}", source, row=number) from error
    if not isinstance(row, dict):
        raise ExportError(f"expected a JSON object a line, found a {type(row).__name__}", source, row=number)
    return row


def _tagged(rows: Iterator[Row], text: str, category: str, progress: Callable[[int], None]) -> Iterator[Row]:
    done = 0
    while batch := list(islice(rows, BATCH)):
        texts = ["" if row[text] is None else str(row[text]) for row in batch]
        for row, found in zip(batch, _found(texts, scan(texts, category)), strict=True):
            yield {f"input_{name}" if name in ADDED else name: value for name, value in row.items()} | found
        progress(done := done + len(batch))


def _found(texts: list[str], scanned: Scan) -> Iterator[Row]:
    ends = np.searchsorted(scanned.text, np.arange(len(texts) + 1)).tolist()
    causes = [CAUSE_NAMES[cause] for cause in scanned.cause.tolist()]
    shown = _shown(texts, scanned, causes)
    for first, end, score in zip(ends, ends[1:], scanned.complaint.tolist(), strict=False):
        yield {
            "causes": list(dict.fromkeys(causes[first:end])),
            "evidence": shown[first:end],
            "complaint": round(score, 4),
        }


def _shown(texts: list[str], scanned: Scan, causes: list[str]) -> list[Row]:
    owners = [texts[text] for text in scanned.text.tolist()]
    spans = list(zip(scanned.start.tolist(), scanned.end.tolist(), strict=True))
    shown: list[Row] = [
        {"cause": cause, "start": start, "end": end, "text": text[start:end]}
        for text, cause, (start, end) in zip(owners, causes, spans, strict=True)
    ]
    model = np.flatnonzero(~scanned.phrased).tolist()
    told = grounds([owners[i] for i in model], [spans[i] for i in model], [causes[i] for i in model])
    for row, windows in zip(model, told, strict=True):
        shown[row]["ngrams"] = [owners[row][at:to] for at, to in windows]
    return shown


def _readable(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows with the causes' Chinese names in a column of their own, right behind the ids."""
    for row in rows:
        named = "、".join(cause_label(cause) for cause in row["causes"])
        kept = {f"input_{name}" if name == LABELS else name: value for name, value in row.items()}
        first, *rest = ((name, kept.pop(name)) for name in ADDED)
        yield kept | dict([first, (LABELS, named), *rest])


def _even(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows with the columns of the first, in its order: JSON lines may differ, a table may not."""
    columns: list[str] = []
    for number, row in enumerate(rows, start=1):
        columns = columns or list(row)
        if new := [name for name in row if name not in columns]:
            raise SettingsError(
                f"expected the columns of the first row in every row, found {', '.join(new)} in row {number}; "
                "write to a .jsonl file instead"
            )
        yield {name: row.get(name) for name in columns}


def _write_jsonl(path: Path, rows: Iterator[Row]) -> int:
    done = 0
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        for row in rows:
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            done += 1
    return done


def _write_csv(path: Path, rows: Iterator[Row]) -> int:
    """Cells that a spreadsheet would run as a formula are guarded by a leading tab, as the platform's ids are."""
    done = 0
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.writer(lines)
        for done, row in enumerate(_even(_readable(rows)), start=1):
            if done == 1:
                writer.writerow([guarded(name) for name in row])
            writer.writerow([guarded(_cell(value)) for value in row.values()])
    return done


def _write_xlsx(path: Path, rows: Iterator[Row]) -> int:
    done = 0
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("causes")
        for done, row in enumerate(_even(_readable(rows)), start=1):
            if done == 1:
                _write_row(sheet, 0, list(row))
            _write_row(sheet, done, list(row.values()))
    return done


def _write_row(sheet: Any, number: int, values: list[Any]) -> None:
    for column, value in enumerate(values):
        cell = _cell(value)
        write = sheet.write_number if isinstance(cell, float) else sheet.write_string
        write(number, column, cell if isinstance(cell, float) else cell[:32_767])


def _cell(value: Any) -> str | float:
    if value is None or value != value:  # NaN is no number to a spreadsheet
        return ""
    if isinstance(value, (str, float)):
        return value
    return json.dumps(value, ensure_ascii=False)


def guarded(cell: str | float) -> str | float:
    """A cell that no spreadsheet runs as a formula: a leading tab stands before one that it would."""
    return f"\t{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


_WRITERS: dict[str, Callable[[Path, Iterator[Row]], int]] = {
    ".jsonl": _write_jsonl,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
}
