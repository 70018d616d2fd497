"""Whether the colours that a page's style sheet pairs can be read: light, dark and in print."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shopscore_analysis.show.theme import contrast

LEAST = 4.5  # WCAG 2 AA, for text of any size
# What is written on what: names of the style sheet's colours.
PAIRS = (
    ("ink", "paper"), ("ink", "desk"), ("ink", "mark"), ("muted", "paper"), ("muted", "desk"),
    ("accent", "paper"), ("accent", "desk"), ("on-accent", "accent"),
)  # fmt: skip
_BLOCK = re.compile(r"(?P<media>@media[^{]*\{\s*)?:root\s*\{(?P<body>[^}]*)\}")
_COLOUR = re.compile(r"--([\w-]+)\s*:\s*(#[0-9a-f]{3,8})\b", re.IGNORECASE)

Palette = Mapping[str, str]


def pale(css: str) -> Iterator[str]:
    """Every pair of a style sheet's colours that cannot be read, in words; also a sheet without any to judge."""
    found = dict.fromkeys(
        f"--{ink} on --{ground} in {mode} at {ratio:.1f}:1 (at least {LEAST}:1 is needed)"
        for mode, colours in palettes(css).items()
        for ink, ground in PAIRS
        if {ink, ground} <= set(colours)
        if (ratio := contrast(colours[ink], colours[ground])) < LEAST
    )
    if not any({ink, ground} <= set(palettes(css)["light"]) for ink, ground in PAIRS):
        yield "no colours whose contrast could be judged (the style sheet names them in :root)"
    yield from found


def palettes(css: str) -> dict[str, Palette]:
    """The colours of a style sheet in light, in dark, and printed by a reader in either.

    >>> palettes(":root{--ink:#000}@media (prefers-color-scheme: dark){:root{--ink:#fff}}")["dark"]
    {'ink': '#ffffff'}
    """
    parts: dict[str, dict[str, str]] = {"": {}, "dark": {}, "print": {}}
    for block in _BLOCK.finditer(css):
        media = block["media"] or ""
        kind = "dark" if "dark" in media else "print" if "print" in media else ""
        parts[kind].update({name: _long(colour) for name, colour in _COLOUR.findall(block["body"])})
    light, dark = parts[""], parts[""] | parts["dark"]
    return {"light": light, "dark": dark, "print": light | parts["print"], "print from dark": dark | parts["print"]}


def _long(colour: str) -> str:
    digits = colour[1:].lower()
    return "#" + ("".join(digit * 2 for digit in digits[:3]) if len(digits) < 6 else digits[:6])
