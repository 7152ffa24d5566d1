"""Refused events that name a person, read whether or not they can be understood."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from commerce.ingest.forgotten import digests_in
from commerce.privacy.persons import Person

PART: Final = 500
"""Bodies held in memory at a time."""
BODIES: Final = "SELECT id, digest, body FROM commerce_rejection WHERE partner_id = %s AND body <> ''"


class Refused(NamedTuple):
    """A refused event that names the person."""

    id: UUID
    digest: UUID
    body: bytes


def naming(connection: Connection[Any], person: Person, *, partner_id: UUID) -> list[Refused]:
    """The partner's refused events in which the person is named, anywhere."""
    wanted = person.digests(partner_id=partner_id)
    found = []
    with connection.cursor("refused_bodies") as cursor:
        cursor.itersize = PART
        cursor.execute(BODIES, [partner_id])
        for identity, digest, body in cursor:
            if not wanted.isdisjoint(digests_in(bytes(body), partner_id=partner_id)):
                found.append(Refused(identity, digest, bytes(body)))
    return found
