"""Review mining for Douyin shops: exports in; causes, losses, gaps and one weekly report out.

    >>> from shopscore_analysis import Shop, causes, show
    >>> shop = Shop.open("apparel")                              # doctest: +SKIP
    >>> show.heatmap(causes(shop.tally(), by="product"))         # doctest: +SKIP

Names are imported when first used, so that `import shopscore_analysis` opens no file and costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopscore_analysis import report as report
    from shopscore_analysis import show as show
    from shopscore_analysis.errors import ShopscoreError as ShopscoreError
    from shopscore_analysis.measure import aftersales as aftersales
    from shopscore_analysis.measure import benchmark as benchmark
    from shopscore_analysis.measure import causes as causes
    from shopscore_analysis.measure import findings as findings
    from shopscore_analysis.measure import keywords as keywords
    from shopscore_analysis.measure import ledger as ledger
    from shopscore_analysis.measure import refunds as refunds
    from shopscore_analysis.measure import service as service
    from shopscore_analysis.measure import trend as trend
    from shopscore_analysis.shop import Shop as Shop
    from shopscore_analysis.tally import Tally as Tally

_MEASURES = ("aftersales", "benchmark", "causes", "findings", "keywords", "ledger", "refunds", "service", "trend")
_ROOMS = ("report", "show")
_HOMES = {"Shop": "shop", "ShopscoreError": "errors", "Tally": "tally"} | dict.fromkeys(_MEASURES, "measure")

__all__ = sorted([*_HOMES, *_ROOMS])


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"shopscore_analysis.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'shopscore_analysis' has no attribute {name!r}")
    return getattr(import_module(f"shopscore_analysis.{_HOMES[name]}"), name)
