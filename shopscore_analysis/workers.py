"""Processes that count: on this machine, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import connection
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

from shopscore_analysis.errors import SettingsError, ShopscoreError
from shopscore_analysis.parts import Mapper, Notice

_SPAWN = multiprocessing.get_context("spawn")


PAYS = 8 << 20  # bytes of the shelf that are worth a process of their own: it takes two seconds to start


def chosen(workers: int, waiting: int) -> int:
    """How many processes count: `workers`, or for 0 as many as pay for so many bytes of the shelf, one for few."""
    return workers or max(1, min(os.cpu_count() or 1, waiting // PAYS))


def end_with_parent() -> None:
    """Nothing; from now on this process ends when the one that started it does, however that ends."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        connection.wait([parent.sentinel] if parent else [])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _serve(pipe: connection.Connection) -> None:
    """What a worker does: waits for tasks; the interrupt is for the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    while True:
        function, task = pipe.recv()
        try:
            pipe.send((function(task), None))
        except Exception as error:
            pipe.send((None, error))


class _Lane:
    """One worker process and the pipe to it."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """A new worker, at first or in the place of one that died."""
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, function: Callable[[Any], Any], task: Any) -> Any:
        """What the worker makes of the task; EOFError where it dies over it, and then a new one is there."""
        try:
            self._pipe.send((function, task))
            result, error = self._pipe.recv()
        except (EOFError, OSError) as error:
            self.close()
            raise EOFError(str(error)) from error
        if error is not None:
            raise error
        return result

    def kill(self) -> None:
        """Ends the worker at once, whatever it is doing."""
        self._process.kill()
        self._process.join()

    def close(self) -> None:
        """Ends the worker and the pipe to it."""
        self.kill()
        self._pipe.close()


class Pool:
    """Up to so many worker processes; `map` is that of the builtin, over several tasks at once.

    A process starts when a task waits and no other process is free: never more of them than tasks at hand.
    """

    def __init__(self, workers: int, notice: Notice | None = None) -> None:
        self._lanes: list[_Lane] = []
        self._notice, self._open = notice, True
        self._free: SimpleQueue[_Lane] = SimpleQueue()
        self._starting = Lock()
        self._threads = ThreadPoolExecutor(workers)

    def map(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        """The results in the order of the tasks.

        A task whose worker dies is tried once more in a new one; ShopscoreError names it when that dies, too.
        """
        return self._threads.map(lambda task: self._run(function, task), tasks)

    def _lane(self) -> _Lane:
        """A free worker, or a new one: there are as many threads as there may be workers."""
        with suppress(Empty):
            return self._free.get_nowait()
        with self._starting:
            if not self._open:
                raise EOFError("the pool is closed")
            self._lanes.append(lane := _Lane())
            return lane

    def _run(self, function: Callable[[Any], Any], task: Any) -> Any:
        lane = self._lane()
        try:
            return self._twice(lane, function, task)
        finally:
            self._free.put(lane)

    def _twice(self, lane: _Lane, function: Callable[[Any], Any], task: Any) -> Any:
        name = getattr(task, "name", "?")
        for last in (False, True):
            try:
                return lane.run(function, task)
            except EOFError as error:
                if self._open:
                    lane.start()
                if not self._open:  # now, or since
                    lane.kill()
                    raise
                if last:
                    raise ShopscoreError(
                        f"expected a worker to count {name}, found that its process died twice (often: out of memory); "
                        "try fewer --workers or less --memory, or look at that month's exports"
                    ) from error
                if self._notice:
                    self._notice(f"统计 {name} 的进程中断了（多半是内存不够），再试一次")
        return None

    def close(self) -> None:
        """Ends every worker at once; nothing is left behind."""
        with self._starting:
            self._open = False
        for lane in self._lanes:
            lane.kill()
        self._threads.shutdown(cancel_futures=True)
        for lane in self._lanes:
            lane.close()


@contextmanager
def pool(workers: int, notice: Notice | None = None) -> Iterator[Mapper]:
    """The `map` of up to so many worker processes; of none for one. `notice` is told of a worker that dies.

    Whatever ends the block, an interrupt too, ends the processes.
    """
    if workers < 2:
        yield map
        return
    processes = Pool(workers, notice)
    try:
        yield processes.map
    finally:
        processes.close()


@contextmanager
def cluster(address: str) -> Iterator[Mapper]:
    """The `map` of a Dask cluster at an address such as tcp://scheduler:8786; a worker that dies is Dask's to replace.

    SettingsError where Dask is not installed or nobody answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise SettingsError(
            f'expected the package distributed to reach {address}, found none; install "shopscore-analysis[dask]"'
        ) from error
    try:
        client: Any = Client(address, timeout="15s")  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"expected a Dask scheduler at {address}, found: {error}; check address and port"
        ) from error
    with client:
        yield client.get_executor(pure=False).map
