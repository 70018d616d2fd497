"""Hundreds of thousands of words found at every position of a batch: a double-array trie (Aoe 1989), grown by numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.loops import walk

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
LONGEST = 255  # characters of a word
_ROOM = 3  # slots for each node of a level: the more, the fewer tries until all nodes have their place
_CROWD = 12  # children from which a node looks for its place before all others
_TRIES = 2048


@dataclass(frozen=True)
class Trie:
    """Nodes in slots: from the node in slot s, the letter l leads to slot `base[s] + l` if `check` there says s.

    `letters` [k] are the characters that occur, sorted; letter i + 1 is `letters[i]`, 0 any other character. The
    nodes of one letter are in the slot of that letter. `kind` [slots] is that of the word which ends there, or -1.
    """

    letters: NDArray[np.uint32]
    base: NDArray[np.int32]
    check: NDArray[np.int32]
    kind: NDArray[np.int32]

    @cached_property
    def letter_of(self) -> NDArray[np.int32]:
        """For each character its letter."""
        table = np.zeros(0x110000, dtype=np.int32)
        table[self.letters] = np.arange(1, len(self.letters) + 1)
        return table

    def walk(self, codes: NDArray[np.uint32]) -> tuple[Ints, Ints, Ints]:
        """Every word in a row of characters: kind, start, end; by start, the longest first.

        The last character must be in no word: nothing is looked for behind it.
        """
        kind, start, end = walk(self.letter_of[codes], self.base, self.check, self.kind)
        return kind, start, end


def plant(words: Sequence[str], kinds: Ints) -> Trie:
    """The trie of words, which are sorted, distinct and not empty; word i is of kind `kinds[i]`."""
    sizes = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    codes = np.frombuffer("".join(words).encode("utf-32-le"), dtype=np.uint32)
    letters = np.unique(codes)
    longest = int(sizes.max(initial=0))
    spelt = np.zeros((len(words), longest), dtype=np.int64)
    spelt[np.arange(longest) < sizes[:, None]] = np.searchsorted(letters, codes) + 1
    return _grown(letters, spelt, sizes, kinds)


def _grown(letters: NDArray[np.uint32], spelt: Ints, sizes: Ints, kinds: Ints) -> Trie:
    """The trie grown level by level from words spelt in letters [words, letters]."""
    new = np.ones(spelt.shape, dtype=np.bool_)
    new[1:] = np.logical_or.accumulate(spelt[1:] != spelt[:-1], axis=1)
    arrays = np.zeros((2, len(letters) + 1), dtype=np.int64)
    arrays[1] = -1  # the slots of single letters have no parent, nor has the slot of other characters
    kind = np.full(len(letters) + 1, -1, dtype=np.int64)
    state = np.zeros(len(spelt), dtype=np.int64)
    for level in range(spelt.shape[1]):
        alive = sizes > level
        first = np.flatnonzero(alive & new[:, level])
        parent, letter = state[first], spelt[first, level]
        slots = letter
        if level:
            slots, arrays = _level(arrays, parent, letter, len(letters))
            kind = np.append(kind, np.full(arrays.shape[1] - len(kind), -1))
        state[alive] = slots[np.cumsum(new[alive, level]) - 1]
        ends = sizes == level + 1
        kind[state[ends]] = kinds[ends]
    base, check = arrays.astype(np.int32)
    return Trie(letters, base, check, kind.astype(np.int32))


def _level(arrays: Ints, parent: Ints, letter: Ints, top: int) -> tuple[Ints, Ints]:
    """The slots of a level's nodes, behind those there are, and the arrays (base, check) with them entered."""
    family = np.cumsum(np.diff(parent, prepend=-1) != 0) - 1  # words are sorted, so siblings lie together
    base = _bases(family, letter, top) + arrays.shape[1]
    slots = base[family] + letter
    wider = np.zeros((2, int(slots.max(initial=0)) + top + 1), dtype=np.int64)
    wider[:, : arrays.shape[1]] = arrays
    wider[0, parent] = base[family]
    wider[1, slots] = parent
    return slots, wider


def _bases(family: Ints, letter: Ints, top: int) -> Ints:
    """For each family of nodes a base, so that no two nodes share the slot base + letter."""
    size = np.bincount(family)
    base = np.zeros(len(size), dtype=np.int64)
    lots = np.random.default_rng(0)
    taken = np.zeros(_ROOM * len(family) + 2 * top + 2, dtype=np.bool_)
    edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(size)])
    for one in np.flatnonzero(size > _CROWD)[np.argsort(-size[size > _CROWD], kind="stable")]:
        own = letter[edges[one] : edges[one + 1]]
        base[one], taken = _fitting(taken, own, lots.integers(0, len(taken) - top, _TRIES), top)
        taken[base[one] + own] = True
    _scatter(base, taken, family, letter, np.flatnonzero(size[family] <= _CROWD), lots)
    return base


def _fitting(taken: Bools, own: Ints, tried: Ints, top: int) -> tuple[int, Bools]:
    """A base at which all letters find free slots, and the slots: behind all others if none that is tried fits."""
    for letter in own:
        tried = tried[~taken[tried + letter]]
    if len(tried):
        return int(tried[0]), taken
    return len(taken) - 1, np.append(taken, np.zeros(top + 1, dtype=np.bool_))


def _scatter(base: Ints, taken: Bools, family: Ints, letter: Ints, left: Ints, lots: np.random.Generator) -> None:
    """Give small families bases by lot, those that collide again, until none is left."""
    owner = np.full(len(taken), -1, dtype=np.int64)
    while len(left):
        own = family[left]
        trial = lots.integers(0, len(taken) - int(letter.max()), len(base))
        slot = trial[own] + letter[left]
        owner[slot] = own
        collides = np.bincount(own, taken[slot] | (owner[slot] != own), len(base)) > 0
        placed = ~collides[own]
        base[own[placed]] = trial[own[placed]]
        taken[slot[placed]] = True
        left = left[~placed]
