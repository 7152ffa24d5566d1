"""Filling sessions: viewings, minutes, products, totals and sales, whole or by what is new."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from analytics import staleness
from analytics.fills import broadcasts, marking, statements
from analytics.fills.audiences import (
    fill_audiences,
    fill_paths,
    fill_source_minutes,
    fill_source_sales,
)
from analytics.fills.history import keep_history
from analytics.fills.markers import fill_markers
from analytics.fills.orders import Rules
from analytics.fills.showings import fill_showings
from analytics.fills.subjects import BEGINNING, SIGNS, SessionFill, arrays, lasting, merged, windows
from analytics.metrics import Scope

# Orders that may have been made because of a session, whatever they belong to now.
CANDIDATES = """
SELECT f.order_id FROM analytics_orderfact f
WHERE f.partner_id = %(partner)s AND f.session_id = ANY(%(whole)s)
UNION
SELECT f.order_id FROM analytics_orderfact f
WHERE f.partner_id = %(partner)s AND f.broadcast_id = ANY(%(whole)s)
UNION
SELECT o.id FROM commerce_order o
WHERE o.partner_id = %(partner)s AND o.session_id = ANY(%(whole)s) AND o.placed_at IS NOT NULL
UNION
SELECT o.id FROM commerce_livesession s
JOIN commerce_order o ON o.partner_id = s.partner_id AND o.source = s.source AND o.content_id = s.external_id
WHERE s.partner_id = %(partner)s AND s.id = ANY(%(whole)s) AND o.content_id <> '' AND o.placed_at IS NOT NULL
UNION
-- An unlinked refund is in its session's currency where it names none.
SELECT r.id FROM commerce_refund r
WHERE r.partner_id = %(partner)s AND r.session_id = ANY(%(whole)s) AND r.order_id IS NULL
UNION
-- Links and codes of a session, or of a broadcast of it, count from when it begins.
SELECT o.id FROM commerce_livesession s
JOIN kol_promocode d ON d.partner_id = s.partner_id AND d.session_id = s.id
JOIN commerce_order o ON o.partner_id = s.partner_id AND upper(btrim(o.coupon)) = d.code
WHERE s.partner_id = %(partner)s AND (s.id = ANY(%(whole)s) OR s.merged_into_id = ANY(%(whole)s))
    AND o.coupon <> '' AND o.placed_at IS NOT NULL
UNION
SELECT o.id FROM commerce_livesession s
JOIN kol_trackinglink l ON l.partner_id = s.partner_id AND l.session_id = s.id
JOIN kol_linkclick k
    ON k.partner_id = l.partner_id AND k.link_id = l.id AND k.visitor <> '' AND k."by" = 'PERSON'
JOIN commerce_order o ON o.partner_id = k.partner_id
    AND o.placed_at >= k.clicked_at AND o.placed_at < k.clicked_at + interval '24 hours'
JOIN commerce_viewer v ON v.partner_id = k.partner_id AND v.external_id = k.visitor
    AND (v.id = o.viewer_id OR v.customer_id = o.customer_id)
WHERE s.partner_id = %(partner)s AND (s.id = ANY(%(whole)s) OR s.merged_into_id = ANY(%(whole)s))
UNION
SELECT o.id FROM unnest(%(viewers)s::uuid[]) AS m (viewer_id)
JOIN commerce_order o ON o.partner_id = %(partner)s AND o.viewer_id = m.viewer_id
WHERE o.placed_at IS NOT NULL
UNION
SELECT o.id FROM unnest(%(viewers)s::uuid[]) AS m (viewer_id)
JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.id = m.viewer_id AND v.customer_id IS NOT NULL
JOIN commerce_order o ON o.partner_id = %(partner)s AND o.customer_id = v.customer_id
WHERE o.placed_at IS NOT NULL
"""

# The end of a window moved: orders of its viewers that are now inside its tail, or no longer.
MOVED_TAILS = """
SELECT o.id FROM unnest(%(moved)s::uuid[], %(tails_from)s::timestamptz[], %(tails_to)s::timestamptz[])
    AS m (session_id, tail_from, tail_to)
