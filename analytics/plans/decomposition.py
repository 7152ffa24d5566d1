"""What moved a sum of money between two periods: exact shares of the change, that add up to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from typing import Final

FOUR_DECIMALS: Final = Decimal("0.0001")


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One factor of a product, before and now, and how much of the product's change is its."""

    before: Decimal
    now: Decimal
    contribution: Decimal


def factors_of(chain: Sequence[Decimal]) -> list[Decimal] | None:
    """A chain of totals as factors: the first, then each for one of that before it; None: one is 0."""
    if any(total <= 0 for total in chain):
        return None
    return [chain[0], *(now / before for before, now in pairwise(chain))]


def decompose(before: Sequence[Decimal], now: Sequence[Decimal]) -> list[Factor] | None:
    """The factors of both chains with their contributions, by logarithmic means, to four decimals.

    Each contributes L(now, before) x ln(its now / its before) with L(a, b) = (a - b) / (ln a - ln b), which
    leaves no remainder; what rounding leaves goes to the largest. None where a total is not positive.
    """
    old, new = factors_of(before), factors_of(now)
    if old is None or new is None:
        return None
    start, end = before[-1], now[-1]
    mean = start if start == end else (end - start) / (end.ln() - start.ln())
    shares = [
        (mean * (b.ln() - a.ln())).quantize(FOUR_DECIMALS, ROUND_HALF_EVEN)
        for a, b in zip(old, new, strict=True)
    ]
    largest = max(range(len(shares)), key=lambda place: abs(shares[place]))
    shares[largest] += end - start - sum(shares, Decimal(0))
    return [Factor(before=a, now=b, contribution=share) for a, b, share in zip(old, new, shares, strict=True)]
