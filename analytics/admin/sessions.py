"""Live sessions with their numbers."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from unfold.views import ChangeList

from analytics.admin.merging import MergingPage, WholeFilter
from analytics.admin.numbers import NOTHING, column_of, shown
from analytics.metrics import BASES, HEADLINES, SESSION_METRICS, Fact, Metric, Scope, stored
from analytics.models import SessionProduct, SessionProductSales
from analytics.queries.sessions import session_numbers
from commerce.access import Actor
from commerce.admin.scope import FactLines, FactPage, PartnerFilter, actor_of
from commerce.models import LiveSession

BASIS: Final = "PAID"
"""Of the list's sales; the page of a session shows all three."""


class NumberedList(ChangeList):  # type: ignore[misc]  # Its package says nothing of types.
    """A page of sessions with the numbers of all of them, read by one statement."""

    result_list: list[Any]

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows, each with its numbers."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        read = session_numbers([row.pk for row in self.result_list], actor=actor_of(request), basis=BASIS)
        for row in self.result_list:
            row.numbers = read.get(row.pk)


class ProductLines(FactLines):
    """What was shown and clicked in the session."""

    model = SessionProduct
    fk_name = "session"
    verbose_name_plural = "Products shown"
    fields = ("product", *(metric.column() for metric in stored(Scope.PRODUCT, Fact.EVENTS)))
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the products' names."""
        return super().get_queryset(request).select_related("product")


class ProductSalesLines(FactLines):
    """What was sold in the session."""

    model = SessionProductSales
    fk_name = "session"
    verbose_name_plural = "Products sold"
    fields = (
        "product",
        "currency",
        *(metric.column(BASIS) for metric in stored(Scope.PRODUCT, Fact.ORDERS)),
    )
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the products' names."""
        return super().get_queryset(request).select_related("product")


@admin.register(LiveSession)
class SessionPage(MergingPage, FactPage):
    """Sessions, the latest first; their numbers come from the catalogue."""

    list_display = (
        "__str__",
        "external_id",
        "partner",
        "channel",
        "started_at",
        "last_ended_at",
        *map(column_of, HEADLINES),
    )
    list_filter = (PartnerFilter, WholeFilter, "channel", "objective")
    search_fields = ("external_id__exact", "title", "host")
    ordering = ("-started_at", "-id")
    readonly_fields = ("numbers",)
    inlines = (ProductLines, ProductSalesLines)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[NumberedList]:
        """The list that reads numbers."""
        return NumberedList

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> LiveSession | None:
        """A session that knows who looks at it: its numbers are walled too."""
        session: LiveSession | None = super().get_object(request, object_id, from_field)
        if session is not None:
            session.looked_at_by = actor_of(request)  # type: ignore[attr-defined]
        return session

    @admin.display(description="Numbers")
    def numbers(self, session: LiveSession) -> str:
        """Every metric of the session, and sales in its currency by basis."""
        actor: Actor = session.looked_at_by  # type: ignore[attr-defined]
        read = [session_numbers([session.pk], actor=actor, basis=basis).get(session.pk) for basis in BASES]
        paid = read[BASES.index(BASIS)]
        computed_at = None if paid is None else paid.computed_at
        return render_to_string(
            "analytics/admin/numbers.html",
            {
                "bases": BASES,
                "rows": [
                    _told(metric, [shown(metric, numbers) for numbers in read]) for metric in SESSION_METRICS
                ],
                "computed_at": computed_at,
                "is_fresh": paid is not None and paid.is_fresh,
                "other_currencies": [] if paid is None else paid.other_currencies,
                "nothing": NOTHING,
            },
        )


def _told(metric: Metric, values: list[str]) -> dict[str, Any]:
    # One value where the basis makes no difference to what is counted.
    return {
        "label": metric.label,
        "formula": metric.formula,
        "values": values if len(set(values)) > 1 else values[:1],
        "span": 1 if len(set(values)) > 1 else len(values),
    }
