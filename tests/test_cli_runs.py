"""The commands that keep reports coming, as a user meets them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shopscore_analysis.cli.runs import _OUTCOMES
from shopscore_analysis.report import deliver, dispatch, due, missed, runlog
from shopscore_analysis.report.deliver import Delivery
from shopscore_analysis.report.due import Outcome
from shopscore_analysis.report.runlog import RunLog
from shopscore_analysis.report.schedule import typed
from shopscore_analysis.shop import Shop
from tests.conftest import Run
from tests.report import editions, shops


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = shops.make(tmp_path / "shop")
    shop.load([shop.root / "data" / "inbox"])
    for week in ("2026-W45", "2026-W46"):
        editions.write_tables(editions.publish(shop.reports / week, week))
    return shop


@pytest.mark.parametrize("command", ["run-due", "schedule", "runs", "send", "archive"])
def test_every_command_explains_itself_with_an_example(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0 and f"Example: shopscore {command}" in out


def test_run_due_prints_a_summary_and_its_exit_code_says_whether_all_went_well(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = str(tmp_path / "a" / "weekly.html")
    outcomes = [Outcome("/a", "甲店", "2026-W46", "made", "", page), Outcome("/b", "乙店", "", "failed", "为什么")]
    monkeypatch.setattr(due, "run_due", lambda *_: outcomes)
    code, out, _ = run("run-due", tmp_path)
    assert code == 1 and page in out and "为什么" in out and out.splitlines()[-1] == "失败 1，已出报告 1"
    code, out, _ = run("run-due", tmp_path, "--json")
    found = json.loads(out)
    assert code == 1 and found["summary"] == {"made": 1, "failed": 1} and found["outcomes"][0]["report"] == page
    outcomes.pop()
    assert run("run-due", tmp_path)[0] == 0
    assert run("run-due", tmp_path, "--today", "gestern")[0] == 2


def test_run_due_with_send_says_that_nobody_could_be_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "run_due", lambda *_: [Outcome("/b", "乙店", "", "failed", "为什么")])
    code, out, _ = run("run-due", tmp_path, "--send", "--json")
    assert code == 1
    assert json.loads(out)["deliveries"] == [
        {"channel": "SHOPSCORE_SEND_OWNER", "sent": False, "attempts": 0,
         "reason": "没有设置，失败没有通知到任何人"},
    ]  # fmt: skip


def test_runs_prints_the_log(run: Run, tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.end(log.begin(tmp_path / "甲", "甲店", "weekly", "2026-W46", {"files": []}), "failed", "为什么")
    code, out, _ = run("runs", tmp_path)
    assert code == 0 and "甲店" in out and "2026-W46" in out and "为什么" in out
    (row,) = json.loads(run("runs", tmp_path, "--json")[1])["runs"]
    assert row["outcome"] == "failed" and row["inputs"] == {"files": []} and row["ended"] >= row["started"]
    assert out.split()[:7] == ["开始（本机时间）", "秒", "店铺", "报告", "周", "结果", "说明"]
    assert run("runs", tmp_path, "--outcome", "失败")[1] == out == run("runs", tmp_path, "--outcome", "failed")[1]
    assert json.loads(run("runs", tmp_path, "--outcome", "made", "--json")[1]) == {"runs": []}
    assert run("runs", tmp_path, "--outcome", "made") == (
        0, "", "没有这样的记录：shopscore run-due、report、send 运行过才有；看的是这个文件夹和它下面一层的店，"
               "更深的请写明店的文件夹。"
    )  # fmt: skip


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a running program cannot be changed here")
def test_runs_begin_by_the_clock_on_the_wall(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And stay UTC for machines."""
    monkeypatch.setattr(runlog, "_now", lambda: "2026-11-16T23:30:00.000Z")
    RunLog(tmp_path).begin(tmp_path / "甲", "甲店", "weekly", "2026-W46", {})
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        assert "2026-11-17 07:30:00" in run("runs", tmp_path)[1]
        assert json.loads(run("runs", tmp_path, "--json")[1])["runs"][0]["started"] == "2026-11-16T23:30:00.000Z"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_runs_of_shops_with_logs_of_their_own_are_found_from_the_folder_above(run: Run, tmp_path: Path) -> None:
    """Reports by hand of two shops, the folder above has no log; a shop is found from its own folder as well."""
    for name in ("甲", "乙"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shop.toml").write_text(f'name = "{name}店"\n', encoding="utf-8")
        RunLog(tmp_path / name).begin(tmp_path / name, f"{name}店", "weekly", "2026-W46", {})
    told = [row["shop"] for row in json.loads(run("runs", tmp_path, "--json")[1])["runs"]]
    assert told == ["乙店", "甲店"]
    assert [row["shop"] for row in json.loads(run("runs", tmp_path, "--last", 1, "--json")[1])["runs"]] == ["乙店"]
    RunLog(tmp_path).begin(tmp_path / "甲", "甲店", "monthly", "2026-W46", {})
    both = json.loads(run("runs", tmp_path / "甲", "--json")[1])["runs"]
    assert [row["notebook"] for row in both] == ["monthly", "weekly"]


def test_runs_of_a_folder_that_is_not_there_are_refused(run: Run, tmp_path: Path) -> None:
    code, out, err = run("runs", tmp_path / "nosuch")
    assert (code, out) == (1, "")
    assert err.startswith("shopscore: expected the folder of the shops or of one shop, found nothing at ")
    assert run("runs", tmp_path)[0] == 0


def test_every_outcome_has_a_chinese_word_of_its_own() -> None:
    outcomes = {missed.MADE, missed.REMADE, due.LOADED, due.IDLE, due.WAITING, due.BUSY}
    outcomes |= {runlog.RUNNING, runlog.KILLED, runlog.FAILED, runlog.SENT, runlog.UNSENT}
    assert set(_OUTCOMES) == outcomes and len(set(_OUTCOMES.values())) == len(outcomes)


def test_schedule_prints_or_writes_the_entry_and_says_what_comes_next(run: Run, tmp_path: Path) -> None:
    code, out, err = run("schedule", "cron", tmp_path, "--time", "07:05", "--day", "every", "--send")
    assert code == 0 and "5 7 * * * PYTHONUTF8=1 " in out and f"run-due {tmp_path} --send" in out
    nobody = f"{tmp_path} 里还没有店，到时候会失败：先用 shopscore init 建店，或写明店所在的文件夹"
    then = "接下来：(crontab -l 2>/dev/null; cat shopscore.cron) | crontab -"
    assert err == f"{nobody} {then}"
    Shop.create(tmp_path / "小店", "小店")
    assert run("schedule", "cron", tmp_path)[2] == then
    code, out, _ = run("schedule", "systemd", tmp_path, "--out", tmp_path / "out")
    assert out.split() == [str(tmp_path / "out" / f"shopscore.{kind}") for kind in ("service", "timer")]
    assert "<Command>" in run("schedule", "windows", tmp_path)[1]
    code, _, err = run("schedule", "cron", tmp_path, "--time", "25:00")
    assert code == 1 and "expected a time such as 08:10, found '25:00'" in err


def test_send_is_a_dry_run_unless_really_meant(run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = run("send", "--shop", shop.root)
    said, *lines = out.splitlines()
    written = [Path(line) for line in lines]
    assert said.startswith("这是预演，什么都没有发出") and "--really" in said
    assert code == 0 and len(written) == 8 and all(path.exists() for path in written)
    assert all(path.parent == shop.reports / "2026-W46" / "outbox" for path in written)
    found = json.loads(run("send", "--shop", shop.root, "--week", "2026-W45", "--json")[1])
    assert found["dry_run"] and found["sent"] == found["failed"] == [] and len(found["drafts"]) == 8
    code, _, err = run("send", "--shop", shop.root, "--really")
    assert code == 1 and "expected addresses in SHOPSCORE_SEND_TO, found none" in err


def test_send_lists_what_went_and_what_did_not(run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSCORE_SEND_TO", "not-a-scheme://x")
    code, out, _ = run("send", "--shop", shop.root, "--really", "--json")
    found = json.loads(out)
    assert code == 1 and found["sent"] == [] and not found["dry_run"]
    assert [row["channel"] for row in found["failed"]] == [
        "SHOPSCORE_SEND_TO[1] (not-a-scheme)",
        "SHOPSCORE_SEND_OWNER",
    ]


def test_archive_shows_what_would_go_and_then_removes_it(run: Run, shop: Shop) -> None:
    code, out, _ = run("archive", "--keep", "1", "--dry-run", "--shop", shop.root)
    old = shop.reports / "2026-W45"
    assert code == 0 and out == f"将删除 {old}\n" and old.exists()
    assert not (shop.reports / "index.html").exists()
    found = json.loads(run("archive", "--keep", "1", "--shop", shop.root, "--json")[1])
    assert found == {"removed": [str(old)], "index": str(shop.reports / "index.html")} and not old.exists()
    code, out, err = run("archive", "--keep", "1", "--dry-run", "--shop", shop.root)
    assert (code, out, err) == (0, "", "没有比最近 1 周更早的报告，不会删除任何一周。")
    code, out, err = run("archive", "--shop", shop.root)
    assert (code, out, err) == (0, f"{shop.reports / 'index.html'}\n", "没有比最近 52 周更早的报告，没有删除。")
    assert run("archive", "--keep", "0", "--shop", shop.root)[0] == 1


def test_reports_made_and_sent_by_hand_stand_in_the_run_log(
    run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the shop's own log, or in that of the folder above once scheduled runs have one."""
    code, out, _ = run("report", "weekly", "--shop", shop.root, "--week", "2026-W45")
    assert code == 0
    (made,) = RunLog(shop.root).read()
    assert (made.outcome, made.notebook, made.week, made.report) == ("made", "weekly", "2026-W45", out.strip())
    assert made.run_id and made.seconds is not None
    RunLog(shop.root.parent).begin(shop.root, shop.name, "weekly", "", {})
    monkeypatch.setenv("SHOPSCORE_SEND_TO", "json://127.0.0.1:9/")
    monkeypatch.setattr(deliver, "send", lambda *_: [Delivery("json", False, 4, "没人答复")])
    code, _, told = run("send", "--shop", shop.root, "--week", "2026-W46", "--really")
    sent, _ = RunLog(shop.root.parent).read()
    again = typed("shopscore", "send", "--shop", str(shop.root), "--week", "2026-W46", "--really")
    assert code == 1 and again in told
    assert (sent.outcome, sent.week) == ("unsent", "2026-W46") and sent.detail.startswith("json：没人答复")
    assert sent.detail.endswith(again) and "报告已经出好" in sent.detail
    code, out, _ = run("runs", shop.root, "--json")
    assert code == 0 and [row["outcome"] for row in json.loads(out)["runs"]] == ["unsent", "running", "made"]
    assert "发送失败" in run("runs", shop.root)[1] and run("runs", shop.root, "--outcome", "failed")[1] == ""


def _unpublished(shop: Shop) -> None:
    (shop.reports / "2026-W46" / "weekly.html").unlink()


def _other_bytes(shop: Shop) -> None:
    (shop.reports / "2026-W46" / "weekly.html").write_text("other", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "address", "why"),
    [
        (_unpublished, "json://127.0.0.1:9/", "weekly.html 还没有发布"),
        (_other_bytes, "json://127.0.0.1:9/", "weekly.html 发布以后被改动过，没有发送"),
        (lambda shop: None, "", "没有设置 SHOPSCORE_SEND_TO"),
    ],
)
def test_a_sending_that_tried_no_channel_does_not_say_that_the_report_is_there(
    run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Shop], None], address: str, why: str
) -> None:
    spoil(shop)
    monkeypatch.setenv("SHOPSCORE_SEND_TO", address)
    code, _, told = run("send", "--shop", shop.root, "--week", "2026-W46", "--really")
    (row,) = RunLog(shop.root).read()
    assert (code, row.outcome, row.detail) == (1, "failed", why)
    assert told == f"shopscore: {row.inputs['error']}"
    assert "报告已经出好" not in row.detail + told


def test_a_sending_that_was_broken_off_is_failed(run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows how far it came."""

    def broken(*_: object) -> list[Delivery]:
        raise KeyboardInterrupt

    monkeypatch.setattr(dispatch, "sent", broken)
    run("send", "--shop", shop.root, "--week", "2026-W46", "--really")
    (row,) = RunLog(shop.root).read()
    assert (row.outcome, row.detail) == ("failed", "被中断")


@pytest.mark.parametrize("spoil", [_unpublished, _other_bytes])
def test_a_scheduled_sending_of_a_damaged_page_does_not_say_that_the_report_is_there(
    run: Run, shop: Shop, spoil: Callable[[Shop], None]
) -> None:
    page = shop.reports / "2026-W46" / "weekly.html"
    spoil(shop)
    made = Outcome(str(shop.root), shop.name, "2026-W46", "made", "", str(page))
    dispatch.dispatch([made], {"SHOPSCORE_SEND_TO": "json://127.0.0.1:9/"}, RunLog(shop.root))
    (row,) = RunLog(shop.root).read()
    assert row.outcome == "failed" and "weekly.html " in row.detail and "报告已经出好" not in row.detail
    assert run("runs", shop.root)[2] == f"shopscore: {shop.name} 2026-W46: {row.inputs['error']}"


def test_a_report_that_fails_by_hand_is_logged_with_its_cell(run: Run, tmp_path: Path) -> None:
    """In short in the table, and below it in the words that stood on the screen."""
    shop = shops.make(tmp_path / "shop", "1 / 0")
    shop.load([shop.root / "data" / "inbox"])
    code, _, said = run("report", "weekly", "--shop", shop.root)
    (failed,) = RunLog(shop.root).read()
    assert code == 1 and failed.outcome == "failed"
    assert failed.detail == "weekly.ipynb 第 2 格没有跑通"
    whole = failed.inputs["error"]
    assert whole.startswith("weekly.ipynb, cell 2: expected the cell to run, found ZeroDivisionError")
    assert said == f"shopscore: {whole}"
    code, out, told = run("runs", shop.root)
    assert code == 0 and failed.detail in out and "expected" not in out
    assert told == f"shopscore: shop {failed.week}: {whole}"


def test_a_log_that_cannot_be_written_stops_no_report(run: Run, shop: Shop) -> None:
    """It is said, and the report arrives."""
    (shop.root / "runs.sqlite").write_text("no database" * 100, encoding="utf-8")
    code, out, said = run("report", "weekly", "--shop", shop.root, "--week", "2026-W46")
    assert code == 0 and Path(out.strip()).exists()
    assert said.startswith("没有记进运行日志：运行日志读写不了 expected a run log that can be read and written")


def test_a_shops_delivery_in_a_scheduled_run_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the row that says that the report was made."""
    page = str(tmp_path / "a" / "weekly.html")
    made = Outcome(str(tmp_path / "a"), "甲店", "2026-W46", "made", "", page)
    monkeypatch.setattr(dispatch, "_one", lambda *_: ([Delivery("mailto", True, 1)], [], {}))
    assert [one.sent for one in dispatch.dispatch([made], {}, RunLog(tmp_path))] == [True]
    (row,) = RunLog(tmp_path).read()
    assert (row.shop, row.week, row.outcome, row.detail, row.report) == ("甲店", "2026-W46", "sent", "mailto", page)
