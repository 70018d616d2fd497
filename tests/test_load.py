"""Loading folders of exports, and the reference shops to the last row."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from shopscore_analysis.load import Loaded, load
from shopscore_analysis.schema import week_of, week_start
from shopscore_analysis.shelf import Shelf
from tests.read.conftest import ORDER, REVIEW, order, review, text_of
from tests.test_shelf import files


def exports(folder: Path) -> Path:
    """A folder with three good exports, one refused and some that are none."""
    raw = folder / "raw" / "九月 第一周"
    raw.mkdir(parents=True)
    (raw / "评价_20260912.csv").write_text(text_of([REVIEW, review(), review(when="改天")]), encoding="utf-8-sig")
    (raw / "1791430000_订单.csv").write_text(text_of([ORDER, order(1), order(2), order(2)]), encoding="gb18030")
    (raw / "坏.csv").write_text("今天天气不错\n", encoding="utf-8")
    (raw / "~$评价.xlsx").write_bytes(b"lock")
    (raw / ".DS_Store").write_bytes(b"\0")
    (raw / "README.md").write_text("说明", encoding="utf-8")
    return folder / "raw"


def loaded(folder: Path, *paths: Path) -> list[Loaded]:
    """What loading says."""
    return load(paths, Shelf(folder / "shelf"), "试衣间", folder / "rejects")


def test_each_file_is_accounted_for(tmp_path: Path) -> None:
    results = {result.path.name: result for result in loaded(tmp_path, exports(tmp_path))}
    assert set(results) == {"评价_20260912.csv", "1791430000_订单.csv", "坏.csv", "README.md"}
    orders, bad = results["1791430000_订单.csv"], results["坏.csv"]
    assert (orders.table, orders.dialect, orders.rows, orders.new, orders.updated, orders.unchanged) == (
        "orders",
        "douyin-orders",
        3,
        2,
        0,
        0,
    )
    assert orders.warnings == ("1 rows stand in the file more than once",)
    assert results["评价_20260912.csv"].rejected == 1
    assert bad.error is not None and bad.error.startswith("坏.csv: expected an export (抖店订单、")
    assert results["README.md"].warnings[0].startswith("skipped: expected an export (.csv ")
    assert results["README.md"].error is None


def test_a_file_named_directly_is_tried_whatever_its_name(tmp_path: Path) -> None:
    readme = exports(tmp_path) / "九月 第一周" / "README.md"
    assert loaded(tmp_path, readme)[0].error is not None
    assert "check the path" in str(loaded(tmp_path, tmp_path / "没有.csv")[0].error)


def test_loading_again_changes_nothing(tmp_path: Path) -> None:
    raw = exports(tmp_path)
    loaded(tmp_path, raw)
    before = files(tmp_path / "shelf")
    again = loaded(tmp_path, raw)
    assert files(tmp_path / "shelf") == before
    assert sum(result.new + result.updated for result in again) == 0


def test_rejects_are_listed_masked_and_harmless_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "评价.csv"
    path.write_text(text_of([REVIEW, review(when="=cmd()"), review(when="打13800001234")]), encoding="utf-8")
    loaded(tmp_path, path)
    (listed,) = (tmp_path / "rejects").iterdir()
    with listed.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["file"], row["row"], row["column"], row["value"]) for row in rows] == [
        ("评价.csv", "2", "评价日期", "'=cmd()"),
        ("评价.csv", "3", "评价日期", "打[手机号]"),
    ]
    assert rows[0]["reason"] == "expected a time such as 2026-09-22 00:54:10, or a day"


def test_progress_is_told_before_each_file(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    raw = exports(tmp_path)
    load(
        [raw],
        Shelf(tmp_path / "shelf"),
        "试衣间",
        tmp_path / "rejects",
        progress=lambda path, at, of: steps.append((path.name, at, of)),
    )
    assert [(at, of) for _, at, of in steps] == [(0, 4), (1, 4), (2, 4), (3, 4)]


HOSTILE = (
    "13800001234",
    "王小二",
    "文三路12号3单元501室",
    "abc_12345",
    "some.one@mail.example.com",
    "11010119900307001X",
    "4111111111111111",
)


def test_no_contact_data_reaches_the_shelf_or_the_rejects(tmp_path: Path) -> None:
    words = "，".join(HOSTILE).replace("abc_12345", "微信abc_12345").replace("王小二", "收件人：王小二")
    header = [*ORDER, "收件人", "收件人手机号", "详细地址", "买家留言", "商家备注", "达人昵称", "快递信息", "取消原因"]
    row = [
        *order(1, 选购商品=f"衬衫{words}", 商品规格=words),
        "王小二",
        "13800001234",
        words,
        words,
        words,
        words,
        f"SF1-{words}",
        words,
    ]
    bad = [*order(2, 订单提交时间=words, 商品数量=words), *[words] * 8]
    (tmp_path / "订单.csv").write_text(text_of([header, row, bad]), encoding="utf-8")
    comment = review(words)
    comment[8] = words
    (tmp_path / "评价.csv").write_text(text_of([["用户昵称", *REVIEW], ["王小二", *comment]]), encoding="utf-8")
    loaded(tmp_path, tmp_path / "订单.csv", tmp_path / "评价.csv")
    shelf = Shelf(tmp_path / "shelf")
    held = str([shelf.read(name).to_pydict() for name in ("orders", "reviews")])
    held += "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "rejects").iterdir())
    raw = b"".join(files(tmp_path / "shelf").values())
    for secret in HOSTILE:
        assert secret not in held
        assert secret.encode() not in raw


def _by_week(times: pd.Series) -> dict[str, int]:
    return dict(times.dt.date.map(week_of).value_counts())


def _service(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    agents = frame[frame["level"] == "agent"]
    totals = {}
    for week, rows in agents.groupby(agents["period_start"].dt.date.map(week_of)):
        spent = (rows["sessions"] * rows["avg_reply_s"]).sum() / rows["sessions"].sum()
        totals[str(week)] = {name: rows[name].sum() for name in ("sessions", "rated", "bad")} | {"avg_reply_s": spent}
    return totals


@pytest.fixture(scope="module", params=["apparel", "fresh"])
def reference(
    request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], Path]:
    """A reference shop's folder, its truth, and the root of its shelf."""
    folder = shared / "fixtures" / str(request.param)
    root = tmp_path_factory.mktemp(str(request.param))
    results = load([folder], Shelf(root), "店", root / "rejects")
    assert [result for result in results if result.error or result.rejected] == []
    return folder, json.loads((folder / "truth.json").read_text(encoding="utf-8")), root


