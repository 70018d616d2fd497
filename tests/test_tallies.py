"""Counting a shelf: kept and fresh tallies are the same bytes, and a new week counts its own months only."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from shopscore_analysis import older, parts, placed, tallies
from shopscore_analysis import shards as shards_module
from shopscore_analysis.count import count_shard
from shopscore_analysis.errors import ShopscoreError
from shopscore_analysis.kept import Kept
from shopscore_analysis.packed import dumped, loaded
from shopscore_analysis.parts import Part
from shopscore_analysis.placed import ChangedError
from shopscore_analysis.shop import Shop
from tests.shelves import add, afresh, make_shop, told


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop that has been counted once."""
    shop = make_shop(tmp_path_factory.mktemp("shop") / "one")
    shop.count()
    return shop.root


@pytest.fixture(scope="module")
def fresh(made: Path) -> bytes:
    return afresh(Shop.open(made))


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Shop:
    return Shop.open(shutil.copytree(made, tmp_path / "shop"))


def test_a_shelf_counts_to_the_bytes_of_its_records_in_memory_and_is_kept(shop: Shop, fresh: bytes) -> None:
    assert told(shop) == (fresh, [], [])
    assert Shop.open(shop.root).uncounted() == 0
    shutil.rmtree(shop.root / "data" / "tally")
    whole, counted, said = told(shop)
    assert (whole, said) == (fresh, [])
    assert sorted(counted) == shop.shelf.months("reviews")


def test_a_new_month_counts_what_its_records_belong_to_only(shop: Shop) -> None:
    add(shop, 2, 1)
    assert Shop.open(shop.root).uncounted() > 0
    whole, counted, _ = told(shop)
    assert whole == afresh(shop)
    assert "2026-03" not in counted and "2026-05" in counted


