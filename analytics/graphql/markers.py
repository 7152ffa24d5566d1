"""Markers of a session, its giveaways and promotions with what such do, and what platforms report of it."""

import datetime as dt
import enum
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from analytics.graphql.pages import Info, SessionPart, Siblings, computed, needs, node_id
from analytics.graphql.products import PRODUCT_LETTER
from analytics.graphql.replays import replay_at
from analytics.graphql.values import Provenance, plain
from analytics.queries.markers import MOST as MOST
from analytics.queries.markers import (
    Clock,
    MarkerRow,
    ReportedRow,
    UpliftRow,
    offer_uplifts,
    session_clocks,
    session_markers,
    session_reports,
)
from config.api.cost import reads
from config.api.scalars import BigInt

MOST_OFFERS: Final = 40
UNKNOWN: Final = Clock(starts_at=None, ends_at=None, replay_url="")


@strawberry.enum(description="What a marker is of.")
class MarkerKind(enum.Enum):
    PRODUCT_FEATURED = strawberry.enum_value(
        "PRODUCT_FEATURED", description="A product was featured, until it was unfeatured."
    )
    VIOLATION = strawberry.enum_value("VIOLATION", description="The platform complained.")
    GIVEAWAY = strawberry.enum_value("GIVEAWAY", description="A giveaway went on.")
    PROMOTION = strawberry.enum_value("PROMOTION", description="A promotion went on.")
    PINNED_MESSAGE = strawberry.enum_value("PINNED_MESSAGE", description="A message was pinned.")
    HOST_NOTE = strawberry.enum_value("HOST_NOTE", description="The host's side noted something.")


@strawberry.enum(description="The number an uplift is of.")
class UpliftMetric(enum.Enum):
    ORDERS = strawberry.enum_value("ORDERS", description="Paid orders for each viewer-minute.")
    LIVE_SALES = strawberry.enum_value(
        "LIVE_SALES", description="Paid sales for each viewer-minute, of sessions in the partner's currency."
    )
    PRODUCT_CLICKS = strawberry.enum_value(
        "PRODUCT_CLICKS", description="Product clicks for each viewer-minute."
    )
    CONCURRENT_VIEWERS = strawberry.enum_value(
        "CONCURRENT_VIEWERS", description="Concurrent viewers, on average over the minutes."
    )


@strawberry.enum(description="Which minutes are compared with the flanking ones.")
class UpliftWindow(enum.Enum):
    DURING = strawberry.enum_value("DURING", description="Every minute it touches.")
    AFTER = strawberry.enum_value("AFTER", description="The five minutes after these.")


@strawberry.enum(description="How an uplift came about, and what it may be called.")
class UpliftDesign(enum.Enum):
    OBSERVATIONAL = strawberry.enum_value(
        "OBSERVATIONAL",
        description="All of them, begun when somebody thought fit: an association, never an effect.",
    )
    RANDOMISED = strawberry.enum_value(
        "RANDOMISED", description="Only those scheduled at random: what differs was caused by them."
    )


@strawberry.enum(description="Why there is no ratio.")
class UpliftReason(enum.Enum):
    NOT_ENOUGH_DATA = strawberry.enum_value(
        "NOT_ENOUGH_DATA", description="Not enough data: fewer than 8 sessions can be compared."
    )
    NOTHING_TO_COMPARE = strawberry.enum_value(
        "NOTHING_TO_COMPARE", description="Nothing at all happened in the flanking minutes."
    )
    NOT_COMPUTED = strawberry.enum_value("NOT_COMPUTED", description="The first estimate is still to come.")


