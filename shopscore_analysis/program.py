"""Which program counts: the digest under which everything is kept that it has counted."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import as_file, files
from pathlib import Path

# The modules and files that decide what is counted; a test compares them with what count.py imports.
COUNTING = (
    "cells", "copies", "count", "errors", "excerpts", "intake", "journal", "kept", "memory", "merge", "objects",
    "parts", "periods", "placed", "quoted", "said", "schema", "shards", "shelf", "tally", "text",
)  # fmt: skip
_DATA = ("reasons.toml", "simplified.txt", "stopwords.txt")
_ENGINES = ("jieba",)


@cache
def stamp() -> str:
    """12 hex digits over the sources and data that decide what is counted, and the engines that segment."""
    package, total = files("shopscore_analysis"), hashlib.sha256()
    with as_file(package) as root:
        sources = [root / f"{name}.py" for name in COUNTING] + [root / "data" / name for name in _DATA]
        for path in [*filter(Path.is_file, sources), *sorted((root / "text").glob("*.py"))]:
            total.update(path.name.encode() + b"\0" + path.read_bytes())
    for name in _ENGINES:
        with suppress(PackageNotFoundError):
            total.update(f"{name} {version(name)}".encode())
    return total.hexdigest()[:12]
