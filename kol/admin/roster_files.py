"""Rosters from files: uploaded, shown row by row with what is wrong, and taken in when confirmed."""

from dataclasses import asdict
from typing import Any, Final

from import_export.resources import ModelResource
from import_export.results import Result, RowResult

from commerce import tables
from commerce.admin.table_files import TableFiles, columns_shown, show_row
from kol import roster
from kol.models import RosterEntry

SHOWN_AS: Final = {
    roster.Status.NEW: RowResult.IMPORT_TYPE_NEW,
    roster.Status.CHANGED: RowResult.IMPORT_TYPE_UPDATE,
    roster.Status.SAME: RowResult.IMPORT_TYPE_SKIP,
    roster.Status.REFUSED: RowResult.IMPORT_TYPE_INVALID,
}


class RosterResource(ModelResource):  # type: ignore[misc]  # Its package says nothing of types.
    """The import as its pages show it; what it does is the roster's own."""

    class Meta:
        model = RosterEntry
        name = "Roster"

    def get_user_visible_fields(self) -> list[Any]:
        """The columns of a file."""
        return columns_shown(roster.COLUMNS)

    def import_data(self, dataset: list[tables.Row], dry_run: bool = False, **told: Any) -> Result:
        """Take the rows in, or with `dry_run` say what that would change."""
        rows = [roster.roster_row(row) for row in dataset]
        outcome = roster.import_roster(rows, preview=dry_run, **told["asked"])
        result = Result()
        result.diff_headers = [*roster.COLUMNS, "changes"]
        result.total_rows = len(outcome.rows)
        for row in outcome.rows:
            _show(result, row)
        return result


def _show(result: Result, one: roster.RowOutcome) -> None:
    values = [value for name, value in asdict(one.row).items() if name != "line"]
    told = "; ".join(f"{change.column}: {change.before or '-'} > {change.after}" for change in one.changes)
    if one.known_as:
        told = f"known as {one.known_as}; {told}"
    show_row(result, line=one.row.line, kind=SHOWN_AS[one.status], values=[*values, told], errors=one.errors)


class RosterFiles(TableFiles):
    """Part of the page of rosters: taking one in from a file."""

    resource_classes = (RosterResource,)
    layout = roster.LAYOUT
    adds = "kol.add_rosterentry"
    noun = "Roster"
