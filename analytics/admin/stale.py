"""What is stale, what failed, and another try."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from analytics.staleness import MAX_ATTEMPTS, try_again
from commerce.access import scoped
from commerce.admin.scope import FactPage, actor_of, record
from commerce.connection import worker_connection
from commerce.models import Partner, Stale
from commerce.tasks import wake


class PartnerOfMarkFilter(admin.SimpleListFilter):
    """One of the person's partners; marks name it without a foreign key."""

    title = "partner"
    parameter_name = "partner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The partners whose rows the person may see."""
        rows = scoped(Partner.objects.all(), actor=actor_of(request)).order_by("slug")
        return list(rows.values_list("slug", "name"))

    def _chosen(self, request: HttpRequest) -> QuerySet[Partner, Any]:
        rows = Partner.objects.filter(slug=str(self.value()))
        return scoped(rows, actor=actor_of(request)).values("pk")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Stale]) -> QuerySet[Stale]:
        """Marks of the chosen partner."""
        return queryset if self.value() is None else queryset.filter(partner_id__in=self._chosen(request))


class SetAsideFilter(admin.SimpleListFilter):
    """Whether a mark failed too often."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Set aside, failed or waiting."""
        return [("aside", "Set aside"), ("failed", "Failed, tried again"), ("waiting", "Waiting")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Stale]) -> QuerySet[Stale]:
        """Marks in the chosen state."""
        match self.value():
            case "aside":
                return queryset.filter(attempts__gte=MAX_ATTEMPTS)
            case "failed":
                return queryset.filter(attempts__gt=0, attempts__lt=MAX_ATTEMPTS)
            case "waiting":
                return queryset.filter(attempts=0)
        return queryset


@admin.register(Stale)
class StalePage(FactPage):
    """Marks by age: subjects whose numbers are older than their facts."""

    list_display = (
        "kind",
        "subject",
        "partner_slug",
        "marked_at",
        "attempts",
        "is_set_aside",
        "last_error",
    )
    list_select_related = ()
    list_filter = (PartnerOfMarkFilter, "kind", SetAsideFilter)
    search_fields = ("subject__exact",)
    ordering = ("id",)
    actions = ("try_again",)
    fields = (
        "kind",
        "subject",
        "partner_slug",
        "marked_at",
        "is_whole",
        "since",
        "attempts",
        "is_set_aside",
        "last_error",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stale]:
        """With the partner's slug."""
        slug = Partner.objects.filter(pk=OuterRef("partner_id")).values("slug")
        rows: QuerySet[Stale] = super().get_queryset(request)
        return rows.annotate(partner_slug=Subquery(slug))

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        """Who may change marks may have them tried again."""
        return bool(request.user.has_perm("commerce.change_stale"))

    @admin.display(description="Partner")
    def partner_slug(self, mark: Stale) -> str:
        """Whose numbers they are."""
        slug: str = mark.partner_slug  # type: ignore[attr-defined]
        return slug

    @admin.display(description="Set aside", boolean=True)
    def is_set_aside(self, mark: Stale) -> bool:
        """Whether workers leave it alone."""
        return mark.attempts >= MAX_ATTEMPTS

    @admin.action(description="Try the selected subjects again", permissions=["try_again"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Stale]) -> None:
        """Forget the failures of the subjects, and wake a worker."""
        marks = {(mark.partner_id, mark.kind, mark.subject): mark for mark in queryset}
        try_again(worker_connection(), subjects=marks)
        record(request, list(marks.values()), "Tried again.")
        for partner_id in {partner_id for partner_id, _, _ in marks}:
            wake(partner_id)
        messages.success(request, f"Trying {len(marks)} again.")
