"""The demo shop: 26 weeks of raw exports in the platforms' real formats, quirks included, with effects planted.

Everything is invented and drawn from one seed: the same files, byte for byte, on every machine.
"""

from __future__ import annotations

from pathlib import Path

from shopscore_analysis.sample.boards import write_boards
from shopscore_analysis.sample.exports import write_exports
from shopscore_analysis.sample.market import simulate
from shopscore_analysis.sample.story import CATEGORY, NAME, PLANTED, WEEKS, Effect
from shopscore_analysis.sample.trials import write_trials
from shopscore_analysis.sample.truth import Truth, truth_of

__all__ = ["CATEGORY", "NAME", "PLANTED", "WEEKS", "Effect", "Truth", "write_sample", "write_trials"]


def write_sample(folder: Path) -> Truth:
    """What is in the demo shop's exports, which are written into `folder` (made if need be).

    About 17,000 sub-orders, 4,600 reviews and 1,400 after-sale cases in 90 files; files of the same names are
    overwritten, others are left alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    market = simulate()
    write_exports(folder, market)
    write_boards(folder)
    return truth_of(market)
