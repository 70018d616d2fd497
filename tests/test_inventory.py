"""What is known of a shelf without reading it again, and which months the questions of a report read."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from shopscore_analysis import named, report, show, standing
from shopscore_analysis.care import cases, redress, screening, watch
from shopscore_analysis.inventory import Inventory
from shopscore_analysis.learn.baseline import baseline
from shopscore_analysis.named import Numbers, orders_named, references
from shopscore_analysis.schema import TABLES, week_start
from shopscore_analysis.shards import order_rows, week_labels
from shopscore_analysis.shelf import Shelf
from shopscore_analysis.shop import Shop
from tests.shelves import add, make_shop

MONTHS = 24
OLD = "2027-06"  # months of birth before this one are of no concern to the newest week's report


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of two years whose order numbers, weeks and coverage have been looked at."""
    shop = make_shop(tmp_path_factory.mktemp("history") / "shop", MONTHS)
    shop.status()
    return shop.root


def _damaged(root: Path) -> Shop:
    """The shop with nonsense in the files of its old months: same size and time, unseen from outside."""
    for path in (root / "data" / "shelf").rglob("*.parquet"):
        if path.parent.name.removeprefix("month=") < OLD and path.read_bytes()[:4] == b"PAR1":
            stat = path.stat()
            path.write_bytes(b"\0" * stat.st_size)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return Shop.open(root)


