"""A form for accepting and rejecting phrases in JupyterLab; a table wherever there is no kernel to talk to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopscore_analysis.errors import ShopscoreError
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.show import theme
from shopscore_analysis.show.html import tag, text
from shopscore_analysis.show.lexicon import examples, gaps_table, new_words_table
from shopscore_analysis.show.tables import each

if TYPE_CHECKING:
    from ipywidgets import Widget

Choice = tuple[str, str, str]
_CHOICES = ("", "接受", "拒绝")
_MOST = 20  # rows of the form


@dataclass(frozen=True)
class Chooser:
    """Phrases to accept or reject: a form in JupyterLab, a table everywhere else.

    `save` is given (phrase, 接受 or 拒绝, cause) of every row that was decided, and returns what to tell.
    """

    phrases: pd.DataFrame
    words: pd.DataFrame
    save: Callable[[Sequence[Choice]], object]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        if os.environ.get("JPY_SESSION_NAME"):  # set by Jupyter for the kernels of open notebooks
            bundle: dict[str, Any] = self.form()._repr_mimebundle_()
            return bundle
        return {"text/plain": f"{len(self.phrases) + len(self.words)} phrases", "text/html": self._repr_html_()}

    def _repr_html_(self) -> str:
        return (gaps_table(self.phrases) + new_words_table(self.words)).markup

    def form(self) -> Widget:
        """The form: a line a phrase, the dearest first, and a button that hands on what was decided."""
        import ipywidgets as widgets

        rows = pd.concat([self.phrases, self.words.assign(cause=None)]).head(_MOST)
        lines = [_line(row) for row in each(rows)]
        button = widgets.Button(description="保存决定", button_style="primary")
        told = widgets.HTML()
        button.on_click(lambda _: setattr(told, "value", self._saved(rows["phrase"].tolist(), lines)))
        return widgets.VBox([*lines, widgets.HBox([button, told])])

    def _saved(self, phrases: list[str], lines: Sequence[Any]) -> str:
        """What became of the decisions, as markup."""
        chosen = [
            (phrase, verdict.value, cause.value or "")
            for phrase, (verdict, cause, _) in zip(phrases, (line.children for line in lines), strict=True)
            if verdict.value
        ]
        try:
            return text(
                f"{len(chosen)} 个决定已写入 {self.save(chosen)}；运行 shopscore lexicon --apply 后生效。"
            ).markup
        except ShopscoreError as error:
            return text(str(error)).markup


def _line(row: Any) -> Any:
    import ipywidgets as widgets

    label = tag("span", tag("b", row.phrase), f" 丢 {theme.decimal(row.stars)} 星，{row.k} 条 ", examples(row))
    causes = [("根因…", ""), *((cause.label, name) for name, cause in CAUSES.items())]
    suggested = row.cause if isinstance(row.cause, str) else ""
    narrow = widgets.Layout(width="8em")
    return widgets.HBox(
        [
            widgets.Dropdown(options=_CHOICES, layout=narrow),
            widgets.Dropdown(options=causes, value=suggested, layout=widgets.Layout(width="11em")),
            widgets.HTML(label.markup),
        ]
    )


def chooser(phrases: pd.DataFrame, words: pd.DataFrame, save: Callable[[Sequence[Choice]], object]) -> Chooser:
    """Phrases and new words to accept or reject; what was decided in the form is handed to `save`."""
    return Chooser(phrases, words, save)
