"""A page made of hand-worked estimates, and a browser of the system's to look at it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from shopscore_analysis import show
from shopscore_analysis.report.bundle import Bundle, issue
from shopscore_analysis.report.checks import check
from shopscore_analysis.report.run import page_of
from shopscore_analysis.shop import Shop
from tests.show import worlds

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def _artefacts() -> dict[str, list[object]]:
    names, week, found = worlds.NAMES, worlds.WEEK, worlds.findings()
    verdict = show.verdict_line(worlds.trend("真实变化"), found, week, names)
    doors = {"also": [*found["cause"], "courier"], "period": "2026年第34—46周"}
    return {
        "# 这一周变好了吗？": [
            show.header(worlds.FACTS, "0123456789ab", verdict),
            show.score_tiles(worlds.rank(), worlds.benchmark(), week, 4.8),
        ],
        "## 本周三件事": [
            show.things_to_do(found.assign(verdict="真实变化"), worlds.ledger(), worlds.OWNERS, week, names)
        ],
        "## 哪个商品？": [show.heatmap(worlds.cells(), names, evidence=True)],
        "## 分数丢在哪里？": [show.loss_bars(worlds.ledger())],
        "## 离 TOP10 还差多少？": [show.stack(show.gaps(worlds.benchmark()), show.ranks(worlds.rank()))],
        "## 值得盯住的变化": [show.watch_list(found, names), show.lines(worlds.trend(), title="每周抱怨率")],
        "## 原话": [show.evidence(worlds.quotes(), worlds.overall(), worlds.cells(), names, **doors)],
        "## 数据": [
            show.causes_table(worlds.cells(), "product", names),
            show.glossary(),
            show.cloud(worlds.keywords()),
        ],
    }


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a checked page with every kind of artefact."""
    content = nbformat.v4.new_notebook()
    for at, (heading, artefacts) in enumerate(_artefacts().items()):
        content.cells.append(nbformat.v4.new_markdown_cell(heading, id=f"part-{at}"))
        data = [{"text/html": artefact._repr_html_()} for artefact in artefacts]  # type: ignore[attr-defined]
        outputs = [nbformat.v4.new_output("execute_result", one, execution_count=1) for one in data]
        content.cells.append(nbformat.v4.new_code_cell("", outputs=outputs, id=f"cell-{at}"))
    made = page_of(content, worlds.FACTS)
    check(made.encode("utf-8"), "weekly.ipynb")
    path = tmp_path_factory.mktemp("page") / "worked.html"
    path.write_text(made, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The sample shop's weekly report as it is published, with its index page."""
    root = tmp_path_factory.mktemp("shop") / "demo"
    shutil.copytree(Shop.open("").root, root, ignore=shutil.ignore_patterns("reports"))
    return issue(root, "weekly")


@pytest.fixture(scope="session")
def weekly(real: Bundle) -> Path:
    """The page of a real run."""
    return real.html


PAGES = ("worked", "weekly", "index")


@pytest.fixture(scope="session", params=PAGES)
def any_page(request: pytest.FixtureRequest) -> Path:
    """Each kind of page in turn: every artefact worked by hand, a real weekly report, an index page."""
    if request.param == "worked":
        path: Path = request.getfixturevalue("page")
        return path
    bundle: Bundle = request.getfixturevalue("real")
    assert bundle.index
    return bundle.html if request.param == "weekly" else bundle.index


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless; the tests skip where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip("no Chromium on PATH; install one with: sudo apt-get install -y chromium fonts-noto-cjk")
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="no playwright; install it with: pip install playwright"
    )
    with sync_api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()
