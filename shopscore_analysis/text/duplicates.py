"""Which texts say nearly the same: MinHash over character trigrams, in numpy.

Buyers copy reviews, and shops hand them out. Two texts are alike where the Jaccard similarity of their trigrams
reaches `ALIKE`; MinHash proposes the pairs, the trigrams decide. Only Chinese characters, Latin letters and digits are
compared, and only texts with at least `SHORTEST` of them: shorter ones are alike because there are few ways to say
太小了. One pass over the trigrams fills all bins of a signature (one permutation hashing, Li, Owen & Zhang 2012); an
empty bin takes the next full one's value (Shrivastava & Li 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.normalize import batch

ALIKE = 0.8
SHORTEST = 12  # characters
BANDS, ROWS = 26, 3  # 78 bins: of pairs just above 0.8, 97 in 100 share a band when short, all when long
BINS = BANDS * ROWS
GRAM = 3
CHUNK = 8192  # texts at a time, so that their signatures stay in the processor's cache
_EMPTY = np.uint32(0xFFFFFFFF)
_ODD, _WIDE = np.uint32(0x9E3779B1), np.uint64(0x9E3779B97F4A7C15)

Ints = NDArray[np.int64]
Words = NDArray[np.uint32]
Keys = NDArray[np.uint64]


class _Plain(NamedTuple):
    """The characters of texts without signs and spaces, end to end, and where each text begins (one entry more)."""

    codes: Words
    starts: Ints

    def text(self, number: int) -> str:
        return self.codes[self.starts[number] : self.starts[number + 1]].tobytes().decode("utf-32-le")


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
    whole, bands = _signed(plain, long)
    _, example, label = np.unique(whole, return_index=True, return_inverse=True)
    group = _components(plain, long[example], bands[example])[label]
    first = np.full(len(example), len(texts), dtype=np.int64)
    np.minimum.at(first, group, long)
    own[long] = first[group]
    return own


def _plain(texts: Sequence[str]) -> _Plain:
    folded = batch(texts)
    codes = folded.codes
    kept = (codes >= 0x4E00) & (codes <= 0x9FFF)
    kept |= ((codes >= ord("a")) & (codes <= ord("z"))) | ((codes >= ord("0")) & (codes <= ord("9")))
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept, dtype=np.int64)])
    return _Plain(codes[kept], before[folded.starts])


def _signed(plain: _Plain, long: Ints) -> tuple[Keys, Keys]:
    """Per text a key of all its trigrams in order [texts], and the keys of its bands [texts, BANDS]."""
    parts = [_chunk(plain, long[at : at + CHUNK]) for at in range(0, len(long), CHUNK)]
    return np.concatenate([whole for whole, _ in parts]), np.concatenate([bands for _, bands in parts])


def _chunk(plain: _Plain, numbers: Ints) -> tuple[Keys, Keys]:
    lengths = plain.starts[numbers + 1] - plain.starts[numbers] - GRAM + 1
    begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)[:-1]])
    text = np.repeat(np.arange(len(numbers)), lengths)
    place = np.arange(len(text)) - begins[text]
    grams = _trigrams(plain.codes, plain.starts[numbers][text] + place)
    ordered = (grams.astype(np.uint64) + np.uint64(1)) * (place.astype(np.uint64) * np.uint64(2) + _WIDE)
    return np.add.reduceat(ordered ^ (ordered >> np.uint64(29)), begins), _bands(_bins(grams, text, len(numbers)))


def _trigrams(codes: Words, places: Ints) -> Words:
    """The hash of the trigram at each place."""
    mixed = np.zeros(len(places), dtype=np.uint32)
    for offset in range(GRAM):
        mixed = (mixed ^ codes[places + offset]) * _ODD
        mixed ^= mixed >> np.uint32(15)
    return mixed


def _bins(grams: Words, text: Ints, texts: int) -> Words:
    """The least hash in each bin of each text [texts, BINS]; an empty bin takes the value of the next full one."""
    least = np.full(texts * BINS, _EMPTY, dtype=np.uint32)
    bins = (grams.astype(np.uint64) * np.uint64(BINS)) >> np.uint64(32)
    np.minimum.at(least, text * BINS + bins.astype(np.int64), grams * _ODD ^ (grams >> np.uint32(13)))
    twice = np.concatenate([least.reshape(texts, BINS)] * 2, axis=1)
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


def _components(plain: _Plain, numbers: Ints, bands: Keys) -> Ints:
    """The group of each of the different texts: those that are linked by pairs alike."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = np.unique(np.concatenate([_sharing(band) for band in bands.T]), axis=0)
    alike = [_alike(plain.text(numbers[one]), plain.text(numbers[two])) for one, two in pairs.tolist()]
    linked = pairs[np.array(alike, dtype=np.bool_)]
    links = coo_matrix((np.ones(len(linked), np.bool_), (linked[:, 0], linked[:, 1])), shape=(len(numbers),) * 2)
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _sharing(band: Keys) -> Ints:
    """Every text with the first and with the previous text that has the same band [pairs, 2]."""
    order = np.argsort(band, kind="stable")
    same = np.concatenate([np.zeros(1, np.bool_), band[order][1:] == band[order][:-1]])
    heads = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    later = np.flatnonzero(same)
    pairs = np.concatenate([np.c_[order[heads[later]], order[later]], np.c_[order[later - 1], order[later]]])
    return np.asarray(pairs, dtype=np.int64)


def _alike(first: str, second: str) -> bool:
    one, two = ({text[at : at + GRAM] for at in range(len(text) - GRAM + 1)} for text in (first, second))
    return len(one & two) >= ALIKE * len(one | two)
