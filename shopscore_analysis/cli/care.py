"""Commands about buyers who need an answer: warn, compensate, lint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from shopscore_analysis.cli.counting import count_ahead
from shopscore_analysis.cli.options import AsJson, Cluster, Memory, ShopFolder, Week, Workers, print_json, working

if TYPE_CHECKING:
    import pandas as pd

    from shopscore_analysis.care.watch import Span
    from shopscore_analysis.shop import Shop

Chat = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Chat lines (csv, xlsx, jsonl) with a column 内容; 时间, 角色, 会话 where known."
    ),
]
Limit = Annotated[int, typer.Option(min=1, help="How many to print; how many are left out is said.")]


def warn(
    week: Week = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="From a day such as 2026-11-09 on, instead.")] = "",
    chat: Chat = None,
    limit: Limit = 20,
    shop: ShopFolder = Path(),
    workers: Workers = 0,
    memory: Memory = "",
    cluster: Cluster = "",
    as_json: AsJson = False,
) -> None:
    """Print early warnings: alarming words with their clock and script, and complaints that burst, product by product.

    Example: shopscore warn --week 2026-W46 --shop apparel
    """
    from shopscore_analysis.care import watch
    from shopscore_analysis.shop import Shop

    home = Shop.open(shop)
    days = watch.span(home, week, since, chat)
    count_ahead(home, workers, cluster, memory)
    with working("预警"):
        found, surging = watch.warnings(home, days, chat), watch.bursts(home, days, week="" if since else week)
    if as_json:
        return print_json(_warn_json(home, days, found, surging) | _left_out(chat, days))
    if since and _is_beyond(home, days) and found.empty:
        _print_chat_read(chat)
    else:
        _print_warnings(home, days, found, surging, limit)
    return _print_left_out(chat, days)


def _left_out(chat: Path | None, days: Span) -> dict[str, int]:
    from shopscore_analysis.care.watch import left_out

    return {"chat_left_out": left_out(chat, days)}


def _print_left_out(chat: Path | None, days: Span) -> None:
    """Say how many lines of the chat file lie outside the days, where some do."""
    from shopscore_analysis.show.warnings import left_out_words

    if count := _left_out(chat, days)["chat_left_out"]:
        typer.echo(left_out_words(count, *days))


def _print_chat_read(chat: Path | None) -> None:
    """That a chat was read all the same, and how much of it, where it alone was left to warn of."""
    from shopscore_analysis.read.chat import read_chat

    if chat:
        typer.echo(f"会话 {len(read_chat(chat))} 行，预警 0 条。")


def _is_beyond(home: Shop, days: Span) -> bool:
    """Whether all data are older than what is asked for, which is said: nought warnings would sound like good news."""
    from shopscore_analysis.care.watch import newest
    from shopscore_analysis.show.warnings import beyond_words

    last = newest(home)
    if last and last >= days.since:
        return False
    Console(soft_wrap=True, highlight=False, markup=False).print(beyond_words(days.since, last))
    return True


def _warn_json(home: Shop, days: Span, found: pd.DataFrame, surging: pd.DataFrame) -> dict[str, Any]:
    from shopscore_analysis.care.watch import newest

    last = newest(home)
    span: dict[str, Any] = {"shop": home.name, "since": days.since.isoformat(), "until": days.until.isoformat()}
    span["newest"] = last and last.isoformat()
    return span | {"warnings": _records(found), "bursts": _records(surging)}


def _records(frame: pd.DataFrame) -> Any:
    """The rows for JSON; times in ISO format, missing values null."""
    return json.loads(frame.to_json(orient="records", date_format="iso", date_unit="s", double_precision=12))


def _print_warnings(home: Shop, days: Span, found: pd.DataFrame, surging: pd.DataFrame, limit: int) -> None:
    from shopscore_analysis.care.watch import printable
    from shopscore_analysis.report.due import today
    from shopscore_analysis.score.warnings import by_situation
    from shopscore_analysis.show.bursts import VOICES, burst_words
    from shopscore_analysis.show.tables import each
    from shopscore_analysis.show.warnings import GRAVITY, situations_words, warning_line

    out = Console(soft_wrap=True, highlight=False, markup=False)
    out.print(f"{home.name} · {days.since} — {days.until} · {warning_line(found, surging, today=today().isoformat())}")
    if len(found):
        out.print(f"{GRAVITY}每组里新的在前。")
        out.print(situations_words(by_situation(found)))
    counts = found["script"].value_counts()
    for script, rows in found.head(limit).groupby("script", sort=False):
        for line in _group_lines(rows, counts[script], today().isoformat()):
            out.print(line)
    if len(found) > limit:
        out.print(f"另有 {len(found) - limit} 条未列出（--limit）。")
    for row in each(surging):
        out.print(printable(burst_words(row, home.names)))
    if len(surging):
        out.print(VOICES)


def _group_lines(rows: pd.DataFrame, count: int, day: str) -> Iterator[str]:
    """The script of a situation, and the warnings that it answers, as they stand on a day."""
    from shopscore_analysis.show.tables import each
    from shopscore_analysis.show.warnings import LEVELS, clock_words

    first = next(each(rows))
    listed = f"，列出 {len(rows)} 条" if len(rows) < count else ""
    yield f"[{LEVELS[first.level]}] {first.situation}，{count} 条{listed}，可以这样答复：\n    {first.script}"
    for at, row in enumerate(each(rows), 1):
        fired = "、".join((row.rule, *row.also))
        yield "  " + " · ".join((f"{at}. {fired}", row.product, row.source, *clock_words(row, day)))
        yield f"     {row.text[: row.start]}【{row.text[row.start : row.end]}】{row.text[row.end :]}"


def compensate(
    month: Annotated[
        str, typer.Option(help="What-if on a month such as 2026-10.", show_default="the last whole one")
    ] = "",
    week: Week = "",
    chat: Chat = None,
    shop: ShopFolder = Path(),
    as_json: AsJson = False,
) -> None:
    """Print what the decision table offers each open case, and what it would have cost on a month's cases.

    Example: shopscore compensate --month 2026-10 --shop apparel
    """
    from shopscore_analysis.care import redress, watch
    from shopscore_analysis.shop import Shop

    home = Shop.open(shop)
    days = watch.span(home, week)
    with working("补偿"):
        offers = redress.open_offers(home, days, chat)
        chosen, past = redress.month_of(home, month), redress.what_if(home, month)
    by_row = redress.offered_by_row(past)
    if as_json:
        totals = {"offered_fen": int(past["amount_fen"].sum()), "refunded_fen": int(past["refund_fen"].sum())}
        what_if = {"month": chosen, "cases": len(past), **totals, "rows": _records(by_row)}
        total = int(offers["amount_fen"].sum())
        open_ = {"open": _records(offers), "total_fen": total} | _left_out(chat, days)
        return print_json({"shop": home.name, **open_, "what_if": what_if})
    _print_offers(home, offers, chosen, past, by_row)
    return _print_left_out(chat, days)


def _print_offers(home: Shop, offers: pd.DataFrame, month: str, past: pd.DataFrame, by_row: pd.DataFrame) -> None:
    from shopscore_analysis.care.watch import printable
    from shopscore_analysis.excerpts import quoted
    from shopscore_analysis.show.tables import each
    from shopscore_analysis.show.theme import yuan
    from shopscore_analysis.show.warnings import offer_lines, what_if_words

    out = Console(soft_wrap=True, highlight=False, markup=False)
    out.print(f"{home.name} · 待处理 {len(offers)} 条，按表合计 {yuan(offers['amount_fen'].sum() / 100)}")
    if len(offers):
        out.print("订单只印尾号，整个单号在 --json 里；【】里是据以判断的词。")
    for at, row in enumerate(each(quoted(offers)), 1):
        head, *more = offer_lines(row)
        out.print(printable(f"  {at}. {head}"))
        for line in more:
            out.print(printable(f"     {line}"))
    out.print(what_if_words(past, month))
    used = by_row[by_row["n"] > 0]
    for row in each(used):
        out.print(f"  {row.label} · {row.n} 单，{yuan(row.amount_fen / 100)}")
    if 0 < len(used) < len(by_row):
        out.print(f"  表里另外 {len(by_row) - len(used)} 条这个月没有用到")


def lint(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Scripts or parcel cards: txt, md, csv, xlsx, jsonl, toml.")
    ],
    as_json: AsJson = False,
) -> None:
    """Check scripts and parcel cards against the rules of compliance; exit code 1 where one is broken.

    Example: shopscore lint 话术.csv 包裹卡.txt
    """
    from shopscore_analysis.care.lint import lint as checked
    from shopscore_analysis.care.watch import printable

    found = checked(files)
    if as_json:
        print_json({"files": [str(path) for path in files], "breaches": [breach._asdict() for breach in found]})
    else:
        out = Console(soft_wrap=True, highlight=False, markup=False)
        for one in found:
            said = f"{one.where}：{one.label}——“{one.quote}”（{one.reference}）"
            out.print(f"{one.file} {printable(said)}")
        clear = "" if found else "没有检出不等于合规：词表以外的说法检不出来，发出前还请人看一遍。"
        out.print(f"{len(files)} 个文件，{len(found)} 处违规。{clear}")
    if found:
        raise SystemExit(1)


COMMANDS = (warn, compensate, lint)
