"""Commands that keep reports coming: run-due, schedule, runs, send, archive."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopscore_analysis.cli.counting import bytes_of
from shopscore_analysis.cli.options import (
    AsJson,
    Memory,
    ShopFolder,
    Week,
    bar,
    grid,
    note,
    notes,
    print_grid,
    print_json,
)

if TYPE_CHECKING:
    from shopscore_analysis.report.deliver import Delivery
    from shopscore_analysis.report.due import Outcome
    from shopscore_analysis.report.runlog import Run

Root = Annotated[Path, typer.Argument(metavar="ROOT", help="The folder with the shops' folders.")]
Notebook = Annotated[str, typer.Option(help="The notebook that makes the report.")]
_OUTCOMES = {
    "running": "进行中", "loaded": "已导入", "made": "已出报告", "remade": "已重出", "sent": "已发送",
    "unsent": "发送失败", "idle": "没有到期的", "waiting": "等导出", "busy": "另一个在跑", "failed": "失败",
    "killed": "中断",
}  # fmt: skip
_REHEARSED = "这是预演，什么都没有发出；每个渠道会收到的内容写在下面的文件里，看过以后加 --really 才真的发送。"


def run_due(
    root: Root = Path(),
    notebook: Notebook = "weekly",
    jobs: Annotated[int, typer.Option(min=1, max=16, help="Shops at once.")] = 2,
    catch_up: Annotated[int, typer.Option(min=1, help="Missed weeks of a shop to make up for at most.")] = 8,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that count one shop.")] = 1,
    memory: Memory = "",
    send: Annotated[bool, typer.Option("--send", help="Send each new report; failures go to the owner.")] = False,
    today: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="What counts as today.", show_default="today")] = "",
    as_json: AsJson = False,
) -> None:
    """Make every report that is due for every shop under ROOT: load new exports, catch up on missed weeks.

    Example: shopscore run-due shops --jobs 2 --send
    """
    from shopscore_analysis.report import due
    from shopscore_analysis.report.dispatch import dispatch
    from shopscore_analysis.report.runlog import RunLog

    most = bytes_of(memory)
    with bar("家店") as progress:
        outcomes = due.run_due(root, notebook, jobs, _day(today), catch_up, progress, workers, most, note)
    deliveries = dispatch(outcomes, os.environ, RunLog(root.expanduser().resolve())) if send else []
    if as_json:
        print_json(
            {
                "outcomes": [outcome.row() for outcome in outcomes],
                "summary": dict(Counter(outcome.outcome for outcome in outcomes)),
                "deliveries": [delivery.row() for delivery in deliveries],
            }
        )
    else:
        _print_outcomes(outcomes)
        _print_deliveries(deliveries)
    if not due.ended_well(outcomes) or not all(delivery.sent for delivery in deliveries):
        raise SystemExit(1)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise typer.BadParameter(f"expected a day such as 2026-11-16, found {text}", param_hint="--today") from error


def _print_outcomes(outcomes: Sequence[Outcome]) -> None:
    table = grid("店铺", "周", "结果", "说明", whole=("周", "结果"))
    for outcome in outcomes:
        table.add_row(outcome.shop, outcome.week, _OUTCOMES[outcome.outcome], outcome.report or outcome.detail)
    print_grid(table)
    for outcome in outcomes:
        _print_error(f"{outcome.shop} {outcome.week}", outcome.error)
    counts = Counter(outcome.outcome for outcome in outcomes)
    typer.echo("，".join(f"{_OUTCOMES[name]} {n}" for name, n in sorted(counts.items())))


def _print_error(where: str, error: str) -> None:
    """An error in full on stderr, below the table that has only the short of it."""
    if error:
        notes.print(f"shopscore: {where.strip()}: {error}", style="red", markup=False, highlight=False, soft_wrap=True)


def _print_deliveries(deliveries: Sequence[Delivery]) -> None:
    for delivery in deliveries:
        said = "已发送" if delivery.sent else f"没有发出：{delivery.reason}"
        typer.echo(f"{delivery.channel}：{said}（试了 {delivery.attempts} 次）")


def schedule(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="cron, systemd, windows or airflow.")],
    root: Root = Path(),
    day: Annotated[str, typer.Option(help="mon … sun, or every.")] = "mon",
    time: Annotated[str, typer.Option(help="HH:MM of the machine's clock; not the full hour, bots are busy then.")] = (
        "08:10"
    ),
    send: Annotated[bool, typer.Option("--send", help="The scheduled run sends the reports.")] = False,
    environment: Annotated[
        Path | None, typer.Option("--env-file", help="A file of NAME=VALUE lines with the addresses.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the files there instead of printing.")] = None,
) -> None:
    """Print or write the entry that makes a scheduler run run-due every week.

    Example: shopscore schedule cron shops --day mon --time 08:10 --send --out .
    """
    from shopscore_analysis.report import schedule as schedules
    from shopscore_analysis.report.under import folders_under

    plan = schedules.Plan(
        root.expanduser().resolve(), "" if day == "every" else day, time, ("--send",) if send else (),
        environment and environment.expanduser().resolve(),
    )  # fmt: skip
    entry = schedules.entry(kind, plan)
    if out is None:
        for data in entry.files.values():
            typer.echo(data.decode("utf-16" if data.startswith(b"\xff\xfe") else "utf-8"), nl=False)
    else:
        for path in schedules.write(entry, out):
            typer.echo(path)
    if not folders_under(plan.root):
        note(f"{plan.root} 里还没有店，到时候会失败：先用 shopscore init 建店，或写明店所在的文件夹")
    note(f"接下来：{entry.then}")


def runs(
    root: Root = Path(),
    last: Annotated[int, typer.Option(min=1, help="How many runs.")] = 20,
    shop: Annotated[str, typer.Option(help="Only this shop (its name or its folder).")] = "",
    outcome: Annotated[str, typer.Option(help="Only this outcome, e.g. failed or 失败.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print the runs of ROOT and of the shops in it, newest first: start, seconds, shop, notebook, week, outcome, why.

    Example: shopscore runs shops --outcome failed
    """
    from shopscore_analysis.errors import SettingsError
    from shopscore_analysis.report.runlog import runs_of, runs_under
    from shopscore_analysis.settings import FILE

    top = root.expanduser().resolve()
    if not top.is_dir():
        raise SettingsError(
            f"expected the folder of the shops or of one shop, found nothing at {root}; name it as ROOT"
        )
    called = {said: name for name, said in _OUTCOMES.items()}.get(outcome, outcome)
    rows = (runs_of if (top / FILE).exists() else runs_under)(top, last, shop, called)
    if as_json:
        return print_json({"runs": [vars(row) for row in rows]})
    return _print_runs(rows)


