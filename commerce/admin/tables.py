"""Spend and costs from files: what is new, changed or known is shown first, all of it or nothing."""

from typing import Any, ClassVar, Final

from import_export.resources import ModelResource
from import_export.results import Result, RowResult

from commerce import tables
from commerce.admin.table_files import TableFiles, columns_shown, show_row
from commerce.models import Product, Spend
from commerce.tasks import wake

SHOWN_AS: Final = {
    tables.Status.NEW: RowResult.IMPORT_TYPE_NEW,
    tables.Status.CHANGED: RowResult.IMPORT_TYPE_UPDATE,
    tables.Status.KNOWN: RowResult.IMPORT_TYPE_SKIP,
    tables.Status.REFUSED: RowResult.IMPORT_TYPE_INVALID,
}
SAID: Final = {tables.Status.NEW: "new", tables.Status.KNOWN: "known", tables.Status.REFUSED: ""}


class TableResource(ModelResource):  # type: ignore[misc]  # Its package says nothing of types.
    """An import as its pages show it; what it does is the table's own."""

    table: ClassVar[tables.Table]

    def get_user_visible_fields(self) -> list[Any]:
        """The columns of a file."""
        return columns_shown(self.table.layout.columns)

    def import_data(self, dataset: list[tables.Row], dry_run: bool = False, **told: Any) -> Result:
        """Take the rows in, or with `dry_run` say what that would change."""
        asked = told["asked"]
        outcome = tables.import_table(self.table, dataset, preview=dry_run, **asked)
        if outcome.is_done:
            wake(asked["partner_id"])
        result = Result()
        result.diff_headers = [*self.table.layout.columns, "status"]
        result.total_rows = len(outcome.rows)
        for one in outcome.rows:
            said = SAID.get(one.status, f"changed, was {one.before}")
            show_row(
                result,
                line=one.row.line,
                kind=SHOWN_AS[one.status],
                values=[*(one.row.cells[name] for name in self.table.layout.columns), said],
                errors=one.errors,
            )
        return result


class SpendResource(TableResource):
    """What was spent."""

    table = tables.SPEND

    class Meta:
        model = Spend
        name = "Spend"


class CostResource(TableResource):
    """What products cost."""

    table = tables.COSTS

    class Meta:
        model = Product
        name = "Costs"


class SpendFiles(TableFiles):
    """Part of the page of spend: taking it in from a file."""

    resource_classes = (SpendResource,)
    layout = tables.SPEND.layout
    adds = "commerce.add_spend"
    noun = "Spend"


class CostFiles(TableFiles):
    """Part of the page of products: taking in what they cost from a file."""

    resource_classes = (CostResource,)
    layout = tables.COSTS.layout
    adds = "commerce.change_product"
    noun = "Costs"
