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
_PRIMES = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)
_MOOD_MIDDLE, _MOOD_SLOPE = -0.3, 4.0  # of the standardised tone, chosen on texts that no weight has seen
_TONE_SHRINK = 30.0  # short clauses have less to say: added to their squared length


@dataclass(frozen=True)
class Weights:
    """What training found, as arrays.

    `hashes` [f] names the n-grams kept, `rarity` [f] their inverse document frequency, `grams` [f, 24] their
    weights for each output and, last, for the tone; `lexicon` [2 · classes, 23] weighs what the lexicon found
    and what it found denied, `tone` [8, 23] the standardised tone of a text (`tone_mean`, `tone_scale`);
    `bias`, `threshold` and `slope` [23] turn scores into a confidence of 0.5 at the threshold.
    """

    hashes: Ints
    rarity: Reals
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


@dataclass(frozen=True)
class Grams:
    """The known n-grams of a batch: their row, text and clause (-1 where they cross one's border)."""

    row: Ints
    text: Ints
    clause: Ints


def hashed(codes: NDArray[np.uint32], length: int) -> Ints:
    """The hash of every n-gram of one length; entry i is that of the n-gram that begins at i."""
    size = max(len(codes) - length + 1, 0)
    mixed = np.full(size, length, dtype=np.uint32)
    for offset in range(length):
        mixed = (mixed ^ codes[offset : offset + size]) * np.uint32(_PRIMES[offset])
        mixed ^= mixed >> np.uint32(15)
    return (mixed >> np.uint32(32 - BITS)).astype(np.int64)


def grams(batch: Batch, clauses: Ints, table: NDArray[np.int32]) -> Grams:
    """The n-grams of a batch that the table knows; `table` maps hashes to rows, -1 for none."""
    text = np.repeat(np.arange(batch.size), np.diff(batch.starts))
    breaks = np.concatenate([np.zeros(1, np.int64), np.cumsum(batch.codes == ord("\n"))])
    rows, texts, owners = [], [], []
    for length in range(1, LONGEST + 1):
        row = table[hashed(batch.codes, length)]
        known = np.flatnonzero((row >= 0) & (breaks[length:] == breaks[: max(len(breaks) - length, 0)]))
        last = clauses[known + length - 1]
        rows.append(row[known])
        texts.append(text[known])
        owners.append(np.where(clauses[known] == last, last, -1))
    return Grams(*(np.concatenate(part).astype(np.int64) for part in (rows, texts, owners)))


def presence(owner: Ints, column: Ints, shape: tuple[int, int]) -> csr_matrix:
    """A sparse matrix with 1 where an owner has a column at least once."""
    matrix = csr_matrix((np.ones(len(owner), dtype=np.float32), (owner, column)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def lengths(matrix: csr_matrix, rarity: Reals) -> Reals:
    """The Euclidean length of each row once its entries are weighed by rarity; never below a small number."""
    squared: Reals = matrix @ np.square(rarity)
    return np.sqrt(np.maximum(squared, 1e-6)).astype(np.float32)


def stated(found: Found, owner: Ints, owners: int) -> Reals:
    """How often (up to 3) the lexicon found each class, and found it denied, per owner [owners, 2 · classes]."""
    counts = np.zeros((owners, 2 * len(CLASSES)), dtype=np.float32)
    np.add.at(counts, (owner, found.kind + len(CLASSES) * found.denied), 1.0)
    return np.minimum(counts, 3.0)


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
    return Weights(
        packed["hashes"].astype(np.int64),
        packed["rarity"].astype(np.float32),
        packed["grams"].astype(np.float32) * scale,
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
    seen = grams(batch, number, _table())
    whole = _parts(seen.text, seen.row, batch.size, known)
    inside = seen.clause >= 0
    part = _parts(seen.clause[inside], seen.row[inside], len(spans), known, _TONE_SHRINK)
    tone = (tones(whole[:, -1], part[:, -1], text_of, batch.size) - known.tone_mean) / known.tone_scale
    said = number[batch.starts[found.text] + found.start]
    text_scores = whole[:, :-1] + stated(found, found.text, batch.size) @ known.lexicon + known.bias
    text_scores += tone @ known.tone
    clause_scores = part[:, :-1] + stated(found, said, len(spans)) @ known.lexicon + known.bias
    best = best_clauses(clause_scores, text_of, batch.size)
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


def _parts(owner: Ints, row: Ints, owners: int, known: Weights, shrink: float = 0.0) -> Reals:
    """Scores by n-grams alone [owners, 24]; the last column is the tone, shrunk for short clauses."""
    matrix = presence(owner, row, (owners, len(known.hashes)))
    length = lengths(matrix, known.rarity)
    raw: Reals = matrix @ known.grams
    scores = raw / length[:, None]
    scores[:, -1] = raw[:, -1] / np.sqrt(np.square(length) + shrink)
    return scores
