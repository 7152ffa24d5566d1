"""Erasing a person from the list of customers or viewers: seen, confirmed, on record."""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from commerce import privacy
from commerce.admin.scope import FactPage, actor_of
from commerce.models import Customer, Viewer

MOST: Final = 20
LONGEST_REASON: Final = 1000


class PersonPage(FactPage):
    """A page of people, who can be erased one by one or a few together."""

    actions = ("erase_selected",)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Who may delete such rows may erase persons."""
        codename = f"{self.opts.app_label}.delete_{self.opts.model_name}"
        return bool(request.user.has_perm(codename))

    @admin.action(description="Erase these persons …", permissions=["erase"])
    def erase_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Say what goes and what stays; erase when that is confirmed with a reason."""
        people = list(queryset.select_related("partner")[: MOST + 1])
        if len(people) > MOST:
            messages.error(request, f"At most {MOST} at a time.")
            return None
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
        if request.POST.get("confirmed") and reason:
            self._erase(request, people, reason=reason)
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Erase persons",
            "people": people,
            "is_unexplained": bool(request.POST.get("confirmed")),
            "longest_reason": LONGEST_REASON,
        }
        return TemplateResponse(request, "commerce/admin/erase_persons.html", context)

    def _erase(self, request: HttpRequest, people: Sequence[Customer | Viewer], *, reason: str) -> None:
        for row in people:
            is_customer = isinstance(row, Customer)
            named = privacy.Name(customer=row.pk) if is_customer else privacy.Name(viewer=row.pk)
            try:
                erased = privacy.erase_person(
                    named,
                    partner_id=row.partner_id,
                    actor=actor_of(request),
                    reason=reason,
                    now=timezone.now(),
                )
            except privacy.NoPerson:
                # Two rows of one person: the first took the other along.
                continue
            messages.success(
                request,
                f"{row.partner}: a person of {erased.customers} customers and {erased.viewers} viewers is "
                f"erased, with what {erased.events} events told.",
            )