def test_orders_are_the_truth(reference: tuple[Path, dict[str, Any], Path]) -> None:
    _, truth, root = reference
    orders = Shelf(root).read("orders").to_pandas()
    assert len(orders) == truth["orders"]
    assert _by_week(orders["ordered_at"]) == truth["sub_orders_by_week"]
    # the truth knows nothing of what happened after its last week
    end = week_start(truth["weeks"][-1]) + pd.Timedelta(weeks=1)
    late = orders[(orders["shipped_at"] > orders["promised_at"]) & (orders["shipped_at"] < end)]
    assert _by_week(late["ordered_at"]) == truth["late_by_week"]


def test_aftersales_reviews_and_stars_are_the_truth(reference: tuple[Path, dict[str, Any], Path]) -> None:
    _, truth, root = reference
    reviews = Shelf(root).read("reviews").to_pandas()
    assert len(Shelf(root).read("aftersales")) == truth["aftersales"]
    assert len(reviews) == truth["reviews"]
    assert _by_week(reviews["reviewed_at"]) == truth["reviews_by_week"]
    means = reviews.groupby(reviews["reviewed_at"].dt.date.map(week_of))["stars"].mean()
    assert means.to_dict() == pytest.approx(truth["stars_by_week"], abs=5e-5)
    assert int((reviews["stars"] <= 2).sum()) == truth["bad_1_2"]


def test_service_totals_from_agents_are_the_truth(reference: tuple[Path, dict[str, Any], Path]) -> None:
    _, truth, root = reference
    totals = _service(Shelf(root).read("service").to_pandas())
    assert totals == {week: pytest.approx(row, abs=0.006) for week, row in truth["service"].items()}


def test_any_order_of_files_and_a_second_time_give_the_same_bytes(
    reference: tuple[Path, dict[str, Any], Path], tmp_path: Path
) -> None:
    folder, _, root = reference
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".xlsx"))
    random.Random(3).shuffle(paths)
    again = load([*paths, *paths[:20]], Shelf(tmp_path / "shelf"), "店", tmp_path / "rejects")
    assert files(tmp_path / "shelf") == files(root)
    assert sum(result.new + result.updated for result in again[len(paths) :]) == 0


def test_a_path_that_does_not_exist_is_refused_but_not_listed_as_lost(tmp_path: Path) -> None:
    [told] = load([tmp_path / "nosuch.csv"], Shelf(tmp_path / "shelf"), "小店", tmp_path / "rejects")
    assert "No such file" in told.error
    assert not list((tmp_path / "rejects").glob("*.csv"))
