"""Commands about the score: its account, and the plan to a target."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table as Grid

from shopscore_analysis.cli.counting import count_ahead
from shopscore_analysis.cli.options import (
    AsJson,
    Cluster,
    Memory,
    ShopFolder,
    Week,
    Workers,
    notes,
    print_json,
    working,
)

if TYPE_CHECKING:
    from shopscore_analysis.score.account import Account
    from shopscore_analysis.score.plan import Plan
    from shopscore_analysis.score.reach import Reach
    from shopscore_analysis.score.record import Kept
    from shopscore_analysis.shop import Shop

Target = Annotated[
    float | None, typer.Option(min=3, max=5, help="The score to reach, of 5.", show_default="target in shop.toml")
]
Promises = tuple["Kept", pd.DataFrame] | None


def score(
    week: Week = "",
    target: Target = None,
    shop: ShopFolder = Path(),
    workers: Workers = 0,
    memory: Memory = "",
    cluster: Cluster = "",
    as_json: AsJson = False,
) -> None:
    """Print the score's account: indicators → dimensions → total under the shop's rule set, beside the platform's.

    Example: shopscore score --week 2026-W46 --shop apparel
    """
    from shopscore_analysis.shop import Shop
    from shopscore_analysis.standing import five_stars, standing

    home = Shop.open(shop)
    goal = target or home.settings.target
    count_ahead(home, workers, cluster, memory)
    with working("评分"):
        found, stars = standing(home, week), five_stars(home, goal, week)
    if as_json:
        return print_json(_account_json(found) | {"five_stars": {"target": goal} | stars._asdict()})
    return _print_account(found, goal, stars)


def _records(frame: pd.DataFrame) -> Any:
    return json.loads(frame.to_json(orient="records", double_precision=12))


def _account_json(found: Account) -> dict[str, Any]:
    return {
        "day": found.published.day.isoformat(),
        "rules": found.rules.name,
        "assumed": found.weighting.assumed,
        "scale": found.rules.scale,
        "own": [found.low, found.high],
        "platform": list(found.platform),
        "mean_stars": found.stars,
        "lost_unattributed": 5 - found.stars - float((5 - found.dimensions["ledger"]).sum(skipna=False)),
        "dimensions": _records(found.dimensions),
        "indicators": _records(found.indicators),
        "notes": list(found.notes),
    }


def _print_account(found: Account, goal: float, stars: Reach) -> None:
    from shopscore_analysis.show.account import ACCOUNT_HEADINGS, MEAN_STARS_TOLD, account_rows, indicator_words
    from shopscore_analysis.show.plan import reach_words
    from shopscore_analysis.show.tables import each

    out = Console()
    weights = " · 权重是假定的" if found.weighting.assumed else ""
    out.print(f"{found.rules.label} · {found.published.day}{weights}")
    grid = Grid(*ACCOUNT_HEADINGS, box=None)
    for cells in account_rows(found):
        grid.add_row(*cells)
    out.print(grid)
    lines = Grid("指标", "近 30 天", box=None)
    lines.add_column("口径", overflow="fold")
    for row in each(found.indicators):
        lines.add_row(row.label, *indicator_words(row))
    out.print(lines)
    for line in (MEAN_STARS_TOLD, *found.notes, reach_words(goal, stars)):
        out.print(f"· {line}", markup=False, highlight=False, soft_wrap=True)


def plan(
    target: Target = None,
    week: Week = "",
    save: Annotated[bool, typer.Option("--save", help="Keep the plan, to be checked in later periods.")] = False,
    done: Annotated[
        list[str] | None,
        typer.Option("--done", metavar="ACTION", help="Mark an action of the newest kept plan as carried out."),
    ] = None,
    shop: ShopFolder = Path(),
    workers: Workers = 0,
    memory: Memory = "",
    cluster: Cluster = "",
    as_json: AsJson = False,
) -> None:
    """Print the cheapest way to a target, or the proof that there is none; and what became of the last plan.

    Example: shopscore plan --target 4.8 --shop apparel --save
    """
    from shopscore_analysis.shop import Shop
    from shopscore_analysis.standing import plans, promises

    home = Shop.open(shop)
    if done:
        _mark(home, done)
    count_ahead(home, workers, cluster, memory)
    found, kept = plans(home, target, week), promises(home, week)
    if save:
        notes.print(f"计划存到 {_save(home, found, week)}", markup=False)
    if as_json:
        return print_json(_plan_json(found, kept))
    return _print_plan(home, found, kept, week)


def _mark(home: Shop, names: list[str]) -> None:
    from shopscore_analysis.errors import SettingsError
    from shopscore_analysis.score.record import FILE, save_plan, with_done
    from shopscore_analysis.standing import kept_plans

    plans = kept_plans(home)
    if not plans:
        raise SettingsError(
            "expected a kept plan to mark actions of, found none; keep one with `shopscore plan --save`"
        )
    save_plan(home.reports / FILE, with_done(plans[-1], names))


def _save(home: Shop, found: list[Plan], week: str) -> Path:
    from shopscore_analysis.score.record import FILE, MAIN, Kept, save_plan
    from shopscore_analysis.standing import kept_plans, published

    path, chosen = home.reports / FILE, next(one for one in found if one.case == MAIN)
    made = Kept(published(home, week).day, chosen, ())
    done = {name for kept in kept_plans(home) if kept.week == made.week for name in kept.done}
    save_plan(path, made._replace(done=tuple(i.action.name for i in chosen.chosen if i.action.name in done)))
    return path


def _plan_json(found: list[Plan], kept: Promises) -> dict[str, Any]:
    from shopscore_analysis.score.plan import table

    rows = _records(table(found))
    actions = [[item.action.name for item in one.chosen] for one in found]
    cases = [row | {"case": one.case, "actions": names} for row, one, names in zip(rows, found, actions, strict=True)]
    last = kept and {"week": kept[0].week, "done": list(kept[0].done), "outcome": _records(kept[1])}
    missing = {item.action.name: item.missing for item in found[0].left_out}
    return {"plans": cases, "left_out": missing, "last": last}


def _print_plan(home: Shop, found: list[Plan], kept: Promises, week: str) -> None:
    from shopscore_analysis.measure.ledger import ledger
    from shopscore_analysis.show.lead import OWN_TOTAL, lead_words, reserves
    from shopscore_analysis.show.plan import alike_words, lacking_words, missing_of, outcome_words, saved_words
    from shopscore_analysis.show.words import period
    from shopscore_analysis.standing import aimed, kept_plans, plan_note, start_note

    out = Console(soft_wrap=True, highlight=False, markup=False)
    out.print(f"{home.name} · {OWN_TOTAL} {found[0].total_before:.2f} · 目标 {found[0].target:.2f}")
    out.print(f"{start_note(home, week)}。{plan_note(home)}。")
    tally = home.tally(week=week)
    lost = ledger(tally)
    main = aimed(home, found, lost)
    if lead := lead_words(lost, found, main, period(tally.weeks)):
        out.print(lead)
    for line in _cases(found, reserves(lost, found, main)):
        out.print(line)
    if alike := alike_words(found):
        out.print(alike)
    for line in _dates(home, found, week):
        out.print(line)
    for line in lacking_words(missing_of(found)):
        out.print(f"  {line.removesuffix('。')}")
    now = next((one for one in kept_plans(home) if one.week == home.week(week)), None)
    if kept or not now:
        out.print(outcome_words(kept))
    if now:
        out.print(saved_words(now))


def _cases(found: list[Plan], doubted: dict[str, str]) -> Iterator[str]:
    """Each case, alike ones once, and what is to doubt of them."""
    from shopscore_analysis.score.plan import CASE_LABELS
    from shopscore_analysis.show.plan import BY_CLAIM, reserve_words, told_once

    labelled = [(CASE_LABELS[one.case], one) for one in found]
    said = [(label, one.words + f"；{BY_CLAIM}" * (label in doubted) + _money(one)) for label, one in labelled]
    yield from (f"[{cases}] {words}" for cases, words in told_once(said))
    yield from reserve_words(doubted)


def _money(one: Plan) -> str:
    locked = f"，另占用资金 ¥{one.capital:,.0f}" if one.capital else ""
    return f"；{one.months} 个月花费 ¥{one.cost:,.0f}{locked}" if one.chosen else ""


def _dates(home: Shop, found: list[Plan], week: str) -> Iterator[str]:
    """When each action of any case shows, counted from today, but never from before `plan_start`."""
    from shopscore_analysis.promises import plan_start
    from shopscore_analysis.report.due import today
    from shopscore_analysis.score.plan import dated
    from shopscore_analysis.show.plan import SINCE, dated_words

    monday, now = plan_start(home, week), today()
    dates = dated(found, max(monday, now))
    if dates.empty:
        return
    head, shows = dated_words(dates, "今天" if now >= monday else SINCE)
    yield f"{head}："
    yield from (f"  {row.action} [{row.name}]{said}" for row, said in zip(dates.itertuples(), shows, strict=True))


COMMANDS = (score, plan)
