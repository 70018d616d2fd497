"""What might be a phrase of the lexicon: words side by side in one clause, as buyers put them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shopscore_analysis.text.normalize import fold
from shopscore_analysis.text.segment import LEADS, cut, stop_words

MOST_WORDS = 4
SHORTEST, LONGEST = 2, 10  # characters
_MASK = re.compile(r"\[[^\[\]]{1,6}\]")  # what masking leaves says nothing
_WORD = re.compile(r"[^\W_]+")


def candidates(texts: Sequence[str]) -> list[set[str]]:
    """The candidates of each text: one to four words in a row without empty ones at the ends, and whole clauses.

    All have two to ten characters.

    >>> sorted(candidates(["拉链太难拉了"])[0])
    ['太难', '太难拉', '拉链', '拉链太难', '拉链太难拉', '拉链太难拉了', '难拉']
    """
    plain = [_MASK.sub("。", fold(text)) for text in texts]
    return [_phrases(tokens) | _clauses(tokens) for tokens in cut(plain)]


def _clauses(tokens: list[str]) -> set[str]:
    """The short clauses as a whole."""
    parts = "".join(word if _WORD.fullmatch(word) else "\n" for word in tokens).split("\n")
    return {part for part in parts if SHORTEST <= len(part) <= LONGEST and not part.isdigit()}


def _phrases(tokens: list[str]) -> set[str]:
    """Every run of words that may stand by itself."""
    found = set()
    for first, lead in enumerate(tokens):
        if not _opens(lead):
            continue
        phrase = ""
        for word in tokens[first : first + MOST_WORDS]:
            phrase += word
            if not _WORD.fullmatch(word) or len(phrase) > LONGEST:
                break
            if len(phrase) >= SHORTEST and _closes(word) and not phrase.isdigit():
                found.add(phrase)
    return found


def _opens(word: str) -> bool:
    return word in LEADS or (word not in stop_words() and _WORD.fullmatch(word) is not None)


def _closes(word: str) -> bool:
    return word not in stop_words()
