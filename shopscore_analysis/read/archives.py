"""Archives → the sources inside them; names are text and never become paths."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, cast

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read import sources
from shopscore_analysis.read.sources import Source, too_large

_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_WORKBOOK = "xl/workbook"
_OPEN_DOCUMENT = "content.xml"
_DOCUMENTS = {"word/": "a Word document", "ppt/": "a presentation"}

# whatever zipfile and its unpackers raise over damaged bytes
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    ValueError,
    NotImplementedError,
    EOFError,
    OSError,
    struct.error,
)


class _Unpacking(io.RawIOBase):
    """A stream out of an archive that ends in an ExportError at damage or once it is larger than LIMIT."""

    def __init__(self, stream: IO[bytes], source: Source, kind: str) -> None:
        self._stream, self._source, self._kind, self._left = stream, source, kind, sources.LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            chunk = self._stream.read(len(buffer))
        except _DAMAGE as error:
            raise _damaged(error, self._source, self._kind) from error
        self._left -= len(chunk)
        if self._left < 0:
            raise ExportError(too_large(None), self._source.path, self._source.member or None, why="太大")
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _damaged(error: Exception, source: Source, kind: str) -> ExportError:
    if isinstance(error, EOFError) and kind == "a gzip file":
        return ExportError(
            "expected a whole gzip file, found one that is cut short; download it again",
            source.path,
            why="压缩包不完整，请重新下载",
        )
    found = f"a damaged one ({error or type(error).__name__})"
    message, place = f"expected {kind}, found {found}; download it again", source.member or None
    return ExportError(message, source.path, place, why="损坏了，请重新下载")


_ARCHIVE = "a zip archive or a workbook"


def _listing(source: Source) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source.opened())
    except _DAMAGE as error:
        raise _damaged(error, source, _ARCHIVE) from error


def is_workbook(source: Source) -> bool:
    """Whether a zip archive is an xlsx or ods workbook; ExportError where it is a text document or a presentation."""
    with _listing(source) as archive:
        names = archive.namelist()
        size = sum(info.file_size for info in archive.infolist())
    for folder, kind in _DOCUMENTS.items():
        if any(name.startswith(folder) for name in names):
            message = f"expected CSV or a workbook, found {kind}; export the table itself"
            raise ExportError(message, source.path, why="不是表格")
    if size > sources.LIMIT:
        raise ExportError(too_large(size), source.path, why="太大")
    return any(name.startswith(_WORKBOOK) or name == _OPEN_DOCUMENT for name in names)


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name; names written by Chinese Windows are GBK that zipfile took for cp437."""
    if info.flag_bits & _UTF8_FLAG:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def is_ignored(name: str) -> bool:
    """Whether a name is a lock file, a system's file or a hidden file, and no export.

    >>> is_ignored("~$评价.xlsx"), is_ignored("__MACOSX/._订单.csv"), is_ignored("订单.csv")
    (True, True, False)
    """
    last = name.rstrip("/").rsplit("/", 1)[-1]
    return last.startswith(("~$", ".")) or last in ("Thumbs.db", "desktop.ini")


def members(source: Source) -> Iterator[Source]:
    """Every member of a zip archive but folders, lock files and system files.

    ExportError where a member is encrypted; a member that unpacks to more than LIMIT bytes ends in one when read.
    """
    with _listing(source) as archive:
        for info in archive.infolist():
            name = _name(info)
            if info.is_dir() or is_ignored(name):
                continue
            if info.flag_bits & _ENCRYPTED_FLAG:
                raise ExportError(
                    f"expected an open archive, found {name} protected by a password; unpack it first",
                    source.path,
                    name,
                    why="压缩包有密码，请先解开",
                )
            label = f"{source.member}/{name}" if source.member else name
            yield _within(source, label, _ARCHIVE, lambda info=info: _listing(source).open(info))  # type: ignore[misc]


def unpacked(source: Source) -> Source:
    """What is inside a gzip file; reading ends in an ExportError where it is cut short or larger than LIMIT."""
    return _within(source, source.member, "a gzip file", lambda: cast(IO[bytes], gzip.open(source.opened(), "rb")))


def _within(source: Source, member: str, kind: str, opened: Callable[[], IO[bytes]]) -> Source:
    inner = Source(source.path, member, source.opened)

    def stream() -> BinaryIO:
        try:
            raw = _Unpacking(opened(), inner, kind)
        except _DAMAGE as error:
            raise _damaged(error, inner, kind) from error
        return cast(BinaryIO, io.BufferedReader(raw, sources.CHUNK))

    return Source(source.path, member, stream)
