"""Keyed hashes of what identifies a person: a plain hash of a phone number is reversed in minutes."""

import hmac
import re
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.conf import settings

# What tools call an e-mail or a phone number; the first that says something counts.
_NAMES: Final = {
    "email": ("email", "emailAddress", "email_address"),
    "phone": ("phone", "phoneNumber", "phone_number"),
}
ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
"""An e-mail address as people write it: in a sentence, or behind a word and a colon."""
_SOURCES: Final = ("traffic_source", "traffic_sub_source")
_PERSONS: Final = ("traits", "$set", "customer", "contact", "checkout")


def plainest(value: str, *, kind: str) -> str:
    """An e-mail or phone without what does not tell it from another; empty where it is none ("-", "n/a")."""
    if kind == "phone":
        digits = re.sub(r"[^0-9+]", "", value)
        return digits if digits.strip("+") else ""
    address = value.strip().casefold()
    return address if "@" in address else ""


def keyed_hash(value: str, *, kind: str, partner_id: UUID) -> str:
    """Hex HMAC-SHA256 of an e-mail or phone in its plainest form, under a key of this house and partner."""
    key = f"{settings.SECRET_KEY}\0{partner_id}\0{kind}".encode()
    return hmac.digest(key, plainest(value, kind=kind).encode(), "sha256").hex()


def may_name_somebody(raw: bytes) -> bool:
    """Whether one of the names that `hide` looks for can stand in this JSON; an escape may spell any."""
    return b"mail" in raw or b"hone" in raw or b"@" in raw or b"\\u" in raw


def hide(told: dict[str, Any], *, partner_id: UUID) -> None:
    """Put keyed hashes where e-mails and phone numbers stood in an event's data: the log keeps neither.

    Where it says by which way somebody came, an e-mail is left out.
    """
    for person in _persons(told):
        for kind, names in _NAMES.items():
            values = [person.pop(name) for name in names if name in person]
            for value in values:
                # A phone number may come as a number.
                text = str(value) if isinstance(value, str | int) else ""
                if plainest(text, kind=kind):
                    person[f"{kind}_hash"] = keyed_hash(text, kind=kind, partner_id=partner_id)
                    break
    _hide_in_sources(told)


def _hide_in_sources(told: dict[str, Any]) -> None:
    """Numbers are made by where people came from: by names of places, and no person's."""
    utm = told["utm"] if isinstance(told.get("utm"), dict) else {}
    for place, names in ((told, _SOURCES), (utm, tuple(utm))):
        for name in names:
            if isinstance(value := place.get(name), str) and "@" in value:
                place[name] = ADDRESS.sub("…", value)


def _persons(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Where data name persons: at their top, and in the objects tools have for it."""
    yield told
    context = told.get("context")
    for place in (told, context if isinstance(context, dict) else {}):
        for name in _PERSONS:
            if isinstance(person := place.get(name), dict):
                yield person
