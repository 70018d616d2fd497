"""What can go wrong, as one tree.

    ShopscoreError
    ├── ExportError      a file that cannot be read as an export (path, sheet, row, column)
    ├── SettingsError    shop.toml, a parameter or a folder that cannot be used
    ├── LexiconError     a reviewed data file that breaks its own rules
    └── ReportError      a notebook that failed or a report that must not be published (notebook, cell)

Every message says what was expected, what was found, where, and what to do.
"""

from __future__ import annotations

from pathlib import Path


class ShopscoreError(Exception):
    """Anything that a user can mend; the command line prints it and exits with 1.

    `said` is the short of it in Chinese, for tables and messages in which an English sentence would stand alone.
    """

    said = "没有做成"

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said or self.said


class ExportError(ShopscoreError):
    """A file that cannot be read as an export.

    `path`, `sheet`, `row` (1-based, as a spreadsheet counts) and `column` say where, as far as known; `why` says the
    reason in short and in Chinese.
    """

    def __init__(
        self,
        message: str,
        path: Path | str,
        sheet: str | None = None,
        row: int | None = None,
        column: str | None = None,
        why: str = "读不了",
    ) -> None:
        self.path, self.sheet, self.row, self.column = Path(path), sheet, row, column
        self.why = why
        named = {"sheet": sheet, "row": row, "column": column}
        where = ", ".join(f"{name} {value}" for name, value in named.items() if value is not None)
        super().__init__(f"{self.path.name}{f' ({where})' if where else ''}: {message}", f"{self.path.name}：{why}")


class SettingsError(ShopscoreError):
    """A setting, a parameter or a folder that cannot be used."""

    said = "设置、文件夹或数据有问题"


class LexiconError(ShopscoreError):
    """A reviewed data file (lexicon, dialects, rules) that breaks its own rules."""

    said = "词表或规则文件有错"


class ReportError(ShopscoreError):
    """A notebook that failed, or a page that must not be published.

    `notebook` names it; `cell` is the 1-based code cell that failed, where one did.
    """

    def __init__(self, message: str, notebook: str, cell: int | None = None, said: str = "没有生成") -> None:
        self.notebook, self.cell = notebook, cell
        where = f"{notebook} 第 {cell} 格没有跑通" if cell else f"{notebook} {said}"
        super().__init__(f"{notebook}{f', cell {cell}' if cell else ''}: {message}", where)
