"""Where the linear model speaks and no phrase does: which n-grams decided."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shopscore_analysis.text.grams import LONGEST
from shopscore_analysis.text.lexicon import CAUSE_NAMES
from shopscore_analysis.text.model import sums
from shopscore_analysis.text.normalize import batch

MOST, LEAST = 3, 1 / 3  # windows that are told, and the least weight of one beside the heaviest
Span = tuple[int, int]


def grounds(texts: Sequence[str], spans: Sequence[Span], causes: Sequence[str]) -> list[tuple[Span, ...]]:
    """For each text where in its span the n-grams lie that weigh most for its cause: spans, heaviest first.

    At most three windows of one to four characters, that do not overlap and weigh a third of the heaviest or more; none
    where nothing speaks for the cause. A window weighs what all n-grams within it weigh together. They are the linear
    model's grounds; what the net beside it hears has none that can be shown.

    >>> grounds(["很好，物流太慢"], [(3, 7)], ["slow_delivery"])
    [((3, 7),)]
    """
    made = batch(texts)
    windows = [_windows(*span) for span in spans]
    at = np.array([window for some in windows for window in some], dtype=np.int64).reshape(-1, 2)
    owner = np.repeat(np.arange(len(windows)), [len(some) for some in windows])
    cause = np.array([CAUSE_NAMES.index(name) for name in causes], dtype=np.int64)
    weight = sums(made, at + made.starts[owner, None])[np.arange(len(at)), cause[owner]]
    parts = np.split(weight, np.searchsorted(owner, np.arange(1, len(windows)))) if windows else []
    return [_heaviest(*each) for each in zip(windows, parts, strict=True)]


def _windows(begin: int, end: int) -> list[Span]:
    return [(at, to) for at in range(begin, end) for to in range(at + 1, min(at + LONGEST, end) + 1)]


def _heaviest(windows: list[Span], weight: np.ndarray) -> tuple[Span, ...]:
    enough = (weight > 0) & (weight >= LEAST * weight.max(initial=0))
    told: list[Span] = []
    for each in np.argsort(-weight, kind="stable")[: np.count_nonzero(enough)].tolist():
        at, to = windows[each]
        if len(told) < MOST and all(to <= first or at >= last for first, last in told):
            told.append((at, to))
    return tuple(told)
