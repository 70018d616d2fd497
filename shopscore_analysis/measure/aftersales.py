"""After-sales cases: how often, for which reason, and what they cost."""

from __future__ import annotations

import pandas as pd

from shopscore_analysis.measure.axes import TALLY_AXES, By, axes_of, counted, on_grid, summed
from shopscore_analysis.measure.rates import estimate
from shopscore_analysis.tally import Tally

FEATURES = {"reason": "aftersale", "cause": "aftersale_cause", "kind": "aftersale_kind"}
DENOMINATORS = ("order", "signed")
FEN_PER_YUAN = 100


def aftersales(tally: Tally, by: By = None, of: str = "reason", per: str = "order") -> pd.DataFrame:
    """How often after-sales are asked for: reason (or cause, kind), the axes of `by`, k, n, share, low, high, enough.

    k: cases applied for in the weeks of the tally, by `of`: "reason" (the platform's), "cause" (reason and text
    mapped to the causes of reviews) or "kind" (return, refund only, exchange …). n: orders (`per="order"`) or
    signed orders (`per="signed"`) placed in the same weeks, which are not the orders that the cases belong to;
    `refunds` follows the orders themselves. Most frequent first, ties by name; zeros are included.
    """
    if of not in FEATURES or per not in DENOMINATORS:
        known = f"of among {', '.join(FEATURES)} and per among {', '.join(DENOMINATORS)}"
        raise ValueError(f"expected {known}, found {of!r} and {per!r}")
    axes = axes_of(by, known=TALLY_AXES)
    counts = counted(tally, FEATURES[of], "key", *axes)
    ranked = summed(counts, ["key"]).sort_values(["count", "key"], ascending=[False, True])
    return estimate(on_grid(counts, counted(tally, per, *axes), list(ranked["key"]), of))


def refunds(tally: Tally, by: By = "week") -> pd.DataFrame:
    """What after-sales cost, per week or along `by`: the axes, cases, refund (yuan), k, n, share, low, high, enough.

    `cases` and `refund` belong to the week in which they were applied for; k orders with an after-sale out of
    n orders belong to the week of the order. The newest weeks still fill up. `by=None` sums over everything.
    """
    axes = axes_of(by, known=TALLY_AXES)
    features = {"cases": "aftersale", "refund": "refund_fen", "k": "returned", "n": "order"}
    if not axes:
        table = pd.DataFrame({name: [tally.total(feature)] for name, feature in features.items()})
    else:
        columns = {name: tally.counts(feature, *axes) for name, feature in features.items()}
        table = pd.concat(columns, axis=1).fillna(0).astype("int64").rename_axis(axes).sort_index().reset_index()
    return estimate(table.assign(refund=table["refund"] / FEN_PER_YUAN))
