"""What can be done for the score: a reviewed file of actions, priced for one shop."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.score.reviewed import Reviewed, read_reviewed

FILE = Path(__file__).parent.parent / "data" / "actions.toml"
CASES = ("low", "mid", "high")
MONTHS_PER_YEAR = 12


class Action(Reviewed):
    """One action as the file states it: uplift low, mid and high in `unit`, cost with `per`, delay, overlap group.

    `causes`: the root causes that it works on, by name. `claim`: only its source says so; outputs repeat that.
    """

    name: str
    label: str
    dimension: Literal["product", "logistics", "service"]
    unit: Literal["stars", "good_review_points"]
    low: float
    mid: float
    high: float
    cost: float
    per: Literal["month", "year", "purchases", "freight"]
    delay_days: tuple[int, int]
    group: str = ""
    causes: tuple[str, ...] = ()
    claim: bool = True
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _ordered(self) -> Action:
        if not self.low <= self.mid <= self.high or not 0 <= self.delay_days[0] <= self.delay_days[1]:
            raise ValueError(f"{self.name}: uplift and delay must run from low to high")
        if unknown := sorted(set(self.causes) - set(CAUSES)):
            raise ValueError(f"{self.name}: expected causes by name, e.g. size_fit, found {', '.join(unknown)}")
        return self


class _File(Reviewed):
    actions: tuple[Action, ...]


class Terms(NamedTuple):
    """What a shop's prices depend on.

    `months` the plan runs; `purchases` and `freight` in yuan a month, None where unknown; `capital_rate` a year on
    locked money (our assumption unless the shop says); `stars_per_point`: stars of the dimension per percentage
    point of good reviews, the open conversion of that unit, None where nobody has stated one.
    """

    months: int = 12
    purchases: float | None = None
    freight: float | None = None
    capital_rate: float = 0.06
    stars_per_point: float | None = None


class Priced(NamedTuple):
    """An action with its cost (yuan over the plan), the capital it locks, and its uplift in stars by case.

    `missing` says in the reader's language why it cannot be planned with; "" where it can. `months`: of the cost.
    """

    action: Action
    cost: float
    capital: float
    uplift: dict[str, float]
    missing: str
    months: int = MONTHS_PER_YEAR


def read_actions(path: Path = FILE) -> tuple[Action, ...]:
    """The actions of a file in its order; LexiconError names the fault.

    Names are used once, and a group stays within one dimension: the proof that a target is out of reach needs it.
    """
    found = read_reviewed(path, "a list of actions", _File.model_validate).actions
    homes = {(action.group, action.dimension) for action in found if action.group}
    for what, values in (("name", [action.name for action in found]), ("group", [group for group, _ in homes])):
        if twice := sorted({value for value in values if values.count(value) > 1}):
            fault = "one dimension per group" if what == "group" else "every name once"
            raise LexiconError(f"expected {fault} in {path.name}, found {', '.join(twice)} again; mend the file")
    return found


def overridden(actions: Iterable[Action], own: Iterable[Action]) -> tuple[Action, ...]:
    """The actions with a shop's own in place of those of the same name, its further ones behind."""
    mine = {action.name: action for action in own}
    replaced = [mine.pop(action.name, action) for action in actions]
    return (*replaced, *mine.values())


def _missing(action: Action, terms: Terms) -> str:
    open_ = action.unit == "good_review_points" and terms.stars_per_point is None
    gaps = {
        "缺每月采购额（purchases）": action.per == "purchases" and terms.purchases is None,
        "缺每月运费（freight）": action.per == "freight" and terms.freight is None,
        "好评率百分点尚未换算成分（stars_per_point）": open_,
    }
    return "、".join(words for words, holds in gaps.items() if holds)


def priced(action: Action, terms: Terms) -> Priced:
    """An action under a shop's terms; what it lacks to be planned with is said in `missing`, with the terms' names.

    A yearly fee is paid for every year begun. Locked purchases are capital: only its interest is a cost.
    """
    capital = action.cost * (terms.purchases or 0.0) if action.per == "purchases" else 0.0
    cost = {
        "month": action.cost * terms.months,
        "year": action.cost * ceil(terms.months / MONTHS_PER_YEAR),
        "purchases": capital * terms.capital_rate * terms.months / MONTHS_PER_YEAR,
        "freight": action.cost * (terms.freight or 0.0) * terms.months,
    }[action.per]
    rate = 1.0 if action.unit == "stars" else terms.stars_per_point or 0.0
    uplift = {case: getattr(action, case) * rate for case in CASES}
    return Priced(action, cost, capital, uplift, _missing(action, terms), terms.months)


def price_list(actions: Iterable[Action], terms: Terms) -> list[Priced]:
    """Every action under a shop's terms, in order."""
    return [priced(action, terms) for action in actions]
