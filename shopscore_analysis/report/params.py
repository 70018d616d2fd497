"""A notebook's parameters: what it knows against what it is given."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any

from shopscore_analysis.errors import ReportError

_TYPES: Mapping[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}

Known = Mapping[str, Mapping[str, Any]]


def checked(notebook: str, known: Known, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters to inject, every one of them known to the notebook and of its type.

    `known` is what papermill reads of the cell tagged `parameters`: name → inferred_type_name, default, help.
    Papermill itself only logs a warning for a misspelt name, and the report is then about the wrong shop; here
    an unknown name, a value of another type, a notebook without a parameters cell, and a parameter whose
    default is None and that is not given raise ReportError. A text for a number or a truth value, as a command line
    gives it, is read by the parameter's annotation.
    """
    if not known:
        raise ReportError(
            "expected a cell tagged `parameters` with one literal a line, found none; "
            "tag the first code cell (cell inspector, Tags) and give every parameter a default",
            notebook,
        )
    values = {}
    for name, value in given.items():
        _check_name(notebook, known, name)
        values[name] = _read(value, known[name]["inferred_type_name"])
        _check_type(notebook, known[name], name, values[name])
    missing = [name for name, parameter in known.items() if parameter["default"] == "None" and name not in given]
    if missing:
        raise ReportError(
            f"expected a value for {', '.join(missing)}, found none; give it with -p NAME=VALUE",
            notebook,
            said=f"还缺参数 {'、'.join(missing)}",
        )
    return values


def _read(value: Any, kind: str) -> Any:
    """A text as the number or truth value that it spells; anything else, and what spells none, as it is.

    >>> _read("4.8", "float"), _read("true", "bool"), _read("four", "int"), _read("8", "str")
    (4.8, True, 'four', '8')
    """
    if not isinstance(value, str) or kind not in _READERS:
        return value
    try:
        return _READERS[kind](value.strip())
    except (KeyError, ValueError):
        return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_READERS: Mapping[str, Callable[[str], Any]] = {
    "int": int,
    "float": _finite,
    "bool": lambda text: _TRUTHS[text.lower()],
}


def _check_name(notebook: str, known: Known, name: str) -> None:
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ReportError(
        f"expected parameters among {', '.join(known)}, found {name}{hint}", notebook, said=f"没有参数 {name}"
    )


def _check_type(notebook: str, parameter: Mapping[str, Any], name: str, value: Any) -> None:
    wanted = _TYPES.get(parameter["inferred_type_name"])
    # bool is an int to Python, but week=True is no number
    fits = wanted is None or (isinstance(value, wanted) and (not isinstance(value, bool) or bool in wanted))
    if not fits:
        raise ReportError(
            f"expected {name} to be {parameter['inferred_type_name']} ({parameter['help']}), "
            f"found {value!r} of type {type(value).__name__}",
            notebook,
            said=f"的参数 {name} 类型不对",
        )
