"""Loops over characters for which numpy has no function, compiled by numba: the only file that knows it.

Compiled once a machine and kept beside this file, or in the user's cache folder where that cannot be written. Each
works on arrays alone and gives the same bits as Python running the same lines, which is what happens where numba has no
wheel, a hundred times slower (`shopscore doctor` says so).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.uint32]
Bools = NDArray[np.bool_]
Slots = NDArray[np.int32]
Reals = NDArray[np.float64]


def compiled(loop: Callable[..., Any]) -> Callable[..., Any]:
    """The loop, compiled when it is first called: numba takes half a second to import."""

    @cache
    def machine() -> Callable[..., Any]:
        if find_spec("numba") is None:
            return np.errstate(over="ignore")(loop)  # hashes run over, as they should
        from numba import njit

        try:
            made: Callable[..., Any] = njit(cache=True, nogil=True)(loop)
        except RuntimeError:  # no folder that can be written: compiled again by every process
            made = njit(nogil=True)(loop)
        return made

    @wraps(loop)
    def called(*arrays: Any) -> Any:
        return machine()(*arrays)

    return called


@compiled
def walk(letter: Slots, base: Slots, check: Slots, kind: Slots) -> tuple[Ints, Ints, Ints]:
    """Every word of a double-array trie (see `trie.Trie`) in a row of letters: kind, start, end.

    By start, the longest first. The last letter must be in no word: nothing is looked for behind it.
    """
    hopeful, many = np.empty(len(letter), dtype=np.int64), 0
    for start in range(len(letter) - 1):  # most places hold no word; no branch, since it would be guessed wrong
        first = letter[start]
        hopeful[many] = start
        many += (check[base[first] + letter[start + 1]] == first) | (kind[first] >= 0)
    found = np.empty((2 * len(letter) + 16, 3), dtype=np.int64)
    size = 0
    for start in hopeful[:many]:
        state = letter[start]
        end = start + 1
        begin = size
        while True:
            if kind[state] >= 0:
                if size == len(found):
                    wider = np.empty((2 * size, 3), dtype=np.int64)
                    wider[:size] = found
                    found = wider
                found[size, 0] = kind[state]
                found[size, 1] = start
                found[size, 2] = end
                size += 1
            if end >= len(letter):
                break
            slot = base[state] + letter[end]
            if check[slot] != state:
                break
            state = slot
            end += 1
        last = size - 1
        while begin < last:
            for each in range(3):
                found[begin, each], found[last, each] = found[last, each], found[begin, each]
            begin, last = begin + 1, last - 1
    return found[:size, 0].copy(), found[:size, 1].copy(), found[:size, 2].copy()


@compiled
def cut(
    codes: Codes,
    block: Bools,
    sign: Bools,
    letter: Slots,
    base: Slots,
    check: Slots,
    kind: Slots,
    weight: Reals,
    least: float,
) -> Ints:
    """Where the tokens of a text begin: of all ways to cut it into words of the trie, the likeliest; jieba's HMM off.

    `block` and `sign` [characters] say what words are made of, and which single characters stay together (Latin
    letters and digits); `weight` is the log probability of each kind of word, `least` that of an unknown character.
    Of equally likely ways the one with the longest first word. Outside of blocks every character is a token, but for
    a carriage return and its line feed.
    """
    size = len(codes)
    best = np.zeros(size + 1, dtype=np.float64)
    ends = np.arange(1, size + 2)
    for start in range(size - 1, -1, -1):
        if not block[start]:
            best[start] = 0.0
            continue
        state, end, known = letter[start], start, False
        top = 0.0
        while True:
            end += 1
            if kind[state] >= 0:
                value = weight[kind[state]] + best[end]
                if not known or value >= top:
                    top, known, ends[start] = value, True, end
            if end >= size or not block[end]:
                break
            slot = base[state] + letter[end]
            if check[slot] != state:
                break
            state = slot
        best[start] = top if known else least + best[start + 1]
    starts = np.empty(size, dtype=np.int64)
    number, at, joins = 0, 0, False
    while at < size:
        alone = ends[at] == at + 1 and sign[at]
        if not (alone and joins) and not (codes[at] == 10 and at > 0 and codes[at - 1] == 13):
            starts[number] = at
            number += 1
        joins = alone
        at = ends[at]
    return starts[:number].copy()


@compiled
def parted(clauses: Ints, starts: Ints) -> tuple[Ints, Ints, Ints]:
    """Clauses numbered from 0: number of each character, text of each clause, and its span [clauses, 2].

    `clauses` [characters] changes where one ends, `starts` [texts + 1] says where texts begin: none reaches beyond.
    """
    number, text = np.empty(len(clauses), dtype=np.int64), np.empty(len(clauses), dtype=np.int64)
    spans = np.empty((len(clauses), 2), dtype=np.int64)
    many = 0
    for owner in range(len(starts) - 1):
        for at in range(starts[owner], starts[owner + 1]):
            if at == starts[owner] or clauses[at] != clauses[at - 1]:
                text[many], spans[many, 0] = owner, at
                many += 1
            number[at], spans[many - 1, 1] = many - 1, at + 1
    return number, text[:many].copy(), spans[:many].copy()


@compiled
def numbered(codes: Codes, starts: Ints, sizes: Ints, owner: Ints) -> tuple[Ints, Ints, Bools]:
    """The number of each string among the different ones, which string is first of each, and which is new to its owner.

    Numbers are given by first appearance; strings are in the order of their owners.
    """
    count = len(starts)
    room = 16
    while room < 2 * count:
        room *= 2
    table = np.full(room, -1, dtype=np.int64)
    number, first, latest = np.empty((3, count), dtype=np.int64)
    new = np.zeros(count, dtype=np.bool_)
    known = 0
    for item in range(count):
        start, size = starts[item], sizes[item]
        key = np.uint64(size)
        for at in range(start, start + size):
            key = (key ^ np.uint64(codes[at])) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
        slot = np.int64(key & np.uint64(room - 1))
        while True:
            other = table[slot]
            if other < 0:
                table[slot], first[known], latest[known] = known, item, -1
                other, known = known, known + 1
                break
            began, same = starts[first[other]], sizes[first[other]] == size
            for at in range(size if same else 0):
                same = same and codes[began + at] == codes[start + at]
            if same:
                break
            slot = (slot + 1) & (room - 1)
        number[item] = other
        new[item] = latest[other] != owner[item]
        latest[other] = owner[item]
    return number, first[:known].copy(), new


@compiled
def weighed(
    sums: NDArray[np.float32], owner: Ints, kind: Ints, lexicon: Reals, bias: Reals, least: float, most: int
) -> Reals:
    """Scores of each owner for each output [owners, outputs]: its n-grams, its statements, and the bias.

    `sums` [owners, 27] are those of `added`, whose outputs count by the root of the last column, or of `least` if that
    is less. Statements are in the order of their owners; of each kind no more than `most` count.
    """
    total, times = np.empty((len(sums), len(bias)), dtype=np.float64), np.zeros(len(lexicon), dtype=np.int64)
    at = 0
    for each in range(len(sums)):
        length = np.sqrt(max(np.float64(sums[each, sums.shape[1] - 1]), least))
        for output in range(len(bias)):
            total[each, output] = sums[each, output] / length + bias[output]
        begin = at
        while at < len(owner) and owner[at] == each:
            times[kind[at]] += 1
            if times[kind[at]] <= most:
                for output in range(len(bias)):
                    total[each, output] += lexicon[kind[at], output]
            at += 1
        for back in range(begin, at):
            times[kind[back]] = 0
    return total


@compiled
def gathered(parts: Any, first: Ints) -> tuple[Any, Any]:
    """The sum and the greatest of the rows of each owner, given by its first row [owners, columns]."""
    total, most = np.empty((2, len(first), parts.shape[1]), dtype=parts.dtype)
    for owner in range(len(first)):
        end = first[owner + 1] if owner + 1 < len(first) else len(parts)
        total[owner] = parts[first[owner]]
        most[owner] = parts[first[owner]]
        for row in range(first[owner] + 1, end):
            for column in range(parts.shape[1]):
                total[owner, column] += parts[row, column]
                most[owner, column] = max(most[owner, column], parts[row, column])
    return total, most
