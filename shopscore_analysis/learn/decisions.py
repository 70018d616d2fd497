"""The analyst's decisions on phrases: one CSV file beside shop.toml that `shopscore lexicon` writes and applies.

A row is a phrase with what it costs and two quotes. Whoever edits it, in Excel or a text editor, fills in 决定 and, if
need be, 根因. Decisions stay in the file until they are applied; a rejected phrase stays for good and is not offered
again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from shopscore_analysis.annotate import guarded
from shopscore_analysis.count import lost_by_cause
from shopscore_analysis.errors import LexiconError
from shopscore_analysis.learn.unmapped import Unmapped
from shopscore_analysis.own import amended, phrases_of, plain, write_own
from shopscore_analysis.read.formats import read_table
from shopscore_analysis.schema import CAUSES, LOSS_UNIT, UNATTRIBUTED
from shopscore_analysis.shards import Shard, tag_shard
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.beliefs import beliefs

FILE = "lexicon-candidates.csv"
ACCEPT, REJECT, OPEN = "接受", "拒绝", ""
_SPELT = {ACCEPT: ACCEPT, "accept": ACCEPT, "是": ACCEPT, "y": ACCEPT, REJECT: REJECT, "reject": REJECT, "否": REJECT,
          "n": REJECT, "": OPEN}  # fmt: skip
COLUMNS = ("决定", "短语", "根因", "丢星", "条数", "种类", "模型把握", "例句一", "例句二")
_LABELS = {cause.label: name for name, cause in CAUSES.items()} | {name: name for name in CAUSES}


@dataclass(frozen=True)
class Decision:
    """A phrase, what was decided (`ACCEPT`, `REJECT`, `OPEN`), its cause ("" for none), and the row as it stands."""

    phrase: str
    verdict: str
    cause: str
    row: dict[str, str]


@dataclass(frozen=True)
class Effect:
    """What a change of the lexicon does to the reviews of a window.

    `causes`: cause, k_before, k (reviews), loss_before, loss (stars), those that change only, with 未归因;
    `reviews`: how many change a cause, of `n`; `stars`: how many lost stars go to another cause.
    """

    accepted: dict[str, list[str]]
    rejected: list[str]
    causes: pd.DataFrame
    reviews: int
    n: int
    stars: float


def read_decisions(folder: Path) -> list[Decision]:
    """The rows of the folder's candidates file, in its order; none where there is no file.

    Raises LexiconError, which names the row, for a decision, a cause or a phrase that cannot be understood.
    """
    path = folder / FILE
    if not path.exists():
        return []
    table = read_table(path)
    if missing := [name for name in COLUMNS[:3] if name not in table.column_names]:
        raise LexiconError(f"expected the columns {'、'.join(COLUMNS[:3])} in {path}, found no {'、'.join(missing)}")
    rows = [{name: (value or "").strip() for name, value in row.items()} for row in table.to_pylist()]
    return _consistent([_decision(row, f"{path}, row {at}") for at, row in enumerate(rows, 2) if row["短语"]], path)


def _decision(row: dict[str, str], where: str) -> Decision:
    verdict, cause = _SPELT.get(row["决定"].lower()), _LABELS.get(row["根因"], "")
    if verdict is None:
        raise LexiconError(f"{where}: expected {ACCEPT}, {REJECT} or nothing in 决定, found {row['决定']!r}")
    if not cause and (row["根因"] or verdict == ACCEPT):
        known = "、".join(one.label for one in CAUSES.values())
        raise LexiconError(f"{where}: expected one of {known} in 根因, found {row['根因']!r}")
    try:
        return Decision(plain(row["短语"]), verdict, cause, row)
    except LexiconError as error:
        raise LexiconError(f"{where}: {error}") from error


def _consistent(decisions: list[Decision], path: Path) -> list[Decision]:
    known: dict[str, Decision] = {}
    for one in decisions:
        other = known.setdefault(one.phrase, one)
        if (other.verdict, other.cause) != (one.verdict, one.cause):
            raise LexiconError(f"expected one decision for {one.phrase!r} in {path}, found two; delete one of the rows")
    return list(known.values())


def update(shop: Shop, found: Unmapped) -> Path:
    """The path of the candidates file, brought up to date: what is offered now above what was decided before.

    What the shop's lexicon holds already is not offered. A cause that was filled in without a decision is kept.
    """
    before = {one.phrase: one for one in read_decisions(shop.root)}
    decided = [one for one in before.values() if one.verdict]
    settled = {phrase for words in phrases_of(shop.own).values() for phrase in words} | {one.phrase for one in decided}
    offered = [row for row in _offers(found) if plain(row["短语"]) not in settled]
    for row in offered:
        if (kept := before.get(plain(row["短语"]))) and kept.cause:
            row["根因"] = CAUSES[kept.cause].label
    return _written(shop.root, [*offered, *(one.row for one in sorted(decided, key=lambda one: one.verdict))])


def _offers(found: Unmapped) -> Iterator[dict[str, str]]:
    for kind, frame in (("短语", found.phrases), ("新词", found.words)):
        for row in frame.to_dict("records"):
            cause = row.get("cause")
            sure = row.get("confidence")
            yield {
                "决定": OPEN, "短语": row["phrase"], "根因": CAUSES[cause].label if isinstance(cause, str) else "",
                "丢星": f"{row['stars']:.1f}", "条数": str(row["k"]), "种类": kind,
                "模型把握": "" if sure is None else f"{sure:.2f}", "例句一": row["first"], "例句二": row["second"],
            }  # fmt: skip


def _written(folder: Path, rows: Iterable[dict[str, str]]) -> Path:
    """The file replaced as a whole: UTF-8 with BOM, so that Excel reads it; no cell is run as a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([guarded(row.get(name, "")) for name in COLUMNS])
    with tempfile.TemporaryDirectory(prefix=f".{FILE}-", dir=folder) as making:
        made = Path(making) / FILE
        made.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
        return made.replace(folder / FILE)


