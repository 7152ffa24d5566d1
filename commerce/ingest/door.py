"""The door: batches of raw events in, one transaction, an outcome for each batch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import structlog
from psycopg import Connection, OperationalError

from commerce.connection import worker_connection
from commerce.ingest import log
from commerce.ingest.decode import Parsed, Refused, parse
from commerce.ingest.entities import Known, refund_name, settle_entities
from commerce.ingest.moments import microseconds_of, moment_of
from commerce.ingest.resolve import CUSTOMERS, ORDERS, PRODUCTS, REFUNDS, SESSIONS, VIEWERS, Directory, Name
from commerce.ingest.vocabulary import SIGNS_OF_LIFE, Kind
from commerce.models import Stale, new_id

SHOWN_ERRORS: Final = 100
_INTERNAL: Final = "This event cannot be stored; it is kept and can be driven again."
_log_lines = structlog.get_logger("liveledger.ingest")


@dataclass(kw_only=True)
class Failure:
    """One refused event: its place in the batch, its id if readable, and why."""

    index: int
    id: str | None
    code: str
    path: str
    message: str


@dataclass(kw_only=True)
class Outcome:
    """Counts of one batch; received = accepted + duplicate + rejected, always."""

    received: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    errors: list[Failure] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Count another batch too."""
        self.received += other.received
        self.accepted += other.accepted
        self.duplicate += other.duplicate
        self.rejected += other.rejected
        self.errors += other.errors[: max(0, SHOWN_ERRORS - len(self.errors))]


@dataclass(kw_only=True)
class Batch:
    """Raw events with what was understood of them: a `Parsed` or a `Refused` each."""

    bodies: Sequence[bytes]
    verdicts: list[Parsed | Refused]


def read(bodies: Sequence[bytes], *, partner_id: UUID, now: datetime) -> Batch:
    """Understand a batch; touches no database."""
    limit = microseconds_of(now)
    verdicts: list[Parsed | Refused] = []
    for body in bodies:
        try:
            verdicts.append(parse(body, partner_id=partner_id, now_microseconds=limit))
        except Refused as refused:
            verdicts.append(refused)
        except Exception as error:  # A fault of ours, in one event: its neighbours are not to blame.
            _log_lines.error("event refused as internal", partner=str(partner_id), exc_info=error)
            verdicts.append(Refused("internal", _INTERNAL))
    return Batch(bodies=bodies, verdicts=verdicts)


def accept(bodies: Sequence[bytes], *, partner_id: UUID, now: datetime) -> Outcome:
    """Take one batch in, durably; returns after the commit."""
    return store([read(bodies, partner_id=partner_id, now=now)], partner_id=partner_id, now=now)[0]


def store(batches: Sequence[Batch], *, partner_id: UUID, now: datetime) -> list[Outcome]:
    """Commit batches that waited together; an outcome each, in order.

    An event that fails there for a reason of its own is found by halving and refused as `internal`; its
    neighbours are taken in. Raises psycopg.OperationalError while the database is away.
    """
    understood = [list(batch.verdicts) for batch in batches]
    try:
        return _commit(batches, partner_id=partner_id, now=now)
    except OperationalError:
        raise
    except Exception as error:
        for batch, verdicts in zip(batches, understood, strict=True):
            batch.verdicts[:] = verdicts  # Conflicts were written into them.
        if len(batches) > 1:
            return [store([batch], partner_id=partner_id, now=now)[0] for batch in batches]
        return [_store_apart(batches[0], error, partner_id=partner_id, now=now)]


def _store_apart(batch: Batch, error: Exception, *, partner_id: UUID, now: datetime) -> Outcome:
    """The halves of a batch that failed, each alone; a single event that fails is refused."""
    if len(batch.bodies) == 1:
        _log_lines.error("event refused as internal", partner=str(partner_id), exc_info=error)
        batch.verdicts[0] = Refused("internal", _INTERNAL)
        return _commit([batch], partner_id=partner_id, now=now)[0]
    total, middle = Outcome(), len(batch.bodies) // 2
    for start, end in ((0, middle), (middle, len(batch.bodies))):
        half = Batch(bodies=batch.bodies[start:end], verdicts=batch.verdicts[start:end])
        (outcome,) = store([half], partner_id=partner_id, now=now)
        for failure in outcome.errors:
            failure.index += start
        total.add(outcome)
    return total


