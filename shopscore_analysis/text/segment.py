"""Texts → tokens and content words. The only file that knows jieba and its fast twin rjieba."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec

CHUNK = 4000  # texts a call of the fast engine: one joined string, a line each
_ASCII_PARTS = re.compile(r"([a-zA-Z0-9]+(?:\.\d+)?%?)")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTENT = re.compile(r"[^\W\d_]{2,}")

_Cut = Callable[[str, bool], list[str]]


def engine() -> str:
    """The name of the engine that cuts: "rjieba" where this platform has it, else "jieba"."""
    return "rjieba" if find_spec("rjieba") else "jieba"


def cut(texts: Sequence[str], hmm: bool = False) -> list[list[str]]:
    """The tokens of each text, the same from either engine; joined they give the text.

    With `hmm` unknown words are guessed, as jieba does by default; without, only dictionary words
    are made, and both engines agree exactly. A lone surrogate comes back as U+FFFD.

    >>> cut(["物流太慢了"])
    [['物流', '太慢', '了']]
    """
    lines = _cut_lines if engine() == "rjieba" else _cut_each
    return [tokens for at in range(0, len(texts), CHUNK) for tokens in lines(texts[at : at + CHUNK], hmm)]


def terms(texts: Sequence[str]) -> list[list[str]]:
    """The content words of each text: no stop words, single characters, figures or signs.

    >>> terms(["这个包装的质量太差了"])
    [['包装', '质量']]
    """
    stop = stop_words()
    known: dict[str, bool] = {}
    kept = []
    for tokens in cut(texts):
        for token in tokens:
            if token not in known:
                known[token] = token not in stop and _CONTENT.fullmatch(token) is not None
        kept.append([token for token in tokens if known[token]])
    return kept


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """The words that no keyword list should show (data/stopwords.txt)."""
    lines = (files("shopscore_analysis") / "data" / "stopwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _cut_lines(texts: Sequence[str], hmm: bool) -> list[list[str]]:
    """Tokens of texts cut as one string; a text with a line break of its own is cut by itself."""
    plain = [_SURROGATE.sub("\ufffd", text) for text in texts]
    joined = "\n".join(text if "\n" not in text else "" for text in plain)
    kept: list[list[str]] = [[]]
    for token in _fast_cut(joined, hmm):
        if token == "\n":
            kept.append([])
        else:
            kept[-1].append(token)
    return [kept[i] if "\n" not in text else _fast_cut(text, hmm) for i, text in enumerate(plain)]


def _fast_cut(text: str, hmm: bool) -> list[str]:
    """jieba's own tokens from rjieba: a joined ASCII token is parted as jieba parts it."""
    tokens: list[str] = []
    for token in _fast()(text, hmm):
        if token.isascii() and len(token) > 1 and not token.isalnum():
            tokens.extend(_ascii_parts(token))
        else:
            tokens.append(token)
    return tokens


@lru_cache(maxsize=65536)
def _ascii_parts(token: str) -> tuple[str, ...]:
    return tuple(part for part in _ASCII_PARTS.split(token) if part)


def _cut_each(texts: Sequence[str], hmm: bool) -> list[list[str]]:
    slow = _slow()
    return [slow(_SURROGATE.sub("\ufffd", text), hmm) for text in texts]


@lru_cache(maxsize=1)
def _fast() -> _Cut:
    from rjieba import Jieba

    made: _Cut = Jieba().cut
    return made


@lru_cache(maxsize=1)
def _slow() -> _Cut:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()

    def lcut(text: str, hmm: bool) -> list[str]:
        return list(tokenizer.cut(text, HMM=hmm))

    return lcut
