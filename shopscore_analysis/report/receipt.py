"""The proof that a notebook ran to its end, and what it was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

import pandas as pd

from shopscore_analysis.schema import CAUSES, TABLES, UNATTRIBUTED, cause_label
from shopscore_analysis.settings import Settings
from shopscore_analysis.show.method import HIDDEN
from shopscore_analysis.show.tables import run_record

MIME = "application/vnd.shopscore.receipt+json"
PACKAGES = ("shopscore-analysis", "pandas", "numpy", "scipy", "matplotlib", "seaborn", "wordcloud", "jieba", "numba")


_LABELS: dict[str, dict[str, str]] = {
    "kind": {"change": "变化", "level": "一直偏高"},
    "cause": {name: cause_label(name) for name in (*CAUSES, UNATTRIBUTED)},
}


class _Shop(Protocol):
    """What is read of a shop."""

    settings: Settings

    @property
    def name(self) -> str: ...
    @property
    def own(self) -> str: ...
    @property
    def inventory(self) -> Any: ...
    def is_over(self, week: str) -> bool: ...


@dataclass(frozen=True)
class Receipt:
    """Findings and facts of a run; shows itself as the run record and carries both as JSON."""

    findings: list[dict[str, Any]] | None
    facts: dict[str, Any]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {
            "text/plain": f"run {run_id(self.facts)}",
            "text/html": run_record(self.facts, run_id(self.facts)).markup,
            MIME: {"findings": self.findings, "facts": self.facts},
        }


def receipt(findings: pd.DataFrame | None, facts: Mapping[str, Any]) -> Receipt:
    """The last artefact of a notebook: what it found (None: it looks for nothing) and what it was made from.

    Without it a report is not published, so a notebook that stopped early cannot pass for a whole one. Beside the codes
    of kind and cause stand their Chinese names, `kind_label` and `cause_label`.
    """
    found = None if findings is None else json.loads(findings.to_json(orient="records", double_precision=12))
    return Receipt(found and [_labelled(row) for row in found], dict(facts))


def _labelled(row: Mapping[str, Any]) -> dict[str, Any]:
    """A finding with a name for people behind each code that has one."""
    named: dict[str, Any] = {}
    for name, value in row.items():
        label = _LABELS.get(name, {}).get(str(value))
        named |= {name: value} | ({f"{name}_label": label} if label else {})
    return named


def facts(shop: _Shop, week: str, also: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a report of `shop` for `week` is made from: shop, category, week, data_as_of, inputs, settings, versions.

    `data_as_of` is the day of the newest review, as `shopscore status` prints it, for most of a report rests on
    reviews; `exported` that of the export which brought it.
    `inputs` gives rows and digest of each table that has any; `also` is what else the report looks at, such as
    `promises.sources`. `unfinished` stands there only where the week was not over when its reviews were exported.
    Nothing here depends on the clock or on where the shop's folder lies, so that the same inputs give the same facts.
    """
    rows = {name: count for name in TABLES if (count := shop.inventory.rows(name))}
    inputs = {name: {"rows": count, "digest": shop.inventory.digest(name)} for name, count in rows.items()}
    return {
        "shop": shop.name,
        "category": shop.settings.category,
        "week": week,
        "data_as_of": day(shop.inventory.newest("reviews")),
        "exported": day(shop.inventory.exported("reviews")),
        "inputs": inputs,
        "settings": hashlib.sha256(shop.settings.model_dump_json().encode("utf-8")).hexdigest()[:12],
        "versions": versions(shop.settings.category, shop.own),
        **({} if shop.is_over(week) else {"unfinished": True}),
        **(also or {}),
    }  # fmt: skip


def day(newest: datetime | None) -> str:
    """The day of a time in ISO format; empty where there is none."""
    return f"{newest:%Y-%m-%d}" if newest else ""


def versions(category: str = "", own: str = "") -> dict[str, str]:
    """Versions of the package, of what computes, and digests of the lexicon and of all code and data files.

    `category` and `own` (the shop's own phrases) name the lexicon whose digest is given.
    """
    from shopscore_analysis.demo import code_digest
    from shopscore_analysis.text.tagger import tagger_digest

    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # the package itself, run from its folder
            found[name] = "not installed"
    return {**found, "lexicon": tagger_digest(category, own)[:12], "code": code_digest()}


def tagger_quality() -> pd.DataFrame:
    """How well the tagger knows each cause, as measured when it was trained, with 95 % intervals; a row each.

    The last row, `HIDDEN`, is any complaint at all among favourable reviews. Columns: cause, n (texts labelled with
    it), said (tagged with it), hit (both), precision and recall (weighed), precision_low, precision_high, recall_low,
    recall_high (Wilson, of hit/said and hit/n).
    """
    source = resources.files("shopscore_analysis") / "data" / "tagger_quality.json"
    measured = json.loads(source.read_text(encoding="utf-8"))
    columns = ["n", "said", "hit", "precision", "recall"]
    rows = {**measured["causes"], HIDDEN: measured["hidden"]}
    whole = pd.DataFrame.from_dict(rows, orient="index").rename_axis("cause").reset_index()
    table = whole[["cause", *columns]]
    for name in ("precision", "recall"):
        ends = pd.DataFrame(whole[f"{name}_interval"].tolist(), columns=[f"{name}_low", f"{name}_high"])
        table = pd.concat([table, ends], axis=1)
    return table


def run_id(facts: Mapping[str, Any]) -> str:
    """12 hex digits over the facts: the same inputs, settings and versions, the same id.

    >>> run_id({"week": "2026-W46"}) == run_id({"week": "2026-W46"}) != run_id({"week": "2026-W45"})
    True
    """
    canonical = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()[:12]
