"""Scheduled runs: what is due is made, once; one shop's trouble is its own; every run is in the log."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from shopscore_analysis.budget import MB
from shopscore_analysis.errors import ReportError, SettingsError
from shopscore_analysis.journal import Journal
from shopscore_analysis.report import bundle, due, inbox
from shopscore_analysis.report.bundle import Bundle
from shopscore_analysis.report.due import Job, Outcome, ended_well, run_due, shops_under, work
from shopscore_analysis.report.missed import due_weeks
from shopscore_analysis.report.runlog import RunLog, runs_of
from shopscore_analysis.sample import NAME
from shopscore_analysis.shop import Shop
from tests.report import shops

TUESDAY = date(2026, 11, 17)  # the day after 2026-W46
Works = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def issued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The weeks made so far; making one costs nothing, and one of a shop called `broken` fails."""
    made: list[str] = []

    def issue(folder: Path, notebook: str, week: str = "", today: str = "") -> Bundle:
        if folder.name == "broken":
            raise ReportError("expected the cell to run, found ZeroDivisionError: division by zero", "weekly.ipynb", 3)
        made.append(week)
        shop = Shop.open(folder)
        inputs = {"reviews": {"rows": 12, "digest": shop.shelf.digest("reviews")}}
        page = shops.published(shop, week, inputs)
        return Bundle(page, page.with_name("manifest.json"), None, page.with_name("tables.xlsx"), None)

    monkeypatch.setattr(due, "issue", issue)
    return made


def _job(shop: Shop, day: date = TUESDAY, most: int = 8) -> Job:
    return Job(shop.root, shop.root.parent, "weekly", day, most)


