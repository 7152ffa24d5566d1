"""The slow truth itself, checked by hand: one rule a test, the arithmetic beside it."""
