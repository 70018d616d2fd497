"""Export files → shelf, with a list of everything that could not be read."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from pathlib import Path

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read import Batch, Reject, is_ignored, read_export
from shopscore_analysis.shelf import Merged, Shelf

SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".zip", ".gz", ".html", ".htm")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Loaded:
    """What became of one table of one file.

    `rows` were read; of their keys `new`, `updated` and `unchanged` went to the shelf; `rejected` rows did not.
    `error` says why the whole file was refused; `warnings` what a reader should know.
    """

    path: Path
    table: str = ""
    dialect: str = ""
    rows: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    warnings: tuple[str, ...] = ()
    error: str | None = None


def load(
    paths: Iterable[Path],
    shelf: Shelf,
    shop: str,
    rejects_dir: Path,
    period: tuple[date, date] | None = None,
    progress: Callable[[Path, int, int], None] | None = None,
) -> list[Loaded]:
    """One Loaded per table of every file, in the order of the paths; folders are walked.

    Each file lands on the shelf in one atomic step. A file that cannot be used is refused with its `error` and the
    others go on. Rows left out and cells left empty are written to `rejects_dir`/<run>.csv. `progress` is called
    with (path, files done, files in all) before each file.
    """
    chosen = list(_files(paths))
    done: list[Loaded] = []
    rejects: list[Reject] = []
    for at, (path, note) in enumerate(chosen):
        if progress:
            progress(path, at, len(chosen))
        if note:
            done.append(Loaded(path, warnings=(note,)))
        else:
            done.extend(_one(path, shelf, shop, period, rejects))
    write_rejects(rejects, rejects_dir)
    return done


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Every file to try, with "", or to skip, with the reason why; files named directly are always tried."""
    for path in paths:
        if not path.is_dir():
            yield path, ""
            continue
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            hidden = any(is_ignored(part) for part in file.relative_to(path).parts)
            if not hidden:
                known = file.suffix.lower() in SUFFIXES
                yield (
                    file,
                    ""
                    if known
                    else f"skipped: expected an export ({' '.join(SUFFIXES)}), found {file.suffix or 'no suffix'}",
                )


def _one(path: Path, shelf: Shelf, shop: str, period: tuple[date, date] | None, rejects: list[Reject]) -> list[Loaded]:
    try:
        batches = read_export(path, shop=shop, period=period)
    except ExportError as error:
        rejects.append(Reject(path.name, error.sheet or "", error.row or 0, error.column or "", "", error.problem))
        return [Loaded(path, error=str(error))]
    merged = shelf.put([(batch.table, batch.records) for batch in batches])
    rejects.extend(reject for batch in batches for reject in batch.rejects)
    return [_loaded(batch, counts) for batch, counts in zip(batches, merged, strict=True)]


def _loaded(batch: Batch, counts: Merged) -> Loaded:
    rejected = len({reject.row for reject in batch.rejects if not reject.kept})
    rows = len(batch.records)
    same = rows - counts.new - counts.updated - counts.unchanged
    notes = [*batch.warnings, *([f"{same} rows stand in the file more than once"] if same else [])]
    return Loaded(
        batch.path,
        batch.table,
        batch.dialect,
        rows,
        counts.new,
        counts.updated,
        counts.unchanged,
        rejected,
        tuple(notes),
    )


def write_rejects(rejects: Sequence[Reject], folder: Path) -> Path | None:
    """The CSV (UTF-8 with BOM, for Excel) that lists the rejects of this run, None if there are none."""
    if not rejects:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path = _free(folder, datetime.now().strftime("%Y%m%d-%H%M%S"))
    with path.open("x", encoding="utf-8-sig", newline="") as out:
        rows = csv.writer(out)
        rows.writerow([field.name for field in fields(Reject)])
        rows.writerows([_inert(value) for value in astuple(reject)] for reject in rejects)
    return path


def _free(folder: Path, run: str) -> Path:
    names = (f"{run}{f'-{at}' if at else ''}.csv" for at in range(10_000))
    return next(folder / name for name in names if not (folder / name).exists())


def _inert(value: object) -> str:
    """A cell that no spreadsheet program takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
