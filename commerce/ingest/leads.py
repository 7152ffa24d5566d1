"""Who left a way to be reached, once a session."""

from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from commerce.ingest.moments import moment_of


class Lead(NamedTuple):
    """Somebody left a way to be reached."""

    session: UUID | None
    key: str
    at: int
    event: bytes
    viewer: UUID | None

    def identity(self, *, partner_id: UUID) -> UUID:
        """An id that sorts as the event's does, whatever came first, and is this lead's alone."""
        rest = f"{partner_id}{self.session}{self.key}{self.at}".encode()
        return UUID(bytes=self.event[:9] + blake2b(self.event + rest).digest()[:7])


def write_leads(connection: Connection[Any], leads: list[Lead], *, partner_id: UUID) -> None:
    """One row a person and session, at the earliest time; the first event by its id among several then."""
    first: dict[tuple[UUID | None, str], Lead] = {}
    for lead in leads:
        other = first.setdefault((lead.session, lead.key), lead)
        if (lead.at, lead.event) < (other.at, other.event):
            first[lead.session, lead.key] = lead
    rows = sorted(first.values(), key=lambda lead: (str(lead.session), lead.key))
    connection.execute(
        "INSERT INTO commerce_lead (partner_id, id, session_id, viewer_id, key, occurred_at) "
        "SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[]) "
        "ON CONFLICT (partner_id, session_id, key) DO UPDATE "
        "SET id = EXCLUDED.id, occurred_at = EXCLUDED.occurred_at, viewer_id = EXCLUDED.viewer_id "
        "WHERE (EXCLUDED.occurred_at, EXCLUDED.id) < (commerce_lead.occurred_at, commerce_lead.id)",
        [
            partner_id,
            [lead.identity(partner_id=partner_id) for lead in rows],
            [lead.session for lead in rows],
            [lead.viewer for lead in rows],
            [lead.key for lead in rows],
            [moment_of(lead.at) for lead in rows],
        ],
    )
