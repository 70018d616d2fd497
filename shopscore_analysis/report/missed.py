"""Which weeks of a shop a report is due for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from shopscore_analysis.report.archive import published
from shopscore_analysis.schema import week_of, week_start
from shopscore_analysis.shop import Shop

MADE, REMADE = "made", "remade"
_GRACE = timedelta(days=2)  # how long a week waits for exports that reach its end


def due_weeks(shop: Shop, notebook: str, day: date, most: int = 8) -> tuple[list[tuple[str, str]], str]:
    """The weeks to make, oldest first, each with made or remade; and what the shop is waiting for, if anything.

    Due is a week that is over, has reviews and no whole edition: the newest one, and those missed since the oldest
    edition, `most` at the most. The newest is due again when the shelf has changed since. A week waits two days for
    exports that reach its end; then it is made of what there is.
    """
    now = datetime(day.year, day.month, day.day)
    over = [week for week in shop.weeks if _end(week) <= now]
    waits = _awaited(over, now)
    if over and now < _end(over[-1]) + _GRACE and not _reached(shop, over[-1]):
        waits = f"还没有到 {over[-1]} 结束时的导出；有了就放进 data/inbox"
        over = over[:-1]
    if not over:
        return [], waits
    stem = Path(notebook).stem
    held = {week: edition for week in over if (edition := published(shop.reports, week, stem)) is not None}
    since = min(held, default=over[-1])
    missed = [(week, MADE) for week in over[-max(most, 1) :] if week not in held and week >= since]
    again = [(over[-1], REMADE)] if over[-1] in held and _changed(shop, held[over[-1]]) else []
    return missed + again, waits


def _end(week: str) -> datetime:
    return week_start(week) + timedelta(weeks=1)


def _awaited(over: Sequence[str], now: datetime) -> str:
    last = week_of((now - timedelta(weeks=1)).date())
    if over and over[-1] >= last:
        return ""
    return f"还没有 {last} 的评价；把导出文件放进 data/inbox"


def _reached(shop: Shop, week: str) -> bool:
    """Whether an export of reviews was made after the week's end."""
    exported = shop.inventory.exported("reviews")
    return exported is not None and exported >= _end(week)


def _changed(shop: Shop, manifest: Any) -> bool:
    """Whether the shelf holds other records than the edition was made from; unknown inputs count as the same."""
    inputs = manifest.get("inputs") or {}
    return any(shop.inventory.digest(name) != entry.get("digest") for name, entry in inputs.items())
