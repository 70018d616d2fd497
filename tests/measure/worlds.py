"""Made-up shops as tallies: known shares of complaint, with or without planted effects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from shopscore_analysis.schema import CAUSES, weeks_to
from shopscore_analysis.tally import Tally

LAST_WEEK = "2026-W46"
WEEKS = weeks_to(LAST_WEEK, 26)
PRODUCTS = [f"p{number}" for number in range(6)]
Share = Callable[[str, int, int], float]  # (cause, product, week) → share of texts that complain


def base_share(cause: str, product: int, week: int) -> float:
    """Common causes 2 %, the rest 0.4 %, the same everywhere."""
    return 0.02 if list(CAUSES).index(cause) % 3 == 0 else 0.004


def made_up(seed: int, share: Share = base_share, texts: int = 18, stars_lost: int = 3) -> Tally:
    """A tally of about `texts` reviews a product and week; every complaint loses `stars_lost` stars."""
    random = np.random.default_rng(seed)
    n = random.poisson(texts, (len(PRODUCTS), len(WEEKS)))
    rows = []
    for product, name in enumerate(PRODUCTS):
        for week, label in enumerate(WEEKS):
            size = int(n[product, week])
            rows.append(("text", name, label, "", size))
            for cause in CAUSES:
                k = int(random.binomial(size, share(cause, product, week)))
                rows += [("cause", name, label, cause, k), ("loss", name, label, cause, k * stars_lost * 60)]
    cells = pd.DataFrame(rows, columns=["feature", "product", "week", "key", "count"])
    return Tally.of([cells.assign(shop="s", sku="", rating=5)])
