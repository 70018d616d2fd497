"""Estimates → figures, tables and sentences that show themselves in a notebook and in the report."""

from shopscore_analysis.show.cards import Tile, evidence, header, score_tiles, things_to_do, tiles, watch_list
from shopscore_analysis.show.charts import bars, coverage, gap_lines, gaps, lines, loss_bars, ranks
from shopscore_analysis.show.grid import heatmap
from shopscore_analysis.show.html import Figure, Html, Stack, stack
from shopscore_analysis.show.tables import (
    aftersales_table,
    causes_table,
    cover_table,
    glossary,
    keywords_table,
    ledger_table,
    notes,
    quality_table,
    refunds_table,
    run_record,
    service_table,
    table,
    texts_table,
    weakest_table,
)
from shopscore_analysis.show.terms import cloud
from shopscore_analysis.show.words import coverage_line, gap_line, period, refund_line, verdict_line

__all__ = [
    "Figure",
    "Html",
    "Stack",
    "Tile",
    "aftersales_table",
    "bars",
    "causes_table",
    "cloud",
    "cover_table",
    "coverage",
    "coverage_line",
    "evidence",
    "gap_line",
    "gap_lines",
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
    "refund_line",
    "refunds_table",
    "run_record",
    "score_tiles",
    "service_table",
    "stack",
    "table",
    "texts_table",
    "things_to_do",
    "tiles",
    "verdict_line",
    "watch_list",
    "weakest_table",
]
