"""Collaborations: on which terms, in which sessions, with which links and codes, at which cost."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from commerce.admin.scope import PartnerFilter
from kol import changes
from kol.admin.acting import ActForm, ActLines, ActPage, ReasonForm, StackedActLines, lines_field, slug_field
from kol.admin.campaigns import CostForm, CostLines
from kol.models import Appearance, Collaboration, CostLine, PromoCode, Terms, TrackingLink

TERMS: Final = (
    "valid_from", "valid_until", "currency", "fixed_fee", "post_fee", "posts", "sample_units",
    "commission_rate", "commission_tiers", "agency_share", "discount_share", "paid_boost",
    "click_window_seconds", "view_window_seconds",
)  # fmt: skip
TIERS: Final = "One a line: from which net sales, and the rate: `0 0.05`. Empty: the one rate above."


def _currency() -> forms.CharField:
    return forms.CharField(
        required=False, max_length=3, widget=UnfoldAdminTextInputWidget, help_text="Empty: the campaign's."
    )


class TermsForm(ActForm):
    """Terms from a day on."""

    currency = _currency()
    commission_tiers = lines_field(help_text=TIERS)

    class Meta:
        model = Terms
        fields = TERMS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.initial["commission_tiers"] = ""

    def clean_commission_tiers(self) -> list[changes.Tier]:
        """Each line as a tier."""
        return read_tiers(self.cleaned_data["commission_tiers"])

    def act(self) -> Terms:
        """Agree on them."""
        return changes.set_terms(self.instance.collaboration_id, wish_of(self.cleaned_data), **self.whom)


def read_tiers(text: str) -> list[changes.Tier]:
    """Tiers from lines of two numbers; raises ValidationError for others."""
    found = []
    for line in filter(None, (line.split() for line in text.splitlines())):
        try:
            above, rate = (Decimal(number) for number in line)
        except (InvalidOperation, ValueError):
            raise forms.ValidationError(
                "Each line has two numbers: from which sales, and the rate."
            ) from None
        found.append(changes.Tier(above=above, rate=rate))
    return found


def wish_of(told: Mapping[str, Any]) -> changes.TermsWish:
    """The terms that a form asks for."""
    return changes.TermsWish(**{**{name: told[name] for name in TERMS}, "currency": told["currency"] or None})


class TermsLines(StackedActLines):
    """What was agreed, the latest first; those of a day that is there already are replaced."""

    model = Terms
    form = TermsForm
    verbose_name_plural = "Terms"
    fields = TERMS
    ordering = ("-valid_from",)


class AppearanceForm(ActForm):
    """A live session the KOL is in."""

    class Meta:
        model = Appearance
        fields = ("session", "role", "on_screen_seconds")

    def act(self) -> Appearance:
        """Say so."""
        told = self.cleaned_data
        return changes.set_appearance(
            collaboration_id=self.instance.collaboration_id, session=told["session"].pk, role=told["role"],
            on_screen_seconds=told["on_screen_seconds"], **self.whom,
        )  # fmt: skip

    def take_back(self) -> Appearance:
        """Say that he is not."""
        row = self.instance
        return changes.remove_appearance(
            collaboration_id=row.collaboration_id, session=row.session_id, **self.whom
        )


class AppearanceLines(ActLines):
    """Live sessions the KOL is in; the same session again replaces role and time."""

    model = Appearance
    form = AppearanceForm
    verbose_name_plural = "Live sessions"
    fields = ("session", "role", "on_screen_seconds")
    autocomplete_fields = ("session",)
    can_delete = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the sessions."""
        return super().get_queryset(request).select_related("session")


class LinkForm(ActForm):
    """A tracking link; a parameter left empty is the KOL's name, `influencer` and the campaign's name."""

    class Meta:
        model = TrackingLink
        fields = ("destination", "session", "utm_source", "utm_medium", "utm_campaign")

    def act(self) -> TrackingLink:
        """Make it."""
        told = {name: value or None for name, value in self.cleaned_data.items()}
        session = told["session"]
        wish = changes.LinkWish(
            destination=self.cleaned_data["destination"], session=session and session.pk,
            utm_source=told["utm_source"], utm_medium=told["utm_medium"], utm_campaign=told["utm_campaign"],
        )  # fmt: skip
        return changes.create_tracking_link(self.instance.collaboration_id, wish, **self.whom)

    def take_back(self) -> TrackingLink:
        """End it."""
        return changes.revoke_tracking_link(self.instance.pk, **self.whom)


