"""Makes docs/report-phone.png and docs/report-desktop.png from the sample shop's weekly report.

    .venv/bin/python tools/screenshots.py [PAGE]

PAGE: a published page; without it the sample shop's report is made first. Needs Chromium on PATH (or CHROMIUM) and the
extra `dev`. The screens are reduced to 256 colours, which keeps each below 200 kB.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).resolve().parents[1] / "docs"
SCREENS = {"report-phone.png": (390, 844), "report-desktop.png": (1280, 900)}
MOST_BYTES = 200_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def made(folder: Path) -> Path:
    """The page of the sample shop's weekly report, made in `folder`."""
    from shopscore_analysis.report.bundle import issue
    from shopscore_analysis.shop import make_sample

    return issue(make_sample(folder / "demo").root, "weekly").html


def shot(browser: Browser, page: Path, size: tuple[int, int]) -> bytes:
    """The first screen of a page as a PNG of 256 colours."""
    tab = browser.new_page(viewport={"width": size[0], "height": size[1]})
    tab.goto(page.resolve().as_uri())
    drawn = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    out = io.BytesIO()
    drawn.quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> int:
    """0, or 1 where a picture is too large or there is no browser."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        sys.exit(f"expected a browser on PATH ({', '.join(BROWSERS)}), found none; install Chromium or set CHROMIUM")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page = Path(sys.argv[1]) if len(sys.argv) > 1 else made(Path(folder))
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        pictures = {name: shot(browser, page, size) for name, size in SCREENS.items()}
        browser.close()
    for name, data in pictures.items():
        (DOCS / name).write_bytes(data)
        print(DOCS / name, len(data))
    return int(any(len(data) > MOST_BYTES for data in pictures.values()))


if __name__ == "__main__":
    sys.exit(main())
