"""Writes the table of docs/causes.md from the tagger's measured quality. Run after tools/train_tagger.py."""

from __future__ import annotations

import json
from pathlib import Path

from shopscore_analysis.schema import CAUSES, DIMENSIONS

ROOT = Path(__file__).resolve().parents[1]
DOC = ROOT / "docs" / "causes.md"
QUALITY = ROOT / "shopscore_analysis" / "data" / "tagger_quality.json"
BEGIN, END = "<!-- quality: written by tools/causes_doc.py -->", "<!-- end of quality -->"
HEAD = "| cause | | labelled | said | both | precision | recall | weighed |\n|---|---|--:|--:|--:|---|---|---|\n"


def table() -> str:
    """The quality of each cause as a Markdown table, in the order of the schema, and of any complaint at all."""
    measured = json.loads(QUALITY.read_text(encoding="utf-8"))
    rows = [_row(CAUSES[name].label, DIMENSIONS[CAUSES[name].dimension], measured["causes"][name]) for name in CAUSES]
    return HEAD + "".join(rows) + _row("any complaint", "favourable reviews", measured["hidden"])


def _row(name: str, where: str, found: dict[str, object]) -> str:
    n, said, hit = (int(str(found[key])) for key in ("n", "said", "hit"))
    precision, recall = (_rated(hit, of, found[f"{key}_interval"]) for key, of in (("precision", said), ("recall", n)))
    weighed = f"{found['precision']} / {found['recall']}"
    return f"| {name} | {where} | {n} | {said} | {hit} | {precision} | {recall} | {weighed} |\n"


def _rated(hit: int, of: int, interval: object) -> str:
    low, high = interval if isinstance(interval, list) else (0, 1)
    return f"{hit / of:.1%} ({low:.1%}–{high:.1%})" if of else "—"


def renewed(doc: str) -> str:
    """The page with its table written anew."""
    before, rest = doc.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    DOC.write_text(renewed(DOC.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
