"""Under which sources a visitor of a link may be known as a viewer."""

from typing import Any, Final
from uuid import UUID

from psycopg import Connection

# One step of the index each: few sources have many viewers. Uses viewer_partner_external.
NEXT: Final = "SELECT min(source) FROM commerce_viewer WHERE partner_id = %s AND source > %s"


def sources_of(connection: Connection[Any], *, partner_id: UUID) -> list[str]:
    """The sources of the partner's viewers: with each of them a visitor can be looked up."""
    found: list[str] = []
    while True:
        row = connection.execute(NEXT, [partner_id, found[-1] if found else ""]).fetchone()
        if row is None or row[0] is None:
            return found
        found.append(row[0])
