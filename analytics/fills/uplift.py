"""What giveaways and promotions go along with: the rate in their minutes over the rate beside them.

Each offer is compared with up to FLANK minutes on either side of it, in its own session; minutes of other
offers, and the AFTER minutes that follow each, are no flank. Rates of all offers are pooled as Mantel and
Haenszel do, so that big sessions and quiet ones weigh by what they can tell. Offers of one session are not
independent: the interval comes from drawing whole sessions again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from psycopg import Connection
from scipy.special import ndtr, stdtrit

from commerce.connection import worker_connection
from commerce.models import new_id

MINUTE: Final = timedelta(minutes=1)
FLANK: Final = 10
"""Minutes on either side that an offer is compared with, at most."""
AFTER: Final = 5
"""Minutes after an offer that are looked at apart."""
FEWEST_SESSIONS: Final = 8
DRAWS: Final = 2000
SEED: Final = 20_260_601
_CHUNK: Final = 200
_SIX: Final = Decimal("0.000001")
_LARGEST: Final = Decimal(10) ** 13

KINDS: Final = ("GIVEAWAY", "PROMOTION")
DESIGNS: Final = ("OBSERVATIONAL", "RANDOMISED")
WINDOWS: Final = ("DURING", "AFTER")


class Minute(NamedTuple):
    """A minute of a session: who was there at its end, and what happened in it."""

    viewers: int
    orders: int = 0
    sales: Decimal = Decimal(0)
    clicks: int = 0


class Offer(NamedTuple):
    """A giveaway or promotion as a range of minutes of its session; it touches every one of them."""

    first: int
    last: int
    is_random: bool


class Stratum(NamedTuple):
    """One offer beside its flanks: what happened, and over how much exposure."""

    session: UUID
    amount: Decimal
    exposure: int
    flank_amount: Decimal
    flank_exposure: int


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A pooled ratio with its 95 % interval; or the reason why there is none."""

    sessions: int
    offers: int
    ratio: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    reason: str = ""


# What is compared: the amount of a minute, and its exposure.
METRICS: Final[dict[str, tuple[Callable[[Minute], Decimal], Callable[[Minute], int]]]] = {
    "ORDERS": (lambda minute: Decimal(minute.orders), lambda minute: minute.viewers),
    "LIVE_SALES": (lambda minute: minute.sales, lambda minute: minute.viewers),
    "PRODUCT_CLICKS": (lambda minute: Decimal(minute.clicks), lambda minute: minute.viewers),
    "CONCURRENT_VIEWERS": (lambda minute: Decimal(minute.viewers), lambda _: 1),
}


@dataclass(frozen=True, kw_only=True)
class Airing:
    """A session that has ended: its minutes from the first to the last, and its offers of one kind."""

    session: UUID
    minutes: Sequence[Minute]
    offers: Sequence[Offer]
    is_in_currency: bool = True
    """Its money is the partner's currency: sales of others are not summed with it."""


def windows(airing: Airing, offer: Offer) -> tuple[dict[str, list[int]], list[int]]:
    """The minutes of an offer by window, and of its flanks, as places in the session."""
    length = len(airing.minutes)
    own = {minute for other in airing.offers for minute in range(other.first, other.last + 1)}
    busy = own | {
        minute for other in airing.offers for minute in range(other.last + 1, other.last + 1 + AFTER)
    }
    told = {
        "DURING": [minute for minute in range(offer.first, offer.last + 1) if 0 <= minute < length],
        "AFTER": [
            minute
            for minute in range(offer.last + 1, offer.last + 1 + AFTER)
            if minute < length and minute not in own
        ],
    }
    sides = (
        *range(offer.first - FLANK, offer.first),
        *range(offer.last + 1 + AFTER, offer.last + 1 + AFTER + FLANK),
    )
    return told, [minute for minute in sides if 0 <= minute < length and minute not in busy]


def strata(airings: Iterable[Airing], *, metric: str, window: str, design: str) -> Iterator[Stratum]:
    """Each offer beside its flanks."""
    amount, exposure = METRICS[metric]
    for airing in airings:
        if metric == "LIVE_SALES" and not airing.is_in_currency:
            continue
        for offer in airing.offers:
            if design == "RANDOMISED" and not offer.is_random:
                continue
            told, flank = windows(airing, offer)
            here = [airing.minutes[minute] for minute in told[window]]
            beside = [airing.minutes[minute] for minute in flank]
            yield Stratum(
                airing.session,
                sum(map(amount, here), Decimal(0)),
                sum(map(exposure, here)),
                sum(map(amount, beside), Decimal(0)),
                sum(map(exposure, beside)),
            )


