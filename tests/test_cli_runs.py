"""The commands that keep reports coming, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shopscore_analysis.report import due
from shopscore_analysis.report.due import Outcome
from shopscore_analysis.report.runlog import RunLog
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
    assert code == 1 and page in out and "为什么" in out and out.splitlines()[-1] == "failed 1, made 1"
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
         "reason": "is not set, so nobody was told of the failures"},
    ]  # fmt: skip


def test_runs_prints_the_log(run: Run, tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.end(log.begin(tmp_path / "甲", "甲店", "weekly", "2026-W46", {"files": []}), "failed", "为什么")
    code, out, _ = run("runs", tmp_path)
    assert code == 0 and "甲店" in out and "2026-W46" in out and "为什么" in out
    (row,) = json.loads(run("runs", tmp_path, "--json")[1])["runs"]
    assert row["outcome"] == "failed" and row["inputs"] == {"files": []} and row["ended"] >= row["started"]
    assert json.loads(run("runs", tmp_path, "--outcome", "made", "--json")[1]) == {"runs": []}


def test_schedule_prints_or_writes_the_entry_and_says_what_comes_next(run: Run, tmp_path: Path) -> None:
    code, out, err = run("schedule", "cron", tmp_path, "--time", "07:05", "--day", "every", "--send")
    assert code == 0 and "5 7 * * * PYTHONUTF8=1 " in out and f"run-due {tmp_path} --send" in out
    assert err.endswith("Then: (crontab -l 2>/dev/null; cat shopscore.cron) | crontab -")
    code, out, _ = run("schedule", "systemd", tmp_path, "--out", tmp_path / "out")
    assert out.split() == [str(tmp_path / "out" / f"shopscore.{kind}") for kind in ("service", "timer")]
    assert "<Command>" in run("schedule", "windows", tmp_path)[1]
    code, _, err = run("schedule", "cron", tmp_path, "--time", "25:00")
    assert code == 1 and "expected a time such as 08:10, found '25:00'" in err


def test_send_is_a_dry_run_unless_really_meant(run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = run("send", "--shop", shop.root)
    written = [Path(line) for line in out.split()]
    assert code == 0 and len(written) == 8 and all(path.exists() for path in written)
    assert all(path.parent == shop.reports / "2026-W46" / "outbox" for path in written)
    found = json.loads(run("send", "--shop", shop.root, "--week", "2026-W45", "--json")[1])
    assert found["sent"] == found["failed"] == [] and len(found["drafts"]) == 8
    code, _, err = run("send", "--shop", shop.root, "--really")
    assert code == 1 and "expected addresses in SHOPSCORE_SEND_TO, found none" in err


def test_send_lists_what_went_and_what_did_not(run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSCORE_SEND_TO", "not-a-scheme://x")
    code, out, _ = run("send", "--shop", shop.root, "--really", "--json")
    found = json.loads(out)
    assert code == 1 and found["sent"] == []
    assert [row["channel"] for row in found["failed"]] == [
        "SHOPSCORE_SEND_TO[1] (not-a-scheme)",
        "SHOPSCORE_SEND_OWNER",
    ]


def test_archive_shows_what_would_go_and_then_removes_it(run: Run, shop: Shop) -> None:
    code, out, _ = run("archive", "--keep", "1", "--dry-run", "--shop", shop.root)
    old = shop.reports / "2026-W45"
    assert code == 0 and out == f"would remove {old}\n" and old.exists()
    assert not (shop.reports / "index.html").exists()
    found = json.loads(run("archive", "--keep", "1", "--shop", shop.root, "--json")[1])
    assert found == {"removed": [str(old)], "index": str(shop.reports / "index.html")} and not old.exists()
    assert run("archive", "--keep", "0", "--shop", shop.root)[0] == 1
