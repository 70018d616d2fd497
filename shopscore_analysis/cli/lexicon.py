"""Commands about the lexicon: what it explains, what it lacks, and the analyst's decisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table as Grid

from shopscore_analysis.cli.options import AsJson, ShopFolder, Week, notes, print_json, working

if TYPE_CHECKING:
    from shopscore_analysis.learn.decisions import Effect
    from shopscore_analysis.learn.unmapped import Unmapped
    from shopscore_analysis.shop import Shop

Weeks = Annotated[int, typer.Option(min=1, max=520, help="How many weeks to look back.")]
Apply = Annotated[bool, typer.Option("--apply", help="Put the decisions made into lexicon.toml; print what changes.")]


def lexicon(
    weeks: Weeks = 13, week: Week = "", apply: Apply = False, shop: ShopFolder = Path(), as_json: AsJson = False
) -> None:
    """Print how many lost stars have a cause, and which phrases that have none cost most.

    lexicon-candidates.csv beside shop.toml lists them: fill in 决定 (接受 or 拒绝) and 根因 there, then run the command
    with --apply. Example: shopscore lexicon --weeks 26 --shop apparel
    """
    from shopscore_analysis.shop import Shop

    home = Shop.open(shop)
    if apply:
        return _apply(home, weeks, week, as_json)
    return _look(home, weeks, week, as_json)


def _look(home: Shop, weeks: int, week: str, as_json: bool) -> None:
    from shopscore_analysis.learn.decisions import update
    from shopscore_analysis.learn.unmapped import unmapped

    with working("词表"):
        found = unmapped(home, weeks, week)
        path = update(home, found)
    if as_json:
        return print_json(_found_json(home, found, path))
    _print_found(found)
    if len(found.phrases) or len(found.words):
        notes.print(f"{path}：填好“决定”和“根因”两列，再运行 shopscore lexicon --apply", markup=False, soft_wrap=True)
    return None


def _records(frame: pd.DataFrame) -> Any:
    return json.loads(frame.to_json(orient="records", double_precision=12))


def _found_json(home: Shop, found: Unmapped, path: Path) -> dict[str, Any]:
    from shopscore_analysis.learn.decisions import read_decisions

    verdicts = [one.verdict for one in read_decisions(home.root)]
    return {
        "shop": home.name,
        "weeks": [found.weeks[0], found.weeks[-1]],
        "weeks_with_reviews": found.weeks,
        "lexicon": found.digest,
        "coverage": _records(found.coverage),
        "phrases": _records(found.phrases),
        "words": _records(found.words),
        "candidates": str(path),
        "open": verdicts.count(""),
        "decided": len(verdicts) - verdicts.count(""),
    }


def _print_found(found: Unmapped) -> None:
    from shopscore_analysis.schema import cause_label
    from shopscore_analysis.show.lexicon import lexicon_weeks, lexicon_words
    from shopscore_analysis.show.tables import each

    out = Console(markup=False, highlight=False)
    out.print(
        lexicon_weeks(found.weeks, found.asked),
        lexicon_words(found.coverage),
        sep="\n",
        soft_wrap=True,
    )
    if found.phrases.empty and found.words.empty:
        return out.print("没有可以收进词表的说法：没认出根因的抱怨太少，说法各不相同，或者好评里也常说。")
    grid = Grid("短语", "丢星", "条数", "模型倾向", "例句", box=None)
    for row in each(found.phrases):
        leaning = f"{cause_label(row.cause)} {row.confidence:.0%}" if isinstance(row.cause, str) else "—"
        grid.add_row(row.phrase, f"{row.stars:.1f}", str(row.k), leaning, row.first)
    for row in each(found.words):
        grid.add_row(row.phrase, f"{row.stars:.1f}", str(row.k), "新词", row.first)
    return out.print(grid)


def _apply(home: Shop, weeks: int, week: str, as_json: bool) -> None:
    from shopscore_analysis.learn.decisions import apply, effect
    from shopscore_analysis.learn.unmapped import window
    from shopscore_analysis.schema import weeks_to

    with working("词表"):
        changed = effect(home, window(home, weeks_to(home.week(week), weeks)))
    path = apply(home) if changed.accepted or changed.rejected else None
    if as_json:
        return print_json(_effect_json(home, changed, path))
    _print_effect(changed)
    notes.print(f"→ {path}" if path else "lexicon-candidates.csv 里没有新的决定，什么都没改", markup=False)
    return None


def _effect_json(home: Shop, changed: Effect, path: Path | None) -> dict[str, Any]:
    return {
        "shop": home.name,
        "accepted": changed.accepted,
        "rejected": changed.rejected,
        "reviews": changed.reviews,
        "n": changed.n,
        "stars": changed.stars,
        "causes": _records(changed.causes),
        "path": path and str(path),
    }


def _print_effect(changed: Effect) -> None:
    from shopscore_analysis.schema import cause_label
    from shopscore_analysis.show.tables import each

    out = Console(markup=False, highlight=False)
    out.print(f"{changed.reviews}/{changed.n} 条评价的根因改变，{changed.stars:.1f} 星换了根因")
    grid = Grid("根因", "评价数", "丢星", box=None)
    for row in each(changed.causes):
        grid.add_row(cause_label(row.cause), f"{row.k_before} → {row.k}", f"{row.loss_before:.1f} → {row.loss:.1f}")
    out.print(grid)


COMMANDS = (lexicon,)
