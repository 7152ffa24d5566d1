"""Orders with their lines, refunds, and the session each was found to belong to."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from analytics.models import OrderFact
from commerce.access import scoped
from commerce.admin.scope import FactLines, FactPage, PartnerFilter, actor_of
from commerce.models import Order, OrderLine, Refund


class SettledList(ChangeList):  # type: ignore[misc]  # Its package says nothing of types.
    """A page of orders with the assignments of all of them, read by one statement."""

    result_list: list[Any]

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows, each with how it was settled."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        rows = scoped(OrderFact.objects.select_related("session"), actor=actor_of(request))
        facts = {fact.order_id: fact for fact in rows.filter(order__in=[row.pk for row in self.result_list])}
        for row in self.result_list:
            row.settled = facts.get(row.pk)


class AssignmentFilter(admin.SimpleListFilter):
    """How the session of an order was found."""

    title = "assignment"
    parameter_name = "assignment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The methods, and none."""
        return [
            *((str(value), str(label)) for value, label in OrderFact.Method.choices),
            ("none", "No session"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Orders assigned in the chosen way."""
        if self.value() is None:
            return queryset
        method = "" if self.value() == "none" else self.value()
        facts = OrderFact.objects.filter(
            partner_id=OuterRef("partner_id"), order_id=OuterRef("pk"), method=method
        )
        return queryset.filter(Exists(facts))


class LineLines(FactLines):
    """What was ordered."""

    model = OrderLine
    fields = ("position", "product", "quantity", "price", "discount", "cost")
    ordering = ("position",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the products' names."""
        return super().get_queryset(request).select_related("product")


class RefundLines(FactLines):
    """What of it was given back."""

    model = Refund
    fields = ("external_id", "occurred_at", "value", "currency", "reason")
    ordering = ("occurred_at", "id")


class AssignmentLines(FactLines):
    """Whose sale it is, and what was taken from it."""

    model = OrderFact
    verbose_name_plural = "Assignment"
    fields = (
        "session",
        "method",
        "confidence",
        "viewer",
        "merchandise",
        "refunded",
        "refunded_units",
    )
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the names of session and viewer."""
        return super().get_queryset(request).select_related("session", "viewer")


@admin.register(Order)
class OrderPage(FactPage):
    """Orders, the latest first."""

    list_display = (
        "external_id",
        "partner",
        "placed_at",
        "paid_at",
        "cancelled_at",
        "merchandise",
        "currency",
        "units",
        "assigned_session",
        "assigned_method",
        "assigned_confidence",
        "is_value_mismatch",
    )
    list_filter = (
        PartnerFilter,
        AssignmentFilter,
        "is_value_mismatch",
        ("paid_at", admin.EmptyFieldListFilter),
        ("cancelled_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("external_id__exact",)
    ordering = ("-placed_at", "-id")
    inlines = (AssignmentLines, LineLines, RefundLines)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[SettledList]:
        """The list that reads assignments."""
        return SettledList

    @admin.display(description="Session")
    def assigned_session(self, order: Order) -> str | None:
        """The session whose sale it is."""
        fact = _settled(order)
        return None if fact is None or fact.session is None else str(fact.session)

    @admin.display(description="Method")
    def assigned_method(self, order: Order) -> str | None:
        """How that was found."""
        fact = _settled(order)
        return None if fact is None else fact.method or None

    @admin.display(description="Confidence")
    def assigned_confidence(self, order: Order) -> str | None:
        """How sure it is, from 0 to 1."""
        fact = _settled(order)
        return None if fact is None or not fact.method else str(fact.confidence)


def _settled(order: Order) -> OrderFact | None:
    fact: OrderFact | None = order.settled  # type: ignore[attr-defined]
    return fact