def test_an_order_that_comes_late_takes_its_records_along(shop: Shop, fresh: bytes, tmp_path: Path) -> None:
    alone = Shop.create(tmp_path / "late", shop.name, "衣服")
    orders = shop.shelf.read("orders")
    for table in ("reviews", "aftersales", "service"):
        alone.shelf.put([(table, shop.shelf.read(table))])
    alone.shelf.put([("orders", orders.slice(0, len(orders) // 2))])
    assert told(alone)[0] != fresh
    alone.shelf.put([("orders", orders)])
    assert told(alone)[0] == fresh


def test_a_later_export_of_the_same_records_counts_nothing(shop: Shop, fresh: bytes) -> None:
    orders = shop.shelf.read("orders")
    place = orders.schema.get_field_index("exported_at")
    later = pa.array([datetime(2026, 9, 1)] * len(orders), pa.timestamp("s"))
    shop.shelf.put([("orders", orders.set_column(place, "exported_at", later))])
    assert shop.uncounted() > 0
    assert told(shop) == (fresh, [], [])


@pytest.mark.parametrize("damage", ["half", "flipped", "empty", "foreign"])
def test_a_damaged_file_is_ignored_and_made_again(
    shop: Shop, fresh: bytes, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shop.root / "data" / "tally"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    tallies_kept = {path: raw for path, raw in before.items() if path.name.startswith("tally")}
    known = {month: loaded(Kept(str(folder)).get(path.name)) for path in tallies_kept for month in [path.name[6:13]]}
    for module in (tallies, older):  # what is counted is tested elsewhere
        monkeypatch.setattr(module, "count_shard", lambda part: known[part.month])
    for path, raw in before.items():
        flipped = raw[:-9] + bytes([raw[-9] ^ 1]) + raw[-8:]
        path.write_bytes(
            {"half": raw[: len(raw) // 2], "flipped": flipped, "empty": b"", "foreign": b"PAR1" + raw}[damage]
        )
    assert told(shop)[0] == fresh
    assert {path: path.read_bytes() for path in tallies_kept} == tallies_kept


def test_a_changed_lexicon_counts_everything_again_says_so_and_forgets_the_old(shop: Shop, fresh: bytes) -> None:
    names = {path.name for path in (shop.root / "data" / "tally").glob("tally-*")}
    (shop.root / "lexicon.toml").write_text('[spoiled]\nphrases = "孩子很喜欢"\n', encoding="utf-8")
    whole, counted, said = told(shop)
    assert len(counted) == len(names)
    assert whole != fresh
    assert said == [f"词表和上次统计时不一样了：{len(names)} 个月要重新统计"]
    assert names.isdisjoint(path.name for path in (shop.root / "data" / "tally").iterdir())


def test_a_folder_that_cannot_be_written_is_counted_without_keeping(
    shop: Shop, fresh: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(shop.root / "data" / "tally")
    monkeypatch.setattr(Kept, "is_writable", lambda self: False)
    assert told(shop)[0] == fresh
    assert not (shop.root / "data" / "tally").exists()


def test_quotes_that_are_kept_are_masked_as_the_shelf_is(shop: Shop) -> None:
    quotes = Shop.open(shop.root).count().quotes
    assert len(quotes)
    said = [shop.records("reviews")[name] for name in ("text", "followup")] + [shop.records("aftersales")["text"]]
    texts = set(pd.concat(said).dropna())
    lines = quotes["text"].str.split("\n").explode()
    assert [quote for quote in lines if not any(quote in text for text in texts)] == []


def test_where_nothing_is_new_the_shelf_is_not_looked_at(
    shop: Shop, fresh: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "cut", None)
    assert told(shop) == (fresh, [], [])
    (shop.root / "data" / "tally" / "about.json").unlink()
    with pytest.raises(TypeError):
        told(shop)


def test_the_largest_shards_are_counted_first(shop: Shop) -> None:
    shutil.rmtree(shop.root / "data" / "tally")
    add(shop, 2, 1, orders=40)
    sizes: list[int] = []

    def mapped(function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        waiting = list(tasks)
        sizes.extend(task.size for task in waiting if isinstance(task, Part))
        return map(function, waiting)

    shop.count_new(mapped)
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 2


def test_to_count_ahead_keeps_every_shard_and_puts_nothing_together(
    shop: Shop, fresh: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(shop.root / "data" / "tally")
    with monkeypatch.context() as patch:
        patch.setattr(older, "total", None)
        shop.count_new()
    assert told(shop) == (fresh, [], [])


def test_what_a_worker_could_not_keep_is_handed_over(shop: Shop, fresh: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(shop.root / "data" / "tally")
    put = Kept.put
    monkeypatch.setattr(
        Kept, "put", lambda self, name, content: not name.startswith("tally") and put(self, name, content)
    )
    counted: list[str] = []
    monkeypatch.setattr(tallies, "count_shard", lambda part: counted.append(part.name) or count_shard(part))
    assert told(shop)[0] == fresh
    assert len(counted) == len(set(counted)) > 0


def test_words_of_a_month_with_many_reviews_are_counted_on_a_sample_however_it_is_cut(
    shop: Shop, fresh: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(shop.root / "data" / "tally")
    monkeypatch.setattr(shards_module, "HEARD", 6)
    sampled = afresh(shop)
    monkeypatch.setattr(parts, "LARGEST", 20)
    assert dumped(shop.count()) == sampled
    some, every = loaded(sampled), loaded(fresh)
    assert 0 < some.total("negative") < every.total("negative")
    assert some.total("negative_term") < every.total("negative_term")
    assert set(some.counts("negative_by", "key").index) <= set(every.counts("negative_by", "key").index)
    pools = ("negative", "background")
    whole, part = (one.cells[~one.cells["feature"].str.startswith(pools)].astype("str") for one in (every, some))
    assert whole.to_numpy().tolist() == part.to_numpy().tolist()


def _shuffled(function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
    """The builtin map, done in another order."""
    waiting = list(tasks)
    order = random.Random(3).sample(range(len(waiting)), len(waiting))
    done = {at: function(waiting[at]) for at in order}
    return iter([done[at] for at in range(len(waiting))])


def test_any_order_and_any_cut_of_the_months_gives_the_same_bytes(
    shop: Shop, fresh: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(shop.root / "data" / "tally")
    monkeypatch.setattr(parts, "LARGEST", 20)
    counted: list[str] = []
    whole = shop.count(map=_shuffled, progress=lambda path, done, total: counted.append(path.name))
    assert dumped(whole) == fresh
    assert any("#2" in name for name in counted)


def test_counting_begins_anew_where_the_shelf_is_loaded_meanwhile(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(shop.root / "data" / "tally")
    loads = [2]

    def counting(part: Any) -> Any:
        if loads:
            add(shop, loads.pop(), 1)
        return count_shard(part)

    monkeypatch.setattr(tallies, "count_shard", counting)
    whole = dumped(Shop.open(shop.root).count())
    assert whole == afresh(shop)


def test_a_month_that_grows_while_it_is_placed_is_placed_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(shop.root / "data" / "tally")
    copies, loads = placed._copies, [2]

    def looked(*about: Any) -> Any:
        found = copies(*about)
        if loads:
            add(shop, 0, loads.pop(), orders=20)
        return found

    monkeypatch.setattr(placed, "_copies", looked)
    assert dumped(Shop.open(shop.root).count()) == afresh(shop)
    assert not loads


def test_a_shelf_that_never_rests_is_refused_with_the_way_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(part: Any) -> Any:
        raise ChangedError("changed")

    monkeypatch.setattr(tallies, "count_shard", changed)
    shutil.rmtree(shop.root / "data" / "tally")
    with pytest.raises(
        ShopscoreError, match=r"expected a quiet moment to count .*shelf, found loaders all the time; wait"
    ):
        shop.count()


def test_whoever_reads_while_another_run_writes_sees_a_whole_file(tmp_path: Path) -> None:
    kept, contents = Kept(str(tmp_path / "kept")), [bytes([value]) * 300_000 for value in range(8)]
    with ThreadPoolExecutor(4) as threads:
        writing = [threads.submit(kept.put, "one", content) for content in contents * 4]
        seen = {kept.get("one") for _ in range(200)}
        assert [done.result() for done in writing] == [True] * 32
    assert seen <= {None, *contents}
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["one"]
