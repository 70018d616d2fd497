"""The archive: an index of every week, and what leaves when."""

from __future__ import annotations

import json
import os
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from shopscore_analysis.errors import ReportError, SettingsError
from shopscore_analysis.report.archive import archived, published, remove, sweep, weeks_beyond
from shopscore_analysis.report.index import index, write_index
from shopscore_analysis.shop import Shop
from tests.report import editions

WEEKS = ["2026-W44", "2026-W45", "2026-W46"]
SCORES = {"2026-W44": 4.68, "2026-W45": 4.70, "2026-W46": 4.65}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop.create(tmp_path / "shop", "<b>小店</b>", "衣服")
    for week in WEEKS:
        editions.publish(shop.reports / week, week)
    scores = pd.DataFrame({"week": list(SCORES), "score": list(SCORES.values())})
    monkeypatch.setattr(Shop, "scores", lambda self: scores)
    return shop


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_the_index_lists_weeks_newest_first_with_score_verdicts_and_links_that_exist(shop: Shop) -> None:
    """One row a week; every link leads to a file below the page."""
    (shop.reports / "2026-W46" / "tables.xlsx").write_bytes(b"")
    page = write_index(shop)
    text = page.read_text(encoding="utf-8")  # type: ignore[union-attr]
    assert re.findall(r"<strong>(2026-W\d\d)</strong>", text) == WEEKS[::-1]
    assert '<td class="num">4.65</td><td>真实变化 2 项，可能变化 1 项</td>' in text
    seen = _Links()
    seen.feed(text)
    assert set(seen.links) == {*(f"{week}/weekly.html" for week in WEEKS), "2026-W46/tables.xlsx"}
    assert all((shop.reports / link).exists() for link in seen.links)


def test_the_scores_line_is_svg_with_live_text_title_and_description(shop: Shop) -> None:
    """Oldest at the left; the best score stands highest."""
    text = index("小店", archived(shop.reports), SCORES)
    points = re.search(r'<polyline points="([^"]+)"', text)
    assert points is not None
    spots = [tuple(map(int, spot.split(","))) for spot in points[1].split()]
    assert [x for x, _ in spots] == sorted(x for x, _ in spots)
    assert min(spots, key=lambda spot: spot[1]) == spots[1] and max(spots, key=lambda spot: spot[1]) == spots[2]
    assert '<title id="line-title">总分走势</title>' in text and "2026-W44 4.68 到 2026-W46 4.65。" in text
    assert ">4.70</text>" in text


def test_the_index_is_self_contained_and_escapes_the_shops_name(shop: Shop) -> None:
    """A strict policy, no request, a language."""
    text = write_index(shop).read_text(encoding="utf-8")  # type: ignore[union-attr]
    assert '<html lang="zh-CN">' in text and "noindex" in text and "default-src &#x27;none&#x27;" in text
    assert "<b>小店" not in text and "&lt;b&gt;小店&lt;/b&gt; 报告存档" in text
    assert not re.search(r"<script|https?://|src=|@import|url\(", text)


def test_without_scores_or_with_one_week_there_is_no_line(shop: Shop) -> None:
    """A line through one point says nothing."""
    assert "<svg" not in index("小店", archived(shop.reports), {})
    assert "<svg" not in index("小店", archived(shop.reports)[:1], SCORES)


def test_a_damaged_week_does_not_hide_the_others_and_an_empty_archive_has_no_index(shop: Shop, tmp_path: Path) -> None:
    """What cannot be read counts as absent."""
    (shop.reports / "2026-W45" / "findings.json").write_text("{", encoding="utf-8")
    (shop.reports / "notes").mkdir()
    assert [week.name for week in archived(shop.reports)] == WEEKS[::-1]
    assert archived(tmp_path / "nothing") == []
    assert write_index(Shop.create(tmp_path / "new", "新店")) is None


