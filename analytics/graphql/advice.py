"""What to do next: in a live session, and in the next one."""

import datetime as dt
import enum
from decimal import Decimal
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import strawberry

from analytics.graphql.pages import Info, SessionPart, bad_input, computed, needs, node_id
from analytics.graphql.products import PRODUCT_LETTER
from analytics.graphql.values import Money, Provenance, money
from analytics.queries import advice
from config.api.cost import reads
from config.api.scalars import BigInt

MOST_LEADS = 50


@strawberry.type(description="What is believed of a rate, with the 95 % interval it lies in.")
class Estimate:
    value: float = strawberry.field(description="The best guess.")
    low: float = strawberry.field(description="The lower end of the interval.")
    high: float = strawberry.field(description="The upper end of the interval.")


@strawberry.enum(description="What became of a recommendation.")
class RecommendationState(enum.Enum):
    OPEN = strawberry.enum_value("OPEN", description="It is not yet known.")
    ADOPTED = strawberry.enum_value("ADOPTED", description="The product was featured within three minutes.")
    IGNORED = strawberry.enum_value("IGNORED", description="It was not.")


@strawberry.type(description="What featuring a recommended product brought in its first 90 seconds.")
class RecommendationOutcome:
    featured_at: dt.datetime = strawberry.field(description="When it was featured.")
    viewers: BigInt = strawberry.field(description="Viewers of the moment.")
    buyers: BigInt = strawberry.field(description="Those of them who then bought it.")
    sales: Money = strawberry.field(description="Paid sales of it placed in those 90 seconds.")


@strawberry.type(
    description="A product to feature next. Ranked by expected sales of the next 90 seconds: people present "
    "x shrunk product moment conversion x price x what recent showings left of its pull, at most the stock."
)
class PinRecommendation:
    product_id: strawberry.ID = strawberry.field(description="The product's id, for `node`.")
    sku: str = strawberry.field(description="The id its source gave it.")
    title: str = strawberry.field(description="Its name.")
    made_at: dt.datetime = strawberry.field(description="When it was advised.")
    rank: BigInt = strawberry.field(description="Its place, from 1.")
    reachable_viewers: BigInt = strawberry.field(description="People present when it was advised.")
    conversion: float = strawberry.field(
        description="Product moment conversion, shrunk towards what is usual: the fewer saw it, the more."
    )
    price: Money = strawberry.field(description="Its price.")
    fatigue: float = strawberry.field(description="What is left of its pull: 1 when it was not shown lately.")
    stock: BigInt | None = strawberry.field(description="Pieces left; null where nobody told.")
    expected_sales: Money = strawberry.field(description="Expected sales of the next 90 seconds.")
    low_sales: Money = strawberry.field(description="Lower end of the 95 % interval of those sales.")
    high_sales: Money = strawberry.field(description="Upper end of the 95 % interval of those sales.")
    is_exploration: bool = strawberry.field(
        description="Whether the lot put it first (8 % of the time), so that all products are learnt of."
    )
    propensity: float = strawberry.field(
        description="How likely it was to get this place, before the lot was drawn."
    )
    state: RecommendationState = strawberry.field(description="What became of it.")
    outcome: RecommendationOutcome | None = strawberry.field(
        description="What featuring it brought; null unless it was featured in time."
    )
    provenance: Provenance = strawberry.field(description="PREDICTED; the outcome is measured.")


@strawberry.enum(description="What an alert is about.")
class AlertKind(enum.Enum):
    VIOLATION = strawberry.enum_value(
        "VIOLATION", description="The platform complained, and no appeal has overturned it."
    )
    GIVEAWAY = strawberry.enum_value("GIVEAWAY", description="A giveaway is going on.")
    STEEP_LOSS = strawberry.enum_value(
        "STEEP_LOSS", description="At least 10 people and a fifth of the audience went in about five minutes."
    )
    LOW_STOCK = strawberry.enum_value(
        "LOW_STOCK", description="Few pieces are left of what is featured, or all will be gone in 15 minutes."
    )


@strawberry.type(description="Something to look at in a live session.")
class LiveAlert:
    kind: AlertKind = strawberry.field(description="What it is about.")
    subject: str = strawberry.field(description="Which of its kind: a violation, a product, a time.")
    text: str = strawberry.field(description="What it says, in words.")
    raised_at: dt.datetime = strawberry.field(description="When it was raised.")
    cleared_at: dt.datetime | None = strawberry.field(description="When it ceased; null while it holds.")


@strawberry.enum(description="What a talking point is about.")
class TalkingPointKind(enum.Enum):
    PRICE = strawberry.enum_value("PRICE", description="What it costs.")
    STOCK = strawberry.enum_value("STOCK", description="How few are left.")
    PAST_CONVERSION = strawberry.enum_value("PAST_CONVERSION", description="How many bought it when shown.")
    PAIRING = strawberry.enum_value("PAIRING", description="What is bought with it.")
    QUESTION = strawberry.enum_value("QUESTION", description="What viewers ask while it is on screen.")


