"""The shelf: a lawful merge, one atomic step a file, readers that never wait."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import tempfile
import threading
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis import intake, journal
from shopscore_analysis.errors import SettingsError, ShopscoreError
from shopscore_analysis.shelf import Merged, Shelf, schema_of

Row = tuple[str, int, int, str]  # key, day it was created, day it was exported, text


def reviews(rows: list[Row], shop: str = "试衣间", source: str = "a") -> pa.Table:
    """Review records."""
    records = [
        {
            "key": key, "shop": shop, "reviewed_at": dt.datetime(2026, 9, 1) + dt.timedelta(days=day), "text": text,
            "exported_at": dt.datetime(2026, 12, 1) + dt.timedelta(days=exported), "source": source,
        }
        for key, day, exported, text in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(records, schema_of("reviews"))


ROWS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.just(0), st.integers(0, 3), st.sampled_from(["好", "差", ""])).map(
        lambda row: (row[0], "abcdef".index(row[0]) * 9, row[2], row[3])
    ),
    max_size=6,
)
EXPORTS = st.lists(st.tuples(ROWS, st.sampled_from("xyz")), min_size=1, max_size=4)


def files(root: Path) -> dict[str, bytes]:
    """Every committed file of a shelf."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.parquet")}


def shelved(exports: list[tuple[list[Row], str]]) -> tuple[dict[str, bytes], list[Merged]]:
    """The bytes of a new shelf after these exports, and what each merge did."""
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder))
        merged = [shelf.put([("reviews", reviews(rows, source=source))])[0] for rows, source in exports]
        return files(Path(folder)), merged


@settings(max_examples=20, deadline=None)
@given(EXPORTS, st.randoms())
def test_the_order_of_exports_does_not_change_a_byte(
    exports: list[tuple[list[Row], str]], chance: random.Random
) -> None:
    turned = chance.sample(exports, len(exports))
    assert shelved(turned)[0] == shelved(exports)[0]


@settings(max_examples=20, deadline=None)
@given(EXPORTS)
def test_loading_again_changes_nothing(exports: list[tuple[list[Row], str]]) -> None:
    once, _ = shelved(exports)
    twice, merged = shelved([*exports, *exports])
    assert twice == once
    assert all(counts.new == counts.updated == 0 for counts in merged[len(exports) :])


