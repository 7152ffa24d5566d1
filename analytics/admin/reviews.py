"""Reviews of closed periods: what is due, what there is to look at, and noting that it was done."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from analytics.metrics import Cadence
from analytics.models import Review
from analytics.plans import reviews
from commerce.admin.scope import PartnerFilter, actor_of
from kol.admin.acting import ActForm, ActPage
from kol.changes.rules import LONGEST_REASON


class DueFilter(admin.SimpleListFilter):
    """Whether a review is due or done."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Due, or done."""
        return [("due", "Due"), ("done", "Done")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        """Reviews in the chosen state."""
        return queryset if self.value() is None else queryset.filter(done_at__isnull=self.value() == "due")


class ReviewForm(ActForm):
    """What came of a review."""

    note = forms.CharField(
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="What came of it, for the record. With this the review is done, and stays as it is.",
    )

    class Meta:
        model = Review
        fields = ("note",)

    def act(self) -> Review:
        """Note that it was done."""
        whom = self.whom
        return reviews.complete_review(
            self.instance.pk, note=self.cleaned_data["note"], actor=whom["actor"], now=whom["now"]
        )


@admin.register(Review)
class ReviewPage(ActPage):
    """What is to be looked at, the latest period first; doing it takes a note."""

    form = ReviewForm
    list_display = (
        "starts_on", "ends_on", "cadence", "partner", "due_at", "is_done", "done_at", "who", "note",
    )  # fmt: skip
    list_select_related: ClassVar[tuple[str, ...]] = ("partner",)
    list_filter = (PartnerFilter, DueFilter, "cadence")
    ordering = ("-starts_on", "-id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: a period is due once it has a report."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        """Who may change reviews may do those that are due."""
        return super().has_change_permission(request, obj) and (obj is None or obj.done_at is None)

    def get_fields(self, request: HttpRequest, obj: Review | None = None) -> list[Any]:
        """What there is to look at, and what came of it."""
        done = [] if obj is None or obj.done_at is None else ["done_at", "who"]
        return ["cadence", "starts_on", "ends_on", "partner", "due_at", "report", "items", *done, "note"]

    def get_readonly_fields(self, request: HttpRequest, obj: Review | None = None) -> list[str]:
        """All but the note."""
        return [name for name in self.get_fields(request, obj) if name != "note"]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Review | None:
        """A review with the latest report of its period."""
        review: Review | None = super().get_object(request, object_id, from_field)
        if review is not None:
            found = reviews.latest_reports([review], actor=actor_of(request))
            review.report_now = found.get(review.pk)  # type: ignore[attr-defined]
        return review

    @admin.display(description="Done", boolean=True)
    def is_done(self, review: Review) -> bool:
        """Whether somebody did it."""
        return review.done_at is not None

    @admin.display(description="Report")
    def report(self, review: Review) -> SafeString | str:
        """The latest version of the report, to go to."""
        row = getattr(review, "report_now", None)
        if row is None:
            return "-"
        there = reverse("admin:analytics_cadencereport_change", args=[row.pk])
        return format_html('<a href="{}">Version {}</a>', there, row.version)

    @admin.display(description="To look at")
    def items(self, review: Review) -> SafeString:
        """The numbers, each with who answers for its target."""
        row = getattr(review, "report_now", None)
        told = reviews.items_of(Cadence[review.cadence], None if row is None else row.content)
        return format_html_join("", "<p>{}</p>", ([_line(one)] for one in told))


def _line(item: reviews.Item) -> str:
    about = f"{item.metric.label} ({item.metric.scope.value.lower()})"
    if item.target is None:
        return about
    return f"{about}: {item.target['status'].replace('_', ' ').lower()}, {item.target['owner']}"
