"""The commands. Results go to stdout, everything else to stderr; exit 0 done, 1 refused or failed, 2 usage."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table as Grid

from shopscore_analysis.errors import ShopscoreError

if TYPE_CHECKING:
    from shopscore_analysis.load import Loaded
    from shopscore_analysis.report.run import Edition

app = typer.Typer(
    name="shopscore",
    help="Exports of a Douyin shop in, one weekly report out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_notes = Console(stderr=True)

ShopFolder = Annotated[Path, typer.Option("--shop", help="The shop's folder (with shop.toml).", show_default="here")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; all else on stderr.")]
Week = Annotated[str, typer.Option(help="ISO week such as 2026-W46.", show_default="the newest with reviews")]


def main() -> None:
    """Run the command line; what a user can mend is one line on stderr and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr] - Windows consoles default to a code page
    try:
        app()
    except ShopscoreError as error:
        _notes.print(f"shopscore: {error}", style="red", markup=False, highlight=False)
        raise SystemExit(1) from error


@contextmanager
def _bar(unit: str) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on a terminal; silent elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    with Progress(*columns, console=_notes, transient=True, disable=not _notes.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda name, done, total: progress.update(task, description=name, completed=done, total=total or None)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put the sample shop.")] = Path("shopscore-demo"),
) -> None:
    """Make the sample shop: write its exports, load them, make the weekly report, print its path.

    Example: shopscore demo
    """
    from shopscore_analysis.shop import make_sample

    shop = make_sample(folder.expanduser().resolve())
    print(_report(shop.root, "weekly", "", {}).html)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new shop's folder.")],
    name: Annotated[str, typer.Option(help="The shop's name, as reports show it.")],
    category: Annotated[str, typer.Option(help="Main category, e.g. 衣服, 水果, 数码.")] = "",
) -> None:
    """Make a new shop: shop.toml with every setting explained, data/raw/ and reports/.

    Example: shopscore init apparel --name 棉里旗舰店 --category 衣服
    """
    from shopscore_analysis.shop import Shop

    print(Shop.create(folder, name, category).root)


@app.command()
def load(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH…", help="Files or folders.", show_default="data/raw")] = None,
    shop: ShopFolder = Path(),
    period: Annotated[str, typer.Option(help="Days of a service export without dates: 20261109-20261115.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put exports onto the shelf; overlapping files, the same file twice, an old file after a new one: harmless.

    Example: shopscore load ~/Downloads/抖店导出 --shop apparel
    """
    from shopscore_analysis.shop import Shop

    with _bar("files") as progress:
        loaded = Shop.open(shop).load(paths or [], _period(period), progress)
    if as_json:
        _print_json({"files": [_loaded_row(one) for one in loaded]})
    else:
        _print_loaded(loaded)
    if any(one.error for one in loaded):
        raise SystemExit(1)


def _period(text: str) -> tuple[date, date] | None:
    if not text:
        return None
    try:
        first, last = (datetime.strptime(day, "%Y%m%d").date() for day in text.split("-"))
    except ValueError as error:
        raise typer.BadParameter(f"expected days such as 20261109-20261115, found {text}", param_hint="--period") from error
    return first, last


def _loaded_row(one: Loaded) -> dict[str, Any]:
    names = ("table", "dialect", "rows", "new", "updated", "unchanged", "rejected", "error")
    return {"path": str(one.path)} | {name: getattr(one, name) for name in names}


def _print_loaded(loaded: list[Loaded]) -> None:
    columns = ("table", "dialect", "rows", "new", "updated", "unchanged", "rejected")
    grid = Grid("file", *columns, box=None)
    for one in loaded:
        grid.add_row(Path(one.path).name, *(str(getattr(one, name) or 0 if name not in columns[:2] else getattr(one, name) or "") for name in columns))
    Console().print(grid, markup=False)
    for one in loaded:
        for line in (*one.warnings, *([one.error] if one.error else [])):
            _notes.print(f"{Path(one.path).name}: {line}", style="red" if line == one.error else "yellow", markup=False)


@app.command()
def status(shop: ShopFolder = Path(), as_json: AsJson = False) -> None:
    """Print what is on the shelf: records of each table, by ISO week.

    Example: shopscore status --shop apparel --json
    """
    from shopscore_analysis.shop import Shop

    found = Shop.open(shop).status()
    if as_json:
        return _print_json(found)
    grid = Grid("table", "records", "first week", "last week", "weeks", title=found["shop"], box=None)
    for name, table in found["tables"].items():
        weeks = sorted(table["weeks"]) or ["-"]
        grid.add_row(name, f"{table['rows']:,}", weeks[0], weeks[-1], str(len(table["weeks"])))
    Console().print(grid)
    return None


@app.command()
def report(
    notebook: Annotated[str, typer.Argument(help="A notebook's name, such as weekly, or a path to one.")] = "weekly",
    week: Week = "",
    shop: ShopFolder = Path(),
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Another parameter of the notebook; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a notebook for one week and publish it as one HTML file, with findings.json and manifest.json.

    Example: shopscore report weekly --week 2026-W46 --shop apparel
    """
    edition = _report(shop, notebook, week, dict(_named(text) for text in parameter or []))
    if as_json:
        return _print_json({"html": str(edition.html), "manifest": str(edition.manifest), "findings": edition.findings and str(edition.findings)})
    print(edition.html)
    return None


def _named(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"expected NAME=VALUE, found {text}", param_hint="--parameter")
    return name, value


def _report(folder: Path, notebook: str, week: str, parameters: dict[str, str]) -> Edition:
    from shopscore_analysis.report.run import publish

    with _notes.status(f"{notebook} …") if _notes.is_terminal else _quiet():
        return publish(folder, notebook, week, parameters)


@contextmanager
def _quiet() -> Iterator[None]:
    yield


@app.command()
def causes(
    file: Annotated[Path, typer.Argument(help="A csv, xlsx or jsonl of texts.")],
    text: Annotated[str, typer.Option(metavar="COLUMN", help="The column that holds the texts.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The new csv, xlsx or jsonl.")],
    category: Annotated[str, typer.Option(help="Category of the goods, e.g. 衣服.")] = "",
) -> None:
    """Tag any table of texts with root causes, the words that show them, and a complaint score.

    Example: shopscore causes reviews.xlsx --text 评价内容 --out tagged.jsonl
    """
    from shopscore_analysis.annotate import annotate

    with _bar("rows") as progress:
        rows = annotate(file, text, out, category, lambda done: progress(file.name, done, 0))
    _notes.print(f"{rows} rows → {out}", markup=False)


@app.command()
def doctor(shop: ShopFolder = Path(), as_json: AsJson = False) -> None:
    """Check the installation: versions, Chinese font, Jupyter kernel, folders; say what to do about each fault.

    Example: shopscore doctor
    """
    from shopscore_analysis.doctor import examine

    checks = examine(shop)
    if as_json:
        _print_json([check._asdict() for check in checks])
    else:
        for check in checks:
            print(f"{'ok   ' if check.ok else 'FAULT'} {check.name}: {check.found}{'' if check.ok else f' → {check.remedy}'}")
    if not all(check.ok for check in checks):
        raise SystemExit(1)
