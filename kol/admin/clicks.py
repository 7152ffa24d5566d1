"""Where links may lead, and who followed them."""

from typing import ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from commerce.admin.scope import FactPage, PartnerFilter
from kol import changes
from kol.admin.acting import ActPage, ReasonForm, whom_of
from kol.models import LinkClick, LinkHost


@admin.register(LinkClick)
class ClickPage(FactPage):
    """Clicks, the latest first."""

    list_display = ("clicked_at", "by", "link", "partner", "visitor")
    list_select_related: ClassVar[tuple[str, ...]] = ("partner", "link")
    list_filter = (PartnerFilter, "by")
    search_fields = ("link__code__exact", "visitor__exact")
    ordering = ("-clicked_at", "-id")


class HostForm(ReasonForm):
    """A host that links may lead to."""

    class Meta:
        model = LinkHost
        fields = ("partner", "host")

    def act(self) -> LinkHost:
        """Allow it."""
        told = self.cleaned_data
        return changes.allow_host(told["host"], partner_id=told["partner"].pk, **self.whom)


@admin.register(LinkHost)
class HostPage(ActPage):
    """Hosts that links may lead to: allowed and taken back, not edited."""

    form = HostForm
    list_display = ("host", "partner")
    list_filter = (PartnerFilter,)
    search_fields = ("host",)
    ordering = ("host", "id")
    fields = ("partner", "host", "reason")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: take one back and allow another."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Who may delete hosts: links there lead nowhere any more."""
        return bool(request.user.has_perm("kol.delete_linkhost"))

    def delete_model(self, request: HttpRequest, obj: LinkHost) -> None:
        """Take it back."""
        self._forbid(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[LinkHost]) -> None:
        """Take them back."""
        for host in queryset:
            self._forbid(request, host)

    def _forbid(self, request: HttpRequest, host: LinkHost) -> None:
        changes.forbid_host(host.pk, **whom_of(request))
