"""The linear model over character n-grams that speaks where phrases are silent, applied with numpy and scipy.

A text is scored as a whole and clause by clause: score = text + 0.5 × best clause. Weights come from
tools/train_tagger.py; they hold hashes of n-grams of one to four characters and no text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

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
BITS = 22  # of a hash; the table of rows takes 16 MB
CLAUSE_SHARE = 0.5
MOST = 3.0  # statements of one class that a text or clause is credited with
LEAST = 1e-6  # squared length of a text without known n-grams
_PRIMES = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)
_MOOD_MIDDLE, _MOOD_SLOPE = -0.3, 4.0  # of the standardised tone, chosen on texts that no weight has seen
_TONE_SHRINK = 30.0  # short clauses have less to say: added to their squared length


@dataclass(frozen=True)
class Weights:
    """What training found, as arrays.

    `hashes` [f] names the n-grams kept, `grams` [f, 25] their
    weights for each output for the tone and,
    last, their squared rarity; `lexicon` [2 · classes, 23] weighs what the lexicon found
    and what it found denied, `tone` [8, 23] the standardised tone of a text (`tone_mean`, `tone_scale`);
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
    """Confidence of each output [texts, 23] and, of each cause, the clause that speaks most for it.

    `mood` [texts] is how unfavourable a text sounds as a whole (0-1); `best` [texts, 23] is a clause number of
    the batch, `spans` [clauses, 2] its span in the batch.
    """

    confidence: Reals
    mood: Reals
    best: Ints
    spans: Ints


def hashed(codes: NDArray[np.uint32], length: int) -> Ints:
    """The hash of every n-gram of one length; entry i is that of the n-gram that begins at i."""
    size = max(len(codes) - length + 1, 0)
    mixed = np.full(size, length, dtype=np.uint32)
    for offset in range(length):
        mixed = (mixed ^ codes[offset : offset + size]) * np.uint32(_PRIMES[offset])
        mixed ^= mixed >> np.uint32(15)
    return (mixed >> np.uint32(32 - BITS)).astype(np.int64)


def grams(batch: Batch, number: Ints, spans: Ints, table: NDArray[np.int32]) -> csr_matrix:
    """How often each clause holds each n-gram that the table knows [clauses, n-grams], in the order of the text.

    `number` [characters] is the clause of each character, `spans` [clauses, 2] where each lies; `table` maps
    hashes to columns, -1 for none. An n-gram that crosses a border is none; equal ones stay apart and add up.
    """
    size = len(batch.codes)
    column = np.full((size, LONGEST), -1, dtype=np.int32)
    for length in range(1, LONGEST + 1):
        known = table[hashed(batch.codes, length)]
        crosses = number[: max(size - length + 1, 0)] != number[length - 1 :]
        known[crosses] = -1
        column[: len(known), length - 1] = known
    column[_wordless(batch.codes)] = -1
    seen = column >= 0
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(seen.sum(axis=1))])
    ends = np.concatenate([before[spans[:, 0]], before[-1:]])
    indices = column[seen]
    return csr_matrix((np.ones(len(indices), np.float32), indices, ends), shape=(len(spans), int(table.max()) + 1))


