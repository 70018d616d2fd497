"""Counting ahead of a command: over several processes or a cluster, with a progress bar."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from shopscore_analysis.cli.options import bar, notes

if TYPE_CHECKING:
    from shopscore_analysis.parts import Mapper
    from shopscore_analysis.shop import Shop


def count_ahead(home: Shop, workers: int = 0, cluster: str = "") -> None:
    """Counts what is new on the shelf, if anything is; whoever takes the tally next finds it counted.

    `workers`: processes, 0 for as many as pay; `cluster`: the address of a Dask scheduler instead.
    """
    if waits := home.uncounted():
        with bar("个分片") as progress, _mapper(home, workers, cluster, waits) as chosen:
            home.count_new(chosen, progress, _say)


def _mapper(home: Shop, workers: int, cluster: str, waits: int) -> AbstractContextManager[Mapper]:
    from shopscore_analysis import workers as processes

    if cluster:
        return processes.cluster(cluster)
    return processes.pool(processes.chosen(workers, waits), _say)


def _say(text: str) -> None:
    notes.print(text, markup=False, highlight=False, soft_wrap=True)
