"""Who asks: the holder of a key, its scopes, its partners, its budget."""

import datetime as dt
import enum
from typing import Final

import strawberry

from analytics.graphql.pages import Info, Node, node_id
from commerce import models, queries
from config.api.scalars import CurrencyCode, TimeZone
from kol.access import scoped
from kol.models import Agency

LETTER: Final = "P"


@strawberry.enum(description="What a key may do.")
class AccessScope(enum.Enum):
    READ = strawberry.enum_value("READ", description="Read numbers, sessions, products and orders.")
    READ_AUDIENCE = strawberry.enum_value("READ_AUDIENCE", description="Read what each viewer did.")
    READ_PII = strawberry.enum_value("READ_PII", description="Read personal data.")
    INGEST = strawberry.enum_value("INGEST", description="Send events, see refused ones and send them again.")
    MANAGE = strawberry.enum_value(
        "MANAGE", description="Change what people decide; see refused events and send them again."
    )


@strawberry.type(description="A brand: its data is seen by its own keys alone.")
class Partner(Node):
    slug: str = strawberry.field(description="Its short name.")
    name: str = strawberry.field(description="Its name.")
    currency: CurrencyCode = strawberry.field(description="The currency of answers when nothing else says.")
    timezone: TimeZone = strawberry.field(description="The time zone whose calendar makes its days.")
    tail: dt.timedelta = strawberry.field(description="How long after its end a session still earns orders.")
    silence: dt.timedelta = strawberry.field(description="A viewer silent for longer than this is gone.")


@strawberry.type(description="Who asks.")
class Actor:
    name: str = strawberry.field(
        description="The name of the key, else its public part; of who has signed in the login."
    )
    scopes: list[AccessScope] = strawberry.field(description="What it may do.")
    partners: list[Partner] = strawberry.field(
        description="Whose data it sees as a whole; an agency and a guest nobody's."
    )
    agency: str | None = strawberry.field(
        description="The name of the agency whose key or login it is; null: no agency's."
    )
    works_for: list[str] = strawberry.field(
        description="Names of the partners that let an agency or a guest see campaigns, by the alphabet."
    )


@strawberry.type(description="The budget of the key; one point is about one row read.")
class RateLimit:
    requested: int = strawberry.field(description="Points this request costs.")
    limit: int = strawberry.field(description="Points the key can hold.")
    available: int = strawberry.field(description="Points the key has left after this request.")
    restore_rate: int = strawberry.field(description="Points the key regains each second.")


def shown_partner(row: models.Partner) -> Partner:
    """A partner as the API shows it."""
    return Partner(
        id=node_id(LETTER, row.id),
        slug=row.slug,
        name=row.name,
        currency=CurrencyCode(row.currency),
        timezone=TimeZone(row.timezone),
        tail=dt.timedelta(seconds=row.tail_seconds),
        silence=dt.timedelta(seconds=row.silence_seconds),
    )


def who_asks(info: Info) -> Actor:
    """The holder of the key of this request."""
    actor = info.context.actor
    agency = Agency.objects.filter(id=actor.agency_id).first() if actor.agency_id else None
    hosts = scoped(models.Partner.objects.all(), actor=actor) if actor.is_outsider else None
    return Actor(
        name=actor.name,
        agency=None if agency is None else agency.name,
        works_for=[] if hosts is None else list(hosts.order_by("name", "id").values_list("name", flat=True)),
        scopes=[scope for scope in AccessScope if scope.name.replace("_", ":").lower() in actor.scopes],
        partners=[shown_partner(row) for row in queries.partners(actor=actor)],
    )


def rate_limit(info: Info) -> RateLimit:
    """The key's budget after this request."""
    rate = info.context.rate
    assert rate is not None  # The edge takes from the bucket before it executes.
    return RateLimit(
        requested=rate.requested, limit=rate.limit, available=rate.available, restore_rate=rate.restore_rate
    )
