"""Targets of periods, and reports by cadence."""

from typing import Annotated
from uuid import UUID

import strawberry

from analytics.graphql.metrics import Cadence
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
from analytics.plans.current import period_standings
from analytics.plans.judgement import targets_of
from analytics.plans.reviews import report_rows
from commerce import queries
from commerce.access import Actor
from commerce.models import Partner
from config.api.cost import reads
from config.api.scalars import parse_date, parse_date_time

CadenceArgument = Annotated[
    Cadence | None, strawberry.argument(description="Only of periods this long; all when left out.")
]
IdArgument = Annotated[strawberry.ID, strawberry.argument(description="The id.")]


def plan_partner(actor: Actor) -> Partner:
    """The one partner whose periods are asked for; raises BAD_USER_INPUT for who sees several."""
    rows = queries.partners(actor=actor)
    if len(rows) != 1:
        raise bad_input("Periods are of one partner, and this key sees several.")
    return rows[0]


def list_reports(
    info: Info, *, cadence: Cadence | None, first: int | None, after: str | None
) -> Connection[CadenceReport]:
    """A page of reports, each in its latest version."""
    actor, size = needs(info, "read"), page_size(first)
    rows = report_rows(actor=actor).filter(is_outdated=False)
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
    rows, identity = report_rows(actor=needs(info, "read")), own_id(text, LETTER)
    row = None if identity is None else rows.filter(id=identity).first()
    return None if row is None else shown_report(row)


def list_targets(
    info: Info, *, cadence: Cadence | None, with_retired: bool, first: int | None, after: str | None
) -> Connection[Target]:
    """A page of targets of periods with where they stand in the current ones."""
    actor, size = needs(info, "read"), page_size(first)
    partner = plan_partner(actor)
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
    """Part of the root's queries: targets of periods, and reports."""

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
