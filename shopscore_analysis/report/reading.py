"""What a finished page says, read back from its bytes, so that its twins cannot say anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_APART = frozenset({"li", "p", "span", "strong", "small", "summary", "td", "th", "em", "details"})


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its text, and whether the page sets it as a figure."""

    text: str
    number: bool = False


@dataclass
class Sheet:
    """One table of the page: caption, headings, and rows of cells."""

    caption: str = ""
    headings: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)


@dataclass(frozen=True)
class Quote:
    """One masked text of the evidence, the headings it stands under (outermost first), and the note beside it."""

    under: tuple[str, ...]
    text: str
    note: str


@dataclass(frozen=True)
class Reading:
    """The page's verdict in one line, its tiles and its three things as lists of phrases, its tables, its quotes."""

    verdict: str
    tiles: list[list[str]]
    todo: list[list[str]]
    sheets: list[Sheet]
    quotes: list[Quote]


def read_page(page: bytes) -> Reading:
    """What a page says; what it lacks is empty."""
    seen = _Page()
    seen.feed(page.decode("utf-8"))
    seen.close()
    return Reading(_joined(seen.verdict), seen.tiles, seen.todo, seen.sheets, seen.quotes)


def _joined(parts: list[str]) -> str:
    return " ".join("".join(parts).split())


@dataclass
class _Open:
    """An element that is open."""

    tag: str
    classes: frozenset[str]


@dataclass
class _Page(HTMLParser):
    """Collects while the page is fed."""

    verdict: list[str] = field(default_factory=list)
    tiles: list[list[str]] = field(default_factory=list)
    todo: list[list[str]] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)
    _small: list[str] = field(default_factory=list)
    _under: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        classes = frozenset((dict(attrs).get("class") or "").split())
        parent = self._open[-1] if self._open else _Open("", frozenset())
        self._open.append(_Open(tag, classes))
        if tag == "li" and (items := self._items(parent)) is not None:
            items.append([])
        elif tag == "details":
            self._under.append("")
        elif tag in {"table", "tr"}:
            self._begin(tag)
        if tag in {"caption", "td", "th", "blockquote"}:
            self._text, self._small = [], []

    def _items(self, parent: _Open) -> list[list[str]] | None:
        for tag, name, items in self._lists():
            if parent.tag == tag and name in parent.classes:
                return items
        return None

    def _lists(self) -> tuple[tuple[str, str, list[list[str]]], ...]:
        return ("ul", "tiles", self.tiles), ("ol", "todo", self.todo)

    def _begin(self, tag: str) -> None:
        if tag == "table":
            self.sheets.append(Sheet())
        elif not self._inside("thead") and self._inside("table"):
            self.sheets[-1].rows.append([])

    def _inside(self, tag: str, name: str = "") -> bool:
        return any(one.tag == tag and (not name or name in one.classes) for one in self._open)

    def handle_data(self, data: str) -> None:
        if self._inside("p", "verdict"):
            self.verdict.append(data)
        if data.strip():
            self._phrase(data)
        if self._inside("summary") and not self._inside("small") and self._under:
            self._under[-1] += data
        if self._inside("blockquote") and self._inside("small"):
            self._small.append(data)
        else:
            self._text.append(data)

    def _phrase(self, data: str) -> None:
        """A phrase of a tile or of a thing to do; links are left out, what inline marks split stays one phrase."""
        said = " ".join(data.split())
        for tag, name, items in self._lists():
            if items and self._inside(tag, name) and self._inside("li") and not self._inside("a"):
                if self._open[-1].tag in _APART or not items[-1]:
                    items[-1].append(said)
                else:
                    items[-1][-1] += said

    def handle_endtag(self, tag: str) -> None:
        if not any(one.tag == tag for one in self._open):
            return
        while (closed := self._open.pop()).tag != tag:
            continue
        if tag == "details" and self._under:
            self._under.pop()
        elif tag == "blockquote":
            under = tuple(" ".join(heading.split()) for heading in self._under if heading.strip())
            self.quotes.append(Quote(under, _joined(self._text), _joined(self._small)))
        elif tag in {"caption", "td", "th"} and self._inside("table"):
            self._cell(closed)

    def _cell(self, closed: _Open) -> None:
        text, sheet = _joined(self._text), self.sheets[-1]
        if closed.tag == "caption":
            sheet.caption = text
        elif self._inside("thead"):
            sheet.headings.append(text)
        elif sheet.rows:
            sheet.rows[-1].append(Cell(text, "num" in closed.classes))


def headings_and_rows(sheet: Sheet) -> Iterator[tuple[str, list[Cell]]]:
    """Each column of a table: its heading and its cells; short rows are filled with empty cells."""
    for at, heading in enumerate(sheet.headings):
        yield heading, [row[at] if at < len(row) else Cell("") for row in sheet.rows]
