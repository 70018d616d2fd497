"""The list of everything that a run of the loader could not read: `data/rejects/<run>.csv`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.read import Reject

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RejectsFile:
    """A CSV (UTF-8 with BOM, for Excel) that is made when the first reject comes; written as they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._out: TextIO | None = None

    def __enter__(self) -> RejectsFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._out:
            self._out.close()

    def add(self, rejects: Iterable[Reject]) -> None:
        """Writes some rejects; SettingsError where the folder cannot be written."""
        rows = [[_inert(value) for value in astuple(reject)] for reject in rejects]
        if not rows:
            return
        try:
            self._out = self._out or self._begun()
            csv.writer(self._out).writerows(rows)
        except OSError as error:
            raise SettingsError(
                f"expected to write the rejects to {self._folder}, found: {error.strerror or error}; free some space "
                "or mend the folder's rights and load again"
            ) from error

    @contextmanager
    def of_one_file(self) -> Iterator[None]:
        """Forgets what was added within if it ends in an error: a refused file has no rejects of its own."""
        before = self._out.tell() if self._out else None
        try:
            yield
        except BaseException:
            if self._out:
                self._back_to(before)
            raise

    def _back_to(self, place: int | None) -> None:
        assert self._out
        if place is None:
            self._out.close()
            Path(self._out.name).unlink()
            self._out = None
        else:
            self._out.seek(place)
            self._out.truncate()

    def _begun(self) -> TextIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        out = _free(self._folder, datetime.now().strftime("%Y%m%d-%H%M%S")).open("x", encoding="utf-8-sig", newline="")
        csv.writer(out).writerow([field.name for field in fields(Reject)])
        return out


def _free(folder: Path, run: str) -> Path:
    names = (f"{run}{f'-{at}' if at else ''}.csv" for at in range(10_000))
    return next(folder / name for name in names if not (folder / name).exists())


def _inert(value: object) -> str:
    """A cell that no spreadsheet program takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