@settings(max_examples=20, deadline=None)
@given(EXPORTS)
def test_exports_one_by_one_or_all_at_once_are_the_same(exports: list[tuple[list[Row], str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Shelf(Path(folder)).put([("reviews", reviews(rows, source=source)) for rows, source in exports])
        assert files(Path(folder)) == shelved(exports)[0]


@settings(max_examples=20, deadline=None)
@given(EXPORTS)
def test_the_newest_export_wins_each_key(exports: list[tuple[list[Row], str]]) -> None:
    best: dict[str, tuple[int, str]] = {}
    for rows, _ in exports:
        for key, _, exported, text in rows:
            best[key] = max(best.get(key, (-1, "")), (exported, text))
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder))
        for rows, source in exports:
            shelf.put([("reviews", reviews(rows, source=source))])
        held = shelf.read("reviews", columns=["key", "text"]).to_pylist()
    assert {row["key"]: row["text"] for row in held} == {key: text for key, (_, text) in best.items()}
    assert [row["key"] for row in held] == sorted(best)


def test_counts_of_new_updated_and_unchanged(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert shelf.put([("reviews", reviews([("a", 0, 0, "好"), ("b", 40, 0, "好")]))]) == [Merged(2, 0, 0)]
    newer = reviews([("a", 0, 1, "差"), ("b", 40, 1, "好"), ("c", 0, 1, "好")], source="b")
    assert shelf.put([("reviews", newer)]) == [Merged(1, 1, 1)]
    older = reviews([("a", 0, 0, "旧")], source="c")
    assert shelf.put([("reviews", older)]) == [Merged(0, 0, 1)]
    assert shelf.months("reviews") == ["2026-09", "2026-10"]


def test_read_gives_the_schema_sorted_by_key_and_narrowed_as_asked(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert shelf.read("orders").schema == schema_of("orders")
    shelf.put([("reviews", reviews([("b", 40, 0, "好"), ("a", 0, 0, "差")]))])
    assert shelf.read("reviews").schema == schema_of("reviews")
    assert shelf.read("reviews")["key"].to_pylist() == ["a", "b"]
    assert shelf.read("reviews", months=["2026-10"], columns=["text", "shop"]).to_pydict() == {
        "text": ["好"],
        "shop": ["试衣间"],
    }


def test_shop_names_become_folders_whatever_they_hold(tmp_path: Path) -> None:
    shelf, name = Shelf(tmp_path), "../店 铺=a/b%"
    shelf.put([("reviews", reviews([("a", 0, 0, "好")], shop=name))])
    assert shelf.read("reviews")["shop"].to_pylist() == [name]
    assert [path.name for path in (tmp_path / "reviews").iterdir()] == ["shop=..%2F店%20铺%3Da%2Fb%25"]


def test_pandas_reads_the_folder_as_it_stands(tmp_path: Path) -> None:
    Shelf(tmp_path).put([("reviews", reviews([("a", 0, 0, "好"), ("b", 40, 0, "差")]))])
    frame = pd.read_parquet(tmp_path / "reviews")
    assert sorted(zip(frame["key"], frame["shop"], frame["month"], strict=True)) == [
        ("a", "试衣间", "2026-09"),
        ("b", "试衣间", "2026-10"),
    ]


def test_one_month_is_read_without_looking_into_the_folders_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path)
    shelf.put([("reviews", reviews([(f"{month}", 31 * month, 0, "好") for month in range(6)]))])
    months = shelf.months("reviews")
    whole = {month: len(shelf.read("reviews", [month])) for month in months}
    looked: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looked.append(str(path)) or scandir(path))
    assert len(months) > 3
    assert len(shelf.read("reviews", months[:1])) == whole[months[0]] == 1
    assert len(shelf.take("reviews", months[0], np.zeros(1, np.int64), ["key"])) == 1
    assert list(shelf.versions("reviews", months[:1])) == months[:1]
    assert {path[-7:] for path in looked if "month=" in path} == {months[0]}
    assert list(shelf.versions("reviews")) == months


def test_the_digest_follows_the_bytes(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    before = shelf.digest("reviews")
    shelf.put([("reviews", reviews([("a", 0, 0, "好")]))])
    after = shelf.digest("reviews")
    assert before != after
    shelf.put([("reviews", reviews([("a", 0, 0, "好")]))])
    assert shelf.digest("reviews") == after


def test_all_tables_of_a_file_land_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(tmp_path)
    shelf.put([("reviews", reviews([("a", 0, 0, "好")]))])
    before = files(tmp_path)
    calls = iter(range(9))

    def full(path: Path) -> None:
        if next(calls) == 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "_synced", full)
    with pytest.raises(SettingsError) as caught:
        shelf.put([("reviews", reviews([("a", 0, 1, "差"), ("b", 40, 1, "好")]))])
    assert str(caught.value) == (
        f"expected to write in {tmp_path}, found: No space left on device; free some space or mend the folder's rights "
        "and load again (the shelf is as it was before this file)"
    )
    assert files(tmp_path) == before
    assert not (tmp_path / ".staged").exists()


def test_a_commit_cut_short_is_seen_by_readers_and_finished_by_the_next_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path)
    shelf.put([("reviews", reviews([("a", 0, 0, "好"), ("b", 40, 0, "好")]))])
    moved = journal._replaced
    calls = iter(range(9))

    def dies(source: Path, target: Path) -> None:
        if next(calls) == 1:
            raise KeyboardInterrupt
        moved(source, target)

    monkeypatch.setattr(journal, "_replaced", dies)
    with pytest.raises(KeyboardInterrupt):
        shelf.put([("reviews", reviews([("a", 0, 1, "差"), ("b", 40, 1, "差"), ("c", 80, 1, "差")]))])
    assert shelf.read("reviews")["text"].to_pylist() == ["差", "差", "差"]
    assert shelf.months("reviews") == ["2026-09", "2026-10", "2026-11"]
    monkeypatch.setattr(journal, "_replaced", moved)
    shelf.put([("reviews", reviews([]))])
    assert not (tmp_path / "journal.json").exists()
    assert shelf.read("reviews")["text"].to_pylist() == ["差", "差", "差"]


