"""Artefacts that show themselves as HTML; the one place that escapes."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

VOID = frozenset({"img", "br", "hr", "meta", "col"})
_SAFE_ID = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Html:
    """Markup that is known to be safe; made by `tag` and `text`, never from foreign text.

    As the last expression of a notebook cell it shows itself.
    """

    markup: str = ""

    def _repr_html_(self) -> str:
        return self.markup

    def __str__(self) -> str:
        return self.markup

    def __add__(self, other: Html) -> Html:
        return Html(self.markup + other.markup)


Content = Html | str | int


def text(content: Content) -> Html:
    """Safe markup of any content: strings are escaped, Html is kept.

    >>> text("<script>") + text(Html("<b>5</b>"))
    Html(markup='&lt;script&gt;<b>5</b>')
    """
    return content if isinstance(content, Html) else Html(html.escape(str(content), quote=True))


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(str(value), quote=True)}"'


def tag(element: str, *content: Content, **attributes: str | int | bool | None) -> Html:
    """One element with its content escaped; `class_` and `aria_label` become `class` and `aria-label`.

    Attributes that are None or False are left out.

    >>> tag("td", "3 < 5", class_="num", colspan=None).markup
    '<td class="num">3 &lt; 5</td>'
    """
    opened = f"<{element}{''.join(_attribute(name, value) for name, value in attributes.items())}>"
    return Html(opened) if element in VOID else Html(f"{opened}{joined(content)}</{element}>")


def joined(parts: Iterable[Content], between: str = "") -> Html:
    """All parts in a row, each escaped unless it is Html, with `between` (escaped too) between them.

    >>> joined(["a", "b"], " & ").markup
    'a &amp; b'
    """
    return Html(html.escape(between).join(text(part).markup for part in parts))


def marked(content: str, spans: Sequence[tuple[int, int]]) -> Html:
    """A text with its matched spans in `<mark>`; spans that are empty, overlap or lie outside are trimmed.

    >>> marked("袖子太短 <b>", [(2, 4)]).markup
    '袖子<mark>太短</mark> &lt;b&gt;'
    """
    parts, at = [], 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, len(content))
        if start < end:
            parts += [text(content[at:start]), tag("mark", content[start:end])]
            at = end
    return joined([*parts, content[at:]])


def slug(*parts: str) -> str:
    """An id for `id=` and `href="#…"`; names that are not plain ASCII are replaced by a digest.

    >>> slug("e", "size_fit", "3500"), slug("e", "a b")
    ('e-size_fit-3500', 'e-x2847e54c57')
    """
    return "-".join(part if _SAFE_ID.fullmatch(part) else f"x{_digest(part)}" for part in parts)


def _digest(part: str) -> str:
    return hashlib.blake2b(part.encode("utf-8"), digest_size=5).hexdigest()


def folded(summary: Content, *content: Content, id_: str | None = None, class_: str | None = None) -> Html:
    """Content that opens on a tap or a key press, without any script."""
    return tag("details", tag("summary", summary), *content, id=id_, class_=class_)


def scrolling(content: Html, label: str) -> Html:
    """A box of its own in which wide content scrolls sideways, reachable by keyboard."""
    return tag("div", content, class_="scroll", role="region", aria_label=label, tabindex=0)


@dataclass(frozen=True)
class Figure:
    """A picture with its title, its description, and the same numbers as a table (its twin)."""

    title: str
    description: str
    picture: Html
    twin: Html
    wide: bool = False

    def _repr_html_(self) -> str:
        picture = scrolling(self.picture, self.title) if self.wide else self.picture
        caption = tag("figcaption", tag("strong", self.title), tag("span", self.description))
        twin = folded("看数据表", self.twin, class_="twin")
        return tag("figure", caption, picture, twin, class_="figure wide" if self.wide else "figure").markup


def titled(heading: str, *parts: Html | Figure | Stack) -> Html:
    """Artefacts under a heading of their own, within a section."""
    return tag("section", tag("h3", heading), *(Html(part._repr_html_()) for part in parts))


@dataclass(frozen=True)
class Stack:
    """Several artefacts shown one below the other."""

    parts: tuple[Html | Figure | Stack, ...]

    def _repr_html_(self) -> str:
        return tag("div", *(Html(part._repr_html_()) for part in self.parts), class_="stack").markup


def stack(*parts: Html | Figure | Stack) -> Stack:
    """Several artefacts as the one last expression of a cell."""
    return Stack(parts)
