"""What the door has forgotten: persons who were erased, and times the partner keeps no events of.

Of an erased person only keyed hashes are left (`Suppression`). What names somebody by one of them is taken in
without it: it counts, under a name made of the old one by a key, and leads to nobody.
"""

import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
import orjson
from django.conf import settings
from psycopg import Connection

from commerce.ingest.checks import Refused
from commerce.ingest.contents import read_json, write_json
from commerce.ingest.decode import Parsed
from commerce.ingest.moments import microseconds_of
from commerce.ingest.secrecy import ADDRESS, keyed_hash, plainest
from commerce.ingest.vocabulary import Kind

LOCK: Final = "people of {}"
"""Held by every batch until it is committed; who erases somebody waits for those that did not know yet."""
LOCK_SHARED: Final = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"
LOOK: Final = """
SELECT p.events_kept_months, p.events_gone_before,
    EXISTS (SELECT FROM commerce_suppression s WHERE s.partner_id = p.id)
FROM commerce_partner p WHERE p.id = %s
"""
FIND: Final = "SELECT digest FROM commerce_suppression WHERE partner_id = %s AND digest = ANY(%s)"
OLDEST: Final = "SELECT GREATEST(%s::timestamptz - make_interval(months => %s), %s::timestamptz)"

LEAST_CHARACTERS: Final = 6
"""An id as long as this is looked for wherever it may stand; a shorter one only where ids of persons do."""
ERASED_TEXT: Final = "[erased]"
REFUSED_TEXT: Final = "What it said went with the person it was about."

# What an act of a person still tells when nobody is to be recognised by it.
KEPT: Final = frozenset(
    {
        "traffic_source", "traffic_sub_source", "paid", "position", "cart_id", "visit_id", "item_id",
        "transaction_id", "refund_id", "value", "currency",
    }
)  # fmt: skip
RENAMED: Final = ("cart_id", "visit_id")
"""Of these, what may be an id of the person: a player calls carts and visits by it."""
KEPT_OF_UTM: Final = ("source", "medium", "campaign")
KEPT_OF_ITEMS: Final = ("item_id", "quantity", "price", "discount")
NAMES: Final = frozenset({"viewer_id", "customer_id", "email_hash", "phone_hash"})
# Of everything else (sessions, what is shown, notes, products) the house speaks and no shopper.
ACTS: Final = frozenset(
    kind for kind in Kind if Kind.live_impression <= kind <= Kind.identify
) - {Kind.live_product_featured, Kind.live_product_unfeatured}  # fmt: skip
OF_ORDERS: Final = (Kind.purchase, Kind.order_paid, Kind.order_cancelled, Kind.refund)
_FREE_TEXT: Final = frozenset({Kind.live_comment, Kind.order_cancelled, Kind.refund})

_PERSON_KEYS: Final = frozenset(
    {
        "viewer_id", "customer_id", "anonymousId", "anonymous_id", "distinct_id", "clientId", "userId",
        "user_id", "customerId",
    }
)  # fmt: skip
_HASHES: Final = re.compile(rb'"(?:email|phone)_hash":"([0-9a-f]{64})"')
_EMAIL: Final = re.compile(r"[^\s\"'<>(),;:\[\]{}\\]+@[^\s\"'<>(),;:\[\]{}\\]+")
_PHONE: Final = re.compile(r"\+?[0-9](?:[\s().\-/\u00a0]*[0-9]){5,19}")
_KEYED: Final = re.compile(r'"(\w+)"\s*:\s*"?([^",{}\[\]]*)')
_WORD: Final = re.compile(r"[^\s\"',{}\[\]<>()\\]{6,200}")
_DIGIT: Final = re.compile("[0-9]")
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


def lock_name(partner_id: UUID) -> str:
    """What the lock of a partner's people is called."""
    return LOCK.format(partner_id)


# -- keyed hashes ------------------------------------------------------------------------------


def _key(partner_id: UUID, purpose: str) -> bytes:
    return f"{settings.SECRET_KEY}\0{partner_id}\0{purpose}".encode()


