"""Words that no dictionary knows: characters that hold together more than chance, among ever other neighbours.

Cohesion is the pointwise mutual information of a string's parts (Church & Hanks 1990), freedom the entropy of the
characters before and after it (branching entropy, Harris 1955); both in bits. Copies of one text would make any of its
strings look like a word: give texts without near-duplicates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.normalize import batch
from shopscore_analysis.text.segment import cut, stop_words

LONGEST = 4  # characters of a new word
LEAST = 8  # occurrences
COHESION = 5.0  # bits: the parts meet 32 times as often as by chance
FREEDOM = 1.5  # bits: at least three neighbours about equally often
_BOUND = frozenset("个天条件位句颗员之次款家双张年月点")  # these belong to the word before them
_HAN, _LAST = 0x4E00, 0x9FFF
_WIDTH = _LAST - _HAN + 2  # Chinese characters, and 0 for anything else

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


class NewWord(NamedTuple):
    """A string that behaves like a word: occurrences, cohesion, and freedom before and after it (bits)."""

    word: str
    k: int
    cohesion: float
    before: float
    after: float


class _Strings(NamedTuple):
    """All strings of one length: where each begins, its number there, and per number how often and where first."""

    places: Ints
    number: Ints
    often: Ints
    example: Ints


def new_words(texts: Sequence[str], top: int = 50) -> list[NewWord]:
    """The strings of 2 to 4 Chinese characters that behave like words and are none of the dictionary's.

    The most frequent first, ties by word; at most `top`.
    """
    folded = batch(texts)
    signs = np.where((folded.codes >= _HAN) & (folded.codes <= _LAST), folded.codes, _HAN - 1).astype(np.int64)
    signs = signs - (_HAN - 1)
    lengths = _strings(signs)
    found = [word for size in range(2, LONGEST + 1) for word in _words(signs, lengths, size, folded.folded)]
    return sorted(_unknown(found), key=lambda word: (-word.k, word.word))[:top]


def _strings(signs: Ints) -> list[_Strings]:
    """The strings of each length up to `LONGEST`, from 1 on; entry 0 is empty."""
    places = np.flatnonzero(signs)
    number, held = signs[places], [_Strings(*(np.zeros(0, np.int64) for _ in range(4)))]
    for size in range(1, LONGEST + 1):
        _, first, inverse, count = np.unique(number, return_index=True, return_inverse=True, return_counts=True)
        held.append(_Strings(places, inverse, count, places[first]))
        follows = places + size < len(signs)
        places, inverse = places[follows], inverse[follows]
        spoken = signs[places + size] > 0
        places, number = places[spoken], inverse[spoken] * _WIDTH + signs[places[spoken] + size]
    return held


def _words(signs: Ints, lengths: list[_Strings], size: int, text: str) -> list[NewWord]:
    strings = lengths[size]
    wanted = np.flatnonzero(strings.often >= LEAST)
    cohesion = _cohesion(lengths, size, wanted)
    before, after = (_freedom(signs, strings, offset) for offset in (-1, size))
    kept = (cohesion >= COHESION) & (before[wanted] >= FREEDOM) & (after[wanted] >= FREEDOM)
    return [
        NewWord(text[strings.example[at] : strings.example[at] + size], int(strings.often[at]), *map(float, measured))
        for at, *measured in zip(
            wanted[kept].tolist(), cohesion[kept], before[wanted[kept]], after[wanted[kept]], strict=True
        )
    ]


def _cohesion(lengths: list[_Strings], size: int, wanted: Ints) -> Reals:
    """The least mutual information of the two parts, over all places where a string can be parted."""
    at, total = lengths[size].example[wanted], float(lengths[1].often.sum())
    whole = np.log2(lengths[size].often[wanted] / total)
    parted = [
        whole - np.log2(_share(lengths[left], at, total)) - np.log2(_share(lengths[size - left], at + left, total))
        for left in range(1, size)
    ]
    return np.asarray(np.min(parted, axis=0))


def _share(strings: _Strings, places: Ints, total: float) -> Reals:
    number = strings.number[np.searchsorted(strings.places, places)]
    return np.asarray(strings.often[number] / total)


def _freedom(signs: Ints, strings: _Strings, offset: int) -> Reals:
    """The entropy of what stands at an offset from each string; a sign or an end is one neighbour among others."""
    beside = np.clip(strings.places + offset, 0, len(signs) - 1)
    pairs, count = np.unique(strings.number * _WIDTH + signs[beside], return_counts=True)
    owner = pairs // _WIDTH
    share = count / strings.often[owner]
    return np.bincount(owner, weights=-share * np.log2(share), minlength=len(strings.often)).astype(np.float64)


def _unknown(found: list[NewWord]) -> list[NewWord]:
    """Those that the dictionary cuts to pieces; two of its words side by side are a phrase, and no new word."""
    tokens = cut([word.word for word in found])
    return [word for word, parts in zip(found, tokens, strict=True) if _broken(parts)]


def _broken(parts: list[str]) -> bool:
    stop = stop_words()
    whole = len(parts) < 2 or min(map(len, parts)) > 1
    return not whole and parts[0] not in stop and parts[-1] not in stop and parts[0] not in _BOUND
