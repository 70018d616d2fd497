"""Which reviews of a month have their words counted."""

import hashlib

import pandas as pd
import pytest

from shopscore_analysis.shards import HEARD, lots


@pytest.mark.parametrize(("reviews", "heard"), [(HEARD // 2, 1.0), (HEARD, 1.0), (3 * HEARD, 1 / 3)])
def test_about_as_many_are_heard_as_wanted_and_their_lots_are_even(reviews: int, heard: float) -> None:
    """Half of those heard serve as background, in large months as in small ones."""
    keys = pd.Series([hashlib.sha256(str(number).encode()).hexdigest() for number in range(reviews)])
    lot = pd.Series(lots(keys, reviews))
    below = lot[lot < 1]
    assert len(below) / reviews == pytest.approx(heard, abs=0.01)
    assert (below < 0.5).mean() == pytest.approx(0.5, abs=0.015)