def _commit(batches: Sequence[Batch], *, partner_id: UUID, now: datetime) -> list[Outcome]:
    slots, repeated = _first_of_each(batches)
    connection = worker_connection()
    known, pending = Known(), _Pending()
    with connection.transaction():
        if slots:
            parsed = [batches[b].verdicts[i] for b, i in slots]
            new = _log(connection, parsed, known, pending, partner_id=partner_id, now=now)  # type: ignore[arg-type]
            stated = _judge(connection, batches, slots, new, partner_id=partner_id)
            fresh = [p for p, is_new in zip(parsed, new, strict=True) if is_new and isinstance(p, Parsed)]
            orders = settle_entities(connection, fresh, known, partner_id=partner_id)
            _mark(connection, fresh, known, orders, partner_id=partner_id, now=now)
        else:
            stated = {}
        stated = _judge_repeats(batches, repeated, stated)
        outcomes = _count(batches, stated)
        _keep_refused(connection, batches, partner_id=partner_id, now=now)
    pending.remember(partner_id=partner_id)
    return outcomes


Slot = tuple[int, int]
"""(batch, index in it)"""


class _Pending:
    """Ids this transaction resolved, to be remembered once it has been committed."""

    def __init__(self) -> None:
        self.found: list[tuple[Directory, dict[Name, UUID]]] = []

    def resolve(
        self, connection: Connection[Any], directory: Directory, names: Iterable[Name], *, partner_id: UUID
    ) -> dict[Name, UUID]:
        found = directory.resolve(connection, names, partner_id=partner_id)
        self.found.append((directory, found))
        return found

    def remember(self, *, partner_id: UUID) -> None:
        for directory, found in self.found:
            directory.remember(found, partner_id=partner_id)


def _first_of_each(batches: Sequence[Batch]) -> tuple[list[Slot], list[tuple[Slot, Slot]]]:
    """Where each event identity stands first, and (repeat, first) where it stands again."""
    slots = [
        (b, i)
        for b, batch in enumerate(batches)
        for i, verdict in enumerate(batch.verdicts)
        if isinstance(verdict, Parsed)
    ]
    identities = {
        (verdict.id, verdict.at)
        for batch in batches
        for verdict in batch.verdicts
        if isinstance(verdict, Parsed)
    }
    if len(identities) == len(slots):  # Nearly always: nothing stands twice.
        return slots, []
    first: dict[tuple[bytes, int], Slot] = {}
    repeated: list[tuple[Slot, Slot]] = []
    for b, batch in enumerate(batches):
        for i, verdict in enumerate(batch.verdicts):
            if isinstance(verdict, Parsed):
                slot = first.setdefault((verdict.id, verdict.at), (b, i))
                if slot != (b, i):
                    repeated.append(((b, i), slot))
    return list(first.values()), repeated