def test_an_edition_is_whole_only_with_its_twin(shop: Shop) -> None:
    """A run that died between page and workbook is made again."""
    assert published(shop.reports, "2026-W46", "weekly") is None
    (shop.reports / "2026-W46" / "tables.xlsx").write_bytes(b"")
    manifest = published(shop.reports, "2026-W46", "weekly")
    assert manifest is not None and manifest["week"] == "2026-W46"
    assert published(shop.reports, "2026-W46", "04_returns") is None


def test_the_newest_weeks_stay_and_only_weeks_go(shop: Shop) -> None:
    """Other folders are nobody's business."""
    (shop.reports / "notes").mkdir()
    old = weeks_beyond(shop.reports, 1)
    assert [path.name for path in old] == ["2026-W45", "2026-W44"]
    assert sorted(path.name for path in shop.reports.iterdir()) == [*WEEKS, "notes"]
    remove(old)
    assert sorted(path.name for path in shop.reports.iterdir()) == ["2026-W46", "notes"]


def test_what_a_killed_removal_left_is_swept(shop: Shop) -> None:
    """Half a week is never listed."""
    (shop.reports / "2026-W44").rename(shop.reports / ".removing-2026-W44")
    assert [week.name for week in archived(shop.reports)] == ["2026-W46", "2026-W45"]
    for name, age in (("old", 2 * 86_400), ("new", 0)):
        making = shop.reports / "2026-W46" / f".making-{name}"
        making.mkdir()
        os.utime(making, (time.time() - age,) * 2)
    sweep(shop.reports)
    assert not (shop.reports / ".removing-2026-W44").exists()
    assert [path.name for path in (shop.reports / "2026-W46").glob(".making-*")] == [".making-new"]


def test_keeping_nothing_is_refused(shop: Shop) -> None:
    """A slip of the finger must not empty an archive."""
    with pytest.raises(SettingsError) as caught:
        weeks_beyond(shop.reports, 0)
    assert str(caught.value) == "expected to keep at least 1 week, found 0; choose a number such as 52"


def test_an_archive_that_cannot_be_written_keeps_its_old_index(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full."""
    page = write_index(shop)

    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    before = page.read_bytes()  # type: ignore[union-attr]
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ReportError) as caught:
        write_index(shop)
    assert str(caught.value) == (
        f"archive: expected to write {page}, found: No space left on device; free some space, or make it writable"
    )
    assert page.read_bytes() == before  # type: ignore[union-attr]


def test_a_week_that_cannot_be_removed_is_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only archive; nothing is half gone."""

    def denied(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", denied)
    with pytest.raises(ReportError) as caught:
        remove(weeks_beyond(shop.reports, 2))
    assert str(caught.value) == (
        f"archive: expected to remove {shop.reports / '2026-W44'}, found: Permission denied; make the archive writable "
        "and run `shopscore archive` again"
    )
    assert json.loads((shop.reports / "2026-W44" / "manifest.json").read_text(encoding="utf-8"))


def test_the_index_calls_reports_by_their_names(shop: Shop) -> None:
    """The weekly report first; a notebook of one's own by its first heading; workbooks by their report."""
    week = shop.reports / "2026-W46"
    for name in ("01_data_quality", "monthly"):
        (week / f"{name}.html").write_text("", encoding="utf-8")
    (week / "own.html").write_text('<h1 id="a">退货的<b>钱</b> &amp; 时间？</h1>', encoding="utf-8")
    (week / "bare.html").write_text("<p>x</p>", encoding="utf-8")
    for name in ("tables.xlsx", "monthly.tables.xlsx"):
        (week / name).write_bytes(b"")
    text = write_index(shop).read_text(encoding="utf-8")  # type: ignore[union-attr]
    said = re.findall(r'<a [^>]*href="2026-W46/[^"]*"[^>]*>([^<]*)</a>', text)
    assert said == ["周报", "周报表格", "数据质量", "bare", "月报", "月报表格", "退货的钱 &amp; 时间？"]
