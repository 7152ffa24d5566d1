"""Tables that people keep, taken in as events: read, planned row by row, sent through the door."""

from typing import Final

from commerce.tables.costs import COSTS
from commerce.tables.planning import Outcome, RowOutcome, Status, Table
from commerce.tables.reading import Layout, Row, Unreadable, decoded, read_csv, read_file, read_workbook
from commerce.tables.spend import SPEND
from commerce.tables.taking import import_table

TABLES: Final[dict[str, Table]] = {table.name: table for table in (SPEND, COSTS)}
"""Every kind of table, by its name."""

__all__ = [
    "COSTS",
    "SPEND",
    "TABLES",
    "Layout",
    "Outcome",
    "Row",
    "RowOutcome",
    "Status",
    "Table",
    "Unreadable",
    "decoded",
    "import_table",
    "read_csv",
    "read_file",
    "read_workbook",
]
