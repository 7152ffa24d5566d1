"""How buyers met influencers, and what each model gives them for it: to be read."""

from typing import ClassVar

from django.contrib import admin

from analytics.models import Credit, OrderShare, Touch
from commerce.admin.scope import FactPage, PartnerFilter

WHOSE = ("partner", "collaboration__kol", "collaboration__campaign")


@admin.register(Touch)
class TouchPage(FactPage):
    """Touches, the latest first."""

    list_display = ("touched_at", "kind", "collaboration", "partner")
    list_select_related: ClassVar[tuple[str, ...]] = WHOSE
    list_filter = (PartnerFilter, "kind")
    search_fields = ("viewer_id__exact", "order_id__exact")
    ordering = ("-touched_at", "-id")


@admin.register(OrderShare)
class SharePage(FactPage):
    """Which collaborations an order had, with their weights; the latest order first."""

    list_display = ("placed_at", "order", "collaboration", "partner", "basis", "touches", "is_payable")
    list_select_related: ClassVar[tuple[str, ...]] = (*WHOSE, "order")
    list_filter = (PartnerFilter, "basis")
    search_fields = ("order__external_id__exact",)
    ordering = ("-placed_at", "-id")


@admin.register(Credit)
class CreditPage(FactPage):
    """What of each line of an order each model credits a collaboration with; the latest order first."""

    list_display = ("placed_at", "order", "collaboration", "partner", "kind", "amount", "currency")
    list_select_related: ClassVar[tuple[str, ...]] = (*WHOSE, "order")
    list_filter = (PartnerFilter, "kind")
    search_fields = ("order__external_id__exact",)
    ordering = ("-placed_at", "-id")
