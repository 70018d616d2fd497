"""The linear model over character n-grams that speaks where phrases are silent, applied with numpy and scipy.

A text is scored as a whole and clause by clause: score = text + 0.5 × best clause. Where a text speaks of things that
no labelled review spoke of (another category of goods), the model knows little and the lexicon's phrases decide: how
strange a text is, is the share of its n-grams, weighed by rarity, that training never saw with a label.

Weights come from tools/train_tagger.py; they hold hashes of n-grams of one to four characters and no text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from shopscore_analysis.text.lexicon import CAUSE_NAMES, CLASSES
from shopscore_analysis.text.matcher import Found
from shopscore_analysis.text.normalize import Batch

Reals = NDArray[np.float32]
Ints = NDArray[np.int64]
OUTPUTS = (*CAUSE_NAMES, "complaint")
LONGEST = 4  # characters of an n-gram
_WIDTH = 4  # flags of a character, which make up one number
BITS = 22  # of a hash; the table of columns takes 16 MB
_COMMON = 2  # characters of an n-gram that is more often known than not
CLAUSE_SHARE = 0.5
MOST = 3.0  # statements of one class that a text or clause is credited with
LEAST = 1e-6  # squared length of a text without known n-grams
_PRIMES = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)
_MOOD_MIDDLE, _MOOD_SLOPE = -0.3, 4.0  # of the standardised tone, chosen on texts that no weight has seen
_TONE = len(OUTPUTS) + 1  # columns of weights: the outputs and the tone
# chosen on categories of goods that were left out of training
_FAMILIAR, _FOREIGN = 0.98, 0.90  # shares of taught n-grams from which a text is wholly familiar, wholly strange
_PHRASE_TRUST = 3.0
_TONE_SHRINK = 30.0  # short clauses have less to say: added to their squared length


@dataclass(frozen=True)
class Weights:
    """What training found, as arrays.

    `hashes` [f] names the n-grams kept, `grams` [f, 27] their weights for each output and for the tone, their rarity
    where a labelled text held them, their rarity, and its square; `lexicon` [2 · classes, 23] weighs what the
    lexicon found and what it found denied, `tone` [8, 23] the standardised tone of a text (`tone_mean`, `tone_scale`);
    `bias`, `threshold` and `slope` [23] turn scores into a confidence of 0.5 at the threshold.
    """

    hashes: Ints
    grams: Reals
    lexicon: Reals
    tone: Reals
    tone_mean: Reals
    tone_scale: Reals
    bias: Reals
    threshold: Reals
    slope: Reals


@dataclass(frozen=True)
class Scored:
    """Confidence of each output [texts, 23], and the scores of clauses by which a cause finds its evidence.

    `mood` [texts] is how unfavourable a text sounds as a whole (0-1), `strange` [texts] how unlike the labelled ones
    it is (0-1); `clauses` [clauses, 23] are scores, `first` [texts] the first clause of each
    text, `spans` [clauses, 2] where each lies in the batch.
    """

    confidence: Reals
    mood: Reals
    strange: Reals
    clauses: NDArray[np.float64]
    first: Ints
    spans: Ints

    def best(self, text: Ints, output: Ints) -> Ints:
        """For each pair of text and output, the clause with the highest score (the first of equals)."""
        number = np.append(self.first, len(self.spans))[text + 1] - self.first[text]
        begin = np.cumsum(number) - number
        clause = np.arange(number.sum()) + np.repeat(self.first[text] - begin, number)
        scores = self.clauses[clause, np.repeat(output, number)].astype(np.float32)
        if not len(scores):
            return np.zeros(0, dtype=np.int64)
        most = np.repeat(np.maximum.reduceat(scores, begin), number)
        best: Ints = np.minimum.reduceat(np.where(scores == most, clause, len(self.spans)), begin)
        return best


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams that the model knows: for each hash a column, -1 for none.

    `bits` says the same in a bit a hash, which fits in the cache of one core where the columns do not: long n-grams
    are mostly unknown.
    """

    column: NDArray[np.int32]
    bits: NDArray[np.uint8]
    size: int

    def columns(self, hashes: NDArray[np.uint32], inside: NDArray[np.bool_]) -> NDArray[np.int32]:
        """The column of each hash, -1 where it has none or is not `inside`."""
        return np.where(inside, self.column[hashes], np.int32(-1))

    def rare(self, hashes: NDArray[np.uint32], inside: NDArray[np.bool_]) -> tuple[Ints, NDArray[np.int32]]:
        """Which hashes are known and `inside`, and their columns."""
        bit = self.bits[hashes >> np.uint32(3)] >> (hashes.astype(np.uint8) & np.uint8(7))
        at = np.flatnonzero((bit & np.uint8(1)).view(np.bool_) & inside)
        return at, self.column[hashes[at]]


