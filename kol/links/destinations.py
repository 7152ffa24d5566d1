"""Where a tracking link may lead: a page of one of the partner's own hosts, and nowhere else.

What is checked is exactly what browsers are sent: the address is put into plain ASCII first, and whatever
two parsers could read in two ways is refused instead of repaired.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import quote, unquote_plus

from kol.refusals import Refused

LONGEST: Final = 2000
LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""The only hosts that may be named with a port, and the only ones without TLS."""

_ADDRESS: Final = re.compile(r"(https?)://([^/?#]+)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE)
# No control character, no space of any script, no backslash (browsers take it for a slash), no quotes.
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"`{}|^\u2028\u2029\ufeff\s]")
_HOST: Final = re.compile(r"(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
# Browsers and the older standard turn these into different names.
_READ_IN_TWO_WAYS: Final = frozenset("\N{LATIN SMALL LETTER SHARP S}\N{LATIN CAPITAL LETTER SHARP S}"
                                     "\N{GREEK SMALL LETTER FINAL SIGMA}\u200c\u200d")  # fmt: skip
_PATH_SAFE: Final = "!$%&'()*+,-./:;=?@_~#[]"


def _bad(rule: str, message: str, *, field: str = "destination") -> Refused:
    return Refused(field, message=message, rule=rule)


def ascii_host(host: str, *, field: str = "destination") -> str:
    """A host in lower case and plain ASCII; raises `Refused` where it is none, or could be read as two."""
    if _READ_IN_TWO_WAYS & set(host):
        raise _bad(
            "host", "Write this host in its ASCII form (xn--...): browsers read it in two ways.", field=field
        )
    if host.lower() in LOCAL:
        return host.lower()
    try:
        plain = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise _bad("host", "The host is no valid name.", field=field) from None
    plain = plain.lower().removesuffix(".")
    if not _HOST.fullmatch(plain):
        raise _bad("host", "The host is no valid name.", field=field)
    return plain


def checked_destination(destination: str, *, hosts: Collection[str]) -> str:
    """The address as it is stored and sent: ASCII, its host one of `hosts`; raises `Refused`."""
    if len(destination) > LONGEST:
        raise _bad("length", f"An address has at most {LONGEST} characters.")
    if _FORBIDDEN.search(destination):
        raise _bad("characters", "Percent-encode spaces, control characters, quotes and backslashes.")
    if any("\ud800" <= letter <= "\udfff" for letter in destination):
        raise _bad("characters", "The address is no valid text.")
    found = _ADDRESS.fullmatch(destination)
    if found is None:
        raise _bad("scheme", "Give a whole address: https://<host>/...")
    scheme, authority, path, query, fragment = (part or "" for part in found.groups())
    if "@" in authority:
        raise _bad("credentials", "An address has no user and no password.")
    host, port = _host_and_port(authority)
    host = ascii_host(host)
    if host not in _plain_hosts(hosts):
        raise _bad("host", f"{host} is none of your allowed link hosts.")
    if scheme.lower() != "https" and host not in LOCAL:
        raise _bad("scheme", "Use https.")
    if port and host not in LOCAL:
        if port != ":443":
            raise _bad("port", "An address has no port.")
        port = ""
    rest = quote(path + query + fragment, safe=_PATH_SAFE)
    plain = f"{scheme.lower()}://{host}{port}{rest}"
    if len(plain) > LONGEST:
        raise _bad("length", f"An address has at most {LONGEST} characters, spelled in ASCII.")
    return plain


def _host_and_port(authority: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]%]+)(:[0-9]{1,5})?", authority, re.ASCII)
    if found is None:
        raise _bad("host", "The host is no valid name.")
    return found[1], found[2] or ""


def _plain_hosts(hosts: Collection[str]) -> Iterator[str]:
    for host in hosts:
        try:
            yield ascii_host(host)
        except Refused:
            continue  # Written by hand: what is no host allows nothing.


def parameters(destination: str) -> dict[str, str]:
    """The query's parameters by decoded name; of a name given twice the first."""
    query = destination.partition("#")[0].partition("?")[2]
    found: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        found.setdefault(unquote_plus(name), unquote_plus(value))
    return found


def with_parameters(destination: str, added: dict[str, str]) -> str:
    """The address with more parameters at its query's end; all that was there stays byte for byte."""
    if not added:
        return destination
    address, mark, fragment = destination.partition("#")
    more = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in added.items())
    return f"{address}{glue(address)}{more}{mark}{fragment}"


def glue(address: str) -> str:
    """What stands between an address without a fragment and one more parameter."""
    if "?" in address:
        return "" if address.endswith(("?", "&")) else "&"
    return "?"
