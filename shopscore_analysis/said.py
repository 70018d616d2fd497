"""What texts in a frame say: columns in, columns out, equal texts read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.excerpts import whole_clauses
from shopscore_analysis.schema import MAX_CAUSES
from shopscore_analysis.text.lexicon import CAUSE_NAMES
from shopscore_analysis.text.normalize import is_default
from shopscore_analysis.text.tagger import scan

_LIKELY, _WORD = "[评\\[]", "[0-9A-Za-z\u4e00-\u9fff]"  # a text that says nothing has the former, or not the latter

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Said:
    """The complaint score of each text (0-1), and a row for each text and cause that it states.

    `causes`: `row` (the number of the text), `cause` (an index of CAUSE_NAMES), its `confidence` (0.5-1), the first
    span that shows it [`start`, `end`), whether that is a phrase (`phrased`), and `quote`, the text. What no phrase
    shows is shown by whole clauses, though the models read parts of them: 客服说 of 客服说就算换也没用 says nothing.
    """

    complaint: NDArray[np.float64]
    causes: pd.DataFrame


def own_words(texts: pd.Series) -> pd.Series:
    """The texts, "" where one is missing or says nothing of its own."""
    words = texts.fillna("")
    likely = np.flatnonzero(words.str.contains(_LIKELY) | ~words.str.contains(_WORD))
    empty = [at for at, text in zip(likely.tolist(), words.iloc[likely].tolist(), strict=True) if is_default(text)]
    silent = np.zeros(len(words), dtype=np.bool_)
    silent[empty] = True
    return words.mask(silent, "")


def read(texts: pd.Series, category: str, own: str) -> Said:
    """What each text says; an empty one says nothing, and no dissatisfaction."""
    code, distinct = pd.factorize(texts, sort=True)
    words = distinct.tolist()
    found = scan(words, category, own)
    first = np.flatnonzero(found.stated)
    row, cause = joined(code, found.text[first], len(words))
    shown = {name: getattr(found, name)[first] for name in ("cause", "confidence", "phrased", "start", "end")}
    shown |= _whole(words, found.text[first], shown)
    columns = {name: values[cause] for name, values in shown.items()}
    quote = pd.Series(distinct, dtype="str").take(code[row]).array
    spoken = np.array([word != "" for word in words], dtype=np.float64)
    return Said((found.complaint * spoken)[code], pd.DataFrame({"row": row, **columns, "quote": quote}))


def _whole(words: list[str], text: Ints, shown: dict[str, NDArray[Any]]) -> dict[str, Ints]:
    """`start` and `end`, every span that is no phrase widened to its clauses; `text`: the number of its text."""
    start, end = shown["start"].astype(np.int64), shown["end"].astype(np.int64)
    for at in np.flatnonzero(~shown["phrased"]).tolist():
        start[at], end[at] = whole_clauses(words[text[at]], (int(start[at]), int(end[at])))
    return {"start": start, "end": end}


def joined(one: Ints, two: Ints, size: int) -> tuple[Ints, Ints]:
    """Every pair of a place in `one` and a place in `two` that hold the same number below `size`; `two` is sorted.

    In the order of `one`, then of `two`.

    >>> [places.tolist() for places in joined(np.array([2, 0]), np.array([0, 2, 2]), 3)]
    [[0, 0, 1], [1, 2, 0]]
    """
    each = np.bincount(two, minlength=size)
    begins, number = np.cumsum(each) - each, each[one]
    place = np.repeat(np.arange(len(one)), number)
    return place, begins[one[place]] + np.arange(len(place)) - (np.cumsum(number) - number)[place]


def first_said(*said: pd.DataFrame) -> pd.DataFrame:
    """The causes of several texts of each record, each cause once, as the first text that states it shows it.

    Ordered by row and cause, at most MAX_CAUSES a row; `cause` is the name, `part` the number of the text.
    """
    every = pd.concat([one.assign(part=at) for at, one in enumerate(said)], ignore_index=True)
    row, cause = every["row"].to_numpy(np.int64), every["cause"].to_numpy(np.int64)
    order = np.lexsort((cause, row))
    order = order[(np.diff(row[order], prepend=-1) != 0) | (np.diff(cause[order], prepend=-1) != 0)]
    first = np.maximum.accumulate(np.where(np.diff(row[order], prepend=-1) != 0, np.arange(len(order)), 0))
    once = every.take(order[np.arange(len(order)) - first < MAX_CAUSES])
    return once.assign(cause=np.array(CAUSE_NAMES, dtype=object)[once["cause"]]).reset_index(drop=True)


def evidence(said: pd.DataFrame, size: int) -> Ints:
    """The span that shows the first cause of each of `size` texts, (0, 0) where a text states none: shape (size, 2).

    `said`: `Said.causes`. The first by the order of CAUSE_NAMES.

    >>> evidence(pd.DataFrame({"row": [1, 1], "cause": [4, 2], "start": [0, 5], "end": [2, 7]}), 2).tolist()
    [[0, 0], [5, 7]]
    """
    spans = np.zeros((size, 2), dtype=np.int64)
    first = said.sort_values(["row", "cause"]).drop_duplicates("row")
    spans[first["row"]] = first[["start", "end"]]
    return spans


def patterns(causes: pd.DataFrame, size: int) -> pd.Series:
    """Everything that each of `size` records complains of at once: "defect+size_fit", "" for nothing."""
    named = pd.Categorical(causes["cause"], categories=CAUSE_NAMES).codes.astype(np.int64)
    sets = np.zeros(size, dtype=np.int64)
    np.bitwise_or.at(sets, causes["row"].to_numpy(np.int64), 1 << named)
    distinct, code = np.unique(sets, return_inverse=True)
    names = ["+".join(name for at, name in enumerate(CAUSE_NAMES) if one >> at & 1) for one in distinct.tolist()]
    return pd.Series(np.array(names, dtype=object)[code], dtype="str")
