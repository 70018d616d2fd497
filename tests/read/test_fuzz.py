"""Damaged and random files: read, or refused by an ExportError, never anything else."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read import read_export
from tests.read.conftest import ORDER, REVIEW, order, review, text_of, workbook

CELLS = st.one_of(
    st.text(max_size=10), st.sampled_from(["", "-", "6.9E+18", "2026-09-01", "总计", "\t1", '="2"', "1;2", *REVIEW])
)


def zipped(data: bytes) -> bytes:
    """The bytes as the only member of a zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("评价.csv", data)
    return out.getvalue()


def samples() -> list[bytes]:
    """Good files of several kinds."""
    reviews, orders = text_of([REVIEW, review()]), text_of([ORDER, order()])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "评价.xlsx"
        workbook(path, {"评价": [REVIEW, review()]})
        book = path.read_bytes()
    return [reviews.encode(), orders.encode("gb18030"), reviews.encode("utf-16"), zipped(reviews.encode()), book]


def survives(data: bytes) -> None:
    """Reads the bytes as a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "导出_20260901.csv"
        path.write_bytes(data)
        try:
            batches = read_export(path, shop="试衣间")
        except ExportError as error:
            assert "expected" in str(error)
        else:
            assert all(len(set(batch.records.schema.names)) == batch.records.num_columns for batch in batches)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(samples()), st.integers(0, 10**6), st.binary(max_size=4), st.integers(0, 40))
def test_a_damaged_file_is_read_or_refused(data: bytes, at: int, put: bytes, cut: int) -> None:
    at %= len(data)
    survives(data[:at] + put + data[at + cut :])


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=60),
    st.sampled_from(
        [b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"\xff\xfe", b"<table>", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
    ),
)
def test_random_bytes_are_read_or_refused(data: bytes, start: bytes) -> None:
    survives(start + data)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=14), max_size=6), st.sampled_from([REVIEW, ORDER]))
def test_any_cells_under_a_good_header_are_read_or_refused(rows: list[list[str]], header: list[str]) -> None:
    survives(text_of([header, *rows]).encode("utf-8", "surrogatepass"))
