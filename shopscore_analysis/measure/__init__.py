"""Tally → estimates: pure functions that return pandas frames; no file, no segmenter, no colour.

Each function bears the name of its answer and hides the module of the same name here; import a module by its
full path where more of it is needed.
"""

from shopscore_analysis.measure.aftersales import aftersales, refunds
from shopscore_analysis.measure.at_odds import at_odds
from shopscore_analysis.measure.benchmark import benchmark, cover, history, rank, weakest
from shopscore_analysis.measure.bootstrap import bootstrap
from shopscore_analysis.measure.causes import causes, contrast, contrasts, marked, unhappy
from shopscore_analysis.measure.compare import compare
from shopscore_analysis.measure.drivers import drivers, penalty_reward
from shopscore_analysis.measure.findings import findings
from shopscore_analysis.measure.keywords import keywords, keywords_along
from shopscore_analysis.measure.lag import completed, lag_curve
from shopscore_analysis.measure.ledger import ledger, points, vanished
from shopscore_analysis.measure.outlook import covers, rank_with
from shopscore_analysis.measure.service import service, shipping
from shopscore_analysis.measure.trend import trend
from shopscore_analysis.measure.unattributed import unattributed

__all__ = [
    "aftersales",
    "at_odds",
    "benchmark",
    "bootstrap",
    "causes",
    "compare",
    "completed",
    "contrast",
    "contrasts",
    "cover",
    "covers",
    "drivers",
    "findings",
    "history",
    "keywords",
    "keywords_along",
    "lag_curve",
    "ledger",
    "marked",
    "penalty_reward",
    "points",
    "rank",
    "rank_with",
    "refunds",
    "service",
    "shipping",
    "trend",
    "unattributed",
    "unhappy",
    "vanished",
    "weakest",
]
