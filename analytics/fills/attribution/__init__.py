"""Attribution: who was met before each order, and what of its lines each model credits to whom.

One fill recomputes touches, paths and credits of a partner from the month of the earliest change on: a
month's Markov fit reads the 90 days before its end, so nothing earlier is another. Twice: the same rows.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import Connection

from analytics import staleness
from analytics.fills import statements as running
from analytics.fills.attribution import statements
from analytics.fills.orders import Rules
from analytics.fills.visitors import sources_of
from kol.attribution import Fit, create_paths, fit_markov, weigh
from kol.statements import book, create_due

BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
FIT_DAYS: Final = timedelta(days=90)
SAME_TOUCH: Final = timedelta(minutes=30)

# Temporary tables of a fill; where several fills share a transaction they do not go by themselves.
TABLES: Final = "met, journey, step, removal_effect, weight, share, line"

LONGEST_WINDOW: Final = """
SELECT GREATEST(
    (SELECT max(GREATEST(click_window_seconds, view_window_seconds)) FROM kol_campaign
        WHERE partner_id = %(partner)s),
    (SELECT max(GREATEST(click_window_seconds, view_window_seconds)) FROM kol_terms
        WHERE partner_id = %(partner)s)
)
"""
JOURNEYS: Final = """
INSERT INTO journey (partner_id, journey_id, month, conversions, nulls, placed_at)
SELECT DISTINCT %(partner)s::uuid, order_id, month, is_paid::int, 0, placed_at FROM met
"""
MONTHS: Final = "SELECT DISTINCT month FROM journey WHERE placed_at >= %(from)s ORDER BY month"


@dataclass(kw_only=True)
class Attributed:
    """Orders and collaborations of which a touch, share or credit is another than before."""

    orders: set[UUID] = field(default_factory=set)
    collaborations: set[UUID] = field(default_factory=set)

    def add(self, rows: list[tuple[UUID, UUID | None]]) -> None:
        """Rows of (order, collaboration); nobody's share is of the order alone."""
        self.orders.update(order for order, _ in rows)
        self.collaborations.update(collaboration for _, collaboration in rows if collaboration is not None)


def fill_attribution(
    connection: Connection[Any], claims: dict[str, staleness.Claim], *, rules: Rules, now: datetime
) -> Attributed:
    """Recompute touches, shares and credits in the open transaction, as far back as the claims say."""
    values = _reach(connection, claims, rules=rules)
    found = Attributed()
    met = {**values, **_remembered(values, rules.gone_before)}
    found.collaborations.update(row[0] for row in running.rows(connection, statements.touches(), met))
    connection.execute(f"DROP TABLE IF EXISTS {TABLES}")
    _weigh(connection, values, zone=ZoneInfo(rules.timezone))
    running.rows(connection, statements.shares(), values)
    # Nobody else counts the rows of temporary tables, and the plans hang on them.
    connection.execute("ANALYZE share")
    found.add(running.rows(connection, statements.write_shares(), values))
    running.rows(connection, statements.lines(), values)
    connection.execute("ANALYZE line")
    found.add(running.rows(connection, statements.credits(), values))
    connection.execute(f"DROP TABLE {TABLES}")
    create_due(connection)
    running.rows(connection, statements.due(), values)
    book(connection, partner_id=rules.partner_id, since=values["from"], now=now)
    return found


def follow_links(connection: Connection[Any], *, partner_id: UUID, now: datetime) -> None:
    """Bring touches of tracking links up to who is known by now, and mark the campaigns they are of.

    Who followed a link may be known to a source only later, by an event of no session and no order: nothing
    else marks anything then.
    """
    with staleness.alone(connection, partner_id=partner_id, kind="CAMPAIGN") as is_alone:
        if is_alone:
            marks = staleness.Marks(partner_id=partner_id, now=now)
            values = {"partner": partner_id, "sources": sources_of(connection, partner_id=partner_id)}
            for campaign, since in running.rows(connection, statements.links(), values):
                marks.campaign(campaign, since=since)
            marks.write(connection)


def _reach(
    connection: Connection[Any], claims: dict[str, staleness.Claim], *, rules: Rules
) -> dict[str, Any]:
    """From when on orders and touches are computed, and from when on what they are computed of is read."""
    values: dict[str, Any] = {
        "partner": rules.partner_id,
        "timezone": rules.timezone,
        "tail": rules.tail,
        "from": BEGINNING,
        "raw_from": BEGINNING,
        "reads_from": BEGINNING,
        "touched_from": BEGINNING,
    }
    known = [claim.since for claim in claims.values() if claim.since is not None and not claim.is_whole]
    if len(known) < len(claims):
        return values
    zone = ZoneInfo(rules.timezone)
    month = min(known).astimezone(zone).date().replace(day=1)
    since = _fit(rules.partner_id, month, zone=zone).since
    row = connection.execute(LONGEST_WINDOW, values).fetchone()
    longest = timedelta(seconds=(row and row[0]) or 0)
    start = _midnight(month, zone=zone)
    values |= {"from": start, "raw_from": start - SAME_TOUCH, "reads_from": since}
    return values | {"touched_from": since - longest}


def _remembered(values: dict[str, Any], gone_before: datetime | None) -> dict[str, Any]:
    """From when on touches can be computed: those of events that are gone stay, and decide of none after."""
    if gone_before is None:
        return {}
    return {
        "from": max(values["from"], gone_before + SAME_TOUCH),
        "raw_from": max(values["raw_from"], gone_before),
    }


def _weigh(connection: Connection[Any], values: dict[str, Any], *, zone: ZoneInfo) -> None:
    """Make the temporary tables `met` and `weight`."""
    running.rows(connection, statements.met(), values)
    create_paths(connection)
    connection.execute(JOURNEYS, values)
    running.rows(connection, statements.steps(), values)
    months = [row[0] for row in connection.execute(MONTHS, values).fetchall()]
    fits = [_fit(values["partner"], month, zone=zone) for month in months]
    if fits:
        learnt = {
            "months": months,
            "since": [fit.since for fit in fits],
            "until": [fit.until for fit in fits],
            "first": fits[0].since,
        }
        running.rows(connection, statements.never(), {**values, **learnt})
    weigh(connection, removal_effects=fit_markov(connection, fits=fits))


def _fit(partner_id: UUID, month: date, *, zone: ZoneInfo) -> Fit:
    """What a month's Markov weights learn from: the 90 days of the calendar before its end."""
    end = (month + timedelta(days=31)).replace(day=1)
    return Fit(
        partner_id=partner_id,
        month=month,
        since=_midnight(end - FIT_DAYS, zone=zone),
        until=_midnight(end, zone=zone),
    )


def _midnight(day: date, *, zone: ZoneInfo) -> datetime:
    """When a day of the calendar begins."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
