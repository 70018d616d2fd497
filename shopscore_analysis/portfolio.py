"""Many shops beside one another: who gained, who lost, and to which cause; read shop by shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from shopscore_analysis.count import count
from shopscore_analysis.errors import SettingsError, ShopscoreError
from shopscore_analysis.measure.compare import compare
from shopscore_analysis.measure.rates import ENOUGH, bh, newcombe, p_value, share
from shopscore_analysis.report.receipt import day, versions
from shopscore_analysis.report.under import newest, shops_under
from shopscore_analysis.schema import POSSIBLE, TOO_FEW, WITHIN, weeks_to
from shopscore_analysis.shards import Shard, shards
from shopscore_analysis.shop import Shop
from shopscore_analysis.tally import Tally

SPAN = 4  # weeks of a period
RATE = 0.20  # false discovery rate over all shops that 可能变化 stands for
SHOPS = (
    "shop", "score", "score_before", "k", "n", "share", "k_before", "n_before", "share_before", "change", "low",
    "high", "verdict", "worse", "worse_stars", "better", "better_stars",
)  # fmt: skip
CAUSES = ("shop", "cause", "k", "n", "k_before", "n_before", "change", "verdict", "stars", "stars_before")


@dataclass(frozen=True)
class Portfolio:
    """What `compared` returns.

    `shops`: `SHOPS`, the greatest loss first; `causes`: `CAUSES`, a row per shop and cause; `failed`: shop, why;
    `facts`: what it was made from, as `report.facts` gives it for one shop.
    """

    shops: pd.DataFrame
    causes: pd.DataFrame
    failed: pd.DataFrame
    facts: dict[str, Any]


def compared(root: Path | str, week: str = "") -> Portfolio:
    """Every shop under `root`: the four weeks up to `week` against the four before.

    One shop is held in memory at a time, and of it only those eight weeks. k of n reviews with text complain; `change`
    is the difference of the shares with Newcombe's 95 % interval, judged together over all shops by
    Benjamini-Hochberg: 可能变化 at most. `worse` and `better`: the causes that took more and fewer stars from a review
    than before, `…_stars` by how much. A shop that cannot be read is listed with the reason, and the others go on.
    """
    now, folders = week or newest(Path(root)), shops_under(Path(root))
    rows: list[dict[str, Any]] = []
    parts, failed = [pd.DataFrame(columns=list(CAUSES))], []
    for folder in folders:
        try:
            row, causes = _shop(folder, now)
        except ShopscoreError as error:
            failed.append((folder.name, error.said))
            continue
        rows.append(row)
        parts.append(causes)
    inputs = {row["shop"]: row.pop("input") for row in rows}
    about = _facts(Path(root), now, len(folders), inputs)
    table = _judged(pd.DataFrame(rows, columns=[name for name in SHOPS if name not in _JUDGED]))
    return Portfolio(table, _stacked(parts), pd.DataFrame(failed, columns=["shop", "why"]), about)


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)] or parts
    return pd.concat(filled, ignore_index=True)


_JUDGED = frozenset({"share", "share_before", "change", "low", "high", "verdict"})


def _shop(folder: Path, week: str) -> tuple[dict[str, Any], pd.DataFrame]:
    shop, weeks = Shop.open(folder), weeks_to(week, 2 * SPAN)
    tally = _tally(shop, weeks)
    before, now = (tally.where(week=["", *part]) for part in (weeks[:SPAN], weeks[SPAN:]))
    if not now.total("review"):
        raise SettingsError(
            f"expected reviews of {weeks[SPAN]} to {week}, found none; load the exports",
            f"没有 {weeks[SPAN]} 到 {week} 的评价",
        )
    causes = compare(now, before).assign(shop=shop.name)[list(CAUSES)]
    scores = shop.scores().dropna(subset="score").groupby("week")["score"].last()
    held = shop.inventory
    digest = {"rows": held.rows("reviews"), "digest": held.digest("reviews")}
    digest |= {"as_of": day(held.newest("reviews"))}
    digest |= {"own_lexicon": sha256(shop.own.encode()).hexdigest()[:12]} if shop.own else {}
    row = {
        "shop": shop.name, "score": scores.get(week), "score_before": scores.get(weeks[SPAN - 1]),
        "k": now.total("complaint"), "n": now.total("text"), "k_before": before.total("complaint"),
        "n_before": before.total("text"), "input": digest, **_moved(causes),
    }  # fmt: skip
    return row, causes


def _tally(shop: Shop, weeks: list[str]) -> Tally:
    """The tally of some weeks' reviews only: nothing else is tagged."""
    none = {name: shop.shelf.read(name, ()).to_pandas() for name in ("orders", "aftersales", "service")}
    return count(shards(Shard(shop.name, shop.settings.category, reviews=shop.reviews(weeks), **none, own=shop.own)))