def digest_of_name(source: str, name: str, *, partner_id: UUID) -> UUID:
    """What is kept of an id at a source; an empty source: wherever it may come from."""
    told = hmac.digest(_key(partner_id, "suppression"), f"name\0{source}\0{name}".encode(), "sha256")
    return UUID(bytes=told[:16])


def digest_of_hash(keyed: str, *, partner_id: UUID) -> UUID:
    """What is kept of the keyed hash of an e-mail or phone number."""
    told = hmac.digest(_key(partner_id, "suppression"), f"hash\0{keyed}".encode(), "sha256")
    return UUID(bytes=told[:16])


def pseudonym(name: str, *, partner_id: UUID) -> str:
    """What somebody is called who is to be nobody: the same for the same name, and never led back to it."""
    return f"unknown-{hmac.digest(_key(partner_id, 'pseudonym'), name.encode(), 'sha256').hex()[:32]}"


def _key_of_lead(keyed: str, *, partner_id: UUID) -> str:
    return hmac.digest(_key(partner_id, "pseudonym"), f"lead\0{keyed}".encode(), "sha256").hex()


def veiled_digest(digest: UUID, *, partner_id: UUID) -> UUID:
    """By what a refused body is told from others that is not kept itself, from the digest of it."""
    told = hmac.digest(_key(partner_id, "suppression"), b"body\0" + digest.bytes, "sha256")
    return UUID(bytes=told[:16])


# -- names in a body that was refused ------------------------------------------------------------


def digests_in(body: bytes, *, partner_id: UUID) -> set[UUID]:
    """Whatever could be kept of persons whom a body names, whether or not it can be read as an event."""
    source, named, texts = _read(body)
    found = {digest_of_name(source, name, partner_id=partner_id) for name in named}
    for text in texts:
        if LEAST_CHARACTERS <= len(text) <= 200:
            found.add(digest_of_name(source, text, partner_id=partner_id))
            found.add(digest_of_name("", text, partner_id=partner_id))
        found.update(_reached(text, partner_id=partner_id))
    return found


def ids_in(body: bytes) -> set[str]:
    """What stands in a body where ids of persons do."""
    return _read(body)[1]


def _reached(text: str, *, partner_id: UUID) -> Iterator[UUID]:
    """Of e-mails and phone numbers in a text, and of the text itself as one."""
    text = text.replace("%40", "@")
    emails = {text, *_EMAIL.findall(text), *ADDRESS.findall(text)} if "@" in text else set()
    phones = {text, *_PHONE.findall(text)}
    # With and without what says that a country comes first.
    numbers = {plainest(one, kind="phone").lstrip("+0") for one in phones} - {""}
    phones |= numbers | {f"+{number}" for number in numbers}
    for kind, told in (*(("email", one) for one in emails), *(("phone", one) for one in phones)):
        if len(told) <= 320 and plainest(told, kind=kind):
            yield digest_of_hash(keyed_hash(told, kind=kind, partner_id=partner_id), partner_id=partner_id)


def without_names(text: str) -> str:
    """A text without what looks like an e-mail or a phone number."""
    return _PHONE.sub("…", _EMAIL.sub("…", text))


def _read(body: bytes) -> tuple[str, set[str], set[str]]:
    """(source, ids where persons are named, all texts) of a body."""
    named: set[str] = set()
    texts: set[str] = set()
    try:
        told = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), body.decode("utf-8", errors="replace"))
        pairs = _KEYED.findall(text)
        named.update(value.strip() for key, value in pairs if key in _PERSON_KEYS)
        texts.update(_WORD.findall(text), (value.strip() for _, value in pairs), [text])
        return next((value for key, value in pairs if key == "source"), ""), named, texts
    for key, value in _walk("", told):
        texts.add(value)
        if key in _PERSON_KEYS:
            named.add(value)
    source = told.get("source") if isinstance(told, dict) else None
    return source if isinstance(source, str) else "", named, texts


def _walk(key: str, told: Any) -> Iterator[tuple[str, str]]:
    waiting = [(key, told)]
    while waiting:
        key, told = waiting.pop()
        if isinstance(told, dict):
            waiting.extend(told.items())
            waiting.extend(("", name) for name in told if "@" in name or _DIGIT.search(name))
        elif isinstance(told, list):
            waiting.extend((key, one) for one in told)
        elif isinstance(told, str | int) and not isinstance(told, bool):
            yield key, str(told)


