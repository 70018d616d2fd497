"""Delimited text → a grid: encodings, delimiters, ragged rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import pyarrow as pa
from pyarrow import csv as arrow_csv

from shopscore_analysis.read.dialects import aliases, folded
from shopscore_analysis.read.grids import HEAD_ROWS, Rows

_CHUNK = 1 << 20
_HEAD_BYTES = 1 << 18
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ",\t;|"
csv.field_size_limit(1 << 24)


@dataclass
class Delimited:
    """A text file that pyarrow parses column by column when its header is known."""

    data: bytes
    encoding: str
    delimiter: str
    member: str
    notes: list[str] = field(default_factory=list)
    name: str | None = None

    def head(self) -> list[list[str]]:
        """The first rows, at most HEAD_ROWS."""
        return self._head()[0]

    def _head(self) -> tuple[list[list[str]], list[int]]:
        """The first rows, and for each the number of text lines read when it ended."""
        text = codecs.getincrementaldecoder(self.encoding)("replace").decode(self.data[:_HEAD_BYTES])
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
        rows, lines = [], []
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) == HEAD_ROWS:
                break
        return rows, lines

    def below(self, row: int, wanted: Collection[int] | None = None) -> list[pa.Array]:
        """The cells under `row`; a file with ragged rows is read again row by row, so that no row is lost."""
        rows, lines = self._head()
        try:
            return self._columns(lines[row], len(rows[row]), wanted)
        except pa.ArrowInvalid:
            return Rows(self._rows(), self.name, self.member, self.notes).below(row)

    def _columns(self, lines: int, width: int, wanted: Collection[int] | None) -> list[pa.Array]:
        names = [str(at) for at in range(width)]
        keep = names if wanted is None else [str(at) for at in sorted(wanted)]
        table = arrow_csv.read_csv(
            pa.BufferReader(self.data),
            arrow_csv.ReadOptions(
                skip_rows=lines, column_names=names, encoding="utf8" if self._is_utf8 else self.encoding
            ),
            arrow_csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), include_columns=keep),
        )
        missing = pa.nulls(table.num_rows, pa.string())
        read = {name: table[name].combine_chunks() for name in keep}
        return [read.get(name, missing) for name in names]

    @property
    def _is_utf8(self) -> bool:
        return self.encoding.startswith("utf-8")

    def _rows(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter))

    @property
    def text(self) -> str:
        """The whole file, decoded."""
        return self.data.decode(self.encoding)


def _decodes(data: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    view = memoryview(data)
    try:
        for start in range(0, len(data), _CHUNK):
            decoder.decode(view[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def encoding_of(data: bytes) -> str | None:
    """The text encoding of a file: by its byte order mark, else the first of UTF-8 and GB18030 that fits.

    None where neither fits.

    >>> encoding_of("评价".encode("gb18030")), encoding_of(b"\\xff\\xfea\\x00")
    ('gb18030', 'utf-16')
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding if _decodes(data, encoding) else None
    if b"\0" in data[:1024]:
        return "utf-16-le" if b",\0" in data[:1024] and _decodes(data, "utf-16-le") else None
    return next((encoding for encoding in ("utf-8", "gb18030") if _decodes(data, encoding)), None)


def is_text(data: bytes) -> bool:
    """Whether the bytes look like text at all: without NUL, or in UTF-16."""
    return b"\0" not in data[:1024] or encoding_of(data) is not None


def _mended(data: bytes) -> tuple[bytes, str]:
    """The text in UTF-8 with every illegal byte replaced by U+FFFD, and a note that counts them."""
    guess = min(("utf-8", "gb18030"), key=lambda name: data.decode(name, "replace").count("\ufffd"))
    text = data.decode(guess, "replace")
    return text.encode(), f"{text.count(chr(0xFFFD))} illegal bytes in {guess} text were replaced by U+FFFD"


def _likely(grid: Delimited) -> tuple[int, int, int]:
    """How well a delimiter fits: known headers in one row, rows of the commonest width, that width."""
    head = grid.head()
    known = max((sum(folded(cell) in aliases() for cell in row) for row in head), default=0)
    widths = Counter(len(row) for row in head if len(row) > 1)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return known, count, width


def read_delimited(data: bytes, member: str = "") -> Delimited:
    """The grid of a comma-, tab-, semicolon- or bar-separated text in any encoding that exports come in."""
    encoding, notes = encoding_of(data), []
    if encoding is None:
        (data, note), encoding = _mended(data), "utf-8"
        notes.append(note)
    choices = [Delimited(data, encoding, delimiter, member, notes) for delimiter in _DELIMITERS]
    return max(choices, key=_likely)