def test_a_second_writer_says_that_it_waited(tmp_path: Path) -> None:
    one, two = journal.Journal(tmp_path), journal.Journal(tmp_path)
    with one.lock(), pytest.raises(ShopscoreError) as caught, two.lock(wait=0.1):
        pytest.fail("two writers at once")
    assert str(caught.value) == (
        f"expected to be the only loader of {tmp_path}, found another one at work for 0.1 seconds; "
        "wait until it is done and run the command again"
    )


def test_readers_see_whole_exports_while_a_writer_works(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put([("reviews", reviews([(str(at), at * 9, 0, "0") for at in range(9)]))])
    seen: list[set[str]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(set(Shelf(tmp_path).read("reviews")["text"].to_pylist()))

    reader = threading.Thread(target=watch)
    reader.start()
    for version in range(1, 12):
        shelf.put([("reviews", reviews([(str(at), at * 9, version, str(version)) for at in range(9)]))])
    done.set()
    reader.join()
    assert seen
    assert all(len(texts) == 1 for texts in seen)


@settings(max_examples=15, deadline=None)
@given(EXPORTS, st.integers(1, 4))
def test_records_put_aside_and_merged_by_ranges_give_the_same_bytes(
    exports: list[tuple[list[Row], str]], rows: int
) -> None:
    plain = shelved(exports)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "_HELD", 0)
        patch.setattr(intake, "_RANGE", rows)
        assert shelved(exports) == plain


def test_row_groups_have_one_size_wherever_the_ranges_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = reviews([(f"{at:04d}", at % 20, 0, "好") for at in range(1000)])
    Shelf(tmp_path / "whole").put([("reviews", records)])
    monkeypatch.setattr(intake, "_HELD", 10_000)
    monkeypatch.setattr(intake, "_RANGE", 130)
    with Shelf(tmp_path / "parts").intake() as taken:
        for start in range(0, 1000, 90):
            taken.add(0, "reviews", records[start : start + 90])
        counts = taken.commit([None])
    assert counts == [Merged(1000, 0, 0)]
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert not (tmp_path / "parts" / ".staged").exists()


def test_an_intake_that_is_given_up_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_HELD", 0)
    with pytest.raises(KeyboardInterrupt), Shelf(tmp_path).intake() as taken:
        taken.add(0, "reviews", reviews([("a", 0, 0, "好")]))
        assert list((tmp_path / ".staged").iterdir())
        raise KeyboardInterrupt
    assert not (tmp_path / ".staged").exists()
    assert len(Shelf(tmp_path).read("reviews")) == 0


def test_the_longest_name_that_settings_allow_fits_into_a_path(tmp_path: Path) -> None:
    """Sixty Chinese characters, quoted, would be 540 bytes: more than a file name may have."""
    name = "店" * 60
    assert len(intake.path_of("reviews", name, "2026-11").split("/")[1].encode()) < 255
    assert intake.shop_of(intake.path_of("reviews", f"{name}/%2F.", "2026-11")) == f"{name}/%2F."


def test_two_spellings_of_one_shops_folder_are_refused(tmp_path: Path) -> None:
    """A copy whose name is percent-quoted in full would count every record twice."""
    shelf = Shelf(tmp_path)
    shelf.put([("reviews", reviews([("a", 0, 0, "好")]))])
    plain = tmp_path / "reviews" / "shop=试衣间"
    shutil.copytree(plain, tmp_path / "reviews" / f"shop={quote('试衣间')}")
    with pytest.raises(SettingsError) as refused:
        shelf.read("reviews")
    with pytest.raises(SettingsError, match="expected one folder for the shop"):
        shelf.versions("reviews")
    assert str(refused.value) == (
        f"expected one folder for the shop 试衣间 on the shelf, found reviews/shop={quote('试衣间')} and "
        "reviews/shop=试衣间; move the older one out of data/shelf and load its exports again"
    )
    shutil.rmtree(plain)
    assert len(shelf.read("reviews")) == 1
