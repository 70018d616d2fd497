"""Is this installation able to work? Each check says what it found and what to do about a fault."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from shopscore_analysis.errors import ShopscoreError
from shopscore_analysis.settings import FILE, read_settings

_PACKAGES = (
    "pandas", "pyarrow", "numpy", "jieba", "numba", "matplotlib", "seaborn", "wordcloud",
    "papermill", "nbconvert", "jupyterlab",
)  # fmt: skip
_OPTIONAL = {"numba"}  # Python runs the same loops in its place
_INSTALL = "install the project again: make demo, or pip install -r requirements.lock"


_CHINESE = {  # what a check says → the same on paper
    "Chinese font": "中文字体",
    "Jupyter kernel": "Jupyter 内核",
    "shop": "店铺",
    r"folder (.+)": r"文件夹 \1",
    "not installed": "没有安装",
    r"not installed, texts are read a hundred times slower": "没有安装，读评价会慢约一百倍",
    "no kernel python3": "没有 python3 内核",
    r"(.+), while this is (.+)": r"\1，而本程序用的是 \2",
    rf"no {FILE} in (.+) \(not needed for this check\)": rf"\1 里没有 {FILE}（检查安装不需要它）",
    "install Python 3.11 or later": "请安装 Python 3.11 以上",
    re.escape(_INSTALL): "请重新安装本项目：make demo，或 pip install -r requirements.lock",
    "pip install zhplot, or set `font` in shop.toml": "pip install zhplot，或在 shop.toml 里设置 font",
    "give your user the right to write there": "请给当前用户写入权限",
}


class Check(NamedTuple):
    """One check: its name, whether it passed, what was found, and the remedy if it did not."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def examine(folder: Path) -> list[Check]:
    """Every check in the order in which faults should be mended."""
    return [_python(), *_packages(), _font(folder), _kernel(), *_folders(folder)]


def words(check: Check) -> str:
    """One line on a check in Chinese; errors and names that have no Chinese stay as they are.

    >>> words(Check("folder data/raw", False, "/srv/shop/data/raw", "give your user the right to write there"))
    '故障  文件夹 data/raw：/srv/shop/data/raw → 请给当前用户写入权限'
    """
    remedy = "" if check.ok else f" → {_said(check.remedy)}"
    return f"{'正常' if check.ok else '故障'}  {_said(check.name)}：{_said(check.found)}{remedy}"


def _said(text: str) -> str:
    found = ((re.fullmatch(pattern, text), chinese) for pattern, chinese in _CHINESE.items())
    return next((match.expand(chinese) for match, chinese in found if match), text)


def _python() -> Check:
    return Check("python", sys.version_info >= (3, 11), platform.python_version(), "install Python 3.11 or later")


def _packages() -> Iterator[Check]:
    for name in _PACKAGES:
        try:
            yield Check(name, True, version(name))
        except PackageNotFoundError:
            optional = name in _OPTIONAL
            slow = ", texts are read a hundred times slower" if optional else ""
            yield Check(name, optional, f"not installed{slow}", _INSTALL)


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
    program = Path(spec.argv[0]) if spec.argv else Path()
    ours, found = _is_ours(program), f"{spec.display_name} ({program})"
    remedy = f"{sys.executable} -m ipykernel install --sys-prefix"
    return Check("Jupyter kernel", ours, found if ours else f"{found}, while this is {sys.executable}", remedy)


def _is_ours(program: Path) -> bool:
    """Whether a kernel starts the Python of this installation; jupyter itself resolves a bare `python` to it."""
    bare = program.name == str(program) and program.name.startswith("python")
    return bare or program.parent.resolve() == Path(sys.executable).parent.resolve()


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
