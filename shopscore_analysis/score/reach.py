"""How many five-star orders it takes to reach a mean."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

BEST = 5


class Reach(NamedTuple):
    """Five-star reviews and the orders behind them, and the days that they take; None where never."""

    reviews: int | None
    orders: int | None
    days: int | None


def _exact(value: float) -> Fraction:
    return Fraction(repr(value))


def five_star_reviews(stars: int, reviews: int, target: float) -> int | None:
    """How many further five-star reviews lift `reviews` of `stars` in sum to a mean of `target`; None where none can.

    Nothing leaves in the meantime: the answer for a score without a window. Exact in whole numbers.

    >>> five_star_reviews(stars=460, reviews=100, target=4.8)
    100
    """
    missing = _exact(target) * reviews - stars
    if missing <= 0:
        return 0
    return ceil(missing / (BEST - _exact(target))) if target < BEST else None


def reach(window: Sequence[tuple[int, int]], target: float, per_day: int, rated: float = 1.0) -> Reach:
    """How many five-star reviews and orders, and how many days, until a rolling window's mean is `target`.

    `window`: (stars in sum, reviews) per day, oldest first; each day the oldest day leaves and `per_day` five-star
    reviews come in. `rated`: the part of orders that is reviewed, which turns reviews into orders. Never later than
    the window's length, when all that is in it is new; None where nothing comes in or the target lies above 5.

    >>> reach([(44, 10)] * 30, target=4.8, per_day=10)
    Reach(reviews=200, orders=200, days=20)
    """
    goal = _exact(target)
    stars, reviews = (sum(column) for column in zip(*window, strict=True)) if window else (0, 0)
    for day, (old_stars, old_reviews) in enumerate([(0, 0), *window]):
        stars, reviews = stars - old_stars, reviews - old_reviews
        come = day * per_day
        if reviews + come > 0 and stars + BEST * come >= goal * (reviews + come):
            return Reach(come, ceil(come / _exact(rated)), day)
    return Reach(None, None, None)
