"""matplotlib axes → inline SVG with live text, the same bytes for the same inputs."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from shopscore_analysis.show import theme
from shopscore_analysis.show.html import Html, slug

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_FAMILY = re.compile(r"font-family:[^;]*;?\s*")
_LOCAL = re.compile(r"url\(#([^)]+)\)")
_LIVE = re.compile("|".join(theme.LIVE_COLOURS), re.IGNORECASE)
_XLINK = "{http://www.w3.org/1999/xlink}href"
_DROPPED = {"metadata", "style"}

Links = dict[str, str]


def svg(
    draw: Callable[[Axes], None],
    size: tuple[int, int],
    *,
    key: str,
    title: str,
    description: str,
    links: Links | None = None,
) -> Html:
    """The inline SVG of what `draw` puts on the axes.

    `size` is in CSS pixels; `key` (unique within a page) prefixes every id; `links` gives the spoken label
    of each `href` that an artist's url names. Colours of the theme become CSS variables, so that the
    figure follows dark mode; text stays text in the reader's own font.
    """
    root = ElementTree.fromstring(_drawn(draw, size, key))
    _clean(root, slug(key), links or {})
    _describe(root, slug(key), title, description, interactive=bool(links))
    return Html(ElementTree.tostring(root, encoding="unicode"))


def _drawn(draw: Callable[[Axes], None], size: tuple[int, int], key: str) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    target = io.StringIO()
    settings: Any = theme.rc(key)  # matplotlib types the keys one by one
    with mpl.rc_context(settings), warnings.catch_warnings():
        # The font here only measures: the reader's own font draws, so a glyph that it lacks is not lost.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(size[0] / 72, size[1] / 72), layout="constrained")
        draw(figure.add_subplot())
        figure.savefig(target, format="svg", metadata={"Date": None})
    return target.getvalue()


def _clean(root: ElementTree.Element, prefix: str, links: Links) -> None:
    for parent in list(root.iter()):
        for child in [child for child in parent if _local(child.tag) in _DROPPED]:
            parent.remove(child)
    used = set(_references(root))
    for element in root.iter():
        element.tag = _local(element.tag)
        element.tail = None
        element.text = element.text if element.tag == "text" else None
        element.attrib = dict(_attributes(element, prefix, used, links))
        if links and element.tag == "text":
            element.set("pointer-events", "none")  # a number printed on a door must not block it
    _unwrap(root)


def _unwrap(element: ElementTree.Element) -> None:
    """Drop the groups that matplotlib nests around everything and that say nothing."""
    children: list[ElementTree.Element] = []
    for child in element:
        _unwrap(child)
        children += list(child) if child.tag == "g" and not child.attrib else [child]
    if element.tag == "a":
        for child in children:
            child.set("pointer-events", "all")  # an invisible shape is a door over its whole area
    element[:] = children


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _references(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        if _local(element.tag) == "use":
            yield element.attrib[_XLINK].removeprefix("#")
        for value in element.attrib.values():
            yield from _LOCAL.findall(value)


def _attributes(element: ElementTree.Element, prefix: str, used: set[str], links: Links) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        if name == "id":
            if value in used:
                yield name, f"{prefix}-{value}"
        elif name == _XLINK:
            local = element.tag == "use"
            yield "href", f"#{prefix}-{value[1:]}" if local else value
            if value in links:
                yield "aria-label", links[value]
        elif name != "target" and not value.startswith("rotate(-0 ") and not name.startswith("xmlns"):
            yield name, _value(name, value, prefix)


def _value(name: str, value: str, prefix: str) -> str:
    value = _NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value)
    value = _LOCAL.sub(rf"url(#{prefix}-\1)", value)
    if name == "style":
        value = _LIVE.sub(lambda found: f"var(--{theme.LIVE_COLOURS[found[0].lower()]},{found[0]})", value)
        value = _FAMILY.sub("", value)
    return " ".join(value.split())


def _describe(root: ElementTree.Element, prefix: str, title: str, description: str, *, interactive: bool) -> None:
    # An image hides its links from assistive technology, so a figure with doors is a group.
    _, _, width, height = root.attrib["viewBox"].split()
    labelled = f"{prefix}-title {prefix}-desc"
    root.attrib = {
        "viewBox": root.attrib["viewBox"], "width": width, "height": height,
        "role": "group" if interactive else "img", "aria-labelledby": labelled,
        "style": f"--width:{width}px;font-family:{theme.FONT_STACK};stroke-linejoin:round",
    }  # fmt: skip
    for at, (name, content) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(name, {"id": f"{prefix}-{name}"})
        element.text = content
        root.insert(at, element)
