"""Memory that is freed goes back to the system while a process lives."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
from pathlib import Path
import numpy as np
from shopscore_analysis.memory import give_back
if {given}:
    give_back()
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
np.ones(4 << 20, np.uint8)  # freed: from now on glibc takes blocks of this size from its heap
blocks = [np.ones(1 << 20, np.uint8) for _ in range(100)]
last = np.ones(1000, np.uint8)
before = resident()
del blocks[:-1]
print((before - resident()) >> 20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and only glibc is told")
def test_blocks_that_are_freed_below_a_live_one_are_given_back() -> None:
    given = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(given=True)], capture_output=True, text=True, check=True
    )
    assert int(given.stdout) > 90


SMALL = """
from pathlib import Path
from shopscore_analysis.memory import give_back
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
give_back()
blocks = [bytearray(60_000) for _ in range(2000)]
last = blocks.pop()
before = resident()
del blocks
{again}
print((before - resident()) >> 20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and only glibc is told")
def test_small_blocks_that_are_freed_below_a_live_one_are_given_back_when_it_is_asked_again() -> None:
    freed = [
        int(subprocess.run([sys.executable, "-c", SMALL.format(again=again)], capture_output=True, check=True).stdout)
        for again in ("", "give_back()")
    ]
    assert freed[0] < 50 < freed[1]