# -- at the door ---------------------------------------------------------------------------------


class Forgotten:
    """What of a batch is not to be known any more."""

    def __init__(self, *, partner_id: UUID, oldest: datetime | None, has_erased: bool) -> None:
        self.oldest = oldest
        """Events before this are not kept; None: all are."""
        self._partner_id = partner_id
        self._has_erased = has_erased
        self._digests: frozenset[UUID] = frozenset()
        self._texts: dict[bytes, set[UUID]] = {}

    def refuse_expired(self, verdicts: list[Parsed | Refused]) -> None:
        """Turn events away that are older than what is kept."""
        if self.oldest is None:
            return
        oldest = microseconds_of(self.oldest)
        for place, verdict in enumerate(verdicts):
            if isinstance(verdict, Parsed) and verdict.at < oldest:
                message = f"Events are kept from {self.oldest.isoformat()} on; this one is older."
                verdicts[place] = Refused("expired", message, "/time")

    def look_for(self, connection: Connection[Any], parsed: Iterable[Parsed]) -> None:
        """Find out who of those named was erased."""
        if not self._has_erased:
            return
        names: set[tuple[str, str]] = set()
        hashes: set[str] = set()
        for p in parsed:
            names.update((p.source, name) for name in (p.viewer, p.customer) if name is not None)
            hashes.update(_hashes_in(p))
        asked = {digest_of_name(*name, partner_id=self._partner_id) for name in names}
        asked.update(digest_of_hash(keyed, partner_id=self._partner_id) for keyed in hashes)
        self._texts = {p.id: told for p in parsed if (told := set(self._written(p)))}
        asked.update(*self._texts.values())
        self._digests = frozenset(_found(connection, asked, partner_id=self._partner_id))

    def among(self, connection: Connection[Any], bodies: Iterable[bytes]) -> set[bytes]:
        """Those of some bodies that name a person who was erased."""
        if not self._has_erased:
            return set()
        named = {body: digests_in(body, partner_id=self._partner_id) for body in bodies}
        erased = _found(connection, set().union(*named.values()), partner_id=self._partner_id)
        return {body for body, digests in named.items() if not erased.isdisjoint(digests)}

    def veiled(self, parsed: Sequence[Parsed]) -> Sequence[Parsed]:
        """Events as they are taken in: of erased persons without what they would be known by."""
        return [self._veiled(p) for p in parsed] if self._digests else parsed

    def _veiled(self, p: Parsed) -> Parsed:
        viewer, customer = self._is_erased(p, p.viewer), self._is_erased(p, p.customer)
        hashes = {
            keyed
            for keyed in _hashes_in(p)
            if digest_of_hash(keyed, partner_id=self._partner_id) in self._digests
        }
        texts = not self._digests.isdisjoint(self._texts.get(p.id, ()))
        if not (viewer or customer or hashes or texts):
            return p
        told: dict[str, Any] | None = None if p.properties is None else read_json(p.properties)
        changes: dict[str, Any] = {}
        if viewer or customer or texts:
            names = {name for name, gone in ((p.viewer, viewer), (p.customer, customer)) if gone and name}
            told = None if told is None else self._kept(p, told, names)
            changes["data"] = self._without(p.data, names)
            if viewer and p.viewer is not None:
                changes["viewer"] = pseudonym(p.viewer, partner_id=self._partner_id)
            if customer:
                changes["customer"] = None
        elif told is not None:
            told = _without_hashes(told, hashes)
        if p.kind == Kind.generate_lead and told is not None:
            # It counts as a lead, and nobody can be reached by it.
            keyed = next(iter(sorted(_hashes_in(p))), "")
            told.pop("email_hash", None)
            told["phone_hash"] = _key_of_lead(keyed, partner_id=self._partner_id)
        changes["properties"] = None if told is None else write_json(told)
        return msgspec.structs.replace(p, is_veiled=bool(viewer or customer or hashes), **changes)

    def _written(self, p: Parsed) -> Iterator[UUID]:
        """Of e-mails anywhere in what an event tells, and of phone numbers where people write."""
        if p.properties is not None and (
            b"@" in p.properties or b"%40" in p.properties or p.kind in _FREE_TEXT
        ):
            yield from _reached(p.properties.decode(), partner_id=self._partner_id)

    def _is_erased(self, p: Parsed, name: str | None) -> bool:
        return name is not None and (
            digest_of_name(p.source, name, partner_id=self._partner_id) in self._digests
        )

    def _kept(self, p: Parsed, told: dict[str, Any], names: set[str]) -> dict[str, Any]:
        if p.kind not in ACTS:
            return {key: value for key, value in told.items() if key not in NAMES}
        kept: dict[str, Any] = {
            key: self._renamed(value, names) if key in RENAMED else value
            for key, value in told.items()
            if key in KEPT and isinstance(value, str | int | Decimal)
        }
        if isinstance(utm := told.get("utm"), dict):
            kept["utm"] = {key: utm[key] for key in KEPT_OF_UTM if isinstance(utm.get(key), str)}
        if isinstance(items := told.get("items"), list):
            kept["items"] = [
                {key: item[key] for key in KEPT_OF_ITEMS if key in item}
                for item in items
                if isinstance(item, dict)
            ]
        if p.kind == Kind.live_comment:
            kept["text"] = ERASED_TEXT
        return kept

    def _renamed(self, value: Any, names: set[str]) -> Any:
        # A short id is a number like others, and no sign of the person there.
        if str(value) not in names or len(str(value)) < LEAST_CHARACTERS:
            return value
        return pseudonym(str(value), partner_id=self._partner_id)

    def _without(self, data: Any, names: set[str]) -> Any:
        """Typed data without what a person may be named in, for whatever is said of orders."""
        changes: dict[str, Any] = {"reason": None} if getattr(data, "reason", None) is not None else {}
        for field in RENAMED:
            if (value := getattr(data, field, None)) is not None:
                changes[field] = self._renamed(value, names)
        return msgspec.structs.replace(data, **changes) if changes else data


