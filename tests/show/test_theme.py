"""Font, colours and number formats."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.show import theme


def test_the_packaged_font_comes_before_the_system() -> None:
    """The same picture on every machine."""
    found = theme.font()
    assert (found.name, found.source) == ("Noto Sans SC", "packaged")
    assert not theme.missing_glyphs("尺码偏小，起球了！①㎡℃", found.path)


def test_the_system_is_asked_where_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Third choice: a system family."""
    monkeypatch.setattr(theme, "_packaged", lambda: None)
    monkeypatch.setattr(theme, "SYSTEM_FONTS", ("DejaVu Sans",))
    theme.font.cache_clear()
    try:
        assert theme.font().source == "system"
    finally:
        theme.font.cache_clear()


def test_no_font_at_all_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names what was tried and what to do."""
    monkeypatch.setattr(theme, "_packaged", lambda: None)
    monkeypatch.setattr(theme, "SYSTEM_FONTS", ("No Such Font",))
    theme.font.cache_clear()
    with pytest.raises(SettingsError) as caught:
        theme.font()
    theme.font.cache_clear()
    assert str(caught.value) == (
        "expected a font with Chinese characters, found none of: zhplot, No Such Font; "
        "run `pip install 'zhplot>=1.0,<2'` or set `font` in shop.toml to a .ttf or .otf file"
    )


def test_a_font_setting_is_a_file_or_a_family() -> None:
    """An explicit setting wins."""
    packaged = theme.font()
    assert theme.font(str(packaged.path)).source == "setting"
    assert theme.font("DejaVu Sans").name == "DejaVu Sans"


@pytest.mark.parametrize("setting", ["/nowhere/font.ttf", "No Such Font"])
def test_a_font_setting_that_names_nothing_is_refused(setting: str) -> None:
    """The setting is not silently passed over."""
    with pytest.raises(SettingsError) as caught:
        theme.font(setting)
    assert str(caught.value) == (
        "expected `font` in shop.toml to name a .ttf, .otf or .ttc file or an installed family, "
        f"found {setting!r}; correct it, or leave it empty for the packaged Noto Sans SC"
    )


def test_showing_imports_neither_the_font_package_nor_matplotlib() -> None:
    """Importing show costs nothing, changes no setting, and needs no font."""
    heavy = ("zhplot", "matplotlib", "seaborn", "wordcloud")
    code = f"import sys, shopscore_analysis.show; print([m for m in {heavy} if m in sys.modules])"
    root = Path(theme.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "[]"


def test_the_scale_only_gets_darker() -> None:
    """Order is readable in grey, hence in every colour blindness."""
    lightness = [theme.luminance(colour) for colour in theme.RAMP]
    assert all(darker < lighter for lighter, darker in pairwise(lightness))


def test_text_on_every_shade_can_be_read() -> None:
    """At least 4.5:1 for one of the two inks, wherever on the scale."""
    from matplotlib.colors import to_hex

    shades = [to_hex(theme.ramp()(at / 50)) for at in range(51)]
    best = [max(theme.contrast(ink, shade) for ink in (theme.CELL_DARK, theme.CELL_LIGHT)) for shade in shades]
    assert min(best) >= 4.5


@pytest.mark.parametrize(
    ("write", "value", "shown"),
    [
        (theme.percent, 0.0, "0.0%"),
        (theme.percent, math.nan, "—"),
        (theme.points, None, "—"),
        (theme.points, 4.6, "4.60"),
        (theme.signed, -0.004, "0.00"),
        (theme.signed, -0.1, "−0.10"),
        (theme.count, 62773, "62,773"),
        (theme.count, math.nan, "—"),
        (theme.yuan, 0, "¥0.00"),
        (theme.decimal, math.nan, "—"),
        (theme.plain, "", ""),
    ],
)
def test_numbers_are_written_one_way(write, value, shown) -> None:  # type: ignore[no-untyped-def]
    """Formats at their edges."""
    assert write(value) == shown
