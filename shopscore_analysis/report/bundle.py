"""A report with everything that belongs to it: the page, its workbook, and the shop's index page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopscore_analysis.report.index import write_index
from shopscore_analysis.report.twins import write_tables
from shopscore_analysis.shop import Shop


@dataclass(frozen=True)
class Bundle:
    """The paths of a published report; `findings` is None for a notebook that looks for none."""

    html: Path
    manifest: Path
    findings: Path | None
    tables: Path
    index: Path | None


def issue(folder: Path, notebook: str, week: str = "", parameters: Mapping[str, Any] | None = None) -> Bundle:
    """The bundle of a notebook for one week of the shop in `folder`; no `week` means the newest with reviews.

    The page is checked and published first. Where the workbook or the index page cannot be written, ReportError says
    so and the week counts as unfinished: the next `run-due` makes it again.
    """
    from shopscore_analysis.report.run import publish

    edition = publish(folder, notebook, week, parameters)
    tables = write_tables(edition.html)
    return Bundle(edition.html, edition.manifest, edition.findings, tables, write_index(Shop.open(folder)))
