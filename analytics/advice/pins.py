"""Which product to feature next: expected sales of the next 90 seconds, ranked."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from analytics.advice.shrinkage import Prior, foresee

EXPLORATION: Final = 0.08
"""How often the first place is drawn by lot, so that what is never shown can be learnt about too."""
FATIGUE: Final = 0.5
"""What showing a product has taken from it at once; it recovers with RECOVERY."""
RECOVERY_MINUTES: Final = 10.0
CENT: Final = Decimal("0.0001")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A product that is not featured now, with what past moments say of it."""

    product_id: UUID
    price: Decimal
    stock: int | None
    """None: nobody told."""
    moment_viewers: int
    moment_buyers: int
    minutes_since_shown: tuple[float, ...]
    """Of each of its showings in this session, since it ended."""


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One recommendation; sales in the candidate's currency, over the next 90 seconds."""

    product_id: UUID
    rank: int
    expected_sales: Decimal
    low: Decimal
    high: Decimal
    conversion: float
    fatigue: float
    propensity: float
    """How likely this product was to be at this rank, before the lot was drawn."""
    is_exploration: bool


def fatigue(minutes_since_shown: Sequence[float]) -> float:
    """What is left of a product's pull, 1 when it was not shown: each showing takes half, for ten minutes."""
    left = 1.0
    for minutes in minutes_since_shown:
        left *= 1 - FATIGUE * math.exp(-max(minutes, 0.0) / RECOVERY_MINUTES)
    return left


def rank(
    candidates: Sequence[Candidate], *, reachable: int, prior: Prior, seed: str, most: int = 5
) -> list[Pin]:
    """The best candidates by expected sales; the first place is drawn by lot in EXPLORATION of all cases.

    The lot falls on any candidate that can be sold; `seed` decides it: the same moment draws the same.
    """
    sellable = [one for one in candidates if one.price > 0 and one.stock != 0]
    judged = sorted(
        (_judge(one, reachable=reachable, prior=prior) for one in sellable),
        key=lambda pin: (-pin.expected_sales, str(pin.product_id)),
    )
    if not judged:
        return []
    lot = random.Random(seed)
    place = lot.randrange(len(judged)) if lot.random() < EXPLORATION else 0
    order = [judged[place], *judged[:place], *judged[place + 1 :]][:most]
    share = EXPLORATION / len(judged)
    return [
        Pin(
            product_id=pin.product_id,
            rank=number,
            expected_sales=pin.expected_sales,
            low=pin.low,
            high=pin.high,
            conversion=pin.conversion,
            fatigue=pin.fatigue,
            propensity=_propensity(judged.index(pin), number, share=share, count=len(judged)),
            is_exploration=number == 1 and place != 0,
        )
        for number, pin in enumerate(order, start=1)
    ]


def _propensity(place: int, number: int, *, share: float, count: int) -> float:
    """The chance that the candidate at `place` (from 0) of the ranking got rank `number` (from 1)."""
    if number == 1:
        return share + (1 - EXPLORATION if place == 0 else 0.0)
    # Whom the lot takes from further down moves everybody above him by one.
    if place == number - 1:
        return 1 - EXPLORATION + share * (number - 1)
    return share * (count - number + 1) if place == number - 2 else 0.0


def _judge(one: Candidate, *, reachable: int, prior: Prior) -> Pin:
    left = fatigue(one.minutes_since_shown)
    mean, low, high = foresee(prior, trials=one.moment_viewers, hits=one.moment_buyers, people=reachable)
    expected, least, best = (_sales(number * left, one) for number in (mean, low, high))
    return Pin(
        product_id=one.product_id,
        rank=0,
        expected_sales=expected,
        low=least,
        high=best,
        conversion=mean / reachable if reachable > 0 else prior.mean,
        fatigue=left,
        propensity=0.0,
        is_exploration=False,
    )


def _sales(buyers: float, one: Candidate) -> Decimal:
    """What so many buyers bring: one piece each, and no more than there are."""
    pieces = buyers if one.stock is None else min(buyers, one.stock)
    return (Decimal(repr(pieces)) * one.price).quantize(CENT)
