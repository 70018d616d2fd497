"""What texts in a frame say: columns in, columns out, equal texts read once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.schema import MAX_CAUSES
from shopscore_analysis.text.lexicon import CAUSE_NAMES
from shopscore_analysis.text.normalize import is_default
from shopscore_analysis.text.tagger import scan


@dataclass(frozen=True)
class Said:
    """The complaint score of each text (0-1), and a row for each text and cause that it states.

    `causes`: `row` (the number of the text), `cause` (an index of CAUSE_NAMES), the first span that shows it [`start`,
    `end`) and `quote`, the text.
    """

    complaint: NDArray[np.float64]
    causes: pd.DataFrame


def own_words(texts: pd.Series) -> pd.Series:
    """The texts, "" where one is missing or says nothing of its own."""
    code, distinct = pd.factorize(texts.fillna(""))
    words = np.array(["" if is_default(text) else text for text in distinct], dtype=object)
    return pd.Series(words[code], index=texts.index, dtype="str")


def read(texts: pd.Series, category: str, own: str) -> Said:
    """What each text says; an empty one says nothing, and no dissatisfaction."""
    code, distinct = pd.factorize(texts, sort=True)
    words = distinct.tolist()
    found = scan(words, category, own)
    first = np.flatnonzero(found.stated)
    rows = pd.DataFrame({"text": code, "row": np.arange(len(code))})
    causes = pd.DataFrame({"text": found.text, "cause": found.cause, "start": found.start, "end": found.end}).iloc[
        first
    ]
    stated = rows.merge(causes, on="text")
    quote = pd.Series(np.array([*words, ""], dtype=object)[stated["text"]], dtype="str")
    spoken = np.array([word != "" for word in words], dtype=np.float64)
    return Said((found.complaint * spoken)[code], stated.drop(columns="text").assign(quote=quote))


def first_said(*said: pd.DataFrame) -> pd.DataFrame:
    """The causes of several texts of each record, each cause once, as the first text that states it shows it.

    Ordered by row and cause, at most MAX_CAUSES a row; `cause` is the name.
    """
    once = pd.concat(said, ignore_index=True).drop_duplicates(["row", "cause"])
    once = once.sort_values(["row", "cause"], ignore_index=True)
    once = once[once.groupby("row").cumcount() < MAX_CAUSES]
    return once.assign(cause=np.array(CAUSE_NAMES, dtype=object)[once["cause"]]).reset_index(drop=True)


def patterns(causes: pd.DataFrame, size: int) -> pd.Series:
    """Everything that each of `size` records complains of at once: "defect+size_fit", "" for nothing."""
    found: pd.Series = causes.groupby("row")["cause"].agg("+".join)
    return found.reindex(range(size), fill_value="").astype("str")
