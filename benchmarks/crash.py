"""Kills a loader at random moments and looks at what it leaves behind.

    python benchmarks/crash.py [--kills 50] [--seed 1] [--steps]

Three overlapping exports are loaded in a process of its own, with so little memory allowed that records go aside
first; the process is killed (SIGKILL) at a moment drawn evenly over an undisturbed run. After each kill the shelf
must read as after none, one, two or three of the files, and a second run must end in the bytes of the undisturbed one.
With `--steps` a loader is also killed before each single renaming, removal and folder that it makes.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shopscore_analysis import intake
from shopscore_analysis.load import load
from shopscore_analysis.shelf import Shelf

_HEADER = ["评价日期", "订单ID", "商品ID", "商品名称", "商品规格", "商品评价得分", "评价内容", "追评内容"]
_FILES, _ROWS = 3, 4000
_LOADER = """
import os, signal, sys
from pathlib import Path
from benchmarks.crash import loaded
left = int(os.environ.get("STEPS", "0"))
def step(event, arguments):
    global left
    if left and event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir"):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
print("ready", flush=True)
sys.addaudithook(step)
loaded([Path(name) for name in sys.argv[2:]], Path(sys.argv[1]))
print("done", flush=True)
"""


@dataclass(frozen=True)
class Outcome:
    """What a kill left: how many files had landed, whether a commit was under way, and whether the shelf was sound."""

    files: int
    committing: bool
    sound: bool


def exports(folder: Path, rows: int = _ROWS) -> list[Path]:
    """Three exports of reviews over some months, each half new and half a newer version of the one before."""
    return [_export(folder / f"179000000{at}_评价.csv", at, rows) for at in range(_FILES)]


def _export(path: Path, version: int, count: int) -> Path:
    start = datetime(2026, 6, 1)
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(_HEADER)
        for at in range(version * count // 2, version * count // 2 + count):
            day = start + timedelta(hours=1200 / count * at)
            rows.writerow(
                [day, f"69{at:017d}", "35", "示例商品", "米白;M", at % 5 + 1, f"第{at}条", f"第{version}次导出"]
            )
    return path


def loaded(paths: Sequence[Path], root: Path) -> None:
    """Loads the exports one after the other, putting records aside early."""
    intake._HELD, intake._RANGE = 60_000, 700
    results = load(paths, Shelf(root), "店", root.with_name(f"{root.name}-rejects"))
    assert not any(result.error for result in results), results


def states(paths: Sequence[Path], folder: Path) -> list[str]:
    """The digests of a shelf after none, one, two … of the files."""
    shelf = Shelf(folder / "calm")
    digests = [shelf.digest("reviews")]
    for path in paths:
        loaded([path], folder / "calm")
        digests.append(shelf.digest("reviews"))
    return digests


def undisturbed(paths: Sequence[Path], folder: Path) -> float:
    """The seconds that an undisturbed loader works."""
    with _started(paths, folder / "timed") as loader:
        started = time.monotonic()
        assert loader.stdout is not None
        loader.stdout.readline()
        return time.monotonic() - started


def _started(paths: Sequence[Path], root: Path, steps: int = 0) -> subprocess.Popen[bytes]:
    """A loader that has imported everything and begins to work; it kills itself before its step number `steps`."""
    home = Path(__file__).resolve().parents[1]
    loader = subprocess.Popen(
        [sys.executable, "-c", _LOADER, str(root), *map(str, paths)],
        stdout=subprocess.PIPE,
        cwd=home,
        env={**os.environ, "STEPS": str(steps)},
    )
    assert loader.stdout is not None
    loader.stdout.readline()
    return loader


def kill(paths: Sequence[Path], root: Path, after: float, known: Sequence[str]) -> Outcome:
    """What a loader killed after so many seconds leaves; then a second run mends it."""
    with _started(paths, root) as loader:
        time.sleep(after)
        loader.send_signal(signal.SIGKILL)
    return _outcome(paths, root, known)


def _outcome(paths: Sequence[Path], root: Path, known: Sequence[str]) -> Outcome:
    committing = (root / "journal.json").exists()
    left = Shelf(root).digest("reviews")
    Shelf(root).read("reviews")
    loaded(paths, root)
    sound = left in known and Shelf(root).digest("reviews") == known[-1] and not (root / ".staged").exists()
    return Outcome(known.index(left) if left in known else -1, committing, sound)


def kills(count: int, seed: int, folder: Path, rows: int = _ROWS) -> list[Outcome]:
    """The outcomes of `count` kills at moments drawn evenly over an undisturbed run."""
    chance = random.Random(seed)
    paths = exports(folder, rows)
    known = states(paths, folder)
    span = undisturbed(paths, folder)
    return [kill(paths, folder / f"killed{at}", chance.uniform(0, span), known) for at in range(count)]


def steps(folder: Path) -> list[Outcome]:
    """The outcomes of kills before the first, the second … step, until a loader comes to its end."""
    paths, outcomes = exports(folder), []
    known = states(paths, folder)
    while True:
        root = folder / f"step{len(outcomes)}"
        with _started(paths, root, len(outcomes) + 1) as loader:
            if loader.wait() == 0:
                return outcomes
        outcomes.append(_outcome(paths, root, known))


def main() -> None:
    """Prints how many kills left the shelf after how many files, and how many left it unsound."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--steps", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        unsound = _told(kills(asked.kills, asked.seed, Path(folder)))
    if asked.steps:
        with tempfile.TemporaryDirectory() as folder:
            unsound += _told(steps(Path(folder)))
    raise SystemExit(unsound > 0)


def _told(outcomes: Sequence[Outcome]) -> int:
    """Prints the outcomes; how many were unsound."""
    for files, count in sorted(Counter(outcome.files for outcome in outcomes).items()):
        print(f"{count} kills left the shelf as after {files} of {_FILES} files")
    print(f"{sum(outcome.committing for outcome in outcomes)} fell into a commit, which the next loader finished")
    unsound = sum(not outcome.sound for outcome in outcomes)
    print(f"{unsound} of {len(outcomes)} left an unsound shelf or one that a second run did not mend")
    return unsound


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