def recall(connection: Connection[Any], *, partner_id: UUID, now: datetime) -> Forgotten:
    """What a partner's door has forgotten; one look, in the transaction of the batch."""
    with connection.pipeline():
        # Before the look, not in it: who waited for an erasure sees it.
        connection.execute(LOCK_SHARED, [lock_name(partner_id)])
        looked = connection.execute(LOOK, [partner_id])
    months, oldest, has_erased = looked.fetchone() or (None, None, False)
    if months is not None:
        # What is gone stays so, also when more is kept from now on.
        row = connection.execute(OLDEST, [now, months, oldest]).fetchone()
        oldest = None if row is None else row[0]
    return Forgotten(partner_id=partner_id, oldest=oldest, has_erased=has_erased)


def _found(connection: Connection[Any], asked: Iterable[UUID], *, partner_id: UUID) -> set[UUID]:
    digests = list(asked)
    rows = connection.execute(FIND, [partner_id, digests]).fetchall() if digests else []
    return {digest for (digest,) in rows}


def erased_visitors(
    connection: Connection[Any], visitors: Iterable[str], *, partner_id: UUID
) -> dict[str, str]:
    """What erased ones among some visitors are called from now on; in the transaction of their clicks."""
    digests = {digest_of_name("", visitor, partner_id=partner_id): visitor for visitor in visitors if visitor}
    if not digests:
        return {}
    connection.execute(LOCK_SHARED, [lock_name(partner_id)])
    erased = _found(connection, digests, partner_id=partner_id)
    return {digests[digest]: pseudonym(digests[digest], partner_id=partner_id) for digest in erased}


def _hashes_in(p: Parsed) -> set[str]:
    told = p.properties
    return set() if told is None or b"_hash" not in told else {h.decode() for h in _HASHES.findall(told)}


def _without_hashes(told: Any, hashes: set[str]) -> Any:
    if isinstance(told, dict):
        return {
            key: _without_hashes(value, hashes)
            for key, value in told.items()
            if not (isinstance(value, str) and value in hashes)
        }
    if isinstance(told, list):
        return [_without_hashes(one, hashes) for one in told]
    return told
