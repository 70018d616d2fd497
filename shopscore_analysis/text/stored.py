"""Arrays that take seconds to make, kept in the user's cache folder from one run to the next."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

Arrays = dict[str, NDArray[Any]]
_KEPT = 12  # files of a kind that stay: the lexicons of a few shops' categories with their own phrases


def stored(kind: str, stamp: str, names: Collection[str], make: Callable[[], Arrays]) -> Arrays:
    """The arrays of these names that were kept under a stamp; made, and kept there, where no sound file holds them.

    A file is put in place whole and carries checksums. A folder that cannot be written only costs time.
    """
    path = _folder() / f"{kind}-{stamp}.npz"
    with suppress(OSError, EOFError, ValueError, zipfile.BadZipFile):
        found = _read(path)
        if found.keys() == set(names):
            return found
    arrays = make()
    with suppress(OSError):  # a read-only home: the next run makes them anew
        _write(path, kind, arrays)
    return arrays


def stamp_of(digest: str, sources: Iterable[str]) -> str:
    """32 hex digits that stand for a digest and for the files of this package's text/ that make arrays of it."""
    folder = files("shopscore_analysis") / "text"
    code = b"".join((folder / name).read_bytes() for name in sources)
    return hashlib.sha256(digest.encode() + code).hexdigest()[:32]


def _folder() -> Path:
    return user_cache_path("shopscore", appauthor=False) / "lexicon"


def _read(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _write(path: Path, kind: str, arrays: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as making:
        draft = Path(making) / path.name
        np.savez(draft, **arrays)
        draft.replace(path)
    for old in sorted(path.parent.glob(f"{kind}-*.npz"), key=lambda file: file.stat().st_mtime)[:-_KEPT]:
        old.unlink()
