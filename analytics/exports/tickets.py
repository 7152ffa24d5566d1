"""Tickets: addresses that hand out one file for an hour, to whoever was given them."""

import json
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.core import signing

from analytics.exports.files import FORMATS
from commerce.access import Actor, Sight

LIFETIME: Final = timedelta(hours=1)
_SALT: Final = "liveledger.exports"


class Ticket(NamedTuple):
    """What a ticket is for; `table` is empty where the file holds all of them."""

    partner_ids: tuple[UUID, ...]
    """Whose rows its holder may see."""
    subject_id: UUID
    """The session or the statement."""
    format: str
    table: str
    about: str = "SESSION"
    sights: tuple[Sight, ...] = ()
    """What its holder sees who is of no partner; then of these collaborations."""
    collaboration_ids: tuple[UUID, ...] = ()

    @property
    def actor(self) -> Actor:
        """Who may see what the ticket is for."""
        return Actor(
            name="export", partner_ids=self.partner_ids, scopes=frozenset({"read"}), sights=self.sights,
            collaboration_ids=self.collaboration_ids, is_guest=bool(self.sights),
        )  # fmt: skip

    @property
    def file_name(self) -> str:
        """What the file is called."""
        return f"{(self.table or self.about).lower()}.{FORMATS[self.format].extension}"


def issue_ticket(ticket: Ticket, *, now: datetime) -> str:
    """The signed text of a ticket; holds for LIFETIME."""
    told = json.dumps(ticket, default=_told)
    return signing.dumps([told, int((now + LIFETIME).timestamp())], salt=_SALT, compress=True)


def _told(value: object) -> object:
    return {**vars(value)} if isinstance(value, Sight) else str(value)


def read_ticket(text: str, *, now: datetime) -> Ticket | None:
    """The ticket behind a text; None for one that is not ours, or over."""
    try:
        told, ends = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    if now.timestamp() >= ends:
        return None
    partners, subject, format_, table, about, sights, collaborations = json.loads(told)
    return Ticket(
        _ids(partners), UUID(subject), format_, table, about,
        tuple(Sight(**{name: value and UUID(value) for name, value in one.items()}) for one in sights),
        _ids(collaborations),
    )  # fmt: skip


def _ids(texts: list[str]) -> tuple[UUID, ...]:
    return tuple(UUID(text) for text in texts)
