"""How a process that counts keeps its memory small: what is freed goes back to the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache

import pyarrow as pa

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # names of glibc's malloc.h
_LARGE = 1 << 17  # bytes; left alone, glibc raises this bound and keeps what was freed in pieces


@cache
def give_back() -> None:
    """Nothing; from now on large blocks that this process frees go back to the system, where its C library can.

    A month is counted in blocks that come and go; without this a process holds half as much again as it needs.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    with suppress(AttributeError, OSError, TypeError):  # no glibc: macOS, Windows, musl
        for option in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
            ctypes.CDLL(None).mallopt(option, _LARGE)