def _told(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    return [(outcome.week, outcome.outcome) for outcome in outcomes]


def test_a_shop_that_is_counted_by_many_processes_is_counted_ahead_and_nothing_is_put_together(
    tmp_path: Path, issued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shops.make(tmp_path / "小店")
    counted: list[object] = []
    monkeypatch.setattr(Shop, "processes", lambda self, *asked: nullcontext(asked[:2]))
    monkeypatch.setattr(Shop, "count_new", lambda self, map: counted.append(map))
    outcomes = work(replace(_job(shop), workers=3, memory=700))
    assert _told(outcomes)[-1] == ("2026-W46", "made")
    assert counted == [(3, 700)]


@pytest.mark.parametrize(("jobs", "each"), [(1, 6000 * MB), (2, 3000 * MB), (16, 2000 * MB)])
def test_shops_that_are_counted_at_once_share_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, each: int
) -> None:
    for name in "abc":
        Shop.create(tmp_path / name, name)
    asked: list[Job] = []
    monkeypatch.setattr(due, "_in_lane", lambda lanes, job: asked.append(job) or [])
    assert run_due(tmp_path, jobs=jobs, workers=4, memory=6000 * MB) == []
    assert [(job.workers, job.memory) for job in asked] == [(4, each)] * 3
    monkeypatch.setattr(due, "free", lambda: 12_000 * MB)
    run_due(tmp_path, jobs=jobs)
    assert asked[-1].memory == each


def test_the_day_that_is_named_is_the_reports_own_and_no_day_is_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --today the dates of a page count from its exports, whenever the scheduler runs."""
    shop, asked = shops.make(tmp_path / "小店"), []
    monkeypatch.setattr(due, "_in_lane", lambda lanes, job: asked.append(job) or [])
    run_due(tmp_path, day=date(2026, 11, 24))
    run_due(tmp_path)
    assert [job.made_for for job in asked] == ["2026-11-24", ""]
    days: list[str] = []

    def issue(folder: Path, notebook: str, week: str, today: str = "") -> Bundle:
        days.append(today)
        return Bundle(shops.published(shop, week, {}), Path(), None, Path(), None)

    monkeypatch.setattr(due, "issue", issue)
    work(asked[0])
    assert days == ["2026-11-24"]


@pytest.mark.parametrize(("notebook", "given"), [("weekly", {"today": "2026-11-24"}), ("01_data_quality", {})])
def test_only_a_notebook_with_dates_is_told_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notebook: str, given: dict[str, str]
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("shopscore_analysis.report.run.publish", lambda *args: asked.append(args[-1]))
    monkeypatch.setattr(bundle, "_indexed", lambda edition, folder: None)
    bundle.issue(tmp_path, notebook, "2026-W46", today="2026-11-24")
    assert asked == [given]


def test_no_more_shops_run_at_once_than_the_memory_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        Shop.create(tmp_path / name, name)
    lanes: list[int] = []
    monkeypatch.setattr(due, "_in_lane", lambda free, job: lanes.append(free.qsize()) or [])
    said: list[str] = []
    run_due(tmp_path, jobs=16, memory=1400 * MB, notice=said.append)
    assert lanes == [2, 2, 2]
    assert said == ["内存上限 1.4 GB 容得下 2 家店同时统计（每家约 660 MB），不同时跑 3 家"]


def test_new_exports_are_picked_up_and_the_newest_whole_week_is_made_once(tmp_path: Path, issued: list[str]) -> None:
    """First run: loaded and made. Second run: nothing to do."""
    shop = shops.make(tmp_path / "小店")
    first = work(_job(shop))
    assert _told(first) == [("", "loaded"), ("2026-W46", "made")]
    assert first[0].detail == "3 个新文件，新增 30 条"
    assert first[1].report.endswith("2026-W46/weekly.html")
    assert _told(work(_job(shop))) == [("", "idle")]
    assert issued == ["2026-W46"]
    assert not list((shop.root / "data" / "inbox").iterdir())
    assert sorted(path.name for path in (shop.root / "data" / "raw").iterdir()) == [path.name for path in shops.EXPORTS]


def test_a_new_file_in_data_raw_is_loaded_too_and_only_once(tmp_path: Path, issued: list[str]) -> None:
    """Whoever puts exports there by hand is served as well."""
    shop = shops.make(tmp_path / "小店", inbox=False)
    for path in shops.EXPORTS:
        shutil.copy(path, shop.root / "data" / "raw" / path.name)
    assert _told(work(_job(shop))) == [("", "loaded"), ("2026-W46", "made")]
    assert inbox.take_in(shop) == []


def test_a_refused_file_stays_in_the_inbox_and_is_told_again_while_the_report_is_made(
    tmp_path: Path, issued: list[str]
) -> None:
    """It may have been half copied; the other files count."""
    shop = shops.make(tmp_path / "小店")
    bad = shop.root / "data" / "inbox" / "会议纪要.csv"
    bad.write_text("主题,地点\n周会,三楼\n", encoding="utf-8")
    (shop.root / "data" / "inbox" / "读我.txt").write_text("", encoding="utf-8")
    first = work(_job(shop))
    assert _told(first) == [("", "failed"), ("2026-W46", "made")]
    assert first[0].detail == "4 个新文件，新增 30 条；读不了 会议纪要.csv：认不出是哪种导出"
    assert first[0].error.startswith("会议纪要.csv: expected an export")
    loading = next(row for row in RunLog(tmp_path).read() if not row.week)
    assert loading.outcome == "failed" and loading.inputs["error"] == first[0].error
    assert _told(work(_job(shop))) == [("", "failed")]
    assert bad.exists() and inbox.left_alone(shop) == ["读我.txt"]
    assert not ended_well(first)


def test_a_file_that_changes_while_it_is_read_stays_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is still copying it."""
    shop = shops.make(tmp_path / "小店")
    growing = shop.root / "data" / "inbox" / shops.EXPORTS[-1].name
    load = shop.load

    def slow(paths: list[Path]) -> object:
        done = load(paths)
        with growing.open("ab") as file:
            file.write(b"\n")
        return done

    monkeypatch.setattr(shop, "load", slow)
    inbox.take_in(shop)
    assert [path.name for path in (shop.root / "data" / "inbox").iterdir()] == [growing.name]


def test_two_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    """The older one under its name, the newer beside it, the date in its name intact."""
    shop = shops.make(tmp_path / "小店")
    inbox.take_in(shop)
    again = shop.root / "data" / "inbox" / shops.EXPORTS[-1].name
    again.write_bytes(shops.EXPORTS[-1].read_bytes() + b"\n")
    inbox.take_in(shop)
    names = {path.name for path in (shop.root / "data" / "raw").iterdir()}
    assert {again.name, f"{again.stem}-2{again.suffix}"} <= names


def test_weeks_missed_while_the_machine_was_off_are_made_up_for(tmp_path: Path, issued: list[str]) -> None:
    """From the oldest edition on, oldest first, and no more of them than asked for."""
    shop = shops.make(tmp_path / "小店")
    inbox.take_in(shop)
    weeks = [f"2026-W{n}" for n in range(38, 47)]
    held = type("Held", (), {"weeks": weeks, "reports": shop.reports, "inventory": shop.inventory})()
    shops.published(shop, "2026-W40")
    shops.published(shop, "2026-W44")
    missed = ["2026-W41", "2026-W42", "2026-W43", "2026-W45", "2026-W46"]
    assert due_weeks(held, "weekly", TUESDAY)[0] == [(week, "made") for week in missed]
    assert due_weeks(held, "weekly", TUESDAY, most=2)[0] == [("2026-W45", "made"), ("2026-W46", "made")]


def test_new_records_make_the_newest_report_due_again_and_no_older_one(tmp_path: Path, issued: list[str]) -> None:
    """Reviews arrive late."""
    shop = shops.make(tmp_path / "小店")
    work(_job(shop))
    shops.published(shop, "2026-W45", {"reviews": {"digest": "old"}})
    late = (shops.HAND / "评价_20261116.csv").read_text(encoding="utf-8-sig").splitlines()
    changed = "\n".join([late[0], late[1].replace("2026-11-0", "2026-11-1", 1)])
    (shop.root / "data" / "inbox" / "评价_20261117.csv").write_text(changed, encoding="utf-8-sig")
    assert _told(work(_job(shop)))[1:] == [("2026-W46", "remade")]
    assert issued == ["2026-W46", "2026-W46"]


@pytest.mark.parametrize(
    ("day", "exported", "weeks", "waits"),
    [
        (date(2026, 11, 15), "2026-11-16", ["2026-W45"], ""),
        (date(2026, 11, 16), "2026-11-16", ["2026-W46"], ""),
        (
            date(2026, 11, 16), "2026-11-13", ["2026-W45"],
            "还没有到 2026-W46 结束时的导出；有了就放进 data/inbox",
        ),
        (date(2026, 11, 18), "2026-11-13", ["2026-W46"], ""),
        (
            date(2026, 11, 30), "2026-11-16", ["2026-W46"],
            "还没有 2026-W48 的评价；把导出文件放进 data/inbox",
        ),
        (
            date(2026, 11, 8), "2026-11-08", [],
            "还没有 2026-W44 的评价；把导出文件放进 data/inbox",
        ),
    ],
    ids=["week not over", "Monday", "exports end early", "waited long enough", "weeks without exports", "too early"],
)  # fmt: skip
def test_a_week_is_due_when_it_is_over_and_its_exports_are_there_or_will_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: date, exported: str, weeks: list[str], waits: str
) -> None:
    """Neither half a week nor silence."""
    shop = shops.make(tmp_path / "小店", inbox=False)
    name = f"评价_{exported.replace('-', '')}.csv"
    shutil.copy(shops.HAND / "评价_20261116.csv", shop.root / "data" / "inbox" / name)
    inbox.take_in(shop)
    assert due_weeks(shop, "weekly", day) == ([(week, "made") for week in weeks], waits)


