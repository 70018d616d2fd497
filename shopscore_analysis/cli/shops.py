"""Commands about a shop and its shelf: init, load, status, doctor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopscore_analysis.cli.options import AsJson, ShopFolder, bar, grid, note, notes, print_grid, print_json

if TYPE_CHECKING:
    from shopscore_analysis.load import Loaded

# Those of data/lexicon/category/*.toml, which a test compares: the help must cost no reading.
_CATEGORIES = (
    "衣服 服饰 服装 女装 男装 童装 鞋靴 内衣 家纺 "
    "数码 家电 手机 平板 计算机 电脑 热水器 家具 玩具 水果 生鲜 蔬菜 海鲜 零食 食品"
)
_COUNTS = {"rows": "行数", "new": "新增", "updated": "更新", "unchanged": "不变", "rejected": "拒收"}


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new shop's folder.")],
    name: Annotated[str, typer.Option(help="The shop's name, as reports show it.")],
    category: Annotated[str, typer.Option(help=f"Main category; with words of their own: {_CATEGORIES}.")] = "",
) -> None:
    """Make a new shop: shop.toml with every setting explained, data/raw/ and reports/.

    Example: shopscore init apparel --name 棉里旗舰店 --category 衣服
    """
    from shopscore_analysis.shop import Shop

    shop = Shop.create(folder, name, category)
    typer.echo(shop.root)
    if said := _doubt(shop.settings.category):
        notes.print(said, style="yellow", markup=False, highlight=False, soft_wrap=True)
    note(f"下一步：{_to_load(folder)}")


def _to_load(folder: Path) -> str:
    """How a shop's first exports are loaded."""
    from shopscore_analysis.report.schedule import typed

    command = typed("shopscore", "load", "--shop", str(folder))
    return f"把后台导出的文件放进 {folder / 'data' / 'raw'}，再运行 {command}"


def _doubt(category: str) -> str:
    """What to say of a category that no word list is for; nothing of one that is known, or of none."""
    known = _CATEGORIES.split()
    if not category or category in known:
        return ""
    nearest = "".join(f"最接近的是「{name}」，" for name in get_close_matches(category, known, 1, 0.01))
    return (
        f"类目「{category}」没有自己的词表，按通用词表归因：{nearest}有词表的是 {'、'.join(known)}；可在 shop.toml 里改"
    )


IfAny = Annotated[bool, typer.Option("--if-any", help="Nothing to load is no failure, as a scheduler wants it.")]


def load(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH…", help="Files or folders.", show_default="data/raw")
    ] = None,
    shop: ShopFolder = Path(),
    period: Annotated[str, typer.Option(help="Days of a service export without dates: 20261109-20261115.")] = "",
    if_any: IfAny = False,
    as_json: AsJson = False,
) -> None:
    """Put exports onto the shelf; overlapping files, the same file twice, an old file after a new one: harmless.

    Example: shopscore load ~/Downloads/抖店导出 --shop apparel
    """
    from shopscore_analysis.errors import SettingsError
    from shopscore_analysis.load import SUFFIXES
    from shopscore_analysis.shop import Shop

    home, days = Shop.open(shop), _period(period)
    note(f"{home.name}（{home.root}）：导入")
    with bar("个文件") as progress:
        loaded = [] if if_any and not home.takes_exports else home.load(paths or [], days, progress)
    if as_json:
        print_json({"files": [_loaded_row(one) for one in loaded]})
    else:
        _print_loaded(loaded)
    _tell_loaded(loaded)
    if not if_any and not any(one.table or one.error for one in loaded):
        places = " and ".join(str(path) for path in paths or [home.root / "data" / "raw"])
        raise SettingsError(
            f"expected exports ({' '.join(SUFFIXES)}) in {places}, found none; put the files that the back office "
            "exported there, or say where they lie: shopscore load PATH…"
        )
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
    if last < first:
        raise typer.BadParameter(
            f"expected the first day before the last, found {text}; turn them round", param_hint="--period"
        )
    return first, last


def _loaded_row(one: Loaded) -> dict[str, Any]:
    names = ("table", "dialect", "rows", "new", "updated", "unchanged", "rejected", "error")
    return {"path": str(one.path)} | {name: getattr(one, name) for name in names}


