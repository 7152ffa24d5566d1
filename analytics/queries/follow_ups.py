"""Lists of whom to follow up, who is on them, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from analytics.queries.statements import composed, fetch, raw
from commerce.access import Actor

_LISTS: Final = """
SELECT l.id, l.partner_id, l.session_id, l.currency, l.rung, l.rungs, l.learnt_from, l.viewers, l.made_at
FROM analytics_followuplist l
WHERE l.partner_id = ANY(%(partners)s) AND {which}
ORDER BY l.made_at DESC, l.id DESC LIMIT %(limit)s
"""
# Uses followuplist_made; followuplist_partner_session; its key.
PAGE: Final = "(%(at)s::timestamptz IS NULL OR (l.made_at, l.id) < (%(at)s, %(id)s::uuid))"
BY_SESSION: Final = "l.session_id = %(session)s"
BY_ID: Final = "l.id = %(id)s"

# Uses followup_partner_list_place.
ENTRIES: Final = """
SELECT e.place, e.viewer_id, e.customer_id, c.external_id, c.source, e.score, e.reasons, e.is_holdout
FROM analytics_followup e
JOIN commerce_customer c ON c.partner_id = e.partner_id AND c.id = e.customer_id
    AND COALESCE(c.consent_marketing, false) AND COALESCE(c.consent_profiling, true)
WHERE e.partner_id = ANY(%(partners)s) AND e.list_id = %(list)s AND e.place > %(after)s
    AND (NOT %(without_holdout)s OR NOT e.is_holdout)
ORDER BY e.place LIMIT %(limit)s
"""
# What everybody on a list bought since, by whether he was left alone. Uses followup_partner_list_place,
# life_partner_customer.
EFFECT: Final = """
SELECT e.is_holdout, count(*), count(*) FILTER (WHERE o.orders > 0), COALESCE(sum(o.net), 0),
    COALESCE(var_samp(COALESCE(o.net, 0)), 0)
FROM analytics_followup e
JOIN analytics_followuplist l ON l.partner_id = e.partner_id AND l.id = e.list_id
LEFT JOIN LATERAL (
    SELECT count(*) AS orders, sum(a.net) AS net
    FROM analytics_customerlife t, unnest(t.ordered_at, t.is_paid, t.net) AS a (at, is_paid, net)
    WHERE t.partner_id = e.partner_id AND t.customer_id = e.customer_id AND t.currency = l.currency
        AND a.is_paid AND a.at >= l.made_at AND a.at < l.made_at + interval '90 days'
) o ON true
WHERE e.partner_id = ANY(%(partners)s) AND e.list_id = %(list)s
GROUP BY e.is_holdout
"""


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """A list, as `FollowUpList` has it."""

    id: UUID
    partner_id: UUID
    session_id: UUID
    currency: str
    rung: str
    rungs: list[dict[str, Any]]
    learnt_from: int
    viewers: int
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class EntryRow:
    """Somebody on a list who may still be approached."""

    place: int
    viewer_id: UUID
    customer_id: UUID
    external_id: str
    source: str
    score: Decimal
    reasons: list[str]
    is_holdout: bool


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """Those of a list who were approached, or those left alone, and what they bought in 90 days."""

    people: int
    buyers: int
    sales: Decimal
    variance: float
    """Of one person's sales."""


def _lists(which: str, values: dict[str, Any], *, actor: Actor) -> list[ListRow]:
    rows = fetch(composed(_LISTS, which=raw(which)), values, actor=actor)
    return [
        ListRow(
            id=row[0], partner_id=row[1], session_id=row[2], currency=row[3], rung=row[4],
            rungs=orjson.loads(row[5]), learnt_from=row[6], viewers=row[7], made_at=row[8],
        )
        for row in rows
    ]  # fmt: skip


def follow_up_lists(*, actor: Actor, after: tuple[datetime, UUID] | None, limit: int) -> list[ListRow]:
    """Lists, the latest first."""
    at, identity = after or (None, None)
    return _lists(PAGE, {"at": at, "id": identity, "limit": limit}, actor=actor)


def follow_up_list(
    *, actor: Actor, list_id: UUID | None = None, session_id: UUID | None = None
) -> ListRow | None:
    """One list by its own id, or that of its session."""
    which = BY_ID if session_id is None else BY_SESSION
    found = _lists(which, {"id": list_id, "session": session_id, "limit": 1}, actor=actor)
    return found[0] if found else None


def follow_ups(
    list_id: UUID, *, actor: Actor, after: int, limit: int, without_holdout: bool = False
) -> list[EntryRow]:
    """Who is on a list beyond a place, the highest score first; not who has withdrawn his consent since."""
    values = {"list": list_id, "after": after, "limit": limit, "without_holdout": without_holdout}
    return [
        EntryRow(
            place=row[0], viewer_id=row[1], customer_id=row[2], external_id=row[3], source=row[4],
            score=row[5], reasons=row[6], is_holdout=row[7],
        )
        for row in fetch(ENTRIES, values, actor=actor)
    ]  # fmt: skip


def follow_up_groups(list_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, dict[bool, GroupRow]]:
    """By list: what those left alone bought (true), and what the others did (false)."""
    return {
        list_id: {
            row[0]: GroupRow(people=row[1], buyers=row[2], sales=row[3], variance=float(row[4]))
            for row in fetch(EFFECT, {"list": list_id}, actor=actor)
        }
        for list_id in list_ids
    }
