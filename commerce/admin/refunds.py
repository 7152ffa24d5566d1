"""Refunds, as events stated them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from commerce.admin.scope import FactPage, PartnerFilter
from commerce.models import Refund


class LinkFilter(admin.SimpleListFilter):
    """Whether the order of a refund is known."""

    title = "order"
    parameter_name = "linked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Linked or not."""
        return [("yes", "Of an order"), ("no", "Without an order")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Refund]) -> QuerySet[Refund]:
        """Refunds with, or without, an order."""
        return queryset if self.value() is None else queryset.filter(order__isnull=self.value() == "no")


@admin.register(Refund)
class RefundPage(FactPage):
    """What was given back: of an order, or of a session or the shop alone."""

    list_display = (
        "external_id",
        "source",
        "partner",
        "order",
        "session",
        "occurred_at",
        "value",
        "currency",
    )
    list_select_related = ("partner", "order", "session")
    list_filter = (PartnerFilter, LinkFilter)
    search_fields = ("external_id__exact", "order__external_id__exact")
    ordering = ("-occurred_at", "-id")
