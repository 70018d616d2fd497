"""The archive of a shop: reports/<shop>/<week>/, what lies in it, and how long it stays."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopscore_analysis.errors import ReportError, SettingsError
from shopscore_analysis.report.edition import finish

_WEEK = re.compile(r"\d{4}-W\d{2}")
_GOING = ".removing-"  # a week on its way out; whoever comes next finishes it
_DAY = 86_400.0  # seconds
TABLES = "tables.xlsx"


@dataclass(frozen=True)
class Week:
    """One week of the archive: its folder, its pages by notebook, its manifest, its findings: as far as there are."""

    folder: Path
    pages: dict[str, Path]
    manifest: dict[str, Any]
    found: list[dict[str, Any]]

    @property
    def name(self) -> str:
        """The ISO week."""
        return self.folder.name

    def verdicts(self) -> dict[str, int]:
        """How many findings bear each verdict, the most certain first as findings are sorted."""
        said = [str(row["verdict"]) for row in self.found if "verdict" in row]
        return {verdict: said.count(verdict) for verdict in dict.fromkeys(said)}


def archived(reports: Path) -> list[Week]:
    """The weeks with a published page, newest first; folders of other names are left alone."""
    if not reports.is_dir():
        return []
    weeks = (_week(folder) for folder in sorted(reports.iterdir(), reverse=True) if _is_week(folder))
    return [week for week in weeks if week.pages]


def _is_week(folder: Path) -> bool:
    return folder.is_dir() and _WEEK.fullmatch(folder.name) is not None


def _week(folder: Path) -> Week:
    pages = {path.stem: path for path in sorted(folder.glob("*.html"))}
    manifest, found = _json(folder / "manifest.json"), _json(folder / "findings.json")
    return Week(folder, pages, manifest if isinstance(manifest, dict) else {}, found if isinstance(found, list) else [])


def _json(path: Path) -> Any:
    """What a file holds; None where it is absent or damaged: one bad week must not hide the others."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None


def published(reports: Path, week: str, notebook: str) -> Mapping[str, Any] | None:
    """The manifest of a week's whole edition, twins included; None where any part is missing."""
    prefix = "" if notebook == "weekly" else f"{notebook}."
    folder = reports / week
    whole = (folder / f"{prefix}{TABLES}").exists() and (folder / f"{notebook}.html").exists()
    manifest = _json(folder / f"{prefix}manifest.json") if whole else None
    return manifest if isinstance(manifest, dict) else None


def weeks_beyond(reports: Path, keep: int) -> list[Path]:
    """The folders of the weeks older than the newest `keep`, newest first; SettingsError for a `keep` below 1."""
    if keep < 1:
        raise SettingsError(f"expected to keep at least 1 week, found {keep}; choose a number such as 52")
    held = (
        sorted((folder for folder in reports.iterdir() if _is_week(folder)), reverse=True) if reports.is_dir() else []
    )
    return held[keep:]


def remove(folders: list[Path]) -> list[Path]:
    """The folders, removed; each leaves the archive in one step, so that a killed run leaves no half week.

    Raises ReportError where the archive cannot be written; the weeks that are left are whole.
    """
    for folder in folders:
        going = folder.with_name(f"{_GOING}{folder.name}")
        try:
            folder.rename(going)
            shutil.rmtree(going)
        except OSError as error:
            raise ReportError(
                f"expected to remove {folder}, found: {error.strerror or error}; make the archive writable and run "
                "`shopscore archive` again",
                "archive",
            ) from error
    return folders


def sweep(reports: Path) -> None:
    """Nothing; what killed runs left is removed: weeks on their way out, and pages in the making for over a day.

    An edition that such a run had committed is moved into its place first.
    """
    finish(reports)
    yesterday = time.time() - _DAY
    making = (path for path in reports.glob("*/.making-*") if path.stat().st_mtime < yesterday)
    for rest in (*reports.glob(f"{_GOING}*"), *making):
        shutil.rmtree(rest, ignore_errors=True)
