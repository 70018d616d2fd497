"""What the lexicon misses, what the analyst decides about it, and the usual keywords beside ours."""
