"""Partners with their rules, and who of the staff may see them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils import timezone

from commerce.admin.scope import Form, PartnerFilter, ScopedPage
from commerce.files.moments import zone_of
from commerce.ingest.decode import CURRENCIES
from commerce.models import Membership, Partner
from commerce.rules import change_partner
from commerce.tasks import wake

RECOMPUTES = "Changing it computes every number of the partner again."


class PartnerForm(Form):
    """A partner's settings, each with what it does."""

    class Meta:
        model = Partner
        fields = (
            "slug",
            "name",
            "currency",
            "timezone",
            "tail_seconds",
            "silence_seconds",
            "grace_seconds",
            "week_starts_on",
            "inactivity_days",
        )
        help_texts: ClassVar = {
            "slug": "Short name in commands and addresses; stays for good.",
            "name": "The name people read.",
            "currency": f"ISO 4217, such as SGD; answers are in it when a session names none. {RECOMPUTES}",
            "timezone": f"IANA name, such as Asia/Singapore; its calendar makes the days. {RECOMPUTES}",
            "tail_seconds": f"How long after its end a session still earns orders. {RECOMPUTES}",
            "silence_seconds": (
                f"Silence of more than this ends a viewer's presence where heartbeats are sent. {RECOMPUTES}"
            ),
            "grace_seconds": (
                f"How long after the last sign of life a silent viewer counts as present. {RECOMPUTES}"
            ),
            "week_starts_on": (
                "The first day of weeks and fortnights, in series, cohorts, targets and reports; reports "
                f"that were made stay as they are. {RECOMPUTES}"
            ),
            "inactivity_days": "Who did not buy for so many days is no active customer any more.",
        }

    def clean_currency(self) -> str:
        """A currency there is."""
        currency: str = self.cleaned_data["currency"]
        if currency not in CURRENCIES:
            raise forms.ValidationError(f"{currency!r} is not an ISO 4217 currency.")
        return currency

    def clean_timezone(self) -> str:
        """A zone there is."""
        name: str = self.cleaned_data["timezone"]
        try:
            zone_of(name)
        except ValueError as error:
            raise forms.ValidationError(f"{error}.") from None
        return name


@admin.register(Partner)
class PartnerPage(ScopedPage):
    """Partners: made by superusers, set up by who may change them, deleted by nobody."""

    form = PartnerForm
    list_display = ("name", "slug", "currency", "timezone", "created_at")
    list_filter = ()
    list_select_related = ()
    search_fields = ("slug", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Partner | None = None) -> list[str]:
        """The slug is in addresses of others."""
        return [] if obj is None else ["slug", "created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new partner is nobody's yet: only who sees all may make one."""
        return request.user.is_active and request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Partner | None = None) -> bool:
        """Never: all its facts would go."""
        return False

    def save_model(self, request: HttpRequest, obj: Partner, form: Any, change: bool) -> None:
        """Save, and have the numbers computed again where their rules changed."""
        if not change:
            super().save_model(request, obj, form, change)
        elif form.changed_data and change_partner(obj, changed=set(form.changed_data), now=timezone.now()):
            wake(obj.pk)
            messages.info(request, "The rules changed: every number of the partner is being computed again.")


class MembershipForm(Form):
    """Which member of staff sees which partner."""

    class Meta:
        model = Membership
        fields = ("partner", "username")
        help_texts: ClassVar = {
            "username": "The login name of a member of staff. Superusers need no membership."
        }

    def clean_username(self) -> str:
        """Somebody who can sign in here."""
        name: str = self.cleaned_data["username"]
        if not get_user_model()._default_manager.filter(username=name, is_staff=True).exists():
            raise forms.ValidationError(f"There is no member of staff {name!r}.")
        return name


@admin.register(Membership)
class MembershipPage(ScopedPage):
    """Memberships: given and taken back, not edited."""

    form = MembershipForm
    list_display = ("username", "partner")
    list_filter = (PartnerFilter,)
    search_fields = ("username",)

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Never: take one back and give another, so that the record tells both."""
        return False
