"""Who is meant: from one name of a person to all that the person is called."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from commerce.ingest.forgotten import LEAST_CHARACTERS, digest_of_hash, digest_of_name, without_names
from commerce.ingest.secrecy import keyed_hash, plainest


class NoPerson(Exception):  # noqa: N818 - named for what it says
    """Nobody is called so, or it does not say who of several is meant; `field` is what says it."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.message, self.field = message, field


@dataclass(frozen=True, kw_only=True)
class Name:
    """A person by one of these: our id of a customer or viewer, an id at a source, an e-mail, or a phone."""

    customer: UUID | None = None
    viewer: UUID | None = None
    external_customer: str | None = None
    external_viewer: str | None = None
    source: str | None = None
    """Of an external id; needed where several sources call somebody so."""
    email: str | None = None
    phone: str | None = None

    def __post_init__(self) -> None:
        told = [
            self.customer,
            self.viewer,
            self.external_customer,
            self.external_viewer,
            self.email,
            self.phone,
        ]
        if len([one for one in told if one]) != 1:
            raise NoPerson("A person is named by exactly one of these.", field="person")


@dataclass(kw_only=True)
class Person:
    """All that a person is called at one partner."""

    customers: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    """Our id: (source, id there)."""
    viewers: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    hashes: set[str] = field(default_factory=set)
    """Keyed hashes of e-mails and phone numbers."""
    asked: tuple[str, str] | None = None
    """(source, id there) the person was asked for by, known or not."""
    is_known: bool = False
    """Whether anything was told of the person that was not refused."""

    def names(self) -> set[tuple[str, str]]:
        """(source, id there) of customers and viewers."""
        return {*self.customers.values(), *self.viewers.values(), *([self.asked] if self.asked else [])}

    def without(self, text: str) -> str:
        """A text that does not name the person, whoever wrote it; nor anybody else's e-mail or phone."""
        for _, name in self.names():
            if len(name) >= LEAST_CHARACTERS:
                text = text.replace(name, "…")
        return without_names(text)

    def digests(self, *, partner_id: UUID) -> set[UUID]:
        """What is kept so that the person is not known again."""
        found = {digest_of_name(source, name, partner_id=partner_id) for source, name in self.names()}
        found |= {digest_of_name("", name, partner_id=partner_id) for _, name in self.names()}
        return found | {digest_of_hash(keyed, partner_id=partner_id) for keyed in self.hashes}


_NAMED: Final = """
FROM {} WHERE partner_id = %(partner)s AND (id = %(id)s OR external_id = %(name)s)
    AND (%(source)s::text IS NULL OR source = %(source)s) ORDER BY source LIMIT 2
"""
CUSTOMER_NAMED: Final = f"SELECT id, source {_NAMED.format('commerce_customer')}"
VIEWER_NAMED: Final = f"SELECT id, source {_NAMED.format('commerce_viewer')}"
# Who left an e-mail or a phone number, wherever it stands in what was told.
TOLD_OF: Final = """
SELECT DISTINCT e.viewer_id, e.properties->>'email_hash', e.properties->>'phone_hash' FROM commerce_event e
WHERE e.partner_id = %(partner)s AND e.properties IS NOT NULL AND e.properties::text LIKE %(pattern)s
"""
HASHED: Final = """
SELECT id, NULL::uuid FROM commerce_customer
WHERE partner_id = %(partner)s AND email_hash <> '' AND email_hash = ANY(%(hashes)s)
UNION SELECT id, NULL FROM commerce_customer
WHERE partner_id = %(partner)s AND phone_hash <> '' AND phone_hash = ANY(%(hashes)s)
UNION SELECT NULL, viewer_id FROM commerce_lead
WHERE partner_id = %(partner)s AND key = ANY(%(hashes)s) AND viewer_id IS NOT NULL
"""
CUSTOMERS: Final = """
SELECT id, source, external_id, email_hash, phone_hash FROM commerce_customer
WHERE partner_id = %(partner)s AND id IN (
    SELECT unnest(%(customers)s::uuid[]) UNION
    SELECT customer_id FROM commerce_viewer WHERE partner_id = %(partner)s AND id = ANY(%(viewers)s::uuid[])
)
"""
VIEWERS: Final = """
SELECT id, source, external_id FROM commerce_viewer
WHERE partner_id = %(partner)s AND (id = ANY(%(viewers)s::uuid[]) OR customer_id = ANY(%(customers)s::uuid[]))
"""
# The id that goes along with tracking links is the same at every source.
FOLLOWED: Final = """
SELECT DISTINCT visitor FROM kol_linkclick
WHERE partner_id = %(partner)s AND visitor <> '' AND visitor = ANY(%(names)s)
"""
SAME_BROWSER: Final = """
SELECT id, source, external_id FROM commerce_viewer
WHERE partner_id = %(partner)s AND external_id = ANY(%(visitors)s)
"""
LEFT: Final = "SELECT key FROM commerce_lead WHERE partner_id = %(partner)s AND viewer_id = ANY(%(viewers)s)"


