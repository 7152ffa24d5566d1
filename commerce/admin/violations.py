"""What platforms complained of, and the appeals against it."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget

from commerce.admin.scope import FactLines, FactPage, PartnerFilter, actor_of, record
from commerce.appeals import NotNow, appeal, decide
from commerce.models import Violation, ViolationAppeal


class StateFilter(admin.SimpleListFilter):
    """Where violations are in their life."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Open, or where an appeal is."""
        return [("OPEN", "Open"), *ViolationAppeal.State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Violation]) -> QuerySet[Violation]:
        """Violations in the chosen state."""
        if self.value() is None:
            return queryset
        if self.value() == "OPEN":
            return queryset.filter(appeals=None)
        return queryset.filter(appeals__state=self.value())


class AppealLines(FactLines):
    """How the violation was contested."""

    model = ViolationAppeal
    verbose_name_plural = "Appeal"
    ordering = ("id",)
    fields = ("state", "text", "appealed_at", "appealed_by", "decision", "decided_at", "decided_by")


class StepForm(admin.helpers.ActionForm):  # type: ignore[name-defined, misc]
    """The words of a step, typed beside the action."""

    text = forms.CharField(
        required=False, max_length=10_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )


@admin.register(Violation)
class ViolationPage(FactPage):
    """Complaints as events state them; contested, and decided about, by actions."""

    list_display = ("occurred_at", "code", "severity", "session", "partner", "state")
    list_select_related: ClassVar[tuple[str, ...]] = ("partner", "session")
    list_filter = (PartnerFilter, StateFilter)
    search_fields = ("external_id__exact", "code")
    ordering = ("-occurred_at", "-id")
    actions = ("appeal_selected", "uphold_selected", "overturn_selected")
    action_form = StepForm
    inlines = (AppealLines,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Violation]:
        """With their appeals."""
        rows: QuerySet[Violation] = super().get_queryset(request).prefetch_related("appeals")
        return rows

    @admin.display(description="State")
    def state(self, violation: Violation) -> str:
        """Open, or where the appeal is."""
        states = [one.get_state_display() for one in violation.appeals.all()]
        return states[0] if states else "Open"

    def has_appeal_permission(self, request: HttpRequest) -> bool:
        """Who may change violations' appeals may take its steps."""
        return bool(request.user.has_perm("commerce.change_violationappeal"))

    @admin.action(description="Appeal, for the reason typed beside", permissions=["appeal"])
    def appeal_selected(self, request: HttpRequest, queryset: QuerySet[Violation]) -> None:
        """Contest the selected ones."""
        self._step(request, queryset, None)

    @admin.action(description="Appeal was turned down: the violation stands", permissions=["appeal"])
    def uphold_selected(self, request: HttpRequest, queryset: QuerySet[Violation]) -> None:
        """Write down that the platform stays with it."""
        self._step(request, queryset, ViolationAppeal.State.UPHELD)

    @admin.action(description="Appeal was granted: the violation is taken back", permissions=["appeal"])
    def overturn_selected(self, request: HttpRequest, queryset: QuerySet[Violation]) -> None:
        """Write down that the platform took it back."""
        self._step(request, queryset, ViolationAppeal.State.OVERTURNED)

    def _step(
        self, request: HttpRequest, queryset: QuerySet[Violation], outcome: ViolationAppeal.State | None
    ) -> None:
        text = request.POST.get("text", "").strip()
        if outcome is None and not text:
            messages.error(request, "Type beside the action why the violation is contested.")
            return
        done: list[Violation] = []
        for violation in queryset:
            given: dict[str, Any] = {"actor": actor_of(request), "text": text, "now": timezone.now()}
            try:
                if outcome is None:
                    appeal(violation, **given)
                else:
                    decide(violation, outcome=outcome, **given)
            except NotNow as error:
                messages.error(request, f"{violation}: {error}")
                continue
            done.append(violation)
        if done:
            record(request, done, "Appealed." if outcome is None else f"Appeal decided: {outcome.label}.")
            messages.success(request, f"Done: {len(done)}.")
