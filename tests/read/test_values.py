"""Values: every spelling that exports use, and a word for what cannot be read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.read import values
from shopscore_analysis.read.times import time

MOMENTS = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2099, 12, 31, 23, 59, 59)).map(
    lambda at: at.replace(microsecond=0)
)
SPELLINGS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y.%m.%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S",
    "%Y/%m/%d %I:%M:%S %p",
)


def read(parser: object, *cells: str | None) -> list[object]:
    """The values a parser reads."""
    assert callable(parser)
    return list(parser(pa.array(cells, pa.string())).values.to_pylist())


@given(st.lists(st.tuples(MOMENTS, st.sampled_from(SPELLINGS)), min_size=1, max_size=8))
def test_every_spelling_of_a_time_gives_back_the_time(written: list[tuple[dt.datetime, str]]) -> None:
    assert read(time, *[at.strftime(spelling) for at, spelling in written]) == [at for at, _ in written]


@given(MOMENTS)
def test_a_spreadsheet_serial_gives_back_the_time(at: dt.datetime) -> None:
    serial = (at - dt.datetime(1899, 12, 30)).total_seconds() / 86400
    assert read(time, f"{serial:.8f}") == [at]


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("2026/9/10 8:00", dt.datetime(2026, 9, 10, 8)),
        ("2026-9-1", dt.datetime(2026, 9, 1)),
        ("2026年9月1日", dt.datetime(2026, 9, 1)),
        ("２０２６－０９－０１", dt.datetime(2026, 9, 1)),
        ("20260901", dt.datetime(2026, 9, 1)),
        ("2026/9/10 下午 3:05", dt.datetime(2026, 9, 10, 15, 5)),
        ("2026/9/10 上午12:05:00", dt.datetime(2026, 9, 10, 0, 5)),
        ("2026-09-01T02:00:00Z", dt.datetime(2026, 9, 1, 10)),
        ("2026-09-01 10:00:00.250", dt.datetime(2026, 9, 1, 10)),
        ("46266", dt.datetime(2026, 9, 1)),
    ],
)
def test_rarer_spellings_alone_and_among_common_ones(cell: str, at: dt.datetime) -> None:
    assert read(time, cell) == [at]
    assert read(time, "2026-09-02 00:00:00", cell, None) == [dt.datetime(2026, 9, 2), at, None]


@pytest.mark.parametrize(
    "cell", ["2026-02-30", "2026-13-01", "1899-01-01", "昨天", "12:30", "99999999", "2026-09-01 25:00:00", "1.5"]
)
def test_what_is_no_time_is_bad_and_spoils_no_other_cell(cell: str) -> None:
    parsed = time(pa.array(["2026-09-01 10:00:00", cell, None]))
    assert parsed.values.to_pylist() == [dt.datetime(2026, 9, 1, 10), None, None]
    assert parsed.bad.to_pylist() == [False, True, False]


@given(st.integers(0, 10**11), st.sampled_from(["{}", "¥{}", "￥{}", "{}元", " {} "]), st.booleans())
def test_money_keeps_every_fen(fen: int, form: str, commas: bool) -> None:
    yuan = Decimal(fen) / 100
    cell = form.format(f"{yuan:,.2f}" if commas else f"{yuan:.2f}").strip()
    assert read(values.fen, cell) == [fen]


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("１，２９９．００", 129900),
        ("28.9", 2890),
        ("28.900000000000002", 2890),
        ("-5.00", -500),
        ("2890分", 2890),
        ("1.2万", 1_200_000),
        ("0.005", 1),
    ],
)
def test_money_in_other_forms(cell: str, fen: int) -> None:
    assert read(values.fen, cell) == [fen]


@pytest.mark.parametrize("cell", ["满100减10", "1.2.3", "活动-5", "12,00元a", "∞"])
def test_what_is_no_amount_is_bad(cell: str) -> None:
    parsed = values.fen(pa.array([cell, "1.00"]))
    assert (parsed.values.to_pylist(), parsed.bad.to_pylist()) == ([None, 100], [True, False])


@pytest.mark.parametrize(
    ("cell", "share"),
    [("12.34%", 0.1234), ("100%", 1.0), ("0.1234", 0.1234), ("1", 1.0), ("０％", 0.0), ("98.30 %", 0.983)],
)
def test_shares(cell: str, share: float) -> None:
    assert read(values.rate, cell) == [pytest.approx(share, abs=1e-12)]


def test_a_plain_number_above_one_is_no_share_unless_the_header_says_percent() -> None:
    assert values.rate(pa.array(["12.34"])).bad.to_pylist() == [True]
    assert values.rate(pa.array(["12.34"]), "%").values.to_pylist() == [pytest.approx(0.1234)]


@given(st.integers(0, 3), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_durations_in_words_and_on_a_clock(days: int, hours: int, minutes: int, seconds: int) -> None:
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    words = "".join(f"{n}{unit}" for n, unit in ((days, "天"), (hours, "小时"), (minutes, "分"), (seconds, "秒")) if n)
    assert read(values.seconds, words or "0秒", f"{days * 24 + hours}:{minutes:02}:{seconds:02}") == [total, total]


@pytest.mark.parametrize(
    ("cell", "unit", "seconds"),
    [("9.2", "秒", 9.2), ("1.5", "时", 5400), ("2", "分钟", 120), ("1,204", "", 1204), ("2分钟", "", 120)],
)
def test_plain_durations_take_the_unit_of_their_header(cell: str, unit: str, seconds: float) -> None:
    assert values.seconds(pa.array([cell]), unit).values.to_pylist() == [seconds]


@pytest.mark.parametrize("cell", ["很快", "11秒多", "-3秒", "秒"])
def test_what_is_no_duration_is_bad(cell: str) -> None:
    assert values.seconds(pa.array([cell])).bad.to_pylist() == [True]


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [
        ("7.5w~10w", 75_000, 100_000),
        ("2.5w-5w", 25_000, 50_000),
        ("1000w~2500w", 10_000_000, 25_000_000),
        ("100万", 1_000_000, 1_000_000),
        ("500w", 5_000_000, 5_000_000),
        ("5~7.5w", 50_000, 75_000),
        ("1.2亿", 120_000_000, 120_000_000),
        ("1,234", 1234, 1234),
        ("500w+", 5_000_000, 5_000_000),
    ],
)
def test_bands(cell: str, low: int, high: int) -> None:
    ends = values.band(pa.array([cell, None, "很多"]))
    assert [end.values.to_pylist() for end in ends] == [[low, None, None], [high, None, None]]
    assert ends[0].bad.to_pylist() == [False, False, True]


@pytest.mark.parametrize(
    ("cell", "stars"), [("5", 5), ("5.0", 5), ("4星", 4), ("3分", 3), ("★★☆☆☆", 2), ("⭐⭐⭐", 3), ("５", 5)]
)
def test_stars(cell: str, stars: int) -> None:
    assert read(values.stars, cell) == [stars]


@pytest.mark.parametrize("cell", ["0", "6", "4.5", "好评", "★★★★★★"])
def test_what_is_no_star_rating_is_bad(cell: str) -> None:
    assert values.stars(pa.array([cell])).bad.to_pylist() == [True]


@given(
    st.text("0123456789", min_size=1, max_size=24),
    st.sampled_from(["\t{}", "{}\t", "'{}", '="{}"', "`{}", "\u200b{}\ufeff", "{}"]),
)
def test_an_id_is_never_changed_whatever_guards_it(digits: str, guard: str) -> None:
    assert read(values.identifier, *values.cleaned(pa.array([guard.format(digits)])).to_pylist()) == [digits]


@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=6))
def test_parsers_account_for_every_cell_of_any_text(cells: list[str | None]) -> None:
    text = values.cleaned(pa.array(cells, pa.string()))
    for parser in (time, values.fen, values.rate, values.seconds, values.whole, values.real, values.stars):
        parsed = parser(text)
        for cell, value, bad in zip(text.to_pylist(), parsed.values.to_pylist(), parsed.bad.to_pylist(), strict=True):
            assert bad == (cell is not None and value is None)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("SF0000000001-顺丰速运", "顺丰速运"),
        ("顺丰速运-SF0000000001", "顺丰速运"),
        ("中通快递", "中通快递"),
        ("YT12345678", None),
        ("SF001122-顺丰速运;YT334455-圆通速递", "顺丰速运"),
    ],
)
def test_carriers_lose_their_waybill_numbers(cell: str, name: str | None) -> None:
    assert read(values.carrier, cell) == [name]


def test_free_text_keeps_words_that_are_empty_markers_elsewhere() -> None:
    assert values.free_text(pa.array(["无", " - ", "'好'", "\t还行\n"])).to_pylist() == ["无", None, "'好'", "还行"]
