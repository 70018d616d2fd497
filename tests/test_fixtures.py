"""Two shops' real-format exports: what is on the shelf equals the truth, and the planted effects are found."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from shopscore_analysis.care import watch
from shopscore_analysis.measure import findings, ledger
from shopscore_analysis.measure.bursts import bursts
from shopscore_analysis.schema import FALSE_BURSTS_A_WEEK, LOSS_UNIT, week_start
from shopscore_analysis.shards import week_labels
from shopscore_analysis.shop import Shop

pytestmark = pytest.mark.shared
Fixture = tuple[Shop, dict[str, Any]]


@pytest.fixture(scope="module", params=["apparel", "fresh"])
def fixture(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Fixture:
    folder = shared / "fixtures" / request.param
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    shop = Shop.create(tmp_path_factory.mktemp(request.param), truth["shop"], truth["category"])
    assert not [one.error for one in shop.load([folder]) if one.error]
    return shop, truth


def test_status_equals_the_truth(fixture: Fixture) -> None:
    shop, truth = fixture
    tables = shop.status()["tables"]
    assert {name: tables[name]["rows"] for name in ("orders", "aftersales", "reviews")} == {
        name: truth[name] for name in ("orders", "aftersales", "reviews")
    }
    assert tables["orders"]["weeks"] == truth["sub_orders_by_week"]
    assert tables["reviews"]["weeks"] == dict(sorted(truth["reviews_by_week"].items()))


def test_stars_of_every_week_equal_the_truth(fixture: Fixture) -> None:
    shop, truth = fixture
    counts = shop.tally(last="all").counts("review", "week", "rating").unstack(fill_value=0)
    means = (counts * counts.columns).sum(axis=1) / counts.sum(axis=1)
    assert means.round(4).to_dict() == truth["stars_by_week"]


def test_the_ledger_is_exact_in_every_slice(fixture: Fixture) -> None:
    """Σ losses = n · (5 − mean stars), in whole 1/60 stars."""
    tally = fixture[0].tally(last="all")
    for axes in (("week",), ("product",), ("sku",), ("product", "week")):
        lost = tally.counts("loss", *axes)
        counts = tally.counts("review", *axes, "rating").reset_index()
        counts["units"] = counts["count"] * (5 - counts["rating"]) * LOSS_UNIT
        owed = counts.groupby(list(axes))["units"].sum()
        assert lost.reindex(owed.index, fill_value=0).tolist() == owed.tolist()
    assert ledger(tally)["loss"].sum() == pytest.approx(tally.total("loss") / LOSS_UNIT)


@pytest.mark.parametrize("axis", ["product", "sku", "week", "channel", "warehouse", "carrier"])
def test_every_slice_of_the_ledger_sums_to_the_stars_that_are_missing(fixture: Fixture, axis: str) -> None:
    """As it is shown: the losses of a slice's causes and of 未归因 are n · (5 − mean)."""
    table = ledger(fixture[0].tally(last="all"), by=axis)
    assert table[axis].nunique() > 0
    for _, part in table.groupby(axis):
        owed = part["n"].iloc[0] * (5 - part["mean"].iloc[0])
        assert part["loss"].sum() == pytest.approx(owed, abs=1e-6)


def test_the_planted_effects_are_among_the_first_six_findings(fixture: Fixture) -> None:
    """Right product, right cause, and changes dated within two weeks of the first complaints."""
    shop, truth = fixture
    top = findings(shop.tally(last="all", week="2026-W46"), "2026-W46").head(6)
    found = {(row.kind, row.cause, row.product_id): row for row in top.itertuples()}
    batch, always, spike = (truth["planted"][name] for name in ("batch", "always", "spike"))
    changed = found["change", batch["cause"], batch["product"]]
    ordered = truth["weeks"].index(batch["from_order_week"])
    assert 0 <= truth["weeks"].index(changed.from_week) - ordered <= 3  # reviews come a week or more after orders
    assert ("level", always["cause"], always["product"]) in found
    surge = found["change", spike["cause"], None]
    assert {surge.from_week, surge.to_week} == set(spike["review_weeks"])


def test_the_planted_batch_is_seen_within_ten_days_of_its_first_complaint(fixture: Fixture) -> None:
    """And without the reviews that tell of what was planted, no more bursts than the stated rate."""
    shop, truth = fixture
    read, batch = watch.tagged(shop), truth["planted"]["batch"]
    found = watch.bursts(shop, watch.Span(date(2026, 5, 1), date(2026, 11, 30)), read)
    ours = (found["product_id"] == batch["product"]) & (found["cause"] == batch["cause"])
    started = pd.Timestamp(week_start(batch["from_order_week"]))
    heard = watch.voices_of(read)[1]
    said = heard[(heard["product_id"] == batch["product"]) & (heard["cause"] == batch["cause"])]
    batch_orders = read.orders.index[read.orders["ordered_at"] >= started].astype("str")
    first = said[said["voice"].isin(batch_orders)]["day"].min()
    alarm = found[ours & (found["alarm_day"] >= started)]["alarm_day"].min()
    assert (alarm - first).days <= 10
    spike, week = truth["planted"]["spike"], week_labels(heard["day"])
    surge = (heard["cause"] == spike["cause"]) & week.isin(spike["review_weeks"])
    others = heard[~heard["voice"].isin([*said["voice"], *heard.loc[surge, "voice"]])]
    false = bursts(others, watch.voices_of(read)[0], date(2026, 5, 1), date(2026, 11, 30))
    assert len(false) <= FALSE_BURSTS_A_WEEK * len(truth["weeks"])
