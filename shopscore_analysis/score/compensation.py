"""What each case is offered, by a reviewed decision table: the first row whose conditions hold. Money in fen."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd
from pydantic import Field

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.score.reviewed import Reviewed, read_reviewed

FILE = Path(__file__).parent.parent / "data" / "compensation.toml"
Liability = Literal["merchant", "carrier", "buyer", "unknown"]
History = Literal["first", "repeat", "unknown"]
Offer = Literal["refund", "partial", "coupon", "resend", "nothing"]
FEN = 100


class Case(NamedTuple):
    """What the table looks at: fen paid (None where unknown), who is liable, severity 1-3, history, the cause or ""."""

    value_fen: int | None
    liability: Liability
    severity: int
    history: History
    cause: str


class Row(Reviewed):
    """One row of the table; a condition left out holds for every case."""

    name: str
    label: str
    value_from: int | None = None
    value_below: int | None = None
    liability: tuple[Liability, ...] = ()
    severity: tuple[Literal[1, 2, 3], ...] = ()
    history: tuple[History, ...] = ()
    causes: tuple[str, ...] = ()
    offer: Offer
    permille: int = Field(ge=0, le=1000)
    least: int = Field(default=0, ge=0)
    most: int | None = None
    source: str = Field(min_length=1)

    @property
    def always(self) -> bool:
        """Whether it holds for every case."""
        conditions = (self.liability, self.severity, self.history, self.causes)
        return not any(conditions) and self.value_from is None and self.value_below is None

    def holds(self, case: Case) -> bool:
        """Whether every condition holds; a condition on the value fails where the value is unknown."""
        listed = (
            (self.liability, case.liability), (self.severity, case.severity),
            (self.history, case.history), (self.causes, case.cause),
        )  # fmt: skip
        return self._fits(case.value_fen) and all(not wanted or value in wanted for wanted, value in listed)

    def _fits(self, value: int | None) -> bool:
        if self.value_from is None and self.value_below is None:
            return True
        if value is None:
            return False
        return (self.value_from or 0) * FEN <= value and (self.value_below is None or value < self.value_below * FEN)

    @property
    def terms(self) -> str:
        """The label with the least and the most that it gives."""
        bounds = (("最少", self.least or None), ("最多", self.most))
        said = "，".join(f"{word} {yuan} 元" for word, yuan in bounds if yuan is not None)
        return f"{self.label}（{said}）" if said else self.label

    def limited(self, value: int | None) -> str:
        """What kept the amount from the row's share of what was paid: most, least, paid, or "" for nothing.

        "paid": the least is more than was paid, and no more than that is given back.
        """
        share, amount = (value or 0) * self.permille // 1000, self.amount(value)
        if amount < self._bounded(value):
            return "paid"
        return "most" if amount < share else "least" if amount > share else ""

    def amount(self, value: int | None) -> int:
        """The fen offered: a share of what was paid within its bounds; nothing where that is unknown but for a least.

        Only a coupon may be worth more than was paid.
        """
        bounded = self._bounded(value)
        return bounded if self.offer == "coupon" or value is None else min(bounded, value)

    def _bounded(self, value: int | None) -> int:
        share = max((value or 0) * self.permille // 1000, self.least * FEN)
        return share if self.most is None else min(share, self.most * FEN)


class Decision(NamedTuple):
    """The row that decided, what it offers, its cost in fen, and which limit of the row made it so, if any."""

    row: Row
    amount_fen: int
    limited: str


class Table(Reviewed):
    """The rows in order, and what they look up: grave situations, who is liable for a cause, how much it weighs."""

    grave: tuple[str, ...]
    liability: dict[str, Liability]
    severity: dict[str, Literal[1, 2, 3]]
    rows: tuple[Row, ...]

    def decide(self, case: Case) -> Decision:
        """The first row that holds; the last one always does."""
        row = next(row for row in self.rows if row.holds(case))
        return Decision(row, row.amount(case.value_fen), row.limited(case.value_fen))


@lru_cache(maxsize=4)
def read_table(path: Path = FILE) -> Table:
    """The decision table of a file; LexiconError names the fault.

    Names are used once, only the last row holds always, and every cause has its liability.
    """
    table = read_reviewed(path, "a decision table", Table.model_validate)
    names = [row.name for row in table.rows]
    faults = {
        "every name once": len(set(names)) < len(names),
        "a last row without conditions and no other": [row.always for row in table.rows]
        != [False] * (len(names) - 1) + [True],
        "a liability for each cause and no other": set(table.liability) != set(CAUSES),
        "causes of the schema": not {*table.severity, *(c for row in table.rows for c in row.causes)} <= set(CAUSES),
    }
    if wrong := [expected for expected, fails in faults.items() if fails]:
        raise LexiconError(f"expected {wrong[0]} in {path.name}, found otherwise; mend the file")
    return table


def decided(cases: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The cases with what the table offers each: adds row (its name), label (with its limits), offer, amount_fen and
    limited ("most" or "least" where the row's limit decided the amount, "paid" where what was paid did).

    `cases`: value_fen (missing where unknown), liability, severity, history, cause ("" for none).
    """
    looked_at = zip(*(cases[name] for name in Case._fields), strict=True)
    made = [table.decide(Case(None if pd.isna(value) else int(value), *rest)) for value, *rest in looked_at]
    return cases.assign(
        row=pd.Series([one.row.name for one in made], index=cases.index, dtype="str"),
        label=pd.Series([one.row.terms for one in made], index=cases.index, dtype="str"),
        limited=pd.Series([one.limited for one in made], index=cases.index, dtype="str"),
        offer=pd.Series([one.row.offer for one in made], index=cases.index, dtype="str"),
        amount_fen=pd.Series([one.amount_fen for one in made], index=cases.index, dtype="int64"),
    )


def totals(offers: pd.DataFrame, table: Table) -> pd.DataFrame:
    """By row of the table, in its order, rows that decided nothing included: row, label, offer, n, amount_fen."""
    counted = offers.groupby("row")["amount_fen"].agg(["size", "sum"])
    counted = counted.reindex([row.name for row in table.rows], fill_value=0)
    return pd.DataFrame(
        {
            "row": [row.name for row in table.rows], "label": [row.terms for row in table.rows],
            "offer": [row.offer for row in table.rows],
            "n": counted["size"].to_numpy(dtype="int64"), "amount_fen": counted["sum"].to_numpy(dtype="int64"),
        }
    )  # fmt: skip
