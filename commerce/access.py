"""Who may see which rows: keys to actors, the row scope, and the database's own wall behind it.

Two walls, each enough alone. `scoped` narrows every queryset and `analytics.queries.statements.fetch` every
statement to the actor's partners; `row_security` tells PostgreSQL the same, whose policies hold for the web
role even where the first wall was forgotten. Who sees single campaigns, and no partner as a whole, is found
out in `kol.access`.
"""

import hmac
import secrets
import string
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar
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
HolderT = TypeVar("HolderT")


class Forbidden(Exception):  # noqa: N818 - named for what it says
    """The actor lacks a scope, or is nobody who has what is asked for."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A campaign somebody outside of its partner sees: as an agency does, or whole where none is named."""

    partner_id: UUID
    campaign_id: UUID
    agency_id: UUID | None

    @property
    def text(self) -> str:
        """Campaign and agency as the database compares them."""
        return f"{UUID(str(self.campaign_id))}:{UUID(str(self.agency_id)) if self.agency_id else ''}"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who asks: the partners whose rows may be seen, and what may be done.

    An agency's people and guests see no partner's rows, but what is theirs of the campaigns in `sights`:
    the rows of `collaboration_ids`, and which sessions `session_ids` they were in. `agency_id` is the agency
    that asks; a guest has none. `summed_ids` are partners whose sums over an agency's campaigns are of those
    it sees now.
    """

    name: str
    partner_ids: tuple[UUID, ...]
    scopes: frozenset[str]
    key_id: UUID | None = None
    agency_id: UUID | None = None
    sights: tuple[Sight, ...] = ()
    collaboration_ids: tuple[UUID, ...] = ()
    session_ids: tuple[UUID, ...] = ()
    summed_ids: tuple[UUID, ...] = ()
    is_guest: bool = False
    is_house: bool = False
    """Who runs the house: sees and corrects agencies and their keys, which are no partner's."""

    @property
    def partner_id(self) -> UUID:
        """The one partner of a key; raises `Forbidden` for who is not of exactly one."""
        if len(self.partner_ids) != 1:
            raise Forbidden("This is of one partner, and who asks is not of exactly one.")
        return self.partner_ids[0]

    @property
    def is_outsider(self) -> bool:
        """Whether single campaigns are seen, and no partner as a whole."""
        return self.is_guest or self.agency_id is not None

    @property
    def campaign_ids(self) -> tuple[UUID, ...]:
        """Campaigns that an outsider sees, in part or whole."""
        return tuple(dict.fromkeys(sight.campaign_id for sight in self.sights))

    @property
    def whole_campaign_ids(self) -> tuple[UUID, ...]:
        """Campaigns of which an outsider sees all."""
        return tuple(sight.campaign_id for sight in self.sights if sight.agency_id is None)

    @property
    def host_ids(self) -> tuple[UUID, ...]:
        """Partners of the campaigns that an outsider sees: of them the name, currency and calendar."""
        return tuple(dict.fromkeys(sight.partner_id for sight in self.sights))

    def seen_as(self, campaign_id: UUID) -> UUID | None:
        """As which agency a campaign is seen; None: whole. Raises `Forbidden` when it is not seen."""
        if not self.is_outsider:
            return None
        seen = {sight.agency_id for sight in self.sights if sight.campaign_id == campaign_id}
        if not seen:
            raise Forbidden("There is no such campaign to see.")
        return None if None in seen else sorted(seen, key=lambda one: (one != self.agency_id, str(one)))[0]


def require(actor: Actor, scope: str) -> None:
    """Raise `Forbidden` unless the actor has the scope."""
    if scope not in actor.scopes:
        raise Forbidden(f"This needs a key with the scope {scope!r}.")


# -- the first wall ----------------------------------------------------------------------------


Within = tuple[str, Sequence[UUID]]
"""A column of a table, and the values in it that an actor may see."""


def within(model: type[models.Model], *, actor: Actor) -> Within:
    """Which rows of a table are of the actor's partners."""
    return "id" if model is Partner else "partner_id", actor.partner_ids


def scoped(rows: models.QuerySet[Row], *, actor: Actor) -> models.QuerySet[Row]:
    """Only the rows of the actor's partners; all of them for who runs the house."""
    if actor.is_house:
        return rows
    column, seen = within(rows.model, actor=actor)
    return rows.filter(**{f"{column}__in": seen})


# -- the second wall ---------------------------------------------------------------------------


def _listed(identities: Iterable[UUID | None]) -> str:
    return ",".join(str(UUID(str(identity))) for identity in identities if identity is not None)


def wall_of(actor: Actor) -> str:
    """What the database is told of an actor: literals, for the transaction alone.

    All are told each time, empty ones too: an actor within the transaction of another gains nothing of his.
    """
    told = {
        "app.partners": _listed(actor.partner_ids),
        "app.agency": _listed([actor.agency_id]),
        "app.campaigns": _listed(actor.campaign_ids),
        "app.collaborations": _listed(actor.collaboration_ids),
        "app.hosts": _listed(actor.host_ids),
        "app.sessions": _listed(actor.session_ids),
        "app.sights": ",".join(one.text for one in actor.sights),
        "app.summed": _listed(actor.summed_ids),
        "app.house": "on" if actor.is_house else "",
    }
    return "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in told.items())


