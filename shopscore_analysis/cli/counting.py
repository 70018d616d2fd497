"""Counting ahead of a command: over several processes or a cluster, with a progress bar."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from shopscore_analysis.cli.options import bar, note

if TYPE_CHECKING:
    from shopscore_analysis.parts import Mapper
    from shopscore_analysis.shop import Shop

_PLACING = Path("正在把记录归到各月")  # of unknown length, before the first shard is counted


def count_ahead(home: Shop, workers: int = 0, cluster: str = "", memory: str = "") -> None:
    """Counts what is new on the shelf, if anything is; whoever takes the tally next finds it counted.

    `workers`: processes, 0 for as many as pay; `memory`: what they may take together, "" for half of what is free;
    `cluster`: the address of a Dask scheduler instead.
    """
    most = bytes_of(memory)
    if home.uncounted():
        with bar("个分片") as progress, _mapper(home, workers, cluster, most) as chosen:
            progress(_PLACING, 0, 0)
            home.count_new(chosen, progress, note)


def bytes_of(memory: str) -> int:
    """The bytes of `--memory`, 0 where it was not given; wrong usage for what is no size."""
    from shopscore_analysis.budget import size
    from shopscore_analysis.errors import SettingsError

    try:
        return size(memory) if memory else 0
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--memory") from error


def _mapper(home: Shop, workers: int, cluster: str, memory: int) -> AbstractContextManager[Mapper]:
    if cluster:
        from shopscore_analysis import workers as processes

        return processes.cluster(cluster)
    return home.processes(workers, memory, note)
