"""The final bytes of a page, looked at before anybody else does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from shopscore_analysis.errors import ReportError
from shopscore_analysis.read.privacy import mask
from shopscore_analysis.report.contrast import pale

MOST_BYTES = 2_000_000
CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_LOADING = frozenset({"src", "srcset", "poster", "data", "action", "formaction", "background", "ping", "manifest"})
_FORBIDDEN = frozenset({"script", "iframe", "object", "embed", "link", "form", "base", "frame", "applet"})
_CSS_REQUEST = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)", re.IGNORECASE)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_SHORT = 12  # characters below which a line of source is too common to look for
_PRODUCT = re.compile(r"(?<![\d.])3\d{17,18}(?!\d)")  # what a product without a name is called; nobody's number
_MASK = re.compile(r"\[([^\[\]]{1,4})\]")


@dataclass
class _Page(HTMLParser):
    """What the checks need to know of a page."""

    lang: str = ""
    metas: list[dict[str, str]] = field(default_factory=list)
    ids: Counter[str] = field(default_factory=Counter)
    anchors: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    figures: int = 0
    twins: int = 0
    words: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    _svg: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "html":
            self.lang = named.get("lang", "")
        elif tag == "meta":
            self.metas.append(named)
        self._note_structure(tag, named)
        self._note_requests(tag, named)

    def _note_structure(self, tag: str, named: dict[str, str]) -> None:
        if "id" in named:
            self.ids[named["id"]] += 1
        if named.get("href", "").startswith("#"):
            self.anchors.add(named["href"][1:])
        if tag == "svg":
            self._svg = {"title": False, "desc": False}
        elif tag in self._svg:
            self._svg[tag] = True
        self.words += [named[name] for name in ("alt", "aria-label") if named.get(name)]
        self.figures += tag == "figure"
        self.twins += tag == "details" and "twin" in named.get("class", "").split()
        if tag == "img" and not named.get("alt"):
            self.faults.append("an image without a description (alt)")

    def _note_requests(self, tag: str, named: dict[str, str]) -> None:
        if tag in _FORBIDDEN:
            self.faults.append(f"a <{tag}> element")
        for name, value in named.items():
            leaves = (name in _LOADING and not value.startswith("data:")) or (
                name == "href" and not value.startswith("#")
            )
            if leaves or name.startswith("on") or (name == "style" and _CSS_REQUEST.search(value)):
                self.faults.append(f"<{tag} {name}> that leaves the page: {value[:60]}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "svg" and not all(self._svg.values()):
            self.faults.append("an <svg> without title and desc")
        while tag in self._open and self._open.pop() != tag:
            continue

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            self.styles.append(data)
            if _CSS_REQUEST.search(data):
                self.faults.append("a style sheet that loads something")
        elif "code" in self._open:
            self.codes.append(data)
        else:
            self.words.append(data)


def faults(page: bytes, sources: Iterable[str] = ()) -> list[str]:
    """Everything that forbids to publish a page; empty where it may go out.

    `sources`: the code cells whose text must not stand in the page.
    """
    seen = _Page()
    seen.feed(page.decode("utf-8"))
    seen.close()
    found = [*_size(page), *_head(seen), *dict.fromkeys(seen.faults), *_structure(seen)]
    return [*found, *pale("".join(seen.styles)), *_personal(seen.words), *_source(seen.words + seen.codes, sources)]


def check(page: bytes, notebook: str, sources: Iterable[str] = ()) -> None:
    """Nothing, if the page may be published; else ReportError with every fault."""
    if found := faults(page, sources):
        raise ReportError(
            f"expected a page fit to publish, found {'; '.join(found)}; nothing was published",
            notebook,
            said="没有通过检查",
        )


def _size(page: bytes) -> Iterator[str]:
    if len(page) > MOST_BYTES:
        yield f"{len(page):,} bytes where at most {MOST_BYTES:,} are allowed (show fewer rows or quotes)"


def _head(seen: _Page) -> Iterator[str]:
    if seen.lang != "zh-CN":
        yield f"lang={seen.lang!r} instead of zh-CN"
    policies = [
        meta.get("content") for meta in seen.metas if meta.get("http-equiv", "").lower() == "content-security-policy"
    ]
    if policies != [CSP]:
        yield "no strict content security policy"
    if not any(meta.get("name") == "robots" and "noindex" in meta.get("content", "") for meta in seen.metas):
        yield "no noindex"


def _structure(seen: _Page) -> Iterator[str]:
    if dangling := sorted(seen.anchors - set(seen.ids)):
        yield f"links to nowhere: {', '.join(dangling[:5])}"
    if repeated := sorted(name for name, times in seen.ids.items() if times > 1):
        yield f"ids used twice: {', '.join(repeated[:5])}"
    if seen.figures > seen.twins:
        yield f"{seen.figures - seen.twins} figure(s) without a table twin"


def _personal(words: list[str]) -> Iterator[str]:
    """What `read.privacy` would have masked; run ids and digests stand in <code>."""
    judged = (_PRODUCT.sub("", part) for part in words)
    kinds = {kind for part in judged for kind in _hidden(part)}
    if kinds:
        yield f"personal data: {', '.join(sorted(kinds))} (mask it before it is shelved)"


def _hidden(part: str) -> set[str]:
    """The kinds of masks that a text still needs."""
    masked = mask(part)
    return set(_MASK.findall(masked)) - set(_MASK.findall(part)) or {"联系方式"} if masked != part else set()


def _source(words: list[str], sources: Iterable[str]) -> Iterator[str]:
    whole = "".join(words)  # highlighting would cut a line of code into many parts
    lines = {line.strip() for source in sources for line in source.splitlines()}
    if any(len(line) >= _SHORT and not line.startswith("#") and line in whole for line in lines):
        yield "source code of the notebook"
