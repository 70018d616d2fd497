"""What a faultless analysis of the demo shop would find, counted from what was drawn rather than read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shopscore_analysis.sample.boards import desks
from shopscore_analysis.sample.exports import order_exports, review_exports
from shopscore_analysis.sample.market import Market, Order, Review
from shopscore_analysis.sample.story import CATEGORY, NAME, PLANTED, WEEKS, Effect, products
from shopscore_analysis.schema import week_of


@dataclass(frozen=True)
class Truth:
    """Counts of the demo shop.

    By ISO week: sub-orders (of ordering), reviews and their stars (of reviewing), after-sale cases (of applying),
    service sessions. `causes` counts, by (cause, product id, week of reviewing), the reviews whose text or follow-up
    complains of the cause; `reasons` counts cases by the platform's wording; `late` counts, by week, the sub-orders
    shipped after the promise.
    """

    name: str
    category: str
    weeks: tuple[str, ...]
    products: Mapping[str, str]
    sub_orders: Mapping[str, int]
    late: Mapping[str, int]
    reviews: Mapping[str, int]
    stars: Mapping[str, int]
    followups: int
    aftersales: Mapping[str, int]
    reasons: Mapping[str, int]
    sessions: Mapping[str, int]
    causes: Mapping[tuple[str, str, str], int]
    planted: tuple[Effect, ...]


def truth_of(market: Market) -> Truth:
    """The counts of a market, as the newest export of every record shows it."""
    return Truth(
        name=NAME,
        category=CATEGORY,
        weeks=WEEKS,
        products={product.id: product.title for product in products()},
        sub_orders=_by_week(order.ordered for order in market.orders),
        late=_by_week(order.ordered for order in market.orders if _is_late(order)),
        reviews=_by_week(review.at for review in market.reviews),
        stars=_by_week(review.at for review in market.reviews for _ in range(review.stars)),
        followups=sum(is_followed(review) for review in market.reviews),
        aftersales=_by_week(case.applied for case in market.cases),
        reasons=dict(sorted(Counter(case.reason for case in market.cases).items())),
        sessions={week: sum(desk.sessions for desk in desks(week)) for week in WEEKS},
        causes=dict(sorted(Counter(cell for review in market.reviews for cell in _cells(review)).items())),
        planted=PLANTED,
    )


def _by_week(moments: Iterable[datetime]) -> dict[str, int]:
    return dict(sorted(Counter(week_of(moment) for moment in moments).items()))


def _is_late(order: Order) -> bool:
    """Whether the last export shows that the order was shipped after the promise."""
    *_, (_, _, seen) = order_exports()
    return order.shipped is not None and order.promised is not None and order.promised < order.shipped <= seen


def is_followed(review: Review) -> bool:
    """Whether any export shows the review's follow-up: the last one that still reaches back to the review."""
    if review.followup_at is None:
        return False
    last = max(seen for seen in review_exports() if seen - timedelta(days=14) <= review.at < seen)
    return review.followup_at <= last


def _cells(review: Review) -> set[tuple[str, str, str]]:
    causes = {*review.causes, *(review.followup_causes if is_followed(review) else ())}
    return {(cause, review.order.product.id, week_of(review.at)) for cause in causes}
