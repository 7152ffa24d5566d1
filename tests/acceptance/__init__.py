"""Real data through the real door: what other tools counted must come out."""
