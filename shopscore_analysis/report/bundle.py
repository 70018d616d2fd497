"""A report with everything that belongs to it: the page, its workbook, and the shop's index page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopscore_analysis.report.edition import Edition
from shopscore_analysis.report.index import write_index
from shopscore_analysis.shop import Shop


@dataclass(frozen=True)
class Bundle:
    """The paths of a published report; `findings` is None for a notebook that looks for none."""

    html: Path
    manifest: Path
    findings: Path | None
    tables: Path
    index: Path | None


def issue(
    folder: Path, notebook: str, week: str = "", parameters: Mapping[str, Any] | None = None, today: str = ""
) -> Bundle:
    """The bundle of a notebook for one week of the shop in `folder`; no `week` means the newest with reviews.

    `today`: the day that a report is made for, such as 2026-11-16; a notebook without such a parameter needs none.
    Page, workbook, findings and manifest are published in one step, after the page's checks; then the index page,
    which lists what is there, is written anew. Where that fails ReportError says so; the next report writes it again.
    """
    from shopscore_analysis.report.run import publish, takes

    dated = {"today": today} if today and takes(notebook, folder, "today") else {}
    edition = publish(folder, notebook, week, {**dated, **(parameters or {})})
    return _bundle(edition, None) if "root" in (parameters or {}) else _indexed(edition, folder)


def issue_executed(executed: Path, folder: Path) -> Bundle:
    """The bundle of a notebook that papermill has run already: `report.run.publish_executed`, and the index page."""
    from shopscore_analysis.report.run import publish_executed

    return _indexed(publish_executed(executed, folder), folder)


def _indexed(edition: Edition, folder: Path) -> Bundle:
    return _bundle(edition, write_index(Shop.open(folder)))


def _bundle(edition: Edition, index: Path | None) -> Bundle:
    return Bundle(edition.html, edition.manifest, edition.findings, edition.tables, index)
