"""Tallies for the measures' tests, written as loose cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import pytest

from shopscore_analysis.tally import Tally

DEFAULTS = {"shop": "店", "product": "p1", "sku": "s1", "week": "2026-W40", "rating": 0, "key": ""}


@pytest.fixture(scope="session")
def tally_of() -> Callable[[Iterable[Mapping[str, Any]]], Tally]:
    """A tally of cells given as mappings of feature, count and whichever axes matter."""

    def build(cells: Iterable[Mapping[str, Any]]) -> Tally:
        return Tally.of([pd.DataFrame([{**DEFAULTS, **cell} for cell in cells])])

    return build