def vocabulary(hashes: Ints) -> Vocabulary:
    """The vocabulary of some hashes: hash i has column i."""
    column = np.full(1 << BITS, -1, dtype=np.int32)
    column[hashes] = np.arange(len(hashes), dtype=np.int32)
    return Vocabulary(column, np.packbits(column >= 0, bitorder="little"), len(hashes))


def hashed(codes: NDArray[np.uint32], length: int) -> NDArray[np.uint32]:
    """The hash of every n-gram of one length; entry i is that of the n-gram that begins at i."""
    size = max(len(codes) - length + 1, 0)
    mixed = np.full(size, length, dtype=np.uint32)
    for offset in range(length):
        mixed ^= codes[offset : offset + size]
        mixed *= np.uint32(_PRIMES[offset])
        mixed ^= mixed >> np.uint32(15)
    mixed >>= np.uint32(32 - BITS)
    return mixed


def grams(batch: Batch, number: Ints, spans: Ints, known: Vocabulary) -> csr_matrix:
    """How often each clause holds each n-gram that is known [clauses, n-grams], in the order of the text.

    `number` [characters] is the clause of each character, `spans` [clauses, 2] where each lies. An n-gram that
    crosses a border is none; equal ones stay apart and add up.
    """
    size = len(batch.codes)
    column = np.full((size, _WIDTH), -1, dtype=np.int32)
    for length in range(1, min(LONGEST, size) + 1):
        hashes = hashed(batch.codes, length)
        inside = number[: len(hashes)] == number[length - 1 :]
        if length <= _COMMON:
            column[: len(hashes), length - 1] = known.columns(hashes, inside)
        else:
            at, columns = known.rare(hashes, inside)
            column[at, length - 1] = columns
    column[_wordless(batch.codes)] = -1
    seen = column >= 0
    each = np.bitwise_count(seen.view(np.uint32)).ravel()
    before = np.concatenate([np.zeros(1, np.int32), np.cumsum(each, dtype=np.int32)])
    ends = np.append(before[spans[:, 0]], before[-1:])
    indices = column.ravel()[np.flatnonzero(seen)]
    return csr_matrix((np.ones(len(indices), np.float32), indices, ends), shape=(len(spans), known.size))


def _wordless(codes: NDArray[np.uint32]) -> Ints:
    """The characters that speak of nothing: ends of texts, and numbers of which a mask left a part (138****0000)."""
    star = codes == ord("*")
    number = np.flatnonzero(star | ((codes >= ord("0")) & (codes <= ord("9"))))
    run = np.cumsum(np.diff(number, prepend=-2) > 1)
    masked = np.bincount(run, weights=star[number]) > 0
    return np.concatenate([np.flatnonzero(codes == ord("\n")), number[masked[run]]])


def stated(found: Found, owner: Ints, owners: int) -> csr_matrix:
    """How often the lexicon found each class, and found it denied, per owner [owners, 2 · classes]."""
    width = 2 * len(CLASSES)
    cell, count = np.unique(owner * width + found.kind + len(CLASSES) * found.denied, return_counts=True)
    ends = np.searchsorted(cell, np.arange(owners + 1) * width)
    return csr_matrix((count.astype(np.float64), cell % width, ends), shape=(owners, width))


def tones(whole: Reals, parts: Reals, text: Ints, texts: int) -> Reals:
    """Tone features of each text [texts, 8]: whole, and most, least, mean, last and second most of its clauses."""
    count = np.bincount(text, minlength=texts)
    first = np.cumsum(count) - count
    most, least = np.maximum.reduceat(parts, first), np.minimum.reduceat(parts, first)
    top = np.flatnonzero(parts == most[text])
    others = parts.copy()
    others[top[np.diff(text[top], prepend=-1) > 0]] = -np.inf
    second = np.where(count > 1, np.maximum.reduceat(others, first), -1.0)
    mean = np.bincount(text, weights=parts, minlength=texts) / count
    last = parts[first + count - 1]
    spread = most - least
    return np.stack([whole, most, least, mean, second, last, spread, np.log1p(count)], axis=1).astype(np.float32)


