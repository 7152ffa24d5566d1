"""Targets of periods, reports by cadence, and what is due for review."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

import strawberry
from django.db.models import Exists, OuterRef, QuerySet

from analytics.graphql.metrics import Cadence, MetricKey
from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    bad_input,
    computed,
    connection_of,
    needs,
    own_id,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.reports import LETTER, CadenceReport, shown_report
from analytics.graphql.targets import RetiredArgument, Target, shown_target
from analytics.metrics import Cadence as DeclaredCadence
from analytics.models import CadenceReport as ReportRow
from analytics.plans import reporting
from analytics.plans.current import period_standings, today_of
from analytics.plans.judgement import targets_of
from analytics.plans.periods import period_of
from commerce import queries
from commerce.access import Actor, scoped
from commerce.models import Partner
from config.api.cost import reads
from config.api.scalars import parse_date, parse_date_time


@strawberry.type(description="What is looked at together, how often, and what there is to look at.")
class ReviewDue:
    cadence: Cadence = strawberry.field(description="How often.")
    metrics: list[MetricKey] = strawberry.field(
        description="The numbers whose declared cadence it is; a key once for sessions and shop."
    )
    starts_on: dt.date = strawberry.field(
        name="from", description="The first day of the period to review: the last one that is over."
    )
    ends_on: dt.date = strawberry.field(name="to", description="The day after its last one.")
    next_on: dt.date = strawberry.field(description="The day the next one is due: when the current is over.")
    report: CadenceReport | None = strawberry.field(
        description="Its report; null before it is made, and where there was nothing to report."
    )


CadenceArgument = Annotated[
    Cadence | None, strawberry.argument(description="Only of periods this long; all when left out.")
]
IdArgument = Annotated[strawberry.ID, strawberry.argument(description="The id.")]


def _rows(actor: Actor) -> QuerySet[Any]:
    """Every version of every report, each with whether it `is_outdated`."""
    slot = {name: OuterRef(name) for name in ("partner_id", "cadence", "starts_on")}
    later = ReportRow.objects.filter(**slot, version__gt=OuterRef("version"))
    return scoped(ReportRow.objects.annotate(is_outdated=Exists(later)), actor=actor)


def _partner(actor: Actor) -> Partner:
    rows = queries.partners(actor=actor)
    if len(rows) != 1:
        raise bad_input("Periods are of one partner, and this key sees several.")
    return rows[0]


def list_reports(
    info: Info, *, cadence: Cadence | None, first: int | None, after: str | None
) -> Connection[CadenceReport]:
    """A page of reports, each in its latest version."""
    actor, size = needs(info, "read"), page_size(first)
    rows = _rows(actor).filter(is_outdated=False)
    if cadence is not None:
        rows = rows.filter(cadence=cadence.name)
    found = queries.page(
        rows,
        ordering=queries.Ordering(column="starts_on", is_descending=True),
        after=read_cursor(after, order="reports", kinds=(parse_date, UUID)),
        limit=size + 1,
    )
    return connection_of(
        found,
        size=size,
        after=after,
        cursor=lambda row: write_cursor("reports", (row.starts_on, row.id)),
        node=shown_report,
    )


def find_report(info: Info, text: str) -> CadenceReport | None:
    """One version of a report."""
    rows, identity = _rows(needs(info, "read")), own_id(text, LETTER)
    row = None if identity is None else rows.filter(id=identity).first()
    return None if row is None else shown_report(row)


def due_reviews(info: Info) -> list[ReviewDue]:
    """What is to be looked at, by cadence."""
    actor = needs(info, "read")
    today = today_of(_partner(actor), info.context.now)
    periods = [period_of(cadence, today) for cadence in DeclaredCadence]
    wanted = [period.previous for period in periods]
    rows = _rows(actor).filter(is_outdated=False, starts_on__in=[one.starts_on for one in wanted])
    found = {(row.cadence, row.starts_on): shown_report(row) for row in rows}
    return [
        ReviewDue(
            cadence=Cadence[last.cadence.name],
            metrics=_looked_at(last.cadence),
            starts_on=last.starts_on,
            ends_on=last.ends_on,
            next_on=current.ends_on,
            report=found.get((last.cadence.name, last.starts_on)),
        )
        for last, current in zip(wanted, periods, strict=True)
    ]


def _looked_at(cadence: DeclaredCadence) -> list[MetricKey]:
    names = (metric.key.upper() for metric in reporting.metrics_of(cadence) if metric.cadence is cadence)
    return [MetricKey[name] for name in dict.fromkeys(names)]


def list_targets(
    info: Info, *, cadence: Cadence | None, with_retired: bool, first: int | None, after: str | None
) -> Connection[Target]:
    """A page of targets of periods with where they stand in the current ones."""
    actor, size = needs(info, "read"), page_size(first)
    partner = _partner(actor)
    rows = targets_of(actor=actor, with_retired=with_retired).filter(session=None)
    if cadence is not None:
        rows = rows.filter(cadence=cadence.name)
    found = queries.page(
        rows,
        ordering=queries.Ordering(column="set_at", is_descending=False),
        after=read_cursor(after, order="targets", kinds=(parse_date_time, UUID)),
        limit=size + 1,
    )
    told = period_standings(found, partner=partner, actor=actor, now=info.context.now)
    return connection_of(
        told,
        size=size,
        after=after,
        cursor=lambda one: write_cursor("targets", (one.target.set_at, one.target.id)),
        node=shown_target,
    )


@strawberry.type
class PlanQueries:
    """Part of the root's queries: targets of periods, reports, and what is due for review."""

    @computed(
        description="Targets of periods, the first set first, with where they stand in the current ones. "
        "Those of a session are with the session."
    )
    @reads(weight=100)
    def targets(
        self,
        info: Info,
        cadence: CadenceArgument = None,
        include_retired: RetiredArgument = False,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Target]:
        return list_targets(info, cadence=cadence, with_retired=include_retired, first=first, after=after)

    @computed(description="Reports of closed periods in their latest versions, the latest period first.")
    def reports(
        self,
        info: Info,
        cadence: CadenceArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[CadenceReport]:
        return list_reports(info, cadence=cadence, first=first, after=after)

    @computed(description="One version of a report by its id; null when there is none to see.")
    def report(self, info: Info, id: IdArgument) -> CadenceReport | None:
        return find_report(info, id)

    @computed(description="What is to be looked at weekly, every two weeks, monthly and quarterly.")
    @reads(weight=1, size=4)
    def due_reviews(self, info: Info) -> list[ReviewDue]:
        return due_reviews(info)
