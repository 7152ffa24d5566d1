"""Targets with their histories, and reports of closed periods."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from analytics.models import CadenceReport, Target, TargetRevision
from analytics.plans import words
from commerce.admin.scope import FactLines, FactPage, PartnerFilter


class RevisionLines(FactLines):
    """Every change of a target, the first one first."""

    model = TargetRevision
    verbose_name_plural = "History"
    fields = ("at", "who", "why", "note", "old_value", "new_value", "old_owner", "new_owner")
    ordering = ("at", "id")


class StandingFilter(admin.SimpleListFilter):
    """Whether a target stands."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        """It stands, or it is retired."""
        return [("yes", "Standing"), ("no", "Retired")]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """Targets that stand, or those retired."""
        return queryset if self.value() is None else queryset.filter(retired_at__isnull=self.value() == "yes")


@admin.register(Target)
class TargetPage(FactPage):
    """Targets, the latest first; they are set, revised and retired through the API, with a reason."""

    list_display = (
        "metric", "partner", "session", "cadence", "kind", "value", "currency", "basis", "owner", "set_at",
        "retired_at",
    )  # fmt: skip
    list_select_related = ("partner", "session")
    list_filter = (PartnerFilter, StandingFilter, "cadence")
    search_fields = ("metric__exact", "owner", "session__external_id__exact")
    ordering = ("-set_at", "-id")
    inlines = (RevisionLines,)


@admin.register(CadenceReport)
class ReportPage(FactPage):
    """Reports, the latest period first; each version stays as it was made."""

    list_display = ("starts_on", "ends_on", "cadence", "partner", "version", "sessions", "missed", "made_at")
    list_filter = (PartnerFilter, "cadence")
    ordering = ("-starts_on", "-version", "-id")
    exclude: ClassVar[tuple[str, ...]] = ("id", "content")
    readonly_fields = ("findings", "changes")

    @admin.display(description="Sessions")
    def sessions(self, report: CadenceReport) -> int:
        """How many began in the period."""
        return int(report.content["sessions"])

    @admin.display(description="Targets missed")
    def missed(self, report: CadenceReport) -> int:
        """How many targets were not reached."""
        return sum(told["status"] == "OFF_TRACK" for told in report.content["targets"])

    @admin.display(description="Findings")
    def findings(self, report: CadenceReport) -> SafeString:
        """How each target fared, in words."""
        return format_html_join("", "<p>{}</p>", ([one.words] for one in words.findings(report.content)))

    @admin.display(description="What moved the sales")
    def changes(self, report: CadenceReport) -> SafeString:
        """What each factor added or took."""
        told = ([words.explained(change)] for change in report.content["changes"])
        return format_html_join("", "<p>{}</p>", told)