def _log(
    connection: Connection[Any],
    parsed: Sequence[Parsed],
    known: Known,
    pending: _Pending,
    *,
    partner_id: UUID,
    now: datetime,
) -> list[bool]:
    """Resolve ids and write the log; tells for each event whether it is new."""

    def ids(directory: Directory, names: Iterable[Name]) -> dict[Name, UUID]:
        return pending.resolve(connection, directory, names, partner_id=partner_id)

    known.sessions = ids(SESSIONS, {(p.source, p.session) for p in parsed if p.session is not None})
    known.viewers = ids(VIEWERS, {(p.source, p.viewer) for p in parsed if p.viewer is not None})
    known.customers = ids(CUSTOMERS, {(p.source, p.customer) for p in parsed if p.customer is not None})
    products = {(p.source, item) for p in parsed for item, _ in p.items}
    products |= {(p.source, str(p.data.item_id)) for p in parsed if p.kind == Kind.product_updated}
    known.products = ids(PRODUCTS, products)
    named = [p for p in parsed if Kind.purchase <= p.kind <= Kind.refund]
    known.orders = ids(
        ORDERS, {(p.source, str(p.data.transaction_id)) for p in named if p.data.transaction_id is not None}
    )
    known.refunds = ids(REFUNDS, {(p.source, refund_name(p)) for p in named if p.kind == Kind.refund})

    sessions = {name: log.field(identity) for name, identity in known.sessions.items()}
    viewers = {name: log.field(identity) for name, identity in known.viewers.items()}
    shown = {name: log.field(identity) for name, identity in known.products.items()}
    rows: list[log.Row] = []
    events: list[int] = []  # The position of each event's own row.
    for p in parsed:
        session = log.NULL if p.session is None else sessions[p.source, p.session]
        viewer = log.NULL if p.viewer is None else viewers[p.source, p.viewer]
        events.append(len(rows))
        if not p.items or Kind.purchase <= p.kind <= Kind.refund:
            # Lines of orders and refunds are entities; the log keeps the event alone.
            rows.append(log.Row(p, p.id, 0, p.quantity, session, viewer, log.NULL))
            continue
        for position, (item, quantity) in enumerate(p.items):
            product = shown[p.source, item]
            identity = (
                p.id
                if position == 0
                else p.id[:5] + blake2b(p.id + position.to_bytes(4, "big"), digest_size=11).digest()
            )
            rows.append(log.Row(p, identity, position, quantity, session, viewer, product))
    had = log.write(connection, rows, partner_id=partner_id, received=microseconds_of(now))
    return [position not in had for position in events]


Stated = dict[Slot, Refused | None]
"""Of events the log had already: None for a resend, the refusal for a conflict."""


def _judge(
    connection: Connection[Any],
    batches: Sequence[Batch],
    slots: list[Slot],
    new: list[bool],
    *,
    partner_id: UUID,
) -> Stated:
    """Tell resends from conflicts among the events the log had already."""
    old = [slot for slot, is_new in zip(slots, new, strict=True) if not is_new]
    if not old:
        return {}
    parsed = {
        slot: verdict for slot in old if isinstance(verdict := batches[slot[0]].verdicts[slot[1]], Parsed)
    }
    rows = [log.Row(p, p.id, 0, None, log.NULL, log.NULL, log.NULL) for p in parsed.values()]
    held = log.digests(connection, rows, partner_id=partner_id)
    return {slot: None if held[p.id, p.at] == p.digest else _conflict() for slot, p in parsed.items()}


def _judge_repeats(batches: Sequence[Batch], repeated: list[tuple[Slot, Slot]], stated: Stated) -> Stated:
    """The same for events that stand twice in what is being committed."""
    for again, first in repeated:
        one, other = batches[again[0]].verdicts[again[1]], batches[first[0]].verdicts[first[1]]
        assert isinstance(one, Parsed)
        if isinstance(stated.get(first), Refused):
            # The first of them lost against the log; this one is measured against it in the same way.
            stated[again] = _conflict()
        else:
            stated[again] = None if isinstance(other, Parsed) and one.digest == other.digest else _conflict()
    return stated


def _conflict() -> Refused:
    return Refused(
        "id_conflict", "An event with this source, id and time but other content was accepted before.", "/id"
    )


def _count(batches: Sequence[Batch], stated: Stated) -> list[Outcome]:
    """Turn verdicts into counts and errors; conflicts take their place among the refused."""
    outcomes = []
    for b, batch in enumerate(batches):
        outcome = Outcome(received=len(batch.verdicts))
        for i, verdict in enumerate(batch.verdicts):
            event_id = verdict.event_id if isinstance(verdict, Parsed) else None
            if (b, i) in stated:
                told = stated[b, i]
                if told is None:
                    outcome.duplicate += 1
                    continue
                batch.verdicts[i] = verdict = told
            if isinstance(verdict, Parsed):
                outcome.accepted += 1
                continue
            outcome.rejected += 1
            if len(outcome.errors) < SHOWN_ERRORS:
                event_id = event_id or _readable(batch.bodies[i], "id")
                outcome.errors.append(
                    Failure(
                        index=i, id=event_id, code=verdict.code, path=verdict.path, message=verdict.message
                    )
                )
        outcomes.append(outcome)
    return outcomes


