"""What the commands share: options, progress, JSON, and where output goes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table as Grid

notes = Console(stderr=True)

ShopFolder = Annotated[Path, typer.Option("--shop", help="The shop's folder (with shop.toml).", show_default="here")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; all else on stderr.")]
Week = Annotated[str, typer.Option(help="ISO week such as 2026-W46.", show_default="the newest with reviews")]

Workers = Annotated[
    int, typer.Option("--workers", min=0, max=256, help="Processes that count.", show_default="as many as pay")
]
Memory = Annotated[
    str,
    typer.Option(
        "--memory", metavar="SIZE", help="What all processes that count may take, e.g. 1.5GB.",
        show_default="half of what is free",
    ),
]  # fmt: skip
Cluster = Annotated[str, typer.Option("--cluster", metavar="ADDRESS", help="A Dask scheduler: tcp://HOST:8786.")]


@contextmanager
def bar(unit: str) -> Iterator[Callable[[Path, int, int], None]]:
    """A progress bar on a terminal, told (what, done, total or 0); silent elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda path, done, total: progress.update(
            task, description=path.name, completed=done, total=total or None
        )


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on a terminal while something of unknown length runs; silent elsewhere."""
    if not notes.is_terminal:
        yield
        return
    with notes.status(f"{what} …"):
        yield


def note(line: str) -> None:
    """Print one line on stderr as it is."""
    notes.print(line, markup=False, highlight=False, soft_wrap=True)


def grid(*headings: str, whole: Collection[str] = ()) -> Grid:
    """An empty table whose cells are folded, never cut; the columns `whole` stay on one line."""
    made = Grid(box=None)
    for heading in headings:
        made.add_column(heading, overflow="fold", no_wrap=heading in whole)
    return made


def print_grid(filled: Grid) -> None:
    """Print a table on stdout; into a file or a pipe wide enough that no path is folded."""
    Console(width=None if sys.stdout.isatty() else 240).print(filled, markup=False)


def print_json(value: Any) -> None:
    """Print one machine-readable object on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