QUESTIONS: dict[str, Callable[[Shop], Any]] = {
    "weeks": lambda shop: (shop.weeks, shop.week(), shop.is_over(shop.week())),
    "status": lambda shop: shop.status(),
    "facts": lambda shop: report.facts(shop, shop.week()),
    "names": lambda shop: shop.names,
    "repeats": lambda shop: shop.repeats([shop.week()]),
    "alarms": lambda shop: watch.warnings(shop, watch.span(shop)),
    "cases": lambda shop: cases.cases(shop, shop.weeks[-13:]),
    "offers": lambda shop: redress.open_offers(shop, watch.span(shop)),
    "what if": lambda shop: redress.what_if(shop),
    "bursts": lambda shop: watch.bursts(shop, watch.span(shop)),
    "audit": lambda shop: screening.audited(shop, watch.span(shop).back(91)),
    "usual words": lambda shop: baseline(shop, shop.weeks[-13:]),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_report_asks_needs_no_old_month(root: Path, question: str, tmp_path: Path) -> None:
    """Months that nobody can read any more are not even opened."""
    answer = QUESTIONS[question](_damaged(root))
    assert len(answer) > 0 or question in ("offers", "bursts", "repeats", "alarms")


def test_the_service_rows_alone_are_read_whole(root: Path) -> None:
    """A row an agent and day: what overlaps is told apart over all of them."""
    shop = _damaged(root)
    with pytest.raises(Exception, match=r"(?i)parquet"):
        shop.records("service")


# The answers are those of whole tables


@pytest.fixture(scope="module")
def sample() -> Shop:
    return Shop.open("")


def _whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every question reads whole tables, whatever it asks for."""
    read = Shelf.read
    monkeypatch.setattr(Inventory, "months", lambda self, table, since=None, until=None: self._shelf.months(table))
    monkeypatch.setattr(Inventory, "waiting", lambda self: self._shelf.months("aftersales"))
    monkeypatch.setattr(
        Shop, "orders_of", lambda self, *_, columns=(): read(self.shelf, "orders", None, columns or None).to_pandas()
    )


SAMPLED: dict[str, Callable[[Shop, str], pd.DataFrame]] = {
    "alarms": lambda shop, week: watch.warnings(shop, watch.span(shop, week)),
    "cases": lambda shop, week: cases.cases(shop, [week]),
    "offers": lambda shop, week: redress.open_offers(shop, watch.span(shop, week)),
    "what if": lambda shop, week: redress.what_if(shop, "2026-09"),
    "bursts": lambda shop, week: watch.bursts(shop, watch.span(shop, week)),
    "card": lambda shop, week: standing.cards(shop, week)[0],
    "weekly": lambda shop, week: standing.cards(shop, week)[1],
    "warehouses": lambda shop, week: standing.on_time(shop, "warehouse", week),
}


@pytest.mark.parametrize("question", SAMPLED)
def test_the_sample_shop_is_told_to_the_digit_as_from_whole_tables(
    sample: Shop, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for week in ("2026-W33", "2026-W46"):
        narrow = SAMPLED[question](sample, week)
        with monkeypatch.context() as all_tables:
            _whole(all_tables)
            pd.testing.assert_frame_equal(narrow, SAMPLED[question](sample, week))
        assert len(narrow) or question == "bursts"


def test_facts_and_coverage_are_those_of_the_records(sample: Shop) -> None:
    found, facts = sample.status(), report.facts(sample, "2026-W46")
    for name, table in TABLES.items():
        rows = sample.shelf.read(name).to_pandas()
        assert found["tables"][name]["rows"] == facts["inputs"][name]["rows"] == len(rows)
        assert found["tables"][name]["weeks"] == week_labels(rows[table.born]).value_counts().sort_index().to_dict()
        assert found["tables"][name]["newest_export"] == rows["exported_at"].max().isoformat()
        assert facts["inputs"][name]["digest"] == sample.shelf.digest(name)
    reviews, orders = (sample.shelf.read(name).to_pandas() for name in ("reviews", "orders"))
    met = order_rows(reviews, orders)
    direct = orders["key"].to_numpy()[met[met >= 0]] == reviews["order_ref"].to_numpy()[met >= 0]
    joins = found["joins"]["reviews"]
    assert (joins["n"], joins["sub_order"], joins["none"]) == (len(reviews), direct.sum(), (met < 0).sum())


def test_a_product_bears_the_name_it_was_last_reviewed_under(sample: Shop) -> None:
    reviews = sample.records("reviews").dropna(subset=["product_id", "product"])
    last = reviews.sort_values(["reviewed_at", "product"]).drop_duplicates("product_id", keep="last")
    assert sample.names == dict(zip(last["product_id"], last["product"], strict=True))


def test_repeats_are_looked_for_in_the_weeks_asked_for(sample: Shop) -> None:
    """And the page says which days those were."""
    weeks = sample.weeks[-13:]
    some, every = sample.repeats(weeks), sample.repeats()
    assert 0 < len(some) < len(every) and some["since"].min() >= f"{week_start(weeks[0]):%Y-%m-%d}"
    assert "2026年第34周的评价里共" in show.repeats_table(some, "2026年第34周").markup
    heads = re.findall(r'<th scope="row"[^>]*>([^<]*)</th>', show.repeats_table(some).markup)
    assert heads and all(head.isdigit() for head in heads)  # whole reviews in bold nobody reads
    assert "2026年第34周的评价里没有几乎相同的评价。" in show.repeats_table(some.head(0), "2026年第34周").markup


# What is kept


def test_a_new_week_looks_at_the_months_that_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(tmp_path / "shop", 6)
    before = shop.status()
    add(shop, 6, 1)
    looked: list[str] = []
    inspect = Shelf.inspected
    monkeypatch.setattr(
        Shelf,
        "inspected",
        lambda self, table, known, look: inspect(
            self, table, known, lambda path, content: looked.append(path) or look(path, content)
        ),
    )
    after = Shop.open(shop.root).status()
    months = {path.split("month=")[1][:7] for path in looked}
    assert (
        months and min(months) >= "2026-08" and after["tables"]["orders"]["rows"] > before["tables"]["orders"]["rows"]
    )


@pytest.mark.parametrize("months", [1, 6])
def test_orders_that_come_later_meet_the_records_that_waited_for_them(tmp_path: Path, months: int) -> None:
    """Joins that were looked at once are looked at again where an order matters to them; the rest stays as it was."""
    shop, late = make_shop(tmp_path / "shop", months), make_shop(tmp_path / "late", months)
    orders = shop.shelf.read("orders")
    early = Shop.create(tmp_path / "early", shop.name, "")
    for table in ("reviews", "aftersales", "service"):
        early.shelf.put([(table, late.shelf.read(table))])
    early.shelf.put([("orders", orders.slice(0, 3))])
    assert early.status()["joins"]["reviews"]["none"] > shop.status()["joins"]["reviews"]["none"]
    early.shelf.put([("orders", orders)])
    assert Shop.open(early.root).status()["joins"] == shop.status()["joins"]


def test_orders_that_are_gone_are_met_no_more(tmp_path: Path) -> None:
    """A shelf that was put back from a backup."""
    shop = make_shop(tmp_path / "shop", 1)
    few = Shop.create(tmp_path / "few", shop.name, "")
    few.shelf.put([(table, shop.shelf.read(table)) for table in ("reviews", "aftersales", "service")])
    ids = pa.array([f"69999999999999999{number}" for number in range(3)])
    orders = shop.shelf.read("orders").slice(0, 3)
    for name in ("key", "order_id", "sub_order_id"):
        orders = orders.set_column(orders.schema.get_field_index(name), name, ids.cast(orders.schema.field(name).type))
    few.shelf.put([("orders", orders)])
    assert shop.status()["joins"]["reviews"]["sub_order"] > few.status()["joins"]["reviews"]["sub_order"]
    shutil.rmtree(shop.root / "data" / "shelf" / "orders")
    shutil.copytree(few.root / "data" / "shelf" / "orders", shop.root / "data" / "shelf" / "orders")
    assert Shop.open(shop.root).status()["joins"] == few.status()["joins"]


def test_what_is_kept_and_damaged_is_found_anew(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", 2)
    whole = shop.status()
    for path in (shop.root / "data" / "inventory").iterdir():
        path.write_bytes(path.read_bytes()[:-3] + b"xxx")
    assert Shop.open(shop.root).status() == whole


def test_only_orders_that_are_named_are_read_and_all_of_those(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", 3)
    orders, reviews = shop.shelf.read("orders").to_pandas(), shop.records("reviews").tail(5)
    found = shop.orders_of(reviews)
    assert 0 < len(found) < len(orders) / 3
    met, all_met = order_rows(reviews, found), order_rows(reviews, orders)
    assert found["key"].reindex(met).tolist() == orders["key"].reindex(all_met).tolist()
    with shop.counts.source() as source:
        assert orders_named(Numbers(source), references(reviews.head(0))).empty


def test_the_first_status_compares_each_month_of_orders_once_with_each_month_of_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(tmp_path / "shop", 3)
    compared: list[int] = []
    before = named._named
    monkeypatch.setattr(named, "_named", lambda orders, *rest: compared.append(1) or before(orders, *rest))
    shop.status()
    born = sum(len(shop.shelf.months(table)) for table in ("reviews", "aftersales"))
    assert 0 < len(compared) <= born * len(shop.shelf.months("orders"))


# A follow-up that bears no time


@pytest.mark.parametrize(("exported", "listed"), [("2026-03-20", False), ("2026-04-08", True), ("2026-06-01", True)])
def test_a_follow_up_without_a_time_was_written_before_its_export(tmp_path: Path, exported: str, listed: bool) -> None:
    shop = make_shop(tmp_path / "shop", 2)
    reviews = shop.shelf.read("reviews").to_pandas()
    row = reviews[reviews["reviewed_at"] < datetime(2026, 3, 20)].head(1)
    said = row.assign(followup="孩子用了过敏", followup_at=pd.NaT, exported_at=pd.Timestamp(exported))
    shop.shelf.put([("reviews", pa.Table.from_pandas(said, shop.shelf.read("reviews").schema, preserve_index=False))])
    week = watch.Span(date(2026, 4, 6), date(2026, 4, 6) + timedelta(days=6))
    found = watch.warnings(Shop.open(shop.root), week)
    assert (found["table"] == "followups").any() == listed
