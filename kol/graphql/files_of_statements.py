"""Statements as files: addresses to fetch them from."""

import datetime as dt
import enum
from typing import Annotated

import strawberry

from analytics import exports
from analytics.graphql.changes import UserError, not_found
from analytics.graphql.exports import ExportFile
from analytics.graphql.pages import Info, computed, needs, own_id
from commerce.access import Actor
from commerce.record import put_on_record
from kol import models, queries
from kol.graphql.claims import STATEMENT_LETTER


@strawberry.enum(description="How a statement is written.")
class StatementFormat(enum.Enum):
    CSV = strawberry.enum_value("CSV", description="Two files, UTF-8: what it is, and its lines.")
    XLSX = strawberry.enum_value("XLSX", description="One workbook: a sheet of what it is, one of lines.")
    PDF = strawberry.enum_value("PDF", description="One document to print.")


@strawberry.input(description="A statement to take out.")
class ExportStatementInput:
    id: strawberry.ID = strawberry.field(description="The statement.")
    format: StatementFormat = strawberry.field(description="How to write it.")


@strawberry.type(description="A statement as files.")
class ExportStatementPayload:
    files: list[ExportFile] = strawberry.field(description="The files; empty when there are user errors.")
    expires_at: dt.datetime | None = strawberry.field(
        description="When the addresses stop working; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


def _ticket(row: models.Statement, actor: Actor, format_: str, table: str) -> exports.Ticket:
    """What shows one statement: to an outsider nothing else of what he sees either."""
    own = (row.collaboration_id,) if actor.is_outsider else ()
    sights = tuple(one for one in actor.sights if one.campaign_id == row.collaboration.campaign_id)
    return exports.Ticket(actor.partner_ids, row.pk, format_, table, "STATEMENT", sights, own)


@strawberry.type
class StatementFileMutations:
    """Part of the root's mutations: statements taken out, on record."""

    @computed(
        description="Addresses of a statement's files, with its lines and no customer, for an hour; that "
        "they were given is put on record. Needs the scope `read`."
    )
    def export_statement(
        self,
        info: Info,
        input: Annotated[ExportStatementInput, strawberry.argument(description="Which, and how.")],
    ) -> ExportStatementPayload:
        actor, now = needs(info, "read"), info.context.now
        rows = queries.statements(actor=actor).select_related("collaboration")
        row = rows.filter(id=own_id(input.id, STATEMENT_LETTER)).first()
        if row is None:
            error = not_found("id", message="There is no such statement.")
            return ExportStatementPayload(files=[], expires_at=None, user_errors=[error])
        # As the worker: an agency writes in no partner's record, and is on it all the same.
        put_on_record(
            actor=actor, partner_id=row.partner_id, action="export_statement", subject_kind="statement",
            subject_id=row.pk, now=now, details={"format": input.format.name, "status": row.status},
            using="worker",
        )  # fmt: skip
        tables = list(exports.STATEMENT_TABLES) if input.format is StatementFormat.CSV else [""]
        tickets = [_ticket(row, actor, input.format.name, table) for table in tables]
        files = [
            ExportFile(
                name=ticket.file_name,
                content_type=exports.FORMATS[ticket.format].content_type,
                url="/v1/exports/" + exports.issue_ticket(ticket, now=now),
            )
            for ticket in tickets
        ]
        return ExportStatementPayload(files=files, expires_at=now + exports.LIFETIME, user_errors=[])
