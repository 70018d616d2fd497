"""Export files → records; nothing is dropped silently, no contact data comes through."""

from shopscore_analysis.read.archives import is_ignored
from shopscore_analysis.read.batches import Batch, Reject
from shopscore_analysis.read.export import read_export
from shopscore_analysis.read.formats import read_table

__all__ = ["Batch", "Reject", "is_ignored", "read_export", "read_table"]
