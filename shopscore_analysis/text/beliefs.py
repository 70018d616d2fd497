"""What the tagger holds of texts before it decides: how sure of each cause, and what phrases state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.lexicon import CAUSE_NAMES, PRAISE, lexicon
from shopscore_analysis.text.matcher import find
from shopscore_analysis.text.model import score
from shopscore_analysis.text.normalize import batch

CHUNK = 4096  # texts a call


class Beliefs(NamedTuple):
    """Per text: `confidence` [texts, causes] of the model, `stated` [texts, causes] by a phrase.

    `praises` [texts]: phrases state praise and nothing else, no cause, no dissatisfaction, however faint.
    """

    confidence: NDArray[np.float32]
    stated: NDArray[np.bool_]
    praises: NDArray[np.bool_]


def beliefs(texts: Sequence[str], category: str = "", own: str = "") -> Beliefs:
    """The beliefs about each text, in order; causes as in the schema.

    >>> found = beliefs(["物流太慢了", "面料很舒服"])
    >>> found.stated.any(axis=1).tolist(), found.praises.tolist()
    ([True, False], [False, True])
    """
    padded = [*texts, ""]  # so that there is a batch where there is no text
    parts = [_of(padded[at : at + CHUNK], category, own) for at in range(0, len(padded), CHUNK)]
    return Beliefs(*(np.concatenate(columns)[:-1] for columns in zip(*parts, strict=True)))


def _of(texts: Sequence[str], category: str, own: str) -> Beliefs:
    chunk = batch(texts)
    found = find(chunk, lexicon(category, own))
    said = np.zeros((chunk.size, PRAISE + 1), dtype=np.bool_)
    said[found.text[~found.denied], found.kind[~found.denied]] = True
    confidence = score(chunk, found).confidence[:, : len(CAUSE_NAMES)]
    return Beliefs(confidence, said[:, : len(CAUSE_NAMES)], said[:, PRAISE] & ~said[:, :PRAISE].any(axis=1))
