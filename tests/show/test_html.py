"""Escaping, ids and artefacts."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.show.html import Figure, Html, marked, slug, stack, tag, text
from tests.show.worlds import HOSTILE


class _Text(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.words, self.tags = "", []
        self.feed(markup)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_text_is_read_back_as_it_was_and_makes_no_element(content: str) -> None:
    """Foreign text stays text."""
    read = _Text(tag("p", content).markup)
    assert (read.words, read.tags) == (content, ["p"])


@given(st.text(st.sampled_from("短袖<b>&"), max_size=12), st.lists(st.tuples(st.integers(-3, 14), st.integers(-3, 14))))
def test_marking_any_spans_keeps_the_text_whole(content: str, spans: list[tuple[int, int]]) -> None:
    """Overlapping, empty and outlying spans lose and repeat nothing."""
    read = _Text(marked(content, spans).markup)
    assert read.words == content
    assert set(read.tags) <= {"mark"}


def test_marking_stops_where_the_span_stops() -> None:
    """The span alone is marked."""
    assert marked("袖子太短", [(2, 4)]).markup == "袖子<mark>太短</mark>"


def test_attributes_are_escaped_and_absent_ones_left_out() -> None:
    """An attribute cannot break out of its quotes."""
    assert tag("a", "x", href='#"><script>', title=None, hidden=True).markup == (
        '<a href="#&quot;&gt;&lt;script&gt;" hidden>x</a>'
    )


def test_safe_markup_is_not_escaped_twice() -> None:
    """Html passes through."""
    assert text(tag("b", "5")).markup == "<b>5</b>"


@given(st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
def test_ids_are_plain_and_differ_where_names_differ(names: list[str]) -> None:
    """An id has no space, no quote and no Chinese, and two names do not share one."""
    first, second = (slug("e", name) for name in names)
    assert first != second
    assert all(character.isascii() and (character.isalnum() or character in "-_.") for character in first)


def test_a_figure_shows_title_description_picture_and_twin() -> None:
    """Every figure carries its table."""
    markup = Figure(HOSTILE, "说明", Html("<svg></svg>"), Html("<table></table>"))._repr_html_()
    assert HOSTILE not in markup
    for part in ("&lt;script&gt;", "说明", "<svg></svg>", '<details class="twin">', "<table></table>"):
        assert part in markup


def test_a_stack_shows_its_parts_in_order() -> None:
    """Several artefacts, one expression."""
    assert stack(Html("<i>1</i>"), Html("<i>2</i>"))._repr_html_() == '<div class="stack"><i>1</i><i>2</i></div>'
