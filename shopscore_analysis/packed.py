"""A tally as bytes: what is kept of a count."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa

from shopscore_analysis.tally import Tally


def dumped(tally: Tally) -> bytes:
    """A tally as two Arrow streams, cells and quotes; equal tallies give equal bytes."""
    out = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    for frame in (tally.cells, tally.quotes):
        table = _plain(pa.Table.from_pandas(frame, preserve_index=False))
        with pa.ipc.new_stream(out, table.schema, options=options) as stream:
            stream.write_table(table)
    return out.getvalue()


def _plain(table: pa.Table) -> pa.Table:
    """The table with texts in buffers of their own: what is left of filtering must not show in the bytes."""
    texts = [field for field in table.schema if not pa.types.is_dictionary(field.type) and field.type != pa.int64()]
    for field in texts:
        at, column = table.schema.get_field_index(field.name), table[field.name].combine_chunks()
        table = table.set_column(at, field, column.take(pa.array(np.arange(len(column)))))
    return table


def loaded(content: bytes | None) -> Tally | None:
    """The tally of these bytes; None for none, and for bytes that are no tally."""
    if content is None:
        return None
    try:
        source = pa.BufferReader(content)
        cells, quotes = (pa.ipc.open_stream(source).read_all().to_pandas() for _ in range(2))
        return Tally(cells, quotes)
    except (pa.ArrowException, OSError, ValueError):
        return None
