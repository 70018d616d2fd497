"""Many processes: the same bytes, a crash that is told, an interrupt that leaves nothing behind."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shopscore_analysis import counts, parts, tallies
from shopscore_analysis.cli import counting
from shopscore_analysis.cli.counting import count_ahead
from shopscore_analysis.errors import SettingsError, ShopscoreError
from shopscore_analysis.packed import dumped
from shopscore_analysis.placed import Place, Source
from shopscore_analysis.shop import Shop
from shopscore_analysis.workers import PAYS, chosen, cluster, pool
from tests.conftest import Run
from tests.shelves import add, make_shop


class Task:
    """Something to do that bears a name, and a file that says how often it was tried."""

    def __init__(self, folder: Path, name: str, deaths: int = 0) -> None:
        self.folder, self.name, self.deaths = folder, name, deaths


def work(task: Task) -> str:
    """The name of the task, after its worker has died as often as it should."""
    tries = len(list(task.folder.glob(f"{task.name}-*")))
    (task.folder / f"{task.name}-{tries}").touch()
    if tries < task.deaths:
        os._exit(9)
    return task.name


def sleep(task: Path) -> None:
    """Says that it began, and does not end."""
    task.touch()
    time.sleep(600)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A shop that has not been counted, and the bytes of its tally."""
    root = make_shop(tmp_path_factory.mktemp("shop") / "one").root
    counted = Shop.open(shutil.copytree(root, root.parent / "counted")).count()
    return root, dumped(counted)


@pytest.fixture
def shop(made: tuple[Path, bytes], tmp_path: Path) -> Shop:
    return Shop.open(shutil.copytree(made[0], tmp_path / "shop"))


def test_a_notice_calls_tables_as_the_commands_do() -> None:
    """Not by their names in the code."""
    months = ("2026-01", "2026-02")
    task = Place(Source("", "", "", ""), tuple(("reviews", month, "") for month in months), {})
    assert task.name == "评价 2026-01…2026-02"