JOIN commerce_order o ON o.partner_id = %(partner)s AND o.placed_at >= m.tail_from AND o.placed_at < m.tail_to
WHERE EXISTS (
    SELECT 1 FROM analytics_viewing w
    LEFT JOIN commerce_viewer v ON v.partner_id = w.partner_id AND v.id = w.viewer_id
    WHERE w.partner_id = %(partner)s AND w.session_id = m.session_id
        AND (w.viewer_id = o.viewer_id OR v.customer_id = o.customer_id)
)
"""


class _Picked(NamedTuple):
    """Viewers to recompute; all their signs are at or after `reads_from`, None if that is not known."""

    viewers: list[UUID]
    reads_from: datetime | None


def fill_sessions(
    connection: Connection[Any], claims: dict[str, staleness.Claim], *, rules: Rules, now: datetime
) -> None:
    """Recompute sessions in the open transaction, and mark the orders that may move because of it."""
    claims = lasting(connection, claims, rules=rules)
    if not claims:
        return
    values: dict[str, Any] = {
        "partner": rules.partner_id,
        "signs": SIGNS,
        "silence": rules.silence,
        "grace": rules.grace,
        "tail": rules.tail,
        "now": now,
    }
    values |= broadcasts.known(connection, values)
    fills = windows(connection, claims, rules=rules)
    if fills:
        movers = _fill_viewings(connection, fills, values)
        _mark_orders(connection, fills, movers, values, rules=rules, now=now)
        _fill_numbers(connection, fills, values)
        keep_history(connection, fills, rules=rules, now=now)
        broadcasts.tell_wholes(connection, fills, claims, rules=rules, now=now)
    if len(fills) < len(claims):
        # After the broadcasts they are made of.
        wholes = merged(connection, claims, rules=rules)
        movers = broadcasts.fill_viewings(connection, wholes, values)
        _mark_orders(connection, wholes, movers, values, rules=rules, now=now)
        _fill_numbers(connection, wholes, values)
        broadcasts.remove_split(connection, wholes, values)
        keep_history(connection, wholes, rules=rules, now=now)
        fills = [*fills, *wholes]
    _mark_campaigns(connection, fills, rules=rules, now=now)


def _mark_campaigns(
    connection: Connection[Any], fills: list[SessionFill], *, rules: Rules, now: datetime
) -> None:
    """Who was met is computed after sessions: say from when on it may be another."""
    marks = staleness.Marks(partner_id=rules.partner_id, now=now)
    marking.sessions_changed(
        connection,
        marks,
        changed=[
            (fill.session_id, fill.claim.since, True)
            if fill.is_whole or fill.minutes_from is None
            else (fill.session_id, min(fill.minutes_from, fill.claim.since or fill.minutes_from), False)
            for fill in fills
            if fill.is_whole or fill.claim.has_new_events
        ],
    )
    marks.write(connection)


def _fill_viewings(
    connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]
) -> set[UUID]:
    """Presence; answers viewers whose first join moved, and sets from when on the minutes are another."""
    movers = _compute(connection, [fill for fill in fills if fill.is_whole], None, values)
    parts = [fill for fill in fills if not fill.is_whole and fill.claim.viewers]
    if parts:
        others = _carry_on(connection, [fill for fill in parts if fill.ends_at is None], values)
        others |= {fill.session_id: _Picked(list(fill.claim.viewers), None) for fill in parts if fill.ends_at}
        for fill in parts:
            fill.minutes_from = _earliest(fill, None, values)
            fill.seen_anew = others[fill.session_id].viewers if fill.session_id in others else []
        movers |= _compute(connection, [fill for fill in parts if fill.session_id in others], others, values)
    return movers


def _carry_on(
    connection: Connection[Any], live: list[SessionFill], values: dict[str, Any]
) -> dict[UUID, _Picked]:
    """Presence of viewers who only went on with what they did; answers those of whom more is to be read."""
    if not live:
        return {}
    picked = [
        (fill.session_id, viewer, since) for fill in live for viewer, since in fill.claim.viewers.items()
    ]
    rows = statements.rows(
        connection,
        statements.carry_on(),
        {
            **values,
            **arrays(live),
            "since": [min(fill.claim.viewers.values()) for fill in live],
            "picked_sessions": [session for session, _, _ in picked],
            "picked_viewers": [viewer for _, viewer, _ in picked],
            "picked_since": [since for _, _, since in picked],
        },
    )
    return {session: _Picked(viewers, reads_from) for session, viewers, reads_from in rows}


def _compute(
    connection: Connection[Any],
    fills: list[SessionFill],
    picked: dict[UUID, _Picked] | None,
    values: dict[str, Any],
) -> set[UUID]:
    """Presence of picked viewers, or of everybody, from all of their signs; answers as `_fill_viewings`."""
    if not fills:
        return set()
    chosen = picked or {}
    pairs = [(session, viewer) for session, (viewers, _) in chosen.items() for viewer in viewers]
    rows = statements.rows(
        connection,
        statements.viewings(is_picked=picked is not None),
        {
            **values,
            **arrays(fills),
            "reach": [chosen[fill.session_id].reads_from if picked else None for fill in fills],
            "beginning": BEGINNING,
            "picked_sessions": [session for session, _ in pairs],
            "picked_viewers": [viewer for _, viewer in pairs],
        },
    )
    changed = {session: (viewers, since) for session, viewers, since in rows}
    if picked is not None:
        for fill in fills:
            viewers, since = changed.get(fill.session_id, (None, None))
            fill.minutes_from = _earliest(fill, since, values)
            is_seen_before = viewers is not None and chosen[fill.session_id].reads_from is None
            fill.has_whole_products = is_seen_before or since == BEGINNING
    return {viewer for viewers, _ in changed.values() for viewer in viewers or ()}


def _earliest(fill: SessionFill, changed_from: datetime | None, values: dict[str, Any]) -> datetime:
    """From when on concurrency may be another: where presence changed, and where the old end cut it."""
    moments: list[datetime] = [min(fill.claim.viewers.values()) - values["silence"]]
    if fill.claim.since is not None:
        moments.append(fill.claim.since)
    if changed_from is not None:
        moments.append(changed_from)
    if fill.old_edge is not None:
        moments.append(fill.old_edge - values["silence"])
    return max(min(moments), BEGINNING)


def _mark_orders(
    connection: Connection[Any],
    fills: list[SessionFill],
    movers: set[UUID],
    values: dict[str, Any],
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Orders are settled after sessions: mark those that may now belong elsewhere."""
    moved = [
        (fill.session_id, min(fill.edge, fill.old_edge), max(fill.edge, fill.old_edge))
        for fill in fills
        if fill.edge is not None and fill.old_edge is not None and fill.edge != fill.old_edge
    ]
    whole = [fill.session_id for fill in fills if fill.is_new]
    found: set[UUID] = set()
    if whole or movers:
        found |= {
            row[0]
            for row in connection.execute(CANDIDATES, {**values, "whole": whole, "viewers": list(movers)})
        }
    if moved:
        tails = {
            "moved": [session for session, _, _ in moved],
            "tails_from": [earlier + rules.tail for _, earlier, _ in moved],
            "tails_to": [later + rules.tail for _, _, later in moved],
        }
        found |= {row[0] for row in connection.execute(MOVED_TAILS, {**values, **tails})}
    marks = staleness.Marks(partner_id=rules.partner_id, now=now)
    for order in sorted(found):
        marks.order(order)
    marks.write(connection)


