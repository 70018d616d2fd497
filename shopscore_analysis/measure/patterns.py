"""Reviews by all they complain of at once: what resampling and drivers read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.schema import CAUSES
from shopscore_analysis.tally import Tally

BETWEEN = "+"
Matrix = NDArray[np.float64]


class Patterns(NamedTuple):
    """One entry per (set of causes, stars) that occurs.

    `causes`: those that occur, in the order of the vocabulary; `said` (entries × causes, 0 or 1); `stars` and
    `number` of reviews per entry.
    """

    causes: list[str]
    said: Matrix
    stars: Matrix
    number: NDArray[np.int64]


def patterns(tally: Tally, *, silent: bool) -> Patterns:
    """The rated reviews of a tally by pattern; with `silent` those without a word of their own, too, as no cause."""
    counts = tally.counts("pattern", "key", "rating")
    keys, stars = (list(counts.index.get_level_values(axis)) for axis in ("key", "rating"))
    numbers = list(counts)
    if silent:
        rest = tally.where(rating=(1, 2, 3, 4, 5)).counts("default", "rating")
        keys, stars, numbers = [*keys, *[""] * len(rest)], [*stars, *rest.index], [*numbers, *rest]
    sets = [set(key.split(BETWEEN)) for key in keys]
    occurring = [cause for cause in CAUSES if any(cause in one for one in sets)]
    said = np.array([[cause in one for cause in occurring] for one in sets], dtype=float)
    shape = (len(sets), len(occurring))
    return Patterns(occurring, said.reshape(shape), np.array(stars, dtype=float), np.array(numbers, dtype=np.int64))