@strawberry.type(
    description="What the partner's giveaways, or promotions, go along with: the rate in their minutes over "
    "the rate in up to ten minutes on either side of them in the same session, pooled over all of them, with "
    "a 95 % interval by resampling sessions. Estimated anew every hour, of sessions that have ended."
)
class Uplift:
    metric: UpliftMetric = strawberry.field(description="The number it is of.")
    window: UpliftWindow = strawberry.field(description="Which minutes are compared.")
    design: UpliftDesign = strawberry.field(description="What it may be called.")
    is_causal: bool = strawberry.field(
        description="Whether it may be called an effect: only what was scheduled at random."
    )
    ratio: Decimal | None = strawberry.field(
        description="How many times as much as without it; null with a reason."
    )
    low: Decimal | None = strawberry.field(description="Lower end of the interval; null where it has none.")
    high: Decimal | None = strawberry.field(description="Upper end of the interval; null where it has none.")
    reason: UpliftReason | None = strawberry.field(
        description="Why there is no ratio; null when there is one."
    )
    sessions: BigInt = strawberry.field(description="How many sessions could be compared.")
    offers: BigInt = strawberry.field(description="How many giveaways, or promotions, they had.")
    computed_at: dt.datetime | None = strawberry.field(description="When it was estimated; null before that.")


@strawberry.type(description="A moment of a session, or a span of it, to read its numbers against.")
class Marker:
    kind: MarkerKind = strawberry.field(description="What it is of.")
    at: dt.datetime = strawberry.field(description="When it began, or happened.")
    ended_at: dt.datetime | None = strawberry.field(
        description="When it ended; null for a moment, and as long as no end was told: it goes on then, to "
        "the session's end at the latest."
    )
    is_start_told: bool = strawberry.field(description="False: only its end was told, and `at` is that end.")
    offset: int | None = strawberry.field(
        description="Seconds from the session's start; null where that is unknown."
    )
    ended_offset: int | None = strawberry.field(
        description="Seconds from the session's start to its end; null as `endedAt`."
    )
    product_id: strawberry.ID | None = strawberry.field(description="The product's id, for `node`.")
    sku: str | None = strawberry.field(description="The id the product's source gave it.")
    product_name: str | None = strawberry.field(description="The product's name; empty when none was told.")
    label: str = strawberry.field(description="What it is called: an offer's name, a violation's code.")
    text: str = strawberry.field(description="What was said: the message, the note, the violation's reason.")
    severity: str | None = strawberry.field(description="Of a violation: how grave it is, as told.")
    prize_quantity: BigInt | None = strawberry.field(description="Of a giveaway: how many prizes there are.")
    scheduled_at_random: bool = strawberry.field(
        description="Of an offer: whether its time was drawn at random."
    )
    replay_url: str | None = strawberry.field(
        description="Where the replay can be watched from there on; null without a replay."
    )
    of_session: strawberry.Private[UUID]
    siblings: strawberry.Private[Siblings]


DesignArgument = Annotated[
    UpliftDesign, strawberry.argument(description="Of all of them, or of those scheduled at random.")
]


@strawberry.type(description="A giveaway of a session.")
class Giveaway(Marker):
    @computed(description="What the partner's giveaways go along with: one entry a metric and window.")
    @reads(weight=0, size=8)
    def uplift(self, info: Info, design: DesignArgument = UpliftDesign.OBSERVATIONAL) -> list[Uplift]:
        return _uplift(info, self, design)


@strawberry.type(description="A promotion of a session.")
class Promotion(Marker):
    @computed(description="What the partner's promotions go along with: one entry a metric and window.")
    @reads(weight=0, size=8)
    def uplift(self, info: Info, design: DesignArgument = UpliftDesign.OBSERVATIONAL) -> list[Uplift]:
        return _uplift(info, self, design)


@strawberry.enum(description="What time a reported number is of.")
class ReportedInterval(enum.Enum):
    TOTAL = strawberry.enum_value("TOTAL", description="The session so far, or all of it.")
    MINUTE = strawberry.enum_value("MINUTE", description="One minute of it, or one sample.")


