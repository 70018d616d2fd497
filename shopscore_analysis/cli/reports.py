"""Commands that make something to read: demo, report, causes."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopscore_analysis.cli.options import (
    AsJson,
    Cluster,
    Memory,
    ShopFolder,
    Week,
    Workers,
    bar,
    note,
    notes,
    print_json,
    working,
)  # fmt: skip

if TYPE_CHECKING:
    from shopscore_analysis.report.bundle import Bundle


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put the sample shop.")] = Path(
        "shopscore-demo"
    ),
) -> None:
    """Make the sample shop: write its exports, load them, make the weekly report, print its path.

    Example: shopscore demo
    """
    from shopscore_analysis.shop import make_sample

    steps = count(1)
    shop = make_sample(folder.expanduser().resolve(), lambda step: note(f"示例店 {next(steps)}/3：{step} …"))
    note(f"示例店 {next(steps)}/3：数评价、出周报 …")
    typer.echo(_report(shop.root, "weekly", "", {}).html)


def report(
    notebook: Annotated[str, typer.Argument(help="A notebook's name, such as weekly, or a path to one.")] = "weekly",
    week: Week = "",
    shop: ShopFolder = Path(),
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter", "-p", metavar="NAME=VALUE", help="Another parameter of the notebook; may be repeated."
        ),
    ] = None,
    workers: Workers = 0,
    memory: Memory = "",
    cluster: Cluster = "",
    as_json: AsJson = False,
) -> None:
    """Run a notebook for one week and publish it as one HTML file, with findings.json, manifest.json and tables.xlsx.

    Example: shopscore report weekly --week 2026-W46 --shop apparel
    """
    named = dict(_named(text) for text in parameter or [])
    if "root" not in named:
        _count(shop, workers, cluster, memory)
    bundle = _report(shop, notebook, week, named)
    if as_json:
        return print_json(
            {
                "html": str(bundle.html),
                "manifest": str(bundle.manifest),
                "findings": bundle.findings and str(bundle.findings),
                "tables": str(bundle.tables),
                "index": bundle.index and str(bundle.index),
            }
        )
    typer.echo(bundle.html)
    return None


def _count(folder: Path, workers: int, cluster: str, memory: str) -> None:
    """Counts what is new before the notebook starts, where the notebook will find it."""
    from shopscore_analysis.cli.counting import count_ahead
    from shopscore_analysis.shop import Shop

    home = Shop.open(folder)
    if home.keeps:
        count_ahead(home, workers, cluster, memory)


def _named(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"expected NAME=VALUE, found {text}", param_hint="--parameter")
    return name, value


def _report(folder: Path, notebook: str, week: str, parameters: dict[str, str]) -> Bundle:
    """The published report, which the run log tells of; one over many shops is logged in their folder."""
    from shopscore_analysis.report.bundle import issue
    from shopscore_analysis.report.missed import MADE
    from shopscore_analysis.report.runlog import RunLog, entered, log_of
    from shopscore_analysis.shop import Shop

    root = Path(parameters["root"]).expanduser().resolve() if "root" in parameters else None
    home = Shop.open(folder) if root is None else None
    about, chosen = (home.name, home.week(week)) if home else ("", week)
    place, log = (home.root, log_of(home.root)) if home else (root or folder, RunLog(root or folder))
    with working(notebook), entered(log, place, about, Path(notebook).stem, chosen, MADE, note) as entry:
        bundle = issue(folder, notebook, week, parameters)
        manifest = json.loads(bundle.manifest.read_text(encoding="utf-8"))
        entry.report, entry.run_id, entry.inputs = str(bundle.html), manifest["run_id"], manifest.get("inputs")
    return bundle


def publish(
    executed: Annotated[Path, typer.Argument(metavar="NOTEBOOK", help="A notebook that papermill has run.")],
    shop: ShopFolder = Path(),
) -> None:
    """Check and publish a notebook that papermill has run already, as an Airflow operator does.

    Example: shopscore publish run.ipynb --shop apparel
    """
    from shopscore_analysis.report.bundle import issue_executed

    typer.echo(issue_executed(executed, shop).html)


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

    with bar("行") as progress:
        rows = annotate(file, text, out, category, lambda done: progress(file, done, 0))
    notes.print(f"{rows} 行 → {out}", markup=False)


COMMANDS = (demo, report, publish, causes)
