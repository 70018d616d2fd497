"""Every report that is due, for every shop under a folder: loaded, made, logged; one shop's failure is its own."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from shopscore_analysis.budget import SHARE, at_once, free
from shopscore_analysis.errors import SettingsError, ShopscoreError
from shopscore_analysis.journal import Journal
from shopscore_analysis.load import Loaded
from shopscore_analysis.parts import Notice
from shopscore_analysis.report.archive import published, sweep
from shopscore_analysis.report.bundle import issue
from shopscore_analysis.report.inbox import left_alone, take_in
from shopscore_analysis.report.missed import due_weeks
from shopscore_analysis.report.runlog import FAILED, RunLog, cause, said
from shopscore_analysis.report.under import shops_under
from shopscore_analysis.shop import Shop
from shopscore_analysis.workers import end_with_parent

LOADED, IDLE, WAITING, BUSY = "loaded", "idle", "waiting", "busy"
_CHINA = timedelta(hours=8)


@dataclass(frozen=True)
class Job:
    """What to do for one shop: its folder, the folder of all shops, the notebook, the day, how many weeks at most, by
    how many processes it is counted, in how many bytes of memory (0: see `Shop.processes`), and the day that its
    reports are made for ("": `promises.made_for` says).
    """

    folder: Path
    root: Path
    notebook: str
    today: date
    most: int
    workers: int = 1
    memory: int = 0
    made_for: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one shop, or of one week of it.

    `outcome`: made, remade (new records came for the newest week), loaded, idle (nothing was due), waiting (for
    exports), busy (another run is at it) or failed; `detail` says why, in Chinese, `error` the same in whole English
    sentences; `report` is the page's path.
    """

    folder: str
    shop: str
    week: str
    outcome: str
    detail: str = ""
    report: str = ""
    error: str = ""

    def row(self) -> dict[str, str]:
        """The outcome by name, for JSON."""
        return asdict(self)


def today() -> date:
    """The day in Asia/Shanghai."""
    return (datetime.now(UTC) + _CHINA).date()


