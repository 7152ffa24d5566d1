"""Rate cards, read and added: a card is never changed, a new version takes its place."""

from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from analytics.models import RateCard
from analytics.ratecards import RATED, set_rate_card
from commerce.admin.scope import PartnerFilter
from kol.admin.acting import ActPage, ReasonForm, lines_field

RATES = f"One a line: a count and the worth of one, such as `views 0.01`. Counts: {', '.join(RATED)}."


class RateCardForm(ReasonForm):
    """A card to add."""

    currency = forms.CharField(
        required=False, max_length=3, widget=UnfoldAdminTextInputWidget, help_text="Empty: the partner's."
    )
    valid_from = forms.DateField(
        required=False, widget=UnfoldAdminSingleDateWidget, help_text="Today at the latest; empty: today."
    )
    rates = lines_field(help_text=RATES)

    class Meta:
        model = RateCard
        fields = ("partner",)

    def clean_rates(self) -> dict[str, Decimal]:
        """Each line as a count and its worth."""
        found: dict[str, Decimal] = {}
        for line in filter(None, (line.split() for line in self.cleaned_data["rates"].splitlines())):
            try:
                key, rate = line
                worth = Decimal(rate)
            except (InvalidOperation, ValueError):
                raise forms.ValidationError("Each line has a count and a number.") from None
            if key in found:
                raise forms.ValidationError("Each count at most once.")
            found[key] = worth
        return found

    def act(self) -> RateCard:
        """Set it."""
        told = self.cleaned_data
        return set_rate_card(
            told["rates"], valid_from=told["valid_from"], currency=told["currency"] or None,
            partner_id=told["partner"].pk, **self.whom,
        )  # fmt: skip


@admin.register(RateCard)
class RateCardPage(ActPage):
    """What counts are worth to partners, for the estimate of earned media value; the latest first."""

    form = RateCardForm
    list_display = ("currency", "version", "valid_from", "partner", "created_at")
    list_select_related: ClassVar[tuple[str, ...]] = ("partner",)
    list_filter = (PartnerFilter,)
    ordering = ("-valid_from", "-id")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: a new card takes its place."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What is asked for, or what there is."""
        if obj is None:
            return ["partner", "currency", "valid_from", "rates", "reason"]
        return ["partner", "currency", "version", "valid_from", "rates", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All of one that is there."""
        return [] if obj is None else list(self.get_fields(request, obj))
