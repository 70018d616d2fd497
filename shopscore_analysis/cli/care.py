"""Commands about buyers who need an answer: warn, compensate, lint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from shopscore_analysis.cli.options import AsJson, ShopFolder, Week, print_json, working

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
    as_json: AsJson = False,
) -> None:
    """Print early warnings: alarming words with their clock and script, and complaints that burst, product by product.

    Example: shopscore warn --week 2026-W46 --shop apparel
    """
    from shopscore_analysis.care import watch
    from shopscore_analysis.shop import Shop

    home = Shop.open(shop)
    days = watch.span(home, week, since)
    with working("预警"):
        found, surging = watch.warnings(home, days, chat), watch.bursts(home, days)
    if as_json:
        return print_json(_warn_json(home, days, found, surging))
    return _print_warnings(home, days, found, surging, limit)


def _warn_json(home: Shop, days: Span, found: pd.DataFrame, surging: pd.DataFrame) -> dict[str, Any]:
    span = {"shop": home.name, "since": days.since.isoformat(), "until": days.until.isoformat()}
    return span | {"warnings": _records(found), "bursts": _records(surging)}


def _records(frame: pd.DataFrame) -> Any:
    """The rows for JSON; times in ISO format, missing values null."""
    return json.loads(frame.to_json(orient="records", date_format="iso", date_unit="s", double_precision=12))


def _print_warnings(home: Shop, days: Span, found: pd.DataFrame, surging: pd.DataFrame, limit: int) -> None:
    from shopscore_analysis.care.watch import printable
    from shopscore_analysis.show.tables import each
    from shopscore_analysis.show.warnings import GRAVITY, LEVELS, burst_words, moment, warning_line

    out = Console(soft_wrap=True, highlight=False, markup=False)
    out.print(f"{home.name} · {days.since} — {days.until} · {warning_line(found, surging)}")
    if len(found):
        out.print(f"{GRAVITY}每组里新的在前。")
    counts = found["script"].value_counts()
    for script, rows in found.head(limit).groupby("script", sort=False):
        first = next(each(rows))
        listed = f"，列出 {len(rows)} 条" if len(rows) < counts[script] else ""
        head = f"[{LEVELS[first.level]}] {first.situation}，{counts[script]} 条{listed}"
        out.print(f"{head}，可以这样答复：\n    {script}")
        for at, row in enumerate(each(rows), 1):
            out.print(f"  {at}. {row.rule} · {row.product} · {row.source} · 最晚 {moment(row.due)} · {row.answer}")
            out.print(f"     {row.text[: row.start]}【{row.text[row.start : row.end]}】{row.text[row.end :]}")
    if len(found) > limit:
        out.print(f"另有 {len(found) - limit} 条未列出（--limit）。")
    for row in each(surging):
        out.print(printable(burst_words(row, home.names)))


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
    with working("补偿"):
        offers = redress.open_offers(home, watch.span(home, week), chat)
        chosen, past = redress.month_of(home, month), redress.what_if(home, month)
    by_row = redress.offered_by_row(past)
    if as_json:
        totals = {"offered_fen": int(past["amount_fen"].sum()), "refunded_fen": int(past["refund_fen"].sum())}
        what_if = {"month": chosen, "cases": len(past), **totals, "rows": _records(by_row)}
        total = int(offers["amount_fen"].sum())
        return print_json({"shop": home.name, "open": _records(offers), "total_fen": total, "what_if": what_if})
    return _print_offers(home, offers, chosen, past, by_row)


def _print_offers(home: Shop, offers: pd.DataFrame, month: str, past: pd.DataFrame, by_row: pd.DataFrame) -> None:
    from shopscore_analysis.care.watch import printable
    from shopscore_analysis.show.tables import each
    from shopscore_analysis.show.theme import yuan
    from shopscore_analysis.show.warnings import OFFERS, what_if_words

    out = Console(soft_wrap=True, highlight=False, markup=False)
    out.print(f"{home.name} · 待处理 {len(offers)} 条，按表合计 {yuan(offers['amount_fen'].sum() / 100)}")
    for row in each(offers):
        offer = f"{OFFERS[row.offer]} {yuan(row.amount_fen / 100)} · {row.label}"
        out.print(printable(f"  {row.product} · {row.cause_label} · {offer}"))
    out.print(what_if_words(past, month))
    used = by_row[by_row["n"] > 0]
    for row in each(used):
        out.print(f"  {row.label} · {row.n} 单，{yuan(row.amount_fen / 100)}")
    if 0 < len(used) < len(by_row):
        out.print(f"  表里另外 {len(by_row) - len(used)} 条这个月没有用到")


def lint(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Scripts or parcel cards: txt, md, csv, xlsx, toml.")
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
            said = f"{one.where}：{one.label}——“{one.text[one.start : one.end]}”（{one.reference}）"
            out.print(f"{one.file} {printable(said)}")
        out.print(f"{len(files)} 个文件，{len(found)} 处违规。")
    if found:
        raise SystemExit(1)


COMMANDS = (warn, compensate, lint)
