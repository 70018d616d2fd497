"""Score rule sets: what the platform, or an article about it, says that the score is made of.

Every number lives in `data/rules/<name>.toml` with its source; nothing here is a literal of a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import pairwise
from math import floor, isnan
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.schema import DIMENSIONS
from shopscore_analysis.score.reviewed import Reviewed, read_reviewed

FOLDER = Path(__file__).parent.parent / "data" / "rules"
DISPLAY_RULES = "douyin-2026-09-08"  # whose 100 → 5 table is read where none is named: the newest


class Share(Reviewed):
    """Weights of the dimensions as far as the source gives them, fractions of 1, for some categories.

    `words`: names of a category, or parts of one, to which they apply; `label` as the report prints it.
    """

    label: str
    words: tuple[str, ...] = ()
    product: float | None = Field(default=None, ge=0, le=1)
    logistics: float | None = Field(default=None, ge=0, le=1)
    service: float | None = Field(default=None, ge=0, le=1)

    @property
    def given(self) -> dict[str, float]:
        """The weights that the source states."""
        named = {name: getattr(self, name) for name in DIMENSIONS}
        return {name: weight for name, weight in named.items() if weight is not None}


class Event(Reviewed):
    """A deduction or a bonus: points each time, and at most so many per window where the source states a cap."""

    label: str
    low: float
    high: float
    cap: float | None = None
    note: str = ""


class Band(Reviewed):
    """What a total of at least this much brings; `word` is the verdict in code."""

    word: str
    label: str
    at_least: float


class Slope(Reviewed):
    """How much a dimension moves per percentage point of a rate, and the rate that is asked for."""

    dimension: str
    label: str
    per_point: float
    target: float


class Indicator(Reviewed):
    """An indicator of a dimension: whether exports allow it (exact, proxy, none), from what, and how.

    `name` is what a measure calls it.
    """

    name: str
    dimension: str
    label: str
    computable: Literal["exact", "proxy", "none"]
    source: str
    note: str = ""


class Shown(Reviewed):
    """Scores from `low` to `high` (whole points of 100) that consumers see as `shown` of 5 and `stars`."""

    low: int
    high: int
    shown: float
    stars: float


class RuleSet(Reviewed):
    """One rule set, as its reviewed file says.

    `scale` 5 or 100; `assumed`: its weights are our assumption, and outputs say so; `official`: the platform's
    own text, else a source's claim; `effective` where a date is known; `confirmed`: whether its final text was read.
    """

    name: str
    label: str
    scale: Literal[5, 100]
    decimals: int
    lowest: float
    official: bool
    confirmed: bool
    assumed: bool
    effective: date | None = None
    window_days: int | None = None
    source: str
    note: str
    weights: Share
    categories: tuple[Share, ...] = ()
    deductions: tuple[Event, ...] = ()
    bonuses: tuple[Event, ...] = ()
    bands: tuple[Band, ...] = ()
    slopes: tuple[Slope, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    display: tuple[Shown, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> RuleSet:
        if abs(sum(self.weights.given.values()) - 1) > 1e-9 or len(self.weights.given) != len(DIMENSIONS):
            raise ValueError(f"the default weights must be given for {', '.join(DIMENSIONS)} and sum to 1")
        if any(sum(share.given.values()) > 1 or not share.words for share in self.categories):
            raise ValueError("a category needs words, and weights that sum to no more than 1")
        edges = sorted((row.low, row.high) for row in self.display)
        if any(low != before + 1 for (_, before), (low, _) in pairwise(edges)):
            raise ValueError("the rows of the display table must follow one another without gap or overlap")
        return self


class Weighting(NamedTuple):
    """Weights by dimension (they sum to 1), a note for the reader, and whether any of them is our assumption."""

    weights: dict[str, float]
    note: str
    assumed: bool


def names() -> list[str]:
    """The names of the rule sets, in code-point order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@cache
def rule_set(name: str) -> RuleSet:
    """The rule set of a name; SettingsError lists those that exist, LexiconError names the fault of its file."""
    path = FOLDER / f"{name}.toml"
    if name not in names():
        raise SettingsError(
            f"expected a rule set among {', '.join(names())}, found {name!r}; mend `rules` in shop.toml"
        )
    return read_reviewed(path, "a rule set", lambda found: RuleSet.model_validate({"name": name, **found}))


def _pro_rata(given: Mapping[str, float], default: Mapping[str, float]) -> dict[str, float]:
    """The weights given, and what they leave split among the others in proportion to the default."""
    rest = {name: weight for name, weight in default.items() if name not in given}
    left, whole = 1 - sum(given.values()), sum(rest.values())
    return {name: given[name] if name in given else left * default[name] / whole for name in default}


