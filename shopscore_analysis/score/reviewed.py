"""Reviewed data files of the score: taken whole, or refused with the fault named."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shopscore_analysis.errors import LexiconError

Checked = TypeVar("Checked")


class Reviewed(BaseModel):
    """An entry of a reviewed file: unknown keys are refused, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'the whole'}: {fault['msg']}"
        for fault in error.errors(include_url=False)
    )


def read_reviewed(path: Path, what: str, check: Callable[[dict[str, Any]], Checked]) -> Checked:
    """What `check` makes of a TOML file; LexiconError says which file, which entry and what is wrong with it."""
    try:
        return check(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        fault = _faults(error)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        fault = str(error)
    raise LexiconError(f"expected {what} in {path.name}, found {fault}; mend the file")
