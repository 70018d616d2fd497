"""Commands about a shop and its shelf: init, load, status, doctor."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from shopscore_analysis.cli.options import AsJson, ShopFolder, bar, notes, print_json

if TYPE_CHECKING:
    from shopscore_analysis.load import Loaded


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new shop's folder.")],
    name: Annotated[str, typer.Option(help="The shop's name, as reports show it.")],
    category: Annotated[str, typer.Option(help="Main category, e.g. 衣服, 水果, 数码.")] = "",
) -> None:
    """Make a new shop: shop.toml with every setting explained, data/raw/ and reports/.

    Example: shopscore init apparel --name 棉里旗舰店 --category 衣服
    """
    from shopscore_analysis.shop import Shop

    typer.echo(Shop.create(folder, name, category).root)


def load(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH…", help="Files or folders.", show_default="data/raw")
    ] = None,
    shop: ShopFolder = Path(),
    period: Annotated[str, typer.Option(help="Days of a service export without dates: 20261109-20261115.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put exports onto the shelf; overlapping files, the same file twice, an old file after a new one: harmless.

    Example: shopscore load ~/Downloads/抖店导出 --shop apparel
    """
    from shopscore_analysis.shop import Shop

    with bar("files") as progress:
        loaded = Shop.open(shop).load(paths or [], _period(period), progress)
    if as_json:
        print_json({"files": [_loaded_row(one) for one in loaded]})
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
        raise typer.BadParameter(
            f"expected days such as 20261109-20261115, found {text}", param_hint="--period"
        ) from error
    return first, last


def _loaded_row(one: Loaded) -> dict[str, Any]:
    names = ("table", "dialect", "rows", "new", "updated", "unchanged", "rejected", "error")
    return {"path": str(one.path)} | {name: getattr(one, name) for name in names}


def _print_loaded(loaded: list[Loaded]) -> None:
    columns = ("table", "dialect", "rows", "new", "updated", "unchanged", "rejected")
    grid = Grid("file", *columns, box=None)
    for one in loaded:
        grid.add_row(
            Path(one.path).name,
            *(
                str(getattr(one, name) or 0 if name not in columns[:2] else getattr(one, name) or "")
                for name in columns
            ),
        )
    Console().print(grid, markup=False)
    for one in loaded:
        for line in (*one.warnings, *([one.error] if one.error else [])):
            notes.print(f"{Path(one.path).name}: {line}", style="red" if line == one.error else "yellow", markup=False)


def status(shop: ShopFolder = Path(), as_json: AsJson = False) -> None:
    """Print what is on the shelf: records of each table by ISO week, gaps, newest exports, and joins with orders.

    Example: shopscore status --shop apparel --json
    """
    from shopscore_analysis.shop import Shop

    found = Shop.open(shop).status()
    if as_json:
        return print_json(found)
    grid = Grid(
        "table",
        "records",
        "first week",
        "last week",
        "weeks",
        "gaps",
        "newest export",
        "lag",
        title=escape(found["shop"]),
        box=None,
    )
    for name, table in found["tables"].items():
        weeks, lag = sorted(table["weeks"]) or ["-"], table["lag_days"]
        spans = (f"{table['rows']:,}", weeks[0], weeks[-1], str(len(table["weeks"])), _gaps(table["gaps"]))
        grid.add_row(name, *spans, (table["newest_export"] or "-")[:10], "-" if lag is None else f"{lag} d")
    Console().print(grid)
    for name, join in found["joins"].items():
        if join["n"]:
            typer.echo(f"{name}: {join['share']:.1%} of {join['n']:,} meet an order ({_levels(join)})")
    return None


def _gaps(weeks: list[str]) -> str:
    """The weeks without a record, at most three of them by name."""
    return ", ".join(weeks[:3]) + (f" and {len(weeks) - 3} more" if len(weeks) > 3 else "") if weeks else "-"


def _levels(join: dict[str, Any]) -> str:
    """At which level records meet their orders."""
    return f"{join['sub_order']:,} by sub-order, {join['order']:,} by order and product, {join['none']:,} not"


def doctor(shop: ShopFolder = Path(), as_json: AsJson = False) -> None:
    """Check the installation: versions, Chinese font, Jupyter kernel, folders; say what to do about each fault.

    Example: shopscore doctor
    """
    from shopscore_analysis.doctor import examine

    checks = examine(shop)
    if as_json:
        print_json([check._asdict() for check in checks])
    else:
        for check in checks:
            remedy = "" if check.ok else f" → {check.remedy}"
            typer.echo(f"{'ok   ' if check.ok else 'FAULT'} {check.name}: {check.found}{remedy}")
    if not all(check.ok for check in checks):
        raise SystemExit(1)


COMMANDS = (init, load, status, doctor)
