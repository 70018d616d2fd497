"""Reviews and after-sales come late: how late, and how much of the newest weeks is still missing.

Weeks are calendar weeks between an order and its first review, or its first after-sale. What the newest orders
will still bring is estimated by chain ladder: weeks old enough tell which part comes by which lag.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.measure.rates import wilson
from shopscore_analysis.schema import weeks_to
from shopscore_analysis.tally import Tally

KINDS = ("review", "aftersale")
WHOLE = 0.95  # of the final number from which a week counts as complete
LEAST = 0.2  # of the final number below which a week is not completed: too little to stand on
CURVE = ("lag", "k", "n", "seen")
WEEKS = ("week", "k", "n", "share", "low", "high", "seen", "completed", "completed_low", "completed_high", "state")
COMPLETE, FILLING, TOO_NEW = "已到齐", "补全估计", "太新，不估计"
Matrix = NDArray[np.float64]


def lag_curve(tally: Tally, of: str = "review", until: str = "") -> pd.DataFrame:
    """How late reviews (or after-sales) come: lag in weeks, k, n, seen; one row per lag, from 0.

    `seen`: the part of the final number that has come by the end of that lag, 1 at the longest lag observed.
    k: orders whose first one came at exactly that lag, out of the n orders that are old enough to tell. `until`: the
    last week known (default: the newest of the tally); what came later is not looked at. ValueError for another kind.
    """
    counts, n = _triangle(tally, of, until)
    table = {
        "lag": np.arange(counts.shape[1]),
        "k": np.nansum(counts, axis=0).astype("int64"),
        "n": (n[:, None] * ~np.isnan(counts)).sum(axis=0).astype("int64"),
        "seen": _seen(counts),
    }
    return pd.DataFrame(table, columns=list(CURVE))


def completed(tally: Tally, of: str = "review", until: str = "") -> pd.DataFrame:
    """Each week of orders with what has come so far and what is to be expected: columns `WEEKS`, oldest first.

    k of n orders have a review (or an after-sale) so far; `seen` is the part of the final number that weeks of this
    age have seen; completed = share / seen with its interval (Wilson's, scaled). `state`: 已到齐 from 95 % on,
    补全估计 below, 太新，不估计 below 20 %, where nothing is completed.
    """
    counts, n = _triangle(tally, of, until)
    weeks = _weeks(tally, until)
    curve = _seen(counts)
    seen = np.array([curve[min(age, len(curve) - 1)] for age in range(len(weeks) - 1, -1, -1)])
    k = np.nansum(counts, axis=1).astype("int64")
    low, high = wilson(k, n)
    share = np.divide(k, n, out=np.full(len(n), np.nan), where=n > 0)
    ready = np.where(seen >= LEAST, seen, np.nan)
    state = np.select([seen >= WHOLE, seen >= LEAST], [COMPLETE, FILLING], default=TOO_NEW)
    ends = [np.minimum(value / ready, 1.0) for value in (share, low, high)]
    columns = (weeks, k, n, share, low, high, seen, *ends, state)
    return pd.DataFrame(dict(zip(WEEKS, columns, strict=True)), columns=list(WEEKS))


def _weeks(tally: Tally, until: str) -> list[str]:
    """Every calendar week from the first order on, up to `until`."""
    placed = [week for week in tally.where(feature="order").weeks if not until or week <= until]
    last = until or max(tally.weeks, default="")
    if not placed:
        return []
    count = 1
    while weeks_to(last, count)[0] > placed[0]:
        count += 1
    return weeks_to(last, count)


def _triangle(tally: Tally, of: str, until: str) -> tuple[Matrix, NDArray[np.int64]]:
    """Orders of each week (rows) by the lag of their first event (columns), NaN where it has not come to pass yet."""
    if of not in KINDS:
        raise ValueError(f"expected of to be {' or '.join(KINDS)}, found {of!r}")
    weeks = _weeks(tally, until)
    cells = tally.counts("lag", "week", "key").reset_index()
    cells = cells[cells["key"].str.startswith(f"{of}|") & cells["week"].isin(weeks)]
    lag = cells["key"].str.removeprefix(f"{of}|").astype("int64")
    row = cells["week"].map({week: at for at, week in enumerate(weeks)}).astype("int64")
    known = row + lag < len(weeks)
    width = int(lag[known].max()) + 1 if known.any() else 1
    counts = np.zeros((len(weeks), width))
    np.add.at(counts, (row[known], lag[known]), cells.loc[known, "count"])
    age = len(weeks) - 1 - np.arange(len(weeks))
    counts[np.arange(width)[None, :] > age[:, None]] = np.nan
    return counts, tally.counts("order", "week").reindex(weeks, fill_value=0).to_numpy(dtype="int64")


def _seen(counts: Matrix) -> Matrix:
    """The part of the final number that has come by each lag: products of ratios, from the longest lag back."""
    running = np.cumsum(counts, axis=1)
    seen = np.ones(counts.shape[1])
    for lag in range(counts.shape[1] - 2, -1, -1):
        old = ~np.isnan(running[:, lag + 1])
        later = running[old, lag + 1].sum()
        seen[lag] = seen[lag + 1] * (running[old, lag].sum() / later if later else 1.0)
    return seen
