"""Where bytes come from: a file, a member of an archive; read as a stream, as often as needed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shopscore_analysis.errors import ExportError

LIMIT = 2 << 30  # bytes that a workbook, or what an archive unpacks to, may have
HEAD = 1 << 18
CHUNK = 1 << 20


@dataclass(frozen=True)
class Source:
    """Bytes that can be read from their start again and again; `member` is the name inside an archive."""

    path: Path
    member: str
    opened: Callable[[], BinaryIO]

    @classmethod
    def of(cls, path: Path) -> Source:
        """The bytes of a file."""
        return cls(path, "", lambda: path.open("rb"))

    @classmethod
    def held(cls, data: bytes, path: Path, member: str = "") -> Source:
        """Bytes that are in memory already."""
        return cls(path, member, lambda: io.BytesIO(data))

    def head(self, size: int = HEAD) -> bytes:
        """The first bytes; ExportError where the file cannot be read."""
        with self._open() as stream:
            return stream.read(size)

    def _open(self) -> BinaryIO:
        try:
            return self.opened()
        except OSError as error:
            raise ExportError(
                f"expected a file that can be read, found {error.strerror}; check the path and the rights",
                self.path,
                why="打不开，请检查路径和权限",
            ) from error

    def data(self) -> bytes:
        """All bytes; ExportError where there are more than LIMIT."""
        with self._open() as stream:
            content = stream.read(LIMIT + 1)
        if len(content) > LIMIT:
            raise ExportError(too_large(None), self.path, self.member or None, why="太大")
        return content

    def digest(self) -> str:
        """The SHA-256 of the bytes, in hex."""
        with self._open() as stream:
            total = hashlib.sha256()
            while chunk := stream.read(CHUNK):
                total.update(chunk)
            return total.hexdigest()

    def is_blank(self) -> bool:
        """Whether there is nothing but white space."""
        with self._open() as stream:
            while chunk := stream.read(CHUNK):
                if chunk.strip():
                    return False
        return True


def too_large(size: int | None) -> str:
    """What to say of bytes beyond LIMIT."""
    found = f"{size:,} bytes" if size else "more"
    return f"expected at most {LIMIT:,} bytes once unpacked, found {found}; split the export into shorter periods"
