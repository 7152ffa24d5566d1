"""What a host's side says happens in a session: it goes through the door as an event, like all facts."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Final

import orjson
import strawberry

from analytics.graphql.changes import UserError, conflict, invalid, not_found
from analytics.graphql.markers import MarkerKind
from analytics.graphql.pages import Info, computed, needs, node_id, own_id
from analytics.graphql.products import PRODUCT_LETTER
from commerce import ingest, models, queries
from commerce.access import Actor
from commerce.graphql.sessions import LETTER as SESSION_LETTER
from commerce.ingest import Kind
from commerce.models import new_id
from commerce.record import put_on_record
from commerce.tasks import wake

# Fields of an event's data and the input they come from.
INPUTS: Final = {"label": "label", "prize_quantity": "prizeQuantity", "text": "text", "position": "position"}


@strawberry.input(description="A moment of a session.")
class MomentInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    at: dt.datetime | None = strawberry.field(
        default=None,
        description="When it happened; left out: now, unless the session has ended.",
    )


@strawberry.input(description="A moment of a session that may be about a product.")
class ProductMomentInput(MomentInput):
    product_id: strawberry.ID | None = strawberry.field(
        default=None, description="The product by its id; at most one of this and the SKU."
    )
    sku: str | None = strawberry.field(
        default=None, description="The product by the id the session's source gave it."
    )


@strawberry.input(description="A giveaway that begins.")
class StartGiveawayInput(ProductMomentInput):
    label: str | None = strawberry.field(
        default=None, description="What it is called, at most 500 characters; its end names it again."
    )
    prize_quantity: int | None = strawberry.field(default=None, description="How many prizes there are.")
    scheduled_at_random: bool = strawberry.field(
        default=False,
        description="Whether its time was drawn at random: only then may its uplift be called an effect.",
    )


@strawberry.input(description="A giveaway that ends: the one of this label, else of this product.")
class EndGiveawayInput(ProductMomentInput):
    label: str | None = strawberry.field(default=None, description="What it is called.")


@strawberry.input(description="A promotion that begins.")
class StartPromotionInput(ProductMomentInput):
    label: str | None = strawberry.field(
        default=None, description="What it is called, at most 500 characters; its end names it again."
    )
    scheduled_at_random: bool = strawberry.field(
        default=False,
        description="Whether its time was drawn at random: only then may its uplift be called an effect.",
    )


@strawberry.input(description="A promotion that ends: the one of this label, else of this product.")
class EndPromotionInput(ProductMomentInput):
    label: str | None = strawberry.field(default=None, description="What it is called.")


@strawberry.input(description="A product that is featured from now on.")
class FeatureProductInput(ProductMomentInput):
    position: int | None = strawberry.field(default=None, description="Its place in the session's list.")


@strawberry.input(description="A product that is featured no longer.")
class UnfeatureProductInput(ProductMomentInput):
    """The moment and the product say it all."""


@strawberry.input(description="A note beside the session.")
class AddHostNoteInput(MomentInput):
    text: str = strawberry.field(description="The note, 1 to 10,000 characters.")


@strawberry.input(description="A message that is pinned.")
class PinMessageInput(MomentInput):
    text: str = strawberry.field(description="The message, 1 to 10,000 characters.")


@strawberry.type(
    description="A marker to be: the event was accepted for good, and `markers` shows it within seconds."
)
class AnnouncedMarker:
    event_id: str = strawberry.field(description="The event's id.")
    source: str = strawberry.field(description="The event's source: the session's own.")
    kind: MarkerKind = strawberry.field(description="What the marker is of.")
    is_end: bool = strawberry.field(description="Whether it is the end of what began before.")
    at: dt.datetime = strawberry.field(description="When it happens.")
    product_id: strawberry.ID | None = strawberry.field(description="The product, if it is about one.")
    sku: str | None = strawberry.field(description="The id the product's source gave it.")
    label: str = strawberry.field(description="What it is called; empty for what has no name.")
    text: str = strawberry.field(description="What was said; empty for what has no words.")


@strawberry.type(description="What became of something said of a session.")
class MarkerPayload:
    marker: AnnouncedMarker | None = strawberry.field(
        description="The marker to be; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


def _refused(*errors: UserError) -> MarkerPayload:
    return MarkerPayload(marker=None, user_errors=list(errors))


def _product(
    told: ProductMomentInput, session: models.LiveSession, *, actor: Actor, is_needed: bool
) -> models.Product | UserError | None:
    """The product that is meant, which the session's own source must know."""
    if told.product_id is not None and told.sku is not None:
        return invalid("sku", message="Give the product's id or its SKU, not both.")
    rows = queries.products(actor=actor).filter(partner_id=session.partner_id, source=session.source)
    if told.product_id is not None:
        own = own_id(told.product_id, PRODUCT_LETTER)
        found = None if own is None else rows.filter(id=own).first()
        return found or not_found("productId", message="The session's source knows no product of this id.")
    if told.sku is not None:
        found = rows.filter(external_id=told.sku).first()
        return found or not_found("sku", message="The session's source knows no product of this SKU.")
    return invalid("productId", message="Say which product, by its id or SKU.") if is_needed else None