@strawberry.type(
    description="A number of a platform, as the platform reports it: never recomputed, never summed with "
    "measured ones."
)
class ReportedMetric:
    key: str = strawberry.field(description="What the platform calls it.")
    value: str = strawberry.field(description="Its value, as reported, digit by digit.")
    interval: ReportedInterval = strawberry.field(description="What time it is of.")
    starts_at: dt.datetime | None = strawberry.field(description="Where that begins; null when not told.")
    ends_at: dt.datetime | None = strawberry.field(description="Where that ends; null when not told.")
    source: str = strawberry.field(description="Who reports it.")
    definition: str = strawberry.field(
        description="What the platform means by its numbers; empty when not told."
    )
    reported_at: dt.datetime = strawberry.field(description="When it was reported, the latest time.")
    provenance: Provenance = strawberry.field(description="REPORTED, always.")


KindsArgument = Annotated[
    list[MarkerKind] | None, strawberry.argument(description="Only of these kinds; all when left out.")
]
FromSecondArgument = Annotated[
    int | None,
    strawberry.argument(
        name="from", description="Seconds from the session's start: only what goes on then or later."
    ),
]
ToSecondArgument = Annotated[
    int | None,
    strawberry.argument(name="to", description="Seconds from the session's start: only what begins before."),
]


def clock_of(info: Info, siblings: Siblings, session_id: UUID) -> Clock:
    """When a session runs."""
    clocks = siblings.load("clock", partial(session_clocks, actor=needs(info, "read")))
    return clocks.get(session_id, UNKNOWN)


def _given(row: MarkerRow, clock: Clock, *, session_id: UUID, siblings: Siblings) -> dict[str, Any]:
    offset = clock.seconds(row.at)
    prizes = row.details.get("prize_quantity")
    return {
        "kind": MarkerKind[row.kind],
        "at": row.at,
        "ended_at": row.ended_at,
        "is_start_told": row.is_start_told,
        "offset": offset,
        "ended_offset": None if row.ended_at is None else clock.seconds(row.ended_at),
        "product_id": None if row.product_id is None else node_id(PRODUCT_LETTER, row.product_id),
        "sku": row.sku,
        "product_name": row.product_name,
        "label": row.label,
        "text": row.text,
        "severity": row.details.get("severity"),
        "prize_quantity": None if prizes is None else BigInt(prizes),
        "scheduled_at_random": row.scheduled_at_random,
        "replay_url": None if offset is None else replay_at(clock.replay_url, offset),
        "of_session": session_id,
        "siblings": siblings,
    }


def _told(
    info: Info,
    part: SessionPart,
    kinds: list[MarkerKind],
    *,
    from_second: int | None = None,
    to_second: int | None = None,
    most: int = MOST,
) -> list[dict[str, Any]]:
    names = sorted({kind.name for kind in kinds})
    answer = partial(
        session_markers,
        actor=needs(info, "read"),
        kinds=names,
        from_second=from_second,
        to_second=to_second,
        most=most,
    )
    found = part.siblings.load(("markers", *names, from_second, to_second, most), answer)
    rows = found.get(part.identity, [])
    clock = clock_of(info, part.siblings, part.identity)
    return [_given(row, clock, session_id=part.identity, siblings=part.siblings) for row in rows]


def markers_of(
    info: Info,
    part: SessionPart,
    *,
    kinds: list[MarkerKind] | None,
    from_second: int | None,
    to_second: int | None,
) -> list[Marker]:
    """Markers of one session, read for all of its page at once."""
    chosen = list(MarkerKind) if kinds is None else kinds
    told = _told(info, part, chosen, from_second=from_second, to_second=to_second)
    return [Marker(**given) for given in told]


def _uplift(info: Info, of: Marker, design: UpliftDesign) -> list[Uplift]:
    answer = partial(offer_uplifts, actor=needs(info, "read"), kind=of.kind.name, design=design.name)
    rows = of.siblings.load(("uplift", of.kind, design), answer).get(of.of_session, [])
    found: Mapping[tuple[str, str], UpliftRow] = {(row.metric, row.window): row for row in rows}
    return [
        _shown_uplift(found.get((metric.name, window.name)), metric, window, design)
        for metric in UpliftMetric
        for window in UpliftWindow
    ]


