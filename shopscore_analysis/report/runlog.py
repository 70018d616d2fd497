"""The run log: one SQLite file under ROOT, a row for each report made or tried, each load, each delivery.

SQLite because a row must survive a crash, and two runs may write at once. Any tool can query it:
`sqlite3 runs.sqlite "select * from runs where outcome = 'failed'"`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from shopscore_analysis.errors import SettingsError, ShopscoreError

FILE = "runs.sqlite"
RUNNING, KILLED, FAILED, SENT, UNSENT = "running", "killed", "failed", "sent", "unsent"
_WAIT = 30.0  # seconds to wait for another writer
_SCHEMA = """
create table if not exists runs (
    id integer primary key,
    folder text not null, shop text not null, notebook text not null, week text not null,
    started text not null, ended text, seconds real,
    inputs text not null,
    outcome text not null, detail text not null, report text not null, run_id text not null
)
"""


@dataclass(frozen=True)
class Run:
    """One row: times are ISO 8601 in UTC, `inputs` the files loaded and the tables' rows and digests.

    `outcome`: running, loaded, made, remade, idle, waiting, sent, unsent, failed or killed; `detail` says why, in
    Chinese; what failed has the whole error as `inputs["error"]`.
    A report that a channel did not take is `unsent`: nothing is wrong with the report. Where none was tried, because
    there is no report, its bytes are others or no address is set, the sending is `failed`.
    """

    id: int
    folder: str
    shop: str
    notebook: str
    week: str
    started: str
    ended: str | None
    seconds: float | None
    inputs: dict[str, Any]
    outcome: str
    detail: str
    report: str
    run_id: str


class RunLog:
    """The run log of a folder of shops; made when first written to."""

    def __init__(self, root: Path) -> None:
        self.path = root / FILE

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=_WAIT)) as base, base:
                base.execute(_SCHEMA)
                yield base
        except sqlite3.Error as error:
            raise SettingsError(
                f"expected a run log that can be read and written at {self.path}, found: {error}; "
                "make the folder writable, or move the damaged file away",
                "运行日志读写不了",
            ) from error

    def begin(self, folder: Path, shop: str, notebook: str, week: str, inputs: Mapping[str, Any]) -> int:
        """The id of a new row, which says `running` until `end` is called."""
        row = (str(folder), shop, notebook, week, _now(), json.dumps(dict(inputs), ensure_ascii=False), RUNNING)
        with self._open() as base:
            added = base.execute(
                "insert into runs (folder, shop, notebook, week, started, inputs, outcome, detail, report, run_id) "
                "values (?, ?, ?, ?, ?, ?, ?, '', '', '')",
                row,
            )
            return int(added.lastrowid or 0)

    def end(
        self, run: int, outcome: str, detail: str = "", report: str = "", run_id: str = "", inputs: Any = None
    ) -> None:
        """Nothing; the row of `begin` gets its end and its outcome, and `inputs` where they are known only now."""
        told = json.dumps(inputs, ensure_ascii=False) if inputs else None
        with self._open() as base:
            base.execute(
                "update runs set ended = ?, seconds = round((julianday(?) - julianday(started)) * 86400, 2), "
                "outcome = ?, detail = ?, report = ?, run_id = ?, inputs = coalesce(?, inputs) where id = ?",
                (now := _now(), now, outcome, detail, report, run_id, told, run),
            )

    def forget(self, run: int) -> None:
        """Nothing; a row for which there was nothing to do is taken out again."""
        with self._open() as base:
            base.execute("delete from runs where id = ?", (run,))

    def bury(self, folder: Path) -> int:
        """How many rows of a shop still said `running`; they now say `killed`. Its runner's lock must be held."""
        with self._open() as base:
            changed = base.execute(
                "update runs set outcome = ?, detail = ? where folder = ? and outcome = ?",
                (KILLED, "没有留下结果就结束了：被中断，或者机器关了", str(folder), RUNNING),
            )
            return changed.rowcount

    def read(self, last: int = 20, shop: str = "", outcome: str = "") -> list[Run]:
        """The newest runs, newest first; of one shop (its name, its folder's name or path), of one outcome."""
        if not self.path.exists():
            return []
        with self._open() as base:
            base.row_factory = sqlite3.Row
            base.create_function("ends_in", 2, _ends_in, deterministic=True)
            rows = base.execute(
                "select * from runs where (? = '' or shop = ? or ends_in(folder, ?)) and (? = '' or outcome = ?) "
                "order by id desc limit ?",
                (shop, shop, shop, outcome, outcome, last),
            ).fetchall()
        return [Run(**{**dict(row), "inputs": json.loads(row["inputs"])}) for row in rows]


