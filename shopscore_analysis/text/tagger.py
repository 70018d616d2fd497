"""Texts → causes with their evidence, and how dissatisfied each text is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.schema import MAX_CAUSES
from shopscore_analysis.text.lexicon import CAUSE_NAMES, CLASSES, DISSATISFIED, FAINT, PRAISE, lexicon
from shopscore_analysis.text.matcher import Found, find
from shopscore_analysis.text.model import OUTPUTS, Scored, score
from shopscore_analysis.text.normalize import LONGEST_DEFAULT, Batch, batch, is_default

CHUNK = 4096  # texts a call: large enough for numpy, small enough for the cache
SAID = 0.5  # confidence from which a cause counts as stated
_COMPLAINT = OUTPUTS.index("complaint")
# What the lexicon knows bounds what the model believes; chosen out of fold on the labelled reviews.
_PLAIN = 0.2  # a text that says outright that it is dissatisfied, or names a cause, gets 0.5 and this share more
_FAINT = 0.4  # the least complaint of faint praise that praises nothing
_SILENT = 0.02  # the complaint of a text that says nothing
DENIED = 0.4  # what is left of a confidence when all the text says of its cause is that it is not so
UNSAID = 0.97  # what is left of a confidence that no phrase supports
_UNNAMED = 0.65  # what is left of a complaint where no phrase complains
_ONLY_DENIALS = 0.35  # what is left of a complaint where everything said is denied
_MILD = 0.4  # the mean of complaint and mood from which a text counts as complaining: mild ones sound favourable

Span = tuple[int, int]


@dataclass(frozen=True)
class Hit:
    """A cause that a text complains of, how sure that is (0-1), and the spans of the text that say so.

    Spans [start, end) are of the text as given, in order. They are the lexicon's phrases where it has one,
    else the clause that speaks most for the cause.
    """

    cause: str
    confidence: float
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Tags:
    """What a text complains of: causes in the order of the schema, and any dissatisfaction at all (0-1)."""

    causes: tuple[Hit, ...]
    complaint: float


def tag(texts: Sequence[str], category: str = "") -> list[Tags]:
    """The tags of each text, in order; an unknown or empty category only goes without its overlay.

    >>> [(hit.cause, hit.spans) for hit in tag(["不错就是物流太慢"])[0].causes]
    [('slow_delivery', ((4, 8),))]
    """
    return [tags for at in range(0, len(texts), CHUNK) for tags in _tag_chunk(texts[at : at + CHUNK], category)]


@lru_cache(maxsize=16)
def tagger_digest(category: str = "") -> str:
    """The digest of everything that tags depend on: the lexicon with its overlay, and the weights."""
    weights = (files("shopscore_analysis") / "data" / "tagger.npz").read_bytes()
    return hashlib.sha256(lexicon(category).digest.encode() + weights).hexdigest()


def _tag_chunk(texts: Sequence[str], category: str) -> list[Tags]:
    chunk = batch(texts)
    found = find(chunk, lexicon(category))
    scored = score(chunk, found)
    sure = _decided(found, scored, chunk.size)
    silent = _silent(chunk)
    sure[silent] = 0.0
    sure[silent, _COMPLAINT] = _SILENT
    phrases = _phrases(found)
    hits: list[list[Hit]] = [[] for _ in texts]
    for text, cause in _stated(sure):
        spans = phrases.get((text, cause)) or _clause(chunk, scored, text, cause)
        hits[text].append(Hit(CAUSE_NAMES[cause], round(float(sure[text, cause]), 4), spans))
    complaint = np.round(sure[:, _COMPLAINT].astype(np.float64), 6).tolist()
    return [Tags(tuple(found), value) for found, value in zip(hits, complaint, strict=True)]


def _silent(chunk: Batch) -> NDArray[np.bool_]:
    """Which texts say nothing of their own; only short ones need a look."""
    silent = np.zeros(chunk.size, dtype=np.bool_)
    if chunk.size:
        han = ((chunk.codes >= 0x4E00) & (chunk.codes <= 0x9FFF)).astype(np.int64)
        for text in np.flatnonzero(np.add.reduceat(han, chunk.starts[:-1]) <= LONGEST_DEFAULT).tolist():
            silent[text] = is_default(chunk.folded[chunk.starts[text] : chunk.starts[text + 1] - 1])
    return silent


def _decided(found: Found, scored: Scored, texts: int) -> NDArray[np.float32]:
    """The confidence of every output, after what the lexicon knows for certain."""
    sure = scored.confidence.copy()
    counts = np.zeros((2, texts, len(CLASSES)), dtype=np.int64)
    np.add.at(counts, (found.denied.astype(np.int64), found.text, found.kind), 1)
    said, denied = counts > 0
    causes = slice(0, len(CAUSE_NAMES))
    sure[:, causes] *= np.where(said[:, causes], 1.0, np.where(denied[:, causes], DENIED, UNSAID))
    caused = np.asarray((sure[:, causes] >= SAID).any(axis=1))
    sure[:, _COMPLAINT] = _complaint(sure[:, _COMPLAINT], scored.mood, said, denied, caused)
    return sure


def _complaint(
    believed: NDArray[np.float32],
    mood: NDArray[np.float32],
    said: NDArray[np.bool_],
    denied: NDArray[np.bool_],
    caused: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """How dissatisfied each text is: what the model believes and how the text sounds, within what it says."""
    named = said[:, : FAINT + 1].any(axis=1)
    plain = said[:, DISSATISFIED] | caused
    mixed = (np.where(named | caused, believed, believed * _UNNAMED) + mood) / 2
    mixed[~named & ~caused & denied.any(axis=1)] *= _ONLY_DENIALS
    complaint = np.interp(mixed, (0.0, _MILD, 1.0), (0.0, SAID, 1.0))
    complaint[plain] = np.maximum(complaint[plain], SAID + _PLAIN * complaint[plain])
    faint = said[:, FAINT] & ~said[:, PRAISE]
    return np.where(faint, np.maximum(complaint, _FAINT), complaint)


def _stated(sure: NDArray[np.float32]) -> list[tuple[int, int]]:
    """(text, cause) of everything stated, in order; of each text the surest MAX_CAUSES."""
    causes = sure[:, : len(CAUSE_NAMES)]
    crowded = np.flatnonzero((causes >= SAID).sum(axis=1) > MAX_CAUSES)
    kept = causes >= SAID
    for text in crowded:
        kept[text] = False
        kept[text, np.argsort(-causes[text], kind="stable")[:MAX_CAUSES]] = True
    return list(zip(*(index.tolist() for index in np.nonzero(kept)), strict=True))


def _phrases(found: Found) -> dict[tuple[int, int], tuple[Span, ...]]:
    """The spans of the lexicon's phrases by text and class, those that touch joined."""
    spans: dict[tuple[int, int], list[Span]] = {}
    columns = (found.text, found.kind, found.start, found.end)
    said = ~found.denied & (found.kind < len(CAUSE_NAMES))
    for text, kind, start, end in zip(*(column[said].tolist() for column in columns), strict=True):
        held = spans.setdefault((text, kind), [])
        if held and start <= held[-1][1]:
            held[-1] = (held[-1][0], max(end, held[-1][1]))
        else:
            held.append((start, end))
    return {key: tuple(value) for key, value in spans.items()}


def _clause(chunk: Batch, scored: Scored, text: int, cause: int) -> tuple[Span, ...]:
    """The clause that speaks most for a cause, without the signs around it."""
    start, end = scored.spans[scored.best[text, cause]].tolist()
    words = chunk.folded[start:end]
    lead = len(words) - len(words.lstrip(_EDGE))
    start, end = start + lead, start + max(lead + 1, len(words.rstrip(_EDGE)))
    origin, limit = int(chunk.starts[text]), int(chunk.starts[text + 1]) - 1
    return ((min(start, limit - 1) - origin, min(end, limit) - origin),)


_EDGE = ' \n,.。!?;:…~～—()[]【】《》“”"|/\\^*·•、'
