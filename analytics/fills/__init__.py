"""Fills: set-based statements that bring rollups up to their facts. Twice, late or reordered: the same."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from psycopg import Connection, OperationalError

from analytics import push, staleness
from analytics.fills import attribution, audiences, marking, splits
from analytics.fills.campaigns import fill_campaigns
from analytics.fills.cohorts import fill_cohorts
from analytics.fills.customers import fill_lives
from analytics.fills.days import fill_days
from analytics.fills.flags import fill_flags
from analytics.fills.orders import Rules, rules_of, settle_orders
from analytics.fills.sessions import fill_sessions
from analytics.fills.thinning import partners_to_thin, thin_history
from commerce.connection import reason_of, worker_connection
from commerce.models import Stale

log = structlog.get_logger()

Step = Callable[[Connection[Any], dict[str, staleness.Claim], Rules, datetime], None]


def _orders(
    connection: Connection[Any], claims: dict[str, staleness.Claim], rules: Rules, now: datetime
) -> None:
    # One settles a partner's orders at a time: an order may have marks of several transactions.
    oldest = min((min(claim.arrivals) for claim in claims.values()), default=now)
    ids = [UUID(subject) for subject in claims]
    settle_orders(connection, ids, rules=rules, now=now, waiting_since=oldest)


def _sessions(
    connection: Connection[Any], claims: dict[str, staleness.Claim], rules: Rules, now: datetime
) -> None:
    fill_sessions(connection, claims, rules=rules, now=now)


def _days(
    connection: Connection[Any], claims: dict[str, staleness.Claim], rules: Rules, now: datetime
) -> None:
    fill_days(connection, claims, rules=rules)


def _campaigns(
    connection: Connection[Any], claims: dict[str, staleness.Claim], rules: Rules, now: datetime
) -> None:
    found = attribution.fill_attribution(connection, claims, rules=rules, now=now)
    changed = [UUID(subject) for subject in claims]
    known = [claim.since for claim in claims.values() if claim.since is not None and not claim.is_whole]
    since = min(known) if known and len(known) == len(claims) else None
    fill_campaigns(
        connection,
        rules=rules,
        now=now,
        campaigns=None if since is None else changed,
        collaborations=found.collaborations,
        since=since,
    )
    fill_flags(connection, rules=rules, campaign_ids=changed, collaboration_ids=found.collaborations)
    marking.credits_changed(connection, orders=found.orders, partner_id=rules.partner_id, now=now)
    marks = staleness.Marks(partner_id=rules.partner_id, now=now)
    for day in splits.days_of_orders(
        connection, found.orders, partner_id=rules.partner_id, timezone=rules.timezone
    ):
        marks.day(day)
    marks.write(connection)


def _customers(
    connection: Connection[Any], claims: dict[str, staleness.Claim], rules: Rules, now: datetime
) -> None:
    days = fill_lives(connection, [UUID(subject) for subject in claims], rules=rules)
    marks = staleness.Marks(partner_id=rules.partner_id, now=now)
    for day in sorted(days):
        marks.cohort(day)
    marks.write(connection)


def _cohorts(
    connection: Connection[Any], claims: dict[str, staleness.Claim], rules: Rules, now: datetime
) -> None:
    fill_cohorts(connection, [date.fromisoformat(subject) for subject in claims], rules=rules)


# In this order: settled orders are what sessions and days sum, and campaigns read all of them.
STEPS: Final[tuple[tuple[str, int, Step], ...]] = (
    (Stale.Kind.ORDER.value, 2000, _orders),
    (Stale.Kind.SESSION.value, 50, _sessions),
    (Stale.Kind.DAY.value, 500, _days),
    (Stale.Kind.CAMPAIGN.value, 1000, _campaigns),
    (Stale.Kind.CUSTOMER.value, 20_000, _customers),
    (Stale.Kind.COHORT.value, 50, _cohorts),
)
AT_ONCE: Final = (Stale.Kind.ORDER.value, Stale.Kind.SESSION.value, Stale.Kind.DAY.value)
"""What is refreshed within seconds; the others wait for a minute of changes to be filled together."""
OF_CUSTOMERS: Final = (Stale.Kind.CUSTOMER.value, Stale.Kind.COHORT.value)


def refresh_partner(
    *,
    partner_id: UUID,
    now: datetime,
    deadline: Callable[[], bool] = lambda: False,
    kinds: Sequence[str] = staleness.KINDS,
) -> int:
    """Recompute a partner's stale subjects until none is left, or the deadline says so; answers how many."""
    done = 0
    if Stale.Kind.CAMPAIGN in kinds:
        attribution.follow_links(worker_connection(), partner_id=partner_id, now=now)
    connection = worker_connection()
    steps = [step for step in STEPS if step[0] in kinds]
    while not deadline():
        filled = 0
        for kind, limit, step in steps:
            if staleness.has_marks(connection, partner_id=partner_id, kind=kind):
                filled += _run(kind, limit, step, partner_id=partner_id, now=now)
        if filled == 0:
            break
        done += filled
    return done


