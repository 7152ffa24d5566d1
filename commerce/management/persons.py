"""How commands are told whom they are about, who asks and why."""

from argparse import ArgumentParser
from typing import Any, Final
from uuid import UUID

from django.core.management import CommandError

from commerce.access import SCOPES, Actor
from commerce.management.partners import add_partner, find_partner
from commerce.models import Partner
from commerce.privacy import Name, NoPerson

NAMES: Final = ("customer", "viewer", "external_customer", "external_viewer", "email", "phone")


def add_person(parser: ArgumentParser) -> None:
    """Declare the names of a person, `--who` and `--reason`."""
    add_partner(parser)
    named = parser.add_mutually_exclusive_group(required=True)
    named.add_argument("--customer", type=UUID, metavar="UUID", help="Our id of the customer.")
    named.add_argument("--viewer", type=UUID, metavar="UUID", help="Our id of the viewer.")
    named.add_argument("--external-customer", metavar="ID", help="The customer's id at the source.")
    named.add_argument("--external-viewer", metavar="ID", help="The viewer's id at the source.")
    named.add_argument("--email", help="The e-mail address: all customers who have it, and who left it.")
    named.add_argument("--phone", help="The phone number, with its country code as it was sent.")
    parser.add_argument("--source", help="The source of an external id, such as /shopify/my-shop.")
    parser.add_argument("--who", required=True, help="Who does it; goes on record.")
    parser.add_argument("--reason", required=True, help="Why; goes on record. Name nobody in it.")


def person_of(*, source: str | None = None, **given: Any) -> Name:
    """Who is meant; CommandError for a name that names nobody."""
    try:
        return Name(source=source, **{name: given[name] for name in NAMES})
    except NoPerson as error:
        raise CommandError(error.message) from None


def actor_of(who: str, *, partner: str) -> tuple[Partner, Actor]:
    """The partner of a slug, and who may do everything there."""
    owner = find_partner(partner)
    return owner, Actor(name=who, partner_ids=(owner.id,), scopes=frozenset(SCOPES))
