"""Products and people, as events told of them."""

from typing import ClassVar

from django.contrib import admin

from commerce.admin.scope import FactPage
from commerce.models import Customer, Lead, Product, Viewer


@admin.register(Product)
class ProductPage(FactPage):
    """What a partner sells."""

    list_display: ClassVar = [
        "__str__",
        "external_id",
        "source",
        "partner",
        "price",
        "cost",
        "currency",
        "stock",
    ]
    search_fields: ClassVar = ["external_id__exact", "name"]
    ordering: ClassVar = ["-id"]


@admin.register(Customer)
class CustomerPage(FactPage):
    """Customers by the id of their shop; nothing here names a person."""

    list_display: ClassVar = [
        "external_id",
        "source",
        "partner",
        "country",
        "gender",
        "age_band",
        "consent_marketing",
    ]
    search_fields: ClassVar = ["external_id__exact"]
    ordering: ClassVar = ["-id"]


@admin.register(Viewer)
class ViewerPage(FactPage):
    """Viewers, and the customer each turned out to be."""

    list_display: ClassVar = ["external_id", "source", "partner", "customer"]
    list_select_related: ClassVar = ["partner", "customer"]
    search_fields: ClassVar = ["external_id__exact"]
    ordering: ClassVar = ["-id"]


@admin.register(Lead)
class LeadPage(FactPage):
    """Who left a phone number or an e-mail where, known by a keyed hash alone."""

    exclude: ClassVar = ["id", "key"]
    list_display: ClassVar = ["occurred_at", "session", "viewer", "partner"]
    list_select_related: ClassVar = ["partner", "session", "viewer"]
    ordering: ClassVar = ["-id"]
