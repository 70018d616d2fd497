"""jieba's dictionary as arrays, and where the tokens of a text begin by it."""

from __future__ import annotations

import math
import string
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.loops import cut
from shopscore_analysis.text.stored import Arrays, stamp_of, stored
from shopscore_analysis.text.trie import Trie, plant

_SOURCES = ("dictionary.py", "trie.py")
_LATIN = string.ascii_letters + string.digits
_SIGNS = "+#&._%-"  # stand inside a word, as Chinese characters, Latin letters and digits do
_HAN = slice(0x4E00, 0x9FD6)


@dataclass(frozen=True)
class Dictionary:
    """Words in a trie; a word of kind i has the log probability `weight[i]`, an unknown character `least[0]`."""

    trie: Trie
    weight: NDArray[np.float64]
    least: NDArray[np.float64]


def token_starts(codes: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Where jieba's tokens begin in a row of characters, without the guessing of unknown words (HMM)."""
    words, (inside, sign) = dictionary(), _signs()
    trie = words.trie
    starts: NDArray[np.int64] = cut(
        codes, inside[codes], sign[codes], trie.letter_of[codes], trie.base, trie.check, trie.kind,
        words.weight, float(words.least[0]),
    )  # fmt: skip
    return starts


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """jieba's dictionary; made in a few seconds once, and kept in the user's cache folder."""
    tries = tuple(field.name for field in fields(Trie))
    arrays = stored("dictionary", stamp_of(version("jieba"), _SOURCES), (*tries, "weight", "least"), _made)
    return Dictionary(Trie(**{name: arrays[name] for name in tries}), arrays["weight"], arrays["least"])


def _made() -> Arrays:
    import jieba

    jieba.setLogLevel("WARNING")
    known = jieba.Tokenizer()
    known.initialize()
    words = sorted(word for word, often in known.FREQ.items() if often)
    often, kinds = np.unique([known.FREQ[word] for word in words], return_inverse=True)
    whole = math.log(known.total)
    weight = np.array([math.log(each) - whole for each in often.tolist()])
    trie = plant(words, kinds)
    return {field.name: getattr(trie, field.name) for field in fields(Trie)} | {
        "weight": weight, "least": np.array([math.log(1) - whole])
    }  # fmt: skip


@lru_cache(maxsize=1)
def _signs() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For each character, whether words are made of it, and whether it is a Latin letter or digit."""
    inside, latin = np.zeros((2, 0x110000), dtype=np.bool_)
    latin[[ord(sign) for sign in _LATIN]] = True
    inside[[ord(sign) for sign in _LATIN + _SIGNS]] = True
    inside[_HAN] = True
    return inside, latin
