"""How often each root cause is complained of, along an axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from shopscore_analysis.measure.axes import TALLY_AXES, By, axes_of, counted, on_grid
from shopscore_analysis.measure.rates import bh, estimate, p_value, shrink
from shopscore_analysis.measure.trend import laney_sigma
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.tally import Tally

SOURCES = ("review", "aftersale", "review+aftersale")
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
    axes = axes_of(by) if per == "review" else axes_of(by, known=TALLY_AXES)
    counts = counted(tally, feature, "key", *axes)
    occurring = set(counts["key"])
    keys = [name for name in CAUSES if name in occurring]
    result = estimate(on_grid(counts, counted(tally, out_of, *axes), keys, "cause"))
    return result.assign(shrunk=shrink(result["k"], result["n"], result["cause"] if axes else None))


def contrast(estimates: pd.DataFrame) -> pd.DataFrame:
    """The cells of `causes(…, by=…)` against the rest of their cause: adds lift, p and q.

    lift: the cell's share over that of all other cells of the cause (NaN where those have no complaint); p: of no
    difference (score test); q: Benjamini-Hochberg over all cells with n ≥ 5, which alone are tested. Each order or
    review stands in one cell only, so cells and rest are apart. Along weeks the test is widened by the weeks' own
    unrest (Laney's σz over the other weeks of the cause). To control a whole report: `contrasts`.
    """
    totals = estimates.groupby("cause")[["k", "n"]].transform("sum")
    rest = totals - estimates[["k", "n"]]
    elsewhere = rest["k"] / rest["n"].where(rest["n"] > 0)
    p = pd.Series(p_value(estimates["k"], estimates["n"], rest["k"], rest["n"]), index=estimates.index)
    p = (_restless(estimates, p) if "week" in estimates else p).where(estimates["enough"])
    return estimates.assign(lift=estimates["share"] / elsewhere.where(elsewhere > 0), p=p, q=bh(p))


def contrasts(*tables: pd.DataFrame) -> list[pd.DataFrame]:
    """`contrast` of each table, in order, with q over the cells of all of them: what one report marks at once."""
    judged = [contrast(table) for table in tables]
    p = [table["p"].to_numpy(dtype=float) for table in judged]
    parts = np.split(bh(np.concatenate([np.empty(0), *p])), np.cumsum([len(part) for part in p])[:-1])
    return [table.assign(q=part) for table, part in zip(judged, parts, strict=False)]


def marked(
    tally: Tally, per_review: Sequence[str], per_order: Sequence[str] = ()
) -> dict[tuple[str, str], pd.DataFrame]:
    """The cells of a whole report: (axis, "review" or "order") → `causes` along the axis, marked by `contrasts`."""
    asked = [(axis, "review") for axis in per_review] + [(axis, "order") for axis in per_order]
    return dict(zip(asked, contrasts(*(causes(tally, by=axis, per=per) for axis, per in asked)), strict=True))


def _restless(estimates: pd.DataFrame, p: pd.Series) -> pd.Series:
    """The p of each week, its z drawn in by the unrest of the cause's other weeks."""
    from scipy.special import ndtr, ndtri

    sigma = pd.Series(1.0, index=estimates.index)
    for rows in estimates.groupby("cause").groups.values():
        weekly = estimates.loc[rows].sort_values("week")
        for at in rows:
            others = weekly.drop(index=at)
            sigma[at] = max(laney_sigma(others["k"], others["n"]), 1.0)
    widened: pd.Series = 2 * ndtr(ndtri(p / 2) / sigma)
    return widened


def unhappy(tally: Tally, by: By = None) -> pd.DataFrame:
    """Unhappy orders, each once, by where it showed: source, the axes of `by`, k, n, share, low, high, enough.

    `source`: only in a review or follow-up, only in an after-sale, or in both (the overlap); the three add up to the
    unhappy orders. n: all orders placed in the same weeks, signed or not.
    """
    axes = axes_of(by, known=TALLY_AXES)
    return estimate(on_grid(counted(tally, "unhappy", "key", *axes), counted(tally, "order", *axes), SOURCES, "source"))
