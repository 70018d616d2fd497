"""Where a shop stands and the way on: its account, score-card, five-star orders and plan, from its shelf and settings.

What computes lies in `measure` and `score`; here a shop's records and settings are handed to them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.measure.indicators import (
    PROMISED_HOURS,
    Records,
    indicators,
    indicators_by_week,
    on_time_by,
    stars_by_day,
)
from shopscore_analysis.measure.ledger import dearest, ledger, points
from shopscore_analysis.measure.outlook import rank_with
from shopscore_analysis.schema import ACCOUNT_WEEKS, DIMENSIONS, week_start, weeks_to
from shopscore_analysis.score.account import Account, Published, account
from shopscore_analysis.score.account import start_note as account_start_note
from shopscore_analysis.score.actions import Terms, overridden, price_list, read_actions
from shopscore_analysis.score.plan import CASE_LABELS, Plan, against, plan
from shopscore_analysis.score.reach import Reach, reach
from shopscore_analysis.score.record import FILE as PLAN_FILE
from shopscore_analysis.score.record import Kept, advice, checked, last_before, read_plans
from shopscore_analysis.score.rules import half_up, rule_set, weighted
from shopscore_analysis.score.scorecard import scorecard
from shopscore_analysis.shop import Shop
from shopscore_analysis.tally import Tally
from shopscore_analysis.text.reasons import cause_of

OWN_ACTIONS = "actions.toml"  # beside shop.toml
WINDOW_DAYS = 30
LEAD = timedelta(hours=PROMISED_HOURS)  # an order is due so long after it was paid
_SCORES = {name: f"{name}_score" for name in DIMENSIONS}


def records(shop: Shop, since: date, until: date) -> Records:
    """The records that `measure.indicators` needs for windows of these days, by whole months.

    Those with a time in them, the orders that their after-sales name, and all after-sales of these orders: none is
    applied for before its order is placed. Each after-sale bears the cause that its reason states.
    """
    orders = shop.records("orders", since - LEAD, until)
    named = shop.orders_of(shop.records("aftersales", since, until))
    orders = pd.concat([orders, named]).drop_duplicates("key").sort_values("key", ignore_index=True)
    oldest = orders["ordered_at"].min()
    cases = shop.records("aftersales", since if pd.isna(oldest) else min(oldest.date(), since), until)
    stated = {reason: cause_of(reason) for reason in cases["reason"].dropna().unique()}
    cases = cases.assign(cause=cases["reason"].map(stated))
    reviews, service = shop.records("reviews", since, until), shop.records("service")
    return Records(orders, cases, reviews, service, shop.inventory.judged())


def _month_to(shop: Shop, week: str) -> Records:
    """The records of the 30 days up to the Sunday of a week."""
    until = _sunday(shop.week(week))
    return records(shop, until - timedelta(days=WINDOW_DAYS - 1), until)


def published(shop: Shop, week: str = "") -> Published:
    """The newest own score of a week (default: the newest with reviews); SettingsError where there is none."""
    chosen = shop.week(week)
    scores = shop.records("scores").sort_values("date")
    inside = scores[scores["date"].dt.strftime("%G-W%V") == chosen]
    if inside.empty:
        raise SettingsError(
            f"expected own scores of {chosen} on the shelf of {shop.name}, found none; load the 店铺体验分 export"
        )
    row = inside.iloc[-1]
    values = {name: float(row[column]) for name, column in _SCORES.items()}
    return Published(row["date"].date(), int(row["scale"]), float(row["score"]), values)


def standing(shop: Shop, week: str = "", found: pd.DataFrame | None = None) -> Account:
    """The account of the shop's score at the end of a week, under its rule set.

    `found`: `measured` of that week where it is at hand. Beside the platform's figures stand our own: indicators over
    30 days, and 5 less the stars that the reviews of the last five weeks lost to each dimension.
    """
    rules, weights = rule_set(shop.settings.rules), shop.weighting
    now, history = published(shop, week), shop.records("scores")["date"]
    lost = points(ledger(shop.tally(f"{ACCOUNT_WEEKS} weeks", shop.week(week))), weights.weights)
    stars = (lost["loss"] / lost["n"]).groupby(lost["dimension"]).sum()
    own = {name: 5 - float(stars.get(name, np.nan)) for name in DIMENSIONS}
    own |= {"total": float(lost["mean"].max())}
    settings = shop.settings
    return account(
        rules, weights, now, measured(shop, week) if found is None else found,
        ledger=own, history=(history.min().date(), now.day), industry=(settings.industry, settings.shop_type),
    )  # fmt: skip


def measured(shop: Shop, week: str = "") -> pd.DataFrame:
    """The indicators over the 30 days up to the Sunday of a week: `measure.indicators`."""
    return indicators(_month_to(shop, week), _sunday(shop.week(week)), WINDOW_DAYS)


def _sunday(week: str) -> date:
    return (week_start(week) + timedelta(days=6)).date()


def cards(shop: Shop, week: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """The score-card of a week, and the indicators of each week of the window that it is judged by."""
    chosen = shop.week(week)
    weeks, until = weeks_to(chosen, shop.settings.window_weeks), _sunday(chosen)
    held = records(shop, min(week_start(weeks[0]).date(), until - timedelta(days=WINDOW_DAYS - 1)), until)
    weekly = indicators_by_week(held, weeks)
    return scorecard(indicators(held, _sunday(chosen), WINDOW_DAYS), weekly), weekly


def on_time(shop: Shop, axis: str, week: str = "") -> pd.DataFrame:
    """Orders shipped by the promise along warehouse, carrier or channel: `measure.indicators.on_time_by` of 30 days."""
    return on_time_by(_month_to(shop, week), axis, _sunday(shop.week(week)), WINDOW_DAYS)


def outlook(shop: Shop, found: list[Plan], week: str = "") -> pd.DataFrame:
    """The rank among the TOP10 now and after each case of a plan: `measure.outlook.rank_with`.

    A case that does not reach its target is called 最多: its total is the ceiling that all actions together have.
    """
    ends = {True: "之后", False: "最多（到不了目标）"}
    totals = {"现在": found[0].total_before}
    totals |= {f"{CASE_LABELS[one.case]}{ends[one.feasible]}": one.total_after for one in found}
    return rank_with(
        shop.rivals(shop.week(week)), shop.week(week), {name: half_up(total) for name, total in totals.items()}
    )


def five_stars(shop: Shop, target: float | None = None, week: str = "") -> Reach:
    """How many five-star reviews and orders until the mean of 30 days of reviews is `target` (default: the shop's).

    Reviews come as often as they did in the window, and as large a part of orders is reviewed.
    """
    held, until = _month_to(shop, week), _sunday(shop.week(week))
    window = stars_by_day(held.reviews, until, WINDOW_DAYS)
    reviews = sum(count for _, count in window)
    end = datetime(until.year, until.month, until.day) + timedelta(days=1)
    done = held.orders["completed_at"]
    signed = int(((done >= end - timedelta(days=WINDOW_DAYS)) & (done < end)).sum())
    rated = min(reviews / signed, 1.0) if signed and reviews else 1.0
    return reach(window, target or shop.settings.target, round(reviews / WINDOW_DAYS), rated)


def plans(shop: Shop, target: float | None = None, week: str = "") -> list[Plan]:
    """The cheapest way to `target` (default: the shop's) from a week's score: low, mid and high case.

    Scores are on the 5-point scale that consumers see. The actions are the reviewed file's, overridden by the
    shop's own actions.toml; they are priced by `[plan]` of shop.toml.
    """
    own, path = observed(shop, week), shop.root / OWN_ACTIONS
    actions = overridden(read_actions(), read_actions(path)) if path.exists() else read_actions()
    terms = Terms(**shop.settings.plan.model_dump())
    goal = target or shop.settings.target
    return plan(own, shop.weighting.weights, goal, price_list(actions, terms))


def aimed(shop: Shop, found: list[Plan], lost: pd.DataFrame) -> Plan | None:
    """The mid case with an action against what costs most: `score.plan.against`; None where there is none.

    `found`: `plans`; `lost`: `measure.ledger.ledger` over causes.
    """
    cause = dearest(lost)
    return against(found[1], shop.weighting.weights, cause) if cause else None


def start_note(shop: Shop, week: str = "") -> str:
    """Which total a plan of a week starts from and why the platform's differs: `score.account.start_note`."""
    scores = observed(shop, week)
    own = weighted(scores, shop.weighting.weights)
    return account_start_note(own, float(_scored(shop, week)["score"]), scores, shop.weighting)


def plan_note(shop: Shop) -> str:
    """What a plan's weights and scale rest on, in the reader's language."""
    if rule_set(shop.settings.rules).scale == 5:
        return shop.weighting.note
    return f"{shop.weighting.note}；规则是 100 分制，计划按消费者看到的 5 分制估算"


def observed(shop: Shop, week: str = "") -> dict[str, float]:
    """The dimension scores at the end of a week on the 5-point scale; SettingsError where one is missing."""
    row = _scored(shop, week)
    return {name: float(row[column]) for name, column in _SCORES.items()}


def _scored(shop: Shop, week: str) -> pd.Series:
    """The newest day of a week that has all three dimension scores; SettingsError where none has."""
    chosen, scores = shop.week(week), shop.scores()
    inside = scores[scores["week"] == chosen].dropna(subset=list(_SCORES.values()))
    if inside.empty:
        raise SettingsError(
            f"expected the three dimension scores of {chosen} on the shelf of {shop.name}, found none; "
            "load the 店铺体验分 export of that week, or choose another week"
        )
    return inside.iloc[-1]


def kept_plans(shop: Shop) -> list[Kept]:
    """The plans that were saved for the shop, oldest first."""
    return read_plans(shop.reports / PLAN_FILE)


def month_before(shop: Shop, week: str = "") -> Tally:
    """The tally of the four weeks before the four that end with a week."""
    chosen = shop.week(week)
    return shop.tally("8 weeks", chosen).where(week=["", *weeks_to(chosen, 8)[:4]])


def reviewed(shop: Shop, week: str = "") -> pd.DataFrame:
    """What to keep and what to drop of all plans kept before a week: `score.record.advice`."""
    return advice(kept_plans(shop), published(shop, week).day, observed(shop, week))


def promises(shop: Shop, week: str = "") -> tuple[Kept, pd.DataFrame] | None:
    """The last plan before a week and what became of it: `score.record.checked`; None where none was saved."""
    day = published(shop, week).day
    kept = last_before(kept_plans(shop), day)
    return kept and (kept, checked(kept, day, observed(shop, week)))
