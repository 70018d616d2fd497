"""How many processes a memory holds: laws of the choice, sizes as people write them, what is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis import budget
from shopscore_analysis.budget import (
    MB,
    Weight,
    at_once,
    counting,
    fitting,
    free,
    gathering,
    shown,
    size,
    weight,
    within,
)
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.shop import Shop
from shopscore_analysis.workers import Pool
from tests.conftest import Run
from tests.shelves import add, make_shop

weights = st.builds(Weight, st.integers(0, 10**11), st.integers(0, 10**10))
memories = st.integers(1, 10**12)
HEAVY = Weight(870 * MB, 61 * MB)  # ten million reviews over five years


@given(st.integers(1, 256), weights, st.integers(0, 300), st.integers(-1, 1))
def test_never_more_than_asked_or_than_fit_and_always_one(asked: int, heavy: Weight, room: int, over: int) -> None:
    memory = gathering(heavy) + room * counting(heavy) + over
    fit = room if over >= 0 else room - 1  # a byte less holds one process less, a byte more none more
    assert within(asked, heavy, memory) == max(1, min(asked, fit))


@given(weights, memories, memories, st.integers(0, 10**9))
def test_more_memory_never_holds_fewer_and_a_heavier_shelf_never_more(
    heavy: Weight, one: int, two: int, more: int
) -> None:
    assert fitting(heavy, min(one, two)) <= fitting(heavy, max(one, two))
    for heavier in (heavy._replace(records=heavy.records + more), heavy._replace(largest=heavy.largest + more)):
        assert fitting(heavier, one) <= fitting(heavy, one)


def test_by_the_estimate_ten_million_reviews_fit_into_what_was_asked_however_many_processes_are() -> None:
    for asked in (1, 2, 8, 64):
        number = within(asked, HEAVY, size("1.5GB"))
        assert gathering(HEAVY) + number * counting(HEAVY) <= size("1.5GB")
        assert number == min(asked, 2)


def test_one_line_says_that_fewer_run_and_why() -> None:
    said: list[str] = []
    assert within(8, HEAVY, size("1.5GB"), said.append) == 2
    assert said == [
        f"内存上限 1.5 GB 容得下 2 个进程（每个约 {shown(counting(HEAVY))}），不开 8 个",
    ]
    assert within(2, HEAVY, size("1.5GB"), said.append) == 2
    assert len(said) == 1
    assert within(1, HEAVY, size("100MB"), said.append) == 1
    needed = shown(gathering(HEAVY) + counting(HEAVY))
    assert said[1:] == [f"内存上限 100 MB 不够一个进程估计要用的 {needed}：仍用一个进程统计"]


@given(st.integers(1, 200), memories)
def test_shops_side_by_side_are_as_many_as_fit_and_always_one(shops: int, memory: int) -> None:
    said: list[str] = []
    each = 660 * MB  # gathers and counts a shard of the largest size
    assert at_once(shops, memory, said.append) == max(1, min(shops, memory // each))
    assert bool(said) == (max(1, memory // each) < shops)


def test_without_a_limit_half_of_what_is_free_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(budget, "free", lambda: 3000 * MB)
    assert within(8, HEAVY, notice=said.append) == within(8, HEAVY, 1500 * MB) == 2
    assert said[0].startswith("内存上限 1.5 GB（空闲内存的一半，可用 --memory 指定）容得下 2 个进程")
    monkeypatch.setattr(budget, "free", lambda: 300 * MB)
    said.clear()
    assert within(1, HEAVY, notice=said.append) == 1
    assert said == []  # nobody asked for more


def test_a_container_has_what_its_limit_leaves_but_for_files_that_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "CONTAINER", tmp_path)
    bare = psutil.virtual_memory().total
    assert 0 < free() <= bare
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    assert free() > 10 * MB
    for name, told in {"max": "5000000\n", "current": "4000000\n", "stat": "anon 7\ninactive_file 2500000\n"}.items():
        (tmp_path / f"memory.{name}").write_text(told, encoding="ascii")
    assert free() == 3_500_000
    (tmp_path / "memory.current").write_text("9000000\n", encoding="ascii")
    assert free() == 0


def test_a_container_of_version_1_of_control_groups_is_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its limit is a figure beyond every machine where there is none; files of groups within it may be dropped, too."""
    monkeypatch.setattr(budget, "CONTAINER", tmp_path)
    (tmp_path / "memory").mkdir()
    stat = "cache 9\ninactive_file 100\ntotal_inactive_file 2500000\n"
    told = {"limit_in_bytes": "9223372036854771712\n", "usage_in_bytes": "4000000\n", "stat": stat}
    for name, text in told.items():
        (tmp_path / "memory" / f"memory.{name}").write_text(text, encoding="ascii")
    assert 10 * MB < free() <= psutil.virtual_memory().total
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("5000000\n", encoding="ascii")
    assert free() == 3_500_000
    (tmp_path / "memory" / "memory.usage_in_bytes").write_text("9000000\n", encoding="ascii")
    assert free() == 0


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("1.5GB", 1_500_000_000), ("800 mb", 800_000_000), ("2g", 2 * 10**9), ("512MiB", 1 << 29), (" 1TB ", 10**12)],
)
def test_sizes_are_read_as_people_write_them(text: str, bytes_: int) -> None:
    assert size(text) == bytes_


@given(st.integers(1, 10**6))
def test_what_is_shown_is_read_as_the_same_size(number: int) -> None:
    assert size(shown(number * 10 * MB)) == number * 10 * MB


@pytest.mark.parametrize("text", ["", "1500000000", "much", "-1GB", "0GB", "1.5 G B", "1,5GB", "1.5XB"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        size(text)
    assert str(refused.value) == f"expected a size such as 1.5GB or 800MB, found {text}"


def test_the_commands_refuse_it_before_they_count(run: Run, tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop")
    for command in (["score", "--shop", str(shop.root)], ["run-due", str(tmp_path)]):
        code, _, err = run(*command, "--memory", "much")
        assert code == 2
        assert "--memory" in err and "expected a size such as 1.5GB" in err
    assert not (shop.root / "data" / "tally").exists()


def test_the_weight_of_a_shelf_is_that_of_its_records_and_of_its_largest_month(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop")
    before = weight(shop.shelf)
    assert before.records == sum(sum(shop.shelf.sizes(table).values()) for table in ("reviews", "aftersales"))
    assert before.largest == max(
        shop.shelf.unpacked(table, month)
        for table in ("orders", "reviews", "aftersales")
        for month in shop.shelf.months(table)
    )
    add(shop, 2, 1, orders=80)
    assert weight(shop.shelf).largest > before.largest > 0
    assert weight(Shop.create(tmp_path / "empty", "空店").shelf) == Weight(0, 0)


def test_a_memory_for_one_counts_without_other_processes_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(tmp_path / "shop")
    said: list[str] = []
    started: list[int] = []
    init = Pool.__init__

    def starting(self: Pool, workers: int, notice: Any) -> None:
        started.append(workers)
        init(self, workers, notice)

    monkeypatch.setattr(Pool, "__init__", starting)
    kept = []
    for memory in ("600MB", "1.5TB"):
        with Shop.open(shop.root).processes(2, memory, said.append) as mapped:
            Shop.open(shop.root).count_new(mapped)
        folder = shop.root / "data" / "tally"
        kept.append({path.name: path.read_bytes() for path in folder.glob("tally-*")})
        for path in folder.iterdir():
            path.unlink()
    assert started == [2]
    assert len(said) == 1 and said[0].startswith("内存上限 600 MB 容得下 1 个进程")
    assert kept[0] == kept[1] and kept[0]
