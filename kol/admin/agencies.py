"""Agencies, their logins and their keys: for who runs the house."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils import timezone

from commerce.admin.issuing import HELP, IssuingForm, IssuingPage
from commerce.admin.scope import Form, Lines, Page, SuperuserOnly
from kol.access import issue_agency_key, revoke_agency_key
from kol.models import Agency, AgencyKey, AgencyMembership


class MembershipForm(Form):
    """A login of the agency."""

    class Meta:
        model = AgencyMembership
        fields = ("username",)

    def clean_username(self) -> str:
        """Somebody who can sign in."""
        name: str = self.cleaned_data["username"].strip()
        if not get_user_model()._default_manager.filter(username=name).exists():
            raise forms.ValidationError(f"Nobody signs in as {name!r}.")
        return name


class MemberLines(SuperuserOnly, Lines):
    """Logins that see what the agency sees."""

    model = AgencyMembership
    form = MembershipForm
    verbose_name_plural = "Logins"
    extra = 0
    per_page = 25
    hide_title = True
    ordering = ("username",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return self._is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: take one back and give another, so that the record tells both."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return self._is_superuser(request)


class HousePage(SuperuserOnly, Page):
    """A page of what is no partner's."""

    list_per_page = 25
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: campaigns name agencies, and a revoked key stays on record."""
        return False


@admin.register(Agency)
class AgencyPage(HousePage):
    """Agencies by their names."""

    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")
    ordering = ("name", "id")
    inlines = (MemberLines,)

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Logins belong to an agency that there is."""
        return [] if obj is None else super().get_inline_instances(request, obj)

    def get_fields(self, request: HttpRequest, obj: Agency | None = None) -> list[Any]:
        """Its names."""
        return ["slug", "name"] if obj is None else ["slug", "name", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Agency | None = None) -> list[str]:
        """The slug is in files of others."""
        return [] if obj is None else ["slug", "created_at"]


class KeyForm(IssuingForm):
    """What a new key is for, and until when."""

    class Meta:
        model = AgencyKey
        fields = ("agency", "name", "expires_at")
        help_texts = HELP


@admin.register(AgencyKey)
class KeyPage(IssuingPage, HousePage):
    """Keys of agencies."""

    owner = "agency"
    asked = KeyForm.Meta.fields
    known = ("public_part", "name", "agency", "created_at", "expires_at", "last_used_at", "revoked_at")
    form = KeyForm
    list_display = known
    list_select_related = ("agency",)
    search_fields = ("public__exact", "name", "agency__name")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Superusers alone."""
        return self._is_superuser(request)

    def purpose(self, key: AgencyKey) -> str:
        """What it may do."""
        return "reading what partners let the agency see"

    def issue(self, key: AgencyKey, form: Any) -> tuple[str, UUID]:
        """Make a key of an agency."""
        return issue_agency_key(
            agency_id=key.agency_id, name=key.name, now=timezone.now(), expires_at=key.expires_at
        )

    def end(self, key: AgencyKey, *, now: datetime) -> None:
        """Revoke it."""
        revoke_agency_key(key_id=key.pk, now=now)
