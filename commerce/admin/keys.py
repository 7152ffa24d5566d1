"""API keys: made once, shown once, revoked."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from commerce.access import SCOPES, issue_key, revoke_key
from commerce.admin.scope import Form, PartnerFilter, ScopedPage
from commerce.models import ApiKey

MEANING = {
    "read": "read: sessions, products and numbers",
    "read:audience": "read:audience: segments of people",
    "read:pii": "read:pii: what identifies a person",
    "ingest": "ingest: send events",
    "manage": "manage: change settings",
}


class KeyForm(Form):
    """What a new key may do, and until when."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, MEANING[scope]) for scope in SCOPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="What the key may do; it cannot be changed later.",
    )

    class Meta:
        model = ApiKey
        fields = ("partner", "name", "scopes", "expires_at")
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
class KeyPage(ScopedPage):
    """Keys by their public part. A key is made and revoked; nothing of it is ever edited."""

    form = KeyForm
    list_display = (
        "public_part",
        "name",
        "partner",
        "scope_list",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (PartnerFilter, StateFilter)
    search_fields = ("public__exact", "name")
    actions = ("revoke",)
    ordering = ("-id",)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[Any]:
        """A form for a new key; what is known of an old one, without its hash."""
        if obj is None:
            return ["partner", "name", "scopes", "expires_at"]
        return [
            "public_part",
            "name",
            "partner",
            "scope_list",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[Any]:
        """All of an old key."""
        return [] if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Never: a revoked key stays on record."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may change keys may end them."""
        return bool(request.user.has_perm("commerce.change_apikey"))

    @admin.display(description="Key", ordering="public")
    def public_part(self, key: ApiKey) -> str:
        """The part that may be shown."""
        return f"ll_live_{key.public}…"

    @admin.display(description="Scopes")
    def scope_list(self, key: ApiKey) -> str:
        """What it may do."""
        return ", ".join(key.scopes)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Issue the key; its text lives as long as this request."""
        text, identity = issue_key(
            partner_id=obj.partner_id,
            scopes=form.cleaned_data["scopes"],
            name=obj.name,
            now=timezone.now(),
            expires_at=obj.expires_at,
        )
        form.issued = text
        obj.__dict__.update(ApiKey.objects.get(partner_id=obj.partner_id, pk=identity).__dict__)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Iterable[Any], add: bool = False
    ) -> Any:
        """Keep the new key for the answer to this request, and out of the record."""
        request.issued_key = getattr(form, "issued", None)  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, formsets, add)

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key in this answer, and nowhere else ever."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "The new key",
            "key": request.issued_key,  # type: ignore[attr-defined]
            "issued": obj,
        }
        return TemplateResponse(request, "commerce/admin/key_issued.html", context)

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """End their lives; within five seconds nobody accepts them."""
        open_keys = list(queryset.filter(revoked_at=None))
        for key in open_keys:
            revoke_key(key_id=key.pk, partner_id=key.partner_id, now=timezone.now())
            self.log_change(request, key, "Revoked.")
        messages.success(request, f"Revoked {len(open_keys)}; within five seconds no process accepts them.")
