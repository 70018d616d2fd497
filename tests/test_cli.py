"""The commands as a user meets them: exit codes, what goes to stdout, and what is said of bad input."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

HAND = Path(__file__).parent / "hand"


@pytest.fixture
def shop(tmp_path: Path, run: Run) -> Path:
    assert run("init", tmp_path / "shop", "--name", "手算店", "--category", "衣服")[0] == 0
    return tmp_path / "shop"


@pytest.mark.parametrize("command", ["demo", "init", "load", "status", "report", "causes", "doctor", "score", "plan"])
def test_every_command_explains_itself_with_an_example(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0 and f"Example: shopscore {command}" in out


def test_load_tells_each_file_and_a_second_load_changes_nothing(run: Run, shop: Path) -> None:
    code, out, _ = run("load", HAND, "--shop", shop, "--json")
    files = {row["table"]: row for row in json.loads(out)["files"] if row["table"]}
    assert code == 0
    assert {name: (row["rows"], row["new"], row["rejected"]) for name, row in files.items()} == {
        "orders": (15, 15, 0), "aftersales": (3, 3, 0), "reviews": (12, 12, 0),
    }  # fmt: skip
    again = json.loads(run("load", HAND, "--shop", shop, "--json")[1])["files"]
    assert all((row["new"], row["updated"]) == (0, 0) for row in again)
    assert sum(row["unchanged"] for row in again) == 30


def test_status_is_one_json_object_by_table_and_week(run: Run, shop: Path) -> None:
    run("load", HAND, "--shop", shop)
    _, out, _ = run("status", "--shop", shop, "--json")
    found = json.loads(out)
    assert found["shop"] == "手算店"
    counts = {name: (table["rows"], table["weeks"]) for name, table in found["tables"].items()}
    assert counts["reviews"] == (12, {"2026-W45": 5, "2026-W46": 7})
    assert counts["orders"] == (15, {"2026-W44": 15})
    assert counts["aftersales"] == (3, {"2026-W45": 1, "2026-W46": 2})
    assert counts["rivals"] == (0, {})
    assert found["joins"]["reviews"]["n"] == 12


def _no_export(folder: Path) -> Path:
    path = folder / "会议纪要.csv"
    path.write_text("主题,地点\n周会,三楼\n", encoding="utf-8")
    return path


def _empty(folder: Path) -> Path:
    path = folder / "评价_20261116.xlsx"
    path.write_bytes(b"")
    return path


def _wrong_encoding(folder: Path) -> Path:
    path = folder / "订单.csv"
    path.write_bytes(b"\xff\x00\x81\x20\xfe\xff" * 50)
    return path


def _destroyed_ids(folder: Path) -> Path:
    path = folder / "订单.csv"
    text = next(HAND.glob("*订单.csv")).read_text(encoding="utf-8-sig")
    rows = text.splitlines()
    path.write_text("\n".join([rows[0], rows[1].replace("\t6900000000000001002", "6.90E+18")]), encoding="utf-8")
    return path


def _missing_column(folder: Path) -> Path:
    path = folder / "评价.csv"
    path.write_text("评价日期,订单ID,商品ID,商品名称,商品规格,评价等级\n2026-11-01,1,2,x,y,好评\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_no_export, ["会议纪要.csv", "expected", "主题", "地点"]),
        (_empty, ["评价_20261116.xlsx", "empty"]),
        (_wrong_encoding, ["订单.csv", "expected"]),
        (_destroyed_ids, ["订单.csv", "6.90E+18", "子订单编号"]),
        (_missing_column, ["评价.csv", "评价内容"]),
    ],
)
def test_a_bad_file_is_refused_whole_with_what_to_do(
    run: Run, shop: Path, tmp_path: Path, make: Callable[[Path], Path], words: list[str]
) -> None:
    code, out, _ = run("load", make(tmp_path), "--shop", shop, "--json")
    error = json.loads(out)["files"][0]["error"]
    assert code == 1
    assert not [word for word in words if word not in error], error
    assert not list((shop / "data" / "shelf").rglob("*.parquet"))


def test_one_bad_file_does_not_stop_the_others(run: Run, shop: Path, tmp_path: Path) -> None:
    bad = _destroyed_ids(tmp_path)
    code, out, _ = run("load", bad, next(HAND.glob("评价*")), "--shop", shop, "--json")
    assert code == 1
    assert sorted((row["new"] or 0, row["error"] is None) for row in json.loads(out)["files"]) == [
        (0, False),
        (12, True),
    ]


def test_an_unknown_week_is_answered_with_those_that_exist(run: Run, shop: Path) -> None:
    run("load", HAND, "--shop", shop)
    code, _, err = run("report", "weekly", "--week", "2026-W40", "--shop", shop)
    assert code == 1
    assert "expected a week with reviews, found 2026-W40; 手算店 has 2026-W45 to 2026-W46" in err
    code, _, err = run("report", "weekly", "--week", "46", "--shop", shop)
    assert code == 1 and "expected an ISO week such as 2026-W46, found '46'" in err


def test_a_report_without_reviews_says_where_to_put_them(run: Run, shop: Path) -> None:
    code, _, err = run("report", "--shop", shop)
    assert code == 1 and "expected reviews on the shelf of 手算店, found none; put the exports into" in err


def test_an_unknown_notebook_or_parameter_is_named(run: Run, shop: Path) -> None:
    run("load", HAND, "--shop", shop)
    code, _, err = run("report", "weeekly", "--shop", shop)
    assert code == 1 and "found no such notebook" in err and "weekly" in err
    code, _, err = run("report", "weekly", "-p", "weak=2026-W46", "--shop", shop)
    assert code == 1 and "found weak" in err
    assert not list((shop / "reports").rglob("*.html"))


def test_a_folder_without_a_shop_says_how_to_make_one(run: Run, tmp_path: Path) -> None:
    code, _, err = run("status", "--shop", tmp_path)
    assert code == 1 and "make a shop with `shopscore init DIR --name … --category …`" in err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere; needs a POSIX user")
def test_a_folder_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    code, _, err = run("init", tmp_path / "shop", "--name", "店")
    assert code == 1 and "expected a folder that can be written" in err


def test_a_folder_that_is_a_file_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("x", encoding="utf-8")
    code, _, err = run("init", tmp_path / "shop", "--name", "店")
    assert code == 1 and "expected a folder that can be written" in err


def test_usage_errors_end_with_2(run: Run, shop: Path) -> None:
    assert run("load", "--no-such-option")[0] == 2
    assert run("load", HAND, "--shop", shop, "--period", "last week")[0] == 2


def test_doctor_names_each_fault_and_its_remedy(run: Run, shop: Path) -> None:
    code, out, _ = run("doctor", "--shop", shop, "--json")
    checks = {check["name"]: check for check in json.loads(out)}
    assert code == 0 and checks["Chinese font"]["ok"] and checks["Jupyter kernel"]["ok"]
    text = (shop / "shop.toml").read_text(encoding="utf-8")
    (shop / "shop.toml").write_text(text.replace('font = ""', 'font = "No Such Font"'), encoding="utf-8")
    code, out, _ = run("doctor", "--shop", shop)
    assert code == 1 and "FAULT Chinese font" in out and "→" in out
