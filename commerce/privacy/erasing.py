"""Erasing a person: everything the person can be recognised by goes, and every number stays.

Two transactions. The first writes down what the person must not be known by again, once every batch that did
not know it has been committed; from then on the door takes the person for nobody. The second calls the person
something new wherever facts say who did something, and takes away what was told of him or her.
"""

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from psycopg import Connection, sql

from commerce.access import Actor, require
from commerce.ingest.forgotten import digests_in, lock_name, veiled_digest
from commerce.models import Customer, new_id
from commerce.privacy import places, statements
from commerce.privacy.connecting import worker
from commerce.privacy.persons import Name, NoPerson, Person, find_person
from commerce.privacy.refused import naming
from commerce.record import put_on_record

LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What an erasure changed, in rows."""

    customers: int
    viewers: int
    events: int
    rejections: int
    comments: int
    seconds: float


def erase_person(name: Name, *, partner_id: UUID, actor: Actor, reason: str, now: datetime) -> Erased:
    """Erase a person of a partner; on record with who and why, and the record names nobody.

    Needs the scopes `manage` and `read:pii`. Raises `Forbidden` for a partner that is not the actor's, and
    `NoPerson` where nothing at all is known by the name.
    """
    require(actor, "manage")
    require(actor, "read:pii")
    if partner_id not in actor.partner_ids:
        raise NoPerson("Nobody is known by this id.", field="id")
    started = time.monotonic()
    _suppress(name, partner_id=partner_id, now=now)
    with transaction.atomic(using="worker"):
        connection = worker()
        # Nobody fills anything meanwhile: a fill that began before would write the old names again.
        connection.execute(LOCK, [f"fills of {partner_id}"])
        person = find_person(connection, name, partner_id=partner_id)
        counts = _Erasure(connection, person, partner_id=partner_id, now=now).run()
        put_on_record(
            actor=actor,
            partner_id=partner_id,
            action="erase_person",
            subject_kind="person",
            subject_id=None,
            now=now,
            reason=person.without(reason),
            details=counts,
            using="worker",
        )
    return Erased(**counts, seconds=time.monotonic() - started)


def _suppress(name: Name, *, partner_id: UUID, now: datetime) -> None:
    """Have the door forget the person; commits once nobody is on the way in who still knows."""
    with transaction.atomic(using="worker"):
        connection = worker()
        person = find_person(connection, name, partner_id=partner_id)
        if not person.is_known and not naming(connection, person, partner_id=partner_id):
            raise NoPerson("Nothing is known of such a person.", field="person")
        connection.execute(LOCK, [lock_name(partner_id)])
        person = find_person(connection, name, partner_id=partner_id)
        _write_suppressions(connection, person.digests(partner_id=partner_id), partner_id=partner_id, now=now)


def _write_suppressions(
    connection: Connection[Any], digests: Iterable[UUID], *, partner_id: UUID, now: datetime
) -> None:
    # In one order for all, so that two erasures never wait for each other in a circle.
    chosen = sorted(digests)
    values = {"partner": partner_id, "now": now, "digests": chosen, "ids": [new_id() for _ in chosen]}
    connection.execute(statements.SUPPRESS, values)


class _Erasure:
    """One person's, within its transaction."""

    def __init__(
        self, connection: Connection[Any], person: Person, *, partner_id: UUID, now: datetime
    ) -> None:
        self._connection, self._person = connection, person
        self._partner_id, self._now = partner_id, now
        self._values: dict[str, Any] = {
            **statements.values(person, partner_id=partner_id),
            "salt": secrets.token_hex(16),
        }

    def run(self) -> dict[str, int]:
        """Do all of it; answers the rows changed."""
        # More statements than one take no values.
        self._connection.execute(statements.MAPS)
        self._fill_maps()
        events = self._events()
        for statement in statements.ENTITIES:
            self._do(statement)
        comments = self._texts()
        self._rotate()
        rejections = self._rejections()
        return {
            "customers": len(self._person.customers),
            "viewers": len(self._person.viewers),
            "events": events,
            "rejections": rejections,
            "comments": comments,
        }

    def _do(self, statement: str) -> int:
        return self._connection.execute(statement, self._values).rowcount

    # -- names ------------------------------------------------------------------------------------

    def _fill_maps(self) -> None:
        """New names for old ones, in the order of the old ones: what was first by its name stays so."""
        names = self._values["names"]
        new_names = dict(zip(names, sorted(f"erased-{secrets.token_hex(16)}" for _ in names), strict=True))
        self._insert("erased_name", list(new_names.items()))
        for table, known in (
            ("erased_customer", self._person.customers),
            ("erased_viewer", self._person.viewers),
        ):
            ids = sorted(known)
            new_ids = sorted(new_id() for _ in ids)
            self._insert(
                table, [(old, new, new_names[known[old][1]]) for old, new in zip(ids, new_ids, strict=True)]
            )
        self._insert("erased_hash", [(keyed, secrets.token_hex(32)) for keyed in self._person.hashes])

    def _insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        with (
            self._connection.cursor() as cursor,
            cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy,
        ):
            for row in rows:
                copy.write_row(row)

    # -- what is changed ----------------------------------------------------------------------------

    def _events(self) -> int:
        self._do(statements.FIND_EVENTS)
        told = self._connection.execute(statements.HASHES_TOLD, self._values).fetchall()
        # Left by the person's own hand, and kept nowhere but there: not to come back either.
        self._person.hashes.update(one for row in told for one in row if one and len(one) == 64)
        _write_suppressions(
            self._connection,
            self._person.digests(partner_id=self._partner_id),
            partner_id=self._partner_id,
            now=self._now,
        )
        self._connection.execute("ANALYZE erased_event")
        return self._do(statements.SCRUB_EVENTS)

    def _texts(self) -> int:
        comments = self._do(statements.COMMENTS)
        erased = self._person.digests(partner_id=self._partner_id)
        for session, at, text in self._connection.execute(statements.TEXTS, self._values).fetchall():
            if not erased.isdisjoint(digests_in(text.encode(), partner_id=self._partner_id)):
                named = {**self._values, "session": session, "at": at, "text": text}
                self._connection.execute(statements.NAMING_EVENT, named)
                comments += self._connection.execute(statements.NAMING_COMMENT, named).rowcount
        return comments

    def _rotate(self) -> None:
        """Call the person by the new ids wherever a row says who it is of."""
        tables: set[str] = set()
        for table, column, of in places.columns():
            renamed = "erased_customer" if of is Customer else "erased_viewer"
            self._connection.execute(
                sql.SQL(
                    "UPDATE {table} t SET {column} = m.new FROM {names} m "
                    "WHERE t.partner_id = %s AND t.{column} = m.old"
                ).format(
                    table=sql.Identifier(table), column=sql.Identifier(column), names=sql.Identifier(renamed)
                ),
                [self._partner_id],
            )
            if table in places.DERIVED_IDS and table not in tables:
                tables.add(table)
                self._connection.execute(
                    sql.SQL(
                        "UPDATE {table} t SET id = {made} FROM {names} m "
                        "WHERE t.partner_id = %s AND t.{column} = m.new"
                    ).format(
                        table=sql.Identifier(table),
                        made=sql.SQL(places.DERIVED_IDS[table]),
                        names=sql.Identifier(renamed),
                        column=sql.Identifier(column),
                    ),
                    [self._partner_id],
                )

    def _rejections(self) -> int:
        named = naming(self._connection, self._person, partner_id=self._partner_id)
        if named:
            veiled = [veiled_digest(one.digest, partner_id=self._partner_id) for one in named]
            emptied = {**self._values, "ids": [one.id for one in named], "digests": veiled}
            self._connection.execute(statements.EMPTY, emptied)
        return len(named)
