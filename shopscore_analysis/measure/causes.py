"""How often each root cause is complained of, along an axis."""

from __future__ import annotations

import pandas as pd

from shopscore_analysis.measure.axes import By, axes_of, counted, on_grid
from shopscore_analysis.measure.rates import estimate, shrink
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.tally import Tally

FEATURES = {"review": ("cause", "text"), "order": ("order_cause", "signed")}


def causes(tally: Tally, by: By = None, per: str = "review") -> pd.DataFrame:
    """How often each cause is complained of: cause, the axes of `by`, k, n, share, low, high, enough, shrunk.

    `per="review"`: k reviews whose text or follow-up complains of the cause, n reviews with a text of their own
    (default reviews are left out). `per="order"`: k orders unhappy for the cause over review, follow-up and
    after-sale, each order once; n signed orders of the same weeks (where a recent week has fewer signed than
    unhappy orders nothing is estimated). `by`: product, sku, week, shop or, per review only and through the
    order, channel, warehouse, carrier; several give their cross.

    Rows are the causes that occur at all, in the order of the vocabulary, times every value of `by`, zeros
    included. `shrunk` (beta-binomial within a cause; over all causes where no axis is asked for) is for colour.
    """
    if per not in FEATURES:
        raise ValueError(f"expected per to be review or order, found {per!r}")
    feature, out_of = FEATURES[per]
    axes = axes_of(by) if per == "review" else axes_of(by, known=("product", "sku", "week", "shop"))
    counts = counted(tally, feature, "key", *axes)
    occurring = set(counts["key"])
    keys = [name for name in CAUSES if name in occurring]
    result = estimate(on_grid(counts, counted(tally, out_of, *axes), keys, "cause"))
    return result.assign(shrunk=shrink(result["k"], result["n"], result["cause"] if axes else None))
