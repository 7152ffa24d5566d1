"""What looks odd about a collaboration."""

import datetime as dt
import enum
from decimal import Decimal
from functools import partial

import strawberry

from analytics.graphql.pages import Info, computed, needs, node_id
from analytics.graphql.values import plain
from analytics.models import CollaborationFlag
from analytics.queries.flags import flags
from config.api.cost import reads
from config.api.scalars import BigInt
from kol.graphql.parts import ORDER_LETTER, CollaborationPart

MOST = len(CollaborationFlag.Kind)


@strawberry.enum(description="What looks odd. It may have an innocent reason: people have to look.")
class FlagKind(enum.Enum):
    FAST_ORDERS = strawberry.enum_value(
        "FAST_ORDERS",
        description="Orders within five seconds of a click by the same viewer on one of its tracking links, "
        "or on a product in a session the KOL appears in. Value: the fewest seconds; among: orders after "
        "such a click.",
    )
    ONE_DEVICE = strawberry.enum_value(
        "ONE_DEVICE",
        description="Five orders or more of different viewers whose clicks on its links came from one "
        "device. Value: the most orders of a device; among: its orders.",
    )
    ONE_BUYER = strawberry.enum_value(
        "ONE_BUYER",
        description="Five orders or more on one day of one customer, or of one viewer who is no customer. "
        "Value: the most orders of a day; among: its orders.",
    )
    SELF_PURCHASE = strawberry.enum_value(
        "SELF_PURCHASE",
        description="Orders whose viewer or customer has a name that is a handle of the KOL. Value: these "
        "orders; among: its orders.",
    )
    CODE_LEAK = strawberry.enum_value(
        "CODE_LEAK",
        description="More than half of at least ten orders with its code are of people who met the KOL in no "
        "other way inside the windows. Value: their share; among: orders with the code.",
    )
    FOLLOWER_JUMP = strawberry.enum_value(
        "FOLLOWER_JUMP",
        description="An account of the KOL gained more than 1,000 followers and more than a fifth of those "
        "it had, on one day (on average, where days were not counted), from 90 days before the campaign "
        "to its end. Value: the gain of a day as a share of the followers before; counted: new followers; "
        "among: followers before.",
    )
    HIGH_ENGAGEMENT = strawberry.enum_value(
        "HIGH_ENGAGEMENT",
        description="The engagement rate is above the 99th percentile of the partner's collaborations with "
        "KOLs of as many followers (under 10,000, 100,000, 500,000, 1,000,000, and more), where there are "
        "at least 20 with 30 viewers or more. Value: the rate; threshold: the percentile; counted: engaged "
        "viewers; among: unique reach. Not told to agencies and guests.",
    )


@strawberry.enum(description="How much something odd asks to be looked at.")
class FlagSeverity(enum.Enum):
    LOW = strawberry.enum_value("LOW", description="It happens.")
    MEDIUM = strawberry.enum_value("MEDIUM", description="It should be looked at.")
    HIGH = strawberry.enum_value("HIGH", description="It should be looked at before anything is paid.")


@strawberry.type(description="What something odd was seen by.")
class FlagEvidence:
    counted: BigInt = strawberry.field(description="How many, as the kind says; orders as a rule.")
    among: BigInt = strawberry.field(description="Of how many, as the kind says.")
    value: Decimal = strawberry.field(description="What was compared with the threshold, to six decimals.")
    threshold: Decimal = strawberry.field(description="Where it begins to be odd.")
    deviation: Decimal | None = strawberry.field(
        description="How many standard deviations above what it was before; null without a history of 14 "
        "changes."
    )
    order_ids: list[strawberry.ID] = strawberry.field(
        description="The first five of the orders, for `node`; none for agencies and guests."
    )
    since: dt.datetime = strawberry.field(
        description="When it was seen first; of engagement, when the campaign began."
    )


@strawberry.type(
    description="Something odd about a collaboration, with what it was seen by. No number leaves anything "
    "out because of it."
)
class Flag:
    kind: FlagKind = strawberry.field(description="What is odd.")
    severity: FlagSeverity = strawberry.field(description="How much it asks to be looked at.")
    evidence: FlagEvidence = strawberry.field(description="What it was seen by.")


def shown_flag(row: CollaborationFlag) -> Flag:
    """A flag as the API shows it."""
    return Flag(
        kind=FlagKind[row.kind],
        severity=FlagSeverity[row.severity],
        evidence=FlagEvidence(
            counted=BigInt(row.counted),
            among=BigInt(row.among),
            value=plain(row.value),
            threshold=plain(row.threshold),
            deviation=None if row.deviation is None else plain(row.deviation),
            order_ids=[node_id(ORDER_LETTER, order) for order in row.order_ids],
            since=row.since,
        ),
    )


@strawberry.type
class FlagsOfCollaboration(CollaborationPart):
    """Fields of a collaboration: what looks odd about it."""

    @computed(description="What looks odd about it, with evidence; empty where nothing does.")
    @reads(weight=1, size=MOST)
    def flags(self, info: Info) -> list[Flag]:
        answer = partial(flags, actor=needs(info, "read"))
        return [shown_flag(row) for row in self.siblings.load("flags", answer)[self.identity]]
