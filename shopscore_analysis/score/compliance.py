"""The reviewed rules of what a script or a parcel card must not say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.score.reviewed import Reviewed, read_reviewed

FILE = Path(__file__).parent.parent / "data" / "compliance.toml"


class Ban(Reviewed):
    """One rule: what it bans alone (`phrases`), or where `near` and `with_` stand within `within` characters.

    `figures`: expressions for what no list of words can say, such as numbers of telephones; `unless`: expressions that
    make a number harmless where the text before it ends in one of them, or two words that stand together where the
    sentence up to their end holds one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    name: str
    label: str
    phrases: str = ""
    figures: tuple[re.Pattern[str], ...] = ()
    unless: tuple[re.Pattern[str], ...] = ()
    near: str = ""
    with_: str = Field(default="", alias="with")
    within: int = Field(default=0, ge=0)
    reference: str = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Ban:
        if bool(self.near) != bool(self.with_) or bool(self.near) != bool(self.within):
            raise ValueError(f"{self.name}: near, with and within belong together")
        if not (self.phrases.strip() or self.near or self.figures):
            raise ValueError(f"{self.name}: expected phrases, figures, or near and with, found none of them")
        return self


class Bans(Reviewed):
    """The rules, the marks that the matcher needs beside its own, and named words, which the rules hold in full."""

    words: dict[str, str] = Field(default_factory=dict)
    marks: dict[str, Any]
    rules: tuple[Ban, ...]

    @model_validator(mode="before")
    @classmethod
    def _spelt_out(cls, content: dict[str, Any]) -> dict[str, Any]:
        """The content with `|`-parted words for each `{name}` in a rule."""
        named = {f"{{{name}}}": "|".join(words.split()) for name, words in content.get("words", {}).items()}
        return content | {"rules": [_with_words(rule, named) for rule in content.get("rules", [])]}


def _with_words(rule: dict[str, Any], named: dict[str, str]) -> dict[str, Any]:
    spelt = dict(rule)
    for field in {"phrases", "near", "with"} & set(rule):
        for name, words in named.items():
            spelt[field] = spelt[field].replace(name, words)
    return spelt


def read_bans(path: Path = FILE) -> Bans:
    """The rules of a file; LexiconError names the fault."""
    found = read_reviewed(path, "rules of compliance", Bans.model_validate)
    names = [rule.name for rule in found.rules]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise LexiconError(f"expected every name once in {path.name}, found {', '.join(twice)} again; mend the file")
    return found