def run_due(
    root: Path,
    notebook: str = "weekly",
    jobs: int = 2,
    day: date | None = None,
    most: int = 8,
    progress: Callable[[Path, int, int], None] | None = None,
    workers: int = 1,
    memory: int = 0,
    notice: Notice | None = None,
) -> list[Outcome]:
    """What became of every shop under `root`, in the order of their folders; `jobs` shops at once, each in a process.

    `day`: what counts as today, for the reports' own dates, too; where none is named, those count from the exports, so
    that the same exports give the same page whenever the scheduler runs. `most`: how many missed weeks of a shop are
    made up for at most; `workers`: processes that count one shop; `memory`: the bytes that counting may take, shared by
    the shops that are counted at once, 0 for half of what is free; fewer run at once where not all fit, and `notice` is
    told why. `progress` is called with (folder, shops done, shops in all). A process that dies takes no other with it.
    """
    root = root.expanduser().resolve()
    folders = shops_under(root, notice)
    together = at_once(max(1, min(jobs, len(folders))), memory, notice)
    each = max(1, (memory or round(SHARE * free())) // together)
    when, made_for = day or today(), day.isoformat() if day else ""
    todo = [Job(folder, root, notebook, when, most, workers, each, made_for) for folder in folders]
    lanes: SimpleQueue[_Lane] = SimpleQueue()
    for _ in range(together):
        lanes.put(_Lane())
    done: list[Outcome] = []
    with ThreadPoolExecutor(together) as threads:
        for at, (job, outcomes) in enumerate(
            zip(todo, threads.map(lambda job: _in_lane(lanes, job), todo), strict=True), 1
        ):
            done.extend(outcomes)
            if progress:
                progress(job.folder, at, len(todo))
    while not lanes.empty():
        lanes.get().close()
    return done


class _Lane:
    """One worker process, which keeps what it has imported; a new one where a shop has killed it."""

    def __init__(self) -> None:
        self._pool = self._fresh()

    def _fresh(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=end_with_parent)

    def run(self, job: Job) -> list[Outcome]:
        try:
            return self._pool.submit(work, job).result()
        except BrokenProcessPool:
            self.close()
            self._pool = self._fresh()
            return [_failed(job, "进程中断了（多半是内存不够）")]

    def close(self) -> None:
        self._pool.shutdown()


def _in_lane(lanes: SimpleQueue[_Lane], job: Job) -> list[Outcome]:
    lane = lanes.get()
    try:
        return lane.run(job)
    finally:
        lanes.put(lane)


def _failed(job: Job, why: str | BaseException, shop: str = "", week: str = "") -> Outcome:
    told, error = (why, "") if isinstance(why, str) else (said(why), cause(why)["error"])
    return Outcome(str(job.folder), shop or job.folder.name, week, FAILED, told, error=error)


def work(job: Job) -> list[Outcome]:
    """What became of one shop; whatever happens to it is told, not raised."""
    with ExitStack() as held:
        try:
            held.enter_context(Journal(job.folder / "data").lock(wait=0))
        except SettingsError as error:
            return [_failed(job, error)]
        except ShopscoreError:
            return [Outcome(str(job.folder), job.folder.name, "", BUSY, "另一个任务正在处理这家店")]
        try:
            return list(_worked(job))
        except Exception as error:  # a fault of ours in one shop must not keep the reports of the others
            return [_noted(job, error)]


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _noted(job: Job, error: BaseException) -> Outcome:
    """The failure of a whole shop, in the run log as well, unless it is the log that fails."""
    with suppress(SettingsError):
        log = RunLog(job.root)
        log.end(log.begin(job.folder, job.folder.name, job.notebook, "", cause(error)), FAILED, said(error))
    return _failed(job, error)


def _worked(job: Job) -> Iterator[Outcome]:
    log = RunLog(job.root)
    log.bury(job.folder)
    shop = Shop.open(job.folder)
    sweep(shop.reports)
    yield from (told := list(_loaded(job, shop, log)))
    weeks, waits = due_weeks(shop, job.notebook, job.today, job.most)
    if weeks and job.workers > 1:
        with shop.processes(job.workers, job.memory, _say) as chosen:
            shop.count_new(chosen)
    for week, outcome in weeks:
        yield _made(job, shop, log, week, outcome)
    if not weeks and not told:
        outcome = WAITING if waits else IDLE
        log.end(log.begin(job.folder, shop.name, job.notebook, "", {}), outcome, waits)
        yield Outcome(str(job.folder), shop.name, "", outcome, waits)


def _loaded(job: Job, shop: Shop, log: RunLog) -> Iterator[Outcome]:
    """The outcome of loading, if there was anything to load."""
    run = log.begin(job.folder, shop.name, job.notebook, "", {"inbox": left_alone(shop)})
    files = take_in(shop, _say)
    if not files:
        return log.forget(run)
    refused = [one for one in files if one.error]
    outcome, detail, error = FAILED if refused else LOADED, _told(files), "; ".join(one.error or "" for one in refused)
    log.end(run, outcome, detail, inputs={"files": [_file(one) for one in files]} | ({"error": error} if error else {}))
    yield Outcome(str(job.folder), shop.name, "", outcome, detail, error=error)
    return None


def _told(files: Sequence[Loaded]) -> str:
    """How much was new, which files were refused, and which hold no row."""
    lines = [f"{len({one.path for one in files})} 个新文件，新增 {sum(one.new for one in files)} 条"]
    lines += [f"读不了 {one.path.name}：{one.why}" for one in files if one.error]
    if blank := [one.path.name for one in files if one.blank]:
        lines.append(f"没有可导入的数据行：{'、'.join(blank)}")
    return "；".join(lines)


def _file(one: Loaded) -> dict[str, Any]:
    names = ("table", "rows", "new", "updated", "unchanged", "rejected", "error")
    return {"name": one.path.name} | {name: getattr(one, name) for name in names}


def _made(job: Job, shop: Shop, log: RunLog, week: str, outcome: str) -> Outcome:
    run = log.begin(job.folder, shop.name, job.notebook, week, {})
    try:
        bundle = issue(job.folder, job.notebook, week, today=job.made_for)
    except Exception as error:
        log.end(run, FAILED, said(error), inputs=cause(error))
        return _failed(job, error, shop.name, week)
    manifest = published(shop.reports, week, bundle.html.stem) or {}
    log.end(run, outcome, "", str(bundle.html), str(manifest.get("run_id", "")), manifest.get("inputs"))
    return Outcome(str(job.folder), shop.name, week, outcome, "", str(bundle.html))


def ended_well(outcomes: Sequence[Outcome]) -> bool:
    """Whether nothing failed: the exit code of the command."""
    return all(outcome.outcome != FAILED for outcome in outcomes)
