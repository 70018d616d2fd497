"""Notebooks made in memory for the runner's tests."""

from __future__ import annotations

from pathlib import Path

import nbformat

PARAMETERS = 'shop: str = ""  # the folder\nweek: str = ""  # ISO week\nlimit: int = 3  # rows'
RECEIPT = """\
import pandas as pd
from shopscore_analysis import report
facts = {"shop": "测试小店", "category": "衣服", "week": week, "data_as_of": "2026-11-16", "inputs": {}, "versions": {}}
found = pd.DataFrame({"cause": ["defect"], "product_id": [None], "k": [3], "n": [9], "baseline": [0.1]})
report.receipt(found, facts)"""
HEADING = "# 这一周怎么样？\n\n## 有什么变化？"


def write(path: Path, *cells: str, parameters: str | None = PARAMETERS, heading: str = HEADING) -> Path:
    """A notebook of code cells, after a heading and a parameters cell."""
    content = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        }
    )
    content.cells.append(nbformat.v4.new_markdown_cell(heading, id="top"))
    if parameters is not None:
        content.cells.append(nbformat.v4.new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]}))
    content.cells += [nbformat.v4.new_code_cell(cell, id=f"cell-{at}") for at, cell in enumerate(cells)]
    nbformat.write(content, path)
    return path
