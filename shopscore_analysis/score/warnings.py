"""Which sightings of alarming words become warnings: their level, clock, answer and script, by a reviewed rule book."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.schema import OPEN, OVERDUE, UNKNOWN, WAITING
from shopscore_analysis.score.reviewed import Reviewed, read_reviewed

FILE = Path(__file__).parent.parent / "data" / "warnings.toml"
STEPS = ("calm", "explain", "compensate")  # 安抚-解释-补偿
IN_TIME, LATE, ANSWERED = "及时答复", "超时答复", "已答复，时间未知"
TABLES: tuple[Literal["reviews", "followups", "aftersales", "chat"], ...] = (
    "reviews",
    "followups",
    "aftersales",
    "chat",
)
COLUMNS = (
    "level", "rule", "also", "situation", "situations", "source", "text", "start", "end", "product_id", "product",
    "order_week", "written", "due", "answer", "script", "table", "record", "order",
)  # fmt: skip


class Rule(Reviewed):
    """One list of words: the level and the situation it stands for.

    `threat`: an 如果 does not take it back; `heard_in`: the tables it listens to.
    """

    name: str
    label: str
    level: Literal[1, 2, 3]
    situation: str
    phrases: str
    threat: bool = False
    heard_in: tuple[Literal["reviews", "followups", "aftersales", "chat"], ...] = TABLES
    source: str = Field(min_length=1)


class Situation(Reviewed):
    """What to say in a situation, in three steps."""

    label: str
    calm: str
    explain: str
    compensate: str

    @property
    def script(self) -> str:
        """The three steps as one text."""
        return "".join(getattr(self, step) for step in STEPS)


class RuleBook(Reviewed):
    """The rules with what they share: the clock, further marks for the matcher, words that only suppose.

    `situations` stand in the file with the gravest first.
    """

    clock_hours: int = Field(gt=0)
    conditionals: str
    marks: dict[str, Any]
    rules: tuple[Rule, ...]
    situations: dict[str, Situation]


def read_rule_book(path: Path = FILE) -> RuleBook:
    """The rules of a file; LexiconError names the fault. Names are used once, every situation has its script."""
    found = read_reviewed(path, "rules of warnings", RuleBook.model_validate)
    names = [rule.name for rule in found.rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    unknown = sorted({rule.situation for rule in found.rules} - set(found.situations))
    if twice or unknown:
        fault = f"{', '.join(twice)} again" if twice else f"no script for {', '.join(unknown)}"
        raise LexiconError(
            f"expected every rule once, each with a situation that has a script, in {path.name}, "
            f"found {fault}; mend the file"
        )
    return found


def decide(sightings: pd.DataFrame, book: RuleBook, keep: Sequence[str] = ()) -> pd.DataFrame:
    """The warnings: one row a record, by its gravest rule; gravest first, then the newest. Columns: COLUMNS and `keep`.

    Of rules of one level the gravest is that of the situation which the book names first, wherever its words stand.

    `sightings`: a row per (record, rule) with table, record, source, text, start, end, product_id, product, order,
    order_week, written, rule (its name), `answered` (None where nobody knows), `answered_at` and `seen`, when the
    export that holds the record was made. `also` lists the labels of further rules that fired, and `situations`
    those of all that the record belongs to, the gravest first.
    """
    rows = _graded(sightings, book)
    labels, belongs = _all_of(rows, "label"), _all_of(rows, "situation")
    made = rows.drop_duplicates(["table", "record"])
    keys = list(zip(made["table"], made["record"], strict=True))
    made["also"] = [labels[key][1:] for key in keys]
    made["situations"] = [tuple(book.situations[name].label for name in belongs[key]) for key in keys]
    made["due"] = made["written"] + pd.Timedelta(hours=book.clock_hours)
    known = zip(made["answered"], made["answered_at"], made["due"], made["seen"], strict=True)
    made["answer"] = [_answer(*one) for one in known]
    made["script"] = [book.situations[name].script for name in made["situation"]]
    made["situation"] = [book.situations[name].label for name in made["situation"]]
    made = made.assign(rule=made["label"]).astype({"also": object, "situations": object})
    order = made.sort_values(["level", "written", "record"], ascending=[False, False, True], na_position="last")
    return order[[*COLUMNS, *keep]].reset_index(drop=True)


def _all_of(rows: pd.DataFrame, name: str) -> dict[Any, tuple[str, ...]]:
    """What a column says of each record, once each, in order."""
    return {key: tuple(dict.fromkeys(said)) for key, said in rows.groupby(["table", "record"])[name]}


def _graded(sightings: pd.DataFrame, book: RuleBook) -> pd.DataFrame:
    """The sightings where their rules listen, with level, label and situation, the gravest of each record first."""
    rules, places = {rule.name: rule for rule in book.rules}, {name: at for at, name in enumerate(book.situations)}
    heard = [table in rules[rule].heard_in for table, rule in zip(sightings["table"], sightings["rule"], strict=True)]
    sightings = sightings[np.array(heard, dtype=bool)]
    graded = sightings.assign(
        level=sightings["rule"].map(lambda name: rules[name].level).astype("int64"),
        label=sightings["rule"].map(lambda name: rules[name].label).astype("str"),
        situation=sightings["rule"].map(lambda name: rules[name].situation).astype("str"),
    )
    graded["place"] = graded["situation"].map(places).astype("int64")
    return graded.sort_values(["level", "place", "start", "rule"], ascending=[False, True, True, True], kind="stable")


def _answer(answered: object, at: pd.Timestamp, due: pd.Timestamp, seen: pd.Timestamp) -> str:
    if answered is None or pd.isna(answered) or pd.isna(due):  # type: ignore[call-overload]
        return UNKNOWN
    if answered:
        return ANSWERED if pd.isna(at) else IN_TIME if at <= due else LATE
    return OVERDUE if seen > due else WAITING


def by_situation(warnings: pd.DataFrame) -> pd.Series:
    """How many warnings belong to each situation, by its label; one that belongs to several counts in each."""
    return warnings["situations"].explode().value_counts(sort=False)


def summary(warnings: pd.DataFrame) -> pd.DataFrame:
    """How many warnings of each level, and how they were answered: level, n, open, and a column an answer."""
    answers = (IN_TIME, LATE, ANSWERED, OVERDUE, WAITING, UNKNOWN)
    counted = pd.crosstab(warnings["level"], warnings["answer"]).reindex(
        index=[3, 2, 1], columns=list(answers), fill_value=0
    )
    counted.insert(0, "n", counted.sum(axis=1))
    counted.insert(1, "open", counted[list(OPEN)].sum(axis=1))
    return counted.rename_axis(columns=None).rename_axis("level").reset_index()
