"""What is kept of one person, taken out or erased."""

from typing import Annotated, Final
from uuid import UUID

import orjson
import strawberry

from analytics.graphql.changes import UserError, invalid, not_found
from analytics.graphql.pages import Info, computed, needs, own_id
from commerce import privacy
from commerce.access import Actor
from commerce.graphql.customers import CUSTOMER_LETTER
from config.api.scalars import BigInt

LONGEST_REASON: Final = 1000
FIELDS: Final = {"external_customer": "externalCustomer", "external_viewer": "externalViewer"}


@strawberry.input(description="A person, by exactly one name; `source` goes along with an id at a source.")
class PersonInput:
    customer: strawberry.ID | None = strawberry.field(default=None, description="The id of a customer.")
    external_customer: str | None = strawberry.field(
        default=None, description="The customer's id at the source."
    )
    external_viewer: str | None = strawberry.field(default=None, description="The viewer's id at the source.")
    source: str | None = strawberry.field(
        default=None, description="The source of that id; needed where several sources call somebody so."
    )
    email: str | None = strawberry.field(
        default=None, description="The e-mail address: all customers who have it, and who left it."
    )
    phone: str | None = strawberry.field(
        default=None, description="The phone number, with its country code as it was sent."
    )


@strawberry.input(description="Whom to erase, and why.")
class ErasePersonInput:
    person: PersonInput = strawberry.field(description="Who is meant.")
    reason: str = strawberry.field(
        description="Why, 1 to 1,000 characters; kept on record. Name nobody in it."
    )


@strawberry.input(description="Of whom to take out what is kept, and why.")
class ExportPersonInput:
    person: PersonInput = strawberry.field(description="Who is meant.")
    reason: str = strawberry.field(
        description="Why, 1 to 1,000 characters; kept on record. Name nobody in it."
    )


@strawberry.type(description="What an erasure changed.")
class ErasedPerson:
    customers: BigInt = strawberry.field(description="Customers the person was.")
    viewers: BigInt = strawberry.field(description="Viewers the person was.")
    events: BigInt = strawberry.field(description="Events that tell no more than numbers are made of.")
    comments: BigInt = strawberry.field(description="Comments whose text is gone.")
    rejections: BigInt = strawberry.field(description="Refused events whose bodies are gone.")


@strawberry.type(description="What became of an erasure.")
class ErasePersonPayload:
    erased: ErasedPerson | None = strawberry.field(
        description="What it changed; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


@strawberry.type(description="What is kept of a person.")
class ExportPersonPayload:
    document: str | None = strawberry.field(
        description="All of it as one JSON document; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


def _allowed(info: Info) -> Actor:
    """The actor, who may both change things and see who people are."""
    needs(info, "manage")
    return needs(info, "read:pii")


def _name(told: PersonInput) -> privacy.Name:
    identity: UUID | None = None
    if told.customer is not None:
        identity = own_id(told.customer, CUSTOMER_LETTER)
        if identity is None:
            raise privacy.NoPerson("Nobody is known by this id.", field="customer")
    return privacy.Name(
        customer=identity,
        external_customer=told.external_customer,
        external_viewer=told.external_viewer,
        source=told.source,
        email=told.email,
        phone=told.phone,
    )


def _reason(told: str) -> str | UserError:
    reason = told.strip()
    if not 1 <= len(reason) <= LONGEST_REASON or "\0" in reason:
        return invalid("reason", message=f"A reason of 1 to {LONGEST_REASON} characters.")
    return reason


def _unknown(error: privacy.NoPerson) -> UserError:
    path = ["person"] if error.field == "person" else ["person", FIELDS.get(error.field, error.field)]
    return not_found(*path, message=error.message)


@strawberry.type
class PrivacyMutations:
    """Part of the root's mutations: what is kept of one person."""

    @computed(
        description="Erase a person: nobody is recognised by what is left, and numbers stay. For good. What "
        "is sent of the person later counts, and leads to nobody. Needs the scopes `manage` and `read:pii`; "
        "on record."
    )
    def erase_person(
        self,
        info: Info,
        input: Annotated[ErasePersonInput, strawberry.argument(description="Whom, and why.")],
    ) -> ErasePersonPayload:
        actor, reason = _allowed(info), _reason(input.reason)
        if isinstance(reason, UserError):
            return ErasePersonPayload(erased=None, user_errors=[reason])
        try:
            erased = privacy.erase_person(
                _name(input.person),
                partner_id=actor.partner_id,
                actor=actor,
                reason=reason,
                now=info.context.now,
            )
        except privacy.NoPerson as error:
            return ErasePersonPayload(erased=None, user_errors=[_unknown(error)])
        counts = ErasedPerson(
            customers=BigInt(erased.customers),
            viewers=BigInt(erased.viewers),
            events=BigInt(erased.events),
            comments=BigInt(erased.comments),
            rejections=BigInt(erased.rejections),
        )
        return ErasePersonPayload(erased=counts, user_errors=[])

    @computed(
        description="Take out everything that is kept of a person. Needs the scopes `manage` and `read:pii`; "
        "on record."
    )
    def export_person(
        self,
        info: Info,
        input: Annotated[ExportPersonInput, strawberry.argument(description="Of whom, and why.")],
    ) -> ExportPersonPayload:
        actor, reason = _allowed(info), _reason(input.reason)
        if isinstance(reason, UserError):
            return ExportPersonPayload(document=None, user_errors=[reason])
        try:
            document = privacy.export_person(
                _name(input.person),
                partner_id=actor.partner_id,
                actor=actor,
                reason=reason,
                now=info.context.now,
            )
        except privacy.NoPerson as error:
            return ExportPersonPayload(document=None, user_errors=[_unknown(error)])
        return ExportPersonPayload(document=orjson.dumps(document, default=str).decode(), user_errors=[])