def _fill_numbers(connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]) -> None:
    everything = {**values, **arrays(fills)}
    everything["earliest"] = min(moment or BEGINNING for moment in everything["from"])
    kinds = {"kinds": statements.MINUTE_KINDS, "people_kinds": statements.MINUTE_PEOPLE_KINDS}
    statements.rows(connection, statements.minutes(), {**everything, **kinds})
    fill_showings(connection, fills, values)
    _fill_products(connection, fills, values)
    statements.rows(connection, statements.sales("session_sales.sql", Scope.SESSION), everything)
    statements.rows(connection, statements.sales("product_sales.sql", Scope.PRODUCT), everything)
    fill_source_minutes(connection, fills, everything)
    fill_paths(connection, fills, values)
    fill_source_sales(connection, fills, values)
    fill_audiences(connection, fills, values)
    statements.rows(connection, statements.sessions(), everything)
    fill_markers(connection, fills, values)


def _fill_products(connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]) -> None:
    shown = {**values, "kinds": statements.PRODUCT_KINDS, "people_kinds": statements.PRODUCT_PEOPLE_KINDS}
    whole = [fill for fill in fills if fill.is_whole or fill.has_whole_products]
    if whole:
        statements.rows(connection, statements.products(is_picked=False), {**shown, **arrays(whole)})
    for fill in fills:
        if fill.is_whole or fill.has_whole_products or not fill.claim.has_new_events:
            continue
        touched = connection.execute(
            "SELECT DISTINCT product_id FROM commerce_event WHERE partner_id = %s AND session_id = ANY(%s) "
            "AND occurred_at >= %s AND product_id IS NOT NULL",
            [values["partner"], [part.session_id for part in fill.parts], fill.claim.since],
        ).fetchall()
        if touched:
            picked = {**shown, **arrays([fill]), "products": [row[0] for row in touched]}
            statements.rows(connection, statements.products(is_picked=True), picked)
