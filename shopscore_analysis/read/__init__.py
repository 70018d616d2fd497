"""Export files → records; nothing is dropped silently, no contact data comes through."""

from shopscore_analysis.read.archives import is_ignored
from shopscore_analysis.read.batches import Batch, Origin, Part, Reject
from shopscore_analysis.read.export import Export, read_export
from shopscore_analysis.read.formats import read_table
from shopscore_analysis.read.tables import Found

__all__ = ["Batch", "Export", "Found", "Origin", "Part", "Reject", "is_ignored", "read_export", "read_table"]
