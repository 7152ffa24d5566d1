"""Merging sessions, taking them apart, and what looks like one session: actions and a page of proposals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget

from analytics.queries.broadcasts import Proposal, merge_proposals
from commerce import broadcasts
from commerce.access import Actor, scoped
from commerce.admin.scope import Page, actor_of, record
from commerce.models import LiveSession
from commerce.tasks import wake

PROPOSALS: Final = "commerce_livesession_proposals"
"""The name of the page of proposals."""
LOOKED_BACK: Final = timedelta(days=90)
MOST: Final = 50
LONGEST_REASON: Final = 1000
AS_PROPOSED: Final = "As proposed."
"""The reason on record where nobody typed another."""
Done = TypeVar("Done")


class ReasonForm(admin.helpers.ActionForm):  # type: ignore[name-defined, misc]
    """Why, typed beside the action."""

    reason = forms.CharField(
        required=False, max_length=LONGEST_REASON, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )


class WholeFilter(admin.SimpleListFilter):
    """Sessions as they are counted; or the broadcasts they are made of, and what is left of those split."""

    title = "broadcasts"
    parameter_name = "broadcasts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What the list leaves out of itself."""
        return [("merged", "Merged sessions"), ("parts", "Broadcasts of merged sessions"), ("split", "Split")]

    def choices(self, changelist: Any) -> Any:
        """Without a choice the list shows no broadcasts, so it does not say that it shows all."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Sessions"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[LiveSession]) -> QuerySet[LiveSession]:
        """The chosen ones; without a choice every session once."""
        match self.value():
            case "merged":
                return queryset.filter(is_merged=True, split_at=None)
            case "parts":
                return queryset.filter(merged_into__isnull=False)
            case "split":
                return queryset.filter(split_at__isnull=False)
        return queryset.filter(merged_into=None, split_at=None)


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A proposal as the page shows it."""

    partner: str
    account: str
    sessions: list[LiveSession]


class MergingPage(Page):
    """Part of the page of sessions: which of them are one."""

    action_form = ReasonForm
    actions = ("merge_selected", "split_selected")
    change_list_template = "analytics/admin/sessions.html"

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Who may change sessions may say which of them are one."""
        return bool(request.user.has_perm("commerce.change_livesession"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list; who may merge finds the way to the proposals."""
        way = reverse(f"admin:{PROPOSALS}") if self.has_merge_permission(request) else None
        return super().changelist_view(request, {**(extra_context or {}), "proposals": way})

    @admin.action(description="Merge into one session, for the reason typed beside", permissions=["merge"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet[LiveSession]) -> None:
        """Make one session of the selected ones."""
        if reason := self._reason(request):
            self._merge(request, [row.pk for row in queryset], reason=reason)

    @admin.action(description="Split into its broadcasts, for the reason typed beside", permissions=["merge"])
    def split_selected(self, request: HttpRequest, queryset: QuerySet[LiveSession]) -> None:
        """Take each of the selected ones apart."""
        if not (reason := self._reason(request)):
            return
        for row in queryset:

            def split(row: LiveSession = row) -> Sequence[LiveSession]:
                return broadcasts.split(row.pk, actor=actor_of(request), reason=reason, now=timezone.now())

            if parts := _told(request, split, about=f"{row}: "):
                wake(row.partner_id)
                record(request, [row], f"Split: {reason}")
                messages.success(request, f"{row} is {len(parts)} sessions again.")

    def get_urls(self) -> list[URLPattern]:
        """With the page of proposals."""
        page = path("proposals/", self.admin_site.admin_view(self.proposals), name=PROPOSALS)
        return [page, *super().get_urls()]

    def proposals(self, request: HttpRequest) -> HttpResponse:
        """Show what looks like one session; POST merges what one proposal names, or keeps it apart."""
        if not self.has_merge_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self._decide(request)
            return HttpResponseRedirect(reverse(f"admin:{PROPOSALS}"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Sessions that may be one",
            "proposals": _shown(actor_of(request), since=timezone.now() - LOOKED_BACK),
            "longest_reason": LONGEST_REASON,
        }
        return TemplateResponse(request, "analytics/admin/proposals.html", context)

    def _decide(self, request: HttpRequest) -> None:
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON] or AS_PROPOSED
        try:
            ids = [UUID(told) for told in request.POST.getlist("session")]
        except ValueError:
            messages.error(request, "There is no such session.")
            return
        if request.POST.get("decision") == "merge":
            self._merge(request, ids, reason=reason)
            return

        def keep() -> bool:
            broadcasts.keep_apart(ids, actor=actor_of(request), reason=reason, now=timezone.now())
            return True

        if _told(request, keep):
            rows = scoped(LiveSession.objects.filter(pk__in=ids), actor=actor_of(request))
            record(request, list(rows), f"Kept apart: {reason}")
            messages.success(request, f"{len(ids)} sessions are kept apart; nobody proposes them again.")

    def _merge(self, request: HttpRequest, ids: Sequence[UUID], *, reason: str) -> None:
        def merge() -> LiveSession:
            return broadcasts.merge(ids, actor=actor_of(request), reason=reason, now=timezone.now())

        if whole := _told(request, merge):
            wake(whole.partner_id)
            record(request, [whole], f"Merged of {len(set(ids))} sessions: {reason}")
            messages.success(request, f"{whole} is one session of {len(set(ids))} broadcasts.")

    def _reason(self, request: HttpRequest) -> str:
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
        if not reason:
            messages.error(request, "Type beside the action why.")
        return reason


def _told(request: HttpRequest, act: Callable[[], Done], *, about: str = "") -> Done | None:
    """What came of it; None after telling the person why nothing did."""
    try:
        return act()
    except broadcasts.CannotMerge as refused:
        messages.error(request, f"{about}{refused.message}")
        return None


def _shown(actor: Actor, *, since: datetime) -> list[Proposed]:
    """The latest proposals with their sessions, read by one statement more."""
    found: list[Proposal] = merge_proposals(actor=actor, since=since)[:MOST]
    named = [identity for one in found for identity in one.session_ids]
    rows = scoped(LiveSession.objects.filter(pk__in=named).select_related("partner"), actor=actor)
    known = {row.pk: row for row in rows}
    return [
        Proposed(
            partner=str(known[one.session_ids[0]].partner),
            account=one.account,
            sessions=[known[identity] for identity in one.session_ids],
        )
        for one in found
    ]