def _wordless(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which characters speak of nothing: ends of texts, and numbers of which a mask left a part (138****0000)."""
    star = codes == ord("*")
    number = star | ((codes >= ord("0")) & (codes <= ord("9")))
    run = np.cumsum(~number)
    masked = np.bincount(run, weights=star) > 0
    return np.asarray((codes == ord("\n")) | (number & masked[run]))


def stated(found: Found, owner: Ints, owners: int) -> Reals:
    """How often the lexicon found each class, and found it denied, per owner [owners, 2 · classes]."""
    width = 2 * len(CLASSES)
    cell = owner * width + found.kind + len(CLASSES) * found.denied
    return np.bincount(cell, minlength=owners * width).reshape(owners, width).astype(np.float32)


def tones(whole: Reals, parts: Reals, text: Ints, texts: int) -> Reals:
    """Tone features of each text [texts, 8]: whole, and most, least, mean, last and second most of its clauses."""
    order = np.lexsort((-parts, text))
    first = np.searchsorted(text[order], np.arange(texts))
    ranked = parts[order]
    count = np.bincount(text, minlength=texts)
    most = ranked[first]
    least = ranked[first + count - 1]
    second = np.where(count > 1, ranked[np.minimum(first + 1, len(ranked) - 1)], -1.0)
    mean = np.bincount(text, weights=parts, minlength=texts) / count
    last = parts[np.searchsorted(text, np.arange(texts), side="right") - 1]
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
    scale = packed["scale"].astype(np.float32)
    rarity = packed["rarity"].astype(np.float32)
    return Weights(
        packed["hashes"].astype(np.int64),
        np.column_stack([packed["grams"].astype(np.float32) * scale, np.square(rarity)]),
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
def _table() -> NDArray[np.int32]:
    return table_of(weights().hashes)


def table_of(hashes: Ints) -> NDArray[np.int32]:
    """For each hash its row among `hashes`, -1 where it has none."""
    table = np.full(1 << BITS, -1, dtype=np.int32)
    table[hashes] = np.arange(len(hashes), dtype=np.int32)
    return table


def score(batch: Batch, found: Found) -> Scored:
    """The confidence of every output for each text of the batch, and where each cause speaks most."""
    known = weights()
    number, text_of, spans = clause_owners(batch, found.clauses)
    first = np.searchsorted(text_of, np.arange(batch.size))
    raw: Reals = grams(batch, number, spans, _table()) @ known.grams
    part, whole = _scores(raw, _TONE_SHRINK), _scores(np.add.reduceat(raw, first, axis=0))
    tone = (tones(whole[:, -1], part[:, -1], text_of, batch.size) - known.tone_mean) / known.tone_scale
    # in double precision, so that a text scores alike alone and in any batch
    said = stated(found, number[batch.starts[found.text] + found.start], len(spans)).astype(np.float64)
    tone = tone.astype(np.float64)
    text_scores = whole[:, :-1] + np.minimum(np.add.reduceat(said, first, axis=0), MOST) @ known.lexicon + known.bias
    text_scores += tone @ known.tone
    clause_scores = part[:, :-1] + np.minimum(said, MOST) @ known.lexicon + known.bias
    best = best_clauses(clause_scores.astype(np.float32), text_of, batch.size)
    total = text_scores + CLAUSE_SHARE * np.take_along_axis(clause_scores, best, axis=0)
    confidence = 1 / (1 + np.exp(-known.slope * (total - known.threshold)))
    mood = 1 / (1 + np.exp(_MOOD_SLOPE * (_MOOD_MIDDLE - tone[:, 0])))
    return Scored(confidence.astype(np.float32), mood.astype(np.float32), best, spans)


def best_clauses(scores: Reals, text_of: Ints, texts: int) -> Ints:
    """For each text and output the number of the clause with the highest score (the first of equals)."""
    first = np.searchsorted(text_of, np.arange(texts))
    most = np.maximum.reduceat(scores, first, axis=0)
    rows = np.where(scores == most[text_of], np.arange(len(scores))[:, None], len(scores))
    return np.minimum.reduceat(rows, first, axis=0)


def _scores(raw: Reals, shrink: float = 0.0) -> Reals:
    """Scores by n-grams alone [owners, 24] from their sums; the last column is the tone, shrunk for short clauses."""
    squared = np.maximum(raw[:, -1:], LEAST)
    scores = (raw[:, :-1] / np.sqrt(squared)).astype(np.float32)
    scores[:, -1] = raw[:, -2] / np.sqrt(squared[:, 0] + shrink)
    return np.asarray(scores, dtype=np.float32)
