"""From bytes to rows: one event at a time, each with its own verdict."""

import re
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

from commerce.ingest.aliases import ALIASES, canonical_data
from commerce.ingest.checks import CURRENCIES, Refused, check, check_items, refusal
from commerce.ingest.contents import content_of, read_json, write_json
from commerce.ingest.identity import hash63, hash64, identify
from commerce.ingest.moments import microseconds_of
from commerce.ingest.secrecy import hide, may_name_somebody
from commerce.ingest.vocabulary import (
    DATA,
    IN_COLUMNS,
    ITEM_IN_COLUMNS,
    NEEDS_SUBJECT,
    Acted,
    ActedOnItems,
    Id,
    Instant,
    Kind,
    LeadLeft,
    PageViewed,
)

__all__ = ["CURRENCIES", "MAX_EVENT_BYTES", "Parsed", "Refused", "parse"]

MAX_EVENT_BYTES: Final = 256 * 1024
MAX_AHEAD_MICROSECONDS: Final = 24 * 3600 * 1_000_000

# An escape, and not an escaped backslash before the letters u0000.
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Envelope(Struct, gc=False):
    """The CloudEvents attributes that are read; others are allowed and ignored."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    source: Annotated[str, Meta(min_length=1, max_length=200)]
    type: Annotated[str, Meta(min_length=1, max_length=100)]
    time: Instant
    subject: Id | None = None
    sequence: Id | None = None
    data: Raw = Raw(b"{}")


class Parsed(Struct, gc=False):
    """An event that was understood, ready for the log and for the entities it speaks of."""

    id: bytes
    event_id: str
    source: str
    kind: int
    at: int
    """Microseconds since 1970."""
    digest: int
    session: str | None
    viewer: str | None
    customer: str | None
    sequence: int | None
    view: int | None
    quantity: int | None
    items: list[tuple[str, int]]
    """(item id, quantity) of every item."""
    data: Any
    """The typed data."""
    properties: bytes | None
    """All of the data as JSON, where the columns do not say everything."""
    is_veiled: bool = False
    """It names somebody who was erased: nobody is linked by it."""


class _Rule(NamedTuple):
    """How the data of a type is read."""

    kind: Kind
    number: int
    decoder: msgspec.json.Decoder[Any]
    is_alias: bool
    is_act: bool
    has_items: bool
    needs_subject: bool


def _rule(kind: Kind, *, is_alias: bool) -> _Rule:
    shape = DATA[kind]
    return _Rule(
        kind,
        kind.value,
        msgspec.json.Decoder(shape),
        is_alias,
        is_act=shape in (Acted, ActedOnItems, PageViewed),
        has_items="items" in shape.__struct_fields__,
        needs_subject=kind in NEEDS_SUBJECT,
    )


_envelope = msgspec.json.Decoder(Envelope)
_rules = {name: _rule(kind, is_alias=False) for name, kind in Kind.__members__.items()}
_rules |= {name: _rule(kind, is_alias=True) for name, kind in ALIASES.items()}
_NO_ITEMS: Final[list[tuple[str, int]]] = []


def parse(body: bytes, *, partner_id: UUID, now_microseconds: int) -> Parsed:
    """One event understood, or `Refused` with the field and the rule."""
    if len(body) > MAX_EVENT_BYTES:
        raise Refused("too_large", f"An event has at most {MAX_EVENT_BYTES} bytes; this one has {len(body)}.")
    if b"\\u0000" in body and _NUL.search(body):
        raise Refused("schema", "Text must not contain the NUL character.")
    try:
        envelope = _envelope.decode(body)
    except msgspec.ValidationError as error:
        raise refusal(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("malformed", f"Not valid JSON: {error}"[:300]) from None
    rule = _rules.get(envelope.type)
    if rule is None:
        raise Refused(
            "unknown_type", f"The type {envelope.type[:80]!r} is not part of the vocabulary.", "/type"
        )
    at = microseconds_of(envelope.time)
    if at < 0:
        raise Refused("clock_skew", "The time lies before 1970.", "/time")
    if at > now_microseconds + MAX_AHEAD_MICROSECONDS:
        raise Refused("clock_skew", "The time lies more than 24 hours in the future.", "/time")
    subject = envelope.subject
    if subject is not None:
        subject = str(subject)
    elif rule.needs_subject:
        raise Refused("schema", f"{rule.kind.name} needs a subject: the id of the live session.", "/subject")
    data, told = _read(rule, bytes(envelope.data), partner_id=partner_id)
    return (_act if rule.is_act else _other)(rule, envelope, subject, at, data, told)


def _act(
    rule: _Rule, envelope: Envelope, subject: str | None, at: int, data: Any, told: dict[str, Any] | None
) -> Parsed:
    """What somebody did in a view: columns of the log hold most of it."""
    viewer, customer, view = data.viewer_id, data.customer_id, data.view_id
    sequence = envelope.sequence
    items = [(str(item.item_id), item.quantity) for item in data.items] if rule.has_items else _NO_ITEMS
    said = content_of(data if told is None else told, has_items=rule.has_items)
    content = write_json((rule.number, subject, sequence)) + said
    properties = None if told is None else write_json(told)
    if sequence is None:
        sequence = data.sequence
    return Parsed(
        identify(envelope.source, envelope.id),
        envelope.id,
        envelope.source,
        rule.number,
        at,
        hash64(content),
        subject,
        None if viewer is None else str(viewer),
        None if customer is None else str(customer),
        None if sequence is None else _number(sequence),
        None if view is None else hash63(str(view)),
        data.count,
        items,
        data,
        properties,
    )


def _other(
    rule: _Rule, envelope: Envelope, subject: str | None, at: int, data: Any, told: dict[str, Any] | None
) -> Parsed:
    """Anything else: it is kept whole."""
    properties = write_json(told)
    content = write_json((rule.number, subject, envelope.sequence)) + properties
    view = getattr(data, "view_id", None)
    viewer, customer = getattr(data, "viewer_id", None), getattr(data, "customer_id", None)
    sequence = envelope.sequence if envelope.sequence is not None else getattr(data, "sequence", None)
    items = rule.has_items and data.items
    return Parsed(
        id=identify(envelope.source, envelope.id),
        event_id=envelope.id,
        source=envelope.source,
        kind=rule.number,
        at=at,
        digest=hash64(content),
        session=subject,
        viewer=None if viewer is None else str(viewer),
        customer=None if customer is None else str(customer),
        sequence=None if sequence is None else _number(sequence),
        view=None if view is None else hash63(str(view)),
        quantity=getattr(data, "count", None),
        items=[(str(item.item_id), item.quantity) for item in items] if items else _NO_ITEMS,
        data=data,
        properties=properties,
    )


def _read(rule: _Rule, raw: bytes, *, partner_id: UUID) -> tuple[Any, dict[str, Any] | None]:
    """Typed data, and all of the data unless the log's columns hold it."""
    try:
        if rule.is_alias:
            told = canonical_data(_object(raw), kind=rule.kind)
            data: Any = msgspec.convert(told, DATA[rule.kind], strict=False)
        else:
            data = rule.decoder.decode(raw)
            if rule.is_act and raw.count(b":") == _said(rule, data):
                return data, None
            told = _object(raw)
    except msgspec.ValidationError as error:
        raise refusal(error, "/data") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("malformed", f"Not valid JSON: {error}"[:300], "/data") from None
    if isinstance(data, LeadLeft):
        # A lead is known by hashes made here, and no others.
        told.pop("email_hash", None)
        told.pop("phone_hash", None)
    if may_name_somebody(raw):
        hide(told, partner_id=partner_id)
    if rule.is_act:
        if rule.has_items:
            check_items(data.items)
        return data, None if _is_plain(rule, told) else told
    check(rule.kind, data)
    return data, told


