"""What each month of a shelf holds, known without reading its records again: rows, weeks, newest times, digests.

These facts are kept in a folder beside the shelf, under the version of the file that they were read from; a new week
reads the months that it changed. The folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shopscore_analysis.kept import Kept
from shopscore_analysis.schema import PENDING_STATUS, TABLES, week_of
from shopscore_analysis.shelf import Shelf, month_of

_FORMAT = "1"  # of what is kept; another one is read as absent
_NEWEST = {"service": "period_end"}  # where a record is newer than its birth


@dataclass(frozen=True)
class Facts:
    """What one file of the shelf holds.

    `weeks`: ISO week of birth → records; `exported`, `newest`, `latest`: the newest export, the newest record, and the
    latest time in any column but that of the export (of a follow-up without a time, that of the export); `waiting`:
    after-sale cases that still wait for somebody; `judged`: when the first case was applied for that went to
    arbitration; `names`: product id → when it was last reviewed, and under which name.
    """

    rows: int
    digest: str
    weeks: dict[str, int] = field(default_factory=dict)
    exported: str = ""
    newest: str = ""
    latest: str = ""
    waiting: int = 0
    judged: str = ""
    names: dict[str, list[str]] = field(default_factory=dict)


class Inventory:
    """The facts of all tables of a shelf, read when they are first asked for."""

    def __init__(self, shelf: Shelf, kept: str) -> None:
        self._shelf, self._kept = shelf, Kept(kept)
        self._known: dict[str, dict[str, tuple[str, Facts]]] = {}

    def facts(self, table: str) -> dict[str, Facts]:
        """The facts of each file of a table as it is now."""
        before = self._known.get(table) or self._recalled(table)
        now = self._shelf.inspected(table, before, lambda _, content: look(table, content))
        if now != before:
            kept = {path: (version, asdict(found)) for path, (version, found) in now.items()}
            self._kept.put(f"{table}-{_FORMAT}", json.dumps(kept, ensure_ascii=False).encode())
        self._known[table] = now
        return {path: found for path, (_, found) in now.items()}

    def _recalled(self, table: str) -> dict[str, tuple[str, Facts]]:
        kept = json.loads(self._kept.get(f"{table}-{_FORMAT}") or b"{}")
        return {path: (version, Facts(**found)) for path, (version, found) in kept.items()}

    def rows(self, table: str) -> int:
        """How many records a table has."""
        return sum(found.rows for found in self.facts(table).values())

    def weeks(self, table: str) -> dict[str, int]:
        """ISO week of birth → records, oldest first."""
        total: Counter[str] = Counter()
        for found in self.facts(table).values():
            total.update(found.weeks)
        return dict(sorted(total.items()))

    def exported(self, table: str) -> datetime | None:
        """When the newest export of a table was made."""
        return _newest(found.exported for found in self.facts(table).values())

    def newest(self, table: str) -> datetime | None:
        """When the newest record of a table was born, or ended."""
        return _newest(found.newest for found in self.facts(table).values())

    def judged(self) -> datetime | None:
        """When the first after-sale case was applied for that went to arbitration."""
        times = filter(None, (found.judged for found in self.facts("aftersales").values()))
        first = min(times, default="")
        return datetime.fromisoformat(first) if first else None

    @property
    def names(self) -> dict[str, str]:
        """Product id → the name it was last reviewed under."""
        last: dict[str, list[str]] = {}
        for found in self.facts("reviews").values():
            for product, said in found.names.items():
                last[product] = max(last.get(product, said), said)
        return {product: name for product, (_, name) in sorted(last.items(), key=lambda item: item[1])}

    def digest(self, table: str) -> str:
        """`Shelf.digest` of a table, put together from the digests of its files."""
        total = hashlib.sha256()
        for path, found in sorted(self.facts(table).items()):
            total.update(path.encode() + b"\0" + bytes.fromhex(found.digest))
        return total.hexdigest()

    def months(self, table: str, since: date | None = None, until: date | None = None) -> list[str]:
        """The months (YYYY-MM) that may hold a record with a time from `since` on, born by `until`; oldest first."""
        first, last = since.isoformat() if since else "", until.isoformat()[:7] if until else "9999"
        found = {month_of(path) for path, facts in self.facts(table).items() if facts.latest >= first}
        return sorted(month for month in found if month <= last)

    def waiting(self) -> list[str]:
        """The months of birth of after-sale cases that still wait for somebody."""
        return sorted({month_of(path) for path, found in self.facts("aftersales").items() if found.waiting})


def _newest(times: Iterable[str]) -> datetime | None:
    newest = max(times, default="")
    return datetime.fromisoformat(newest) if newest else None


def look(table: str, content: bytes) -> Facts:
    """The facts of one file's bytes."""
    times = [name for name, kind in TABLES[table].all_columns.items() if kind.startswith("timestamp")]
    file = pq.ParquetFile(io.BytesIO(content))
    rows = file.read([*times, *_ALSO.get(table, ())])
    born = TABLES[table].born
    found = {name: _last(rows[name]) for name in times}
    return Facts(
        rows=len(rows), digest=hashlib.sha256(content).hexdigest(), weeks=_weeks(rows[born]),
        exported=found.pop("exported_at"), newest=found[_NEWEST.get(table, born)],
        latest=max(*found.values(), _undated(rows) if table == "reviews" else ""),
        **_further(table, rows),
    )  # fmt: skip


_ALSO = {"aftersales": ("status", "arbitration"), "reviews": ("product_id", "product", "followup")}


def _undated(rows: pa.Table) -> str:
    """When a follow-up without a time was last exported: it was written by then."""
    undated = pc.and_not(rows["followup"].is_valid(), rows["followup_at"].is_valid())
    return _last(rows.filter(undated)["exported_at"])


def _further(table: str, rows: pa.Table) -> dict[str, Any]:
    """What is known of one table only."""
    if table == "aftersales":
        settled = pc.or_(rows["refunded_at"].is_valid(), rows["closed_at"].is_valid())
        waits = pc.and_not(pc.match_substring(rows["status"].fill_null(""), PENDING_STATUS), settled)
        named = rows.filter(rows["arbitration"].is_valid())["applied_at"]
        return {"waiting": pc.sum(waits).as_py() or 0, "judged": _text(pc.min(named))}
    if table == "reviews":
        told = rows.select(["product_id", "product", "reviewed_at"]).to_pandas().dropna()
        told = told.sort_values(["reviewed_at", "product"]).drop_duplicates("product_id", keep="last")
        return {"names": {row.product_id: [row.reviewed_at.isoformat(), row.product] for row in told.itertuples()}}
    return {}


def _last(times: pa.ChunkedArray) -> str:
    return _text(pc.max(times))


def _text(time: pa.Scalar) -> str:
    return time.as_py().isoformat() if time.is_valid else ""


def _weeks(born: pa.ChunkedArray) -> dict[str, int]:
    """ISO week → how many of the times lie in it; a time is looked at once a day."""
    total: Counter[str] = Counter()
    for day in pc.value_counts(born.cast(pa.date32())).to_pylist():
        if day["values"] is not None:
            total[week_of(day["values"])] += day["counts"]
    return dict(total)
