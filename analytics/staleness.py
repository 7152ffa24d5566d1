"""What makes what stale, and who takes care of it.

| fact that arrives | makes stale |
| --- | --- |
| sign of life, impression, engagement, product act | its session: the viewing, the minutes since, totals |
| session scheduled, started, ended | its session as a whole |
| purchase, payment, cancellation | the order; then its old and new session's sales and their days |
| refund | its order (or itself, unlinked); then session and days |
| order settled | the day of the cart it was |
| page view, add to the cart | its day; then the day a cart of it is not begun on any more |
| identify, or any event with viewer and customer | orders of viewer and customers; then sessions and days |
| first join of a viewer, or window of a session, moved | the orders the buyer may have made because of it |
| presence of a viewer appears, disappears or moves | other sessions where that viewer came back: totals |
| first order of a customer is another | the sessions of the old one and of the new one: totals |
| first paid order of a customer is another, or an influencer is credited with other orders | their days |
| a product costs something else | campaigns: totals |
| order settled, cost of a product or KOL of an order another | customers |
| life of a customer another | the cohort of the day it began |
| order settled, person known by another name, presence or clicks where an influencer appears | campaigns |
| a broadcast was filled for what is new of it | the session it was merged into, with the same hint |
| sessions merged, or split again | all of them as wholes; then their orders |

Ingest marks the first level in its own transaction; settling orders and filling sessions mark the next.
A worker claims all marks of a subject, recomputes from facts, and deletes the marks it has seen, in one
transaction of one partner. Marks that fail five times are set aside and shown; the others go on.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection

from commerce.models import Stale

MAX_ATTEMPTS: Final = 5
KINDS: Final = tuple(Stale.Kind.values)
NO_MINUTE: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than any event: a mark since then asks for totals, and for no minute."""

HELD: Final = {
    Stale.Kind.DAY.value: "days",
    Stale.Kind.CAMPAIGN.value: "campaigns",
    Stale.Kind.CUSTOMER.value: "lives",
    Stale.Kind.COHORT.value: "lives",
}
"""What who computes a kind keeps others of it from, other than sales."""
WAITS_FOR: Final = {
    Stale.Kind.CUSTOMER.value: (Stale.Kind.ORDER.value,),
    Stale.Kind.COHORT.value: (Stale.Kind.ORDER.value, Stale.Kind.CUSTOMER.value),
}
"""Kinds of which whatever was marked earlier comes first, so that a load of orders fills a subject once."""

INSERT = (
    "INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, "
    "is_whole, since) "
    "SELECT %s, %s, 0, '', * FROM unnest(%s::text[], %s::text[], %s::bool[], %s::timestamptz[])"
)
INSERT_HINTS = (
    "INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole, "
    "since, viewers, viewers_since) "
    "SELECT %s, %s, 0, '', 'SESSION', * FROM jsonb_to_recordset(%s::jsonb) AS u "
    "(subject text, is_whole bool, since timestamptz, viewers uuid[], viewers_since timestamptz[])"
)


class Marks:
    """Marks a fill leaves for other subjects, written together."""

    def __init__(self, *, partner_id: UUID, now: datetime) -> None:
        self.partner_id, self.now = partner_id, now
        self._rows: list[tuple[str, str, bool, datetime | None]] = []
        self._hints: list[dict[str, Any]] = []

    def sales_of(self, session: UUID, *, since: datetime) -> None:
        """Orders of the session changed, none placed before `since`."""
        self._rows.append((Stale.Kind.SESSION.value, str(session), False, since))

    def totals_of(self, session: UUID) -> None:
        """What the session sums up changed, and none of its minutes."""
        self._rows.append((Stale.Kind.SESSION.value, str(session), False, NO_MINUTE))

    def whole(self, session: UUID) -> None:
        """Everything of the session is to be computed again."""
        self._rows.append((Stale.Kind.SESSION.value, str(session), True, None))

    def hint(self, claim: "Claim") -> None:
        """A session's presence or events changed, as the claim says."""
        self._hints.append(
            {
                "subject": claim.subject,
                "is_whole": claim.is_whole,
                "since": claim.since,
                "viewers": list(claim.viewers),
                "viewers_since": list(claim.viewers.values()),
            }
        )

    def order(self, order: UUID) -> None:
        """The order may belong to another session, or to another viewing of it."""
        self._rows.append((Stale.Kind.ORDER.value, str(order), False, None))

    def day(self, day: date) -> None:
        """The shop's day."""
        self._rows.append((Stale.Kind.DAY.value, day.isoformat(), False, None))

    def customer(self, customer: UUID) -> None:
        """Orders of the customer changed, or how one of them came about."""
        self._rows.append((Stale.Kind.CUSTOMER.value, str(customer), False, None))

    def cohort(self, day: date) -> None:
        """Lives that began on the day are others now."""
        self._rows.append((Stale.Kind.COHORT.value, day.isoformat(), False, None))

    def campaign(self, campaign: UUID, *, since: datetime | None) -> None:
        """What was met or bought is another, from a moment on; None: all of it."""
        self._rows.append((Stale.Kind.CAMPAIGN.value, str(campaign), since is None, since))

    def write(self, connection: Connection[Any]) -> None:
        """Put them beside the facts of this transaction."""
        if self._rows:
            columns = [list(column) for column in zip(*self._rows, strict=True)]
            connection.execute(INSERT, [self.partner_id, self.now, *columns])
        if self._hints:
            hints = orjson.dumps(self._hints).decode()
            connection.execute(INSERT_HINTS, [self.partner_id, self.now, hints])