class LinkLines(ActLines):
    """Tracking links; deleting a line ends the link and keeps the line."""

    model = TrackingLink
    form = LinkForm
    verbose_name_plural = "Tracking links"
    fields = (
        "code", "destination", "session", "utm_source", "utm_medium", "utm_campaign", "created_at",
        "revoked_at",
    )  # fmt: skip
    readonly_fields = ("code", "created_at", "revoked_at")
    autocomplete_fields = ("session",)
    can_delete = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the sessions."""
        return super().get_queryset(request).select_related("session")


class CodeForm(ActForm):
    """A promo code."""

    class Meta:
        model = PromoCode
        fields = ("code", "is_exclusive", "session", "valid_from", "valid_until")

    def act(self) -> PromoCode:
        """Give it to the collaboration."""
        told = dict(self.cleaned_data)
        session = told.pop("session")
        wish = changes.CodeWish(
            code=told["code"], is_exclusive=told["is_exclusive"], session=session and session.pk,
            valid_from=told["valid_from"], valid_until=told["valid_until"],
        )  # fmt: skip
        return changes.create_promo_code(self.instance.collaboration_id, wish, **self.whom)


class CodeLines(ActLines):
    """Promo codes."""

    model = PromoCode
    form = CodeForm
    verbose_name_plural = "Promo codes"
    fields = ("code", "is_exclusive", "session", "valid_from", "valid_until")
    autocomplete_fields = ("session",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the sessions."""
        return super().get_queryset(request).select_related("session")


class OwnCostForm(CostForm):
    """A cost of the collaboration."""

    def act(self) -> CostLine:
        """Enter it in the ledger of its campaign."""
        self.instance.campaign_id = self.instance.collaboration.campaign_id
        return super().act()


class OwnCostLines(CostLines):
    """The collaboration's part of the ledger."""

    form = OwnCostForm


class StandingForm(ReasonForm):
    """Of a collaboration that is there nothing is different but its lines."""

    class Meta:
        model = Collaboration
        fields = ()

    def act(self) -> Collaboration:
        """Nothing: the lines are acts of their own."""
        row: Collaboration = self.instance
        return row


class NewCollaborationForm(ReasonForm):
    """A KOL to take into a campaign, on first terms."""

    agency = slug_field(required=False)
    valid_from = forms.DateField(
        required=False, widget=UnfoldAdminSingleDateWidget, help_text="Empty: the campaign's first day."
    )
    valid_until = forms.DateField(required=False, widget=UnfoldAdminSingleDateWidget)
    currency = _currency()
    commission_tiers = lines_field(help_text=TIERS)

    class Meta:
        model = Collaboration
        fields = ("campaign", "kol", "agency")

    def clean_commission_tiers(self) -> list[changes.Tier]:
        """Each line as a tier."""
        return read_tiers(self.cleaned_data["commission_tiers"])

    def act(self) -> Collaboration:
        """Take the KOL in."""
        told = self.cleaned_data
        return changes.add_collaboration(
            campaign_id=told["campaign"].pk, kol_id=told["kol"].pk, agency=told["agency"] or None,
            terms=wish_of(told), **self.whom,
        )  # fmt: skip


def _numbers_of_terms() -> dict[str, forms.Field]:
    """The fields of terms that are plain numbers, as their table has them."""
    plain = [name for name in TERMS if name not in NewCollaborationForm.base_fields]
    made = forms.fields_for_model(Terms, fields=plain)
    for name, field in made.items():
        field.initial = getattr(Terms(), name)
        field.widget = UnfoldAdminTextInputWidget()
    return made


_NUMBERS: Final = _numbers_of_terms()
NewCollaborationForm.base_fields.update(_NUMBERS)
NewCollaborationForm.declared_fields.update(_NUMBERS)


@admin.register(Collaboration)
class CollaborationPage(ActPage):
    """KOLs in campaigns, the latest first."""

    list_display = ("kol", "campaign", "partner", "agency", "created_at")
    list_select_related: ClassVar[tuple[str, ...]] = ("partner", "campaign", "kol", "agency")
    list_filter = (PartnerFilter,)
    search_fields = ("kol__name", "campaign__name", "kol__accounts__handle__exact")
    ordering = ("-id",)
    autocomplete_fields = ("campaign", "kol")
    inlines = (TermsLines, AppearanceLines, LinkLines, CodeLines, OwnCostLines)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """First terms are asked for with a new one."""
        return super().get_form(
            request, obj, change, **options, form=NewCollaborationForm if obj is None else StandingForm
        )

    def get_fields(self, request: HttpRequest, obj: Collaboration | None = None) -> list[Any]:
        """Who, where and on what; of one that is there who looks only is asked for no reason."""
        if obj is None:
            return ["campaign", "kol", "agency", *TERMS, "reason"]
        may_act = self.has_change_permission(request, obj)
        return ["campaign", "kol", "agency", "created_at", *(["reason"] if may_act else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Collaboration | None = None) -> list[str]:
        """Who and where stay."""
        return [] if obj is None else ["campaign", "kol", "agency", "created_at"]
