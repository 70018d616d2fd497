"""Workbook, mail and card say what the page says, and nothing else."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from shopscore_analysis import show
from shopscore_analysis.errors import ReportError
from shopscore_analysis.report import twins
from shopscore_analysis.report.reading import Cell, Sheet, read_page
from shopscore_analysis.report.workbook import columns, typed, workbook
from shopscore_analysis.schema import cause_label
from shopscore_analysis.show import todo, words
from shopscore_analysis.show.tables import each
from tests.report import editions
from tests.show import worlds
from tests.show.test_warnings import BURSTS

FIGURE = re.compile(r"\d+(?:[.,]\d+)*%?")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return editions.publish(tmp_path / "2026-W46")


def _book(path: Path) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_every_table_of_the_page_is_a_sheet_and_each_figure_is_the_pages(published: Path) -> None:
    """Number for number: what is typed, printed again in its own format, is what the page printed."""
    reading = read_page(published.read_bytes())
    book = _book(editions.write_tables(published))
    assert len(book) == len(reading.sheets) + 3 and len(reading.sheets) >= 4
    for (name, rows), sheet in zip(list(book.items())[1:], reading.sheets, strict=False):
        assert name.split(" (")[0] in sheet.caption
        assert len(rows) - 1 == len(sheet.rows)
        for printed, row in zip(sheet.rows, rows[1:], strict=True):
            wanted = sorted(value for cell in printed if cell.number for value in _figures(cell.text))
            assert sorted(abs(value) for value in row if isinstance(value, float)) == pytest.approx(wanted)


def _figures(text: str) -> list[float]:
    """The figures of a printed cell, read in another way than the workbook reads them."""
    found = FIGURE.findall(text.replace("持平", "0"))
    if re.fullmatch(r"\d{4}-W\d\d", text) or len(text) > 18:
        return []
    return [float(figure.rstrip("%").replace(",", "")) / (100 if figure.endswith("%") else 1) for figure in found]


def test_the_ledger_sheet_holds_the_estimates(published: Path) -> None:
    """k, n and stars as numbers, shares as fractions."""
    rows = _book(editions.write_tables(published))["丢星账本"]
    assert rows[0] == ["根因", "维度", "丢星", "评了星的评价", "丢掉的星", "占全部丢星", "去掉它，均分 +", "均分会是"]
    dearest = worlds.ledger().query("loss > 0").sort_values("loss", ascending=False)
    assert [tuple(row[2:6]) for row in rows[1:]] == [
        (row.k, row.n, row.loss, row.share_of_loss) for row in each(dearest)
    ]


def test_findings_are_held_as_found(published: Path) -> None:
    """Full precision, ids as text, null as an empty cell; Chinese before the codes."""
    head, *rows = _book(editions.write_tables(published))["发现"]
    assert head == [
        "类型", "根因", "商品ID", "从哪周", "到哪周", "次数", "总数", "对照占比", "判断", "丢星", "kind", "cause",
    ]  # fmt: skip
    names = ("kind_label", "cause_label", "product_id", "from_week", "to_week", "k", "n", "baseline", "verdict", "loss")
    assert rows == [
        ["" if row[name] is None else row[name] for name in (*names, "kind", "cause")] for row in editions.found()
    ]
    assert [row[:2] for row in rows] == [["变化", "质量缺陷"], ["一直偏高", "尺码分量不合"], ["变化", "配送慢"]]


@pytest.mark.parametrize(
    ("text", "number", "value", "written"),
    [
        ("27.6%", True, 0.276, "0.0%"),
        ("−0.08", True, -0.08, "0.00"),
        ("+0.10", True, 0.1, "0.00"),
        ("1,234.6", True, 1234.6, "#,##0.0"),
        ("62,773", True, 62773, "#,##0"),
        ("¥12,345.50", True, 12345.5, "¥#,##0.00"),
        ("落后 0.10", True, -0.1, '"领先 "0.00;"落后 "0.00;"持平"'),
        ("3500517114092429286", True, "3500517114092429286", "General"),
        ("350051711409", False, "350051711409", "General"),
        ("2026-W46", True, "2026-W46", "General"),
        ("—", True, None, "General"),
    ],
)
def test_a_printed_cell_becomes_its_value(text: str, number: bool, value: object, written: str) -> None:
    """Figures are numbers in the page's own format; ids, weeks and names stay text."""
    found = typed(Cell(text, number))
    assert (found.value, found.format) == (value, written)


def test_a_date_is_a_date_and_mixed_columns_stay_as_printed(tmp_path: Path) -> None:
    """k/n is split only where the whole column is k/n."""
    mixed = Sheet("混合", ["日期", "数"], [[Cell("2026-11-15"), Cell("3/9", True)], [Cell("2026-11-16"), Cell("很多")]])
    assert [name for name, _ in columns(mixed)] == ["日期", "数"]
    reading = read_page(b"")
    reading.sheets.append(mixed)
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook(reading, {"shop": "店", "week": "2026-W46", "run_id": "0"}, []))
    assert _book(path)["混合"][1:] == [[date(2026, 11, 15), "3/9"], [date(2026, 11, 16), "很多"]]


