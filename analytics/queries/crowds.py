"""Distinct people over several sessions: counted anew, never added up."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from analytics.metrics import METRICS, Additivity, Fact, Metric, Scope
from analytics.queries.statements import composed, fetch, listed
from commerce.access import Actor

# What there is of a viewing and of an order here: people are counted where this is enough to tell them.
TOLD: Final = {
    "v": frozenset(
        {
            "viewer_id", "likes", "comments", "shares", "follows", "product_clicks", "cta_clicks",
            "cart_adds", "checkouts", "has_bought", "has_bought_during", "is_completed", "is_eligible",
        }
    ),
    "o": frozenset({"is_order", "customer_id", "paid_at"}),
}  # fmt: skip

# As sessions themselves are filled, with people in place of viewings.
# Uses sessionrollup_partner_session, viewing_partner_session_viewer, orderfact_partner_session,
# lead_partner_session_key.
STATEMENT: Final = """
WITH session AS (
    SELECT t.place, r.partner_id, r.session_id, r.window_started_at AS starts_at,
        r.window_ended_at AS ends_at,
        s.heartbeats, r.session_seconds * interval '1 second' AS length, CASE WHEN s.is_merged THEN (
            SELECT range_agg(tstzrange(b.window_started_at, b.window_ended_at)) FROM commerce_livesession q
            JOIN analytics_sessionrollup b ON b.partner_id = q.partner_id AND b.session_id = q.id
            WHERE q.partner_id = s.partner_id AND q.merged_into_id = s.id AND b.window_started_at IS NOT NULL
        ) END AS spans, p.tail_seconds * interval '1 second' AS tail,
        p.silence_seconds * interval '1 second' AS silence, p.grace_seconds * interval '1 second' AS grace
    FROM unnest(%(sessions)s::uuid[], %(places)s::int[]) AS t (session_id, place)
    JOIN analytics_sessionrollup r ON r.partner_id = ANY(%(partners)s) AND r.session_id = t.session_id
    JOIN commerce_livesession s ON s.partner_id = r.partner_id AND s.id = r.session_id
    JOIN commerce_partner p ON p.id = r.partner_id
), bought AS (
    SELECT s.place, s.session_id, w.viewer_id, min(o.placed_at) AS first_placed_at
    FROM session s
    JOIN analytics_orderfact o ON o.partner_id = s.partner_id AND o.session_id = s.session_id
    JOIN analytics_viewing w ON w.partner_id = o.partner_id AND w.session_id = o.session_id
        AND w.viewer_id = o.viewer_id
    WHERE o.paid_at IS NOT NULL AND o.placed_at >= w.first_joined_at AND o.placed_at < s.ends_at + s.tail
    GROUP BY 1, 2, 3
), watched AS (
    SELECT s.place, w.*, s.length, w.watched + COALESCE(CASE
            WHEN w.open_since IS NULL THEN NULL
            WHEN s.heartbeats AND s.ends_at - w.last_sign_at > s.silence
                THEN w.last_sign_at + s.grace - w.open_since
            ELSE s.ends_at - w.open_since END, interval '0') AS all_watched,
        -- Gaps between broadcasts are none of a session.
        CASE WHEN s.spans IS NULL THEN w.first_joined_at - s.starts_at ELSE (
            SELECT COALESCE(sum(upper(one) - lower(one)), interval '0')
            FROM unnest(s.spans * tstzmultirange(tstzrange(NULL, w.first_joined_at))) AS one
        ) END * 2 <= s.length AS is_eligible,
        b.viewer_id IS NOT NULL AS has_bought,
        COALESCE(b.first_placed_at < s.ends_at, false) AS has_bought_during
    FROM session s
    JOIN analytics_viewing w ON w.partner_id = s.partner_id AND w.session_id = s.session_id
    LEFT JOIN bought b ON b.place = s.place AND b.session_id = w.session_id AND b.viewer_id = w.viewer_id
), people AS (
    SELECT v.place, {people}
    FROM (SELECT *, all_watched * 2 >= length AND length > interval '0' AS is_completed FROM watched) v
    GROUP BY 1
), customers AS (
    SELECT o.place, {customers}
    FROM (
        SELECT s.place, 1 AS is_order, f.customer_id, f.paid_at FROM session s
        JOIN analytics_orderfact f ON f.partner_id = s.partner_id AND f.session_id = s.session_id
        WHERE f.currency = %(currency)s
    ) o GROUP BY 1
), leads AS (
    SELECT s.place, count(DISTINCT l.key) AS leads
    FROM session s JOIN commerce_lead l ON l.partner_id = s.partner_id AND l.session_id = s.session_id
    GROUP BY 1
)
SELECT t.place, COALESCE(l.leads, 0), {columns}
FROM (SELECT DISTINCT place FROM session) t
LEFT JOIN people p USING (place) LEFT JOIN customers c USING (place) LEFT JOIN leads l USING (place)
"""


def _distinct(fact: Fact, row: str) -> list[Metric]:
    return [
        metric
        for metric in METRICS
        if metric.scope is Scope.SESSION
        and metric.fact is fact
        and metric.additivity is Additivity.DISTINCT
        and all(
            set(re.findall(rf"\b{row}\.(\w+)", text)) <= TOLD[row]
            for text in (metric.expression, *dict(metric.by_basis).values())
        )
    ]


PEOPLE: Final = _distinct(Fact.PEOPLE, "v")
CUSTOMERS: Final = _distinct(Fact.ORDERS, "o")
LEADS: Final = [m for m in METRICS if m.scope is Scope.SESSION and m.fact is Fact.LEADS]


@cache
def _statement(basis: str) -> str:
    return composed(
        STATEMENT,
        people=listed(
            f"{metric.expression.replace('count(*)', 'count(DISTINCT v.viewer_id)')} AS {metric.key}"
            for metric in PEOPLE
        ),
        customers=listed(f"{metric.aggregate(basis)} AS {metric.key}" for metric in CUSTOMERS),
        columns=listed(
            [
                *(f"COALESCE(p.{metric.key}, 0)" for metric in PEOPLE),
                *(f"COALESCE(c.{metric.key}, 0)" for metric in CUSTOMERS),
            ]
        ),
    )


def crowds(
    groups: Sequence[Sequence[UUID]], *, actor: Actor, basis: str, currency: str
) -> list[Mapping[str, Any]]:
    """Distinct people by key, of each group of sessions; a key that is missing cannot be told."""
    pairs = [(identity, place) for place, ids in enumerate(groups) for identity in ids]
    values = {
        "sessions": [identity for identity, _ in pairs],
        "places": [place for _, place in pairs],
        "currency": currency,
    }
    keys = [metric.key for metric in (*LEADS, *PEOPLE, *CUSTOMERS)]
    found: list[Mapping[str, Any]] = [dict.fromkeys(keys, 0) for _ in groups]
    for place, *counts in fetch(_statement(basis), values, actor=actor):
        found[place] = dict(zip(keys, counts, strict=True))
    return found
