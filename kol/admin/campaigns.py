"""Campaigns, and below each of them who is in it, what it costs, and who else sees it."""

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from commerce.admin.scope import PartnerFilter
from kol import changes
from kol.admin.acting import ActForm, ActLines, ActPage, ReasonForm, slug_field
from kol.models import AgencyGrant, Campaign, Collaboration, CostLine, GuestAccess

SECONDS: Final = "In seconds, from 3600 (1 hour) to 7776000 (90 days)."
COST: Final = ("on_date", "kind", "amount", "currency", "note")


class CampaignForm(ReasonForm):
    """A campaign to begin or to change."""

    currency = forms.CharField(
        required=False, max_length=3, widget=UnfoldAdminTextInputWidget,
        help_text="ISO 4217, such as SGD; empty: the partner's.",
    )  # fmt: skip

    class Meta:
        model = Campaign
        fields = (
            "partner", "name", "objective", "starts_on", "ends_on", "budget", "currency", "payable_model",
            "click_window_seconds", "view_window_seconds", "return_window_seconds",
        )  # fmt: skip
        help_texts: ClassVar = {
            "payable_model": "Whose commission an order makes.",
            "click_window_seconds": f"How old a click or code may be at an order. {SECONDS}",
            "view_window_seconds": f"How old a live view may be at an order. {SECONDS}",
            "return_window_seconds": f"How long a claim waits to be approved by itself. {SECONDS}",
        }

    def act(self) -> Campaign:
        """Begin it, or change what is different."""
        told = {name: value for name, value in self.cleaned_data.items() if name not in ("partner", "reason")}
        told["currency"] = told["currency"] or None
        if self.instance._state.adding:
            wish = changes.CampaignWish(**told)
            return changes.create_campaign(wish, partner_id=self.cleaned_data["partner"].pk, **self.whom)
        named = {name: value for name, value in told.items() if name in self.changed_data}
        if named.get("currency", "") is None:
            named.pop("currency")
        return changes.update_campaign(self.instance.pk, named, **self.whom)


class CostForm(ActForm):
    """A line for the ledger."""

    currency = forms.CharField(
        required=False, max_length=3, widget=UnfoldAdminTextInputWidget, help_text="Empty: the campaign's."
    )

    class Meta:
        model = CostLine
        fields = COST

    def act(self) -> CostLine:
        """Enter it, of the campaign or of one of its collaborations."""
        told = {**self.cleaned_data, "currency": self.cleaned_data["currency"] or None}
        cost = changes.CostWish(**{name: told[name] for name in COST})
        return changes.add_cost(
            campaign_id=self.instance.campaign_id,
            collaboration_id=self.instance.collaboration_id,
            cost=cost,
            **self.whom,
        )


class CostLines(ActLines):
    """The ledger: never edited; a correction is a line of its own, negative."""

    model = CostLine
    form = CostForm
    verbose_name_plural = "Costs"
    fields = COST
    ordering = ("-on_date", "-id")


class CollaborationLines(ActLines):
    """Who is in it; each has a page of its own, where one is added too."""

    model = Collaboration
    form = ActForm
    verbose_name_plural = "Collaborations"
    fields = ("kol", "agency", "created_at")
    readonly_fields = ("created_at",)
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their KOLs and agencies."""
        return super().get_queryset(request).select_related("kol", "agency", "campaign")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """On its own page, with its first terms."""
        return False


class GrantForm(ActForm):
    """An agency that is to see the campaign."""

    agency = slug_field()

    class Meta:
        model = AgencyGrant
        fields = ("agency",)

    def act(self) -> AgencyGrant:
        """Let it see the campaign."""
        return changes.grant_agency(
            campaign_id=self.instance.campaign_id, agency=self.cleaned_data["agency"], **self.whom
        )

    def take_back(self) -> AgencyGrant:
        """Let it see the campaign no more."""
        row = self.instance
        return changes.revoke_grant(campaign_id=row.campaign_id, agency=row.agency_id, **self.whom)


class GrantLines(ActLines):
    """Agencies that see their KOLs in it; deleting a line takes the sight back and keeps the line."""

    model = AgencyGrant
    form = GrantForm
    verbose_name_plural = "Agencies that see it"
    fields = ("agency", "granted_at", "revoked_at")
    readonly_fields = ("granted_at", "revoked_at")
    can_delete = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the agencies."""
        return super().get_queryset(request).select_related("agency")


class GuestForm(ActForm):
    """A guest of the campaign."""

    agency = slug_field(required=False)

    class Meta:
        model = GuestAccess
        fields = ("username", "agency")

    def act(self) -> GuestAccess:
        """Let the login read the campaign."""
        told = self.cleaned_data
        return changes.invite_guest(
            campaign_id=self.instance.campaign_id, username=told["username"],
            agency=told["agency"] or None, **self.whom,
        )  # fmt: skip

    def take_back(self) -> GuestAccess:
        """Let the login read it no more."""
        row = self.instance
        return changes.remove_guest(campaign_id=row.campaign_id, username=row.username, **self.whom)


class GuestLines(ActLines):
    """Logins that read it; deleting a line takes the sight back and keeps the line."""

    model = GuestAccess
    form = GuestForm
    verbose_name_plural = "Guests"
    fields = ("username", "agency", "granted_at", "revoked_at")
    readonly_fields = ("granted_at", "revoked_at")
    can_delete = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the agencies."""
        return super().get_queryset(request).select_related("agency")


@admin.register(Campaign)
class CampaignPage(ActPage):
    """Campaigns, the latest first."""

    form = CampaignForm
    list_display = ("name", "partner", "starts_on", "ends_on", "objective", "payable_model", "currency")
    list_filter = (PartnerFilter, "objective")
    search_fields = ("name",)
    ordering = ("-starts_on", "-id")
    inlines = (CollaborationLines, CostLines, GrantLines, GuestLines)

    def get_fields(self, request: HttpRequest, obj: Campaign | None = None) -> list[Any]:
        """What can be told; who only looks is asked for no reason."""
        may_act = obj is None or self.has_change_permission(request, obj)
        return [*CampaignForm.Meta.fields, *(["reason"] if may_act else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> list[str]:
        """Whose it is stays."""
        return [] if obj is None else ["partner"]
