"""The door: batches of raw events in, one transaction, an outcome for each batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import structlog
from psycopg import Connection, OperationalError

from commerce.connection import worker_connection
from commerce.ingest import forgotten, log
from commerce.ingest.contents import readable
from commerce.ingest.decode import Parsed, Refused, parse
from commerce.ingest.entities import Known, refund_name, settle_entities
from commerce.ingest.identity import identify_item
from commerce.ingest.marks import mark
from commerce.ingest.moments import microseconds_of
from commerce.ingest.resolve import (
    CUSTOMERS,
    DIRECTORIES,
    ORDERS,
    PRODUCTS,
    REFUNDS,
    SESSIONS,
    SPENDS,
    VIEWERS,
    VIOLATIONS,
    Directory,
    Ids,
    Name,
    resolve,
)
from commerce.ingest.vocabulary import Kind
from commerce.models import new_id

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
    connection = worker_connection()
    learnt: dict[Directory, Ids] = {}
    with connection.transaction():
        gone = forgotten.recall(connection, partner_id=partner_id, now=now)
        for batch in batches:
            gone.refuse_expired(batch.verdicts)
        slots, repeated = _first_of_each(batches)
        told = [p for b, i in slots if isinstance(p := batches[b].verdicts[i], Parsed)]
        gone.look_for(connection, told)
        if slots:
            parsed = gone.veiled(told)
            known, learnt = _resolve(connection, parsed, partner_id=partner_id)
            held = _log(connection, parsed, known, partner_id=partner_id, now=now)
            content = {slots[place]: digest for place, digest in held.items()}
            fresh = [p for place, p in enumerate(parsed) if place not in held] if held else parsed
            orders = settle_entities(connection, fresh, known, partner_id=partner_id, now=now)
            mark(connection, fresh, known, orders, partner_id=partner_id, now=now)
        else:
            content = {}
        stated = _judge(batches, repeated, content)
        outcomes = _count(batches, stated)
        _keep_refused(connection, batches, gone, partner_id=partner_id, now=now)
    for directory, ids in learnt.items():
        directory.remember(ids, partner_id=partner_id)
    return outcomes


Slot = tuple[int, int]
"""(batch, index in it)"""


def _first_of_each(batches: Sequence[Batch]) -> tuple[list[Slot], list[tuple[Slot, Slot]]]:
    """Where each event identity stands first, and (repeat, first) where it stands again."""
    slots: list[Slot] = []
    identities: set[tuple[bytes, int]] = set()
    for b, batch in enumerate(batches):
        for i, verdict in enumerate(batch.verdicts):
            if isinstance(verdict, Parsed):
                slots.append((b, i))
                identities.add((verdict.id, verdict.at))
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


def _resolve(
    connection: Connection[Any], parsed: Sequence[Parsed], *, partner_id: UUID
) -> tuple[Known, dict[Directory, Ids]]:
    """Ids of everything events name, and those to be remembered once this has been committed."""
    names: dict[Directory, set[Name]] = {directory: set() for directory in DIRECTORIES}
    sessions, viewers, customers = names[SESSIONS], names[VIEWERS], names[CUSTOMERS]
    products, orders, refunds = names[PRODUCTS], names[ORDERS], names[REFUNDS]
    for p in parsed:
        source, kind = p.source, p.kind
        if p.session is not None:
            sessions.add((source, p.session))
        if p.viewer is not None:
            viewers.add((source, p.viewer))
        if p.customer is not None:
            customers.add((source, p.customer))
        for item, _ in p.items:
            products.add((source, item))
        if kind == Kind.product_updated:
            products.add((source, str(p.data.item_id)))
        elif kind == Kind.live_violation:
            names[VIOLATIONS].add((source, str(p.data.violation_id)))
        elif kind == Kind.marketing_spend:
            names[SPENDS].add((source, p.event_id))
        elif Kind.purchase <= kind <= Kind.refund:
            if p.data.transaction_id is not None:
                orders.add((source, str(p.data.transaction_id)))
            if kind == Kind.refund:
                refunds.add((source, refund_name(p)))
    found, learnt = resolve(connection, names, partner_id=partner_id)
    return Known(found), learnt


def _log(
    connection: Connection[Any], parsed: Sequence[Parsed], known: Known, *, partner_id: UUID, now: datetime
) -> dict[int, int]:
    """Write the log; tells which events it had already, by position: the digests of their contents."""
    sessions = {name: log.field(identity) for name, identity in known.sessions.items()}
    viewers = {name: log.field(identity) for name, identity in known.viewers.items()}
    shown = {name: log.field(identity) for name, identity in known.products.items()}
    rows = log.Rows(partner_id=partner_id, received=microseconds_of(now))
    events: dict[int, int] = {}  # The event of each row that stands for one.
    for place, p in enumerate(parsed):
        session = log.NULL if p.session is None else sessions[p.source, p.session]
        viewer = log.NULL if p.viewer is None else viewers[p.source, p.viewer]
        events[len(rows.keys)] = place
        if not p.items or Kind.purchase <= p.kind <= Kind.refund:
            # Lines of orders and refunds are entities; the log keeps the event alone.
            rows.add(p, p.id, 0, p.quantity, session, viewer, log.NULL)
            continue
        for position, (item, quantity) in enumerate(p.items):
            identity = p.id if position == 0 else identify_item(p.id, position)
            rows.add(p, identity, position, quantity, session, viewer, shown[p.source, item])
    return {events[row]: digest for row, digest in log.write(connection, rows).items()}


Stated = dict[Slot, Refused | None]
"""Of events the log had already: None for a resend, the refusal for a conflict."""


def _judge(batches: Sequence[Batch], repeated: list[tuple[Slot, Slot]], held: dict[Slot, int]) -> Stated:
    """Tell resends from conflicts, by `held`: the contents in the log of events it had already."""
    stated: Stated = {}
    for slot, digest in held.items():
        stated[slot] = None if _digest(batches, slot) == digest else _conflict()
    for again, first in repeated:
        # What stands twice is measured against the log; where the log had neither, the first went there.
        digest = held[first] if first in held else _digest(batches, first)
        stated[again] = None if _digest(batches, again) == digest else _conflict()
    return stated


def _digest(batches: Sequence[Batch], slot: Slot) -> int:
    verdict = batches[slot[0]].verdicts[slot[1]]
    assert isinstance(verdict, Parsed)
    return verdict.digest


def _conflict() -> Refused:
    return Refused(
        "id_conflict", "An event with this source, id and time but other content was accepted before.", "/id"
    )


def _count(batches: Sequence[Batch], stated: Stated) -> list[Outcome]:
    """Turn verdicts into counts and errors; conflicts take their place among the refused."""
    outcomes = []
    for b, batch in enumerate(batches):
        outcome = Outcome(received=len(batch.verdicts))
        outcomes.append(outcome)
        if not stated and all(isinstance(verdict, Parsed) for verdict in batch.verdicts):
            outcome.accepted = outcome.received  # Nearly always.
            continue
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
                event_id = event_id or readable(batch.bodies[i], "id")
                outcome.errors.append(
                    Failure(
                        index=i, id=event_id, code=verdict.code, path=verdict.path, message=verdict.message
                    )
                )
    return outcomes


def _keep_refused(
    connection: Connection[Any],
    batches: Sequence[Batch],
    gone: forgotten.Forgotten,
    *,
    partner_id: UUID,
    now: datetime,
) -> None:
    """Store refused events whole, the same body once; of erased persons nothing but that it was refused."""
    kept: dict[UUID, tuple[Any, ...]] = {}
    refused = {
        body: verdict
        for batch in batches
        for body, verdict in zip(batch.bodies, batch.verdicts, strict=True)
        if isinstance(verdict, Refused)
    }
    erased = gone.among(connection, refused)
    for body, verdict in refused.items():
        digest = UUID(bytes=blake2b(body, digest_size=16).digest())
        if body in erased:
            digest = forgotten.veiled_digest(digest, partner_id=partner_id)
            kept[digest] = ("", "", verdict.code, "", forgotten.REFUSED_TEXT, b"")
            continue
        source, event = readable(body, "source") or "", readable(body, "id") or ""
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
