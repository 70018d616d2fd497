"""The way to the target, and what became of what was promised: the last plan, and the last report's three things."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from shopscore_analysis import standing
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.measure.outlook import rank_with
from shopscore_analysis.measure.rates import ENOUGH, newcombe, share
from shopscore_analysis.report.archive import archived
from shopscore_analysis.report.reading import read_page
from shopscore_analysis.schema import CAUSES, DIMENSIONS, POSSIBLE, TOO_FEW, WITHIN, begins, cause_label, week_start
from shopscore_analysis.score.plan import Plan
from shopscore_analysis.score.record import FILE, Kept
from shopscore_analysis.shop import Shop
from shopscore_analysis.tally import Tally

MAIN = "weekly"
THINGS = (
    "week", "cause", "where", "action", "who", "k_before", "n_before", "share_before", "k", "n", "share",
    "change", "low", "high", "verdict",
)  # fmt: skip
_WHOLE = "全店"


def way(shop: Shop, week: str = "") -> list[Plan] | None:
    """The low, mid and high case of the cheapest way to the target; None where the week has no dimension scores."""
    return standing.plans(shop, None, week) if _scored(shop, week) else None


def aimed(shop: Shop, found: list[Plan] | None, lost: pd.DataFrame) -> Plan | None:
    """The mid case of `way` with an action against what costs most: `standing.aimed`; None where there is none."""
    return standing.aimed(shop, found, lost) if found else None


def start(shop: Shop, week: str = "") -> str:
    """Which total `way` starts from, and why the platform's differs: `standing.start_note`; "" without scores."""
    return standing.start_note(shop, week) if _scored(shop, week) else ""


def outlook(shop: Shop, week: str = "") -> pd.DataFrame:
    """The rank among the TOP10 now and after each case of `way`: `standing.outlook`; empty without dimension scores."""
    plans = way(shop, week)
    return standing.outlook(shop, plans, week) if plans else rank_with(shop.rivals(), shop.week(week), {})


def plan(shop: Shop, week: str = "") -> tuple[Kept, pd.DataFrame] | None:
    """The last plan kept before a week and what became of it; None where none was, or the week has no scores."""
    return standing.promises(shop, week) if _scored(shop, week) else None


def _scored(shop: Shop, week: str) -> bool:
    scores = shop.scores()
    inside = scores[scores["week"] == shop.week(week)]
    return bool(inside[[f"{name}_score" for name in DIMENSIONS]].notna().all(axis=1).any())


def things(shop: Shop, week: str = "") -> pd.DataFrame:
    """The three things of the last report before a week, and how each complaint fared since: `THINGS`.

    The things are read from the published page itself. k of n reviews with text in the week of that report and in
    this week, `change` the difference of the shares with Newcombe's 95 % interval. The verdict is 可能变化 at most:
    two weeks know nothing of the weeks' own unrest. Whether a thing was done, no export tells. Empty where there
    is no earlier report.
    """
    now, page = shop.week(week), last_page(shop, week)
    if page is None:
        return pd.DataFrame(columns=list(THINGS))
    then = page.parent.name
    tally = shop.tally(f"{(week_start(now) - week_start(then)).days // 7 + 1} weeks", now)
    rows = [
        (then, cause, where, action, who, *_counted(tally, cause, where, then), *_counted(tally, cause, where, now))
        for cause, where, action, who in _promised(page)
    ]
    return _judged(pd.DataFrame(rows, columns=["week", "cause", "where", "action", "who", *_COUNTS]))


_COUNTS = ("k_before", "n_before", "k", "n")


def _promised(page: Path) -> Iterator[tuple[str, str, str, str]]:
    """Cause, where, action and who of each thing to do, as a page prints them."""
    causes = {cause_label(cause): cause for cause in CAUSES}
    for label, where, _, action, who, *_ in (item for item in read_page(page.read_bytes()).todo if len(item) >= 5):
        if label in causes:
            yield causes[label], where, action, who