def test_a_shop_that_waits_says_for_what(tmp_path: Path, issued: list[str]) -> None:
    """An empty shelf is no success."""
    shop = shops.make(tmp_path / "小店", inbox=False)
    (outcome,) = work(_job(shop))
    assert (outcome.outcome, outcome.detail) == (
        "waiting", "还没有 2026-W46 的评价；把导出文件放进 data/inbox",
    )  # fmt: skip


def test_a_failed_notebook_names_shop_week_cell_and_reason_in_outcome_and_log(
    tmp_path: Path, issued: list[str]
) -> None:
    """The owner can act on it."""
    shop = shops.make(tmp_path / "broken")
    failed = work(_job(shop))[-1]
    why = "weekly.ipynb, cell 3: expected the cell to run, found ZeroDivisionError: division by zero"
    assert failed == Outcome(str(shop.root), "broken", "2026-W46", "failed", "weekly.ipynb 第 3 格没有跑通", error=why)
    row = RunLog(tmp_path).read(1)[0]
    assert (row.shop, row.week, row.outcome, row.detail) == ("broken", "2026-W46", "failed", failed.detail)
    assert row.inputs == {"error": why}


def test_a_shop_with_a_bad_shop_toml_and_a_fault_of_ours_are_told_not_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens, the others go on."""
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "shop.toml").write_text("name = 3", encoding="utf-8")
    (outcome,) = work(Job(bad, tmp_path, "weekly", TUESDAY, 8))
    assert outcome.outcome == "failed" and outcome.detail == "shop.toml 写得不对"
    assert "bad/shop.toml: name: Input should be a valid string" in outcome.error
    monkeypatch.setattr(due, "take_in", lambda *_: {}["key"])
    good = shops.make(tmp_path / "good")
    (outcome,) = work(_job(good))
    assert (outcome.outcome, outcome.detail, outcome.error) == ("failed", "程序出错（KeyError）", "KeyError: 'key'")
    assert {(row.shop, row.outcome) for row in RunLog(tmp_path).read()} >= {("bad", "failed"), ("good", "failed")}


def test_a_shop_that_another_run_is_at_is_left_to_it(tmp_path: Path, issued: list[str]) -> None:
    """Two cron entries do not make one report twice."""
    shop = shops.make(tmp_path / "小店")
    with Journal(shop.root / "data").lock():
        (outcome,) = work(_job(shop))
    assert (outcome.outcome, outcome.detail) == ("busy", "另一个任务正在处理这家店")


def test_a_killed_run_is_called_killed_by_the_next_one(tmp_path: Path, issued: list[str]) -> None:
    """Its row would say `running` for ever."""
    shop = shops.make(tmp_path / "小店")
    RunLog(tmp_path).begin(shop.root, shop.name, "weekly", "2026-W46", {})
    work(_job(shop))
    oldest = RunLog(tmp_path).read()[-1]
    assert (oldest.outcome, oldest.detail) == (
        "killed", "没有留下结果就结束了：被中断，或者机器关了",
    )  # fmt: skip


def _write_rows(root: Path, times: int) -> None:
    log = RunLog(root)
    for _ in range(times):
        log.end(log.begin(root, "店", "weekly", "2026-W46", {"files": [1]}), "made", report="r", run_id="i")


def test_two_processes_write_one_log_without_losing_a_row(tmp_path: Path) -> None:
    """Each row whole."""
    context = multiprocessing.get_context("spawn")
    other = context.Process(target=_write_rows, args=(tmp_path, 20))
    other.start()
    while not RunLog(tmp_path).read():
        other.join(0.02)
    _write_rows(tmp_path, 20)
    other.join(60)
    rows = RunLog(tmp_path).read(100)
    assert len(rows) == 40 and {row.outcome for row in rows} == {"made"}
    with sqlite3.connect(tmp_path / "runs.sqlite") as base:
        assert base.execute("select count(*), min(seconds) >= 0 from runs where outcome = 'made'").fetchone() == (40, 1)


def test_the_log_answers_by_shop_and_outcome_newest_first(tmp_path: Path) -> None:
    """And is empty, not an error, before the first run."""
    log = RunLog(tmp_path)
    assert log.read() == []
    for name, outcome in (("a", "made"), ("b", "failed"), ("a", "failed")):
        log.end(log.begin(tmp_path / name, name, "weekly", "", {}), outcome)
    assert [(row.shop, row.outcome) for row in log.read()] == [("a", "failed"), ("b", "failed"), ("a", "made")]
    assert [row.id for row in log.read(shop="a")] == [3, 1]
    assert [row.id for row in log.read(outcome="failed", last=1)] == [3]


def test_a_shop_is_found_by_the_whole_name_of_its_folder(tmp_path: Path) -> None:
    """Not by its end, and a sign of SQL is a letter; a path finds it, too."""
    log = RunLog(tmp_path)
    for name in ("a", "ba", "x_y", "xzy"):
        log.begin(tmp_path / name, f"店 {name}", "weekly", "", {})
    assert [row.id for row in log.read(shop="a")] == [1]
    assert [row.id for row in log.read(shop="x_y")] == [3]
    assert [row.id for row in log.read(shop=str(tmp_path / "ba"))] == [2]
    assert log.read(shop="%") == log.read(shop=".") == []


def test_a_shops_own_log_tells_of_runs_from_before_its_folder_was_renamed(tmp_path: Path) -> None:
    """It knows no other shop."""
    shop = tmp_path / "new"
    shop.mkdir()
    RunLog(shop).begin(tmp_path / "old", "店", "weekly", "", {})
    RunLog(tmp_path).begin(tmp_path / "renew", "别的店", "weekly", "", {})
    assert [row.shop for row in runs_of(shop)] == ["店"]
    assert runs_of(shop, shop="别的店", last=5)[0].folder.endswith("renew")


def test_a_damaged_log_is_named(tmp_path: Path) -> None:
    """And what to do about it."""
    (tmp_path / "runs.sqlite").write_text("not a database" * 100, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        RunLog(tmp_path).begin(tmp_path, "a", "weekly", "", {})
    assert str(caught.value) == (
        f"expected a run log that can be read and written at {tmp_path / 'runs.sqlite'}, found: file is not a "
        "database; make the folder writable, or move the damaged file away"
    )


def test_shops_are_found_below_the_folder_or_in_it(tmp_path: Path) -> None:
    """A folder without any is refused."""
    one, two = shops.make(tmp_path / "b"), shops.make(tmp_path / "a")
    assert shops_under(tmp_path) == [two.root, one.root]
    assert shops_under(one.root) == [one.root]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(SettingsError) as caught:
        shops_under(empty)
    assert str(caught.value) == (
        f"expected shops (folders with shop.toml) in {empty}, found none; make one with "
        "`shopscore init DIR --name … --category …`"
    )


def test_the_sample_shop_beside_others_is_none_of_the_users(tmp_path: Path) -> None:
    """As in a folder that holds this project after `make demo`; a shop that cannot be read is still one."""
    sample = Shop.create(tmp_path / "project", NAME).root
    said: list[str] = []
    assert shops_under(tmp_path, said.append) == [sample] and said == []
    own, broken = shops.make(tmp_path / "小店").root, tmp_path / "broken"
    broken.mkdir()
    (broken / "shop.toml").write_text("name = 3", encoding="utf-8")
    assert shops_under(tmp_path, said.append) == [broken, own]
    assert said == [f"{sample} 是示例店，不算在内"]


def test_the_sample_shop_alone_has_its_reports_made_without_loading_anything(tmp_path: Path, issued: list[str]) -> None:
    root = tmp_path / "demo"
    shutil.copytree(Shop.open("").root, root, ignore=shutil.ignore_patterns("reports", "tally"))
    shop = Shop.open(root)
    assert _told(work(_job(shop))) == [("2026-W46", "made")] and issued == ["2026-W46"]


def test_what_waits_in_the_inbox_of_the_sample_shop_is_told(
    tmp_path: Path, issued: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every run passed over it in silence."""
    root = tmp_path / "demo"
    shutil.copytree(Shop.open("").root, root, ignore=shutil.ignore_patterns("reports", "tally"))
    work(_job(Shop.open(root)))
    assert "示例店" not in capsys.readouterr().err
    (root / "data" / "inbox").mkdir()
    for path in shops.EXPORTS:
        shutil.copy(path, root / "data" / "inbox" / path.name)
    work(_job(Shop.open(root)))
    told = f"{NAME} 是示例店，{root / 'data' / 'inbox'} 里的 {len(shops.EXPORTS)} 个文件没有导入；"
    assert told in capsys.readouterr().err
    assert len(list((root / "data" / "inbox").iterdir())) == len(shops.EXPORTS)


