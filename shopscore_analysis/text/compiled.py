"""Phrases as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.text.stored import Arrays, stamp_of, stored
from shopscore_analysis.text.trie import LONGEST, Trie, plant

NEGATORS = "不没无未"
_LEADS = "有是"  # 没有色差, 不是假货: the denial holds the first character of the phrase
_SOURCES = ("compiled.py", "lexicon.py", "normalize.py", "trie.py", "../data/simplified.txt")


@dataclass
class Draft:
    """What the files say of one pattern, before it becomes a row of arrays."""

    classes: int = 0
    aspects: int = 0
    faults: int = 0
    roles: int = 0
    reach: int = 0


@dataclass(frozen=True)
class Lexicon:
    """Compiled phrases: a trie of all patterns; row i of the arrays tells what those of kind i do.

    `classes` has a bit per name of CLASSES that the pattern states by itself; `aspects` and `faults` a bit
    per pair; `roles` a bit per name of ROLES; `reach` is how far, in characters, a mark acts;
    `lead` is 1 where the pattern begins with a character that a denial may hold (没有色差); `ajar` where it ends
    in a denial itself, so that what follows may turn it into praise (味道不 + 错).
    """

    trie: Trie
    classes: NDArray[np.int64]
    aspects: NDArray[np.int64]
    faults: NDArray[np.int64]
    roles: NDArray[np.int64]
    reach: NDArray[np.int64]
    lead: NDArray[np.int64]
    ajar: NDArray[np.bool_]
    pair_classes: NDArray[np.int64]
    pair_reach: NDArray[np.int64]
    digest: str


_TRIE = tuple(field.name for field in fields(Trie))
_OWN = tuple(field.name for field in fields(Lexicon) if field.name not in ("trie", "digest"))


def compiled(drafts: dict[str, Draft], pairs: Sequence[tuple[int, int]], digest: str) -> Lexicon:
    """The lexicon of drafted patterns and of pairs (classes, reach)."""
    patterns = sorted(pattern for pattern in drafts if pattern)
    if too_long := next((pattern for pattern in patterns if len(pattern) > LONGEST), ""):
        raise LexiconError(f"expected phrases of at most {LONGEST} characters, found {len(too_long)}: {too_long[:20]}…")
    rows: dict[tuple[int, ...], int] = {}
    kinds = [rows.setdefault(_row(pattern, drafts[pattern]), len(rows)) for pattern in patterns]
    classes, aspects, faults, roles, reach, lead, ajar = np.array(list(rows), dtype=np.int64).reshape(-1, 7).T
    pair_classes, pair_reach = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    trie = plant(patterns, np.array(kinds, dtype=np.int64))
    return Lexicon(trie, classes, aspects, faults, roles, reach, lead, ajar > 0, pair_classes, pair_reach, digest)


def _row(pattern: str, draft: Draft) -> tuple[int, ...]:
    return (*astuple(draft), pattern[0] in _LEADS, pattern[-1] in NEGATORS)


def kept(digest: str, make: Callable[[], Lexicon]) -> Lexicon:
    """The lexicon of this digest as it was kept from an earlier run, else made and kept."""
    arrays = stored("lexicon", stamp_of(digest, _SOURCES), (*_TRIE, *_OWN), lambda: _arrays(make()))
    trie = Trie(**{name: arrays[name] for name in _TRIE})
    return Lexicon(trie, **{name: arrays[name] for name in _OWN}, digest=digest)


def _arrays(lexicon: Lexicon) -> Arrays:
    return {
        **{name: getattr(lexicon.trie, name) for name in _TRIE},
        **{name: getattr(lexicon, name) for name in _OWN},
    }
