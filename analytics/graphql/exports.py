"""A session's numbers as files: addresses to fetch them from."""

import datetime as dt
import enum
from typing import Annotated

import strawberry

from analytics import exports
from analytics.graphql.pages import Info, SessionPart, bad_input, computed, needs


@strawberry.enum(description="How an export is written.")
class ExportFormat(enum.Enum):
    CSV = strawberry.enum_value("CSV", description="One file a table, UTF-8, comma separated.")
    XLSX = strawberry.enum_value("XLSX", description="One workbook, a sheet a table.")


@strawberry.type(description="One file of an export.")
class ExportFile:
    name: str = strawberry.field(description="Its name, with the extension.")
    content_type: str = strawberry.field(description="Its media type.")
    url: str = strawberry.field(
        description="Where it is, below the address of this API; needs no key, and holds until `expiresAt`."
    )


@strawberry.type(description="An ended session's trend, products, showings, traffic and comments as files.")
class Export:
    format: ExportFormat = strawberry.field(description="How it is written.")
    files: list[ExportFile] = strawberry.field(description="The files.")
    expires_at: dt.datetime = strawberry.field(description="When the addresses stop working.")


ExportFormatArgument = Annotated[ExportFormat, strawberry.argument(description="How to write it.")]


@strawberry.type
class ExportOfSession(SessionPart):
    """What can be taken out of a session."""

    @computed(description="Its tables as files, once it has ended; BAD_USER_INPUT while it is live.")
    def export(self, info: Info, format: ExportFormatArgument) -> Export:
        actor, now = needs(info, "read"), info.context.now
        if not self.has_ended:
            raise bad_input("export is for sessions that have ended.")
        written = exports.FORMATS[format.name]
        tables = list(exports.TABLES) if format is ExportFormat.CSV else [""]
        return Export(
            format=format,
            files=[
                ExportFile(
                    name=f"{table.lower() or 'session'}.{written.extension}",
                    content_type=written.content_type,
                    url="/v1/exports/"
                    + exports.issue_ticket(
                        exports.Ticket(actor.partner_ids, self.identity, format.name, table), now=now
                    ),
                )
                for table in tables
            ],
            expires_at=now + exports.LIFETIME,
        )
