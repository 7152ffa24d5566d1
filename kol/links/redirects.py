"""From a code to where it leads now."""

from collections.abc import Mapping
from typing import Final, NamedTuple
from uuid import UUID

from commerce.connection import worker_connection
from kol.links.destinations import checked_destination, glue, parameters, with_parameters
from kol.links.making import is_code
from kol.links.visitors import COOKIE
from kol.refusals import Refused

# A code is asked for before its partner is known. Should two partners ever have drawn the same, it leads to
# the page of the one who had it first.
QUERY: Final = """
SELECT t.partner_id, t.id, c.campaign_id, t.session_id IS NOT NULL, t.destination,
    t.utm_source, t.utm_medium, t.utm_campaign, t.utm_content, t.utm_term,
    ARRAY(SELECT h.host FROM kol_linkhost h WHERE h.partner_id = t.partner_id), t.revoked_at IS NOT NULL
FROM kol_trackinglink t
JOIN kol_collaboration c ON c.partner_id = t.partner_id AND c.id = t.collaboration_id
WHERE t.code = %s ORDER BY t.created_at, t.id LIMIT 1
"""
UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
LONGEST_ID: Final = 200


class Target(NamedTuple):
    """Where a link leads, cut where a viewer id goes in, and what its clicks are of."""

    partner_id: UUID
    link_id: UUID
    campaign_id: UUID
    has_session: bool
    before: bytes
    """The address up to the end of its query, with UTM."""
    carrying: bytes
    """The same, up to where our viewer id is to stand."""
    after: bytes
    """The fragment, with its mark."""
    visitor: str | None
    """The viewer id the destination brings itself, which goes before ours; empty: one that cannot be kept."""

    def location(self, visitor: str) -> bytes:
        """The address to send somebody to; his id is in it, unless it is empty or one is there already."""
        if not visitor or self.visitor is not None:
            return self.before + self.after
        return self.carrying + visitor.encode() + self.after


class Parts(NamedTuple):
    """A destination up to the end of its query with UTM, its fragment with the mark, the id it brings."""

    before: str
    after: str
    visitor: str | None


def parts(plain: str, *, utm: Mapping[str, str]) -> Parts:
    """Add UTM parameters to a checked destination; those that it has itself stay as they are."""
    there = parameters(plain)
    names = {name.casefold() for name in there}
    added = {name: value for name, value in utm.items() if value and name not in names}
    before, mark, fragment = with_parameters(plain, added).partition("#")
    brought = there.get(COOKIE)
    if brought is not None and not (brought.isprintable() and len(brought) <= LONGEST_ID):
        brought = ""
    return Parts(before, mark + fragment, brought)


def find_target(code: str) -> Target | None:
    """Where a code leads; None for one that is unknown or revoked, or whose host is allowed no more."""
    if not is_code(code):
        return None
    row = worker_connection().execute(QUERY, [code]).fetchone()
    if row is None or row[11]:
        return None
    partner_id, link_id, campaign_id, has_session, destination, *_ = row
    try:
        plain = checked_destination(destination, hosts=row[10])
    except Refused:
        return None
    led = parts(plain, utm=dict(zip(UTM, row[5:10], strict=True)))
    return Target(
        partner_id=partner_id,
        link_id=link_id,
        campaign_id=campaign_id,
        has_session=has_session,
        before=led.before.encode("ascii"),
        carrying=f"{led.before}{glue(led.before)}{COOKIE}=".encode("ascii"),
        after=led.after.encode("ascii"),
        visitor=led.visitor,
    )
