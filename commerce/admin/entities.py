"""Products, viewers and leads, as events told of them."""

from django.contrib import admin

from commerce.admin.persons import PersonPage
from commerce.admin.scope import FactPage
from commerce.admin.tables import CostFiles
from commerce.models import Lead, Product, Viewer


@admin.register(Product)
class ProductPage(CostFiles, FactPage):
    """What a partner sells; what it costs comes as events, or from a file."""

    list_display = (
        "__str__",
        "external_id",
        "source",
        "partner",
        "price",
        "cost",
        "currency",
        "stock",
    )
    search_fields = ("external_id__exact", "name")
    ordering = ("-id",)


@admin.register(Viewer)
class ViewerPage(PersonPage):
    """Viewers, and the customer each turned out to be."""

    list_display = ("external_id", "source", "partner", "customer")
    list_select_related = ("partner", "customer")
    search_fields = ("external_id__exact",)
    ordering = ("-id",)


@admin.register(Lead)
class LeadPage(FactPage):
    """Who left a phone number or an e-mail where, known by a keyed hash alone."""

    exclude = ("id", "key")
    list_display = ("occurred_at", "session", "viewer", "partner")
    list_select_related = ("partner", "session", "viewer")
    ordering = ("-id",)
