"""Font, colours and number formats of everything that is shown."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shopscore_analysis.errors import SettingsError

if TYPE_CHECKING:
    from matplotlib.colors import LinearSegmentedColormap

INK, MUTED, GRID, ACCENT, PAPER = "#1c2530", "#5a6572", "#d8dde3", "#a83e0a", "#ffffff"
CELL_DARK, CELL_LIGHT = "#000000", "#fffffe"  # of these two one always reads at 4.5:1; neither follows dark mode
# One hue whose lightness only falls: readable in every colour blindness and in grey.
RAMP = ("#fdf1e7", "#f9d3b3", "#f0a875", "#d9733a", "#a83e0a", "#6d2503")
# Colours of a figure that follow the reader's light or dark mode; the hex is what a lone figure falls back to.
LIVE_COLOURS = MappingProxyType({INK: "ink", MUTED: "muted", GRID: "grid", ACCENT: "accent", PAPER: "paper"})
FONT_STACK = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"
SYSTEM_FONTS = (
    "Microsoft YaHei", "SimHei",
    "PingFang SC", "Hiragino Sans GB", "Heiti SC", "Arial Unicode MS",
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
)  # fmt: skip
NO_SUCH_FONT = (
    "expected `font` in shop.toml to name a .ttf, .otf or .ttc file or an installed family, found {setting!r}; "
    "correct it, or leave it empty for the packaged Noto Sans SC"
)
NO_FONT = (
    "expected a font with Chinese characters, found none of: {tried}; run `pip install 'zhplot>=1.0,<2'` "
    "or set `font` in shop.toml to a .ttf or .otf file"
)


@dataclass(frozen=True)
class Font:
    """A font with Chinese characters: its family name, its file, and where it was found."""

    name: str
    path: Path
    source: str


@lru_cache
def font(setting: str = "") -> Font:
    """The font to draw with: the setting (a file or a family), else the packaged one, else the system's.

    zhplot's file is found without importing zhplot, which would change matplotlib's settings. Raises
    SettingsError where the setting names no font, or where no font with Chinese characters is found at all.
    """
    if setting:
        if found := _from_setting(setting):
            return found
        raise SettingsError(NO_SUCH_FONT.format(setting=setting))
    if found := _packaged() or _from_system(SYSTEM_FONTS):
        return found
    raise SettingsError(NO_FONT.format(tried=", ".join(("zhplot", *SYSTEM_FONTS))))


def _from_setting(setting: str) -> Font | None:
    path = Path(setting).expanduser()
    if path.suffix.lower() in {".ttf", ".otf", ".ttc"}:
        return _registered(path, "setting") if path.is_file() else None
    return _from_system((setting,), "setting")


def _packaged() -> Font | None:
    spec = importlib.util.find_spec("zhplot")
    folders = [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
    files = sorted(path for folder in folders for path in folder.rglob("*.[to]tf"))
    return _registered(files[0], "packaged") if files else None


def _registered(path: Path, source: str) -> Font:
    from matplotlib import font_manager

    font_manager.fontManager.addfont(path)
    return Font(font_manager.FontProperties(fname=path).get_name(), path, source)


def _from_system(families: tuple[str, ...], source: str = "system") -> Font | None:
    from matplotlib import font_manager

    known = {entry.name: Path(entry.fname) for entry in font_manager.fontManager.ttflist}
    return next((Font(name, known[name], source) for name in families if name in known), None)


def missing_glyphs(content: str, path: Path) -> set[str]:
    """The characters of `content` that the font in `path` cannot draw."""
    from matplotlib.ft2font import FT2Font

    drawn = FT2Font(str(path)).get_charmap()
    return {character for character in content if ord(character) not in drawn and not character.isspace()}


def rc(salt: str) -> dict[str, Any]:
    """matplotlib settings for one figure, to be used in an rc context; `salt` makes its ids repeatable."""
    return {
        "font.family": [font().name, "DejaVu Sans"],
        "font.size": 12, "axes.unicode_minus": False, "text.parse_math": False,
        "svg.fonttype": "none", "svg.hashsalt": salt,
        "text.color": INK, "axes.labelcolor": MUTED, "axes.edgecolor": GRID,
        "axes.spines.top": False, "axes.spines.right": False,
        "xtick.color": MUTED, "ytick.color": INK, "xtick.major.size": 0, "ytick.major.size": 0,
        "axes.grid": False, "grid.color": GRID, "axes.axisbelow": True,
        "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    }  # fmt: skip


def ramp() -> LinearSegmentedColormap:
    """The sequential colour scale: pale for little, deep for much."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("shopscore", RAMP)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1 (WCAG 2).

    >>> round(luminance("#ffffff"), 3), round(luminance("#000000"), 3)
    (1.0, 0.0)
    """
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2).

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


NOTHING = "—"


def _known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def percent(share: Any) -> str:
    """A fraction of 1 as a percentage with one decimal; — where unknown.

    >>> percent(0.0923), percent(None)
    ('9.2%', '—')
    """
    return f"{float(share) * 100:.1f}%" if _known(share) else NOTHING


def points(value: Any) -> str:
    """A score or a mean on the 5-point scale, two decimals.

    >>> points(4.6)
    '4.60'
    """
    return f"{float(value):.2f}" if _known(value) else NOTHING


def fine(value: Any) -> str:
    """A small part of a score, three decimals: what one cause takes of the total.

    >>> fine(0.0342)
    '0.034'
    """
    return f"{float(value):.3f}" if _known(value) else NOTHING


def signed(value: Any) -> str:
    """A difference of scores with its sign, two decimals; a true minus sign.

    >>> signed(-0.08), signed(0.1), signed(0.0)
    ('−0.08', '+0.10', '0.00')
    """
    if not _known(value):
        return NOTHING
    shown = f"{abs(float(value)):.2f}"
    return shown if shown == "0.00" else f"{'−' if float(value) < 0 else '+'}{shown}"


def count(value: Any) -> str:
    """A whole number with thousands separated.

    >>> count(62773)
    '62,773'
    """
    return f"{round(value):,}" if _known(value) else NOTHING


def decimal(value: Any) -> str:
    """A number with one decimal and thousands separated.

    >>> decimal(1234.56)
    '1,234.6'
    """
    return f"{float(value):,.1f}" if _known(value) else NOTHING


def ratio(k: Any, n: Any) -> str:
    """How many out of how many, as it was counted.

    >>> ratio(3, 412)
    '3/412'
    """
    return f"{round(k)}/{round(n)}" if _known(k) and _known(n) else NOTHING


def yuan(amount: Any) -> str:
    """An amount of money in yuan.

    >>> yuan(12345.5)
    '¥12,345.50'
    """
    return f"¥{float(amount):,.2f}" if _known(amount) else NOTHING


def whole_yuan(amount: Any) -> str:
    """An estimated amount of money, in whole yuan.

    >>> whole_yuan(28000.0)
    '¥28,000'
    """
    return f"¥{round(float(amount)):,}" if _known(amount) else NOTHING


def interval(low: Any, high: Any) -> str:
    """A 95 % interval of a share.

    >>> interval(0.035, 0.102)
    '3.5%–10.2%'
    """
    return f"{percent(low)}–{percent(high)}" if _known(low) and _known(high) else NOTHING


def plain(value: Any) -> str:
    """A value as text; — where unknown."""
    return str(value) if _known(value) else NOTHING
