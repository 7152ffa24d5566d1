"""Agencies, their logins and their keys: for who runs the house."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

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


class KeyForm(Form):
    """What a new key is for, and until when."""

    class Meta:
        model = AgencyKey
        fields = ("agency", "name", "expires_at")
        help_texts: ClassVar = {
            "name": "What the key is for, as this list shows it.",
            "expires_at": "In UTC. Empty: until it is revoked.",
        }

    def clean_expires_at(self) -> Any:
        """An end that is still to come."""
        expires_at = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError("This time has passed.")
        return expires_at


KNOWN = ("public_part", "name", "agency", "created_at", "expires_at", "last_used_at", "revoked_at")


@admin.register(AgencyKey)
class KeyPage(HousePage):
    """Keys of agencies by their public part. A key is made and revoked; nothing of it is ever edited."""

    form = KeyForm
    list_display = KNOWN
    list_select_related = ("agency",)
    search_fields = ("public__exact", "name", "agency__name")
    ordering = ("-id",)
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: AgencyKey | None = None) -> list[Any]:
        """A form for a new key; what is known of an old one, without its hash."""
        return ["agency", "name", "expires_at"] if obj is None else list(KNOWN)

    def get_readonly_fields(self, request: HttpRequest, obj: AgencyKey | None = None) -> list[str]:
        """All of an old key."""
        return [] if obj is None else list(KNOWN)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Superusers alone."""
        return self._is_superuser(request)

    @admin.display(description="Key", ordering="public")
    def public_part(self, key: AgencyKey) -> str:
        """The part that may be shown."""
        return f"ll_live_{key.public}…"

    def save_model(self, request: HttpRequest, obj: AgencyKey, form: Any, change: bool) -> None:
        """Issue the key; its text lives as long as this request."""
        text, identity = issue_agency_key(
            agency_id=obj.agency_id, name=obj.name, now=timezone.now(), expires_at=obj.expires_at
        )
        request.issued_key = text  # type: ignore[attr-defined]
        obj.__dict__.update(AgencyKey.objects.get(pk=identity).__dict__)

    def response_add(
        self, request: HttpRequest, obj: AgencyKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key in this answer, and nowhere else ever."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "The new key",
            "key": request.issued_key,  # type: ignore[attr-defined]
            "issued": obj,
        }
        return TemplateResponse(request, "kol/admin/agency_key_issued.html", context)

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AgencyKey]) -> None:
        """End their lives; within five seconds nobody accepts them."""
        open_keys = list(queryset.filter(revoked_at=None))
        for key in open_keys:
            revoke_agency_key(key_id=key.pk, now=timezone.now())
            self.log_change(request, key, "Revoked.")
        messages.success(request, f"Revoked {len(open_keys)}; within five seconds no process accepts them.")
