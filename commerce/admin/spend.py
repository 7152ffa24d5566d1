"""Marketing money: what was spent on what, with its sums, and taking it in from files."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse

from commerce.admin.scope import FactPage, PartnerFilter
from commerce.admin.tables import SpendFiles
from commerce.models import Spend

MOST_SUMS = 100


def sums_of(rows: QuerySet[Spend]) -> list[dict[str, Any]]:
    """Sums by currency, purpose and channel: amounts of two currencies are never added."""
    by = ("currency", "purpose", "channel")
    told = rows.filter(amount__isnull=False).order_by(*by).values(*by)
    return list(told.annotate(amount=Sum("amount"), rows=Count("pk"))[:MOST_SUMS])


@admin.register(Spend)
class SpendPage(SpendFiles, FactPage):
    """What was spent, the latest days first; it comes as events, or from a file."""

    list_display = (
        "starts_on", "ends_on", "amount", "currency", "purpose", "channel", "campaign", "partner", "source",
    )  # fmt: skip
    list_filter = (PartnerFilter, "purpose", "currency")
    search_fields = ("channel", "campaign", "external_id__exact")
    ordering = ("-starts_on", "-id")
    list_before_template = "commerce/admin/spend_sums.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with the sums of all that its filters leave."""
        answer: HttpResponse = super().changelist_view(request, extra_context)
        context = getattr(answer, "context_data", None) or {}
        if (changes := context.get("cl")) is not None:
            context["sums"] = sums_of(changes.queryset)
        return answer