@dataclass(kw_only=True)
class Claim:
    """What is known to be new of one subject, and the marks that said so."""

    subject: str
    marks: list[int] = field(default_factory=list)
    is_whole: bool = False
    since: datetime | None = None
    has_new_events: bool = False
    has_other_totals: bool = False
    """Others say that it sums up otherwise: who of its viewers came before, whose first order it has."""
    has_new_sales: bool = False
    arrivals: set[datetime] = field(default_factory=set)
    """When its marks were left: for those of new events, when the events came."""
    viewers: dict[UUID, datetime] = field(default_factory=dict)

    def add(self, other: "Claim") -> None:
        """Take in what another claim of the same subject says."""
        self.is_whole = self.is_whole or other.is_whole
        self.has_new_events = self.has_new_events or other.has_new_events
        self.has_other_totals = self.has_other_totals or other.has_other_totals
        self.arrivals |= other.arrivals
        if other.since is not None:
            self.since = other.since if self.since is None else min(self.since, other.since)
        for viewer, moment in other.viewers.items():
            self.viewers[viewer] = min(self.viewers.get(viewer, moment), moment)


def has_marks(connection: Connection[Any], *, partner_id: UUID, kind: str) -> bool:
    """Whether there is any mark of a kind, be it set aside or held by somebody else."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM commerce_stale WHERE partner_id = %s AND kind = %s)", [partner_id, kind]
    ).fetchone()
    return row is not None and bool(row[0])


@contextmanager
def claimed(
    connection: Connection[Any], *, partner_id: UUID, kind: str, limit: int, only: str | None = None
) -> Iterator[dict[str, Claim]]:
    """A transaction that holds up to `limit` stale subjects of a kind; on success their marks are gone."""
    with connection.transaction():
        claims = (
            {}
            if is_paused(connection, partner_id)
            else _take(connection, partner_id=partner_id, kind=kind, limit=limit, only=only)
        )
        yield claims
        seen = [mark for claim in claims.values() for mark in claim.marks]
        if seen:
            connection.execute("DELETE FROM commerce_stale WHERE id = ANY(%s)", [seen])


@contextmanager
def alone(connection: Connection[Any], *, partner_id: UUID, kind: str) -> Iterator[bool]:
    """A transaction; answers whether it is the only one that computes a kind of the partner's subjects."""
    with connection.transaction():
        yield not is_paused(connection, partner_id) and _is_only_one(
            connection, partner_id=partner_id, kind=kind
        )


def is_paused(connection: Connection[Any], partner_id: UUID) -> bool:
    """Whether somebody holds the partner's fills; while this transaction lasts, nobody can."""
    row = connection.execute(
        "SELECT pg_try_advisory_xact_lock_shared(hashtextextended(%s, 0))", [f"fills of {partner_id}"]
    ).fetchone()
    return row is None or not row[0]


@contextmanager
def paused(connection: Connection[Any], *, partner_id: UUID) -> Iterator[None]:
    """Keep other workers from filling anything of a partner; waits for those that have begun."""
    name = [f"fills of {partner_id}"]
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", name)
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)