def find_person(connection: Connection[Any], name: Name, *, partner_id: UUID) -> Person:
    """Everything a person is called: a viewer's customer, a customer's viewers, and how both are reached.

    An e-mail or a phone number stands for all customers who have it, and for viewers who left it. An id at a
    source stands for itself, also where nobody is known by it. Raises `NoPerson` for an id of ours that
    nobody has, and for one that several sources give.
    """
    person, values = Person(), {"partner": partner_id}
    customers: set[UUID] = set()
    viewers: set[UUID] = set()
    keyed = _keyed(name, partner_id=partner_id)
    if keyed is not None:
        person.hashes.add(keyed)
        told = {**values, "pattern": f"%{keyed}%"}
        for viewer, *hashes in connection.execute(TOLD_OF, told).fetchall():
            person.is_known = True
            viewers.update([viewer] if viewer else [])
            person.hashes.update(one for one in hashes if one and len(one) == 64)
        for customer, viewer in connection.execute(
            HASHED, {**values, "hashes": list(person.hashes)}
        ).fetchall():
            customers.update([customer] if customer else [])
            viewers.update([viewer] if viewer else [])
    elif name.viewer or name.external_viewer:
        viewers |= _named(connection, name, VIEWER_NAMED, person, partner_id=partner_id)
    else:
        customers |= _named(connection, name, CUSTOMER_NAMED, person, partner_id=partner_id)
    known = {**values, "customers": list(customers), "viewers": list(viewers)}
    for identity, source, external, *hashes in connection.execute(CUSTOMERS, known).fetchall():
        person.customers[identity] = (source, external)
        person.hashes.update(one for one in hashes if one)
    known["customers"] = list(person.customers)
    for identity, source, external in connection.execute(VIEWERS, known).fetchall():
        person.viewers[identity] = (source, external)
    known["names"] = [external for _, external in person.viewers.values()]
    known["visitors"] = [visitor for (visitor,) in connection.execute(FOLLOWED, known).fetchall()]
    if known["visitors"]:
        for identity, source, external in connection.execute(SAME_BROWSER, known).fetchall():
            person.viewers[identity] = (source, external)
    known["viewers"] = list(person.viewers)
    person.is_known = person.is_known or bool(person.customers or person.viewers)
    person.hashes.update(key for (key,) in connection.execute(LEFT, known).fetchall() if key)
    return person


def _keyed(name: Name, *, partner_id: UUID) -> str | None:
    for kind, told in (("email", name.email), ("phone", name.phone)):
        if told:
            if not plainest(told, kind=kind):
                raise NoPerson(f"This is no {kind}.", field=kind)
            return keyed_hash(told, kind=kind, partner_id=partner_id)
    return None


def _named(
    connection: Connection[Any], name: Name, statement: str, person: Person, *, partner_id: UUID
) -> set[UUID]:
    """The id of who is named by an id; an external id that several sources give is not to be guessed at."""
    identity, external = name.customer or name.viewer, name.external_customer or name.external_viewer
    values = {"partner": partner_id, "id": identity, "name": external, "source": name.source}
    rows = connection.execute(statement, values).fetchall()
    if len(rows) > 1:
        sources = " and ".join(source for _, source in rows)
        raise NoPerson(f"Several sources call somebody so ({sources}): name one.", field="source")
    if not rows and (identity or name.source is None):
        told = ("customer", "viewer", "external_customer", "external_viewer")
        field = next(one for one in told if getattr(name, one))
        raise NoPerson("Nobody is known by this id.", field=field)
    if external and name.source:
        person.asked = (name.source, external)
    return {row[0] for row in rows}
