"""Cells by number: what is summed is what a plain sum over rows would be, in a tally's own order."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.cells import Cell, Key, crossed, key_of, rows_of, table
from shopscore_analysis.tally import AXES, Tally

texts = st.sampled_from(["甲", "乙", "", None])
row = st.tuples(
    texts, texts, st.sampled_from(["2026-W40", "2026-W41", None]), st.integers(0, 5), texts, st.integers(0, 3)
)
frames = st.lists(row, max_size=12).map(
    lambda rows: pd.DataFrame(rows, columns=["product", "sku", "week", "rating", "key", "weight"]).astype(
        {"product": "str", "sku": "str", "week": "str", "rating": "int64", "key": "str", "weight": "int64"}
    )
)


def _plainly(feature: str, rows: pd.DataFrame, weight: str | None) -> pd.DataFrame:
    known = rows.dropna(subset=["week", "key"]).fillna({"product": "", "sku": ""})
    places = {name: known[name] for name in ("product", "sku", "week", "rating", "key")}
    cells = {"feature": feature, "shop": "店", **places, "count": known[weight] if weight else 1}
    return pd.DataFrame(cells, columns=[*AXES, "count"])


@given(frames, frames)
def test_cells_are_the_sums_of_their_rows_in_canonical_order(one: pd.DataFrame, two: pd.DataFrame) -> None:
    """Weighted and not, one feature from several frames, rows without a week or key left out, noughts too."""
    (first, second), values = rows_of([one, two])
    cells = [
        Cell("review", first, key_of(one["key"])),
        Cell("review", second, key_of(two["key"])),
        Cell("loss", second, key_of(two["key"]), two["weight"].to_numpy(np.int64)),
    ]
    expected = Tally.of([_plainly("review", one, None), _plainly("review", two, None), _plainly("loss", two, "weight")])
    assert Tally(table("店", cells, values)) == expected


def test_axes_left_open_and_rows_without_a_key() -> None:
    frame = pd.DataFrame({"product": ["甲", "乙"], "sku": ["大", "小"], "week": ["2026-W40"] * 2, "rating": [1, 5]})
    (rows,), values = rows_of([frame])
    found = table("店", [Cell("text", rows.over("product", "rating")), Cell("name", rows.over("sku", "week"))], values)
    assert found[["feature", "product", "sku", "week", "rating", "count"]].to_numpy().tolist() == [
        ["name", "乙", "", "", 5, 1],
        ["name", "甲", "", "", 1, 1],
        ["text", "", "大", "2026-W40", 0, 1],
        ["text", "", "小", "2026-W40", 0, 1],
    ]
    assert table("店", [], values).empty


def test_two_keys_are_crossed_where_both_are_known() -> None:
    first, second = (
        key_of(pd.Series(["甲", None, "乙", "甲"])).under("channel"),
        Key(np.array([1, 0, -1, 1]), ["a", "b|c"]),
    )
    both = crossed(first, second)
    assert [both.values[code] if code >= 0 else None for code in both.code] == [
        "channel|甲|b|c",
        None,
        None,
        "channel|甲|b|c",
    ]
    assert list(both.values) == ["channel|甲|b|c"]