def _take(
    connection: Connection[Any], *, partner_id: UUID, kind: str, limit: int, only: str | None
) -> dict[str, Claim]:
    subjects = connection.execute(
        "SELECT subject FROM commerce_stale WHERE partner_id = %s AND kind = %s "
        "AND (%s::text IS NULL OR subject = %s) "
        "GROUP BY subject HAVING max(attempts) < %s AND COALESCE(min(id) < ("
        "SELECT min(first) FROM (SELECT min(id) AS first FROM commerce_stale "
        "WHERE partner_id = %s AND kind = ANY(%s) GROUP BY kind, subject HAVING max(attempts) < %s) w"
        "), true) ORDER BY min(id) LIMIT %s",
        [
            *(partner_id, kind, only, only, MAX_ATTEMPTS),
            *(partner_id, list(WAITS_FOR.get(kind, ())), MAX_ATTEMPTS, limit),
        ],
    ).fetchall()
    held = _lock(connection, partner_id=partner_id, kind=kind, subjects=[subject for (subject,) in subjects])
    claims: dict[str, Claim] = {}
    if held:
        rows = connection.execute(
            "SELECT id, subject, is_whole, since, viewers, viewers_since, marked_at FROM commerce_stale "
            "WHERE partner_id = %s AND kind = %s AND subject = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED",
            [partner_id, kind, held],
        ).fetchall()
        for mark, subject, is_whole, since, viewers, viewers_since, marked_at in rows:
            claim = claims.setdefault(subject, Claim(subject=subject))
            claim.arrivals.add(marked_at)
            _add(claim, mark, is_whole, since, viewers, viewers_since)
    return claims


def _lock(connection: Connection[Any], *, partner_id: UUID, kind: str, subjects: list[str]) -> list[str]:
    """The subjects this transaction may compute: marks that come later must not be computed beside these.

    Orders are settled while no session of the partner is being filled, and the other way round: each reads
    what the other writes. Sessions are filled side by side. Campaigns only read what these write, and take
    long: what changes meanwhile leaves marks that this transaction has not seen.
    """
    if not _is_only_one(connection, partner_id=partner_id, kind=kind):
        return []
    if kind != Stale.Kind.SESSION:
        return subjects
    return [
        subject
        for subject, is_held in connection.execute(
            "SELECT s, pg_try_advisory_xact_lock(hashtextextended(%s || s, 0)) FROM unnest(%s::text[]) AS s",
            [f"session of {partner_id}", subjects],
        )
        if is_held
    ]


def _is_only_one(connection: Connection[Any], *, partner_id: UUID, kind: str) -> bool:
    """Whether this transaction holds what those must not hold that would disturb it; until it ends."""
    wanted = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
    if kind == Stale.Kind.SESSION:
        wanted = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended(%s, 0))"
    held = HELD.get(kind, "sales")
    row = connection.execute(wanted, [f"{held} of {partner_id}"]).fetchone()
    if kind == Stale.Kind.DAY and row is not None and row[0]:
        # Orders complete carts: while they are settled no cart is being written, and the other way round.
        return _is_only_one(connection, partner_id=partner_id, kind=Stale.Kind.SESSION.value)
    return row is not None and bool(row[0])


def _add(
    claim: Claim,
    mark: int,
    is_whole: bool,
    since: datetime | None,
    viewers: Sequence[UUID] | None,
    viewers_since: Sequence[datetime] | None,
) -> None:
    claim.marks.append(mark)
    claim.is_whole = claim.is_whole or is_whole
    if since == NO_MINUTE:
        claim.has_other_totals = True
    if since is not None:
        claim.since = since if claim.since is None else min(claim.since, since)
    if viewers is not None:
        claim.has_new_events = True
        for viewer, moment in zip(viewers, viewers_since or (), strict=True):
            claim.viewers[viewer] = min(claim.viewers.get(viewer, moment), moment)
    else:
        claim.has_new_sales = True


def note_failure(
    connection: Connection[Any], *, partner_id: UUID, kind: str, subject: str, error: str
) -> None:
    """Count a failed attempt on the marks of a subject, with its reason."""
    connection.execute(
        "UPDATE commerce_stale SET attempts = attempts + 1, last_error = %s "
        "WHERE partner_id = %s AND kind = %s AND subject = %s",
        [error[:2000], partner_id, kind, subject],
    )


def waiting_partners(connection: Connection[Any], *, kinds: Sequence[str] = KINDS) -> list[UUID]:
    """Partners with marks of these kinds that are not set aside."""
    rows = connection.execute(
        "SELECT DISTINCT partner_id FROM commerce_stale WHERE attempts < %s AND kind = ANY(%s)",
        [MAX_ATTEMPTS, list(kinds)],
    ).fetchall()
    return [partner for (partner,) in rows]


def try_again(connection: Connection[Any], *, subjects: Iterable[tuple[UUID, str, str]]) -> None:
    """Forget the failures of subjects, each (partner, kind, subject): workers claim them again."""
    chosen = list(subjects)
    connection.execute(
        "UPDATE commerce_stale s SET attempts = 0, last_error = '' "
        "FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS again (partner_id, kind, subject) "
        "WHERE s.partner_id = again.partner_id AND s.kind = again.kind AND s.subject = again.subject",
        [[subject[place] for subject in chosen] for place in range(3)],
    )
