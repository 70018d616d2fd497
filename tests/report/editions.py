"""Published editions made by hand, without a kernel, for the tests of what comes after a page."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from shopscore_analysis import show
from shopscore_analysis.report import twins
from shopscore_analysis.report.receipt import receipt, run_id
from shopscore_analysis.report.workbook import workbook
from tests.show import worlds

EVIL = '=HYPERLINK("http://127.0.0.1","点我")太短'


@cache
def body() -> str:
    """The body of a page of real artefacts over the small world of `tests.show.worlds`, hostile quotes included."""
    quotes = worlds.quotes()
    quotes.loc[0, ["text", "start", "end"]] = [EVIL, len(EVIL) - 2, len(EVIL)]
    names, week = worlds.NAMES, worlds.WEEK
    line = show.verdict_line(worlds.trend(), worlds.findings(), week, names)
    parts = [
        show.header(worlds.FACTS, run_id(worlds.FACTS), line),
        show.score_tiles(worlds.rank(), worlds.benchmark(), week, 4.8),
        show.things_to_do(worlds.findings(), worlds.ledger(), worlds.OWNERS, week, names),
        show.loss_bars(worlds.ledger()),
        show.gaps(worlds.benchmark()),
        show.heatmap(worlds.cells(), names),
        show.evidence(quotes, worlds.overall(), worlds.cells(), names, period="第46周"),
        show.quality_table(worlds.status()),
    ]
    return "".join(part._repr_html_() for part in parts)


def found() -> list[dict[str, Any]]:
    """The world's findings as findings.json holds them."""
    return receipt(worlds.findings(), {}).findings or []


def publish(folder: Path, week: str = worlds.WEEK, extra: str = "", notebook: str = "weekly") -> Path:
    """The path of a published page, with its manifest and findings beside it, sealed by its digest."""
    folder.mkdir(parents=True, exist_ok=True)
    data = f'<html lang="zh-CN"><body>{body()}{extra}</body></html>'.encode()
    prefix = "" if notebook == "weekly" else f"{notebook}."
    files = {f"{notebook}.html": hashlib.sha256(data).hexdigest()}
    facts = {**worlds.FACTS, "week": week}
    manifest = {**facts, "run_id": run_id(facts), "files": files}
    (folder / f"{notebook}.html").write_bytes(data)
    (folder / f"{prefix}manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / f"{prefix}findings.json").write_text(json.dumps(found()), encoding="utf-8")
    return folder / f"{notebook}.html"


def write_tables(page: Path) -> Path:
    """The path of the workbook of a page that was published by hand, written beside it."""
    edition = twins.read_edition(page)
    path = twins.beside(page, "tables.xlsx")
    path.write_bytes(workbook(edition.reading, edition.facts, edition.found))
    return path
