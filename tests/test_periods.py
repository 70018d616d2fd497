"""Daily and weekly service rows over the same days count once."""

from __future__ import annotations

import pandas as pd
import pytest

from shopscore_analysis.periods import disjoint

Row = tuple[str, str, str]  # agent, first day, last day, in September 2026


def service(*rows: Row) -> pd.DataFrame:
    """Service rows."""
    frame = pd.DataFrame(rows, columns=["agent", "period_start", "period_end"])
    times = {name: pd.to_datetime("2026-09-" + frame[name]).astype("datetime64[s]") for name in frame.columns[1:]}
    return frame.assign(level="agent", **times)


def days(*numbers: int, agent: str = "小禾") -> list[Row]:
    """A row for each day."""
    return [(agent, f"{day:02d}", f"{day:02d}") for day in numbers]


WEEK: Row = ("小禾", "07", "13")


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ([WEEK, *days(*range(7, 14))], range(1, 8)),
        ([WEEK, *days(7, 8, 9)], [0]),
        ([WEEK, *days(*range(7, 14), agent="阿杰")], range(8)),
        ([WEEK, *days(6, 14)], range(3)),
        ([("小禾", "07", "20"), WEEK, ("小禾", "14", "20"), *days(7, 8)], [1, 2]),
        ([("小禾", "07", "20"), WEEK, *days(*range(14, 21))], range(1, 9)),
        ([], []),
    ],
)
def test_a_filled_period_is_told_by_its_parts_and_one_with_holes_by_itself(
    rows: list[Row], left: list[int] | range
) -> None:
    assert list(disjoint(service(*rows)).index) == list(left)