def estimate(told: Iterable[Stratum]) -> Estimate:
    """Pool offers, and draw whole sessions again for the interval; the same offers give the same."""
    above: dict[UUID, Decimal] = defaultdict(Decimal)
    below: dict[UUID, Decimal] = defaultdict(Decimal)
    offers = 0
    with localcontext(prec=40):
        for session, amount, exposure, flank_amount, flank_exposure in told:
            if not exposure or not flank_exposure:
                continue
            offers += 1
            above[session] += amount * flank_exposure / (exposure + flank_exposure)
            below[session] += flank_amount * exposure / (exposure + flank_exposure)
        sessions = len(above)
        if sessions < FEWEST_SESSIONS:
            return Estimate(sessions=sessions, offers=offers, reason="NOT_ENOUGH_DATA")
        over, under = sum(above.values()), sum(below.values())
        if not under:
            return Estimate(sessions=sessions, offers=offers, reason="NOTHING_TO_COMPARE")
        ratio = _rounded(over / under)
    # In one order, whatever the order of the rows.
    names = sorted(above)
    parts = np.array([[float(above[name]), float(below[name])] for name in names])
    low, high = _interval(parts)
    return Estimate(
        sessions=sessions,
        offers=offers,
        ratio=ratio,
        low=None if low is None else _rounded(Decimal(low)),
        high=None if high is None else _rounded(Decimal(high)),
    )


def _rounded(value: Decimal) -> Decimal:
    return min(value, _LARGEST).quantize(_SIX, ROUND_HALF_EVEN)


def _interval(parts: "np.ndarray[Any, np.dtype[np.float64]]") -> tuple[float | None, float | None]:
    """The 95 % percentile interval of drawing sessions, widened as few sessions need it."""
    count = len(parts)
    rng = np.random.default_rng(SEED)
    even = np.full(count, 1 / count)
    drawn = []
    for _ in range(0, DRAWS, _CHUNK):
        sums = rng.multinomial(count, even, size=_CHUNK) @ parts
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn.append(sums[:, 0] / sums[:, 1])
    ratios = np.concatenate(drawn)
    ratios = ratios[~np.isnan(ratios)]
    if not len(ratios):
        return None, None
    # Drawing from a few varies less than they do: the tail of Student, and n for n - 1.
    tail = float(ndtr(np.sqrt(count / (count - 1)) * stdtrit(count - 1, 0.025)))
    low = float(np.quantile(ratios, tail, method="lower"))
    high = float(np.quantile(ratios, 1 - tail, method="higher"))
    return low, (high if np.isfinite(high) else None)


# -- from the tables and into them ---------------------------------------------------------------

OFFERS: Final = """
SELECT m.kind, m.session_id, m.at, COALESCE(m.ended_at, r.window_ended_at), m.scheduled_at_random,
    r.window_started_at, r.window_ended_at, COALESCE(s.currency, p.currency) = p.currency
FROM analytics_sessionmarker m
JOIN commerce_livesession s ON s.partner_id = m.partner_id AND s.id = m.session_id
    AND s.merged_into_id IS NULL AND s.split_at IS NULL
JOIN commerce_partner p ON p.id = m.partner_id
JOIN analytics_sessionrollup r ON r.partner_id = m.partner_id AND r.session_id = m.session_id
WHERE m.partner_id = %(partner)s AND m.kind IN ('GIVEAWAY', 'PROMOTION') AND m.is_start_told
    AND m.at >= r.window_started_at AND m.at < r.window_ended_at
    AND (s.last_ended_at >= s.last_started_at OR (s.last_ended_at IS NOT NULL AND s.last_started_at IS NULL))
ORDER BY m.session_id, m.at, m.id
"""
MINUTES: Final = """
SELECT m.session_id, m.minute, m.concurrent_viewers, m.orders, m.live_sales, m.product_clicks
FROM analytics_sessionminute m
WHERE m.partner_id = %(partner)s AND m.session_id = ANY(%(sessions)s) AND m.is_inside
ORDER BY m.session_id, m.minute
"""
STORE: Final = """
INSERT INTO analytics_offeruplift (partner_id, id, kind, design, metric, "window", sessions, offers,
    ratio, low, high, reason, computed_at)
VALUES (%(partner)s, %(id)s, %(kind)s, %(design)s, %(metric)s, %(window)s, %(sessions)s, %(offers)s,
    %(ratio)s, %(low)s, %(high)s, %(reason)s, %(now)s)
ON CONFLICT (partner_id, kind, design, metric, "window") DO UPDATE SET sessions = EXCLUDED.sessions,
    offers = EXCLUDED.offers, ratio = EXCLUDED.ratio, low = EXCLUDED.low, high = EXCLUDED.high,
    reason = EXCLUDED.reason, computed_at = EXCLUDED.computed_at
"""
DUE: Final = """
SELECT DISTINCT m.partner_id FROM analytics_sessionmarker m
WHERE m.kind IN ('GIVEAWAY', 'PROMOTION') AND NOT EXISTS (
    SELECT 1 FROM analytics_offeruplift u WHERE u.partner_id = m.partner_id AND u.computed_at > %(since)s
)
"""


