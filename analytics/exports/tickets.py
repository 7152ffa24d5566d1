"""Tickets: addresses that hand out one file for an hour, to whoever was given them."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.core import signing

LIFETIME: Final = timedelta(hours=1)
_SALT: Final = "liveledger.exports"


class Ticket(NamedTuple):
    """What a ticket is for; `table` is empty where the file holds all of them."""

    partner_ids: tuple[UUID, ...]
    """Whose rows its holder may see."""
    session_id: UUID
    format: str
    table: str


def issue_ticket(ticket: Ticket, *, now: datetime) -> str:
    """The signed text of a ticket; holds for LIFETIME."""
    partners = [str(partner) for partner in ticket.partner_ids]
    told = [partners, str(ticket.session_id), ticket.format, ticket.table]
    return signing.dumps([*told, int((now + LIFETIME).timestamp())], salt=_SALT, compress=True)


def read_ticket(text: str, *, now: datetime) -> Ticket | None:
    """The ticket behind a text; None for one that is not ours, or over."""
    try:
        partners, session, format_, table, ends = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    if now.timestamp() >= ends:
        return None
    return Ticket(tuple(UUID(partner) for partner in partners), UUID(session), format_, table)