def test_no_two_columns_of_a_sheet_have_one_heading(tmp_path: Path) -> None:
    """Three k/n of one table become six columns, each of which says of which days it is."""
    page = editions.publish(tmp_path / "w", extra=show.bursts_table(BURSTS, {}).markup)
    book = _book(editions.write_tables(page))
    assert all(len(set(rows[0])) == len(rows[0]) for rows in book.values())
    assert {"之前 84 天：抱怨", "之前 84 天：发声", "最近 7 天（未到齐）：发声"} <= set(book["抱怨突增"][0])


def test_hostile_text_stays_text_in_the_workbook(published: Path) -> None:
    """A formula in a review is a quoted string; there is no formula and no link anywhere."""
    path = editions.write_tables(published)
    texts = [row[1] for row in _book(path)["原话"][1:]]
    assert editions.EVIL in texts and worlds.HOSTILE + "太短" in texts
    with zipfile.ZipFile(path) as parts:
        content = {name: parts.read(name).decode("utf-8") for name in parts.namelist() if name.endswith(".xml")}
    assert not [name for name, xml in content.items() if "<f>" in xml or "<hyperlink" in xml]
    assert 'quotePrefix="1"' in content["xl/styles.xml"]


def test_the_same_page_gives_the_same_workbook(published: Path) -> None:
    """No clock inside."""
    first = editions.write_tables(published).read_bytes()
    assert editions.write_tables(published).read_bytes() == first


def test_captions_that_excel_refuses_become_names_that_it_takes(tmp_path: Path) -> None:
    """Long, with forbidden characters, twice."""
    caption = "占比[a]:b*c?d/e\\f" + "很长" * 20
    table = f"<table><caption>{caption}</caption><thead><tr><th>甲</th></tr></thead><tbody></tbody></table>"
    names = list(_book(editions.write_tables(editions.publish(tmp_path / "w", extra=table * 2))))
    assert names[-4:-2] == ["占比 a  b c d e f很长很长很长很长很", "占比 a  b c d e f很长很长很长很长很 (2)"]


def _edition(path: Path) -> twins.Published:
    return twins.read_edition(path)


def test_mail_and_card_say_the_verdict_the_tiles_and_the_three_things_of_the_page(published: Path) -> None:
    """The very words of the page."""
    edition = _edition(published)
    mail, card = twins.mail(edition, worlds.NAMES), twins.card(edition, worlds.NAMES)
    line = words.verdict_line(worlds.trend(), worlds.findings(), worlds.WEEK, worlds.NAMES)
    assert line in mail and line in card
    assert [tile[0] for tile in edition.reading.tiles] == ["总分（平台）", "距目标 4.80", "距 TOP10 中位"]
    assert edition.reading.tiles[0][1] == "4.70" and "总分（平台） 4.70" in card
    chosen = todo.chosen(worlds.findings(), worlds.ledger(), worlds.OWNERS, worlds.WEEK, worlds.NAMES)
    assert [item[0] for item in edition.reading.todo] == [cause_label(cause) for cause in chosen["cause"]]
    assert all(item[0] in card and item[0] in mail for item in edition.reading.todo)
    first = words.sentence(next(each(worlds.findings())), worlds.NAMES)
    assert first in mail and card.count(first) == 1


def test_no_figure_stands_in_mail_or_card_that_is_not_in_page_findings_or_manifest(published: Path) -> None:
    """Equal numbers, whatever the wording."""
    edition = _edition(published)
    sources = published.read_text(encoding="utf-8") + " ".join(twins.said(edition, worlds.NAMES, 99))
    known = set(FIGURE.findall(sources)) | {"1", "2", "3"}
    text = re.sub(r"<[^>]*>", " ", twins.mail(edition, worlds.NAMES))
    for twin in (text, twins.card(edition, worlds.NAMES)):
        assert set(FIGURE.findall(twin.replace(edition.facts["run_id"], ""))) <= known


def test_mail_and_card_stay_below_their_bytes_and_count_what_they_leave_out(published: Path) -> None:
    """A thousand findings do not fit; the reader is told how many are missing."""
    edition = _edition(published)
    many = twins.Published(edition.page, edition.reading, edition.found * 400, edition.facts)
    mail, card = twins.mail(many, worlds.NAMES), twins.card(many, worlds.NAMES)
    assert len(mail.encode("utf-8")) < 100_000 and "另有 1188 项，见报告。" in mail
    assert len(card.encode("utf-8")) < 4_000
    short = twins.card(many, worlds.NAMES, 600)
    assert len(short.encode("utf-8")) < 600
    assert re.search(r"另有 \d+ 行，见报告。\n数据截至", short)


def test_a_mail_asks_no_network_and_escapes_what_is_hostile(published: Path) -> None:
    """Inline styles only; a product named like a script stays text."""
    mail = twins.mail(_edition(published), worlds.NAMES)
    assert "<script" not in mail and "&lt;script&gt;" in mail
    assert not re.search(r"https?:|src=|href=|url\(|<link|<style", mail)


def test_other_notebooks_have_their_own_names(tmp_path: Path) -> None:
    """Several reports of one week lie in one folder."""
    page = editions.publish(tmp_path / "w", notebook="04_returns")
    assert editions.write_tables(page).name == "04_returns.tables.xlsx"


def test_a_report_that_is_not_there_is_named(tmp_path: Path) -> None:
    """What to do about it."""
    with pytest.raises(ReportError) as caught:
        twins.read_edition(tmp_path / "weekly.html")
    assert str(caught.value) == (
        f"weekly.html: expected a published report at {tmp_path / 'weekly.html'}, found no manifest.json; "
        "make it with `shopscore report`"
    )
