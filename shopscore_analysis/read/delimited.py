"""Delimited text → a grid: delimiters, ragged rows, a few rows at a time."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from shopscore_analysis.read.dialects import aliases, folded
from shopscore_analysis.read.encodings import encoding_of, nearest, text_of, utf8_of
from shopscore_analysis.read.grids import HEAD_ROWS, Rows, Slice
from shopscore_analysis.read.sources import HEAD, Source

_BLOCK = 8 << 20
_DELIMITERS = ",\t;|"
csv.field_size_limit(1 << 24)


@dataclass
class Delimited:
    """A text file that pyarrow parses column by column where every row is as wide as the header."""

    source: Source
    encoding: str
    delimiter: str
    legal: bool = True
    notes: list[str] = field(default_factory=list)
    name: str | None = None

    @property
    def member(self) -> str:
        """The name inside an archive."""
        return self.source.member

    def head(self) -> list[list[str]]:
        """The first rows, at most HEAD_ROWS."""
        return self._head[0]

    @cached_property
    def _head(self) -> tuple[list[list[str]], list[int]]:
        """The first rows, and for each the number of text lines read when it ended."""
        text = self.source.head(HEAD).decode(self.encoding, "replace")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
        rows, lines = [], []
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) == HEAD_ROWS:
                break
        return rows, lines

    def slices(self, start: int, wanted: Collection[int] | None = None) -> Iterator[Slice]:
        """The rows from `start` on; from a ragged row on they are read one by one, so that no row is lost."""
        rows, lines = self._head
        if 0 < start < len(rows):  # of nothing, pyarrow at times aborts the process
            # a ragged row is an ArrowInvalid: the slow way below goes on where the fast one stopped
            with suppress(pa.ArrowInvalid):
                for part in self._fast(start, lines[start - 1], len(rows[start - 1]), wanted):
                    yield part
                    start = part.first + len(part)
                return
        yield from Rows(self._rows, self.name, self.member, self.notes).slices(start, wanted)

    def _fast(self, start: int, lines: int, width: int, wanted: Collection[int] | None) -> Iterator[Slice]:
        names = [str(at) for at in range(width)]
        keep = names if wanted is None else [str(at) for at in sorted(wanted) if at < width]
        with (
            self._bytes() as stream,
            arrow_csv.open_csv(
                stream,
                arrow_csv.ReadOptions(skip_rows=lines, column_names=names, block_size=_BLOCK),
                # an empty line counts as a row of empty cells, so that rows are numbered as a spreadsheet counts
                arrow_csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), include_columns=keep, check_utf8=False
                ),
            ) as reader,
        ):
            for batch in reader:
                read = dict(zip(keep, batch.columns, strict=True))
                nothing = pa.nulls(batch.num_rows, pa.string())
                yield Slice([read.get(name, nothing) for name in names], start)
                start += batch.num_rows

    def _bytes(self) -> BinaryIO:
        plain = self.legal and self.encoding.startswith("utf-8")
        return self.source.opened() if plain else utf8_of(self.source, self.encoding)

    def _rows(self) -> Iterator[list[str]]:
        with text_of(self.source, self.encoding) as text:
            yield from csv.reader(text, delimiter=self.delimiter)

    @property
    def text(self) -> str:
        """The whole file, decoded."""
        return self.source.data().decode(self.encoding, "replace")


def _likely(grid: Delimited) -> tuple[int, int, int]:
    """How well a delimiter fits: known headers in one row, rows of the commonest width, that width."""
    head = grid.head()
    known = max((sum(folded(cell) in aliases() for cell in row) for row in head), default=0)
    widths = Counter(len(row) for row in head if len(row) > 1)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return known, count, width


def read_delimited(source: Source) -> Delimited:
    """The grid of a comma-, tab-, semicolon- or bar-separated text in any encoding that exports come in."""
    encoding = encoding_of(source)
    if legal := encoding is not None:
        notes = []
    else:
        encoding, note = nearest(source)
        notes = [note]
    choices = [Delimited(source, encoding, delimiter, legal, notes) for delimiter in _DELIMITERS]
    return max(choices, key=_likely)
