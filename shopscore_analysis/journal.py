"""Several files in a folder replaced in one step, whatever happens in the middle.

`commit` writes the new files aside, then a journal that names them; renaming the journal into place is the one
moment of commitment. After it the files are moved to their places, by this process or by whoever comes next.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TypeVar

from shopscore_analysis.errors import SettingsError, ShopscoreError

_JOURNAL = "journal.json"
_STAGE = ".staged"
_LOCK = ".lock"
_WAIT = 60.0
_PAUSE = 0.05
_ATTEMPTS = 50
Content = TypeVar("Content")


class Journal:
    """The files under one root; paths are relative, with forward slashes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def lock(self, wait: float = _WAIT) -> Iterator[None]:
        """Holds the writers' lock, which the system lets go of when a process dies, and finishes what was committed.

        ShopscoreError where another process holds it for more than `wait` seconds.
        """
        with _writable(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            handle = (self.root / _LOCK).open("a+b")
        with handle:
            _acquire(handle, wait, self.root)
            try:
                with _writable(self.root):
                    self._recover()
                yield
            finally:
                self._sweep()
                _release(handle)

    def commit(self, writers: Mapping[str, Callable[[Path], bool]]) -> None:
        """Replaces every path by the file that its writer makes, if that says that it is worth it.

        The caller holds the lock. Any error before the journal stands leaves every file as it was.
        """
        try:
            with _writable(self.root):
                self._stage(writers)
                self._recover()
        except BaseException:
            self._sweep()
            raise

    def aside(self, name: str, write: Callable[[Path], None]) -> Path:
        """Where `write` has put what is not committed yet; it is gone when the lock is let go of."""
        path = self.root / _STAGE / name
        with _writable(self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path)
        return path

    def _stage(self, writers: Mapping[str, Callable[[Path], bool]]) -> None:
        """Writes every file aside and makes its folder, then the journal; the last line commits."""
        stage = self.root / _STAGE
        stage.mkdir(parents=True, exist_ok=True)
        staged = {}
        for number, (path, write) in enumerate(writers.items()):
            if write(stage / f"{number}"):
                (self.root / path).parent.mkdir(parents=True, exist_ok=True)
                _synced(stage / f"{number}")
                staged[path] = f"{_STAGE}/{number}"
        if staged:
            draft = stage / _JOURNAL
            draft.write_text(json.dumps(staged), encoding="utf-8")
            _synced(draft)
            draft.replace(self.root / _JOURNAL)

    def _pending(self) -> dict[str, str]:
        """Committed files that may not be in their places yet: path → where they are staged."""
        try:
            return dict(json.loads((self.root / _JOURNAL).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}

    def _recover(self) -> None:
        """Moves what is committed to its place, then forgets what is not."""
        for path, staged in self._pending().items():
            if (self.root / staged).exists():
                _replaced(self.root / staged, self.root / path)
        (self.root / _JOURNAL).unlink(missing_ok=True)
        self._sweep()

    def _sweep(self) -> None:
        if not (self.root / _JOURNAL).exists():
            shutil.rmtree(self.root / _STAGE, ignore_errors=True)

    def find(self, path: str) -> Path:
        """Where the committed content of a path is now, without waiting for a writer."""
        staged = self._pending().get(path)
        aside = self.root / staged if staged else None
        return aside if aside and aside.exists() else self.root / path

    def open(self, path: str) -> IO[bytes]:
        """The committed content of a path, to be read and closed."""
        return self.find(path).open("rb")

    def consistent(
        self, folder: str, read: Callable[[list[str]], Content], within: Collection[str] | None = None
    ) -> Content:
        """What `read` makes of the committed paths under a folder, all of one moment; it is called again when a
        writer commits while it reads. `within`: see `files`.
        """
        for _ in range(_ATTEMPTS):
            before = self.state(folder, within)
            try:
                result = read(sorted(before))
            except FileNotFoundError:
                continue
            if self.state(folder, within) == before:
                return result
        raise ShopscoreError(
            f"expected a quiet moment to read {self.root / folder}, found writers all the time; try again"
        )

    def state(self, folder: str, within: Collection[str] | None = None) -> dict[str, tuple[int, int]]:
        """Every committed path with what tells its versions apart; moving a staged file into place changes nothing.

        `within`: see `files`.
        """
        state, pending = {}, self._pending()
        for path in self._files(folder, within, pending):
            with suppress(FileNotFoundError):
                stat = (self.find(path) if path in pending else self.root / path).stat()
                state[path] = (stat.st_mtime_ns, stat.st_size)
        return state

    def files(self, folder: str, within: Collection[str] | None = None) -> list[str]:
        """The committed paths under a folder, sorted; `within`: those in folders of these names only."""
        return self._files(folder, within, self._pending())

    def _files(self, folder: str, within: Collection[str] | None, pending: Collection[str]) -> list[str]:
        waiting = {path for path in pending if path.startswith(f"{folder}/")}
        meant = {path for path in waiting if _is_within(path.split("/")[-2], within)}
        return sorted(meant.union(_below(f"{self.root}", folder, 3, within)))


def _below(root: str, folder: str, depth: int, within: Collection[str] | None) -> Iterator[str]:
    """The paths so many folders below a folder; years of months are listed often, and pathlib takes its time."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(f"{root}/{folder}") as entries:
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if depth == 1:
                yield path
            elif depth > 2 or _is_within(entry.name, within):
                yield from _below(root, path, depth - 1, within)


def _is_within(name: str, within: Collection[str] | None) -> bool:
    return within is None or name in within


@contextmanager
def _writable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        found = os.strerror(error.errno) if error.errno else error
        raise SettingsError(
            f"expected to write in {root}, found: {found}; free some space or mend the "
            "folder's rights and load again (the shelf is as it was before this file)"
        ) from error


def _synced(path: Path) -> None:
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def _replaced(source: Path, target: Path) -> None:
    """Moves a file over another; on Windows a reader may hold the target open for a moment."""
    for attempt in range(100):
        try:
            source.replace(target)
            return
        except PermissionError:
            if attempt == 99:
                raise
            time.sleep(_PAUSE)


def _acquire(handle: IO[bytes], wait: float, root: Path) -> None:
    deadline = time.monotonic() + wait
    while not _try_lock(handle):
        if time.monotonic() > deadline:
            raise ShopscoreError(
                f"expected to be the only loader of {root}, found another one at work for {wait:g} seconds; "
                "wait until it is done and run the command again"
            )
        time.sleep(_PAUSE)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: IO[bytes]) -> bool:
        try:
            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(handle: IO[bytes]) -> bool:
        try:
            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(handle: IO[bytes]) -> None:
        fcntl.flock(handle.fileno(), fcntl.LOCK_UN)