def _print_runs(rows: Sequence[Run]) -> None:
    """The log as a table, and what to do where it is empty."""
    if not rows:
        return note(
            "没有这样的记录：shopscore run-due、report、send 运行过才有；看的是这个文件夹和它下面一层的店，"
            "更深的请写明店的文件夹。"
        )
    begun = "开始（本机时间）"
    table = grid(begun, "秒", "店铺", "报告", "周", "结果", "说明", whole=(begun, "周", "结果"))
    for row in rows:
        seconds = "" if row.seconds is None else f"{row.seconds:.1f}"
        said = _OUTCOMES.get(row.outcome, row.outcome)
        local = datetime.fromisoformat(row.started).astimezone()
        table.add_row(
            f"{local:%Y-%m-%d %H:%M:%S}", seconds, row.shop, row.notebook, row.week, said, row.detail or row.report
        )
    print_grid(table)
    for row in rows:
        _print_error(f"{row.shop} {row.week}", row.inputs.get("error", ""))
    return None


def send(
    shop: ShopFolder = Path(),
    week: Week = "",
    notebook: Notebook = "weekly",
    really: Annotated[
        bool, typer.Option("--really", help="Send. Without it the payloads are only written to outbox/.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send a published report to the channels in SHOPSCORE_SEND_TO; without --really, write what would be sent.

    Example: shopscore send --shop apparel --week 2026-W46 --really
    """
    from shopscore_analysis.report import dispatch

    if not really:
        drafts = [str(path) for path in dispatch.drafted(shop, week, notebook, os.environ)]
        if as_json:
            return print_json({"dry_run": True, "sent": [], "failed": [], "drafts": drafts})
        typer.echo(_REHEARSED)
        typer.echo("\n".join(drafts))
        return None
    deliveries = _sent(shop, week, notebook)
    if as_json:
        rows = [delivery.row() for delivery in deliveries]
        failed = [row for row in rows if not row["sent"]]
        went = [row for row in rows if row["sent"]]
        print_json({"dry_run": False, "sent": went, "failed": failed, "drafts": []})
    else:
        _print_deliveries(deliveries)
    if not all(delivery.sent for delivery in deliveries):
        raise SystemExit(1)
    return None


def _sent(folder: Path, week: str, notebook: str) -> list[Delivery]:
    """The deliveries of a report, of which the run log tells."""
    from shopscore_analysis.report import dispatch
    from shopscore_analysis.report.runlog import SENT, UNSENT, entered, log_of
    from shopscore_analysis.shop import Shop

    home, stem = Shop.open(folder), Path(notebook).stem
    chosen, log = home.week(week), log_of(home.root)
    with entered(log, home.root, home.name, stem, chosen, SENT, note) as entry:
        deliveries = dispatch.sent(folder, week, notebook, os.environ)
        entry.outcome, entry.detail = dispatch.ended(deliveries, home.root, chosen, stem)
    if entry.outcome == UNSENT:
        note(dispatch.again(home.root, chosen, stem))
    return deliveries


def archive(
    shop: ShopFolder = Path(),
    keep: Annotated[int, typer.Option(help="How many of the newest weeks stay.")] = 52,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print which weeks would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep the newest weeks of a shop's reports, remove the older ones, and write reports/<shop>/index.html anew.

    Example: shopscore archive --keep 52 --dry-run --shop apparel
    """
    from shopscore_analysis.report.archive import remove, sweep, weeks_beyond
    from shopscore_analysis.report.index import write_index
    from shopscore_analysis.shop import Shop

    home = Shop.open(shop)
    old = weeks_beyond(home.reports, keep)
    if not dry_run:
        sweep(home.reports)
        remove(old)
    index = home.reports / "index.html" if dry_run else write_index(home)
    if as_json:
        return print_json(
            {"removed" if not dry_run else "would_remove": [str(path) for path in old], "index": index and str(index)}
        )
    for path in old:
        typer.echo(f"{'将删除' if dry_run else '已删除'} {path}")
    if not old:
        note(f"没有比最近 {keep} 周更早的报告，{'不会删除任何一周' if dry_run else '没有删除'}。")
    if index is not None and not dry_run:
        typer.echo(index)
    return None


COMMANDS = (run_due, schedule, runs, send, archive)
