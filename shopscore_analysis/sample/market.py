"""26 weeks of the demo shop: orders, reviews and after-sale cases, drawn from one seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from random import Random

from shopscore_analysis.sample.story import (
    FIRST_DAY,
    LAST_DAY,
    Product,
    causes_of,
    complaint,
    contentment,
    fragments,
    products,
    script,
    spoken,
)
from shopscore_analysis.schema import week_of

SEED = 20261116
CLOSE = datetime.combine(LAST_DAY, time.max).replace(microsecond=0)
_ORDERS_A_DAY = 86
_BACKLOG = ("2026-W40", "2026-W41")  # order weeks of the dispatch backlog behind the planted spike
_STARS = {
    "sour": (30, 25, 24, 11, 10),
    "happy": (0, 0, 0, 12, 88),
    "silent": (1, 1, 2, 5, 91),
    "faint": (1, 4, 60, 30, 5),
}


@dataclass(frozen=True)
class Order:
    """A sub-order with everything that ever happens to it; times after an export's are not yet in that export."""

    id: str
    main_id: str
    product: Product
    sku: str
    qty: int
    payable_fen: int
    ordered: datetime
    paid: datetime | None
    promised: datetime | None
    shipped: datetime | None
    completed: datetime | None
    cancelled: datetime | None
    province: str
    carrier: str
    waybill: str
    warehouse: str
    channel: str
    creator: str


@dataclass(frozen=True)
class Review:
    """A review and its follow-up with the causes that each complains of; `replied` is when the shop answered."""

    order: Order
    buyer: str
    at: datetime
    stars: int
    text: str
    causes: tuple[str, ...]
    replied: datetime | None
    reply: str
    followup: str = ""
    followup_at: datetime | None = None
    followup_causes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """An after-sale case; `ends` is how it ends, `cause` is "" for changes of mind."""

    id: str
    order: Order
    applied: datetime
    kind: str
    reason: str
    cause: str
    text: str
    agreed: datetime
    refunded: datetime
    ends: str


@dataclass
class Market:
    """All that happened, in the order in which it was placed."""

    orders: list[Order] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)


def simulate(seed: int = SEED) -> Market:
    """The demo shop's 26 weeks; the same seed gives the same weeks on every machine."""
    dice, market = Random(seed), Market()
    for ordered in _moments(dice):
        main_id = _next_id(dice, market)
        for offset in range(1, 3 if dice.random() < 0.07 else 2):
            _place(dice, market, ordered, main_id, str(int(main_id) + 11 * offset))
    market.cases.sort(key=lambda case: (case.applied, case.id))
    return market


def _moments(dice: Random) -> Iterator[datetime]:
    for day in range((LAST_DAY - FIRST_DAY).days + 1):
        opening = datetime.combine(FIRST_DAY + timedelta(day), time())
        orders = round(dice.gauss(_ORDERS_A_DAY, 7) * (1.12 if day % 7 >= 5 else 0.97))
        yield from sorted(opening + timedelta(seconds=dice.randrange(86400)) for _ in range(orders))


def _next_id(dice: Random, market: Market) -> str:
    return str(6938114207650000000 + 1000 * len(market.orders) + dice.randrange(900))


def _place(dice: Random, market: Market, ordered: datetime, main_id: str, order_id: str) -> None:
    product = dice.choice(products())
    fate = dice.random()
    paid = ordered + timedelta(seconds=dice.randrange(5, 240)) if fate > 0.01 else None
    if paid is None or fate < 0.04:
        order = _order(dice, product, ordered, main_id, order_id, paid, shipped=None, completed=None)
        if paid:
            _cancel(dice, market, order)
    else:
        order = _deliver(dice, market, product, (ordered, paid), (main_id, order_id))
    market.orders.append(order)


def _order(
    dice: Random,
    product: Product,
    ordered: datetime,
    main_id: str,
    order_id: str,
    paid: datetime | None,
    shipped: datetime | None,
    completed: datetime | None,
) -> Order:
    scene, qty = script()["scene"], dice.choices((1, 2, 3), (88, 10, 2))[0]
    carrier_code, carrier = dice.choice(scene["carriers"]).split("-")
    return Order(
        id=order_id,
        main_id=main_id,
        product=product,
        sku=dice.choice(product.skus),
        qty=qty,
        payable_fen=product.price_fen * qty - dice.choice((0, 0, 0, 300, 500)),
        ordered=ordered,
        paid=paid,
        promised=paid and paid + timedelta(hours=48),
        shipped=shipped,
        completed=completed,
        cancelled=None if completed else (paid or ordered) + timedelta(minutes=dice.randrange(30, 300)),
        province=dice.choice(scene["provinces"]),
        carrier=carrier,
        waybill=f"{carrier_code}{dice.randrange(10**11, 10**12)}",
        warehouse=dice.choice(scene["warehouses"]),
        channel=dice.choice(scene["channels"]),
        creator=dice.choice(scene["creators"]),
    )


