"""How fast and in how much memory exports are read and shelved, beside a bare pandas read of the same file.

    python benchmarks/load.py [--folder DIR] [--rounds 3] [--huge]

Writes its synthetic files to the folder (kept for the next run), runs each step in a fresh process, in turns, and
prints Markdown tables: wall time and peak memory (the whole process, imports included), the ratio of each round,
and the median ratio. `--huge` adds ten million rows (3.4 GB, some minutes). POSIX only: peaks come from the kernel.
The workbook is compared with pandas and openpyxl if openpyxl is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from reviews import write_csv, write_xlsx

_STEPS = {
    "pandas": "import pandas as pd; pd.read_csv(path, dtype=str, encoding=encoding)",
    "openpyxl": "import pandas as pd; pd.read_excel(path, dtype=str, engine='openpyxl')",
    "shopscore": """
from pathlib import Path
from shopscore_analysis.load import load
from shopscore_analysis.shelf import Shelf
(done,) = load([Path(path)], Shelf(Path(shelf)), "店", Path(shelf + "-rejects"))
assert not done.error and done.rejected == 0, done
""",
}
_MEASURED = """
import json, resource, sys, time
path, shelf, encoding = sys.argv[1:]
started = time.perf_counter()
{step}
seconds, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
print(json.dumps([seconds, used.ru_utime + used.ru_stime, peak]))
"""


class Spent(NamedTuple):
    """What a step took: seconds on the clock, seconds of processor, peak MiB."""

    wall: float
    cpu: float
    peak: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} | {self.cpu:.1f} | {self.peak:,.0f}"


def run(step: str, path: Path, shelf: Path | None = None, encoding: str = "utf-8") -> Spent:
    """What a step takes in a fresh process, imports included; with no shelf given, into an empty one."""
    with tempfile.TemporaryDirectory(dir=path.parent) as empty:
        command = [sys.executable, "-c", _MEASURED.format(step=_STEPS[step]), str(path), str(shelf or empty), encoding]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Spent(*json.loads(done.stdout.splitlines()[-1]))


def versus(title: str, steps: dict[str, tuple], rounds: int) -> None:
    """Prints a row per round of two steps taken in turns, and the median of their ratios."""
    one, two = steps
    print(f"\n{title}\n")
    print(
        f"| round | {one} s | processor s | peak MiB | {two} s | processor s | peak MiB | {one} / {two} | processor |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    walls, cpus = [], []
    for at in range(1, rounds + 1):
        first, second = (run(*arguments) for arguments in steps.values())
        walls.append(first.wall / second.wall)
        cpus.append(first.cpu / second.cpu)
        print(f"| {at} | {first} | {second} | {walls[-1]:.2f} | {cpus[-1]:.2f} |", flush=True)
    print(f"\nmedian ratio {statistics.median(walls):.2f}, of processor time {statistics.median(cpus):.2f}")


def csvs(folder: Path, rounds: int) -> None:
    """A million reviews in both encodings."""
    for encoding in ("utf-8-sig", "gb18030"):
        path = write_csv(folder / f"1790000000_million_{encoding}.csv", 1_000_000, 365, encoding)
        steps = {"shopscore": ("shopscore", path), "pandas": ("pandas", path, None, encoding)}
        versus(f"1,000,000 reviews, {encoding}, {path.stat().st_size / 1e6:,.0f} MB", steps, rounds)


def huge(folder: Path) -> None:
    """Ten million reviews over five years, once."""
    path = write_csv(folder / "1790000000_huge.csv", 10_000_000, 5 * 365)
    spent = run("shopscore", path)
    print(f"\n10,000,000 reviews, {path.stat().st_size / 1e9:.1f} GB: {spent.wall:.0f} s, peak {spent.peak:,.0f} MiB")


def workbooks(folder: Path, rounds: int) -> None:
    """200,000 rows of a workbook."""
    path = write_xlsx(folder / "1790000000_workbook.xlsx", 200_000, 90)
    if importlib.util.find_spec("openpyxl") is None:
        print(f"\n200,000 rows of xlsx: {run('shopscore', path).wall:.1f} s (openpyxl is not installed: no comparison)")
        return
    versus("200,000 rows, xlsx", {"openpyxl": ("openpyxl", path), "shopscore": ("shopscore", path)}, rounds)


def one_more_week(folder: Path, rounds: int) -> None:
    """A week of reviews into a shelf of five years, and into an empty one."""
    years = write_csv(folder / "1790000000_years.csv", 2_000_000, 5 * 365)
    week = write_csv(folder / "1790000001_week.csv", 8_000, 7, seed=8)
    shelf = folder / "shelf"
    shutil.rmtree(shelf, ignore_errors=True)
    run("shopscore", years, shelf)
    for at in range(rounds):
        shutil.copytree(shelf, folder / f"shelf{at}", dirs_exist_ok=True)
    shelves = iter([folder / f"shelf{at}" for at in range(rounds)])
    print("\nOne more week (8,000 reviews) into five years (2,000,000), and into nothing\n")
    print("| full s | empty s | ratio |\n|---|---|---|")
    ratios = []
    for full in shelves:
        first, second = run("shopscore", week, full), run("shopscore", week)
        ratios.append(first.wall / second.wall)
        print(f"| {first.wall:.2f} | {second.wall:.2f} | {ratios[-1]:.2f} |", flush=True)
        shutil.rmtree(full)
    print(f"\nmedian ratio {statistics.median(ratios):.2f}")


def main() -> None:
    """Runs everything that the arguments ask for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "shopscore-benchmark")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--huge", action="store_true")
    asked = arguments.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    print(f"{platform.platform()}, Python {platform.python_version()}")
    csvs(asked.folder, asked.rounds)
    workbooks(asked.folder, asked.rounds)
    one_more_week(asked.folder, asked.rounds)
    if asked.huge:
        huge(asked.folder)


if __name__ == "__main__":
    main()