@strawberry.type(description="Something a host can say of a product.")
class TalkingPoint:
    kind: TalkingPointKind = strawberry.field(description="What it is about.")
    text: str = strawberry.field(description="The point, in words.")


@strawberry.type(description="What a host can say of a product that is featured now.")
class ProductTalk:
    product_id: strawberry.ID = strawberry.field(description="The product's id, for `node`.")
    points: list[TalkingPoint] = strawberry.field(
        description="From its own facts: price, stock, past moments, pairings, questions in comments."
    )


PastArgument = Annotated[
    bool, strawberry.argument(description="Instead of the latest advice, all that was taken so far.")
]
ClearedArgument = Annotated[bool, strawberry.argument(description="Also those that no longer hold.")]


@strawberry.type
class AdviceOfSession(SessionPart):
    """What to do next in a session."""

    @computed(
        description="Which product to feature next, best first; made anew once a minute while it is live."
    )
    @reads(size=5)
    def recommendations(self, info: Info, adopted: PastArgument = False) -> list[PinRecommendation]:
        answer = partial(advice.session_pins, actor=needs(info, "read"), is_past=adopted)
        found = self.siblings.load(("pins", adopted), answer)
        return [_pin(one) for one in found.get(self.identity, ())]

    @computed(description="What to look at now: those that hold first.")
    @reads(size=10)
    def alerts(self, info: Info, include_cleared: ClearedArgument = False) -> list[LiveAlert]:
        answer = partial(advice.session_alerts, actor=needs(info, "read"))
        found = self.siblings.load("alerts", answer).get(self.identity, ())
        return [_alert(one) for one in found if include_cleared or one.cleared_at is None]

    @computed(description="What to say of the products that are featured now.")
    @reads(size=3)
    def talking_points(self, info: Info) -> list[ProductTalk]:
        answer = partial(advice.session_talk, actor=needs(info, "read"))
        found = self.siblings.load("talking points", answer).get(self.identity, ())
        return [
            ProductTalk(
                product_id=node_id(PRODUCT_LETTER, UUID(one["productId"])),
                points=[
                    TalkingPoint(kind=TalkingPointKind[point["kind"]], text=point["text"])
                    for point in one["points"]
                ],
            )
            for one in found
        ]


def _pin(one: advice.Advised) -> PinRecommendation:
    outcome = None
    if one.featured_at is not None:
        outcome = RecommendationOutcome(
            featured_at=one.featured_at,
            viewers=BigInt(one.outcome_viewers or 0),
            buyers=BigInt(one.outcome_buyers or 0),
            sales=money(one.outcome_sales or one.price * 0, one.currency),
        )
    return PinRecommendation(
        product_id=node_id(PRODUCT_LETTER, one.product_id),
        sku=one.sku,
        title=one.title,
        made_at=one.made_at,
        rank=BigInt(one.rank),
        reachable_viewers=BigInt(one.reachable_viewers),
        conversion=float(one.conversion),
        price=money(one.price, one.currency),
        fatigue=float(one.fatigue),
        stock=None if one.stock is None else BigInt(one.stock),
        expected_sales=money(one.expected_sales, one.currency),
        low_sales=money(one.low_sales, one.currency),
        high_sales=money(one.high_sales, one.currency),
        is_exploration=one.is_exploration,
        propensity=float(one.propensity),
        state=RecommendationState[one.state],
        outcome=outcome,
        provenance=Provenance.PREDICTED,
    )


def _alert(one: advice.Alert) -> LiveAlert:
    return LiveAlert(
        kind=AlertKind[one.kind],
        subject=one.subject,
        text=_words(one.kind, one.details),
        raised_at=one.raised_at,
        cleared_at=one.cleared_at,
    )


def _words(kind: str, details: dict[str, Any]) -> str:
    if kind == "VIOLATION":
        told = [details["reason"] or details["code"], details["remediation"]]
        return " - ".join(part for part in told if part) or "The platform reported a violation."
    if kind == "GIVEAWAY":
        return f"A giveaway is on: {details['label']}" if details["label"] else "A giveaway is on."
    if kind == "STEEP_LOSS":
        return (
            f"{details['presentBefore']} people were here five minutes ago, {details['presentNow']} are now."
        )
    return f"{details['stock']} pieces left; {details['soldLately']} sold in the last 15 minutes."


# -- the next session --------------------------------------------------------------------------


@strawberry.type(description="The conversion of a product's past moments by where they were.")
class MomentBucket:
    begins: BigInt = strawberry.field(description="From this place among the moments, or minute, on.")
    ends: BigInt | None = strawberry.field(description="Before this one; null: without end.")
    viewers: BigInt = strawberry.field(description="Viewers of those moments, summed.")
    buyers: BigInt = strawberry.field(description="Buyers of those moments, summed.")
    conversion: Estimate = strawberry.field(description="Shrunk towards what is usual for the partner.")