@contextmanager
def row_security(actor: Actor, *, statement_timeout_ms: int | None = None) -> Iterator[None]:
    """A transaction of the web role that sees the actor's rows only."""
    timeout = statement_timeout_ms or settings.STATEMENT_TIMEOUT_MS
    with transaction.atomic():
        raw = connection.connection
        # A literal, for the transaction alone: safe behind a pooler that mixes sessions.
        raw.execute(f"{wall_of(actor)}; SET LOCAL statement_timeout = {int(timeout)}")
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
    rows = (
        worker_connection()
        .execute(
            "SELECT id FROM commerce_partner"
            if is_superuser
            else "SELECT partner_id FROM commerce_membership WHERE username = %s",
            [] if is_superuser else [username],
        )
        .fetchall()
    )
    return Actor(
        name=username,
        partner_ids=tuple(row[0] for row in rows),
        scopes=frozenset(SCOPES),
        is_house=is_superuser,
    )


# -- keys --------------------------------------------------------------------------------------


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECK):
        number, digit = divmod(number, len(ALPHABET))
        digits += ALPHABET[digit]
    return digits


def _digest(key: str) -> bytes:
    return hmac.digest(f"{settings.SECRET_KEY}\0api key".encode(), key.encode(), "sha256")


@dataclass(frozen=True, kw_only=True)
class MintedKey:
    """A new key and what of it is kept: it is shown once, and stored as a keyed hash alone."""

    key: str
    public: str
    digest: bytes


def mint_key() -> MintedKey:
    """A key nobody holds yet."""
    public = "".join(secrets.choice(ALPHABET) for _ in range(PUBLIC))
    body = PREFIX + public + "".join(secrets.choice(ALPHABET) for _ in range(SECRET))
    key = body + _checksum(body)
    return MintedKey(key=key, public=public, digest=_digest(key))


def issue_key(
    *, partner_id: UUID, scopes: list[str], name: str, now: datetime, expires_at: datetime | None = None
) -> tuple[str, UUID]:
    """Make a key; answers it (only here, only once: a keyed hash is kept) and its row's id."""
    wrong = sorted(set(scopes) - set(SCOPES))
    if wrong or not scopes:
        raise ValueError(f"Scopes are some of {', '.join(SCOPES)}; not {', '.join(wrong) or 'none'}.")
    minted, identity = mint_key(), new_id()
    worker_connection().execute(
        "INSERT INTO commerce_apikey (id, partner_id, name, public, digest, scopes, created_at, expires_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [identity, partner_id, name, minted.public, minted.digest, sorted(set(scopes)), now, expires_at],
    )
    return minted.key, identity


def revoke_key(*, key_id: UUID, partner_id: UUID, now: datetime) -> None:
    """End a key's life; within five seconds no process accepts it."""
    ApiKey.objects.filter(partner_id=partner_id, id=key_id, revoked_at=None).update(revoked_at=now)


def is_well_formed(key: str) -> bool:
    """Whether a key can be one of ours: a typing error never reaches the database."""
    if len(key) != len(PREFIX) + PUBLIC + SECRET + CHECK or not key.startswith(PREFIX) or not key.isascii():
        return False
    return hmac.compare_digest(_checksum(key[:-CHECK]), key[-CHECK:])


class KeyRing(Generic[HolderT]):
    """Who holds the keys of one table: asked by the key's public part, trusted for four seconds.

    `read` gives (digest, holder) of the living keys with a public part; `use` notes that a holder's was used.
    """

    def __init__(
        self,
        *,
        read: Callable[[str, datetime], Iterable[tuple[bytes, HolderT]]],
        use: Callable[[HolderT, datetime], None],
    ) -> None:
        self._read, self._use = read, use
        self._recent: dict[bytes, tuple[float, HolderT | None]] = {}
        self._lock = threading.Lock()

    def holder(self, key: str, *, now: datetime) -> HolderT | None:
        """Who holds this key, or None for a wrong, expired or revoked one."""
        if not is_well_formed(key):
            return None
        digest, clock = _digest(key), now.timestamp()
        if (held := self._recent.get(digest)) is not None and 0 <= clock - held[0] < REMEMBERED_SECONDS:
            return held[1]
        found = None
        for stored, holder in self._read(key[len(PREFIX) : len(PREFIX) + PUBLIC], now):
            if hmac.compare_digest(bytes(stored), digest):
                self._use(holder, now)
                found = holder
        with self._lock:
            if len(self._recent) > 10_000:
                self._recent.clear()
            self._recent[digest] = (clock, found)
        return found

    def forget(self) -> None:
        """Read every key again."""
        with self._lock:
            self._recent.clear()


def _partner_keys(public: str, now: datetime) -> list[tuple[bytes, Actor]]:
    rows = (
        worker_connection()
        .execute(
            "SELECT id, partner_id, digest, scopes, name FROM commerce_apikey WHERE public = %s "
            "AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %s)",
            [public, now],
        )
        .fetchall()
    )
    return [
        (
            digest,
            Actor(name=name or public, partner_ids=(partner,), scopes=frozenset(scopes), key_id=identity),
        )
        for identity, partner, digest, scopes, name in rows
    ]


def _note_use(actor: Actor, now: datetime) -> None:
    worker_connection().execute(
        "UPDATE commerce_apikey SET last_used_at = %s WHERE partner_id = %s AND id = %s "
        "AND (last_used_at IS NULL OR last_used_at < %s - interval '1 minute')",
        [now, actor.partner_id, actor.key_id, now],
    )


_ring: Final = KeyRing(read=_partner_keys, use=_note_use)


def find_actor(key: str, *, now: datetime | None = None) -> Actor | None:
    """The partner's actor that holds this key, or None for a wrong, expired or revoked one."""
    return _ring.holder(key, now=now or timezone.now())