def _counted(tally: Tally, cause: str, where: str, week: str) -> tuple[int, int]:
    """Reviews that complain, and reviews with text, of a week, in the whole shop or of one product."""
    part = tally.where(week=week)
    chosen = part if where == _WHOLE else _of_product(part, tally, where.strip("「」"))
    return chosen.where(key=cause).total("cause"), chosen.total("text")


def _of_product(part: Tally, whole: Tally, name: str) -> Tally:
    return part.where(product=[product for product, known in whole.names.items() if name in (product, known)])


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    sizes = [rows[name].to_numpy(dtype=float) for name in ("k", "n", "k_before", "n_before")]
    change, low, high = newcombe(*sizes)
    judged = rows.assign(
        share=share(sizes[0], sizes[1]), share_before=share(sizes[2], sizes[3]), change=change, low=low, high=high
    )
    moved = (judged["low"] > 0) | (judged["high"] < 0)
    few = (judged[["n", "n_before"]].min(axis=1) < ENOUGH) | (judged["k"] + judged["k_before"] < ENOUGH)
    words = moved.map({True: POSSIBLE, False: WITHIN}).mask(few, TOO_FEW)
    return judged.assign(verdict=words)[list(THINGS)]


def last_page(shop: Shop, week: str = "") -> Path | None:
    """The page of the newest weekly report before a week; None where there is none."""
    now = shop.week(week)
    earlier = (one.pages[MAIN] for one in archived(shop.reports) if one.name < now and MAIN in one.pages)
    return next(earlier, None)


def last_lexicon(shop: Shop, week: str = "") -> tuple[str | None, str]:
    """The lexicon's digest that the last report before a week was counted with, and its week; None where none is."""
    page = last_page(shop, week)
    manifest = page and page.with_name("manifest.json")
    if page is None or manifest is None or not manifest.exists():
        return None, ""
    used = json.loads(manifest.read_text(encoding="utf-8")).get("versions", {}).get("lexicon")
    return (used[:12] if isinstance(used, str) else None), page.parent.name


def sources(shop: Shop, week: str = "", today: str = "") -> dict[str, Any]:
    """What a report looks at beside the shelf: week and digest of the last report, digests of plans and own actions.

    `made_for`, from which day its dates count at the least: `today`, else the day of the newest export of reviews.
    """
    page, plans, actions = last_page(shop, week), shop.reports / FILE, shop.root / standing.OWN_ACTIONS
    found = {"last_report": page and page.parent.name, "last_report_digest": _digest(page)}
    found |= {"last_lexicon": last_lexicon(shop, week)[0], **as_of(shop, today)}
    found |= {"plans_digest": _digest(plans), "actions_digest": _digest(actions)}
    return {name: value for name, value in found.items() if value}


def made_for(shop: Shop, today: str = "") -> str:
    """The day that a report is made for: `today`, else that of the newest export of reviews; "" where there is none.

    Never that of the clock, so that the same exports give the same page. Raises SettingsError for what is no day.
    """
    if not today:
        exported = shop.inventory.exported("reviews")
        return exported.date().isoformat() if exported else ""
    try:
        return date.fromisoformat(today).isoformat()
    except ValueError as error:
        raise SettingsError(
            f"expected a day such as 2026-11-16 as `today`, found {today!r}; mend it or leave it out"
        ) from error


def as_of(shop: Shop, today: str = "") -> dict[str, str]:
    """What a report with dates says of them: `made_for`, the day that they count from."""
    return {"made_for": made_for(shop, today)}


def plan_start(shop: Shop, week: str = "", today: str = "") -> date:
    """The day on which a plan of a week's report can begin: as the three things, see `made_for` and `schema.begins`."""
    return begins(shop.week(week), made_for(shop, today))


def _digest(path: Path | None) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path and path.exists() else ""
