"""Advice while a session is live: what to feature next, what to say of what is featured, what to look at."""

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from psycopg import Connection

from analytics import staleness
from analytics.advice import pins, talking
from analytics.advice.shrinkage import Prior, learn
from analytics.queries.comments import masked
from commerce.connection import worker_connection
from commerce.models import new_id

EVERY: Final = timedelta(seconds=60)
"""A live session is advised anew at most this often."""
HORIZON: Final = timedelta(minutes=3)
"""Advice is taken when its product is featured within this time."""
OUTCOME: Final = timedelta(seconds=90)
SETTLES: Final = timedelta(seconds=60)
"""Orders of the outcome may come a little late."""
QUIET: Final = timedelta(minutes=10)
"""A session without any sign for so long has nobody to advise."""
STEEP_SHARE, LEAST_LOSS = Decimal("0.2"), 10
LOW_STOCK: Final = 5
PACE_WINDOW: Final = timedelta(minutes=15)
MOST_QUESTIONS: Final = 3

# Uses session_partner_started, sessionrollup_partner_session, pin_partner_session_rank.
LIVE = """
SELECT s.id, COALESCE(s.currency, p.currency), r.concurrent_viewers
FROM commerce_livesession s
JOIN commerce_partner p ON p.id = s.partner_id
JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
WHERE s.partner_id = %(partner)s AND s.started_at <= %(now)s
    AND (s.last_ended_at IS NULL OR s.last_ended_at < s.last_started_at)
    AND r.window_ended_at > %(now)s - %(quiet)s AND s.merged_into_id IS NULL
    AND s.split_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM analytics_learning l
        WHERE l.partner_id = s.partner_id AND l.kind = 'TALKING' AND l.subject = s.id
            AND l.made_at > %(now)s - %(every)s)
ORDER BY s.id
"""
INSERT = """
INSERT INTO analytics_pinrecommendation (partner_id, id, session_id, product_id, made_at, rank, currency,
    reachable_viewers, conversion, price, fatigue, stock, expected_sales, low_sales, high_sales, propensity,
    is_exploration, state)
SELECT %(partner)s, u.id, %(session)s, u.product_id, %(now)s, u.rank, %(currency)s, %(reachable)s,
    u.conversion, u.price, u.fatigue, u.stock, u.expected_sales, u.low, u.high, u.propensity,
    u.is_exploration, 'OPEN'
FROM jsonb_to_recordset(%(pins)s::jsonb) AS u (id uuid, product_id uuid, rank smallint,
    conversion numeric(12, 9), price numeric, fatigue numeric(12, 9), stock bigint,
    expected_sales numeric, low numeric, high numeric, propensity numeric(12, 9), is_exploration bool)
ON CONFLICT (partner_id, session_id, made_at, rank) DO NOTHING
"""
QUESTIONS = """
SELECT c.text FROM analytics_sessioncomment c
JOIN analytics_sessionshowing w ON w.partner_id = c.partner_id AND w.session_id = c.session_id
    AND w.product_id = %(product)s AND c.at >= w.featured_at
    AND (w.unfeatured_at IS NULL OR c.at < w.unfeatured_at)
WHERE c.partner_id = %(partner)s AND c.session_id = %(session)s AND c.is_question AND c.at <= %(now)s
GROUP BY c.text ORDER BY max(c.at) DESC, c.text LIMIT %(most)s
"""
KEEP = """
INSERT INTO analytics_learning (partner_id, id, kind, subject, made_at, content)
VALUES (%(partner)s, md5(%(partner)s::text || %(kind)s || %(subject)s::text)::uuid, %(kind)s, %(subject)s,
    %(now)s, %(content)s::jsonb)
ON CONFLICT (partner_id, kind, subject) DO UPDATE SET made_at = EXCLUDED.made_at, content = EXCLUDED.content
"""
HERE: Final = Path(__file__).parent
_SETTLE, _ALERTS, _CANDIDATES = (
    (HERE / f"{name}.sql").read_text() for name in ("settle", "alerts", "candidates")
)


class _Product(NamedTuple):
    """A product of the session's shop, as `candidates.sql` answers it."""

    id: UUID
    name: str
    external_id: str
    price: Decimal | None
    stock: int | None
    moment_viewers: int
    moment_buyers: int
    minutes_since_shown: list[Decimal]
    is_featured: bool


def partners_on_air(*, now: datetime) -> list[UUID]:
    """Partners with a session that began in the last two days and was not told to have ended."""
    rows = worker_connection().execute(
        "SELECT DISTINCT partner_id FROM commerce_livesession WHERE started_at > %s AND started_at <= %s "
        "AND (last_ended_at IS NULL OR last_ended_at < last_started_at)",
        [now - timedelta(days=2), now],
    )
    return [partner for (partner,) in rows.fetchall()]


