"""Commands about A/B tests: experiment list, plan, assign, read."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from shopscore_analysis.cli.options import AsJson, ShopFolder, print_json, working

if TYPE_CHECKING:
    import pandas as pd

    from shopscore_analysis.trials.experiments import Plan
    from shopscore_analysis.trials.readout import Readout

app = typer.Typer(
    name="experiment",
    help="A/B tests: declare, plan, assign, read.\n\nExample: shopscore experiment read 尺码卡 --shop apparel",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(metavar="[NAME]", help="The test's name.", show_default="the only one")]

AsOf = Annotated[str, typer.Option("--week", help="As known at the end of an ISO week.", show_default="all there is")]


def _out() -> Console:
    return Console(soft_wrap=True, highlight=False, markup=False)


@app.command("list")
def list_(shop: ShopFolder = Path(), as_json: AsJson = False) -> None:
    """Print every declared test, when it was first seen, and whether it was declared late or changed since.

    Example: shopscore experiment list --shop apparel
    """
    from shopscore_analysis.shop import Shop
    from shopscore_analysis.show.experiment import MODES, SPLITS, size, standing_words
    from shopscore_analysis.trials.experiments import declared, standings

    home = Shop.open(shop)
    tests, known = declared(home), standings(home)
    if as_json:
        rows = [test.model_dump(mode="json") | {"standing": _plain(asdict(known[test.name]))} for test in tests]
        return print_json({"shop": home.name, "experiments": rows})
    out = _out()
    for test in tests:
        least = size(test.effect, test.metric)
        out.print(f"{test.name}：{test.hypothesis} · {test.measured.label} {least} · {test.start} — {test.end}")
        told = (SPLITS[test.split], MODES[test.mode], standing_words(known[test.name]))
        out.print(f"    {'、'.join(arm.name for arm in test.arms)} · {' · '.join(told)}")
    if not tests:
        out.print("没有声明过测试：在 shop.toml 里用 [[experiments]] 声明。")
    return None


@app.command()
def plan(
    name: Name = "",
    horizon: Annotated[float, typer.Option(min=1, max=104, help="Weeks of orders that are worth waiting for.")] = 12,
    shop: ShopFolder = Path(),
    as_json: AsJson = False,
) -> None:
    """Print the orders and weeks that a test needs at the shop's volume; exit code 1 where that takes too long.

    Example: shopscore experiment plan 尺码卡 --horizon 8 --shop apparel
    """
    from shopscore_analysis.shop import Shop
    from shopscore_analysis.show.experiment import plan_words
    from shopscore_analysis.trials import experiments

    home = Shop.open(shop)
    test = experiments.find(experiments.declared(home), name)
    experiments.standings(home)
    with working("测试计划"):
        found = experiments.plan(home, test, horizon)
    if as_json:
        print_json(_plan_json(found))
    else:
        _out().print(f"{test.name}：{plan_words(found)}")
    if found.refused:
        raise SystemExit(1)


def _plan_json(found: Plan) -> dict[str, Any]:
    last = found.last_day
    return {
        "experiment": found.test.model_dump(mode="json"),
        "baseline": _plain(found.baseline._asdict()),
        "needed": found.needed,
        "weeks": _known(found.weeks),
        "horizon": found.horizon,
        "detectable": _known(found.detectable),
        "refused": found.refused,
        "last_day": last and last.isoformat(),
    }


@app.command()
def assign(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The test's name.")],
    source: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Orders (csv, xlsx, jsonl) to be told their arm.")
    ] = None,
    order: Annotated[
        list[str] | None, typer.Option("--id", help="An order's or product's id; may be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the rows go with their arm: .csv or .xlsx.")] = None,
    column: Annotated[str, typer.Option(help="The column of ids.", show_default="the known headings")] = "",
    shop: ShopFolder = Path(),
    as_json: AsJson = False,
) -> None:
    """Tell the arm of orders: single ids, or a whole file with one more column 分组.

    Example: shopscore experiment assign 尺码卡 待发货.csv --out 待发货-分组.csv --shop apparel
    """
    from shopscore_analysis.shop import Shop
    from shopscore_analysis.trials import assignment, experiments

    if bool(order) == bool(source) or bool(source) != bool(out):
        raise typer.BadParameter("name a FILE with --out, or ids with --id")
    home = Shop.open(shop)
    test = experiments.find(experiments.declared(home), name)
    experiments.standings(home)
    if source and out:
        counts = assignment.assign_file(test, source, out, column)
        done: dict[str, Any] = {"experiment": test.name, "arms": counts, "out": str(out)}
        line = f"{'、'.join(f'{arm} {n}' for arm, n in counts.items())} → {out}"
    else:
        arms = assignment.arms_of(test, order or [])
        done = {"experiment": test.name, "arms": arms}
        line = "\n".join(f"{one}  {arm}" for one, arm in arms.items())
    return print_json(done) if as_json else _out().print(line)


@app.command()
def read(name: Name = "", week: AsOf = "", shop: ShopFolder = Path(), as_json: AsJson = False) -> None:
    """Print what a test says so far; exit code 1 where the split is wrong, so that nothing may be read.

    Example: shopscore experiment read 尺码卡 --shop apparel
    """
    from shopscore_analysis.shop import Shop
    from shopscore_analysis.trials import experiments, readout

    home = Shop.open(shop)
    test = experiments.find(experiments.declared(home), name)
    with working("测试结果"):
        found = readout.read(home, test, week and home.week(week))
    if as_json:
        print_json(_readout_json(found))
    else:
        _print_readout(found)
    if found.split.failed:
        raise SystemExit(1)


def _print_readout(found: Readout) -> None:
    from shopscore_analysis.declaration import metric
    from shopscore_analysis.show import experiment as words
    from shopscore_analysis.show.tables import each

    out, test = _out(), found.test
    out.print(f"{test.name} · {test.hypothesis} · {test.measured.label} / {test.measured.of}")
    for line in words.honesty_notes(found):
        out.print(f"! {line}")
    out.print(words.split_words(found))
    out.print(words.decision_words(found))
    for row in each(found.guards):
        out.print(f"护栏 {metric(row.metric).label}：{words.row_words(row, test.arms[0].name)}")
    for line in words.readout_notes(found):
        out.print(f"· {line}")


def _readout_json(found: Readout) -> dict[str, Any]:
    from shopscore_analysis.show import experiment as words

    told = [words.split_words(found), words.decision_words(found), *words.readout_notes(found)]
    return {
        "experiment": found.test.model_dump(mode="json"),
        "standing": _plain(asdict(found.standing)),
        "split": _plain(found.split._asdict()) | {"failed": found.split.failed},
        "placed": found.placed,
        "ripe": found.ripe,
        "outside": found.outside,
        "strangers": found.strangers,
        "mixed": found.mixed,
        "over": found.over,
        "known_until": found.known_until.isoformat(),
        "results": _records(found.main),
        "guards": _records(found.guards),
        "path": _records(found.path),
        "words": [*words.honesty_notes(found), *told],
    }


def _records(frame: pd.DataFrame) -> Any:
    return json.loads(frame.to_json(orient="records", double_precision=12))


def _known(value: float) -> float | None:
    return float(value) if abs(value) < float("inf") else None


def _plain(values: dict[str, Any]) -> Any:
    """Values for JSON: times as text, what is unknown as null."""
    told = {name: _known(value) if isinstance(value, float) else value for name, value in values.items()}
    return json.loads(json.dumps(told, default=str))
