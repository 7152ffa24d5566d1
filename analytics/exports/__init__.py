"""Sessions and statements as files: tables of rows, written as CSV, as one workbook, or to be printed."""

from analytics.exports.files import FORMATS, Format, csv_chunks
from analytics.exports.statements import STATEMENT_TABLES
from analytics.exports.tables import TABLES, Cell, Table
from analytics.exports.tickets import LIFETIME, Ticket, issue_ticket, read_ticket
from analytics.exports.writing import written

__all__ = [
    "FORMATS",
    "LIFETIME",
    "STATEMENT_TABLES",
    "TABLES",
    "Cell",
    "Format",
    "Table",
    "Ticket",
    "csv_chunks",
    "issue_ticket",
    "read_ticket",
    "written",
]
