"""Is this installation able to work? Each check says what it found and what to do about a fault."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from shopscore_analysis.errors import ShopscoreError
from shopscore_analysis.settings import FILE, read_settings

_PACKAGES = (
    "pandas", "pyarrow", "numpy", "jieba", "rjieba", "ahocorasick-rs", "matplotlib", "seaborn", "wordcloud",
    "papermill", "nbconvert", "jupyterlab",
)  # fmt: skip
_OPTIONAL = {"rjieba"}  # jieba serves in its place, twenty times slower
_INSTALL = "install the project again: make demo, or pip install -r requirements.lock"


class Check(NamedTuple):
    """One check: its name, whether it passed, what was found, and the remedy if it did not."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def examine(folder: Path) -> list[Check]:
    """Every check in the order in which faults should be mended."""
    return [_python(), *_packages(), _font(folder), _kernel(), *_folders(folder)]


def _python() -> Check:
    return Check("python", sys.version_info >= (3, 11), platform.python_version(), "install Python 3.11 or later")


def _packages() -> Iterator[Check]:
    for name in _PACKAGES:
        try:
            yield Check(name, True, version(name))
        except PackageNotFoundError:
            optional = name in _OPTIONAL
            yield Check(
                name, optional, "not installed" + (", jieba serves instead (slower)" if optional else ""), _INSTALL
            )


def _font(folder: Path) -> Check:
    from shopscore_analysis.show.theme import font

    wish = read_settings(folder).font if (folder / FILE).exists() else ""
    try:
        found = font(wish)
        return Check("Chinese font", True, f"{found.name} ({found.path})")
    except ShopscoreError as error:
        return Check("Chinese font", False, str(error), "pip install zhplot, or set `font` in shop.toml")


def _kernel() -> Check:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Check(
            "Jupyter kernel", False, "no kernel python3", f"{sys.executable} -m ipykernel install --sys-prefix"
        )
    return Check("Jupyter kernel", True, spec.display_name)


def _folders(folder: Path) -> Iterator[Check]:
    if not (folder / FILE).exists():
        yield Check("shop", True, f"no {FILE} in {folder.resolve()} (not needed for this check)")
        return
    for name in (".", "data/raw", "data/shelf", "reports"):
        path = folder / name
        existing = next(place for place in (path, *path.resolve().parents) if place.exists())
        yield Check(
            f"folder {name}",
            os.access(existing, os.W_OK),
            str(path.resolve()),
            "give your user the right to write there",
        )
