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
    assert orders.warnings == ("1 行在文件里重复出现",)
    assert results["评价_20260912.csv"].rejected == 1
    assert bad.error is not None and bad.error.startswith("坏.csv: expected an export (抖店订单、")
    assert bad.why == "认不出是哪种导出"
    assert results["README.md"].warnings[0].startswith("跳过，不是导出文件：认得的后缀是 .csv ")
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
    assert rows[0]["reason"] == "应为时间，如 2026-09-22 00:54:10，或日期"


def test_a_refused_file_is_listed_as_a_whole_with_the_row_that_was_at_fault(tmp_path: Path) -> None:
    """A row's number made it look as if the other rows had been loaded."""
    path = tmp_path / "订单.csv"
    path.write_text(text_of([ORDER, order(1), order(2, 子订单编号="6.90E+18")]), encoding="utf-8")
    loaded(tmp_path, path)
    (listed,) = (tmp_path / "rejects").iterdir()
    with listed.open(encoding="utf-8-sig", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["row"], row["column"]) == ("0", "子订单编号") and row["reason"].endswith("（第 3 行）")


def test_a_workbook_that_is_refused_for_one_sheet_is_listed_as_a_whole(tmp_path: Path) -> None:
    """A sheet's name beside row 0 says that the sheet alone holds nothing."""
    path = tmp_path / "订单.xlsx"
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        pd.DataFrame([order(1)], columns=ORDER).to_excel(book, sheet_name="九月", index=False)
        pd.DataFrame([order(2, 子订单编号="6.90E+18")], columns=ORDER).to_excel(book, sheet_name="十月", index=False)
    assert loaded(tmp_path, path)[0].error
    (listed,) = (tmp_path / "rejects").iterdir()
    with listed.open(encoding="utf-8-sig", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["row"], row["sheet"]) == ("0", "") and row["reason"].endswith("（十月 第 2 行）")


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


def test_a_file_of_nothing_but_a_header_says_so_and_the_others_go_on(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "1791430000_订单.csv").write_text(text_of([ORDER]), encoding="utf-8-sig")
    (raw / "评价_20260912.csv").write_text(text_of([REVIEW, review()]), encoding="utf-8-sig")
    blank, full = loaded(tmp_path, raw)
    assert (blank.table, blank.rows, blank.blank, blank.error) == ("orders", 0, True, None)
    (told,) = blank.warnings
    assert told.startswith("有表头，没有可导入的数据行")
    assert (full.new, full.blank, full.warnings) == (1, False, ())
    (listed,) = (tmp_path / "rejects").iterdir()
    with listed.open(encoding="utf-8-sig", newline="") as lines:
        rows = [(row["file"], row["row"], row["reason"]) for row in csv.DictReader(lines)]
    assert rows == [("1791430000_订单.csv", "0", told)]


def test_a_table_whose_rows_were_all_rejected_is_not_called_blank(tmp_path: Path) -> None:
    path = tmp_path / "评价.csv"
    path.write_text(text_of([REVIEW, review(when="改天")]), encoding="utf-8")
    (result,) = loaded(tmp_path, path)
    assert (result.rows, result.rejected, result.blank) == (0, 1, False)
    assert not any("没有可导入的数据行" in told for told in result.warnings)


def test_a_table_of_nothing_but_summaries_is_not_said_to_have_no_row(tmp_path: Path) -> None:
    path = tmp_path / "评价.csv"
    path.write_text(text_of([REVIEW, ["合计", *[""] * (len(REVIEW) - 1)]]), encoding="utf-8")
    (result,) = loaded(tmp_path, path)
    assert result.blank and result.warnings[0].startswith("1 行汇总")
    assert result.warnings[1].startswith("有表头，没有可导入的数据行")


def test_the_sheet_that_holds_no_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "评价_20260912.xlsx"
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        pd.DataFrame([review()], columns=REVIEW).to_excel(book, sheet_name="九月", index=False)
        pd.DataFrame([], columns=REVIEW).to_excel(book, sheet_name="十月", index=False)
    full, blank = loaded(tmp_path, path)
    assert (full.rows, full.warnings) == (1, ())
    assert [told.partition("：")[0] for told in blank.warnings] == ["十月"]
