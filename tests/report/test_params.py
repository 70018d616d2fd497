"""Parameters are checked before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from shopscore_analysis.errors import ReportError
from shopscore_analysis.report.params import checked

KNOWN = {
    "shop": {"inferred_type_name": "str", "default": '""', "help": "the folder"},
    "week": {"inferred_type_name": "str", "default": '""', "help": "ISO week"},
    "limit": {"inferred_type_name": "int", "default": "3", "help": "rows"},
    "share": {"inferred_type_name": "float", "default": "0.5", "help": ""},
    "whole": {"inferred_type_name": "bool", "default": "False", "help": ""},
    "free": {"inferred_type_name": "None", "default": "1", "help": ""},
}


def test_known_parameters_pass_as_they_are() -> None:
    """Names and types fit; an int is a float too; an unannotated parameter takes anything."""
    given = {"week": "2026-W46", "limit": 5, "share": 1, "free": [1]}
    assert checked("weekly.ipynb", KNOWN, given) == given


def test_what_a_command_line_gives_is_read_by_the_annotation() -> None:
    """-p gives texts only; a text stays one where a text is wanted."""
    texts = {"week": "2026", "limit": " 5 ", "share": "4.8", "whole": "TRUE", "free": "5"}
    read = {"week": "2026", "limit": 5, "share": 4.8, "whole": True, "free": "5"}
    assert checked("weekly.ipynb", KNOWN, texts) == read


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"weak": "2026-W46"},
            "weekly.ipynb: expected parameters among shop, week, limit, share, whole, free, found "
            "weak; did you mean week?",
        ),
        ({"zzz": 1}, "weekly.ipynb: expected parameters among shop, week, limit, share, whole, free, found zzz"),
        ({"limit": "five"}, "weekly.ipynb: expected limit to be int (rows), found 'five' of type str"),
        ({"share": "nan"}, "weekly.ipynb: expected share to be float (), found 'nan' of type str"),
        ({"whole": "maybe"}, "weekly.ipynb: expected whole to be bool (), found 'maybe' of type str"),
        ({"limit": True}, "weekly.ipynb: expected limit to be int (rows), found True of type bool"),
        ({"week": None}, "weekly.ipynb: expected week to be str (ISO week), found None of type NoneType"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(given: dict[str, Any], message: str) -> None:
    """A misspelt parameter would make the report about the wrong shop."""
    with pytest.raises(ReportError) as caught:
        checked("weekly.ipynb", KNOWN, given)
    assert str(caught.value) == message


def test_a_notebook_without_parameters_is_refused() -> None:
    """papermill would inject into nothing and warn."""
    with pytest.raises(ReportError) as caught:
        checked("weekly.ipynb", {}, {"week": "2026-W46"})
    assert str(caught.value) == (
        "weekly.ipynb: expected a cell tagged `parameters` with one literal a line, found none; "
        "tag the first code cell (cell inspector, Tags) and give every parameter a default"
    )


def test_a_parameter_without_a_default_must_be_given() -> None:
    """None as default means: say it."""
    known = {"cause": {"inferred_type_name": "str", "default": "None", "help": ""}}
    with pytest.raises(ReportError) as caught:
        checked("cause.ipynb", known, {})
    assert str(caught.value) == "cause.ipynb: expected a value for cause, found none; give it with -p NAME=VALUE"
    assert checked("cause.ipynb", known, {"cause": "defect"}) == {"cause": "defect"}
