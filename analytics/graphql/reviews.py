"""What is to be looked at and how often, what of it is due, and noting that it was done."""

import datetime as dt
from typing import Annotated, Final
from uuid import UUID

import strawberry

from analytics import models
from analytics.graphql.changes import UserError, UserErrorCode
from analytics.graphql.metrics import Cadence, MetricKey, MetricScope
from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    Node,
    Siblings,
    computed,
    connection_of,
    needs,
    node_id,
    own_id,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.plans import plan_partner
from analytics.graphql.reports import CadenceReport, shown_report
from analytics.graphql.targets import LETTER as TARGET_LETTER
from analytics.graphql.targets import TargetStatus
from analytics.metrics import Cadence as DeclaredCadence
from analytics.plans import reviews
from analytics.plans.current import today_of
from analytics.plans.periods import period_of
from commerce import queries
from config.api.cost import reads
from config.api.scalars import BigInt, parse_date
from kol.refusals import Refused

LETTER: Final = "v"


@strawberry.type(description="What is looked at together, how often, and what there is to look at.")
class ReviewDue:
    cadence: Cadence = strawberry.field(description="How often.")
    metrics: list[MetricKey] = strawberry.field(
        description="The numbers whose declared cadence it is; a key once for sessions and shop. None waits "
        "for a year: then it is targets that are looked at."
    )
    starts_on: dt.date = strawberry.field(
        name="from", description="The first day of the period to review: the last one that is over."
    )
    ends_on: dt.date = strawberry.field(name="to", description="The day after its last one.")
    next_on: dt.date = strawberry.field(description="The day the next one is due: when the current is over.")
    report: CadenceReport | None = strawberry.field(
        description="Its report; null before it is made, and where there was nothing to report."
    )


@strawberry.type(description="A number to look at in a review, and who answers for it.")
class ReviewItem:
    metric: MetricKey = strawberry.field(description="The number.")
    about: MetricScope = strawberry.field(description="What it is of: all sessions, or the shop.")
    label: str = strawberry.field(description="The number's name for people.")
    target_id: strawberry.ID | None = strawberry.field(
        description="Its target in the period; null where nobody set one."
    )
    owner: str | None = strawberry.field(
        description="Who answered for the target at the end of the period; null without one."
    )
    status: TargetStatus | None = strawberry.field(
        description="Whether the target was reached; null without one."
    )


@strawberry.type(
    description="Looking at how a closed period of the partner's calendar went: due once its report is made, "
    "done when somebody has said what came of it."
)
class Review(Node):
    cadence: Cadence = strawberry.field(description="How long such periods are.")
    starts_on: dt.date = strawberry.field(name="from", description="The first day.")
    ends_on: dt.date = strawberry.field(name="to", description="The day after the last one.")
    due_at: dt.datetime = strawberry.field(description="Since when it is or was due.")
    is_done: bool = strawberry.field(description="Whether it was done.")
    done_at: dt.datetime | None = strawberry.field(description="When; null: it is due.")
    done_by: str | None = strawberry.field(description="By whom: a login, or the name of a key.")
    note: str | None = strawberry.field(description="What came of it; null: it is due.")
    seen_version: BigInt | None = strawberry.field(
        description="The version of the report that was looked at; a later one says what changed since."
    )
    identity: strawberry.Private[UUID]
    siblings: strawberry.Private[Siblings]
    rows: strawberry.Private[dict[UUID, models.Review]]

    @computed(description="Its report, in the latest version.")
    @reads(weight=1)
    def report(self, info: Info) -> CadenceReport | None:
        return self._report(info)

    @computed(
        description="What to look at: the numbers whose declared cadence it is, each with its targets in the "
        "period; then what else had a target of this cadence."
    )
    @reads(weight=0, size=0)
    def items(self, info: Info) -> list[ReviewItem]:
        report = self._report(info)
        content = None if report is None else report.content
        return [_item(one) for one in reviews.items_of(DeclaredCadence[self.cadence.name], content)]

    def _report(self, info: Info) -> CadenceReport | None:
        def answer(ids: object) -> dict[UUID, CadenceReport]:
            found = reviews.latest_reports(self.rows.values(), actor=needs(info, "read", "manage"))
            return {identity: shown_report(row) for identity, row in found.items()}

        return self.siblings.load("report of the period", answer).get(self.identity)


def _item(told: reviews.Item) -> ReviewItem:
    target = told.target
    return ReviewItem(
        metric=MetricKey[told.metric.key.upper()],
        about=MetricScope[told.metric.scope.value],
        label=told.metric.label,
        target_id=None if target is None else node_id(TARGET_LETTER, UUID(target["id"])),
        owner=None if target is None else target["owner"],
        status=None if target is None else TargetStatus[target["status"]],
    )


