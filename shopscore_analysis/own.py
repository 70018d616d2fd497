"""The phrases that a shop adds to the lexicon and those it takes out: lexicon.toml beside shop.toml.

The file has the form of the package's cause files (a table per cause with `phrases` and `pairs`), with a top-level
`reject`. Whoever tags texts of the shop hands its text on as `own`; its digest is part of the lexicon's.
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.text.lexicon import OWN, lexicon
from shopscore_analysis.text.normalize import fold

LONGEST = 20  # characters of a phrase
_HEAD = """\
# 本店自己的词表，加在随包的词表之上。`shopscore lexicon --apply` 会重写本文件：短语保留，注释不保留。
# 每个根因一张表，一行一个短语；reject 里的短语从词表中拿掉，不管是谁放进去的。
"""


def read_own(folder: Path, category: str = "") -> str:
    """The text of the folder's lexicon.toml, "" where there is none.

    Raises LexiconError where it cannot be read, or does not go together with the lexicon of the category.
    """
    path = folder / OWN
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"expected TOML in UTF-8 in {path}, found: {error}; save it as UTF-8") from error
    lexicon(category, text)
    return text


def write_own(folder: Path, text: str, category: str = "") -> Path:
    """The path of the folder's lexicon.toml, replaced as a whole; LexiconError, and no change, for a text unfit."""
    lexicon(category, text)
    path = folder / OWN
    with tempfile.TemporaryDirectory(prefix=f".{OWN}-", dir=folder) as making:
        made = Path(making) / OWN
        made.write_text(text, encoding="utf-8", newline="\n")
        made.replace(path)
    return path


def phrases_of(own: str) -> dict[str, list[str]]:
    """The phrases of a shop's lexicon by cause, and under "reject" those it takes out, as they are written.

    >>> phrases_of('reject = "掉钻"\\n[defect]\\nphrases = "脱胶水 掉亮片"')
    {'reject': ['掉钻'], 'defect': ['脱胶水', '掉亮片']}
    """
    content = tomllib.loads(own)
    tables = {name: entry.get("phrases", "") for name, entry in content.items() if isinstance(entry, dict)}
    written = {"reject": content.get("reject", ""), **tables}
    return {name: words.split() for name, words in written.items() if words.split()}


def amended(own: str, accept: Mapping[str, Iterable[str]], reject: Iterable[str] = ()) -> str:
    """The text of a shop's lexicon with phrases accepted per cause and others rejected; a phrase has one place.

    Raises LexiconError for a phrase that is no plain phrase (`plain`), or an unknown cause.
    """
    content: dict[str, Any] = tomllib.loads(own)
    refused, accepted = [plain(phrase) for phrase in reject], {_cause(c): _all(words) for c, words in accept.items()}
    placed = {*refused, *(phrase for words in accepted.values() for phrase in words)}
    before = {name: [word for word in words if word not in placed] for name, words in phrases_of(own).items()}
    rejected = sorted({*before.pop("reject", []), *refused})
    parts = [_HEAD, _lines("reject", rejected)]
    for name in dict.fromkeys((*CAUSES, *_tables(content))):
        words = list(dict.fromkeys([*before.get(name, []), *accepted.get(name, [])]))
        if body := _lines("phrases", words) + _pairs(content.get(name, {})):
            parts.append(f"\n[{name}]\n{body}")
    return "".join(parts)


def plain(phrase: str) -> str:
    """A phrase as the lexicon writes it: folded, spaces as `_`; LexiconError where it is none.

    >>> plain(" 掉 亮片"), plain("ＡＢＳ太脆")
    ('掉_亮片', 'abs太脆')
    """
    words = fold(phrase).split()
    if not 2 <= len("".join(words)) <= LONGEST or not all(word.isalnum() for word in words):
        raise LexiconError(
            f"expected a phrase of 2 to {LONGEST} characters, letters and digits only, found {phrase!r}; "
            f"write alternatives and pairs into {OWN} itself"
        )
    return "_".join(words)


def _all(words: Iterable[str]) -> list[str]:
    return [plain(word) for word in words]


def _cause(name: str) -> str:
    if name not in CAUSES:
        raise LexiconError(f"expected one of {', '.join(CAUSES)} as a cause, found {name!r}; correct the name")
    return name


def _tables(content: Mapping[str, Any]) -> list[str]:
    return [name for name, entry in content.items() if isinstance(entry, dict)]


def _lines(key: str, words: list[str]) -> str:
    """A TOML string with a phrase a line; nothing for no phrases."""
    escaped = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return f'{key} = """\n' + "".join(f"{word}\n" for word in escaped) + '"""\n' if words else ""


def _pairs(entry: Mapping[str, Any]) -> str:
    """The pairs of a cause as they were; JSON's strings and numbers are TOML's."""
    rows = [
        "{ " + ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in pair.items()) + " }"
        for pair in entry.get("pairs", [])
    ]
    return "pairs = [\n" + "".join(f"  {row},\n" for row in rows) + "]\n" if rows else ""
