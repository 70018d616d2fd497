"""Service rows whose periods overlap: a day told by a daily file and by a weekly one counts once."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_DAY = np.timedelta64(1, "D")


def disjoint(service: pd.DataFrame) -> pd.DataFrame:
    """The service rows of which no one lies within another of the same agent and level.

    Shorter periods that fill a longer one replace it; where they leave days open, the longer one stays alone.
    `service`: the columns of the table of that name; the order and the index of the rows stay.
    """
    kept = np.ones(len(service), dtype=bool)
    places = pd.Series(range(len(service)), index=service.index)
    for _, at in places.groupby([service["level"], service["agent"]], dropna=False):
        rows = at.to_numpy()
        part = service.iloc[rows]
        kept[rows] = _kept(part["period_start"].to_numpy(), part["period_end"].to_numpy())
    return service[kept]


def _kept(start: NDArray[np.datetime64], end: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Which of the periods of one agent stay, the longest looked at first."""
    days = (end - start) // _DAY + 1
    kept = np.ones(len(days), dtype=bool)
    if (days == days[0]).all():
        return kept
    for at in np.argsort(-days, kind="stable"):
        within = kept & (start >= start[at]) & (end <= end[at]) & (days < days[at])
        if kept[at] and within.any():
            told = {day for one in np.flatnonzero(within) for day in np.arange(start[one], end[one] + _DAY, _DAY)}
            kept[at] = len(told) < days[at]
            kept[within] = not kept[at]
    return kept
