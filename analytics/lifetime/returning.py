"""When customers come back, counted from their lives."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from analytics.lifetime.survival import Point, repeat_curve
from analytics.queries.statements import fetch
from commerce.access import Actor

# Who bought again on another day than the first, and when; or until when he was seen without. Days are the
# partner's. Most customers with a second order made it on a later day: only the others are looked at further.
# Uses life_partner_first.
ENDS: Final = """
SELECT days, count(*) FILTER (WHERE is_back), count(*) FILTER (WHERE NOT is_back)
FROM (
    SELECT back_at IS NOT NULL AND back_at < %(until)s AS is_back,
        CASE WHEN back_at < %(until)s THEN (back_at AT TIME ZONE timezone)::date ELSE last_date END
            - first_date AS days
    FROM (
        SELECT l.first_date, z.timezone, z.last_date,
            CASE WHEN cardinality(l.ordered_at) = 1 THEN NULL
                WHEN l.is_paid[2] AND l.ordered_at[2] >= (l.first_date + 1)::timestamp AT TIME ZONE z.timezone
                    THEN l.ordered_at[2]
                ELSE (SELECT min(u.ordered_at) FROM unnest(l.ordered_at, l.is_paid) AS u (ordered_at, is_paid)
                    WHERE u.is_paid
                        AND u.ordered_at >= (l.first_date + 1)::timestamp AT TIME ZONE z.timezone)
            END AS back_at
        FROM (
            SELECT p.id, p.timezone,
                ((%(until)s - interval '1 microsecond') AT TIME ZONE p.timezone)::date AS last_date
            FROM commerce_partner p WHERE p.id = ANY(%(partners)s)
        ) z
        JOIN analytics_customerlife l ON l.partner_id = z.id
        WHERE l.partner_id = ANY(%(partners)s) AND l.first_at < %(until)s
            AND l.first_date >= COALESCE(%(from)s, DATE '-infinity')
            AND l.first_date < COALESCE(%(to)s, DATE 'infinity')
    ) told
) ends
GROUP BY days
"""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The share of customers that came back, by days since the first purchase."""

    customers: int
    returned: int
    points: list[Point]


def repeat_purchases(
    *, actor: Actor, observed_until: datetime, starts_on: date | None, ends_on: date | None
) -> Curve:
    """The curve of customers first seen from a day on and before another, as it was known at a moment."""
    values = {"until": observed_until, "from": starts_on, "to": ends_on}
    ends = fetch(ENDS, values, actor=actor)
    return Curve(
        customers=sum(returned + gone for _, returned, gone in ends),
        returned=sum(returned for _, returned, _ in ends),
        points=repeat_curve(ends),
    )
