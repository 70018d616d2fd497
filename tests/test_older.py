"""What is kept of older months: sums that say what the months say, made in one reading, and read instead of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from shopscore_analysis import older
from shopscore_analysis.kept import Kept
from shopscore_analysis.measure import findings, trend
from shopscore_analysis.measure.lag import KINDS, completed, lag_curve
from shopscore_analysis.packed import dumped
from shopscore_analysis.shop import Shop
from tests.shelves import add, afresh, make_shop, told


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop that has been counted once."""
    shop = make_shop(tmp_path_factory.mktemp("shop") / "one")
    shop.count()
    return shop.root


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Shop:
    return Shop.open(shutil.copytree(made, tmp_path / "shop"))


def test_the_sum_of_old_months_is_kept_and_changes_with_them(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(older, "RECENT", 1)
    folder, fresh = shop.root / "data" / "tally", afresh(shop)
    assert told(shop) == (fresh, [], [])
    (before,) = folder.glob("sum-*")
    for path in folder.glob("tally-2026-03-*"):
        path.write_bytes(b"")
    assert told(shop) == (fresh, [], [])  # the sum is enough
    cases = shop.shelf.read("aftersales")
    fen = cases.schema.get_field_index("refund_fen")
    shop.shelf.put([("aftersales", cases.set_column(fen, "refund_fen", pa.array([99999] * len(cases))))])
    assert told(shop)[0] == afresh(shop) != fresh
    assert list(folder.glob("sum-*")) != [before]


def test_a_span_reads_its_own_months_and_is_what_the_whole_tally_says_of_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(shop, 2, 4)
    monkeypatch.setattr(older, "RECENT", 1)
    whole = Shop.open(shop.root).count()
    week, read = whole.weeks[2], []
    get = Kept.get
    span = whole.where(week=["", *whole.weeks[1:3]])
    for _ in range(2):  # the first time the names of all months are summed and kept
        again = Shop.open(shop.root)
        assert dumped(again.tally("2 weeks", week)) == dumped(span)
        monkeypatch.setattr(Kept, "get", lambda self, name: read.append(name) or get(self, name))
    tallied = {name[6:13] for name in read if name.startswith("tally")}
    assert "2026-03" in tallied and not {"2026-06", "2026-07"} & tallied
    assert dumped(again.tally("1 week", week)) == dumped(whole.where(week=["", week]))
    assert span.names == whole.names


def test_the_history_is_what_the_whole_tally_says_to_findings_and_trends_and_reads_little(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(older, "RECENT", 1)
    add(shop, 2, 4)
    whole = Shop.open(shop.root).tally("all")
    folder = shop.root / "data" / "tally"
    for path in folder.glob("sum-*"):
        path.unlink()
    get, read = Kept.get, []
    for _ in range(2):  # the first time the older months are summed and kept
        home = Shop.open(shop.root)
        past = home.history()
        monkeypatch.setattr(Kept, "get", lambda self, name: read.append(name) or get(self, name))
    assert "2026-03" not in {name[6:13] for name in read if name.startswith("tally")}
    assert list(folder.glob("sum-*")) == []
    assert past.names == whole.names
    assert set(past.cells["sku"]) == {""}
    now = past.weeks[-1]
    assert findings(past, now).equals(findings(whole, now))
    for event in ("complaint", "low_stars"):
        assert trend(past, event=event, product="p1").equals(trend(whole, event=event, product="p1"))
    for kind in KINDS:
        assert completed(past, kind, now).equals(completed(whole, kind, now))
        assert lag_curve(past, kind, now).equals(lag_curve(whole, kind, now))
    early = past.weeks[3]
    assert dumped(home.history(early)) == dumped(past.where(week=["", *past.weeks[:4]]))
    home.count()
    assert dumped(home.history()) == dumped(past)
    monkeypatch.setattr(older, "HISTORY", (*older.HISTORY, "pattern"))  # what was kept holds less
    assert dumped(Shop.open(shop.root).history()) == dumped(older.history(whole))


def test_history_and_names_are_summed_in_one_reading_of_the_older_months(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(older, "RECENT", 1)
    add(shop, 2, 4)
    shop.count_new()
    read: list[str] = []
    get = Kept.get
    monkeypatch.setattr(Kept, "get", lambda self, name: read.append(name) or get(self, name))
    fresh = Shop.open(shop.root)
    past, span = fresh.history(), fresh.tally("1 week")
    early = [name for name in read if name.startswith("tally-2026-03")]
    assert early and len(early) == len(set(early))
    folder = shop.root / "data" / "tally"
    kept = {path.name: path.read_bytes() for kind in ("history", "names") for path in folder.glob(f"{kind}-*")}
    assert len(kept) == 2
    for path in kept:
        (folder / path).unlink()
    again = Shop.open(shop.root)  # the other way round
    assert (dumped(again.tally("1 week")), dumped(again.history())) == (dumped(span), dumped(past))
    assert {path: (folder / path).read_bytes() for path in kept} == kept
