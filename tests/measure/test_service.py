"""Customer service and shipping: sums by session, divided once."""

from __future__ import annotations

import pytest

from shopscore_analysis.measure.service import service, shipping
from shopscore_analysis.tally import Tally


def sums(week: str, **values: int) -> list[dict]:
    return [{"feature": "service", "key": key, "week": week, "count": count} for key, count in values.items()]


def test_replies_are_weighted_by_sessions_never_averaged(tally_of) -> None:
    """100 sessions at 10 s and 300 at 50 s: (1000 + 15000) / 400 = 40 s, not 30; bad 3 of 40 rated."""
    tally = tally_of(
        sums("2026-W40", sessions=100, reply=1000, reply_sessions=100, rated=10, bad=1, inquiries=50, paid=5)
        + sums("2026-W41", sessions=300, reply=15000, reply_sessions=300, rated=30, bad=2, three_min=2_700_000)
        + sums("2026-W41", three_min_sessions=300, first=900, first_sessions=90)
    )
    whole = service(tally, by=None).iloc[0]
    assert (whole["sessions"], whole["avg_reply_s"], whole["first_reply_s"]) == (400, 40, 10)
    assert (whole["three_min_rate"], whole["conversion"], whole["k"], whole["n"]) == (0.9, 0.1, 3, 40)
    weekly = service(tally)
    assert weekly["week"].tolist() == ["2026-W40", "2026-W41"] and weekly["avg_reply_s"].tolist() == [10, 50]
    assert weekly["first_reply_s"].isna().tolist() == [True, False]


def test_late_orders_are_counted_out_of_shipped_ones(tally_of) -> None:
    tally = tally_of([{"feature": "shipped", "count": 50}, {"feature": "late", "count": 4}])
    tally += tally_of([{"feature": "shipped", "count": 10, "week": "2026-W41"}])
    assert shipping(tally)[["week", "k", "n", "share"]].values.tolist() == [
        ["2026-W40", 4, 50, 0.08],
        ["2026-W41", 0, 10, 0],
    ]
    assert shipping(tally, by=None)[["k", "n"]].values.tolist() == [[4, 60]]


@pytest.mark.filterwarnings("error")
def test_without_sessions_nothing_is_divided() -> None:
    columns = ["sessions", "avg_reply_s", "first_reply_s", "three_min_rate", "conversion"]
    estimate = ["k", "n", "share", "low", "high", "enough"]
    assert list(service(Tally())) == ["week", *columns, *estimate] and service(Tally()).empty
    assert service(Tally(), by=None)[[*columns[1:], "share"]].isna().all(axis=None)
    assert list(shipping(Tally())) == ["week", *estimate] and shipping(Tally(), by=None)["share"].isna().all()


def test_service_has_no_products() -> None:
    with pytest.raises(ValueError) as refusal:
        service(Tally(), by="product")
    assert str(refusal.value) == "expected by to be week, shop or None, found 'product'"
