"""What can be changed through the API: events sent in, and refused ones sent in again."""

from typing import Annotated, Final
from uuid import UUID

import strawberry

from analytics.graphql.changes import UserError, UserErrorCode, not_found
from analytics.graphql.pages import Info, computed, needs, own_id
from commerce import ingest, queries
from commerce.graphql.facts import REJECTION_LETTER
from commerce.tasks import wake
from config.api.scalars import BigInt

MOST_EVENTS: Final = 100
MOST_REDRIVEN: Final = 1000


@strawberry.type(description="One event that was refused.")
class EventFailure:
    index: int = strawberry.field(description="Its place in the batch, from 0.")
    id: str | None = strawberry.field(description="Its id, if it can be read.")
    code: str = strawberry.field(description="Why, as a word.")
    path: str = strawberry.field(description="Where in the event, as a JSON pointer.")
    message: str = strawberry.field(description="Why, in words.")


@strawberry.type(description="What became of a batch: received = accepted + duplicate + rejected.")
class IngestOutcome:
    received: BigInt = strawberry.field(description="How many events there were.")
    accepted: BigInt = strawberry.field(description="How many were new, and are kept for good now.")
    duplicate: BigInt = strawberry.field(description="How many were known already: no effect.")
    rejected: BigInt = strawberry.field(description="How many were refused; they are kept with the reason.")
    errors: list[EventFailure] = strawberry.field(description="The first hundred refusals.")


@strawberry.input(description="Events to take in.")
class IngestEventsInput:
    events: list[str] = strawberry.field(
        description="CloudEvents, each as the text of its JSON; at most 100. More go to `POST /v1/events`."
    )


@strawberry.type(description="What became of the events.")
class IngestEventsPayload:
    outcome: IngestOutcome | None = strawberry.field(
        description="What became of them; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


@strawberry.input(
    description="Which refused events to send in again; without any condition all that are open."
)
class RedriveRejectionsInput:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These, at most 1000.")
    code: str | None = strawberry.field(default=None, description="Only those refused for this reason.")


@strawberry.type(description="What became of refused events that were sent in again.")
class RedriveRejectionsPayload:
    outcome: IngestOutcome | None = strawberry.field(
        description="What became of them; null when there are user errors."
    )
    has_more: bool = strawberry.field(
        description="Whether more are open: one request sends 1000, the latest first."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


IngestEventsArgument = Annotated[IngestEventsInput, strawberry.argument(description="The events.")]
RedriveArgument = Annotated[RedriveRejectionsInput, strawberry.argument(description="Which ones.")]


def _shown(outcome: ingest.Outcome) -> IngestOutcome:
    return IngestOutcome(
        received=BigInt(outcome.received),
        accepted=BigInt(outcome.accepted),
        duplicate=BigInt(outcome.duplicate),
        rejected=BigInt(outcome.rejected),
        errors=[
            EventFailure(index=told.index, id=told.id, code=told.code, path=told.path, message=told.message)
            for told in outcome.errors
        ],
    )


def _too_many(field: str, most: int) -> UserError:
    return UserError(
        field=["input", field], code=UserErrorCode.TOO_MANY, message=f"At most {most} in one request."
    )


def ingest_events(info: Info, told: IngestEventsInput) -> IngestEventsPayload:
    """Take a small batch in through the door."""
    actor = needs(info, "ingest")
    if len(told.events) > MOST_EVENTS:
        return IngestEventsPayload(outcome=None, user_errors=[_too_many("events", MOST_EVENTS)])
    bodies = [event.encode("utf-8", "surrogatepass") for event in told.events]
    outcome = ingest.accept(bodies, partner_id=actor.partner_id, now=info.context.now)
    if outcome.accepted:
        wake(actor.partner_id)
    return IngestEventsPayload(outcome=_shown(outcome), user_errors=[])


def redrive_rejections(info: Info, told: RedriveRejectionsInput) -> RedriveRejectionsPayload:
    """Send refused events through the door again."""
    actor = needs(info, "manage", "ingest")
    if told.ids is not None and len(told.ids) > MOST_REDRIVEN:
        errors = [_too_many("ids", MOST_REDRIVEN)]
        return RedriveRejectionsPayload(outcome=None, has_more=False, user_errors=errors)
    rows = queries.rejections(actor=actor, code=told.code, is_open=True)
    if told.ids is not None:
        read = [own_id(identity, REJECTION_LETTER) for identity in told.ids]
        wanted = [identity for identity in read if identity is not None]
        known = set(queries.rejections(actor=actor).filter(id__in=wanted).values_list("id", flat=True))
        if errors := _unknown(read, known):
            return RedriveRejectionsPayload(outcome=None, has_more=False, user_errors=errors)
        rows = rows.filter(id__in=wanted)
    open_ids = list(rows.order_by("-received_at", "-id").values_list("id", flat=True)[: MOST_REDRIVEN + 1])
    outcome = ingest.redrive(partner_id=actor.partner_id, now=info.context.now, ids=open_ids[:MOST_REDRIVEN])
    if outcome.accepted:
        wake(actor.partner_id)
    return RedriveRejectionsPayload(
        outcome=_shown(outcome), has_more=len(open_ids) > MOST_REDRIVEN, user_errors=[]
    )


def _unknown(read: list[UUID | None], known: set[UUID]) -> list[UserError]:
    return [
        not_found("ids", str(place), message="No refused event has this id.")
        for place, identity in enumerate(read)
        if identity not in known
    ]


@strawberry.type
class EventMutations:
    """Part of the root's mutations: events in, and refused ones again."""

    @computed(description="Take in a small batch of events. Needs the scope `ingest`.")
    def ingest_events(self, info: Info, input: IngestEventsArgument) -> IngestEventsPayload:
        return ingest_events(info, input)

    @computed(description="Send refused events in again, after a fix. Needs the scope `manage` or `ingest`.")
    def redrive_rejections(self, info: Info, input: RedriveArgument) -> RedriveRejectionsPayload:
        return redrive_rejections(info, input)