@strawberry.type(description="How good a product is to lead with.")
class ProductLead:
    product_id: strawberry.ID = strawberry.field(description="The product's id, for `node`.")
    sku: str = strawberry.field(description="The id its source gave it.")
    title: str = strawberry.field(description="Its name.")
    viewers: BigInt = strawberry.field(
        description="Viewers of its moments in the first 15 minutes of past sessions, summed."
    )
    buyers: BigInt = strawberry.field(description="Buyers of those moments, summed.")
    has_enough_data: bool = strawberry.field(
        description="Whether more than 200 viewers saw it then: below, nothing is said."
    )
    conversion: Estimate | None = strawberry.field(
        description="Shrunk conversion of those moments; null without enough data."
    )
    expected_sales_per_viewer: Decimal | None = strawberry.field(
        description="Price x conversion, in the product's currency; null without enough data."
    )
    by_position: list[MomentBucket] = strawberry.field(
        description="Its conversion by place among the moments of a session."
    )
    by_minute: list[MomentBucket] = strawberry.field(description="Its conversion by minute of the session.")


@strawberry.type(description="An hour of the week, by what sessions that began in it reached.")
class TimeSlot:
    weekday: BigInt = strawberry.field(description="Monday is 1, Sunday 7, in the partner's calendar.")
    hour: BigInt = strawberry.field(description="The hour in which sessions began, 0 to 23.")
    sessions: BigInt = strawberry.field(description="How many did; at least two.")
    median_peak_viewers: float = strawberry.field(description="The median of their peaks.")


@strawberry.type(description="What past sessions say about the next one; worked out anew every hour.")
class NextSession:
    learnt_at: dt.datetime | None = strawberry.field(
        description="When; null before there was a past session."
    )
    lead_with: list[ProductLead] = strawberry.field(
        description="Products by expected sales a viewer within the first 15 minutes, the best first; those "
        "with too little data last. An association, not an effect: hosts choose what they show."
    )
    best_slots: list[TimeSlot] = strawberry.field(
        description="Hours of the week, the highest median peak first."
    )


FirstLeads = Annotated[int, strawberry.argument(description=f"At most so many products, 1 to {MOST_LEADS}.")]


@strawberry.type
class AdviceQueries:
    """Part of the root: what was learnt."""

    @computed(description="What past sessions say about the next one.")
    @reads(weight=20)
    def next_session(self, info: Info, leads: FirstLeads = 10) -> NextSession:
        actor = needs(info, "read")
        if len(actor.partner_ids) != 1:
            raise bad_input("What past sessions teach is of one partner, and this key sees several.")
        found = advice.learnt(actor=actor)
        made_at, told = found.get("LEADS", (None, []))
        chosen: list[dict[str, Any]] = told[: max(1, min(leads, MOST_LEADS))]
        names = advice.product_names([UUID(one["productId"]) for one in chosen], actor=actor)
        return NextSession(
            learnt_at=made_at,
            lead_with=[
                _lead(one, names[UUID(one["productId"])]) for one in chosen if UUID(one["productId"]) in names
            ],
            best_slots=[
                TimeSlot(
                    weekday=BigInt(one["weekday"]),
                    hour=BigInt(one["hour"]),
                    sessions=BigInt(one["sessions"]),
                    median_peak_viewers=one["medianPeakViewers"],
                )
                for one in found.get("SLOTS", (None, []))[1]
            ],
        )


def _decimal(told: str | None) -> Decimal | None:
    return None if told is None else Decimal(told)


def _estimate(told: dict[str, float]) -> Estimate:
    return Estimate(value=told["value"], low=told["low"], high=told["high"])


def _lead(told: dict[str, Any], name: tuple[str, str]) -> ProductLead:
    sku, title = name
    return ProductLead(
        product_id=node_id(PRODUCT_LETTER, UUID(told["productId"])),
        sku=sku,
        title=title,
        viewers=BigInt(told["viewers"]),
        buyers=BigInt(told["buyers"]),
        has_enough_data=told["conversion"] is not None,
        conversion=None if told["conversion"] is None else _estimate(told["conversion"]),
        expected_sales_per_viewer=_decimal(told["expectedPerViewer"]),
        by_position=[_bucket(one) for one in told["byPosition"]],
        by_minute=[_bucket(one) for one in told["byMinute"]],
    )


def _bucket(told: dict[str, Any]) -> MomentBucket:
    return MomentBucket(
        begins=BigInt(told["begins"]),
        ends=None if told["ends"] is None else BigInt(told["ends"]),
        viewers=BigInt(told["viewers"]),
        buyers=BigInt(told["buyers"]),
        conversion=_estimate(told["conversion"]),
    )