def _ends_in(folder: str, end: str) -> bool:
    """Whether the last parts of a path are those of `end`: "ba" does not end in "a"."""
    parts = PurePath(end).parts
    return bool(parts) and PurePath(folder).parts[-len(parts) :] == parts


def log_of(folder: Path) -> RunLog:
    """The run log that knows the shop in `folder`: that of the folder above it where there is one, else its own.

    So that a report made by hand stands beside the scheduled ones.
    """
    above = RunLog(folder.parent)
    return above if above.path.exists() else RunLog(folder)


def runs_under(folder: Path, last: int = 20, shop: str = "", outcome: str = "") -> list[Run]:
    """The newest runs that the logs of a folder and of those right below it tell of, newest first; as `RunLog.read`."""
    logs = [RunLog(folder), *(RunLog(path.parent) for path in sorted(folder.glob(f"*/{FILE}")))]
    return _newest([row for log in logs for row in log.read(last, shop, outcome)], last)


def runs_of(folder: Path, last: int = 20, shop: str = "", outcome: str = "") -> list[Run]:
    """The newest runs of the shop in `folder`, newest first: from its own log and from that of the folder above it.

    Its own log knows no other shop, so all of it counts, whatever the folder was called when a row was written.
    """
    own, above = RunLog(folder).read(last, shop, outcome), RunLog(folder.parent)
    return _newest([*own, *above.read(last, shop or folder.name, outcome)], last)


def _newest(rows: list[Run], last: int) -> list[Run]:
    return sorted(rows, key=lambda row: (row.started, row.id), reverse=True)[:last]


@dataclass
class Entry:
    """What the row of a run will say of its end; filled in while it runs."""

    outcome: str
    detail: str = ""
    report: str = ""
    run_id: str = ""
    inputs: Any = None


@contextmanager
def entered(
    log: RunLog,
    folder: Path,
    shop: str,
    notebook: str,
    week: str,
    outcome: str,
    tell: Callable[[str], None],
) -> Iterator[Entry]:
    """An entry of the log around a run by hand: begun, and ended with what the run fills in, or as failed.

    `outcome`: what it is called where nothing is raised. A log that cannot be written stops nobody: `tell` gets why.
    """
    entry = Entry(outcome)
    try:
        run = log.begin(folder, shop, notebook, week, {})
    except SettingsError as error:
        tell(f"没有记进运行日志：{error.said}")
        tell(str(error))
        yield entry
        return
    try:
        yield entry
    except BaseException as error:
        log.end(run, FAILED, said(error), inputs=cause(error))
        raise
    log.end(run, entry.outcome, entry.detail, entry.report, entry.run_id, entry.inputs)


def said(error: BaseException) -> str:
    """Why something failed, short and in Chinese, as tables show it."""
    if isinstance(error, ShopscoreError):
        return error.said
    return "被中断" if isinstance(error, KeyboardInterrupt | SystemExit) else f"程序出错（{type(error).__name__}）"


def cause(error: BaseException) -> dict[str, str]:
    """Why something failed, whole, as the log keeps it among the inputs of a run."""
    return {"error": str(error) if isinstance(error, ShopscoreError) else f"{type(error).__name__}: {error}"}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
