"""The shop's days, and who watched which session."""

from django.contrib import admin

from analytics.metrics import Fact, Scope, stored
from analytics.models import ShopPeriod, Viewing
from commerce.admin.scope import FactPage, PartnerFilter

BASIS = "PAID"


@admin.register(ShopPeriod)
class ShopPage(FactPage):
    """Days and hours of the shop by the partner's calendar, in one currency a row."""

    list_display = (
        "date",
        "grain",
        "started_at",
        "partner",
        "currency",
        *(metric.column(BASIS) for metric in stored(Scope.SHOP, Fact.ORDERS)),
    )
    list_filter = (PartnerFilter, "grain")
    ordering = ("-date", "-started_at", "-id")


@admin.register(Viewing)
class ViewingPage(FactPage):
    """One row a viewer and session: presence and what was done."""

    list_display = (
        "session",
        "viewer",
        "partner",
        "first_joined_at",
        "last_sign_at",
        "watched",
        "product_clicks",
        "cart_adds",
    )
    list_select_related = ("partner", "session", "viewer")
    search_fields = ("session__external_id__exact", "viewer__external_id__exact")
    ordering = ("-id",)
