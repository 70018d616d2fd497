"""A limit on what a notebook may print while it is run for a report; nothing else may be imported here."""

from __future__ import annotations

import sys
from typing import Any

MOST = 5_000_000  # characters; a report's notebook prints next to nothing


def load_ipython_extension(shell: Any) -> None:
    """Called by a kernel that was started with this extension: not in a cell, where IPython itself wraps `write`."""
    limit()


def limit(most: int = MOST) -> None:
    """Nothing; from now on this process may print `most` characters, and then printing raises RuntimeError.

    The limit stands where text is printed, so that a gigabyte fills no memory on its way out.
    """
    printed = [0]
    for stream in (sys.stdout, sys.stderr):
        _counted(stream, printed, most)


def _counted(stream: Any, printed: list[int], most: int) -> None:
    """Wraps the stream's own `write`: a kernel's streams carry one of their own, beside that of their class."""
    write = stream.write

    def counted(text: str) -> Any:
        printed[0] += len(text)
        if printed[0] > most:
            raise RuntimeError(f"expected at most {most:,} printed characters, found more; show a table instead")
        return write(text)

    stream.write = counted