def _object(raw: bytes) -> dict[str, Any]:
    told = read_json(raw)
    if not isinstance(told, dict):
        raise Refused("schema", "data must be an object.", "/data")
    return told


def _said(rule: _Rule, data: Any) -> int:
    """How many names of fields stand in the data of an act at least, by what was understood of it.

    Every name is followed by a colon; so where there are no more colons than this, nothing else was said,
    and the data need not be looked at again.
    """
    said = (
        (data.viewer_id is not None)
        + (data.customer_id is not None)
        + (data.view_id is not None)
        + (data.sequence is not None)
        + (data.count is not None)
    )
    if rule.has_items:
        said += 1 + len(data.items) + sum([item.quantity != 1 for item in data.items])
    return said


def _is_plain(rule: _Rule, told: dict[str, Any]) -> bool:
    """Whether the log's columns hold all of an act."""
    if not told.keys() <= (IN_COLUMNS if rule.has_items else IN_COLUMNS - {"items"}):
        return False
    return all(item.keys() <= ITEM_IN_COLUMNS for item in told.get("items") or ())


def _number(sequence: str | int) -> int:
    try:
        number = int(sequence)
    except ValueError:
        number = -1
    if not 0 <= number < 2**63:
        raise Refused("schema", "sequence is a whole number from 0.", "/sequence")
    return number
