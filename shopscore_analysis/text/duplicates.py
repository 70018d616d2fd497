"""Which texts say nearly the same: MinHash over character trigrams, in numpy.

Buyers copy reviews, and shops hand them out. Two texts are alike where the Jaccard similarity of their trigrams
reaches `ALIKE`; MinHash proposes the pairs, the trigrams decide. Only Chinese characters, Latin letters and digits are
compared, and only texts with at least `SHORTEST` of them: shorter ones are alike because there are few ways to say
太小了. One pass over the trigrams fills all bins of a signature (one permutation hashing, Li, Owen & Zhang 2012); an
empty bin takes the next full one's value (Shrivastava & Li 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.normalize import batch

ALIKE = 0.8
SHORTEST = 12  # characters
BANDS, ROWS = 26, 3  # 78 bins: of pairs just above 0.8, 97 in 100 share a band when short, all when long
BINS = BANDS * ROWS
GRAM = 3
CHUNK = 8192  # texts at a time, so that their signatures stay in the processor's cache
_ROUNDING = 1e-6  # of a limit that is compared with whole numbers
_EMPTY = np.uint32(0xFFFFFFFF)
_ODD, _WIDE = np.uint32(0x9E3779B1), np.uint64(0x9E3779B97F4A7C15)

Ints = NDArray[np.int64]
Words = NDArray[np.uint32]
Keys = NDArray[np.uint64]
Marks = NDArray[np.uint8]  # the first bits of the least hash in each bin [texts, BINS]


class _Plain(NamedTuple):
    """The characters of texts without signs and spaces, end to end, and where each text begins (one entry more)."""

    codes: Words
    starts: Ints


def first_alike(texts: Sequence[str]) -> Ints:
    """For each text the number of the first text that says nearly the same, its own number where none does.

    What is alike does not depend on the order of the texts; only which of them is the first does.

    >>> first_alike(["面料很薄，洗了一次就起球了", "太小了", "面料很薄洗了一次就起球了！", "太小了"]).tolist()
    [0, 1, 0, 3]
    """
    own = np.arange(len(texts), dtype=np.int64)
    plain = _plain(texts)
    long = np.flatnonzero(np.diff(plain.starts) >= SHORTEST)
    if not len(long):
        return own
    whole, bands, marks = _signed(plain, long)
    _, example, label = np.unique(whole, return_index=True, return_inverse=True)
    group = _components(plain, long[example], bands[example], marks[example])[label]
    first = np.full(len(example), len(texts), dtype=np.int64)
    np.minimum.at(first, group, long)
    own[long] = first[group]
    return own


def _plain(texts: Sequence[str]) -> _Plain:
    parts = [_folded(texts[at : at + CHUNK]) for at in range(0, len(texts), CHUNK)]
    lengths = [np.diff(part.starts) for part in parts]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate([np.zeros(0, np.int64), *lengths]))])
    return _Plain(np.concatenate([np.zeros(0, np.uint32), *(part.codes for part in parts)]), starts)


def _folded(texts: Sequence[str]) -> _Plain:
    folded = batch(texts)
    codes = folded.codes
    kept = (codes >= 0x4E00) & (codes <= 0x9FFF)
    kept |= ((codes >= ord("a")) & (codes <= ord("z"))) | ((codes >= ord("0")) & (codes <= ord("9")))
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept, dtype=np.int64)])
    return _Plain(codes[kept], before[folded.starts])


def _signed(plain: _Plain, long: Ints) -> tuple[Keys, Keys, Marks]:
    """Per text a key of all its trigrams in order [texts], the keys of its bands [texts, BANDS], and its marks."""
    parts = [_chunk(plain, long[at : at + CHUNK]) for at in range(0, len(long), CHUNK)]
    whole, bands, marks = zip(*parts, strict=True)
    return np.concatenate(whole), np.concatenate(bands), np.concatenate(marks)


def _chunk(plain: _Plain, numbers: Ints) -> tuple[Keys, Keys, Marks]:
    lengths = plain.starts[numbers + 1] - plain.starts[numbers] - GRAM + 1
    begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)[:-1]])
    text = np.repeat(np.arange(len(numbers)), lengths)
    place = np.arange(len(text)) - begins[text]
    grams = _trigrams(plain.codes, plain.starts[numbers][text] + place)
    ordered = (grams.astype(np.uint64) + np.uint64(1)) * (place.astype(np.uint64) * np.uint64(2) + _WIDE)
    least = _bins(grams, text, len(numbers))
    marks = (least >> np.uint32(24)).astype(np.uint8)
    return np.add.reduceat(ordered ^ (ordered >> np.uint64(29)), begins), _bands(_filled(least)), marks


def _trigrams(codes: Words, places: Ints) -> Words:
    """The hash of the trigram at each place."""
    mixed = np.zeros(len(places), dtype=np.uint32)
    for offset in range(GRAM):
        mixed = (mixed ^ codes[places + offset]) * _ODD
        mixed ^= mixed >> np.uint32(15)
    return mixed


def _bins(grams: Words, text: Ints, texts: int) -> Words:
    """The least hash in each bin of each text [texts, BINS]; `_EMPTY` where it has none."""
    least = np.full(texts * BINS, _EMPTY, dtype=np.uint32)
    bins = (grams.astype(np.uint64) * np.uint64(BINS)) >> np.uint64(32)
    np.minimum.at(least, text * BINS + bins.astype(np.int64), grams * _ODD ^ (grams >> np.uint32(13)))
    return least.reshape(texts, BINS)


def _filled(least: Words) -> Words:
    """The bins, an empty one with the value of the next full one."""
    twice = np.concatenate([least] * 2, axis=1)
    full = np.where(twice != _EMPTY, np.arange(2 * BINS), 4 * BINS)
    following = np.minimum.accumulate(full[:, ::-1], axis=1)[:, ::-1][:, :BINS]
    return np.take_along_axis(twice, following, axis=1)


def _bands(least: Words) -> Keys:
    """The key of each band; its bins lie far apart, since neighbours may have taken the same value."""
    mixed = np.zeros((len(least), BANDS), dtype=np.uint64)
    for row in range(ROWS):
        mixed = (mixed ^ least[:, row * BANDS : (row + 1) * BANDS]) * _WIDE
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _components(plain: _Plain, numbers: Ints, bands: Keys, marks: Marks) -> Ints:
    """The group of each of the different texts: those that are linked by pairs alike."""
    size, grams = len(numbers), np.diff(plain.starts)[numbers] - GRAM + 1
    proposed = (_sharing(band) for band in bands.T)
    pair = np.unique(np.concatenate([found[_near(marks, grams, found // size, found % size)] for found in proposed]))
    one, two = pair // size, pair % size
    if not len(one):
        return np.arange(size)
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    linked = _alike(plain, numbers, one, two)
    links = coo_matrix((np.ones(linked.sum(), np.bool_), (one[linked], two[linked])), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _sharing(band: Keys) -> Ints:
    """Every text with the first and with the previous text that has the same band: one · texts + two."""
    order = np.argsort(band, kind="stable")
    same = np.concatenate([np.zeros(1, np.bool_), band[order][1:] == band[order][:-1]])
    heads = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    later = np.flatnonzero(same)
    return np.concatenate([order[heads[later]], order[later - 1]]) * len(band) + np.tile(order[later], 2)


def _near(marks: Marks, grams: Ints, one: Ints, two: Ints) -> NDArray[np.bool_]:
    """Which pairs of texts may be alike at all.

    In each bin where the least hashes differ, the lesser belongs to a trigram that the other text does not hold: so
    many trigrams at least are not shared, which is soon too many.
    """
    chunks = [slice(at, at + CHUNK) for at in range(0, len(one), CHUNK)]
    apart = [(marks[one[pairs]] != marks[two[pairs]]).sum(axis=1) for pairs in chunks]
    most = (1 - ALIKE) / (1 + ALIKE) * (grams[one] + grams[two])
    return np.asarray(np.concatenate([np.zeros(0, np.int64), *apart]) <= most + _ROUNDING)


def _alike(plain: _Plain, numbers: Ints, one: Ints, two: Ints) -> NDArray[np.bool_]:
    """Which pairs of texts share so many of their different trigrams that they are alike; places in `numbers`."""
    meant = np.unique(np.concatenate([one, two]))
    held = _held(plain, numbers[meant])
    one, two = np.searchsorted(meant, one), np.searchsorted(meant, two)
    number = np.diff(held.indptr)
    chunks = [slice(at, at + CHUNK) for at in range(0, len(one), CHUNK)]
    both = [held[one[pairs]].multiply(held[two[pairs]]).sum(axis=1) for pairs in chunks]
    shared = np.concatenate([np.zeros(0, np.int64), *(np.asarray(part).ravel() for part in both)])
    return np.asarray(shared >= ALIKE * (number[one] + number[two] - shared))


def _held(plain: _Plain, texts: Ints) -> Any:
    """The trigrams of each text, once: a sparse matrix of ones [texts, all there might be]."""
    from scipy.sparse import csr_matrix

    lengths = plain.starts[texts + 1] - plain.starts[texts] - GRAM + 1
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    first = np.repeat(plain.starts[texts] - ends[:-1], lengths) + np.arange(ends[-1])
    one, two, three = (plain.codes[first + offset].astype(np.int64) for offset in range(GRAM))
    whole = (one << 32) | (two << 16) | three
    held = csr_matrix((np.ones(len(whole), np.int32), whole, ends), shape=(len(texts), 1 << 48))
    held.sum_duplicates()
    held.data[:] = 1
    return held