def _shown_uplift(
    row: UpliftRow | None, metric: UpliftMetric, window: UpliftWindow, design: UpliftDesign
) -> Uplift:
    reason = "NOT_COMPUTED" if row is None else row.reason
    return Uplift(
        metric=metric,
        window=window,
        design=design,
        is_causal=design is UpliftDesign.RANDOMISED,
        ratio=None if row is None or row.ratio is None else plain(row.ratio),
        low=None if row is None or row.low is None else plain(row.low),
        high=None if row is None or row.high is None else plain(row.high),
        reason=UpliftReason[reason] if reason else None,
        sessions=BigInt(0 if row is None else row.sessions),
        offers=BigInt(0 if row is None else row.offers),
        computed_at=None if row is None else row.computed_at,
    )


def _shown_report(row: ReportedRow, interval: ReportedInterval) -> ReportedMetric:
    return ReportedMetric(
        key=row.key,
        value=row.value,
        interval=interval,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        source=row.source,
        definition=row.definition,
        reported_at=row.reported_at,
        provenance=Provenance.REPORTED,
    )


@strawberry.type
class MarkersOfSession(SessionPart):
    """Fields of a live session: what its numbers are read against."""

    @computed(
        description=f"Its moments and spans in the order of time, the first {MOST}: what a product's moments "
        "did is in `showings`."
    )
    @reads(weight=1, size=MOST)
    def markers(
        self,
        info: Info,
        kinds: KindsArgument = None,
        from_second: FromSecondArgument = None,
        to_second: ToSecondArgument = None,
    ) -> list[Marker]:
        return markers_of(info, self, kinds=kinds, from_second=from_second, to_second=to_second)

    @computed(description=f"Its giveaways in the order of time, the first {MOST_OFFERS}.")
    @reads(weight=1, size=MOST_OFFERS)
    def giveaways(self, info: Info) -> list[Giveaway]:
        told = _told(info, self, [MarkerKind.GIVEAWAY], most=MOST_OFFERS)
        return [Giveaway(**given) for given in told]

    @computed(description=f"Its promotions in the order of time, the first {MOST_OFFERS}.")
    @reads(weight=1, size=MOST_OFFERS)
    def promotions(self, info: Info) -> list[Promotion]:
        told = _told(info, self, [MarkerKind.PROMOTION], most=MOST_OFFERS)
        return [Promotion(**given) for given in told]

    @computed(
        description=f"What platforms report of it, the first {MOST} numbers: beside `kpis`, never in them."
    )
    @reads(weight=1, size=MOST)
    def reported(
        self,
        info: Info,
        interval: Annotated[
            ReportedInterval, strawberry.argument(description="In total, or by the minute.")
        ] = ReportedInterval.TOTAL,
        starts_at: Annotated[
            dt.datetime | None,
            strawberry.argument(name="from", description="Only intervals that begin then or later."),
        ] = None,
        ends_at: Annotated[
            dt.datetime | None,
            strawberry.argument(name="to", description="Only intervals that begin before."),
        ] = None,
    ) -> list[ReportedMetric]:
        answer = partial(
            session_reports,
            actor=needs(info, "read"),
            interval=interval.name,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        rows = self.siblings.load(("reported", interval, starts_at, ends_at), answer)
        return [_shown_report(row, interval) for row in rows.get(self.identity, [])]

    @computed(description="Where it can be watched again; null when nobody told.")
    def replay_url(self, info: Info) -> str | None:
        return replay_at(clock_of(info, self.siblings, self.identity).replay_url, None)

    @computed(description="Where it can be watched again from a moment on; null when nobody told.")
    def replay_at(
        self,
        info: Info,
        offset: Annotated[int, strawberry.argument(description="Seconds from its start.")],
    ) -> str | None:
        return replay_at(clock_of(info, self.siblings, self.identity).replay_url, offset)
