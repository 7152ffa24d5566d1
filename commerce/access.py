"""Who may see which rows: keys to actors, the row scope, and the database's own wall behind it.

Two walls, each enough alone. `scoped` narrows every queryset and `partner_filter` every statement to the
actor's partners; `row_security` tells PostgreSQL the same, whose policies hold for the web role even where
the first wall was forgotten.
"""

import hmac
import secrets
import string
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from commerce.connection import worker_connection
from commerce.models import ApiKey, Partner, new_id

SCOPES: Final = ("read", "read:audience", "read:pii", "ingest", "manage")
PREFIX: Final = "ll_live_"
ALPHABET: Final = string.ascii_letters + string.digits
PUBLIC, SECRET, CHECK = 8, 32, 6
REMEMBERED_SECONDS: Final = 4.0
"""How long a process trusts a key it has just read: a revoked key is dead within five seconds."""

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who asks: the partners whose rows may be seen, and what may be done."""

    name: str
    partner_ids: tuple[UUID, ...]
    scopes: frozenset[str]
    key_id: UUID | None = None

    @property
    def partner_id(self) -> UUID:
        """The one partner of a key."""
        (only,) = self.partner_ids
        return only


class Forbidden(Exception):  # noqa: N818 - named for what it says
    """The actor lacks a scope."""


def require(actor: Actor, scope: str) -> None:
    """Raise `Forbidden` unless the actor has the scope."""
    if scope not in actor.scopes:
        raise Forbidden(f"This needs a key with the scope {scope!r}.")


# -- the first wall ----------------------------------------------------------------------------


def scoped(rows: models.QuerySet[Row], *, actor: Actor) -> models.QuerySet[Row]:
    """Only the rows of the actor's partners."""
    field = "id" if rows.model is Partner else "partner_id"
    return rows.filter(**{f"{field}__in": actor.partner_ids})


# -- the second wall ---------------------------------------------------------------------------


@contextmanager
def row_security(actor: Actor, *, statement_timeout_ms: int | None = None) -> Iterator[None]:
    """A transaction of the web role that sees the actor's partners only."""
    partners = ",".join(str(identity) for identity in actor.partner_ids)
    timeout = statement_timeout_ms or settings.STATEMENT_TIMEOUT_MS
    with transaction.atomic():
        raw = connection.connection
        # A literal, for the transaction alone: safe behind a pooler that mixes sessions.
        raw.execute(f"SET LOCAL app.partners = '{partners}'; SET LOCAL statement_timeout = {int(timeout)}")
        yield


class PartnerScopeMiddleware:
    """Pages a person signs in to see the rows of that person's partners."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer inside a transaction walled to the person's partners."""
        if not request.user.is_authenticated:
            return self.get_response(request)
        actor = actor_of_user(
            username=request.user.get_username(), is_superuser=bool(request.user.is_superuser)
        )
        request.actor = actor  # type: ignore[attr-defined]
        with row_security(actor, statement_timeout_ms=30_000):
            response = self.get_response(request)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()  # Templates read rows too: render behind the wall.
        return response


def actor_of_user(*, username: str, is_superuser: bool) -> Actor:
    """A person of staff: all partners for a superuser, else those of the memberships."""
    rows = worker_connection().execute(
        "SELECT id FROM commerce_partner" if is_superuser
        else "SELECT partner_id FROM commerce_membership WHERE username = %s",
        [] if is_superuser else [username],
    ).fetchall()
    return Actor(name=username, partner_ids=tuple(row[0] for row in rows), scopes=frozenset(SCOPES))


# -- keys --------------------------------------------------------------------------------------


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECK):
        number, digit = divmod(number, len(ALPHABET))
        digits += ALPHABET[digit]
    return digits


def _digest(key: str) -> bytes:
    return hmac.digest(f"{settings.SECRET_KEY}\0api key".encode(), key.encode(), "sha256")


def issue_key(
    *, partner_id: UUID, scopes: list[str], name: str, now: datetime, expires_at: datetime | None = None
) -> tuple[str, UUID]:
    """Make a key; answers it (only here, only once: a keyed hash is kept) and its row's id."""
    wrong = sorted(set(scopes) - set(SCOPES))
    if wrong or not scopes:
        raise ValueError(f"Scopes are some of {', '.join(SCOPES)}; not {', '.join(wrong) or 'none'}.")
    public = "".join(secrets.choice(ALPHABET) for _ in range(PUBLIC))
    body = PREFIX + public + "".join(secrets.choice(ALPHABET) for _ in range(SECRET))
    key, identity = body + _checksum(body), new_id()
    worker_connection().execute(
        "INSERT INTO commerce_apikey (id, partner_id, name, public, digest, scopes, created_at, expires_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [identity, partner_id, name, public, _digest(key), sorted(set(scopes)), now, expires_at],
    )
    return key, identity


def revoke_key(*, key_id: UUID, partner_id: UUID, now: datetime) -> None:
    """End a key's life; within five seconds no process accepts it."""
    ApiKey.objects.filter(partner_id=partner_id, id=key_id, revoked_at=None).update(revoked_at=now)


def is_well_formed(key: str) -> bool:
    """Whether a key can be one of ours: a typing error never reaches the database."""
    if len(key) != len(PREFIX) + PUBLIC + SECRET + CHECK or not key.startswith(PREFIX) or not key.isascii():
        return False
    return hmac.compare_digest(_checksum(key[:-CHECK]), key[-CHECK:])


_recent: dict[bytes, tuple[float, Actor | None]] = {}
_recent_lock = threading.Lock()


def find_actor(key: str, *, now: datetime | None = None) -> Actor | None:
    """Who holds this key, or None for a wrong, expired or revoked one."""
    if not is_well_formed(key):
        return None
    now = now or timezone.now()
    digest, clock = _digest(key), now.timestamp()
    if (held := _recent.get(digest)) is not None and 0 <= clock - held[0] < REMEMBERED_SECONDS:
        return held[1]
    actor = _read_actor(key, digest, now)
    with _recent_lock:
        if len(_recent) > 10_000:
            _recent.clear()
        _recent[digest] = (clock, actor)
    return actor


def _read_actor(key: str, digest: bytes, now: datetime) -> Actor | None:
    worker = worker_connection()
    public = key[len(PREFIX) : len(PREFIX) + PUBLIC]
    rows: list[tuple[Any, ...]] = worker.execute(
        "SELECT id, partner_id, digest, scopes, name FROM commerce_apikey WHERE public = %s "
        "AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %s)",
        [public, now],
    ).fetchall()
    for identity, partner_id, held, scopes, name in rows:
        if hmac.compare_digest(bytes(held), digest):
            worker.execute(
                "UPDATE commerce_apikey SET last_used_at = %s WHERE partner_id = %s AND id = %s "
                "AND (last_used_at IS NULL OR last_used_at < %s - interval '1 minute')",
                [now, partner_id, identity, now],
            )
            return Actor(
                name=name or public, partner_ids=(partner_id,), scopes=frozenset(scopes), key_id=identity
            )
    return None
