"""The proof: a real cron runs the entry that `shopscore schedule cron` wrote, and the report appears."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shopscore_analysis.report.runlog import RunLog
from shopscore_analysis.report.schedule import Plan, entry, write
from tests.report import shops

CRON = shutil.which("cron") or shutil.which("cron", path="/usr/sbin")
LONGEST = 200  # seconds: until the next minute but one, and the run


pytestmark = [
    pytest.mark.skipif(
        not CRON or not shutil.which("crontab"), reason="no cron on this machine (apt-get install cron)"
    ),
    pytest.mark.skipif(
        os.environ.get("SHOPSCORE_CRON_PROOF") != "1",
        reason="takes up to three minutes and replaces the user's crontab meanwhile: SHOPSCORE_CRON_PROOF=1 runs it",
    ),
]


@pytest.fixture
def cron() -> Iterator[None]:
    """A running cron; the crontab of before is put back, and only a cron that was started here is stopped."""
    before = subprocess.run(["crontab", "-l"], capture_output=True, check=False)
    daemon = subprocess.Popen([str(CRON), "-f"])
    yield
    daemon.terminate()
    daemon.wait(10)
    command = ["crontab", "-"] if before.returncode == 0 else ["crontab", "-r"]
    subprocess.run(command, input=before.stdout, check=True)


def test_the_entry_runs_and_the_report_appears(tmp_path: Path, cron: None) -> None:
    """Written, installed with crontab, run by cron in its bare environment within the next two minutes."""
    root = tmp_path / "店铺 100%"
    root.mkdir()
    shop = shops.make(root / "小店")
    soon = datetime.now() + timedelta(minutes=1, seconds=5)
    (table,) = write(entry("cron", Plan(root, day="", time=f"{soon:%H:%M}")), tmp_path)
    subprocess.run(["crontab", str(table)], check=True)
    log, deadline = root / "run-due.log", time.monotonic() + LONGEST
    while not (said := log.read_text(encoding="utf-8") if log.exists() else "").endswith("made 1\n"):
        assert time.monotonic() < deadline, said or "cron ran nothing"
        time.sleep(1)
    assert said.endswith("loaded 1, made 1\n")
    assert (shop.reports / "2026-W46" / "weekly.html").exists() and (shop.reports / "index.html").exists()
    assert [(row.week, row.outcome) for row in RunLog(root).read()] == [("2026-W46", "made"), ("", "loaded")]
