"""The commands as a user meets them: exit codes, what goes to stdout, and what is said of bad input."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from shopscore_analysis import doctor, sample
from shopscore_analysis.cli import reports
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.report import due
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.lexicon import data_folder, overlay_categories
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
    ("make", "words", "why"),
    [
        (_no_export, ["会议纪要.csv", "expected", "主题", "地点"], "认不出是哪种导出"),
        (_empty, ["评价_20261116.xlsx", "empty"], "是空的，请重新导出"),
        (_wrong_encoding, ["订单.csv", "expected"], "不是表格"),
        (
            _destroyed_ids,
            ["订单.csv", "6.90E+18", "子订单编号"],
            "子订单编号的数字丢了位数（多半在 Excel 里打开过），请重新导出，不要打开就导入",
        ),
        (_missing_column, ["评价.csv", "评价内容"], "像抖店评价，但缺评价内容"),
    ],
)
def test_a_bad_file_is_refused_whole_with_what_to_do(
    run: Run, shop: Path, tmp_path: Path, make: Callable[[Path], Path], words: list[str], why: str
) -> None:
    code, out, _ = run("load", make(tmp_path), "--shop", shop, "--json")
    error = json.loads(out)["files"][0]["error"]
    assert code == 1
    assert not [word for word in words if word not in error], error
    reasons = list(Shop.open(shop).rejects()["reason"])
    assert reasons and [reason for reason in reasons if not reason.startswith(why)] == []
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


def test_a_period_turned_round_is_wrong_usage(run: Run, shop: Path) -> None:
    code, _, said = run("load", HAND, "--shop", shop, "--period", "20261115-20261109")
    assert code == 2 and "expected the first day before the last, found" in " ".join(said.replace("│", " ").split())


def test_doctor_refuses_a_shop_that_is_not_there(run: Run, shop: Path) -> None:
    code, out, said = run("doctor", "--shop", shop / "nobody")
    assert (code, out) == (1, "")
    assert (
        said == f"shopscore: expected a folder, found nothing at {shop / 'nobody'}; name the shop's folder with --shop"
    )


def test_doctor_notices_a_kernel_of_another_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports would run there, without this package; a bare `python` is resolved to this one by jupyter itself."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

    def kernel(program: str) -> doctor.Check:
        spec = KernelSpec(argv=[program, "-m", "ipykernel_launcher"], display_name="Python 3")
        monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", lambda *_: spec)
        return doctor._kernel()

    assert kernel(sys.executable).ok and kernel("python").ok
    foreign = kernel("/opt/elsewhere/bin/python3")
    assert not foreign.ok and foreign.found.endswith(f"(/opt/elsewhere/bin/python3), while this is {sys.executable}")
    assert foreign.remedy == f"{sys.executable} -m ipykernel install --sys-prefix"


def test_doctor_names_each_fault_and_its_remedy(run: Run, shop: Path) -> None:
    code, out, _ = run("doctor", "--shop", shop, "--json")
    checks = {check["name"]: check for check in json.loads(out)}
    assert code == 0 and checks["Chinese font"]["ok"] and checks["Jupyter kernel"]["ok"]
    text = (shop / "shop.toml").read_text(encoding="utf-8")
    (shop / "shop.toml").write_text(text.replace('font = ""', 'font = "No Such Font"'), encoding="utf-8")
    code, out, _ = run("doctor", "--shop", shop)
    (fault,) = [line for line in out.splitlines() if line.startswith("故障")]
    assert code == 1 and fault.startswith("故障  中文字体：expected ")
    assert fault.endswith(" → pip install zhplot，或在 shop.toml 里设置 font")


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (("python", False, "3.9.2", "install Python 3.11 or later"), "故障  python：3.9.2 → 请安装 Python 3.11 以上"),
        (("numba", True, "not installed, texts are read a hundred times slower"),
         "正常  numba：没有安装，读评价会慢约一百倍"),
        (("numpy", False, "not installed", doctor._INSTALL),
         "故障  numpy：没有安装 → 请重新安装本项目：make demo，或 pip install -r requirements.lock"),
        (("Jupyter kernel", False, "no kernel python3", "python -m ipykernel install --sys-prefix"),
         "故障  Jupyter 内核：没有 python3 内核 → python -m ipykernel install --sys-prefix"),
        (("Jupyter kernel", False, "Python 3 (/a/python3), while this is /b/python3", "x"),
         "故障  Jupyter 内核：Python 3 (/a/python3)，而本程序用的是 /b/python3 → x"),
        (("shop", True, "no shop.toml in /srv (not needed for this check)"),
         "正常  店铺：/srv 里没有 shop.toml（检查安装不需要它）"),
    ],
)  # fmt: skip
def test_doctor_speaks_chinese_on_paper(check: tuple[str, bool, str], line: str) -> None:
    assert doctor.words(doctor.Check(*check)) == line


# What a new user is told


def test_init_says_what_comes_next_and_doubts_a_category_without_words_of_its_own(run: Run, tmp_path: Path) -> None:
    known = "、".join(
        name for file in sorted((data_folder() / "category").glob("*.toml")) for name in overlay_categories(file)
    )
    then = "下一步：把后台导出的文件放进 {0}/data/raw，再运行 shopscore load --shop {0}"
    code, out, err = run("init", tmp_path / "a", "--name", "店", "--category", "女鞋")
    assert (code, out) == (0, f"{tmp_path / 'a'}\n")
    doubt = f"按通用词表归因：最接近的是「鞋靴」，有词表的是 {known}；可在 shop.toml 里改"
    assert err == f"类目「女鞋」没有自己的词表，{doubt} {then.format(tmp_path / 'a')}"
    assert (Shop.open(tmp_path / "a").settings.category) == "女鞋"
    err = run("init", tmp_path / "b", "--name", "店", "--category", "pets")[2]
    assert err.startswith(f"类目「pets」没有自己的词表，按通用词表归因：有词表的是 {known}；可在 shop.toml 里改")
    assert run("init", tmp_path / "c", "--name", "店", "--category", "水果")[2] == then.format(tmp_path / "c")
    told = "".join(run("init", "--help")[1].replace("│", " ").split())
    assert known.replace("、", "") in told


def test_an_empty_shop_is_told_what_to_do_next(run: Run, shop: Path) -> None:
    code, out, err = run("load", "--shop", shop)
    assert (code, out) == (1, "")
    assert err == (
        f"手算店（{shop}）：导入 shopscore: expected exports (.csv .tsv .xlsx .xlsm .xls .ods .zip .gz .html .htm) in "
        f"{shop}/data/raw, found none; put the files that the back office exported there, or say where they lie: "
        "shopscore load PATH…"
    )
    code, out, err = run("load", "--shop", shop, "--json")
    assert code == 1 and json.loads(out) == {"files": []} and "found none" in err
    code, out, err = run("status", "--shop", shop)
    assert code == 0 and out.startswith("手算店\n 数据 ")
    assert err == f"还没有数据：把后台导出的文件放进 {shop}/data/raw，再运行 shopscore load --shop {shop}"
    assert run("status", "--shop", shop, "--json")[2] == ""


@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_a_header_without_rows_is_told_and_is_no_failure(
    run: Run, shop: Path, tmp_path: Path, extra: tuple[str, ...]
) -> None:
    header = next(HAND.glob("*订单.csv")).read_text(encoding="utf-8-sig").splitlines()[0]
    (tmp_path / "1794790800_订单.csv").write_text(f"{header}\n", encoding="utf-8")
    code, _, err = run("load", tmp_path / "1794790800_订单.csv", "--shop", shop, *extra)
    told = "1794790800_订单.csv：有表头，没有可导入的数据行，什么都没有导入；请看看导出时选的日期"
    assert (code, err) == (0, f"手算店（{shop}）：导入 {told}")


def test_load_and_status_print_chinese_tables_with_whole_file_names(run: Run, shop: Path, tmp_path: Path) -> None:
    path = tmp_path / f"评价_{'很长的名字' * 10}_20261116.csv"
    path.write_bytes(next(HAND.glob("评价*.csv")).read_bytes())
    _, out, err = run("load", path, "--shop", shop)
    assert out.split()[:8] == ["文件", "表", "格式", "行数", "新增", "更新", "不变", "拒收"]
    assert out.split()[8:] == [path.name, "评价", "douyin-reviews", "12", "12", "0", "0", "0"] and err.endswith(
        "：导入"
    )
    assert run("status", "--shop", shop)[1].splitlines()[-1] == (
        "评价 12 条，0.0% 对得上订单（按子订单 0，按主订单和商品 0，对不上 12）"
    )


def test_status_says_how_old_the_newest_data_is_today(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not how far it lies behind the newest export, which may be as old."""
    run("load", HAND, "--shop", shop)
    monkeypatch.setattr(due, "today", lambda: date(2026, 12, 1))
    lines = run("status", "--shop", shop)[1].splitlines()
    assert lines[1].split()[-3:] == ["数据截至", "距今天", "最新导出"]
    reviews = next(line for line in lines if line.lstrip().startswith("评价 "))
    assert reviews.split()[-4:] == ["2026-11-13", "18", "天", "2026-11-16"]
    rivals = next(line for line in lines if line.lstrip().startswith("竞品"))
    assert rivals.split()[-3:] == ["-", "-", "-"]
    monkeypatch.setattr(due, "today", lambda: date(2026, 11, 1))
    reviews = next(line for line in run("status", "--shop", shop)[1].splitlines() if line.lstrip().startswith("评价 "))
    assert reviews.split()[-3:] == ["2026-11-13", "晚于今天", "2026-11-16"]  # no fresh data: a date was misread


