"""API keys of partners: made once, shown once, revoked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from commerce.access import SCOPES, issue_key, revoke_key
from commerce.admin.issuing import HELP, IssuingForm, IssuingPage
from commerce.admin.scope import PartnerFilter, ScopedPage
from commerce.models import ApiKey

MEANING = {
    "read": "read: sessions, products and numbers",
    "read:audience": "read:audience: segments of people",
    "read:pii": "read:pii: what identifies a person",
    "ingest": "ingest: send events",
    "manage": "manage: change settings",
}


class KeyForm(IssuingForm):
    """What a new key may do, and until when."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, MEANING[scope]) for scope in SCOPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="What the key may do; it cannot be changed later.",
    )

    class Meta:
        model = ApiKey
        fields = ("partner", "name", "scopes", "expires_at")
        help_texts = HELP


class StateFilter(admin.SimpleListFilter):
    """Whether a key opens anything."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The three states."""
        return [("active", "Active"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        """Keys in the chosen state now."""
        expired = {"revoked_at": None, "expires_at__lte": timezone.now()}
        match self.value():
            case "active":
                return queryset.filter(revoked_at=None).exclude(**expired)
            case "expired":
                return queryset.filter(**expired)
            case "revoked":
                return queryset.exclude(revoked_at=None)
        return queryset


@admin.register(ApiKey)
class KeyPage(IssuingPage, ScopedPage):
    """Keys of partners."""

    owner = "partner"
    asked = KeyForm.Meta.fields
    known = (
        "public_part",
        "name",
        "partner",
        "scope_list",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    form = KeyForm
    list_display = known
    list_filter = (PartnerFilter, StateFilter)
    search_fields = ("public__exact", "name")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may change keys may end them."""
        return bool(request.user.has_perm("commerce.change_apikey"))

    @admin.display(description="Scopes")
    def scope_list(self, key: ApiKey) -> str:
        """What it may do."""
        return ", ".join(key.scopes)

    def purpose(self, key: ApiKey) -> str:
        """What it may do."""
        return self.scope_list(key)

    def issue(self, key: ApiKey, form: Any) -> tuple[str, UUID]:
        """Make a key of a partner."""
        return issue_key(
            partner_id=key.partner_id,
            scopes=form.cleaned_data["scopes"],
            name=key.name,
            now=timezone.now(),
            expires_at=key.expires_at,
        )

    def end(self, key: ApiKey, *, now: datetime) -> None:
        """Revoke it."""
        revoke_key(key_id=key.pk, partner_id=key.partner_id, now=now)
