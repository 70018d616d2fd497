"""An A/B test as it is declared before it starts: arms, split, metric, effect, mode; and who belongs to which arm.

Declarations stand under `[[experiments]]` in shop.toml or in experiments.toml beside it. What can be measured, with its
denominator and its good direction, is listed in `METRICS`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shopscore_analysis.schema import CAUSES, cause_label

LOWER, HIGHER, EITHER = -1, 1, 0  # which way is better; EITHER: any difference is a warning
CAUSE = "cause:"  # in front of a cause's name: the share of signed orders that complain of it
ORDER, PRODUCT = "order", "product"
ALPHA, POWER = 0.05, 0.8  # two-sided error, and the chance to find an effect of the declared size
MAX_ARMS = 6
# What may be said of a comparison, and no more.
BETTER, WORSE, DIFFERENT, EQUAL, TOO_FEW = "更好", "更差", "有差别", "看不出差别", "样本不足"
STOPPED, EARLY = "停止：分流异常", "提前看：不作结论"

Mode = Literal["fixed", "sequential"]
Split = Literal["order", "product", "channel", "carrier", "warehouse", "province", "creator"]


@dataclass(frozen=True)
class Metric:
    """What a test measures: its Chinese label, what it is out of, the good direction, and whether it is a mean.

    `effect`: the smallest effect that guards are planned for, in fractions of 1 or in stars.
    """

    label: str
    of: str
    better: int
    is_mean: bool = False
    effect: float = 0.01


METRICS: MappingProxyType[str, Metric] = MappingProxyType(
    {
        "bad_review": Metric("差评率（1–2 星）", "已签收订单", LOWER),
        "complaint": Metric("抱怨率", "有文字评价的订单", LOWER),
        "stars": Metric("平均星级", "有评分的订单", HIGHER, is_mean=True, effect=0.05),
        "return": Metric("退货率", "已签收订单", LOWER),
        "late": Metric("迟发率", "已发货订单", LOWER),
        "reviewed": Metric("评价率", "已签收订单", EITHER),
    }
)


def metric(name: str) -> Metric:
    """The metric of a name: one of `METRICS`, or "cause:size_fit" and its kin; ValueError lists what there is.

    >>> metric("cause:size_fit").label
    '「尺码分量不合」占比'
    """
    cause = name.removeprefix(CAUSE)
    if name.startswith(CAUSE) and cause in CAUSES:
        return Metric(f"「{cause_label(cause)}」占比", "已签收订单", LOWER)
    if name not in METRICS:
        raise ValueError(
            f"expected a metric among {', '.join(METRICS)}, or {CAUSE} with one of {', '.join(CAUSES)}; found {name!r}"
        )
    return METRICS[name]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Arm(_Declared):
    """One arm: its name, its share of the traffic (a part of 1), and the column's value where a column splits."""

    name: str = Field(min_length=1, max_length=20)
    share: float | None = Field(default=None, gt=0, lt=1)
    value: str = ""


class Experiment(_Declared):
    """A declared test; the first arm is the control, the others are compared with it.

    `effect`: the smallest difference worth acting on, in fractions of 1 or in stars. `salt` changes who falls into
    which arm. `days`: how long after the order events count; an order younger than that is not read yet. `end` is the
    last day of orders. `mode`: "fixed" is read once, at the end; "sequential" at any time.
    """

    name: str = Field(min_length=1, max_length=30)
    hypothesis: str = Field(min_length=1, max_length=200)
    metric: str
    effect: float = Field(gt=0)
    start: date
    end: date
    arms: tuple[Arm, ...] = (Arm(name="对照"), Arm(name="新方案"))
    split: Split = "order"
    salt: str = ""
    mode: Mode = "fixed"
    guards: tuple[str, ...] = ()
    days: int = Field(default=21, ge=1, le=120)

    @field_validator("metric")
    @classmethod
    def _measurable(cls, name: str) -> str:
        metric(name)
        return name

    @field_validator("guards")
    @classmethod
    def _guarding(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            metric(name)
        return names

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"expected an end on or after the start {self.start}, found {self.end}")
        if not self.measured.is_mean and self.effect >= 1:
            raise ValueError(f"expected the effect as a fraction such as 0.01 for 1 %, found {self.effect:g}")
        if len(set(self.guards) | {self.metric}) <= len(self.guards):
            raise ValueError("expected every guard once, and none that is the metric itself")
        if self.split == PRODUCT and self.mode == "sequential":
            raise ValueError("expected mode fixed where products are split: a product is one value, however many weeks")
        return self

    @model_validator(mode="after")
    def _armed(self) -> Self:
        names = [arm.name for arm in self.arms]
        if not 2 <= len(names) <= MAX_ARMS or len(set(names)) < len(names):
            raise ValueError(f"expected 2 to {MAX_ARMS} arms with different names, found {', '.join(names) or 'none'}")
        given = [arm.share for arm in self.arms if arm.share is not None]
        if given and (len(given) < len(names) or abs(sum(given) - 1) > 1e-6):
            raise ValueError(f"expected a share for every arm or for none, summing to 1, found {given}")
        values = [arm.value for arm in self.arms if arm.value]
        if len(values) != (0 if self.is_hashed else len(names)) or len(set(values)) < len(values):
            raise ValueError(_VALUES)
        return self

    @property
    def measured(self) -> Metric:
        """The metric that the test is decided by."""
        return metric(self.metric)

    def is_mean(self, name: str) -> bool:
        """Whether a metric is compared by means: stars are, and whatever is one value per product."""
        return metric(name).is_mean or self.split == PRODUCT

    @property
    def is_hashed(self) -> bool:
        """Whether a hash draws the arms; otherwise a column tells them, and nothing was drawn."""
        return self.split in (ORDER, PRODUCT)

    @property
    def shares(self) -> tuple[float, ...] | None:
        """The parts of the traffic that the arms should get: equal by default, None for a column without any."""
        if self.arms[0].share is not None:
            return tuple(arm.share or 0.0 for arm in self.arms)
        return (1 / len(self.arms),) * len(self.arms) if self.is_hashed else None

    @property
    def readable_on(self) -> date:
        """The first day on which every order of the test is old enough to be read."""
        return self.end + timedelta(days=self.days + 1)

    def arm_of(self, identity: str) -> str:
        """The arm of an order or product: the same on every machine, in every language that knows SHA-256.

        The first 8 bytes of SHA-256 over salt (the name where empty), U+001F and the id, as one big-endian number
        divided by 2^64, fall into the shares laid end to end in the order of the arms.

        >>> test = Experiment(name="card", hypothesis="h", metric="stars", effect=0.05,
        ...                   start=date(2026, 1, 1), end=date(2026, 2, 1))
        >>> [test.arm_of(str(order)) for order in (6901, 6902, 6903)]
        ['新方案', '新方案', '对照']
        """
        if self.shares is None:
            raise ValueError(
                f"{self.name}: expected arms drawn by a hash, found arms that the column {self.split} tells"
            )
        digest = hashlib.sha256(f"{self.salt or self.name}\x1f{identity}".encode()).digest()
        point, reached = int.from_bytes(digest[:8], "big") / 2**64, 0.0
        for arm, share in zip(self.arms, self.shares, strict=True):
            reached += share
            if point < reached:
                return arm.name
        return self.arms[-1].name

    @property
    def digest(self) -> str:
        """12 hex digits over everything declared: the same digest, the same test."""
        content = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]


_VALUES = "expected a value of its own for every arm where a column splits, and none where order or product does"
