"""Making the list of a session once it has ended."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

import numpy as np
from psycopg import Connection
from psycopg.types.json import Jsonb

from analytics import staleness
from analytics.followups.ladder import Ladder, Tried, Viewers, climb
from analytics.followups.viewers import Crowd, Reader
from commerce.connection import worker_connection
from commerce.models import new_id

HOLDOUT: Final = 0.1
FRESH_DAYS: Final = 2
"""A session that ended longer ago gets no list any more: there is nothing to follow up."""

# Once its tail is over: who buys in it bought in the session.
DUE: Final = """
SELECT DISTINCT ON (s.partner_id, s.id) s.partner_id, s.id, p.timezone, COALESCE(s.currency, p.currency)
FROM commerce_livesession s
JOIN commerce_partner p ON p.id = s.partner_id
JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
WHERE s.merged_into_id IS NULL AND s.split_at IS NULL AND s.last_ended_at IS NOT NULL
    AND (s.last_started_at IS NULL OR s.last_ended_at >= s.last_started_at)
    AND (%(partner)s::uuid IS NULL OR s.partner_id = %(partner)s)
    AND r.window_ended_at + make_interval(secs => p.tail_seconds) <= %(now)s
    AND r.window_ended_at > %(now)s - %(fresh)s * interval '1 day'
    AND NOT EXISTS (
        SELECT 1 FROM analytics_followuplist l WHERE l.partner_id = s.partner_id AND l.session_id = s.id)
ORDER BY s.partner_id, s.id
"""
STORE: Final = """
INSERT INTO analytics_followuplist
    (partner_id, id, session_id, currency, rung, rungs, learnt_from, viewers, made_at)
VALUES (%(partner)s, %(id)s, %(session)s, %(currency)s, %(rung)s, %(rungs)s, %(learnt_from)s, %(viewers)s,
    %(now)s)
"""
STORE_VIEWERS: Final = """
INSERT INTO analytics_followup
    (partner_id, list_id, id, place, viewer_id, customer_id, score, reasons, is_holdout)
SELECT %(partner)s, %(list)s, u.id, u.place, u.viewer_id, u.customer_id, u.score,
    string_to_array(u.reasons, ' '), u.is_holdout
FROM unnest(%(ids)s::uuid[], %(places)s::int[], %(viewers)s::uuid[], %(customers)s::uuid[],
    %(scores)s::numeric[], %(reasons)s::text[], %(holdout)s::bool[])
    AS u (id, place, viewer_id, customer_id, score, reasons, is_holdout)
"""


class FollowUpReason(Enum):
    """What a viewer did that a person may take up."""

    BOUGHT = "BOUGHT"
    LEFT_A_CART = "LEFT_A_CART"
    CLICKED_PRODUCTS = "CLICKED_PRODUCTS"
    COMMENTED = "COMMENTED"
    STAYED_LONG = "STAYED_LONG"
    CAME_AGAIN = "CAME_AGAIN"
    BOUGHT_BEFORE = "BOUGHT_BEFORE"


def partners_with_ended_sessions(*, now: datetime) -> list[UUID]:
    """Partners with sessions that ended and have no list yet."""
    return sorted({row[0] for row in _due(worker_connection(), partner_id=None, now=now)})


def make_due(*, partner_id: UUID, now: datetime) -> int:
    """Make the lists of a partner's sessions that have ended; answers how many. Two at once: once."""
    connection, made = worker_connection(), 0
    with connection.transaction():
        row = connection.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"follow-ups of {partner_id}"]
        ).fetchone()
        if row is None or not row[0] or staleness.is_paused(connection, partner_id):
            return 0
        connection.execute("SET LOCAL jit = off")
        ladders: dict[str, tuple[Reader, Ladder, int]] = {}
        for _, session_id, timezone, currency in _due(connection, partner_id=partner_id, now=now):
            if currency not in ladders:
                reader = Reader(
                    connection, partner_id=partner_id, timezone=timezone, currency=currency, now=now
                )
                known = reader.known()
                ladders[currency] = reader, climb(known), len(known)
            reader, ladder, learnt_from = ladders[currency]
            crowd = reader.of(session_id)
            values = {
                "partner": partner_id,
                "id": new_id(),
                "session": session_id,
                "currency": currency,
                "rung": ladder.used.value,
                "rungs": Jsonb([_told(one) for one in ladder.tried]),
                "learnt_from": learnt_from,
                "viewers": len(crowd.viewer_ids),
                "now": now,
            }
            connection.execute(STORE, values)
            _store(connection, crowd, ladder, partner_id=partner_id, list_id=values["id"])
            made += 1
    return made


def _due(connection: Connection[Any], *, partner_id: UUID | None, now: datetime) -> list[Any]:
    return connection.execute(DUE, {"partner": partner_id, "now": now, "fresh": FRESH_DAYS}).fetchall()


def _told(one: Tried) -> dict[str, Any]:
    return {**asdict(one), "rung": one.rung.value}


def _store(
    connection: Connection[Any], crowd: Crowd, ladder: Ladder, *, partner_id: UUID, list_id: UUID
) -> None:
    """Keep those who may be approached, the highest score first, with a random tenth to be left alone."""
    if not crowd.viewer_ids:
        return
    scores = ladder.score(crowd.told)
    best: dict[UUID, int] = {}
    for place in np.argsort(-scores, kind="stable"):
        customer = crowd.customer_ids[place]
        # Who watched under two names is one person: the better score stands for both.
        if customer is not None and crowd.may_be_approached[place]:
            best.setdefault(customer, int(place))
    places = list(best.values())
    held = np.zeros(len(places), dtype=bool)
    # Nobody can tell beforehand who is drawn, and the score has no part in it.
    held[np.random.default_rng().permutation(len(places))[: round(len(places) * HOLDOUT)]] = True
    connection.execute(
        STORE_VIEWERS,
        {
            "partner": partner_id,
            "list": list_id,
            "ids": [new_id() for _ in places],
            "places": list(range(1, len(places) + 1)),
            "viewers": [crowd.viewer_ids[place] for place in places],
            "customers": list(best),
            "scores": [Decimal(repr(round(float(scores[place]), 4))) for place in places],
            "reasons": [" ".join(reasons_of(crowd.told, place)) for place in places],
            "holdout": held.tolist(),
        },
    )


def reasons_of(told: Viewers, place: int) -> list[str]:
    """What of a viewer's acts speaks for a follow-up, as words of FollowUpReason."""
    bought = bool(told.has_bought[place])
    does = {
        FollowUpReason.BOUGHT: bought,
        FollowUpReason.LEFT_A_CART: told.carts[place] > 0 and not bought,
        FollowUpReason.CLICKED_PRODUCTS: told.clicks[place] > 0,
        FollowUpReason.COMMENTED: told.comments[place] > 0,
        FollowUpReason.STAYED_LONG: told.watch_share[place] >= 0.5,
        FollowUpReason.CAME_AGAIN: bool(told.is_returning[place]),
        FollowUpReason.BOUGHT_BEFORE: told.repeats[place] >= (1 if bought else 0),
    }
    return [reason.value for reason, holds in does.items() if holds]
