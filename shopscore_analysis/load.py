"""Export files → shelf, with a list of everything that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read import Export, Found, Origin, Reject, is_ignored
from shopscore_analysis.rejects import RejectsFile
from shopscore_analysis.shelf import Merged, Shelf

SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".zip", ".gz", ".html", ".htm")


@dataclass(frozen=True)
class Loaded:
    """What became of one table of one file.

    `rows` were read; of their keys `new`, `updated` and `unchanged` went to the shelf; `rejected` rows did not.
    `error` says why the whole file was refused; `warnings` what a reader should know; `exported_at` when the file was
    made, as far as it tells.
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
    exported_at: datetime | None = None


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
    with RejectsFile(rejects_dir) as rejects:
        for at, (path, note) in enumerate(chosen):
            if progress:
                progress(path, at, len(chosen))
            if note:
                done.append(Loaded(path, warnings=(note,)))
                continue
            try:
                done.extend(_one(path, shelf, shop, period, rejects))
            except ExportError as error:
                if path.exists():  # a mistyped name is no loss of data
                    rejects.add([_refused(path, error)])
                done.append(Loaded(path, error=str(error)))
    return done


def _refused(path: Path, error: ExportError) -> Reject:
    return Reject(path.name, error.sheet or "", error.row or 0, error.column or "", "", error.problem)


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


def _one(path: Path, shelf: Shelf, shop: str, period: tuple[date, date] | None, rejects: RejectsFile) -> list[Loaded]:
    export = Export(path, shop=shop, period=period)
    with rejects.of_one_file(), shelf.intake() as intake:
        for part in export.parts():
            intake.add(part.number, part.table, part.records)
            rejects.add(part.rejects)
        merged = intake.commit([origin.exported_at for _, origin in export.tables])
    return [_loaded(found, origin, counts) for (found, origin), counts in zip(export.tables, merged, strict=True)]


def _loaded(found: Found, origin: Origin, counts: Merged) -> Loaded:
    same = origin.rows - counts.new - counts.updated - counts.unchanged
    notes = [*origin.warnings, *([f"{same} rows stand in the file more than once"] if same else [])]
    dialect = found.match.dialect
    numbers = (origin.rows, counts.new, counts.updated, counts.unchanged, origin.rejected)
    return Loaded(origin.path, dialect.table, dialect.name, *numbers, tuple(notes), exported_at=origin.exported_at)
