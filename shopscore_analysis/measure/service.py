"""Customer service and shipping: sums by session or order, divided only here."""

from __future__ import annotations

import pandas as pd

from shopscore_analysis.measure.rates import estimate
from shopscore_analysis.tally import Tally

KEYS = (
    "sessions", "rated", "bad", "inquiries", "paid", "reply", "first", "three_min",
    "reply_sessions", "first_sessions", "three_min_sessions",
)  # fmt: skip
THREE_MIN_UNIT = 10_000  # the tally keeps Σ sessions × rate in 1/10000
COLUMNS = ("sessions", "avg_reply_s", "first_reply_s", "three_min_rate", "conversion")


def _sums(tally: Tally, by: str | None) -> pd.DataFrame:
    """The service sums, one column per key, one row per value of `by` (one row in all where `by` is None)."""
    if by is None:
        return tally.counts("service", "key").reindex(KEYS, fill_value=0).to_frame().T.reset_index(drop=True)
    table = tally.counts("service", by, "key").unstack("key", fill_value=0)
    return table.reindex(columns=list(KEYS), fill_value=0).rename_axis(columns=None).reset_index()


def service(tally: Tally, by: str | None = "week") -> pd.DataFrame:
    """How customer service did, per week: week, sessions, avg_reply_s, first_reply_s, three_min_rate, conversion, k …

    Mean and first reply in seconds and the share answered within three minutes are weighted by the sessions for
    which each is known; conversion = paying / inquiring people; NaN where nobody was counted. k dissatisfied
    ratings out of n rated sessions, then share, low, high, enough. `by=None` sums over everything.
    """
    if by not in (None, "week", "shop"):
        raise ValueError(f"expected by to be week, shop or None, found {by!r}")
    sums = _sums(tally, by)
    rates = {
        "avg_reply_s": sums["reply"] / sums["reply_sessions"].where(lambda n: n > 0),
        "first_reply_s": sums["first"] / sums["first_sessions"].where(lambda n: n > 0),
        "three_min_rate": sums["three_min"] / THREE_MIN_UNIT / sums["three_min_sessions"].where(lambda n: n > 0),
        "conversion": sums["paid"] / sums["inquiries"].where(lambda n: n > 0),
    }
    table = sums.assign(**rates).rename(columns={"bad": "k", "rated": "n"})
    return estimate(table[[*([by] if by else []), *COLUMNS, "k", "n"]])


def shipping(tally: Tally, by: str | None = "week") -> pd.DataFrame:
    """How often orders left late: the axis of `by`, k late, n shipped orders of that week, share, low, high, enough.

    Late: shipped after the promised time. The on-time rate is 1 - share; orders not yet shipped are in neither.
    """
    if by is None:
        return estimate(pd.DataFrame({"k": [tally.total("late")], "n": [tally.total("shipped")]}))
    table = pd.concat({"k": tally.counts("late", by), "n": tally.counts("shipped", by)}, axis=1).sort_index()
    return estimate(table.fillna(0).astype("int64").rename_axis(by).reset_index())
