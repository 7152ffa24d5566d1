"""The file behind a ticket, written while it is read."""

from collections.abc import Iterator
from typing import Final

from analytics.exports.documents import document_chunks
from analytics.exports.files import csv_chunks, workbook_chunks
from analytics.exports.statements import STATEMENT_TABLES
from analytics.exports.tables import TABLES
from analytics.exports.tickets import Ticket

ABOUT: Final = {"SESSION": TABLES, "STATEMENT": STATEMENT_TABLES}
"""Tables by what they are about."""


def written(ticket: Ticket) -> Iterator[bytes]:
    """The file a ticket is for, in chunks; its rows are read on the same connection meanwhile."""
    known = ABOUT[ticket.about]
    names = [ticket.table] if ticket.table else list(known)
    tables = (known[name](ticket.subject_id, ticket.actor) for name in names)
    if ticket.format == "PDF":
        return document_chunks(tables, title=ticket.about.capitalize())
    return csv_chunks(next(tables)) if ticket.format == "CSV" else workbook_chunks(tables)
