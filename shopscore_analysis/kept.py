"""Small files that can be made again at any time, in a local folder or at any URL that fsspec knows.

Each carries the checksum of its content, and is put in place whole: what is damaged, half-written or of another
program reads as absent. A folder that cannot be written keeps nothing and is no error.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from shopscore_analysis.objects import file_system

_MARK = b"shopscore-kept-1\n"
_SUM = hashlib.sha256().digest_size


class Kept:
    """The kept files of one folder (a path or a URL)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._system: Any = None
        self._root = url
        if "://" in url:
            self._system, self._root = file_system(url)

    def get(self, name: str) -> bytes | None:
        """The content of a file, None where there is no sound one."""
        try:
            raw = (
                self._system.cat_file(f"{self._root}/{name}")
                if self._system
                else (Path(self._root) / name).read_bytes()
            )
        except OSError:
            return None
        start = len(_MARK) + _SUM
        return raw[start:] if raw[:start] == _MARK + hashlib.sha256(raw[start:]).digest() else None

    def put(self, name: str, content: bytes) -> bool:
        """Keeps the content, and says whether it could; whoever reads meanwhile sees the old file or the new one."""
        raw = _MARK + hashlib.sha256(content).digest() + content
        with suppress(OSError):
            if self._system:
                self._system.pipe_file(f"{self._root}/{name}", raw)
            else:
                _write(Path(self._root), name, raw)
            return True
        return False

    def names(self) -> set[str]:
        """The names of everything kept."""
        with suppress(OSError):
            if self._system:
                self._system.invalidate_cache()
                return {path.rsplit("/", 1)[-1] for path in self._system.find(self._root)}
            return {path.name for path in Path(self._root).iterdir() if path.is_file()}
        return set()

    def remove(self, names: Iterable[str]) -> None:
        """Forgets these files, if they are still there and the folder can be written."""
        for name in names:
            with suppress(OSError):
                if self._system:
                    self._system.rm_file(f"{self._root}/{name}")
                else:
                    (Path(self._root) / name).unlink()

    def is_writable(self) -> bool:
        """Whether files can be kept here at all."""
        if self._system:
            return True
        with suppress(OSError):
            Path(self._root).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._root):
                return True
        return False


def _write(folder: Path, name: str, raw: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as making:
        draft = Path(making) / name
        draft.write_bytes(raw)
        draft.replace(folder / name)
