"""Text → causes and terms: normalize, clauses, segment, lexicon, matcher, model, tagger, reasons."""
