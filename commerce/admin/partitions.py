"""The event log: its partitions, and what lies outside of them."""

from datetime import timedelta
from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from commerce.admin.scope import Page, ReadOnly, SuperuserOnly
from commerce.models import Event
from commerce.partitions import COUNTED, count_default_rows, list_partitions, make_partitions

AHEAD = timedelta(days=62)


@admin.register(Event)
class EventLogPage(ReadOnly, SuperuserOnly, Page):
    """One page: the partitions. Events themselves are the machine's: no person reads the river."""

    search_fields = ()

    def get_urls(self) -> list[URLPattern]:
        """The page, and nothing of single events."""
        return [path("", self.admin_site.admin_view(self.partitions), name="commerce_event_changelist")]

    def partitions(self, request: HttpRequest) -> HttpResponse:
        """Show the partitions; POST makes the missing ones first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._make(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Partitions of the event log",
            "partitions": list_partitions(),
            "default_rows": count_default_rows(),
            "counted": COUNTED,
        }
        return TemplateResponse(request, "commerce/admin/partitions.html", context)

    def _make(self, request: HttpRequest) -> HttpResponse:
        made = make_partitions(now=timezone.now(), ahead=AHEAD)
        told = ", ".join(f"{month:%Y-%m} ({moved} rows moved)" for month, moved in made.items())
        message = f"Made {told}." if made else "Every partition was there already."
        self._record(request, message)
        messages.success(request, message)
        return HttpResponseRedirect(reverse("admin:commerce_event_changelist"))

    def _record(self, request: HttpRequest, message: str) -> None:
        LogEntry.objects.create(
            user=cast(User, request.user),
            content_type=ContentType.objects.get_for_model(self.model, for_concrete_model=False),
            object_repr="partitions",
            action_flag=CHANGE,
            change_message=message,
        )