def _deliver(
    dice: Random, market: Market, product: Product, times: tuple[datetime, datetime], ids: tuple[str, str]
) -> Order:
    ordered, paid = times
    completed = paid + timedelta(days=dice.uniform(4.5, 8))
    reviewed = _whole(completed + timedelta(days=dice.uniform(0.1, 5)))
    speaks = dice.random() < 0.72
    causes = causes_of(dice, product, ordered, reviewed) if speaks else ()
    is_late = "late_dispatch" in causes or dice.random() < (0.22 if week_of(ordered) in _BACKLOG else 0.015)
    hours = dice.uniform(50, 84) if is_late else dice.uniform(3, 44)
    shipped = _whole(paid + timedelta(hours=hours))
    order = _order(dice, product, ordered, *ids, paid, shipped=shipped, completed=_whole(completed))
    reviews = dice.random() < 0.295
    if reviews and reviewed <= CLOSE:
        market.reviews.append(_review(dice, order, reviewed, causes, speaks, len(market.reviews)))
    _complain(dice, market, order, causes if reviews else ())
    return order


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _review(dice: Random, order: Order, at: datetime, causes: tuple[str, ...], speaks: bool, number: int) -> Review:
    mood, text = _words(dice, order.product, causes, speaks, number)
    stars = dice.choices((1, 2, 3, 4, 5), _STARS[mood])[0]
    answers = dice.random() < (0.7 if stars <= 3 else 0.2)
    review = Review(
        order=order,
        buyer=f"{dice.choice(script()['scene']['surnames'])}**",
        at=at,
        stars=stars,
        text=text,
        causes=causes,
        replied=_whole(at + timedelta(hours=dice.uniform(1, 60))) if answers else None,
        reply=spoken(dice, order.product, "replies"),
    )
    return _followed(dice, review)


def _words(dice: Random, product: Product, causes: tuple[str, ...], speaks: bool, number: int) -> tuple[str, str]:
    if not speaks:
        return "silent", spoken(dice, product, "defaults")
    if causes:
        return "sour", complaint(dice, product, causes)
    if number % 1200 == 600:
        return "happy", script()["talk"]["hostile"][number // 1200 % 3].replace("{noun}", product.noun)
    kind = dice.choices(("happy", "sour", "faint"), (955, 20, 25))[0]
    said = {"sour": "vague", "faint": "faint"}
    return kind, spoken(dice, product, said[kind]) if kind in said else contentment(dice, product)


def _followed(dice: Random, review: Review) -> Review:
    """The review with a follow-up, for a few of them; a follow-up may reverse what the review said."""
    order, followup_at = review.order, _whole(review.at + timedelta(days=dice.uniform(1, 6)))
    if dice.random() > (0.10 if review.causes else 0.05) or followup_at > CLOSE:
        return review
    repeats = dice.random() < 0.5
    causes = causes_of(dice, order.product, order.ordered, followup_at) or (review.causes if repeats else ())
    said = complaint(dice, order.product, causes) if causes else contentment(dice, order.product)
    opener = spoken(dice, order.product, "again")
    return replace(review, followup=opener + said, followup_at=followup_at, followup_causes=causes)


def _cancel(dice: Random, market: Market, order: Order) -> None:
    reasons = script()["reasons"]["unwanted"]
    applied = order.cancelled or order.ordered
    _apply(
        dice, market, order, applied, "未发货退款", dice.choice(reasons), "", spoken(dice, order.product, "unwanted")
    )


def _complain(dice: Random, market: Market, order: Order, causes: tuple[str, ...]) -> None:
    """A case for a delivered order: often where its review complains, now and then otherwise."""
    if dice.random() > (0.35 if causes else 0.045) or order.completed is None:
        return
    applied = _whole(order.completed + timedelta(days=dice.uniform(-0.4, 3.5)))
    cause = causes[0] if causes else dice.choice(("", "", *causes_of_cases(dice, order.product)))
    kind = dice.choices(("退货退款", "已发货退款", "换货", "补寄"), (70, 18, 8, 4))[0]
    reasons = script()["reasons"]
    reason = dice.choice(reasons["unwanted"] if not cause else reasons.get(cause, reasons["other"]))
    text = dice.choice((*fragments(order.product, cause)[:8], "-", "-", "-")) if cause else ""
    said = text.replace("{noun}", order.product.noun) or spoken(dice, order.product, "unwanted")
    _apply(dice, market, order, applied, kind, reason, cause, said)


def causes_of_cases(dice: Random, product: Product) -> list[str]:
    """Two causes for which a silent buyer may ask for a refund, weighed as the product's complaints are."""
    return dice.choices(list(product.causes), list(product.causes.values()), k=2)


def _apply(
    dice: Random, market: Market, order: Order, applied: datetime, kind: str, reason: str, cause: str, text: str
) -> None:
    if applied > CLOSE:
        return
    agreed = _whole(applied + timedelta(hours=dice.uniform(0.2, 30)))
    ends = "换货成功" if kind == "换货" else dice.choices(("同意退款，退款成功", "售后关闭"), (92, 8))[0]
    case_id = str(145000000000000000 + 1000 * len(market.cases) + dice.randrange(900))
    refunded = agreed + timedelta(hours=dice.choice((2, 30, 70)))
    market.cases.append(Case(case_id, order, applied, kind, reason, cause, text, agreed, refunded, ends))
    if ends == "售后关闭" and dice.random() < 0.4:  # some buyers apply a second time
        _apply(dice, market, order, refunded, kind, reason, cause, text)
