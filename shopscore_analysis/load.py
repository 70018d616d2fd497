"""Export files → shelf, with a list of everything that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read import Export, Found, Origin, Reject, is_ignored
from shopscore_analysis.rejects import RejectsFile
from shopscore_analysis.shelf import Merged, Shelf

SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".zip", ".gz", ".html", ".htm")
_BLANK = "有表头，没有可导入的数据行，什么都没有导入；请看看导出时选的日期"


@dataclass(frozen=True)
class Loaded:
    """What became of one table of one file.

    `rows` were read; of their keys `new`, `updated` and `unchanged` went to the shelf; `rejected` rows did not.
    `error` says why the whole file was refused, `why` the same in short and in Chinese; `warnings` what a reader should
    know; `exported_at` when the file was made, as far as it tells.
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
    why: str = ""
    exported_at: datetime | None = None

    @property
    def blank(self) -> bool:
        """Whether the table has a header, and below it nothing to load: no row, or summaries alone."""
        return bool(self.table) and not self.rows and not self.rejected


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
                done.append(Loaded(path, error=str(error), why=error.why))
    return done


def _refused(path: Path, error: ExportError) -> Reject:
    """A whole file, as row 0 of no sheet; the reason names the sheet and the row that were at fault."""
    place = " ".join([*filter(None, [error.sheet]), *([f"第 {error.row} 行"] if error.row else [])])
    return Reject(path.name, "", 0, error.column or "", "", error.why + (f"（{place}）" if place else ""))


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
                    else f"跳过，不是导出文件：认得的后缀是 {' '.join(SUFFIXES)}，它的是 {file.suffix or '空'}",
                )


def _one(path: Path, shelf: Shelf, shop: str, period: tuple[date, date] | None, rejects: RejectsFile) -> list[Loaded]:
    export = Export(path, shop=shop, period=period)
    with rejects.of_one_file(), shelf.intake() as intake:
        for part in export.parts():
            intake.add(part.number, part.table, part.records)
            rejects.add(part.rejects)
        rejects.add([_without_rows(origin) for _, origin in export.tables if not origin.rows and not origin.rejected])
        merged = intake.commit([origin.exported_at for _, origin in export.tables])
    return [_loaded(found, origin, counts) for (found, origin), counts in zip(export.tables, merged, strict=True)]


def _loaded(found: Found, origin: Origin, counts: Merged) -> Loaded:
    same = origin.rows - counts.new - counts.updated - counts.unchanged
    notes = [*origin.warnings, *([f"{same} 行在文件里重复出现"] if same else [])]
    dialect = found.match.dialect
    numbers = (origin.rows, counts.new, counts.updated, counts.unchanged, origin.rejected)
    made = Loaded(origin.path, dialect.table, dialect.name, *numbers, tuple(notes), exported_at=origin.exported_at)
    place = origin.sheet or origin.member
    return replace(made, warnings=(*notes, (f"{place}：" if place else "") + _BLANK)) if made.blank else made


def _without_rows(origin: Origin) -> Reject:
    return Reject(origin.path.name, origin.sheet or origin.member, 0, "", "", _BLANK)