def clause_owners(batch: Batch, clauses: Ints) -> tuple[Ints, Ints, Ints]:
    """Clauses numbered from 0 along the batch: number per character, text of each clause, span of each clause."""
    text = np.repeat(np.arange(batch.size), np.diff(batch.starts))
    change = np.flatnonzero(np.diff(clauses, prepend=-1) | np.diff(text, prepend=-1))
    number = np.zeros(len(clauses), dtype=np.int64)
    number[change] = 1
    spans = np.stack([change, np.append(change[1:], len(clauses))], axis=1)
    return np.cumsum(number) - 1, text[change], spans


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The shipped weights, unpacked; cached."""
    packed = np.load(BytesIO((files("shopscore_analysis") / "data" / "tagger.npz").read_bytes()))
    rarity = packed["rarity"].astype(np.float32)
    common = np.argsort(rarity, kind="stable")  # rows that are often needed lie together, and so in the cache
    taught = rarity * packed["taught"]
    grams = np.column_stack([packed["grams"].astype(np.float32) * packed["scale"], taught, rarity, np.square(rarity)])
    return Weights(
        packed["hashes"].astype(np.int64)[common],
        np.ascontiguousarray(grams[common]),
        *(
            packed[name].astype(np.float32)
            for name in (
                "lexicon",
                "tone",
                "tone_mean",
                "tone_scale",
                "bias",
                "threshold",
                "slope",
            )
        ),
    )


@lru_cache(maxsize=1)
def _known() -> Vocabulary:
    return vocabulary(weights().hashes)


def score(batch: Batch, found: Found) -> Scored:
    """The confidence of every output for each text of the batch, and how much each clause speaks for it."""
    known = weights()
    number, text_of, spans = clause_owners(batch, found.clauses)
    first = np.searchsorted(text_of, np.arange(batch.size))
    raw: Reals = grams(batch, number, spans, _known()) @ known.grams
    sums = np.add.reduceat(raw, first, axis=0)
    part, whole = _scores(raw, _TONE_SHRINK), _scores(sums)
    tone = (tones(whole[:, -1], part[:, -1], text_of, batch.size) - known.tone_mean) / known.tone_scale
    # in double precision, so that a text scores alike alone and in any batch
    tone = tone.astype(np.float64)
    said = stated(found, found.text, batch.size)
    text_scores = _with_lexicon(whole[:, :-1], said, known) + tone @ known.tone
    clause = number[batch.starts[found.text] + found.start]
    clause_scores = _with_lexicon(part[:, :-1], stated(found, clause, len(spans)), known)
    total = text_scores + CLAUSE_SHARE * top_clauses(clause_scores, first)
    odd = strange(sums[:, -3], sums[:, -2])
    total[:, : len(CAUSE_NAMES)] += phrase_trust(odd, said)
    confidence = 1 / (1 + np.exp(-known.slope * (total - known.threshold)))
    mood = 1 / (1 + np.exp(_MOOD_SLOPE * (_MOOD_MIDDLE - tone[:, 0])))
    return Scored(confidence.astype(np.float32), mood.astype(np.float32), odd, clause_scores, first, spans)


def strange(taught: Reals, every: Reals) -> Reals:
    """How unlike the labelled texts each text is (0-1), from its summed rarities: of taught n-grams, and of all."""
    share = taught / np.maximum(every, LEAST)
    return np.clip((_FAMILIAR - share) / (_FAMILIAR - _FOREIGN), 0, 1).astype(np.float32)


def phrase_trust(odd: Reals, said: csr_matrix) -> NDArray[np.float64]:
    """What a stated cause gains in each text [texts, causes]: the more, the stranger the text."""
    return np.asarray(_PHRASE_TRUST * odd[:, None] * (said[:, : len(CAUSE_NAMES)].toarray() > 0), dtype=np.float64)


def _with_lexicon(scores: Reals, said: csr_matrix, known: Weights) -> NDArray[np.float64]:
    """The scores with what the lexicon's statements add, and the bias."""
    total = scores.astype(np.float64)
    rows = np.flatnonzero(np.diff(said.indptr))
    ends = np.append(said.indptr[rows], said.indptr[-1:])
    some = csr_matrix((np.minimum(said.data, MOST), said.indices, ends), shape=(len(rows), said.shape[1]))
    total[rows] += some @ known.lexicon.astype(np.float64)
    total += known.bias
    return total


def top_clauses(scores: NDArray[Any], first: Ints) -> NDArray[Any]:
    """For each text, given by its first clause, the highest score that a clause has for each output."""
    return np.asarray(np.maximum.reduceat(scores, first, axis=0))


def _scores(raw: Reals, shrink: float = 0.0) -> Reals:
    """Scores by n-grams alone [owners, 24] from their sums; the last column is the tone, shrunk for short clauses."""
    squared = np.maximum(raw[:, -1:], LEAST)
    scores = (raw[:, :_TONE] / np.sqrt(squared)).astype(np.float32)
    scores[:, -1] = raw[:, _TONE - 1] / np.sqrt(squared[:, 0] + shrink)
    return np.asarray(scores, dtype=np.float32)
