"""What changes of campaigns are asked with, and how what is refused is told."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

import strawberry

from analytics.graphql.changes import UserError, UserErrorCode
from analytics.graphql.pages import own_id
from commerce.models import new_id
from config.api.scalars import CurrencyCode
from kol import changes
from kol.graphql.parts import AGENCY_LETTER, SESSION_LETTER
from kol.refusals import Refused, within

REASON: Final = "Why, at most 2,000 characters; kept on record."
AS_IS: Final = strawberry.UNSET
"""What is left out of a change, told apart from null."""
# Where the name in the schema is another than in the rules.
FIELDS: Final = {
    "campaign": "campaignId",
    "click_window_seconds": "clickWindow",
    "collaboration": "collaborationId",
    "kol": "kolId",
    "on_screen_seconds": "onScreen",
    "return_window_seconds": "returnWindow",
    "view_window_seconds": "viewWindow",
}
Value = TypeVar("Value")


def told(refused: Refused) -> UserError:
    """What was refused, as data."""
    return UserError(
        field=["input", *(FIELDS.get(part) or _camel(part) for part in refused.path)],
        code=UserErrorCode[refused.kind.upper()],
        message=refused.message,
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def id_of(text: str, letter: str) -> UUID:
    """The id within an object's id; that of nothing where it is of another type."""
    return own_id(text, letter) or new_id()


def seconds(field: str, value: dt.timedelta) -> int:
    """A length in whole seconds; raises `Refused`."""
    whole, rest = divmod(value, dt.timedelta(seconds=1))
    if rest:
        raise Refused(field, message="Whole seconds, please.")
    return whole


def seconds_or_none(field: str, value: dt.timedelta | None) -> int | None:
    """The same, of what may be left out."""
    return None if value is None else seconds(field, value)


# -- what several changes name ---------------------------------------------------------------------


@strawberry.input(one_of=True, description="Which agency is meant: exactly one of these.")
class AgencyBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Its id.")
    slug: str | None = strawberry.field(default=strawberry.UNSET, description="Its short name.")


def agency_of(by: AgencyBy) -> changes.AgencyKey:
    """How an agency is named."""
    return id_of(by.id, AGENCY_LETTER) if by.id else by.slug or ""


@strawberry.input(description="A live session as its source calls it.")
class SourcedSession:
    source: str = strawberry.field(description="The source.")
    external_id: str = strawberry.field(description="The id the source gave it.")


@strawberry.input(one_of=True, description="Which live session is meant: exactly one of these.")
class CampaignSessionBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Its id.")
    sourced: SourcedSession | None = strawberry.field(
        default=strawberry.UNSET, description="Its source and the id it has there."
    )


def session_of(by: CampaignSessionBy) -> changes.SessionKey:
    """How a session is named."""
    if by.sourced:
        return changes.SessionName(source=by.sourced.source, external_id=by.sourced.external_id)
    return id_of(by.id or "", SESSION_LETTER)


# -- contracts -------------------------------------------------------------------------------------


@strawberry.input(description="From which net sales of the collaboration on which commission is due.")
class CommissionTierInput:
    starts_at: Decimal = strawberry.field(
        name="from", description="From these net sales on; 0 for the first tier, ascending."
    )
    rate: Decimal = strawberry.field(description="The share of what lies above, 0 to 1.")


@strawberry.input(description="What is agreed with a KOL from a day on. Money has at most four decimals.")
class TermsInput:
    valid_from: dt.date | None = strawberry.field(
        default=None,
        description="The first day, in the partner's calendar; left out of first terms: the campaign's.",
    )
    valid_until: dt.date | None = strawberry.field(
        default=None, description="The day it ends; left out: until the next terms begin."
    )
    currency: CurrencyCode | None = strawberry.field(
        default=None, description="The currency of its amounts; left out: the campaign's."
    )
    fixed_fee: Decimal = strawberry.field(default=Decimal(0), description="What is agreed for all of it.")
    post_fee: Decimal = strawberry.field(default=Decimal(0), description="What is agreed for each post.")
    posts: int = strawberry.field(default=0, description="How many posts.")
    sample_units: int = strawberry.field(default=0, description="How many samples are sent.")
    commission_rate: Decimal = strawberry.field(
        default=Decimal(0), description="The share of net sales, 0 to 1, where there are no tiers."
    )
    commission_tiers: list[CommissionTierInput] | None = strawberry.field(
        default=None, description="Rates by net sales of the collaboration; left out: one rate."
    )
    agency_share: Decimal = strawberry.field(
        default=Decimal(0), description="The agency's share on top of all fees, 0 to 1."
    )
    discount_share: Decimal = strawberry.field(
        default=Decimal(0), description="The part of codes' discounts that the KOL pays for, 0 to 1."
    )
    paid_boost: Decimal = strawberry.field(default=Decimal(0), description="What is agreed for paid reach.")
    click_window: dt.timedelta | None = strawberry.field(
        default=None,
        description="How old a click or code may be at an order, 1 hour to 90 days; else the campaign's.",
    )
    view_window: dt.timedelta | None = strawberry.field(
        default=None,
        description="How old a live view may be at an order, 1 hour to 90 days; else the campaign's.",
    )


def terms_of(asked: TermsInput) -> changes.TermsWish:
    """The contract asked for; raises `Refused`."""
    with within("terms"):
        return changes.TermsWish(
            valid_from=asked.valid_from,
            valid_until=asked.valid_until,
            currency=asked.currency,
            fixed_fee=asked.fixed_fee,
            post_fee=asked.post_fee,
            posts=asked.posts,
            sample_units=asked.sample_units,
            commission_rate=asked.commission_rate,
            commission_tiers=_tiers(asked.commission_tiers or ()),
            agency_share=asked.agency_share,
            discount_share=asked.discount_share,
            paid_boost=asked.paid_boost,
            click_window_seconds=seconds_or_none("click_window", asked.click_window),
            view_window_seconds=seconds_or_none("view_window", asked.view_window),
        )


def _tiers(asked: Sequence[CommissionTierInput]) -> list[changes.Tier]:
    return [changes.Tier(above=tier.starts_at, rate=tier.rate) for tier in asked]