def advise(*, partner_id: UUID, now: datetime) -> int:
    """Advise every live session of a partner that is due, and judge what was advised before; how many were.

    One transaction a session. Nothing of it is recomputed later: it says what was advised then.
    """
    connection = worker_connection()
    with connection.transaction():
        values = {
            "partner": partner_id,
            "horizon": HORIZON,
            "settled_until": now - HORIZON - OUTCOME - SETTLES,
        }
        connection.execute(_SETTLE, values)
    asked = {"partner": partner_id, "now": now, "quiet": QUIET, "every": EVERY}
    done = 0
    for session_id, currency, reachable in connection.execute(LIVE, asked).fetchall():
        with connection.transaction():
            told = {"partner": partner_id, "session": session_id, "currency": currency, "now": now}
            if not staleness.is_paused(connection, partner_id) and _is_mine(connection, told):
                _advise(connection, told, reachable=reachable)
                done += 1
    return done


def _is_mine(connection: Connection[Any], told: dict[str, Any]) -> bool:
    """Whether no other worker advises the session now, or has done so meanwhile."""
    row = connection.execute(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('advice of ' || %(session)s::text, 0)) "
        "AND NOT EXISTS (SELECT 1 FROM analytics_learning WHERE partner_id = %(partner)s "
        "AND kind = 'TALKING' AND subject = %(session)s AND made_at > %(now)s - %(every)s)",
        {**told, "every": EVERY},
    ).fetchone()
    return row is not None and bool(row[0])


def _advise(connection: Connection[Any], told: dict[str, Any], *, reachable: int) -> None:
    products = [_Product(*row) for row in connection.execute(_CANDIDATES, told).fetchall()]
    prior = learn(
        trials=[one.moment_viewers for one in products], hits=[one.moment_buyers for one in products]
    )
    _raise_alerts(connection, told, products)
    _recommend(connection, told, products, reachable=reachable, prior=prior)
    _find_words(connection, told, products, prior=prior)


def _raise_alerts(connection: Connection[Any], told: dict[str, Any], products: list[_Product]) -> None:
    stocked = [one for one in products if one.stock is not None]
    connection.execute(
        _ALERTS,
        {
            **told,
            "products": [one.id for one in stocked],
            "stocks": [one.stock for one in stocked],
            "featured": [one.is_featured for one in stocked],
            "least_loss": LEAST_LOSS,
            "steep_share": STEEP_SHARE,
            "low_stock": LOW_STOCK,
            "pace_window": PACE_WINDOW,
        },
    )


def _recommend(
    connection: Connection[Any],
    told: dict[str, Any],
    products: list[_Product],
    *,
    reachable: int,
    prior: Prior,
) -> None:
    if reachable <= 0:
        return
    known = {one.id: one for one in products}
    ranked = pins.rank(
        [
            pins.Candidate(
                product_id=one.id,
                price=one.price,
                stock=one.stock,
                moment_viewers=one.moment_viewers,
                moment_buyers=one.moment_buyers,
                minutes_since_shown=tuple(float(minutes) for minutes in one.minutes_since_shown),
            )
            for one in products
            if one.price is not None and not one.is_featured
        ],
        reachable=reachable,
        prior=prior,
        seed=f"{told['session']} {told['now'].isoformat()}",
    )
    rows = [
        {
            **asdict(pin),
            "id": new_id(),
            "price": known[pin.product_id].price,
            "stock": known[pin.product_id].stock,
        }
        for pin in ranked
    ]
    connection.execute(
        INSERT, {**told, "reachable": reachable, "pins": orjson.dumps(rows, default=str).decode()}
    )


def _find_words(
    connection: Connection[Any], told: dict[str, Any], products: list[_Product], *, prior: Prior
) -> None:
    """Keep talking points of what is featured; kept even when there are none: it says when it was looked."""
    row = connection.execute(
        "SELECT content FROM analytics_learning WHERE partner_id = %(partner)s AND kind = 'PAIRS' "
        "AND subject = %(partner)s",
        told,
    ).fetchone()
    pairs: dict[str, list[list[Any]]] = row[0] if row else {}
    names = {str(one.id): one.name or one.external_id for one in products}
    seen = sum(one.moment_viewers for one in products)
    content = []
    for one in products:
        if not one.is_featured:
            continue
        asked = connection.execute(QUESTIONS, {**told, "product": one.id, "most": MOST_QUESTIONS}).fetchall()
        facts = talking.Facts(
            name=one.name or one.external_id,
            price=one.price,
            currency=told["currency"],
            stock=one.stock,
            moment_viewers=one.moment_viewers,
            moment_buyers=one.moment_buyers,
            usual_conversion=prior.mean if seen else None,
            pairs=[(names[other], orders) for other, orders in pairs.get(str(one.id), ()) if other in names],
            questions=[masked(text) for (text,) in asked],
        )
        content.append({"productId": str(one.id), "points": talking.points(facts)})
    keep(
        connection,
        partner_id=told["partner"],
        kind="TALKING",
        subject=told["session"],
        now=told["now"],
        content=content,
    )


def keep(
    connection: Connection[Any], *, partner_id: UUID, kind: str, subject: UUID, now: datetime, content: Any
) -> None:
    """Replace what was learnt of a subject."""
    told = {"partner": partner_id, "kind": kind, "subject": subject, "now": now}
    connection.execute(KEEP, {**told, "content": orjson.dumps(content, default=str).decode()})
