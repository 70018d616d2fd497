"""A notebook → one published HTML file, or nothing.

What a notebook's last cells need is here; `report.run` (papermill, nbconvert) is imported where it is used.
"""

from shopscore_analysis.report.receipt import Receipt, facts, receipt, run_id, tagger_quality

__all__ = ["Receipt", "facts", "receipt", "run_id", "tagger_quality"]
