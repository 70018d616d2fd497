"""A shop's A/B tests: what is declared, how each declaration stands, and whether a test can be read in time."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import ValidationError

from shopscore_analysis.care.lint import banned
from shopscore_analysis.declaration import EITHER, PRODUCT, Experiment, metric
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.measure.experiment import Baseline, Rule, detectable, units_needed
from shopscore_analysis.shop import Shop
from shopscore_analysis.trials.outcomes import Facts, assigned, facts, values
from shopscore_analysis.trials.registry import Standing, noted

FILE = "experiments.toml"  # beside shop.toml
NO_RECORDS, TOO_LARGE = "no-records", "too-large"  # why a test cannot be planned
HORIZON = 12  # weeks of orders after which nobody waits for an answer
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Plan:
    """What a test needs: the metric before it, units of each arm, weeks of orders, and whether that is in reach.

    `needed`: units by arm; `weeks`: of orders, inf where a product split needs more products than there are;
    `detectable`: the smallest effect that the horizon shows, NaN for none.
    """

    test: Experiment
    baseline: Baseline
    needed: dict[str, int]
    weeks: float
    horizon: float
    detectable: float

    @property
    def refused(self) -> bool:
        """Whether the test would not be readable within the horizon."""
        return not self.weeks <= self.horizon

    @property
    def last_day(self) -> date | None:
        """The last day of orders that the plan needs, None where it is refused or waits for no orders (products)."""
        return (
            None
            if self.refused or self.test.split == PRODUCT
            else self.test.start + timedelta(days=int(np.ceil(self.weeks * 7))) - _DAY
        )


def declared(shop: Shop) -> list[Experiment]:
    """The tests of shop.toml and of experiments.toml beside it, in their order.

    Raises SettingsError for a declaration that is faulty, twice there, or names what the platform forbids.
    """
    tests = [*shop.settings.experiments, *_beside(shop.root)]
    names = [test.name for test in tests]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SettingsError(f"expected every test under a name of its own, found {', '.join(twice)} again; rename one")
    for test in tests:
        _allowed(test)
    return tests


def _beside(folder: Path) -> list[Experiment]:
    path = folder / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else {}
        if unknown := sorted(set(content) - {"experiments"}):
            raise SettingsError(f"expected only [[experiments]] in {path}, found {', '.join(unknown)}")
        if not isinstance(entries := content.get("experiments", []), list):
            raise SettingsError(f"expected [[experiments]] in {path}, found experiments = {entries!r}")
        return [Experiment.model_validate(entry) for entry in entries]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"expected TOML in UTF-8 in {path}, found: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the whole'}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"{path}: {faults}; docs/experiments.md explains every field") from error


def _allowed(test: Experiment) -> None:
    """Refuse what the platform forbids, such as rewards for good reviews, by the rules that `shopscore lint` reads."""
    texts = [test.name, test.hypothesis, *(arm.name for arm in test.arms), *(arm.value for arm in test.arms)]
    for text, found in zip(texts, banned(texts), strict=True):
        for ban, start, end in found:
            raise SettingsError(
                f"{test.name}: expected a test that the platform allows, found “{text[start:end]}”: {ban.label} "
                f"({ban.reference}); buyers must not be split by it. Drop the test"
            )


def find(tests: Sequence[Experiment], name: str = "") -> Experiment:
    """The test of that name, or the only one; SettingsError lists those there are."""
    chosen = [test for test in tests if test.name == name or (not name and len(tests) == 1)]
    if not chosen:
        known = "、".join(test.name for test in tests) or "none"
        raise SettingsError(
            f"expected the name of a declared test ({known}), found {name or 'no name'}; "
            f"declare one under [[experiments]] in shop.toml or {FILE}"
        )
    return chosen[0]


def standings(shop: Shop, at: datetime | None = None) -> dict[str, Standing]:
    """How every declared test stands, noting what is new: `registry.noted`."""
    return noted(shop.root, declared(shop), at)


def sources(shop: Shop) -> dict[str, str]:
    """What a report says of the declarations that it read: one digest over all of them and how they stand."""
    known = standings(shop)
    told = [f"{test.digest} {known[test.name]}" for test in declared(shop)]
    return {"experiments_digest": hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]}


def plans(shop: Shop, horizon: float = HORIZON) -> tuple[list[Plan], dict[str, str]]:
    """The plans of all declared tests, and by name why a test cannot be planned: `NO_RECORDS` or `TOO_LARGE`."""
    made: list[Plan] = []
    impossible: dict[str, str] = {}
    for test in declared(shop):
        known = facts(shop, {test.metric})
        if reason := _impossible(test, baseline(known, test, shop.settings.window_weeks)):
            impossible[test.name] = reason
        else:
            made.append(plan(shop, test, horizon, known))
    return made, impossible


def plan(shop: Shop, test: Experiment, horizon: float = HORIZON, known: Facts | None = None) -> Plan:
    """What the test needs, by the metric over the newest ripe weeks of the shop's window.

    A product split needs products, not weeks: it is refused where the shop sells too few.
    """
    known = known or facts(shop, {test.metric})
    before = baseline(known, test, shop.settings.window_weeks)
    _possible(test, before)
    shares = test.shares or (1 / len(test.arms),) * len(test.arms)
    rule, ratio = rule_of(test, test.metric, test.mode == "sequential"), min(shares[1:]) / shares[0]
    control = units_needed(before.level, before.variance, rule, ratio, len(shares))
    needed = {arm.name: round(control * share / shares[0]) for arm, share in zip(test.arms, shares, strict=True)}
    weeks, most = _weeks(test, before, control / shares[0], horizon)
    least = detectable(before.level, before.variance, rule, most * shares[0], ratio, len(shares))
    return Plan(test, before, needed, weeks, horizon, least)


def _weeks(test: Experiment, before: Baseline, units: float, horizon: float) -> tuple[float, float]:
    """The weeks until so many units are there, and the units of the whole horizon."""
    if test.split == PRODUCT:
        return (0.0 if units <= before.n else float("inf")), before.n
    return (units / before.weekly if before.weekly else float("inf")), before.weekly * horizon


def _impossible(test: Experiment, before: Baseline) -> str:
    if before.n < 2 or not before.variance > 0:
        return NO_RECORDS
    return TOO_LARGE if test.measured.better < EITHER and not before.level > test.effect else ""


def _possible(test: Experiment, before: Baseline) -> None:
    reason = _impossible(test, before)
    if reason == NO_RECORDS:
        raise SettingsError(
            f"{test.name}: expected records before {test.start} to plan {test.measured.label} with, found {before.n} "
            "units that say nothing of its spread; load more weeks, or choose another metric"
        )
    if reason == TOO_LARGE:
        raise SettingsError(
            f"{test.name}: expected an effect below the {test.measured.label} of the shop, {before.level:.2%}, "
            f"found {test.effect:.2%}; it cannot fall by more than there is"
        )


def baseline(known: Facts, test: Experiment, window: int) -> Baseline:
    """The metric over the newest `window` weeks of ripe orders before the start, all arms together."""
    until = min(known.known_until - pd.Timedelta(days=test.days), pd.Timestamp(test.start)).normalize()
    first = max(until - pd.Timedelta(weeks=window), known.orders["ordered_at"].min().ceil("D"))
    if until <= first:
        return Baseline(float("nan"), float("nan"), 0.0, 0)
    days = {"start": first.date(), "end": (until - _DAY).date()}
    rows = assigned(known, test.model_copy(update=days))
    found = values(known, test, test.metric, rows)["value"]
    spread = float(found.var(ddof=1)) if len(found) > 1 else float("nan")
    return Baseline(float(found.mean()), spread, 7 * len(found) / (until - first).days, len(found))


def rule_of(test: Experiment, name: str, sequential: bool) -> Rule:
    """How a metric of the test is to be read; a guard with the effect that is usual for it."""
    measured = metric(name)
    return Rule(
        test.effect if name == test.metric else measured.effect, measured.better, test.is_mean(name), sequential,
        few=test.split == PRODUCT,
    )  # fmt: skip
