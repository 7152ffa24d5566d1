"""A partner's roster from a file: told what it would change, then all of it or nothing."""

from kol.roster.planning import Change, Outcome, RowOutcome, Status
from kol.roster.reading import COLUMNS, LARGEST_TEXT, LAYOUT, MOST_ROWS, RosterRow, read_csv, roster_row
from kol.roster.writing import import_roster

__all__ = [
    "COLUMNS",
    "LARGEST_TEXT",
    "LAYOUT",
    "MOST_ROWS",
    "Change",
    "Outcome",
    "RosterRow",
    "RowOutcome",
    "Status",
    "import_roster",
    "read_csv",
    "roster_row",
]
