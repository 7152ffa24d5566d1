"""When customers come back, counted from their lives."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from analytics.lifetime.survival import Point, repeat_curve
from analytics.queries.statements import fetch
from commerce.access import Actor

# Who bought again on another day than the first, and when; or until when he was seen without. Days are the
# partner's. Most customers with a second order made it on a later day: only the others' are taken apart.
# OFFSET 0 keeps what is below it from being worked out anew wherever it is named above.
# Uses life_partner_first.
ENDS: Final = """
SELECT e.days, sum(e.returned)::bigint, sum(e.gone)::bigint
FROM (
    SELECT p.id, p.timezone,
        ((%(until)s - interval '1 microsecond') AT TIME ZONE p.timezone)::date AS last_date
    FROM commerce_partner p WHERE p.id = ANY(%(partners)s)
    OFFSET 0
) z
CROSS JOIN LATERAL (
    SELECT COALESCE(b.back_date, z.last_date) - b.first_date AS days, count(b.back_date) AS returned,
        count(*) - count(b.back_date) AS gone
    FROM (
        SELECT s.first_date, CASE
            WHEN cardinality(s.ordered_at) = 1 THEN NULL
            WHEN s.is_paid[2] AND s.second_date > s.first_date
                THEN CASE WHEN s.ordered_at[2] < %(until)s THEN s.second_date END
            ELSE (
                SELECT (min(u.ordered_at) AT TIME ZONE z.timezone)::date
                FROM unnest(s.ordered_at, s.is_paid) AS u (ordered_at, is_paid)
                WHERE u.is_paid AND u.ordered_at < %(until)s
                    AND u.ordered_at >= (s.first_date + 1)::timestamp AT TIME ZONE z.timezone
            ) END AS back_date
        FROM (
            SELECT l.first_date, l.ordered_at, l.is_paid,
                (l.ordered_at[2] AT TIME ZONE z.timezone)::date AS second_date
            FROM analytics_customerlife l
            WHERE l.partner_id = z.id AND l.first_at < %(until)s
                AND l.first_date >= COALESCE(%(from)s, DATE '-infinity')
                AND l.first_date < COALESCE(%(to)s, DATE 'infinity')
            OFFSET 0
        ) s
        OFFSET 0
    ) b
    GROUP BY 1
) e
GROUP BY 1
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