def _moved(causes: pd.DataFrame) -> dict[str, Any]:
    """The cause that takes more stars than before, and the one that takes fewer; None where none does."""
    steps = sorted(zip(causes["stars"].fillna(0) - causes["stars_before"].fillna(0), causes["cause"], strict=True))
    (least, better), (most, worse) = (steps[0], steps[-1]) if steps else ((0.0, None), (0.0, None))
    return {
        "worse": worse if most > 0 else None, "worse_stars": most, "better": better if least < 0 else None,
        "better_stars": least,
    }  # fmt: skip


def _judged(shops: pd.DataFrame) -> pd.DataFrame:
    k, n, k_before, n_before = (shops[name].to_numpy(dtype=float) for name in ("k", "n", "k_before", "n_before"))
    change, low, high = newcombe(k, n, k_before, n_before)
    q = pd.Series(bh(p_value(k, n, k_before, n_before)), index=shops.index)
    words = (q < RATE).map({True: POSSIBLE, False: WITHIN})
    few = (shops[["n", "n_before"]].min(axis=1) < ENOUGH) | (shops["k"] + shops["k_before"] < ENOUGH)
    judged = shops.assign(
        share=share(k, n), share_before=share(k_before, n_before), change=change, low=low, high=high,
        verdict=words.mask(few, TOO_FEW),
    )  # fmt: skip
    return judged.sort_values(["change", "shop"], ascending=[False, True], ignore_index=True)[list(SHOPS)]


def _facts(root: Path, week: str, count_: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
    as_of = max((entry["as_of"] for entry in inputs.values()), default="")
    return {
        "shop": f"{root.expanduser().resolve().name}（{count_} 家店）", "category": "", "week": week,
        "data_as_of": as_of, "inputs": dict(inputs), "versions": versions(),
    }  # fmt: skip


def rises(portfolio: Portfolio) -> pd.DataFrame:
    """Over all shops, in how many each cause rose, fell, or did neither: cause, up, down, same, worst, worst_stars.

    Up and down are 可能变化 by `compare`; `worst` is the shop in which it took most stars more.
    """
    return pd.DataFrame(_rise(str(cause), rows) for cause, rows in portfolio.causes.groupby("cause")).pipe(_ranked)


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    columns = ["cause", "up", "down", "same", "worst", "worst_stars"]
    known = table if len(table) else pd.DataFrame(columns=columns)
    return known.sort_values(["up", "worst_stars", "cause"], ascending=[False, False, True], ignore_index=True)


def _rise(cause: str, rows: pd.DataFrame) -> dict[str, Any]:
    sure = rows["verdict"] == POSSIBLE
    up, down = int((sure & (rows["change"] > 0)).sum()), int((sure & (rows["change"] < 0)).sum())
    step = (rows["stars"].fillna(0) - rows["stars_before"].fillna(0)).set_axis(rows["shop"])
    return {
        "cause": cause, "up": up, "down": down, "same": len(rows) - up - down, "worst": step.idxmax(),
        "worst_stars": float(step.max()),
    }  # fmt: skip