def _print_loaded(loaded: list[Loaded]) -> None:
    from shopscore_analysis.schema import TABLES

    table = grid("文件", "表", "格式", *_COUNTS.values(), whole=("表", "格式", *_COUNTS.values()))
    for one in loaded:
        kind = TABLES[one.table].label if one.table else ""
        table.add_row(one.path.name, kind, one.dialect, *(str(getattr(one, name)) for name in _COUNTS))
    if loaded:
        print_grid(table)


def _tell_loaded(loaded: list[Loaded]) -> None:
    """What a reader should know of the files, then why some were refused."""
    for line in _warned(loaded):
        notes.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)
    for error in filter(None, (one.error for one in loaded)):
        notes.print(error, style="red", markup=False, highlight=False, soft_wrap=True)


def _warned(loaded: list[Loaded]) -> Iterator[str]:
    """The warnings file by file; that cells are still to come is said once a table, of its newest export."""
    from shopscore_analysis.read.values import PENDING

    waiting: dict[str, list[tuple[datetime, str]]] = {}
    for one in loaded:
        for text in one.warnings:
            line = f"{one.path.name}：{text}"
            if PENDING in text:
                waiting.setdefault(one.table, []).append((one.exported_at or datetime.min, line))
            else:
                yield line
    for lines in waiting.values():
        more = f"（另有 {len(lines) - 1} 个更早的文件也是这样，日期盖住它们的新导出会一起补上）"
        yield max(lines)[1] + (more if lines[1:] else "")


def status(shop: ShopFolder = Path(), as_json: AsJson = False) -> None:
    """Print what is on the shelf: records of each table by ISO week, gaps, newest exports, and joins with orders.

    Example: shopscore status --shop apparel --json
    """
    from shopscore_analysis.shop import Shop

    found = Shop.open(shop).status()
    if as_json:
        return print_json(found)
    _print_status(found)
    if not any(table["rows"] for table in found["tables"].values()):
        note(f"还没有数据：{_to_load(shop)}")
    return None


def _print_status(found: dict[str, Any]) -> None:
    from shopscore_analysis.schema import TABLES

    typer.echo(found["shop"])
    headings = ("数据", "记录", "第一周", "最近一周", "周数", "缺的周", "数据截至", "距今天", "最新导出")
    shown = grid(*headings, whole=(*headings[:5], *headings[6:]))
    for name, table in found["tables"].items():
        weeks = sorted(table["weeks"]) or ["-"]
        spans = (f"{table['rows']:,}", weeks[0], weeks[-1], str(len(table["weeks"])), _gaps(table["gaps"]))
        shown.add_row(TABLES[name].label, *spans, *_newest(table))
    print_grid(shown)
    for name, join in found["joins"].items():
        if join["n"]:
            typer.echo(f"{TABLES[name].label} {join['n']:,} 条，{join['share']:.1%} 对得上订单（{_levels(join)}）")


def _newest(table: dict[str, Any]) -> tuple[str, str, str]:
    """The day of a table's newest record, how many days ago that is today, and the day of its newest export.

    A day still to come is told as such: a date was misread, or a clock is wrong.
    """
    from shopscore_analysis.report.due import today

    record, exported = ((table[name] or "-")[:10] for name in ("newest_record", "newest_export"))
    days = None if record == "-" else (today() - date.fromisoformat(record)).days
    ago = "-" if days is None else "晚于今天" if days < 0 else f"{days} 天"
    return record, ago, exported


def _gaps(weeks: list[str]) -> str:
    """The weeks without a record, at most three of them by name."""
    return "、".join(weeks[:3]) + (f" 等 {len(weeks)} 周" if len(weeks) > 3 else "") if weeks else "-"


def _levels(join: dict[str, Any]) -> str:
    """At which level records meet their orders."""
    return f"按子订单 {join['sub_order']:,}，按主订单和商品 {join['order']:,}，对不上 {join['none']:,}"


def doctor(shop: ShopFolder = Path(), as_json: AsJson = False) -> None:
    """Check the installation: versions, Chinese font, Jupyter kernel, folders; say what to do about each fault.

    Example: shopscore doctor
    """
    from shopscore_analysis.doctor import examine, words
    from shopscore_analysis.errors import SettingsError

    if not shop.is_dir():
        raise SettingsError(f"expected a folder, found nothing at {shop}; name the shop's folder with --shop")
    checks = examine(shop)
    if as_json:
        print_json([check._asdict() for check in checks])
    else:
        for check in checks:
            typer.echo(words(check))
    if not all(check.ok for check in checks):
        raise SystemExit(1)


COMMANDS = (init, load, status, doctor)
