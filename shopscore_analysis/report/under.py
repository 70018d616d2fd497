"""The shops under a folder."""

from __future__ import annotations

from pathlib import Path

from shopscore_analysis.errors import SettingsError, ShopscoreError
from shopscore_analysis.parts import Notice
from shopscore_analysis.settings import FILE
from shopscore_analysis.shop import Shop


def shops_under(root: Path, notice: Notice | None = None) -> list[Path]:
    """The folders with a shop.toml: `root` itself, or those right below it, by name.

    The sample shop beside others (`make demo` makes the project's own folder one) is none of the user's: it is left
    out, and `notice` is told. Raises SettingsError where there is none.
    """
    root = root.expanduser().resolve()
    found = folders_under(root)
    if not found:
        raise SettingsError(
            f"expected shops (folders with {FILE}) in {root}, found none; make one with "
            "`shopscore init DIR --name … --category …`"
        )
    samples = [folder for folder in found if _is_sample(folder)]
    own = [folder for folder in found if folder not in samples]
    if notice and own:
        for folder in samples:
            notice(f"{folder} 是示例店，不算在内")
    return own or found


def folders_under(root: Path) -> list[Path]:
    """Every folder with a shop.toml, whosesoever: `root` itself, or those right below it, by name."""
    return [root] if (root / FILE).exists() else sorted(path.parent for path in root.glob(f"*/{FILE}"))


def _is_sample(folder: Path) -> bool:
    """Whether a folder holds the sample shop; one that cannot be read does not."""
    try:
        return Shop.open(folder).is_sample
    except ShopscoreError:
        return False


def newest(root: Path) -> str:
    """The newest week with reviews of any shop under `root`; SettingsError where no shop has any."""
    weeks = [found[-1] for folder in shops_under(root) if (found := _weeks(folder))]
    if not weeks:
        raise SettingsError(f"expected reviews in at least one shop under {root}, found none; run `shopscore load`")
    return max(weeks)


def _weeks(folder: Path) -> list[str]:
    """The weeks of one shop; none where it cannot be read, which is told where it is compared."""
    try:
        return Shop.open(folder).weeks
    except ShopscoreError:
        return []
