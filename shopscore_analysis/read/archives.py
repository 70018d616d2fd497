"""Archives → the bytes of their members; names are text and never become paths."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from shopscore_analysis.errors import ExportError

LIMIT = 2 << 30  # bytes that one file may unpack to
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


def _damaged(error: Exception, path: Path, name: str | None = None) -> ExportError:
    found = f"a damaged one ({error or type(error).__name__})"
    return ExportError(f"expected a zip archive or a workbook, found {found}; download it again", path, name)


def _listing(data: bytes, path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGE as error:
        raise _damaged(error, path) from error


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int, path: Path) -> bytes:
    """The bytes of a member, at most `most`."""
    try:
        with archive.open(info) as member:
            return member.read(most)
    except _DAMAGE as error:
        raise _damaged(error, path, _name(info)) from error


def is_workbook(data: bytes, path: Path) -> bool:
    """Whether a zip archive is an xlsx or ods workbook; ExportError where it is a text document or a presentation."""
    names = _listing(data, path).namelist()
    for folder, kind in _DOCUMENTS.items():
        if any(name.startswith(folder) for name in names):
            raise ExportError(f"expected CSV or a workbook, found {kind}; export the table itself", path)
    _refuse_bomb(data, path)
    return any(name.startswith(_WORKBOOK) or name == _OPEN_DOCUMENT for name in names)


def _refuse_bomb(data: bytes, path: Path) -> None:
    size = sum(info.file_size for info in _listing(data, path).infolist())
    if size > LIMIT:
        raise ExportError(_too_large(size), path)


def _too_large(size: int | None) -> str:
    found = f"{size:,} bytes" if size else "more"
    return f"expected at most {LIMIT:,} bytes once unpacked, found {found}; split the export into shorter periods"


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


def members(data: bytes, path: Path) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every member of a zip archive but folders, lock files and system files.

    ExportError where a member is encrypted or the archive would unpack to more than LIMIT bytes.
    """
    left = LIMIT
    with _listing(data, path) as archive:
        for info in archive.infolist():
            name = _name(info)
            if info.is_dir() or is_ignored(name):
                continue
            if info.flag_bits & _ENCRYPTED_FLAG:
                raise ExportError(
                    f"expected an open archive, found {name} protected by a password; unpack it first", path, name
                )
            content = _content(archive, info, left + 1, path)
            left -= len(content)
            if left < 0:
                raise ExportError(_too_large(None), path, name)
            yield name, content


def unpacked(data: bytes, path: Path) -> bytes:
    """The bytes inside a gzip file; ExportError where it is cut short or larger than LIMIT."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(data, LIMIT + 1)
    except zlib.error as error:
        raise ExportError(f"expected a gzip file, found a damaged one ({error}); download it again", path) from error
    if len(content) > LIMIT:
        raise ExportError(_too_large(None), path)
    if not unpacker.eof:
        raise ExportError("expected a whole gzip file, found one that is cut short; download it again", path)
    return content