def _matching(rules: RuleSet, category: str) -> Share | None:
    """The entry with the longest word that is the category or, from two characters on, a part of its name."""
    words = [(word, entry) for entry in rules.categories for word in entry.words]
    found = [(len(word), entry) for word, entry in words if word == category or (len(word) > 1 and word in category)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def weights_for(rules: RuleSet, category: str = "", own: Mapping[str, float] | None = None) -> Weighting:
    """The weights to use for a shop, with a note in the reader's language and whether they are assumed.

    `own`: the three 权重N% from the shop's own page as fractions of 1; they win over everything. Else a category
    that the rule set names gets its weight and the rest pro rata (our reading, so assumed); an unknown category
    or none gets the default. SettingsError where `own` does not give the three dimensions with sum 1.

    >>> weights_for(rule_set("article-5pt"), "水果").weights["logistics"]
    0.4
    """
    if own is not None:
        return Weighting(_checked(own), "权重来自店铺自己的商家体验分页面", assumed=False)
    entry, default = _matching(rules, category), rules.weights.given
    if entry is not None:
        named = "、".join(f"{DIMENSIONS[name]} {weight:.0%}" for name, weight in entry.given.items())
        note = f"{rules.label}：{entry.label}类{named}，其余权重来源未给出，按默认比例分摊（我们的读法）"
        return Weighting(_pro_rata(entry.given, default), note, assumed=True)
    stated = "维度权重未公开，暂用假定值，请在 shop.toml 填写自己页面上的权重" if rules.assumed else "按默认权重"
    unknown = f"；规则没有单列类目「{category}」" if category and rules.categories else ""
    return Weighting(default, f"{rules.label}：{stated}{unknown}", assumed=rules.assumed)


def _checked(own: Mapping[str, float]) -> dict[str, float]:
    if set(own) != set(DIMENSIONS) or abs(sum(own.values()) - 1) > 1e-6:
        found = ", ".join(f"{name} = {weight:g}" for name, weight in own.items()) or "none"
        raise SettingsError(
            f"expected the weights {', '.join(DIMENSIONS)} with sum 1, found {found}; mend [weights] in shop.toml"
        )
    return {name: float(own[name]) for name in DIMENSIONS}


def weighted(scores: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The exact weighted mean of the three dimension scores, on their scale; NaN where one is missing."""
    return float(sum(scores[name] * weights[name] for name in DIMENSIONS))


def half_up(value: float, decimals: int = 2) -> float:
    """A value rounded half up, as the formula is written, not half to even; NaN stays NaN.

    Floating noise below 1e-9 is taken off first, so that 4.675 as a sum of products is the half it stands for.

    >>> half_up(4.675), half_up(2.5, 0)
    (4.68, 3.0)
    """
    if isnan(value):
        return value
    exact = Decimal(repr(value)).quantize(Decimal("1e-9"), ROUND_HALF_UP)
    return float(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def total(product: float, logistics: float, service: float, weights: Mapping[str, float], decimals: int = 2) -> float:
    """The total of three dimension scores, on their scale, half up to `decimals`; NaN where one is missing.

    >>> total(4.8, 4.9, 4.7, {"product": 0.4, "logistics": 0.3, "service": 0.3})
    4.8
    """
    return half_up(weighted({"product": product, "logistics": logistics, "service": service}, weights), decimals)


def _display(rules: RuleSet | None) -> tuple[Shown, ...]:
    table = (rules or rule_set(DISPLAY_RULES)).display
    if not table:
        raise ValueError(f"expected a rule set of 100 points, found {rules.name if rules else DISPLAY_RULES}")
    return table


def shown(score: float, rules: RuleSet | None = None) -> float:
    """What consumers see, of 5, for a score of 100 points: a fraction counts as its whole part; NaN stays NaN.

    ValueError where the rule set knows no such score. Source: the rule set's display table.

    >>> shown(92.6), shown(60)
    (4.8, 4.0)
    """
    if isnan(score):
        return score
    for row in _display(rules):
        if row.low <= floor(score) <= row.high:
            return row.shown
    raise ValueError(f"expected a score of 100 points that the display table lists, found {score:g}")


def band_of(value: float, rules: RuleSet | None = None) -> tuple[int, int]:
    """The lowest and highest whole score of 100 points behind a value of 5 that consumers see.

    A rival's 5-point value is such a band, never a point. ValueError where no score is shown so.

    >>> band_of(4.8)
    (89, 92)
    """
    rows = [row for row in _display(rules) if abs(row.shown - value) < 1e-9]
    if not rows:
        raise ValueError(f"expected a value that consumers are shown, from 3.0 to 5.0 in steps of 0.1, found {value:g}")
    return min(row.low for row in rows), max(row.high for row in rows)


def band(rules: RuleSet, score: float) -> Band:
    """What a total brings under a rule set: the highest band whose threshold it reaches."""
    return max((row for row in rules.bands if score >= row.at_least - 1e-9), key=lambda row: row.at_least)


def late_effect(rules: RuleSet, before: float, after: float) -> float:
    """How the logistics score changes when the late share goes from `before` to `after` (fractions of 1).

    A claim of the rule set's source, not a measured effect; 0 where the rule set has no such slope.

    >>> round(late_effect(rule_set("article-5pt"), 0.08, 0.04), 2)
    0.6
    """
    return float(sum(slope.per_point * (after - before) * 100 for slope in rules.slopes))


def rule_breaks(first: date, last: date, known: Iterable[str] | None = None) -> list[RuleSet]:
    """The rule sets that came into force after `first` and by `last`, oldest first.

    A history that crosses one shows a break there: what is before and behind was not scored alike.
    """
    sets = [rule_set(name) for name in (names() if known is None else known)]
    dated = [(rules.effective, rules) for rules in sets if rules.effective and first < rules.effective <= last]
    return [rules for _, rules in sorted(dated, key=lambda pair: pair[0])]
