"""A/B tests of a shop: how each stands, which arm an order belongs to, what became of it, and what may be said."""
