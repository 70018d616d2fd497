"""Character n-grams: which of those that the model knows a text holds, and what they weigh together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.loops import Bools, Codes, Ints, Reals, Slots, compiled
from shopscore_analysis.text.normalize import Batch

Lanes = NDArray[np.uint64]
LONGEST = 4  # characters of an n-gram
BITS = 22  # of a hash
UNIT = 1024  # in 1 of rarity


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams that the model knows: a bit a hash, 64 to a number, and how many are known before each number.

    So a hash that is known has the column of its place among them. All of it fits in the cache of one core.
    """

    bits: NDArray[np.uint64]
    before: NDArray[np.int32]
    size: int


def vocabulary(hashes: Ints) -> Vocabulary:
    """The vocabulary of sorted hashes: hash i has column i."""
    known = np.zeros(1 << BITS, dtype=np.bool_)
    known[hashes] = True
    bits = np.packbits(known, bitorder="little").view("<u8").astype(np.uint64)
    count = np.bitwise_count(bits).astype(np.int32)
    return Vocabulary(bits, np.cumsum(count, dtype=np.int32) - count, len(hashes))


def columns(batch: Batch, spans: Ints, known: Vocabulary) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The columns of the n-grams known in each clause, in the order of the text, and where those of each clause end.

    `spans` [clauses, 2] says where each lies. An n-gram that crosses a border is none, nor is one that begins with an
    unknown one; equal ones stay apart.
    """
    mute = np.zeros(len(batch.codes), dtype=np.bool_)
    mute[_wordless(batch.codes)] = True
    found, ends = ngrams(batch.codes, spans, mute, LONGEST, 32 - BITS, known.bits, known.before)
    return found, ends


def _wordless(codes: NDArray[np.uint32]) -> Ints:
    """The characters that speak of nothing: ends of texts, and numbers of which a mask left a part (138****0000)."""
    star = codes == ord("*")
    number = np.flatnonzero(star | ((codes >= ord("0")) & (codes <= ord("9"))))
    run = np.cumsum(np.diff(number, prepend=-2) > 1)
    masked = np.bincount(run, weights=star[number]) > 0
    return np.concatenate([np.flatnonzero(codes == ord("\n")), number[masked[run]]])


def packed(grams: NDArray[np.int8], rarity: NDArray[np.float16], taught: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """A row of four numbers for each n-gram, half a line of a cache: see `added`.

    Three hold its 24 weights, eight to a number and each 128 more, so that none is negative; the fourth its rarity in
    the lower half, and in the upper one once more if a labelled text held it. A rarity of half precision from 1 to 16
    is a whole number of 1/1024.
    """
    lifted = np.ascontiguousarray(grams.astype(np.int16) + 128, dtype=np.uint8)
    weights = lifted.view("<u8").astype(np.uint64)
    fixed = np.round(rarity.astype(np.float64) * UNIT).astype(np.uint64)
    return np.column_stack([weights, fixed | (fixed * taught << np.uint64(32))])


@compiled
def ngrams(
    codes: Codes, spans: Ints, mute: Bools, longest: int, shift: int, bits: Lanes, before: Slots
) -> tuple[Slots, Slots]:
    """The columns of all n-grams known in each span of characters, and where those of each span end.

    `bits` and `before` are those of `Vocabulary`. An n-gram lies within its span, does not begin with a `mute`
    character, and what it begins with is known, too. Its hash grows with each character: exclusive or, Knuth's
    multiplication, and the upper bits once more; of the 32 bits the upper ones count, without the last `shift`.
    """
    room = 0
    for owner in range(len(spans)):
        room += spans[owner, 1] - spans[owner, 0]
    found = np.empty(longest * room, dtype=np.int32)
    ends = np.zeros(len(spans) + 1, dtype=np.int32)
    knuth, whole, upper, last = np.uint64(2654435761), np.uint64(0xFFFFFFFF), np.uint64(15), np.uint64(shift)
    one, two, four, word, place = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(6), np.uint64(63)
    pairs, nibbles = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
    octets, ones = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
    size = 0
    for owner in range(len(spans)):
        for start in range(spans[owner, 0], spans[owner, 1]):
            if mute[start]:
                continue
            mixed = np.uint64(0)
            for at in range(start, min(start + longest, spans[owner, 1])):
                mixed = ((mixed ^ np.uint64(codes[at])) * knuth) & whole
                mixed ^= mixed >> upper
                key = mixed >> last
                bit = one << (key & place)
                if not bits[key >> word] & bit:
                    break
                # the lower bits are counted, all at once (Warren, Hacker's Delight)
                lower = bits[key >> word] & (bit - one)
                lower -= (lower >> one) & pairs
                lower = (lower & nibbles) + ((lower >> two) & nibbles)
                lower = (lower + (lower >> four)) & octets
                found[size] = before[key >> word] + np.int32((lower * ones) >> np.uint64(56))
                size += 1
        ends[owner + 1] = size
    return found[:size].copy(), ends


@compiled
def added(columns: Slots, ends: Slots, rows: Lanes, scale: Reals) -> NDArray[np.float32]:
    """The rows of `packed` added up for each owner of columns [owners, 24 + 3], in the units of `scale` [27].

    Eight weights of 8 bits share a number, and are added in lanes of 16 bits, four at once; the last columns are the
    halves of the fourth number, and the square of its lower half. Apart from `ngrams`, since the processor fetches
    many rows at once where it need not guess which comes next.
    """
    total, lanes = np.empty((len(ends) - 1, 27), dtype=np.float32), np.zeros(6, dtype=np.uint64)
    sums = np.zeros(27, dtype=np.int64)
    even, low, whole = np.uint64(0x00FF00FF00FF00FF), np.uint64(0xFFFF), np.uint64(0xFFFFFFFF)
    eight, half = np.uint64(8), np.uint64(32)
    for owner in range(len(ends) - 1):
        sums[:] = 0
        for begin in range(ends[owner], ends[owner + 1], 256):  # more would run over 16 bits
            a = b = c = d = e = f = g = h = np.uint64(0)
            end = min(begin + 256, ends[owner + 1])
            for at in range(begin, end):
                row = columns[at]
                a += rows[row, 0] & even
                b += rows[row, 0] >> eight & even
                c += rows[row, 1] & even
                d += rows[row, 1] >> eight & even
                e += rows[row, 2] & even
                f += rows[row, 2] >> eight & even
                g += rows[row, 3]
                h += (rows[row, 3] & low) * (rows[row, 3] & low)
            lanes[0], lanes[1], lanes[2], lanes[3], lanes[4], lanes[5] = a, b, c, d, e, f
            for lane in range(6):
                for part in range(4):
                    weight = np.int64(lanes[lane] >> np.uint64(16 * part) & low) - 128 * (end - begin)
                    sums[8 * (lane // 2) + 2 * part + lane % 2] += weight
            sums[24] += np.int64(g & whole)
            sums[25] += np.int64(g >> half)
            sums[26] += np.int64(h)
        for each in range(27):
            total[owner, each] = sums[each] * scale[each]
    return total
