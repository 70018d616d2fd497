"""The laws of the tally: addition is associative and commutative, has a zero, and loses nothing."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.tally import AXES, QUOTE_AXES, QUOTE_COLUMNS, QUOTES_PER_CELL, Tally

names = st.sampled_from(["a", "b", ""])
stars = st.integers(0, 5)
features = st.sampled_from(["review", "cause", "name"])
cells = st.lists(st.tuples(features, names, names, names, names, stars, names, st.integers(0, 9)), max_size=8).map(
    lambda rows: pd.DataFrame(rows, columns=[*AXES, "count"])
)
ranks = st.text("0123", min_size=1, max_size=2)
sources = st.sampled_from(["text", "followup"])
quote = st.tuples(
    st.just("cause"), names, names, names, names, ranks, stars, sources, names, st.integers(0, 3), st.just(3)
)
quotes = st.lists(quote, max_size=8).map(lambda rows: pd.DataFrame(rows, columns=list(QUOTE_COLUMNS)))
tallies = st.builds(lambda c, q: Tally.of([c], [q]), cells, quotes)


@given(tallies, tallies)
def test_addition_commutes(a: Tally, b: Tally) -> None:
    assert a + b == b + a


@given(tallies, tallies, tallies)
def test_addition_is_associative(a: Tally, b: Tally, c: Tally) -> None:
    assert (a + b) + c == a + (b + c)


@given(tallies)
def test_the_empty_tally_is_zero(a: Tally) -> None:
    assert a + Tally() == a == Tally() + a


@given(cells, cells)
def test_nothing_is_lost_in_a_sum(a: pd.DataFrame, b: pd.DataFrame) -> None:
    total = Tally.of([a]) + Tally.of([b])
    assert total.cells["count"].sum() == a["count"].sum() + b["count"].sum()


@given(quotes, quotes)
def test_a_cell_keeps_the_quotes_of_smallest_rank_wherever_they_came_from(a: pd.DataFrame, b: pd.DataFrame) -> None:
    merged = (Tally.of([], [a]) + Tally.of([], [b])).quotes
    pooled = pd.concat([a, b]).drop_duplicates()
    for cell, kept in merged.groupby(list(QUOTE_AXES)):
        pool = pooled[(pooled[list(QUOTE_AXES)] == list(cell)).all(axis=1)]
        assert kept["rank"].tolist() == sorted(pool["rank"])[:QUOTES_PER_CELL]


def _one(feature: str, product: str, key: str, count: int) -> pd.DataFrame:
    return pd.DataFrame([(feature, "s", product, "", "2026-W46", 0, key, count)], columns=[*AXES, "count"])


def test_where_takes_an_id_or_a_name() -> None:
    tally = Tally.of([_one("name", "p1", "针织衫", 3), _one("review", "p1", "", 5), _one("review", "p2", "", 7)])
    assert tally.where(product="针织衫").total("review") == tally.where(product="p1").total("review") == 5


def test_where_names_the_axes_it_knows() -> None:
    with pytest.raises(ValueError, match=r"expected one of the axes feature, shop, product, .* found 'colour'"):
        Tally().where(colour="red")


def test_where_names_the_products_it_knows() -> None:
    with pytest.raises(ValueError, match=r"expected a product's id or name, found \{'毛衣'\}; there are 针织衫"):
        Tally.of([_one("name", "p1", "针织衫", 3)]).where(product="毛衣")


def test_a_product_bears_its_commonest_name() -> None:
    tally = Tally.of(
        [
            _one("name", "p1", "旧名", 2),
            _one("name", "p1", "新名", 3),
            _one("name", "p2", "乙", 1),
            _one("name", "p2", "甲", 1),
        ]
    )
    assert tally.names == {"p1": "新名", "p2": "乙"}
