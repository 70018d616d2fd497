"""What tables and messages say in Chinese where the error itself says nothing better."""

from __future__ import annotations

from shopscore_analysis.errors import ReportError, SettingsError


def test_a_failure_without_words_of_its_own_is_still_told_in_plain_chinese() -> None:
    assert SettingsError("expected a folder").said == "设置、文件夹或数据有问题"
    assert ReportError("expected a page", "weekly.ipynb").said == "weekly.ipynb 没有生成"
    assert ReportError("expected a page", "weekly.ipynb", 3).said == "weekly.ipynb 第 3 格没有跑通"
