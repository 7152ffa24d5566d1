"""Who follows a link: a person, a bot or a prefetch; and which of our ids, if any, goes along.

Bots are told by tokens of their user agents, a list of our own: what announces itself, link previews of
messengers included. Whoever hides is taken for a person here and shows up in the flags instead.
"""

import hmac
import ipaddress
import re
import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings

from kol.models import LinkClick

COOKIE: Final = "ll_viewer"
"""The first-party viewer id: the cookie's name here, and the parameter's at the destination."""
COOKIE_SECONDS: Final = 395 * 86_400
"""Thirteen months, from the first click: it is not prolonged."""
_ID: Final = re.compile(rb"(?:^|;)\s*ll_viewer=([0-9a-f]{32})\s*(?:;|$)")

# "cubot" makes telephones; in-app browsers (FBAV, Instagram, Line, KAKAOTALK) are people's.
_BOT: Final = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[/_\-.; ]|crawl|spider|slurp|scrap|archiver|facebookexternalhit|facebookcatalog"
    r"|meta-external|^whatsapp/|telegrambot|slack-img|discord|skypeuripreview|url preview|bingpreview|vkshare"
    r"|pinterest/0|embedly|iframely|mediapartners|google-|googleother|apis-google|feedfetcher|favicon"
    r"|headless|phantomjs|lighthouse|pagespeed|pingdom|uptime|statuscake|site24x7|monitor|validator"
    r"|curl/|wget|libwww|lwp|python|aiohttp|httpx|urllib|go-http|okhttp|java/|apache-httpclient|axios"
    r"|node-fetch|undici|guzzle|php/|ruby|perl|postman|insomnia|http_?client",
    re.IGNORECASE,
)
_AHEAD: Final = frozenset({b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"})


class Visitor(NamedTuple):
    """Who asks, and the id to carry through: empty for all but people who did not object."""

    by: LinkClick.By
    id: str
    is_new: bool


@lru_cache(maxsize=4096)
def is_bot(user_agent: bytes) -> bool:
    """Whether a user agent says that it is no person's browser; saying nothing says it too."""
    return not user_agent.strip() or _BOT.search(user_agent[:1000].decode("latin-1")) is not None


def is_prefetch(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser fetches ahead of its person, who may never come."""
    for name in _AHEAD & headers.keys():
        told = headers[name].lower()
        if b"prefetch" in told or b"preview" in told or b"prerender" in told:
            return True
    return False


def objects(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the person asks not to be followed: Global Privacy Control, or Do Not Track."""
    return headers.get(b"sec-gpc") == b"1" or headers.get(b"dnt") == b"1"


def visitor_of(headers: Mapping[bytes, bytes]) -> Visitor:
    """Who asks with these headers; a person without an id gets a new one."""
    if is_bot(headers.get(b"user-agent", b"")):
        return Visitor(LinkClick.By.BOT, "", False)
    if is_prefetch(headers):
        return Visitor(LinkClick.By.PREFETCH, "", False)
    if objects(headers):
        return Visitor(LinkClick.By.PERSON, "", False)
    held = _ID.search(headers.get(b"cookie", b""))
    if held is not None:
        return Visitor(LinkClick.By.PERSON, held[1].decode(), False)
    return Visitor(LinkClick.By.PERSON, secrets.token_hex(16), True)


def cookie(identity: str, *, is_tls: bool) -> bytes:
    """The value of Set-Cookie that keeps a new viewer id: for our links alone, and no script's to read."""
    secure = "; Secure" if is_tls else ""
    kept = f"{COOKIE}={identity}; Max-Age={COOKIE_SECONDS}; Path=/r/; HttpOnly; SameSite=Lax{secure}"
    return kept.encode()


def device_of(*, partner_id: UUID, address: str, user_agent: bytes) -> str:
    """Keyed hash of where from and with what somebody came, the same over a campaign; empty: unknown.

    Of an IPv6 address the network: the rest changes by the hour.
    """
    place = _place(address)
    if not place:
        return ""
    return hmac.digest(_key(partner_id), place + b"\0" + user_agent, "sha256").hex()[:32]


@lru_cache(maxsize=1024)
def _key(partner_id: UUID) -> bytes:
    return f"{settings.SECRET_KEY}\0{partner_id}\0device".encode()


@lru_cache(maxsize=4096)
def _place(address: str) -> bytes:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return b""
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(parsed) >> 64 << 64, 64))).encode()
    return str(parsed).encode()