def partners_to_estimate(*, now: datetime) -> list[UUID]:
    """Partners with offers of which nothing was estimated for most of an hour."""
    rows = worker_connection().execute(DUE, {"since": now - timedelta(minutes=50)})
    return [partner for (partner,) in rows]


def estimate_uplift(*, partner_id: UUID, now: datetime) -> None:
    """Estimate what a partner's offers go along with, and keep it; two at once do it once."""
    connection = worker_connection()
    with connection.transaction():
        row = connection.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"uplift of {partner_id}"]
        ).fetchone()
        if row is None or not row[0]:
            return
        airings = _airings(connection, partner_id=partner_id)
        for kind in KINDS:
            for design in DESIGNS:
                for metric in METRICS:
                    for window in WINDOWS:
                        told = strata(airings[kind], metric=metric, window=window, design=design)
                        found = estimate(told)
                        connection.execute(
                            STORE,
                            {
                                **vars(found),
                                "partner": partner_id,
                                "id": new_id(),
                                "kind": kind,
                                "design": design,
                                "metric": metric,
                                "window": window,
                                "now": now,
                            },
                        )


class _Told(NamedTuple):
    """An offer as the tables have it."""

    kind: str
    session: UUID
    at: datetime
    ended_at: datetime
    is_random: bool
    starts_at: datetime
    ends_at: datetime
    is_in_currency: bool


def _airings(connection: Connection[Any], *, partner_id: UUID) -> dict[str, list[Airing]]:
    """Sessions with offers, by the kind of these."""
    offers = [_Told(*row) for row in connection.execute(OFFERS, {"partner": partner_id})]
    sessions = sorted({told.session for told in offers})
    rows = connection.execute(MINUTES, {"partner": partner_id, "sessions": sessions})
    told_minutes = {
        session: [row[1:] for row in own] for session, own in groupby(rows, key=lambda row: row[0])
    }
    found: dict[str, list[Airing]] = {kind: [] for kind in KINDS}
    for session, group in groupby(offers, key=lambda told: told.session):
        own = list(group)
        begins = own[0].starts_at.replace(second=0, microsecond=0)
        length = -((begins - own[0].ends_at) // MINUTE)
        minutes = _minutes(told_minutes.get(session, []), begins=begins, length=length)
        for kind in KINDS:
            chosen = [_offer(told, begins) for told in own if told.kind == kind]
            if chosen:
                found[kind].append(
                    Airing(
                        session=session,
                        minutes=minutes,
                        offers=chosen,
                        is_in_currency=own[0].is_in_currency,
                    )
                )
    return found


def _offer(told: _Told, begins: datetime) -> Offer:
    first = (told.at - begins) // MINUTE
    ended_at = min(told.ended_at, told.ends_at)
    # Its end is no minute of it any more; but it touches the one it began in.
    return Offer(first, max(first, -((begins - ended_at) // MINUTE) - 1), told.is_random)


def _minutes(rows: Sequence[Any], *, begins: datetime, length: int) -> list[Minute]:
    """Every minute of a session: one without a row is as the one before left it, and nothing happened."""
    told = {(at - begins) // MINUTE: values for at, *values in rows}
    minutes, viewers = [], 0
    for place in range(length):
        level, orders, sales, clicks = told.get(place, (None, 0, Decimal(0), 0))
        viewers = viewers if level is None else level
        minutes.append(Minute(viewers, orders, sales, clicks))
    return minutes
