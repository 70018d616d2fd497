"""shop.toml → Settings."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shopscore_analysis.declaration import Experiment
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.schema import week_start

FILE = "shop.toml"

_TEMPLATE = """\
# Settings of one shop. Every setting is listed with its default; delete a line to get the default back.

# The shop's name, as reports show it.
name = {name}

# Main category, e.g. 衣服, 水果, 数码: chooses the lexicon's overlay and the category weights of the score.
category = {category}

# Score rule set: "article-5pt" (the public articles' 5-point formula), "douyin-2026-07-14" (the platform's 100 points,
# in force from that day on) or "douyin-2026-09-08" (as announced for that day).
rules = "article-5pt"

# The score to reach, on the 5-point scale that consumers see.
target = 4.8

# How many weeks a report looks back; what it finds (findings.json) always covers 13.
window_weeks = 13

# A CJK font for pictures: a family name or a path to a .ttf/.otf file. Empty: the packaged Noto Sans SC.
font = ""

# Who answers for each dimension; printed beside the actions of the week.
[owners]
product = "商品负责人"
logistics = "物流负责人"
service = "客服负责人"

# The three 权重N% of your own 商家体验分 page, as fractions that sum to 1. Without them the default weights
# of the rule set are used and every output says that they are assumed.
# [weights]
# product = 0.5
# logistics = 0.25
# service = 0.25

# 考核行业 and 店铺类型 (旗舰, 非旗舰 or 通用) of your own 商家体验分 page, e.g. "女装" and "旗舰": they choose the
# weights of the service indicators under douyin-2026-07-14.
# industry = ""
# shop_type = ""

# Where the shelf lies if not in data/shelf: a folder, or a copy at a URL such as "s3://bucket/shop/shelf", which is
# counted but not loaded into (docs/scale.md).
# shelf = ""

# What `shopscore plan` prices its actions with. Own actions, or own figures for the known ones, go into a file
# actions.toml beside this one, in the format of shopscore_analysis/data/actions.toml; a name that is known replaces it.
[plan]
months = 12
# purchases = 300000        # yuan a month: what a quality deposit locks up depends on it
# freight = 20000           # yuan a month: what faster shipping costs depends on it
capital_rate = 0.06         # interest a year on locked money; our assumption
# stars_per_point = 0.02    # stars of logistics per percentage point of good reviews; nobody has published one

# What happened when: drawn beside the trends. `week` is an ISO week.
# [[events]]
# week = "2026-W40"
# label = "换快递"

# A/B tests, declared before they start; see docs/experiments.md. They may stand in experiments.toml beside this file.
# [[experiments]]
# name = "尺码卡"
# hypothesis = "包裹里放尺码卡，差评率降 1 个百分点"
# metric = "bad_review"     # bad_review, complaint, stars, return, late, or cause:size_fit and its kin
# effect = 0.01             # the smallest difference worth acting on: a fraction, or stars
# start = 2026-11-30
# end = 2027-01-10          # the last day of orders
# arms = [{{ name = "原样" }}, {{ name = "放卡片" }}]   # the first is the control; share = 0.5 where not equal
# split = "order"           # order, product, or a column of orders with a value for each arm: channel, carrier, …
# mode = "fixed"            # read once at the end; "sequential": at any time, for about 1.9 times the orders
# guards = ["return", "late"]
"""


class Owners(BaseModel):
    """Who answers for each dimension."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    product: str = "商品负责人"
    logistics: str = "物流负责人"
    service: str = "客服负责人"


class Weights(BaseModel):
    """Weights of the three dimensions, fractions of 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    product: float = Field(ge=0, le=1)
    logistics: float = Field(ge=0, le=1)
    service: float = Field(ge=0, le=1)

    def model_post_init(self, _context: object) -> None:
        """Refuse weights that do not sum to 1."""
        total = self.product + self.logistics + self.service
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the three weights must sum to 1, found {total:g}")


class Plan(BaseModel):
    """What the plan's actions are priced with; yuan a month, None where unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    months: int = Field(default=12, ge=1, le=60)
    purchases: float | None = Field(default=None, ge=0)
    freight: float | None = Field(default=None, ge=0)
    capital_rate: float = Field(default=0.06, ge=0, le=1)
    stars_per_point: float | None = Field(default=None, ge=0)


class Event(BaseModel):
    """Something that happened in a week: a campaign, a batch, another carrier."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    week: str
    label: str = Field(min_length=1, max_length=20)

    @field_validator("week")
    @classmethod
    def _is_a_week(cls, week: str) -> str:
        week_start(week)
        return week


class Settings(BaseModel):
    """Everything that shop.toml may say; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")
    category: str = ""
    rules: Literal["article-5pt", "douyin-2026-07-14", "douyin-2026-09-08"] = "article-5pt"
    target: float = Field(default=4.8, gt=3, le=5)
    window_weeks: int = Field(default=13, ge=4, le=104)
    font: str = ""
    owners: Owners = Owners()
    weights: Weights | None = None
    industry: str = ""
    shop_type: Literal["", "旗舰", "非旗舰", "通用"] = ""
    shelf: str = ""
    plan: Plan = Plan()
    events: tuple[Event, ...] = ()
    experiments: tuple[Experiment, ...] = ()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def write_settings(folder: Path, name: str, category: str) -> Path:
    """The path of a new shop.toml with every setting explained; SettingsError where one exists already."""
    path = folder / FILE
    if path.exists():
        raise SettingsError(f"expected a folder without {FILE}, found {path}; edit that file, or choose another folder")
    validated = _validated({"name": name.strip(), "category": category.strip()}, path)
    text = _TEMPLATE.format(name=_quoted(validated.name), category=_quoted(validated.category))
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def read_settings(folder: Path) -> Settings:
    """The settings in `folder`/shop.toml; SettingsError names the setting that is wrong and its file."""
    path = folder / FILE
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SettingsError(
            f"expected {FILE} in {folder}, found none; make a shop with "
            "`shopscore init DIR --name … --category …`, or name its folder with --shop",
            f"没有 {FILE}",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"expected TOML in UTF-8 in {path}, found: {error}", f"{FILE} 写得不对") from error
    return _validated(raw, path)


def _validated(raw: dict[str, object], path: Path) -> Settings:
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors())
        raise SettingsError(
            f"{path}: {faults}; every setting is explained in the file that `shopscore init` writes", f"{FILE} 写得不对"
        ) from error
