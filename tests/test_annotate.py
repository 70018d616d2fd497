"""Any table of texts in, the same rows with causes out; texts stay texts."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shopscore_analysis import annotate as annotating
from shopscore_analysis.annotate import annotate
from shopscore_analysis.errors import ExportError, SettingsError
from shopscore_analysis.read.formats import read_table
from shopscore_analysis.text.tagger import scan

TEXTS = ["尺码偏小，穿不上", "很喜欢，会再来", "=cmd|' /C calc'!A0", "", "<script>alert(1)</script>物流太慢"]


def _jsonl(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def test_jsonl_keeps_the_columns_and_adds_three(tmp_path: Path) -> None:
    source = _jsonl(tmp_path / "in.jsonl", [{"id": n, "text": text, "extra": [n]} for n, text in enumerate(TEXTS)])
    assert annotate(source, "text", tmp_path / "out.jsonl") == len(TEXTS)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["text"], row["extra"]) for row in rows] == [(n, t, [n]) for n, t in enumerate(TEXTS)]
    assert rows[0]["causes"] == ["size_fit"] and rows[4]["causes"] == ["slow_delivery"]
    assert rows[1]["causes"] == rows[2]["causes"] == rows[3]["causes"] == []
    span = rows[0]["evidence"][0]
    assert span["cause"] == "size_fit" and TEXTS[0][span["start"] : span["end"]] == span["text"] != ""
    assert rows[0]["complaint"] > 0.5 > rows[1]["complaint"]


@pytest.mark.parametrize("phrased", [True, False])
def test_where_the_model_speaks_and_no_phrase_what_weighed_most_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phrased: bool
) -> None:
    found = replace(scan(["很好，物流太慢"]), phrased=np.array([phrased]))
    assert (found.start.tolist(), found.end.tolist()) == ([3], [7])
    monkeypatch.setattr(annotating, "scan", lambda texts, category: found)
    annotate(_jsonl(tmp_path / "in.jsonl", [{"text": "很好，物流太慢"}]), "text", tmp_path / "out.jsonl")
    (evidence,) = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["evidence"]
    assert evidence["text"] == "物流太慢"
    assert evidence.get("ngrams") == (None if phrased else ["物流太慢"])


def test_columns_of_the_input_that_bear_our_names_are_kept_beside_ours(tmp_path: Path) -> None:
    source = _jsonl(tmp_path / "in.jsonl", [{"text": TEXTS[0], "causes": ["defect"], "complaint": True}])
    annotate(source, "text", tmp_path / "out.jsonl")
    row = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert (row["input_causes"], row["input_complaint"], row["causes"]) == (["defect"], True, ["size_fit"])


def test_csv_and_xlsx_hold_the_same_rows_and_no_formula(tmp_path: Path) -> None:
    source = tmp_path / "评论.csv"
    with source.open("w", encoding="gb18030", newline="") as lines:
        csv.writer(lines).writerows([["编号", "评价内容"], *([str(n), text] for n, text in enumerate(TEXTS))])
    for name in ("out.csv", "out.xlsx"):
        annotate(source, "评价内容", tmp_path / name)
        rows = read_table(tmp_path / name).to_pylist()
        assert [row["评价内容"].strip("\t") if row["评价内容"] else "" for row in rows] == TEXTS
        assert json.loads(rows[0]["causes"]) == ["size_fit"]
        assert list(rows[0])[2:] == ["causes", "根因", "evidence", "complaint"]
        assert [row["根因"] or "" for row in rows] == ["尺码分量不合", "", "", "", "配送慢"]
    raw = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "\n2,=cmd" not in raw and "\t=cmd" in raw


def test_a_column_of_labels_in_the_input_is_kept_beside_ours(tmp_path: Path) -> None:
    """In a table, where ours bears the same name; JSON lines have no names of ours."""
    source = _jsonl(tmp_path / "in.jsonl", [{"text": TEXTS[0], "根因": "色差"}])
    annotate(source, "text", tmp_path / "out.xlsx")
    row = read_table(tmp_path / "out.xlsx").to_pylist()[0]
    assert (row["input_根因"], row["根因"]) == ("色差", "尺码分量不合")
    annotate(source, "text", tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["根因"] == "色差"


def test_rows_in_another_order_keep_their_columns_and_new_columns_are_no_table(tmp_path: Path) -> None:
    mixed = [{"text": TEXTS[0], "id": 1, "n": float("nan")}, {"id": 2, "text": TEXTS[1]}]
    annotate(_jsonl(tmp_path / "in.jsonl", mixed), "text", tmp_path / "out.xlsx")
    rows = read_table(tmp_path / "out.xlsx").to_pylist()
    assert [(row["text"], row["id"]) for row in rows] == [(TEXTS[0], "1"), (TEXTS[1], "2")]
    wider = _jsonl(tmp_path / "in.jsonl", [{"text": "好"}, {"text": "好", "id": 2}])
    with pytest.raises(SettingsError, match=r"found id in row 2; write to a .jsonl file instead"):
        annotate(wider, "text", tmp_path / "out.csv")
    assert annotate(wider, "text", tmp_path / "out.jsonl") == 2


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    source = _jsonl(tmp_path / "in.jsonl", [{"text": "好"}])
    with pytest.raises(SettingsError, match=r"expected another file for --out, found the input itself: in.jsonl"):
        annotate(source, "text", tmp_path / "in.jsonl")
    assert json.loads(source.read_text(encoding="utf-8")) == {"text": "好"}


def test_a_folder_is_no_place_to_write_a_file_to(tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(SettingsError, match=r"expected a file for --out, found the folder"):
        annotate(_jsonl(tmp_path / "in.jsonl", [{"text": "好"}]), "text", tmp_path / "out.csv")


def test_a_missing_column_names_those_that_exist_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = _jsonl(tmp_path / "in.jsonl", [{"text": "好", "id": 1}, {"id": 2}])
    with pytest.raises(ExportError) as caught:
        annotate(source, "text", tmp_path / "out.jsonl")
    assert str(caught.value) == (
        "in.jsonl (row 2): expected a csv, xlsx or jsonl with a column 'text', found id; name the column with --text, "
        "or save the file as one of those"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize("line", ["[1]", "{", '"text"'])
def test_lines_that_are_no_objects_are_refused(tmp_path: Path, line: str) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(line, encoding="utf-8")
    with pytest.raises(ExportError, match=r"in.jsonl \(row 1\): expected a JSON object a line, found"):
        annotate(source, "text", tmp_path / "out.jsonl")


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"expected an --out file ending in .jsonl, .csv, .xlsx, found out.pdf"):
        annotate(tmp_path / "in.jsonl", "text", tmp_path / "out.pdf")


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.pdf", b"%PDF-1.4\n", "found a PDF"),
        ("a.pdf", b"hello world", "with a column '内容', found hello world; name the column with --text, or save"),
        ("a.txt", "衣服很好\n".encode(), "with a column '内容', found 衣服很好; name"),
        ("a.txt", "\x1b[31m找我13800001234".encode(), "found [31m找我[手机号]; name"),
        ("a.csv", b"", "found an empty file"),
        ("a.jsonl", b"\n", "found an empty file"),
        ("a.csv", "内容,星级\n".encode(), "expected texts to read, found column names and no row below them; write"),
        ("a.docx", b"PK\x03\x04abc", "found a damaged one"),
        ("nowhere.csv", None, "found No such file or directory"),
    ],
)
def test_what_is_no_table_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str, content: bytes | None, found: str
) -> None:
    """A text of one line was a header without rows: nought rows and exit code 0."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "out.csv").write_text("older", encoding="utf-8")
    with pytest.raises(ExportError) as caught:
        annotate(tmp_path / name, "内容", tmp_path / "out.csv")
    assert found in str(caught.value) and "\x1b" not in str(caught.value)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "older"