def test_a_file_without_rows_is_named_in_the_outcome_and_stops_nothing(tmp_path: Path, issued: list[str]) -> None:
    shop = shops.make(tmp_path / "小店")
    header = shops.EXPORTS[0].read_text(encoding="utf-8-sig").splitlines()[0]
    (shop.root / "data" / "inbox" / "1794900000_订单.csv").write_text(f"{header}\n", encoding="utf-8")
    first = work(_job(shop))
    assert _told(first) == [("", "loaded"), ("2026-W46", "made")]
    assert first[0].detail == "4 个新文件，新增 30 条；没有可导入的数据行：1794900000_订单.csv"


class _Bomb(type(Path())):  # type: ignore[misc]
    """A folder that kills the process which receives it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (9,)


def test_a_process_that_dies_takes_no_other_shop_with_it(tmp_path: Path) -> None:
    """Its lane gets a new process, and the next shop its report."""
    shop = shops.make(tmp_path / "小店", inbox=False)
    lane = due._Lane()
    (died,) = lane.run(Job(_Bomb(tmp_path / "dead"), tmp_path, "weekly", TUESDAY, 8))
    assert (died.shop, died.outcome, died.detail) == ("dead", "failed", "进程中断了（多半是内存不够）")
    assert _told(lane.run(_job(shop))) == [("", "waiting")]
    lane.close()


def test_real_runs_in_two_processes_make_every_report_but_the_broken_one(tmp_path: Path) -> None:
    """From inbox to page, workbook, index and log; the failed shop keeps its failed notebook, the exit says so."""
    good = [shops.make(tmp_path / name) for name in ("a", "c")]
    bad = shops.make(tmp_path / "b", "1 / 0")
    seen: list[tuple[str, int, int]] = []
    outcomes = run_due(tmp_path, day=TUESDAY, progress=lambda path, done, total: seen.append((path.name, done, total)))
    assert [(outcome.shop, outcome.outcome) for outcome in outcomes if outcome.week] == [
        ("a", "made"), ("b", "failed"), ("c", "made"),
    ]  # fmt: skip
    assert seen == [("a", 1, 3), ("b", 2, 3), ("c", 3, 3)]
    for shop in good:
        assert {"weekly.html", "manifest.json", "tables.xlsx"} <= {
            path.name for path in (shop.reports / "2026-W46").iterdir()
        }
        assert (shop.reports / "index.html").exists()
    assert [path.name for path in (bad.reports / "2026-W46").iterdir()] == ["weekly.failed.ipynb"]
    assert not ended_well(outcomes)
    logged = {(row.shop, row.outcome) for row in RunLog(tmp_path).read() if row.week}
    assert logged == {("a", "made"), ("b", "failed"), ("c", "made")}


def _until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@pytest.mark.skipif(os.name != "posix", reason="kills as only POSIX kills")
def test_a_run_that_is_killed_leaves_the_last_good_report_no_process_and_no_lock(tmp_path: Path) -> None:
    """kill -9 in the middle of a cell; the next run calls it killed."""
    shop = shops.make(tmp_path / "小店", "import time; time.sleep(300)")
    good = shops.published(shop, "2026-W45")
    (good.parent / "tables.xlsx").unlink()  # so that this week is due as well
    good.write_text("last good page", encoding="utf-8")
    words = [sys.executable, "-m", "shopscore_analysis", "run-due", str(tmp_path), "--today", "2026-11-15"]
    run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _until(lambda: any(row.week for row in RunLog(tmp_path).read()))
    _until(lambda: list(good.parent.glob(".making-*")))
    run.kill()
    run.wait()
    with Journal(shop.root / "data").lock(wait=20):  # a worker that went on would hold it for five minutes
        assert good.read_text(encoding="utf-8") == "last good page"
        assert RunLog(tmp_path).bury(shop.root) == 1
    assert RunLog(tmp_path).read()[0].outcome == "killed"
