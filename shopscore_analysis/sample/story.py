"""What the demo shop sells, what is planted in it, and what its buyers say.

Sentences and products come from data/sample.toml; this file decides who says which of them, and when.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

from shopscore_analysis.schema import week_of, weeks_to

NAME = "禾下小院家居店"
CATEGORY = "家居日用"
WEEKS = tuple(weeks_to("2026-W46", 26))
FIRST_DAY, LAST_DAY = date(2026, 5, 18), date(2026, 11, 15)

_DATA = Path(__file__).resolve().parents[1] / "data" / "sample.toml"


@dataclass(frozen=True)
class Effect:
    """Something planted in the demo shop for an analysis to find.

    `from_week` to `to_week` are ISO weeks of the order or of the review, as `week_of` says; `product_id` is ""
    where every product is hit; `rate` is the added share of written reviews that complain of `cause`.
    """

    kind: Literal["batch", "always", "spike"]
    cause: str
    product_id: str
    week_of: Literal["order", "review"]
    from_week: str
    to_week: str
    rate: float

    def hits(self, product_id: str, ordered: str, reviewed: str) -> bool:
        """Whether a review of this product, ordered and reviewed in these weeks, is under the effect."""
        week = ordered if self.week_of == "order" else reviewed
        return self.product_id in ("", product_id) and self.from_week <= week <= self.to_week


PLANTED = (
    Effect("batch", "defect", "3617402958813306601", "order", "2026-W39", WEEKS[-1], 0.40),
    Effect("always", "size_fit", "3617402958813306932", "review", WEEKS[0], WEEKS[-1], 0.24),
    Effect("spike", "late_dispatch", "", "review", "2026-W41", "2026-W42", 0.24),
)
_ORDINARY = 0.12  # share of written reviews that complain of something in an ordinary week
_SECOND = 0.18  # share of complaints that name a second cause


@dataclass(frozen=True)
class Product:
    """A product on sale; `price_fen` is its unit price, `causes` weighs its ordinary complaints."""

    key: str
    id: str
    title: str
    noun: str
    merchant_sku: str
    price_fen: int
    skus: tuple[str, ...]
    causes: Mapping[str, int]


@cache
def script() -> Mapping[str, Any]:
    """Everything in data/sample.toml, read once."""
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


@cache
def products() -> tuple[Product, ...]:
    """The six products, in the file's order."""
    common = script()["common"]
    return tuple(
        Product(
            key=row["key"],
            id=row["id"],
            title=row["title"],
            noun=row["noun"],
            merchant_sku=row["merchant_sku"],
            price_fen=round(row["price"] * 100),
            skus=tuple(row["skus"]),
            causes=common | row["causes"],
        )
        for row in script()["products"]
    )


def causes_of(dice: Random, product: Product, ordered: datetime, reviewed: datetime) -> tuple[str, ...]:
    """The causes that one written review complains of: planted ones first, at most three."""
    weeks = week_of(ordered), week_of(reviewed)
    found = [e.cause for e in PLANTED if e.hits(product.id, *weeks) and dice.random() < e.rate]
    ordinary = (dice.random() < _ORDINARY) + (dice.random() < _SECOND if found else 0)
    found += dice.choices(list(product.causes), list(product.causes.values()), k=ordinary)
    if found and dice.random() < _SECOND:
        found += dice.choices(list(product.causes), list(product.causes.values()))
    return tuple(dict.fromkeys(found))[:3]


def fragments(product: Product, cause: str) -> Sequence[str]:
    """The clauses with which buyers of a product complain of a cause, its own before the general ones."""
    said = script()["complaints"]
    return (*said[product.key].get(cause, ()), *said["any"].get(cause, ()))


def complaint(dice: Random, product: Product, causes: Sequence[str]) -> str:
    """A text that complains of exactly these causes, at times after a word of praise."""
    talk = script()["talk"]
    clauses = [dice.choice(fragments(product, cause)) for cause in causes]
    text = clauses[0] + "".join(dice.choice(talk["joints"]) + clause for clause in clauses[1:])
    lead = dice.random()
    if lead < 0.28:
        text = praise(dice, product, 1) + dice.choice(talk["contrasts"]) + text
    elif lead < 0.60:
        text = dice.choice(talk["openers"]) + text
    return _said(product, text + (dice.choice(talk["sour"]) if dice.random() < 0.5 else ""))


def praise(dice: Random, product: Product, clauses: int) -> str:
    """Praise in so many clauses, without an opener."""
    pool = script()["praise"]
    said = {dice.choice(pool[product.key] if dice.random() < 0.55 else pool["any"]): None for _ in range(clauses)}
    return _said(product, "，".join(said))


def contentment(dice: Random, product: Product) -> str:
    """A favourable text: opener, one to three clauses of praise, a closing word."""
    talk = script()["talk"]
    opener = dice.choice(talk["openers"]) if dice.random() < 0.5 else ""
    closing = dice.choice(talk["happy"]) if dice.random() < 0.6 else ""
    return opener + praise(dice, product, dice.choice((1, 2, 2, 3))) + closing


def spoken(dice: Random, product: Product, kind: str) -> str:
    """One of the phrases of a kind (a key of [talk])."""
    return _said(product, dice.choice(script()["talk"][kind]))


def _said(product: Product, text: str) -> str:
    return text.replace("{noun}", product.noun)