def _readable(body: bytes, name: str) -> str | None:
    """A text attribute of an event that was refused, if it can be read at all."""
    import msgspec

    try:
        told = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    value = told.get(name) if isinstance(told, dict) else None
    return value.replace("\0", "")[:200] if isinstance(value, str) else None


def _keep_refused(
    connection: Connection[Any], batches: Sequence[Batch], *, partner_id: UUID, now: datetime
) -> None:
    """Store refused events whole, the same body once."""
    kept: dict[UUID, tuple[Any, ...]] = {}
    for batch in batches:
        for body, verdict in zip(batch.bodies, batch.verdicts, strict=True):
            if isinstance(verdict, Refused):
                digest = UUID(bytes=blake2b(body, digest_size=16).digest())
                source, event = _readable(body, "source") or "", _readable(body, "id") or ""
                kept[digest] = (source, event, verdict.code, verdict.path, verdict.message[:500], body)
    if not kept:
        return
    columns = [list(column) for column in zip(*kept.values(), strict=True)]
    connection.execute(
        "INSERT INTO commerce_rejection "
        "(partner_id, received_at, times, id, digest, source, event_id, code, path, message, body) "
        "SELECT %s, %s, 1, * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], "
        "%s::text[], %s::text[], %s::text[], %s::bytea[]) ON CONFLICT (partner_id, digest) "
        "DO UPDATE SET times = commerce_rejection.times + 1, redriven_at = NULL, code = EXCLUDED.code, "
        "path = EXCLUDED.path, message = EXCLUDED.message, received_at = EXCLUDED.received_at",
        [partner_id, now, [new_id() for _ in kept], list(kept), *columns],
    )


def _mark(
    connection: Connection[Any],
    fresh: Sequence[Parsed],
    known: Known,
    orders: set[UUID],
    *,
    partner_id: UUID,
    now: datetime,
) -> None:
    """Leave the hints by which fills know what to recompute."""
    # By names until the end: a UUID is hashed in Python, a pair of texts is not.
    since: dict[Name, int] = {}
    viewers: dict[Name, dict[str, int]] = defaultdict(dict)
    whole: set[Name] = set()
    for p in fresh:
        if p.session is None or Kind.purchase <= p.kind <= Kind.refund:
            continue
        name, at = (p.source, p.session), p.at
        if at < since.get(name, at + 1):
            since[name] = at
        if p.kind <= Kind.live_session_ended:
            whole.add(name)
        if p.viewer is not None and p.kind in SIGNS_OF_LIFE:
            seen = viewers[name]
            if at < seen.get(p.viewer, at + 1):
                seen[p.viewer] = at
    marks = [
        (
            Stale.Kind.SESSION.value,
            str(known.sessions[name]),
            name in whole,
            moment_of(at),
            "{" + ",".join([str(known.viewers[name[0], viewer]) for viewer in viewers[name]]) + "}",
            "{" + ",".join([moment_of(moment).isoformat() for moment in viewers[name].values()]) + "}",
        )
        for name, at in since.items()
    ]
    with connection.cursor() as cursor:
        if marks:
            cursor.executemany(
                "INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, "
                "kind, subject, is_whole, since, viewers, viewers_since) "
                "VALUES (%s, %s, 0, '', %s, %s, %s, %s, %s::uuid[], %s::timestamptz[])",
                [(partner_id, now, *mark) for mark in marks],
            )
        if orders:
            cursor.execute(
                "INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, "
                "is_whole) SELECT %s, %s, 0, '', %s, unnest(%s::text[]), false",
                [partner_id, now, Stale.Kind.ORDER.value, sorted(map(str, orders))],
            )
