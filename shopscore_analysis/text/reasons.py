"""After-sale reasons of the platform → causes."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.text.normalize import fold

_NOISE = re.compile(r"[\s/、,.。()\[\]【】\-_:：]|^\d+")
NO_CAUSE = "none"


@lru_cache(maxsize=1024)
def cause_of(reason: str) -> str | None:
    """The cause that an after-sale reason states, None where it states none or is unknown.

    Spelling varies by category: slashes, brackets, spaces and full-width signs are ignored.

    >>> cause_of("少件／漏发"), cause_of("多拍/错拍/不想要"), cause_of("产品 破损/损坏")
    ('missing_items', None, 'package_damage')
    """
    plain = _plain(reason)
    exact, parts = _table()
    found = exact.get(plain) or next((cause for part, cause in parts if part in plain), NO_CAUSE)
    return None if found == NO_CAUSE else found


def is_no_reason(reason: str) -> bool:
    """Whether an after-sale reason says that nothing was wrong: 七天无理由, 不想要, 多拍.

    >>> is_no_reason("多拍/错拍/不想要"), is_no_reason("其他"), is_no_reason("不喜欢/效果不好")
    (True, False, True)
    """
    plain = _plain(reason)
    return cause_of(reason) is None and any(part in plain for part in _no_reason())


@lru_cache(maxsize=1)
def _no_reason() -> tuple[str, ...]:
    return tuple(_plain(part) for part in _content()["no_reason"])


def _plain(text: str) -> str:
    return _NOISE.sub("", fold(text))


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Exact reasons, and parts of reasons in the file's order, each with its cause."""
    content = _content()
    for cause in {*content["exact"], *(entry["cause"] for entry in content["parts"])} - {NO_CAUSE}:
        if cause not in CAUSES:
            raise LexiconError(f"expected one of {', '.join(CAUSES)} or none in reasons.toml, found {cause!r}")
    exact = {_plain(reason): cause for cause, reasons in content["exact"].items() for reason in reasons}
    return exact, [(_plain(part), entry["cause"]) for entry in content["parts"] for part in entry["words"]]


def _content() -> dict[str, Any]:
    return tomllib.loads((files("shopscore_analysis") / "data" / "reasons.toml").read_text(encoding="utf-8"))