def decide(shop: Shop, chosen: Iterable[tuple[str, str, str]]) -> Path:
    """The path of the candidates file with decisions entered: (phrase, verdict, cause) each, as from a form."""
    rows = {one.phrase: dict(one.row) for one in read_decisions(shop.root)}
    for phrase, verdict, cause in chosen:
        row = rows.setdefault(plain(phrase), {"短语": phrase})
        row.update({"决定": verdict, "根因": CAUSES[cause].label if cause else row.get("根因", "")})
        _decision(row, FILE)
    return _written(shop.root, rows.values())


def effect(shop: Shop, window: Shard) -> Effect:
    """What the decisions of the candidates file would do to the reviews of `window`; nothing is written."""
    accepted, rejected, after = _proposed(shop)
    read = [tag_shard(replace(window, own=own)) for own in (shop.own, after)]
    before, now = (lost_by_cause(one).groupby(["row", "cause"])["units"].sum() for one in read)
    moved = now.sub(before, fill_value=0).rename("units").reset_index()
    said = [set(map(tuple, one.review_causes[["row", "cause"]].to_numpy().tolist())) for one in read]
    changed = {row for row, _ in said[0] ^ said[1]}
    stars = float(moved["units"].abs().sum()) / 2 / LOSS_UNIT
    return Effect(accepted, rejected, _by_cause(before, now), len(changed), len(window.reviews), stars)


def _proposed(shop: Shop) -> tuple[dict[str, list[str]], list[str], str]:
    """What is accepted per cause and rejected, and the text of the lexicon that follows.

    Only what the lexicon states is taken out of it; other rejected phrases are remembered by the file alone.
    """
    decided = read_decisions(shop.root)
    accepted: dict[str, list[str]] = {}
    for one in decided:
        if one.verdict == ACCEPT:
            accepted.setdefault(one.cause, []).append(one.phrase)
    refused = [one.phrase for one in decided if one.verdict == REJECT]
    own, category = shop.own, shop.settings.category
    known = beliefs([phrase.replace("_", " ") for phrase in refused], category, own).stated
    rejected = [phrase for phrase, causes in zip(refused, known, strict=True) if causes.any()]
    changes = bool(accepted or rejected)
    return accepted, rejected, amended(own, accepted, rejected) if changes else own


def _by_cause(before: pd.Series, now: pd.Series) -> pd.DataFrame:
    parts = [one.groupby("cause").agg(["size", "sum"]) for one in (before, now)]
    table = pd.concat(parts, axis=1, keys=["before", "now"]).fillna(0)
    table = table.set_axis(["k_before", "loss_before", "k", "loss"], axis=1).astype("int64")
    changed = table[(table["k"] != table["k_before"]) | (table["loss"] != table["loss_before"])]
    order = [cause for cause in (*CAUSES, UNATTRIBUTED) if cause in changed.index]
    divided: dict[str, Any] = {name: changed[name] / LOSS_UNIT for name in ("loss_before", "loss")}
    return changed.assign(**divided).loc[order].rename_axis("cause").reset_index()


def sources(shop: Shop) -> dict[str, str]:
    """What `effect` looks at beside the shelf: the digest of the candidates file, where there is one."""
    path = shop.root / FILE
    return {"decisions": hashlib.sha256(path.read_bytes()).hexdigest()[:12]} if path.exists() else {}


def apply(shop: Shop) -> Path:
    """The path of the shop's lexicon.toml with every decision in it; what was accepted leaves the candidates file."""
    _, _, after = _proposed(shop)
    path = write_own(shop.root, after, shop.settings.category)
    left = [one.row for one in read_decisions(shop.root) if one.verdict != ACCEPT]
    _written(shop.root, left)
    return path
