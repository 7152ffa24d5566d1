"""A session's numbers as files: tables of rows, written as CSV or as one workbook."""

from analytics.exports.files import FORMATS, Format, csv_chunks, workbook_chunks
from analytics.exports.tables import TABLES, Table, table_of
from analytics.exports.tickets import LIFETIME, Ticket, issue_ticket, read_ticket

__all__ = [
    "FORMATS",
    "LIFETIME",
    "TABLES",
    "Format",
    "Table",
    "Ticket",
    "csv_chunks",
    "issue_ticket",
    "read_ticket",
    "table_of",
    "workbook_chunks",
]
