"""What orders make due, and the statements it is paid by: to be read."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from commerce.admin.scope import FactLines, FactPage, PartnerFilter
from kol.models import Claim, ClaimLine, Statement


class BookingLines(FactLines):
    """What was booked of a claim."""

    model = ClaimLine
    fk_name = "claim"
    verbose_name_plural = "Bookings"
    fields = ("booked_at", "kind", "base", "amount", "currency", "collaboration", "statement")
    ordering = ("booked_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what they name."""
        return super().get_queryset(request).select_related(
            "collaboration__kol", "collaboration__campaign", "statement__collaboration__kol",
            "statement__collaboration__campaign",
        )  # fmt: skip


class StatementLines(FactLines):
    """What is on a statement."""

    model = ClaimLine
    fk_name = "statement"
    verbose_name_plural = "Bookings"
    fields = ("occurred_at", "kind", "base", "amount", "currency", "claim")
    ordering = ("occurred_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their claims."""
        return super().get_queryset(request).select_related("claim")


@admin.register(Claim)
class ClaimPage(FactPage):
    """Claims, the latest order first."""

    list_display = ("placed_at", "order_number", "collaboration", "partner", "model", "status", "currency")
    list_select_related: ClassVar[tuple[str, ...]] = (
        "partner", "collaboration__kol", "collaboration__campaign",
    )  # fmt: skip
    list_filter = (PartnerFilter, "status")
    search_fields = ("order_number__exact",)
    ordering = ("-placed_at", "-id")
    exclude: ClassVar[tuple[str, ...]] = ("id", "order")
    inlines = (BookingLines,)


@admin.register(Statement)
class StatementPage(FactPage):
    """Statements, the latest first."""

    list_display = ("starts_on", "ends_on", "collaboration", "partner", "status", "total", "currency")
    list_select_related: ClassVar[tuple[str, ...]] = (
        "partner", "collaboration__kol", "collaboration__campaign",
    )  # fmt: skip
    list_filter = (PartnerFilter, "status")
    search_fields = ("collaboration__kol__name", "collaboration__campaign__name")
    ordering = ("-starts_on", "-id")
    inlines = (StatementLines,)
