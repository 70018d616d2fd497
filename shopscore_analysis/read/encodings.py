"""Which encoding a text is in, and the same text as a stream of UTF-8."""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO, cast

import pyarrow as pa

from shopscore_analysis.read.sources import CHUNK, Source

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_TRIED = ("utf-8", "gb18030")


def encoding_of(source: Source) -> str | None:
    """The text encoding of a file: by its byte order mark, else the first of UTF-8 and GB18030 that fits all of it.

    None where neither fits.

    >>> from pathlib import Path
    >>> [encoding_of(Source.held(data, Path())) for data in ("评价".encode("gb18030"), b"\\xff\\xfea\\x00")]
    ['gb18030', 'utf-16']
    """
    head = source.head(1024)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding if _decodes(source, encoding) else None
    if b"\0" in head:
        return "utf-16-le" if b",\0" in head and _decodes(source, "utf-16-le") else None
    return next((encoding for encoding in _TRIED if _decodes(source, encoding)), None)


def _decodes(source: Source, encoding: str) -> bool:
    if encoding in ("utf-8", "utf-8-sig"):
        return _is_utf8(source)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with source.opened() as stream:
        try:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _is_utf8(source: Source) -> bool:
    """Whether all bytes are UTF-8, by Arrow, which looks faster than a decoder."""
    left = b""
    with source.opened() as stream:
        while chunk := stream.read(CHUNK):
            whole = left + chunk
            end = _boundary(whole)
            if not _valid(whole[:end]):
                return False
            left = whole[end:]
    return _valid(left)


def _boundary(data: bytes) -> int:
    """Where the last character begins, if that is within the last four bytes; else the end."""
    starts = (at for at in range(len(data) - 1, max(len(data) - 5, -1), -1) if data[at] & 0xC0 != 0x80)
    return next(starts, len(data))


def _valid(data: bytes) -> bool:
    try:
        pa.array([data], pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def is_text(source: Source) -> bool:
    """Whether the bytes look like text at all: without NUL, or in UTF-16."""
    return b"\0" not in source.head(1024) or encoding_of(source) is not None


def nearest(source: Source) -> tuple[str, str]:
    """The encoding with the fewest illegal bytes, and a note that counts them."""
    counts = {name: _illegal(source, name) for name in _TRIED}
    guess = min(_TRIED, key=counts.__getitem__)
    return guess, f"按 {guess} 解码，{counts[guess]} 个字节不合法，换成了 U+FFFD"


def _illegal(source: Source, encoding: str) -> int:
    with text_of(source, encoding) as text:
        return sum(chunk.count("\ufffd") for chunk in iter(lambda: text.read(CHUNK), ""))


def text_of(source: Source, encoding: str) -> io.TextIOWrapper:
    """The decoded text as a stream, line ends as they are; illegal bytes become U+FFFD."""
    return io.TextIOWrapper(source.opened(), encoding, "replace", newline="")


class _Utf8(io.RawIOBase):
    """A text stream as bytes of UTF-8."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text, self._left = text, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._left:
            self._left = self._text.read(CHUNK).encode()
        part, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._text.close()
        super().close()


def utf8_of(source: Source, encoding: str) -> BinaryIO:
    """The bytes as a stream of UTF-8 without illegal bytes."""
    return cast(BinaryIO, io.BufferedReader(_Utf8(text_of(source, encoding)), CHUNK))