def _announce(
    info: Info,
    told: MomentInput,
    *,
    event: Kind,
    kind: MarkerKind,
    data: Mapping[str, Any],
    needs_product: bool = False,
) -> MarkerPayload:
    """Send the event through the door and put the act on record."""
    actor, now = needs(info, "manage"), info.context.now
    own = own_id(told.session_id, SESSION_LETTER)
    session = None if own is None else queries.session(own, actor=actor)
    if session is None:
        return _refused(not_found("sessionId", message="No session has this id."))
    if told.at is None and queries.has_ended(session):
        return _refused(conflict("at", message="The session has ended: say when it happened."))
    product: models.Product | None = None
    if isinstance(told, ProductMomentInput):
        meant = _product(told, session, actor=actor, is_needed=needs_product)
        if isinstance(meant, UserError):
            return _refused(meant)
        product = meant
    said = {name: value for name, value in data.items() if value is not None}
    if product is not None:
        said["items"] = [{"item_id": product.external_id}]
    marker = AnnouncedMarker(
        event_id=str(new_id()),
        source=session.source,
        kind=kind,
        is_end=event.name.endswith(("_ended", "_unfeatured")),
        at=told.at or now,
        product_id=None if product is None else node_id(PRODUCT_LETTER, product.pk),
        sku=None if product is None else product.external_id,
        label=said.get("label", ""),
        text=said.get("text", ""),
    )
    body = _event(marker, session, event, said)
    batch = ingest.read([body], partner_id=session.partner_id, now=now)
    if isinstance(verdict := batch.verdicts[0], ingest.Refused):
        return _refused(_fault(verdict))
    # First the record, which is undone with the request; an accepted event is there for good.
    put_on_record(
        actor=actor,
        partner_id=session.partner_id,
        action=event.name,
        subject_kind="live_session",
        subject_id=session.pk,
        now=now,
        details={"event_id": marker.event_id, "at": marker.at.isoformat(), **said},
    )
    ingest.store([batch], partner_id=session.partner_id, now=now)
    wake(session.partner_id)
    return MarkerPayload(marker=marker, user_errors=[])


def _event(
    marker: AnnouncedMarker, session: models.LiveSession, event: Kind, said: Mapping[str, Any]
) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": marker.event_id,
            "source": session.source,
            "type": event.name,
            "subject": session.external_id,
            "time": marker.at.isoformat(),
            "data": said,
        }
    )


def _fault(verdict: ingest.Refused) -> UserError:
    field = verdict.path.rsplit("/", 1)[-1]
    place = "at" if verdict.path == "/time" else INPUTS.get(field)
    return invalid(*([place] if place else []), message=verdict.message)


def _argument(description: str) -> Any:
    return strawberry.argument(description=description)


@strawberry.type
class MomentMutations:
    """Part of the root's mutations: what happens in a session, said by the host's side."""

    @computed(description="A giveaway begins. Needs the scope `manage`; on record.")
    def start_giveaway(
        self, info: Info, input: Annotated[StartGiveawayInput, _argument("The giveaway.")]
    ) -> MarkerPayload:
        return _announce(
            info,
            input,
            event=Kind.live_giveaway_started,
            kind=MarkerKind.GIVEAWAY,
            data={
                "label": input.label,
                "prize_quantity": input.prize_quantity,
                "scheduled_at_random": input.scheduled_at_random,
            },
        )

    @computed(description="A giveaway ends. Needs the scope `manage`; on record.")
    def end_giveaway(
        self, info: Info, input: Annotated[EndGiveawayInput, _argument("The giveaway.")]
    ) -> MarkerPayload:
        return _announce(
            info,
            input,
            event=Kind.live_giveaway_ended,
            kind=MarkerKind.GIVEAWAY,
            data={"label": input.label},
        )

    @computed(description="A promotion begins. Needs the scope `manage`; on record.")
    def start_promotion(
        self, info: Info, input: Annotated[StartPromotionInput, _argument("The promotion.")]
    ) -> MarkerPayload:
        return _announce(
            info,
            input,
            event=Kind.live_promotion_started,
            kind=MarkerKind.PROMOTION,
            data={"label": input.label, "scheduled_at_random": input.scheduled_at_random},
        )

    @computed(description="A promotion ends. Needs the scope `manage`; on record.")
    def end_promotion(
        self, info: Info, input: Annotated[EndPromotionInput, _argument("The promotion.")]
    ) -> MarkerPayload:
        return _announce(
            info,
            input,
            event=Kind.live_promotion_ended,
            kind=MarkerKind.PROMOTION,
            data={"label": input.label},
        )

    @computed(description="A product is featured. Needs the scope `manage`; on record.")
    def feature_product(
        self, info: Info, input: Annotated[FeatureProductInput, _argument("The product.")]
    ) -> MarkerPayload:
        return _announce(
            info,
            input,
            event=Kind.live_product_featured,
            kind=MarkerKind.PRODUCT_FEATURED,
            data={"position": input.position},
            needs_product=True,
        )

    @computed(description="A product is featured no longer. Needs the scope `manage`; on record.")
    def unfeature_product(
        self, info: Info, input: Annotated[UnfeatureProductInput, _argument("The product.")]
    ) -> MarkerPayload:
        return _announce(
            info,
            input,
            event=Kind.live_product_unfeatured,
            kind=MarkerKind.PRODUCT_FEATURED,
            data={},
            needs_product=True,
        )

    @computed(description="Set a note beside a session. Needs the scope `manage`; on record.")
    def add_host_note(
        self, info: Info, input: Annotated[AddHostNoteInput, _argument("The note.")]
    ) -> MarkerPayload:
        return _say(info, input, input.text, event=Kind.live_host_note, kind=MarkerKind.HOST_NOTE)

    @computed(description="A message is pinned. Needs the scope `manage`; on record.")
    def pin_message(
        self, info: Info, input: Annotated[PinMessageInput, _argument("The message.")]
    ) -> MarkerPayload:
        return _say(info, input, input.text, event=Kind.live_message_pinned, kind=MarkerKind.PINNED_MESSAGE)


def _say(info: Info, told: MomentInput, text: str, *, event: Kind, kind: MarkerKind) -> MarkerPayload:
    needs(info, "manage")
    if not text.strip():
        return _refused(invalid("text", message="Say something."))
    return _announce(info, told, event=event, kind=kind, data={"text": text.strip()})
