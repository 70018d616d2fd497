"""Estimates → figures, tables and sentences that show themselves in a notebook and in the report."""

from shopscore_analysis.show.cards import Tile, evidence, header, score_tiles, things_to_do, tiles, watch_list
from shopscore_analysis.show.charts import bars, coverage, gaps, lines, loss_bars, ranks
from shopscore_analysis.show.cloud import cloud
from shopscore_analysis.show.heatmap import heatmap
from shopscore_analysis.show.html import Figure, Html, Stack, stack
from shopscore_analysis.show.tables import (
    aftersales_table,
    causes_table,
    glossary,
    keywords_table,
    ledger_table,
    notes,
    quality_table,
    refunds_table,
    run_record,
    service_table,
    table,
)
from shopscore_analysis.show.words import period, verdict_line

__all__ = [
    "Figure",
    "Html",
    "Stack",
    "Tile",
    "aftersales_table",
    "bars",
    "causes_table",
    "cloud",
    "coverage",
    "evidence",
    "gaps",
    "glossary",
    "header",
    "heatmap",
    "keywords_table",
    "ledger_table",
    "lines",
    "loss_bars",
    "notes",
    "period",
    "quality_table",
    "ranks",
    "refunds_table",
    "run_record",
    "score_tiles",
    "service_table",
    "stack",
    "table",
    "things_to_do",
    "tiles",
    "verdict_line",
    "watch_list",
]