def test_the_demo_says_what_it_is_doing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the call and the path lies half a minute."""
    monkeypatch.setattr(sample, "write_sample", lambda folder: folder.mkdir(exist_ok=True))
    monkeypatch.setattr(sample, "write_trials", lambda folder: None)
    monkeypatch.setattr(reports, "_report", lambda *_: SimpleNamespace(html="weekly.html"))
    code, out, err = run("demo", tmp_path / "demo")
    assert (code, out.strip()) == (0, "weekly.html")
    assert err == "示例店 1/3：生成 26 周的导出 … 示例店 2/3：导入 … 示例店 3/3：数评价、出周报 …"


def test_a_refused_file_is_named_once(run: Run, shop: Path, tmp_path: Path) -> None:
    code, _, err = run("load", _empty(tmp_path), "--shop", shop)
    assert code == 1 and "导入 评价_20261116.xlsx: " in err and err.count("评价_20261116.xlsx") == 1


def test_a_load_names_the_shop_before_it_begins(run: Run, shop: Path) -> None:
    """A folder taken for another is noticed before its shelf holds a stranger's orders."""
    _, _, err = run("load", shop / "nothing.csv", "--shop", shop)
    assert err.startswith(f"手算店（{shop}）：导入 ")


def test_nothing_is_loaded_into_the_sample_shop_once_it_is_made(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "demo"
    shutil.copytree(Shop.open("").root, root, ignore=shutil.ignore_patterns("reports", "tally"))
    before = Shop.open(root).status()
    code, _, err = run("load", HAND, "--shop", root)
    assert code == 1 and f"expected a shop of your own, found the sample shop 禾下小院家居店 in {root}" in err
    assert "shopscore init" in err and Shop.open(root).status() == before


def test_a_scheduled_load_of_nothing_is_no_failure(run: Run, shop: Path) -> None:
    (shop / "data" / "raw" / "README.md").touch()
    assert run("load", "--shop", shop)[0] == 1
    assert run("load", "--if-any", "--shop", shop)[0] == 0
    assert run("load", "--if-any", shop / "nothing.csv", "--shop", shop)[0] == 1


def test_the_refusal_of_the_sample_shop_has_its_reason_in_chinese() -> None:
    with pytest.raises(SettingsError) as refused:
        Shop.open("").load([HAND])
    assert refused.value.said == "禾下小院家居店 是示例店，不能导入自己的数据"


def test_cells_still_to_come_are_told_of_the_newest_export_only(run: Run, shop: Path, tmp_path: Path) -> None:
    lines = next(HAND.glob("*订单.csv")).read_text(encoding="utf-8-sig").splitlines()
    header, row = lines[0].split(","), lines[1].split(",")
    row[header.index("商家编码")] = "数据将于第二天更新"
    exports = tmp_path / "exports"
    exports.mkdir()
    for name in ("1794790800", "1794877200", "1794704400"):
        (exports / f"{name}_订单.csv").write_text(f"{lines[0]}\n{','.join(row)}\n", encoding="utf-8")
    newest = "1794877200_订单.csv：1 格写着“数据将于第二天更新”，第二天再导出一次就会补上"
    begun = f"手算店（{shop}）：导入 "
    assert run("load", exports, "--shop", shop)[2] == (
        f"{begun}{newest}（另有 2 个更早的文件也是这样，日期盖住它们的新导出会一起补上）"
    )
    assert run("load", exports / "1794877200_订单.csv", "--shop", shop)[2] == begun + newest
