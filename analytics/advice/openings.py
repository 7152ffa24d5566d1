"""How to open the next session: which products to lead with, and when to go live."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.advice.shrinkage import Prior, Shrunk, learn, shrink

OPENING: Final = timedelta(minutes=15)
ENOUGH_VIEWERS: Final = 200
"""Viewers a product must have been shown to before it is advised; below: not enough data."""
ENOUGH_SESSIONS: Final = 2
POSITIONS: Final = (1, 2, 4, 7, 13)
"""Where the buckets of positions begin; each ends where the next begins, the last never."""
MINUTES: Final = (0, 15, 30, 60)


@dataclass(frozen=True, kw_only=True)
class PastMoment:
    """A product moment of a past session."""

    product_id: UUID
    position: int
    """Its place among the session's moments, from 1."""
    minute: float
    """Minutes from the session's start."""
    viewers: int
    buyers: int


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """The conversion of a product's moments in `[begins, ends)` (None: without end)."""

    begins: int
    ends: int | None
    viewers: int
    buyers: int
    conversion: Shrunk


@dataclass(frozen=True, kw_only=True)
class Lead:
    """A product to lead with; `expected` None and `conversion` None where too few have seen it."""

    product_id: UUID
    viewers: int
    buyers: int
    conversion: Shrunk | None
    expected_per_viewer: Decimal | None
    by_position: tuple[Bucket, ...]
    by_minute: tuple[Bucket, ...]


def leads(moments: Sequence[PastMoment], *, prices: Mapping[UUID, Decimal]) -> list[Lead]:
    """Every product shown in the past, the best to open with first; those with too little to say last.

    Expected sales per viewer within the first 15 minutes = price x conversion of the moments that began then,
    shrunk towards the conversion usual for the partner in that time.
    """
    prior = _prior(moments)
    opening = [one for one in moments if one.minute * 60 < OPENING.total_seconds()]
    opening_prior = _prior(opening)
    by_product: dict[UUID, list[PastMoment]] = defaultdict(list)
    for one in moments:
        by_product[one.product_id].append(one)
    found = [
        _lead(product, own, prices.get(product), prior=prior, opening_prior=opening_prior)
        for product, own in by_product.items()
    ]
    return sorted(
        found,
        key=lambda lead: (
            lead.expected_per_viewer is None, -(lead.expected_per_viewer or 0), str(lead.product_id)
        ),
    )  # fmt: skip


def _lead(
    product: UUID, own: list[PastMoment], price: Decimal | None, *, prior: Prior, opening_prior: Prior
) -> Lead:
    early = [one for one in own if one.minute * 60 < OPENING.total_seconds()]
    viewers, buyers = sum(one.viewers for one in early), sum(one.buyers for one in early)
    conversion = shrink(opening_prior, trials=viewers, hits=buyers) if viewers > ENOUGH_VIEWERS else None
    expected = None
    if conversion is not None and price is not None:
        expected = (Decimal(repr(conversion.mean)) * price).quantize(Decimal("0.0001"))
    return Lead(
        product_id=product,
        viewers=viewers,
        buyers=buyers,
        conversion=conversion if expected is not None else None,
        expected_per_viewer=expected,
        by_position=_buckets([(one.position, one) for one in own], POSITIONS, prior),
        by_minute=_buckets([(int(one.minute), one) for one in own], MINUTES, prior),
    )


def _buckets(
    placed: Sequence[tuple[int, PastMoment]], bounds: Sequence[int], prior: Prior
) -> tuple[Bucket, ...]:
    """A product's moments by where they were, only where there were any."""
    found = []
    for begins, ends in zip(bounds, (*bounds[1:], None), strict=True):
        inside = [one for place, one in placed if begins <= place and (ends is None or place < ends)]
        viewers, buyers = sum(one.viewers for one in inside), sum(one.buyers for one in inside)
        if viewers:
            conversion = shrink(prior, trials=viewers, hits=buyers)
            found.append(
                Bucket(begins=begins, ends=ends, viewers=viewers, buyers=buyers, conversion=conversion)
            )
    return tuple(found)


def _prior(moments: Sequence[PastMoment]) -> Prior:
    """What is usual: learnt from products, each with all of its moments."""
    totals: dict[UUID, list[int]] = defaultdict(lambda: [0, 0])
    for one in moments:
        totals[one.product_id][0] += one.viewers
        totals[one.product_id][1] += one.buyers
    return learn(trials=[n for n, _ in totals.values()], hits=[k for _, k in totals.values()])


@dataclass(frozen=True, kw_only=True)
class Slot:
    """An hour of the week in the partner's calendar, by what sessions that began in it reached."""

    weekday: int
    """From 1, Monday, to 7."""
    hour: int
    sessions: int
    median_peak_viewers: float


def slots(starts: Sequence[tuple[datetime, int]], *, timezone: str) -> list[Slot]:
    """Hours of the week with at least two sessions, the highest median of peak viewers first.

    `starts` are (start, peak viewers) of ended sessions.
    """
    zone, peaks = ZoneInfo(timezone), defaultdict(list)
    for started_at, peak in starts:
        local = started_at.astimezone(zone)
        peaks[local.isoweekday(), local.hour].append(peak)
    found = [
        Slot(weekday=weekday, hour=hour, sessions=len(own), median_peak_viewers=float(median(own)))
        for (weekday, hour), own in peaks.items()
        if len(own) >= ENOUGH_SESSIONS
    ]
    return sorted(found, key=lambda slot: (-slot.median_peak_viewers, slot.weekday, slot.hour))