def attribute_partner(*, partner_id: UUID, now: datetime) -> int:
    """Recompute a partner's stale campaigns; answers how many."""
    return refresh_partner(partner_id=partner_id, now=now, kinds=[Stale.Kind.CAMPAIGN.value])


def partners_with_customers() -> list[UUID]:
    """Partners with stale customers or cohorts."""
    return staleness.waiting_partners(worker_connection(), kinds=OF_CUSTOMERS)


def waiting_partners() -> list[UUID]:
    """Partners with something to recompute at once that is not set aside."""
    connection = worker_connection()
    audiences.call_behind(connection)
    return staleness.waiting_partners(connection, kinds=AT_ONCE)


def partners_to_attribute() -> list[UUID]:
    """Partners with stale campaigns, or with links whose followers may be known by now."""
    connection = worker_connection()
    linked = connection.execute("SELECT DISTINCT partner_id FROM kol_trackinglink").fetchall()
    waiting = staleness.waiting_partners(connection, kinds=[Stale.Kind.CAMPAIGN.value])
    return sorted({*waiting, *(row[0] for row in linked)})


def _is_of_the_moment(error: Exception) -> bool:
    """Whether the database is away or asks for a retry: no fault of the subject that was being computed."""
    if not isinstance(error, OperationalError):
        return False
    state = error.sqlstate
    return state is None or state in ("40001", "40P01") or state.startswith(("08", "57P"))


def _run(
    kind: str, limit: int, step: Step, *, partner_id: UUID, now: datetime, only: str | None = None
) -> int:
    """Claim and recompute some subjects of a kind; a failing one is found out alone and noted."""
    connection = worker_connection()
    subjects: list[str] = []
    try:
        with staleness.claimed(
            connection, partner_id=partner_id, kind=kind, limit=limit, only=only
        ) as claims:
            subjects = list(claims)
            if claims:
                # Read after the claim: who changes the rules marks everything anew, and must not be outrun.
                step(connection, claims, rules_of(connection, partner_id=partner_id), now)
        if kind == Stale.Kind.SESSION and subjects:
            # Committed: listeners read at once.
            push.announce(partner_id=partner_id, session_ids=map(UUID, subjects))
        return len(subjects)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        if _is_of_the_moment(error):
            raise
        log.warning("fill failed", kind=kind, subjects=len(subjects), error=reason_of(error))
        if len(subjects) == 1:
            staleness.note_failure(
                connection, partner_id=partner_id, kind=kind, subject=subjects[0], error=reason_of(error)
            )
            return 0
        return sum(_run(kind, 1, step, partner_id=partner_id, now=now, only=subject) for subject in subjects)


__all__ = [
    "AT_ONCE",
    "OF_CUSTOMERS",
    "attribute_partner",
    "partners_to_attribute",
    "partners_to_thin",
    "partners_with_customers",
    "refresh_partner",
    "thin_history",
    "waiting_partners",
]