def test_the_command_counts_with_two_processes_to_the_same_bytes(
    made: tuple[Path, bytes], shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LARGEST", 25)
    count_ahead(shop, workers=2)
    assert shop.uncounted() == 0
    assert dumped(shop.count()) == made[1]
    assert "--workers" in run("score", "--help")[1] and "--cluster" in run("report", "--help")[1]
    assert all("--memory" in run(command, "--help")[1] for command in ("score", "plan", "report", "run-due"))


@pytest.mark.parametrize("workers", [0, 1])
def test_what_is_left_to_count_is_looked_up_once(shop: Shop, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    asked: list[int] = []
    waiting = counts.waiting
    monkeypatch.setattr(counts, "waiting", lambda source: (asked.append(1), waiting(source))[1])
    count_ahead(shop, workers=workers)
    assert len(asked) == 1 and shop.uncounted() == 0
    add(shop, 2, 1)
    shop.counts.forget()
    assert shop.uncounted() > 0
    shop.tally()
    assert shop.uncounted() == 0


def test_counting_says_what_it_does_before_the_first_shard_is_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To place the months of a large shop takes minutes."""
    told: list[tuple[str, int]] = []
    before: list[list[tuple[str, int]]] = []

    @contextmanager
    def bar(unit: str) -> Iterator[Callable[[Path, int, int], None]]:
        yield lambda path, done, total: told.append((path.name, total))

    cut = tallies.cut
    monkeypatch.setattr(counting, "bar", bar)
    monkeypatch.setattr(tallies, "cut", lambda *given: (before.append(list(told)), cut(*given))[1])
    count_ahead(shop, workers=1)
    assert before == [[("正在把记录归到各月", 0)]] and all(total > 0 for _, total in told[1:]) and len(told) > 1


def test_a_worker_that_dies_is_told_with_its_shard_and_the_shard_is_tried_again(tmp_path: Path) -> None:
    said: list[str] = []
    with pool(2, notice=said.append) as mapped:
        tasks = [Task(tmp_path, "2026-03"), Task(tmp_path, "2026-04", deaths=1), Task(tmp_path, "2026-05")]
        assert list(mapped(work, tasks)) == ["2026-03", "2026-04", "2026-05"]
        assert said == ["统计 2026-04 的进程中断了（多半是内存不够），再试一次"]
        with pytest.raises(ShopscoreError) as refused:
            list(mapped(work, [Task(tmp_path, "2026-06", deaths=2)]))
        assert str(refused.value) == (
            "expected a worker to count 2026-06, found that its process died twice (often: out of memory); "
            "try fewer --workers or less --memory, or look at that month's exports"
        )
        with pytest.raises(ValueError, match="invalid literal"):
            list(mapped(int, ["1", "x"]))


SCRIPT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has it ignored
import pathlib, sys
from shopscore_analysis.workers import pool
from tests.test_workers import sleep
if __name__ == "__main__":
    with pool(2) as mapped:
        list(mapped(sleep, [pathlib.Path(sys.argv[1]) / name for name in ("a", "b")]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see which processes are left")
def test_an_interrupt_leaves_no_process_behind(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, tmp_path / "script.py", tmp_path], env=environment, cwd=root) as running:
        while not ((tmp_path / "a").exists() and (tmp_path / "b").exists()):
            assert running.poll() is None
            time.sleep(0.05)
        try:
            threads = Path(f"/proc/{running.pid}/task").glob("*/children")
            children = [child for thread in threads for child in thread.read_text(encoding="ascii").split()]
            assert len(children) >= 2
            running.send_signal(signal.SIGINT)
            assert running.wait(30) != 0
        finally:
            running.kill()
    until = time.monotonic() + 10  # multiprocessing's own helper ends when it sees that its parent did
    while (left := [child for child in children if Path(f"/proc/{child}").exists()]) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


def process(task: int) -> int:
    """The process that did it."""
    return os.getpid()


def test_no_more_processes_start_than_there_are_tasks() -> None:
    with pool(6) as mapped:
        (one,) = mapped(process, [0])
        assert list(mapped(process, [0])) == [one]
        assert len(multiprocessing.active_children()) == 1
        assert one in {child.pid for child in multiprocessing.active_children()}
    assert multiprocessing.active_children() == []


def test_few_bytes_stay_in_one_process() -> None:
    assert chosen(0, PAYS) == 1
    assert chosen(0, PAYS * 1000) == os.cpu_count()
    assert chosen(3, 0) == 3


def test_dask_counts_to_the_same_bytes_though_a_worker_is_killed(made: tuple[Path, bytes], shop: Shop) -> None:
    distributed = pytest.importorskip("distributed")
    killed: list[int] = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as local,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(parts, "LARGEST", 25)

        def kill(path: Path, done: int, total: int) -> None:
            if not killed:
                killed.append(next(iter(local.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)

        with cluster(local.scheduler_address) as mapped:
            assert dumped(shop.count(map=mapped, progress=kill)) == made[1]
    assert killed


def test_a_scheduler_that_does_not_answer_is_a_refusal() -> None:
    pytest.importorskip("distributed")
    said = r"expected a Dask scheduler at nowhere, found: .*; check address and port"
    with pytest.raises(SettingsError, match=said), cluster("nowhere"):
        pass


def test_without_dask_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingsError) as refused, cluster("tcp://127.0.0.1:8786"):
        pass
    assert str(refused.value) == (
        'expected the package distributed to reach tcp://127.0.0.1:8786, found none; install "shopscore-analysis[dask]"'
    )


def test_nothing_imports_dask_or_fsspec_unless_asked() -> None:
    code = (
        "import sys, shopscore_analysis.cli, shopscore_analysis.shop; "
        "print({'dask', 'distributed', 'fsspec'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