def shown_reviews(rows: list[models.Review]) -> list[Review]:
    """Reviews as the API tells them; what each is asked beyond its row is read for all at once."""
    siblings, by_id = Siblings([row.id for row in rows]), {row.id: row for row in rows}
    return [
        Review(
            id=node_id(LETTER, row.id),
            cadence=Cadence[row.cadence],
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            due_at=row.due_at,
            is_done=row.done_at is not None,
            done_at=row.done_at,
            done_by=row.who or None,
            note=row.note or None,
            seen_version=None if row.version is None else BigInt(row.version),
            identity=row.id,
            siblings=siblings,
            rows=by_id,
        )
        for row in rows
    ]


def review_by_id(info: Info, identity: UUID) -> Review | None:
    """One review; None when there is none to see."""
    rows = reviews.reviews(actor=needs(info, "read")).filter(id=identity)
    return next(iter(shown_reviews(list(rows))), None)


def list_reviews(info: Info, *, due: bool | None, first: int, after: str | None) -> Connection[Review]:
    """A page of reviews, the latest period first."""
    actor, size = needs(info, "read"), page_size(first)
    rows = queries.page(
        reviews.reviews(actor=actor, due=due),
        ordering=queries.Ordering(column="starts_on", is_descending=True),
        after=read_cursor(after, order="reviews", kinds=(parse_date, UUID)),
        limit=size + 1,
    )
    return connection_of(
        shown_reviews(rows),
        size=size,
        after=after,
        cursor=lambda one: write_cursor("reviews", (one.starts_on, one.identity)),
        node=lambda one: one,
    )


def calendar(info: Info) -> list[ReviewDue]:
    """What is looked at how often, with the last period of each cadence."""
    actor = needs(info, "read")
    partner = plan_partner(actor)
    today = today_of(partner, info.context.now)
    periods = [
        period_of(cadence, today, week_starts_on=partner.week_starts_on) for cadence in DeclaredCadence
    ]
    wanted = [period.previous for period in periods]
    rows = reviews.report_rows(actor=actor).filter(
        is_outdated=False, starts_on__in=[one.starts_on for one in wanted]
    )
    found = {(row.cadence, row.starts_on): shown_report(row) for row in rows}
    return [
        ReviewDue(
            cadence=Cadence[last.cadence.name],
            metrics=_keys(last.cadence),
            starts_on=last.starts_on,
            ends_on=last.ends_on,
            next_on=current.ends_on,
            report=found.get((last.cadence.name, last.starts_on)),
        )
        for last, current in zip(wanted, periods, strict=True)
    ]


def _keys(cadence: DeclaredCadence) -> list[MetricKey]:
    names = (metric.key.upper() for metric in reviews.looked_at(cadence))
    return [MetricKey[name] for name in dict.fromkeys(names)]


DueArgument = Annotated[
    bool | None,
    strawberry.argument(description="true: only those due; false: only those done; all when left out."),
]


@strawberry.type
class ReviewQueries:
    """Part of the root's queries: the calendar of reviews, and reviews."""

    @computed(
        description="The calendar of reviews: what is to be looked at weekly, every two weeks, monthly, "
        "quarterly and yearly, with the last period of each. Weeks begin on the partner's own day."
    )
    @reads(weight=1, size=5)
    def due_reviews(self, info: Info) -> list[ReviewDue]:
        return calendar(info)

    @computed(
        description="Reviews of closed periods, the latest first: each has what to look at, who answers for "
        "it, and the report. A period without anything to report has none."
    )
    def reviews(
        self,
        info: Info,
        due: DueArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Review]:
        return list_reviews(info, due=due, first=first, after=after)


@strawberry.input(description="A review that was done.")
class CompleteReviewInput:
    id: strawberry.ID = strawberry.field(description="The review.")
    note: str = strawberry.field(description="What came of it, 1 to 2,000 characters.")


@strawberry.type(description="What came of noting that a review was done.")
class CompleteReviewPayload:
    review: Review | None = strawberry.field(description="The review; null when nothing was done.")
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


@strawberry.type
class ReviewMutations:
    """Part of the root's mutations: reviews."""

    @computed(
        description="Note that a period was looked at, and what came of it; once. On record. "
        "Needs the scope `manage`."
    )
    def complete_review(
        self,
        info: Info,
        input: Annotated[CompleteReviewInput, strawberry.argument(description="Which one, and what came.")],
    ) -> CompleteReviewPayload:
        actor = needs(info, "manage")
        try:
            row = reviews.complete_review(
                own_id(input.id, LETTER), note=input.note, actor=actor, now=info.context.now
            )
        except Refused as refused:
            told = UserError(
                field=["input", *refused.path],
                code=UserErrorCode[refused.kind.upper()],
                message=refused.message,
            )
            return CompleteReviewPayload(review=None, user_errors=[told])
        (shown,) = shown_reviews([row])
        return CompleteReviewPayload(review=shown, user_errors=[])
