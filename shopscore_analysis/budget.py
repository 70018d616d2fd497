"""How many processes may count at once: as many as the memory holds, by what was measured of one of them.

The figures below are of benchmarks/scale.py, whose `--memory` compares them with what a count takes; docs/scale.md.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.parts import Notice
from shopscore_analysis.shelf import Shelf

SHARE = 0.5  # of the memory that is free, which counting may take unless somebody says otherwise
MB = 1_000_000
GATHERS = 130 * MB  # the process that gathers, and the pages of libraries that all processes share
_KEPT = 0.15  # bytes that it holds of each byte of reviews and after-sales: where they go, and which are copies
_PLACES, _TIMES = 130 * MB, 6.3  # a process that places a month: at rest, and for each byte of the month, unpacked
_RESTS, _GROWS = 270 * MB, 40  # one that counts shards: after the first, and for each byte of the month, unpacked,
_COUNTS = 530 * MB  # but no more than this, since a shard has a largest size
_UNITS = {
    f"{unit}{kind}": base**power
    for power, unit in enumerate("kmgt", 1)
    for kind, base in (("", 1000), ("b", 1000), ("ib", 1024))
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")
CONTAINER = Path("/sys/fs/cgroup")  # where Linux tells what a container may take


class _Group(NamedTuple):
    """Where a version of control groups tells the limit, what is taken, and of that the files that may be dropped."""

    limit: str
    taken: str
    stat: str
    idle: str


_GROUPS = (
    _Group("memory.max", "memory.current", "memory.stat", "inactive_file"),
    _Group("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
)


class Weight(NamedTuple):
    """What decides how much memory a count of a shelf takes, in bytes.

    `records`: all files of reviews and after-sales; `largest`: the largest month of a table, unpacked.
    """

    records: int
    largest: int


def weight(shelf: Shelf) -> Weight:
    """The weight of a shelf: three files are looked into, none is read."""
    sizes = {table: shelf.sizes(table) for table in ("orders", "reviews", "aftersales")}
    largest = [shelf.unpacked(table, max(months, key=months.__getitem__)) for table, months in sizes.items() if months]
    return Weight(sum(sum(sizes[table].values()) for table in ("reviews", "aftersales")), max(largest, default=0))


def gathering(heavy: Weight) -> int:
    """About how many bytes the process takes that gathers what others count, shared libraries included."""
    return GATHERS + round(_KEPT * heavy.records)


def counting(heavy: Weight) -> int:
    """About how many bytes of its own each process takes that counts, at its largest task."""
    return max(min(_COUNTS, _RESTS + _GROWS * heavy.largest), _PLACES + round(_TIMES * heavy.largest))


def fitting(heavy: Weight, memory: int) -> int:
    """How many processes may count such a shelf in so many bytes, at least one: alone, it also gathers."""
    return max(1, (memory - gathering(heavy)) // counting(heavy))


def within(asked: int, heavy: Weight, memory: int = 0, notice: Notice | None = None) -> int:
    """How many of the processes that were asked for may run in `memory` bytes, 0 for `SHARE` of what is free.

    `notice` is told where that is fewer, and where the memory does not even hold one.
    """
    limit = memory or round(SHARE * free())
    number = min(asked, fitting(heavy, limit))
    if notice and (number < asked or (memory and gathering(heavy) + counting(heavy) > limit)):
        notice(_why(asked, number, heavy, limit, "" if memory else "（空闲内存的一半，可用 --memory 指定）"))
    return number


def at_once(shops: int, memory: int = 0, notice: Notice | None = None) -> int:
    """How many shops may be counted side by side, a process each, in `memory` bytes, 0 for `SHARE` of what is free.

    A shop is taken for one shard of the largest size; at least one is counted, and `notice` is told where fewer fit.
    """
    limit, each = memory or round(SHARE * free()), GATHERS + _COUNTS
    number = max(1, min(shops, limit // each))
    if notice and number < shops:
        notice(f"内存上限 {shown(limit)} 容得下 {number} 家店同时统计（每家约 {shown(each)}），不同时跑 {shops} 家")
    return number


def _why(asked: int, number: int, heavy: Weight, limit: int, whence: str) -> str:
    """Why so many processes run."""
    each, needed = counting(heavy), gathering(heavy) + counting(heavy)
    named = f"内存上限 {shown(limit)}" + (whence or " ")
    if needed > limit:
        return f"{named}不够一个进程估计要用的 {shown(needed)}：仍用一个进程统计"
    return f"{named}容得下 {number} 个进程（每个约 {shown(each)}），不开 {asked} 个"


def free() -> int:
    """How many bytes of memory programs may still take: of this machine, or of the container where that is less."""
    from psutil import virtual_memory

    left = int(virtual_memory().available)
    for group in _GROUPS:
        with suppress(OSError, ValueError):  # not this version, no container, or one without a limit
            left = min(left, int(_told_by(group.limit)) - _taken(group))
    return max(0, left)


def _taken(group: _Group) -> int:
    """The bytes that this container holds, without files that it has read and the system may drop."""
    cached = dict(line.split() for line in _told_by(group.stat).splitlines())
    return int(_told_by(group.taken)) - int(cached.get(group.idle, 0))


def _told_by(name: str) -> str:
    return (CONTAINER / name).read_text(encoding="ascii")


def size(text: str) -> int:
    """The bytes of a size as people write it; SettingsError for anything else, and for none at all.

    >>> size("1.5GB"), size("800 mb"), size("2GiB")
    (1500000000, 800000000, 2147483648)
    """
    match = _SIZE.fullmatch(text.strip().lower())
    found = round(float(match[1]) * _UNITS.get(match[2], 0)) if match else 0
    if not found:
        raise SettingsError(f"expected a size such as 1.5GB or 800MB, found {text}")
    return found


def shown(number: int) -> str:
    """A number of bytes as people read it.

    >>> shown(1_500_000_000), shown(420_000_000)
    ('1.5 GB', '420 MB')
    """
    return f"{round(number / 1e9, 2):g} GB" if number >= 1000 * MB else f"{number / MB:.0f} MB"
