"""The product moments of sessions with their numbers, of a whole page of sessions by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from analytics.metrics import Fact, Scope, stored
from analytics.queries.sessions import Numbers
from analytics.queries.statements import by_key, composed, fetch, listed
from commerce.access import Actor

STORED: Final = stored(Scope.SHOWING, Fact.SHOWINGS)
BASIS: Final = "PAID"

# Uses sessionshowing_partner_moment, sessionrollup_partner_session.
STATEMENT: Final = composed(
    """
SELECT w.session_id, w.id, w.number, w.position, w.featured_at, w.unfeatured_at, w.ends_at, w.window_ends_at,
    w.unfeatured_at IS NULL
        AND (s.last_ended_at IS NULL OR COALESCE(s.last_ended_at < s.last_started_at, false)),
    d.id, d.source, d.external_id, d.name, d.image_url, w.currency, r.computed_at, {columns}
FROM analytics_sessionshowing w
JOIN commerce_livesession s ON s.partner_id = w.partner_id AND s.id = w.session_id
JOIN commerce_product d ON d.partner_id = w.partner_id AND d.id = w.product_id
LEFT JOIN analytics_sessionrollup r ON r.partner_id = w.partner_id AND r.session_id = w.session_id
WHERE w.partner_id = ANY(%(partners)s) AND w.session_id = ANY(%(sessions)s)
ORDER BY w.session_id, w.number
""",
    columns=listed(f"w.{metric.key}" for metric in STORED),
)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A product moment; `is_open`: nothing has ended it, not even its session."""

    showing_id: UUID
    number: int
    position: int | None
    featured_at: datetime
    unfeatured_at: datetime | None
    ends_at: datetime
    window_ends_at: datetime
    is_open: bool
    product_id: UUID
    source: str
    external_id: str
    name: str
    image_url: str
    numbers: Numbers


def session_showings(session_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, list[Shown]]:
    """Moments by session in their order (an empty list where there is none)."""
    found: dict[UUID, list[Shown]] = {session: [] for session in session_ids}
    for session, *row in fetch(STATEMENT, {"sessions": list(session_ids)}, actor=actor):
        found[session].append(shown(row))
    return found


def shown(row: Sequence[Any]) -> Shown:
    """A moment from the columns of the statement after the session."""
    names = (
        "showing_id", "number", "position", "featured_at", "unfeatured_at", "ends_at", "window_ends_at",
        "is_open", "product_id", "source", "external_id", "name", "image_url",
    )  # fmt: skip
    currency, computed_at, *values = row[len(names) :]
    numbers = Numbers(
        stored=by_key(STORED, values),
        basis=BASIS,
        currency=currency,
        other_currencies=[],
        computed_at=computed_at,
        is_fresh=True,
    )
    return Shown(**dict(zip(names, row, strict=False)), numbers=numbers)
