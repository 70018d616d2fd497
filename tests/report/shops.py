"""Small shops with hand-made exports and a notebook that costs nothing, for the tests of scheduled runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shopscore_analysis.report.receipt import MIME, run_id
from shopscore_analysis.shop import Shop
from tests.report.notebooks import write

HAND = Path(__file__).resolve().parents[1] / "hand"
EXPORTS = sorted(path for path in HAND.iterdir() if path.suffix == ".csv")
# A receipt without importing the package into the kernel, which would take seconds.
STUB = f"""\
from IPython.display import display
facts = {{"shop": "手算店", "category": "衣服", "week": week, "data_as_of": "2026-11-16"}}
display({{"text/plain": "", "{MIME}": {{"findings": [], "facts": facts}}}}, raw=True)"""


def make(folder: Path, *cells: str, inbox: bool = True) -> Shop:
    """A shop with the exports of 2026-W45 and W46 in its inbox and its own `weekly` notebook."""
    shop = Shop.create(folder, folder.name, "衣服")
    (folder / "notebooks").mkdir()
    write(folder / "notebooks" / "weekly.ipynb", *(cells or (STUB,)))
    (folder / "data" / "inbox").mkdir()
    if inbox:
        for path in EXPORTS:
            shutil.copy(path, folder / "data" / "inbox" / path.name)
    return shop


def published(shop: Shop, week: str, inputs: Mapping[str, Any] | None = None) -> Path:
    """The page of a whole edition, as `report.bundle.issue` leaves one."""
    folder = shop.reports / week
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"shop": shop.name, "week": week, "inputs": dict(inputs or {})}
    for name, content in (("weekly.html", ""), ("tables.xlsx", ""), ("findings.json", "[]")):
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({**facts, "run_id": run_id(facts)}), encoding="utf-8")
    return folder / "weekly.html"
