"""What the models' parameters are called, for who reads them and computes none."""

from typing import Final

PURCHASES: Final = ("r", "alpha", "a", "b")
"""Of how often somebody buys: BG/NBD."""
AMOUNTS: Final = ("p", "q", "v")
"""Of how much: Gamma-Gamma."""
