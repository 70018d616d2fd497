"""How long a weekly report takes, what of it is the kernel's start and imports, and many shops in one run-due.

    python benchmarks/report.py [--shop DIR] [--rounds 3] [--shops 20] [--jobs 2]

`--shop`: a loaded shop (default: the sample shop); it is copied, never written to. Prints Markdown tables: wall time of
each round, of a notebook that only starts a kernel and imports what the report imports, and the difference; then one
run-due over copies of the shop. Beside the wall time stands the processor time of all processes, kernels included:
on a busy machine the wall tells little, which the load average, printed first, shows.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import nbformat

from shopscore_analysis.settings import FILE
from shopscore_analysis.shop import Shop

COMMAND = [sys.executable, "-m", "shopscore_analysis"]
IMPORTS = """\
import matplotlib.figure, scipy.stats, seaborn
from shopscore_analysis import Shop, benchmark, causes, findings, ledger, promises, report, show, trend
report.receipt(None, {"shop": "x", "category": "", "week": week, "data_as_of": "", "inputs": {}, "versions": {}})"""


def copied(source: Path, target: Path, name: str = "") -> Path:
    """A copy of a shop without its reports, under another name where one is given."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("reports"))
    if name:
        settings = target / FILE
        lines = settings.read_text(encoding="utf-8").splitlines()
        lines = [f'name = "{name}"' if line.startswith("name =") else line for line in lines]
        settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def only_imports(path: Path) -> Path:
    """A notebook that imports what the weekly one does, and nothing else."""
    cells = ['shop: str = ""  # the folder\nweek: str = ""  # ISO week', IMPORTS]
    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    content.cells[0].metadata["tags"] = ["parameters"]
    content.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(content, path)
    return path


class Spent(NamedTuple):
    """Seconds of a command: on the wall, and of processors, those of the processes that it started included."""

    wall: float
    processor: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.wall - other.wall, self.processor - other.processor)


def used() -> float:
    """Processor seconds of all processes that have ended so far; 0 where the system does not count them."""
    ended = os.times()
    return ended.children_user + ended.children_system


def timed(words: list[str]) -> Spent:
    """What a command that must succeed takes."""
    before, began = used(), time.perf_counter()
    subprocess.run([*COMMAND, *words], check=True, capture_output=True)
    return Spent(time.perf_counter() - began, used() - before)


def told(spent: Spent) -> str:
    """Wall seconds, and processor seconds in brackets."""
    return f"{spent.wall:.1f} ({spent.processor:.1f})"


def one_report(shop: Path, folder: Path, rounds: int) -> None:
    """Prints the table of single reports, in turns with the imports alone."""
    baseline = only_imports(folder / "imports.ipynb")
    rows = [
        (timed(["report", "weekly", "--shop", str(shop)]), timed(["report", str(baseline), "--shop", str(shop)]))
        for _ in range(rounds)
    ]
    print("| round | weekly report, s | kernel and imports alone, s | the rest, s |\n|---|---|---|---|")
    for at, (whole, bare) in enumerate(rows, 1):
        print(f"| {at} | {told(whole)} | {told(bare)} | {told(whole - bare)} |")
    whole, bare = (Spent(*map(statistics.median, zip(*(row[at] for row in rows), strict=True))) for at in (0, 1))
    print(f"| median | {told(whole)} | {told(bare)} | {told(whole - bare)} |")
    page = next((shop / "reports").rglob("weekly.html"))
    cells = json.loads(page.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    spent = {cell["id"]: cell["metadata"].get("papermill", {}).get("duration") for cell in cells}
    slow = sorted(((seconds, name) for name, seconds in spent.items() if seconds), reverse=True)[:4]
    print(f"\nThe page has {page.stat().st_size:,} bytes. Slowest cells, s (the first imports): "
          + ", ".join(f"{name} {seconds:.1f}" for seconds, name in slow))  # fmt: skip


def many(source: Path, root: Path, count: int, jobs: int) -> None:
    """Prints how long one run-due over `count` shops takes."""
    for at in range(count):
        copied(source, root / f"shop{at:02}", f"店{at:02}")
    spent = timed(["run-due", str(root), "--jobs", str(jobs), "--today", "2026-11-17"])
    made = len(list(root.glob("*/reports/*/*/weekly.html")))
    each = Spent(spent.wall / max(made, 1), spent.processor / max(made, 1))
    print("\n| shops | made | jobs | run-due, s | s a shop |\n|---|---|---|---|---|")
    print(f"| {count} | {made} | {jobs} | {told(spent)} | {told(each)} |")


def main() -> None:
    """The tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shop", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shops", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    source = given.shop.resolve() if given.shop else Shop.open("").root
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load} at the start\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        one_report(copied(source, Path(folder) / "one"), Path(folder), given.rounds)
        if given.shops:
            many(source, Path(folder) / "many", given.shops, given.jobs)


if __name__ == "__main__":
    main()
