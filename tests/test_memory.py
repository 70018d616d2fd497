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
