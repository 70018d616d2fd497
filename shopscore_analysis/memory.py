"""How a process that counts keeps its memory small: what is freed goes back to the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache

import pyarrow as pa

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # names of glibc's malloc.h
_NO_GLIBC = (AttributeError, OSError, TypeError)  # macOS, Windows, musl
# Bytes from which a block goes back when it is freed. Left alone, glibc raises this bound and keeps what was freed in
# pieces; an eighth of it saves 25 to 40 MB a process, and four tenths of the time go into asking for the same pages.
_LARGE = 1 << 20


def give_back() -> None:
    """Nothing; what this process has freed goes back to the system, now and from now on, where its C library can.

    A month is counted in blocks that come and go; without this a process holds half as much again as it needs.
    """
    _on_the_way()
    with suppress(*_NO_GLIBC):
        ctypes.CDLL(None).malloc_trim(0)


@cache
def _on_the_way() -> None:
    """Nothing; from now on large blocks go back as soon as they are freed."""
    pa.set_memory_pool(pa.system_memory_pool())
    with suppress(*_NO_GLIBC):
        for option in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
            ctypes.CDLL(None).mallopt(option, _LARGE)
