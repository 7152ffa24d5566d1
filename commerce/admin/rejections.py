"""What was turned away at the door, why, and another try after a fix."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from commerce import ingest
from commerce.access import scoped
from commerce.admin.scope import FactPage, PartnerFilter, actor_of, record
from commerce.models import Partner, Rejection
from commerce.tasks import wake

SHOWN_CHARACTERS: Final = 100_000


def pretty(body: bytes) -> str:
    """A refused body to read: JSON indented, anything else as it came, bytes that are no text escaped."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", errors="backslashreplace")
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}\n… {len(text) - SHOWN_CHARACTERS:,} characters more"


class OpenFilter(admin.SimpleListFilter):
    """Whether an event is still out."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Open or accepted after all."""
        return [("open", "Open"), ("accepted", "Accepted after all")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rejection]) -> QuerySet[Rejection]:
        """Rejections in the chosen state."""
        return (
            queryset if self.value() is None else queryset.filter(redriven_at__isnull=self.value() == "open")
        )


@admin.register(Rejection)
class RejectionPage(FactPage):
    """Refused events with code and reason; read, and driven through the door again."""

    list_display = (
        "received_at",
        "code",
        "path",
        "message",
        "source",
        "event_id",
        "partner",
        "times",
        "redriven_at",
    )
    list_filter = (
        PartnerFilter,
        OpenFilter,
        ("code", admin.AllValuesFieldListFilter),
        ("source", admin.AllValuesFieldListFilter),
    )
    search_fields = ("event_id__exact",)
    ordering = ("-received_at", "-id")
    actions = ("redrive_selected", "redrive_all_open")
    exclude = ("id", "digest", "body")
    readonly_fields = ("readable_body",)

    def has_redrive_permission(self, request: HttpRequest) -> bool:
        """Who may change rejections may drive them again."""
        return bool(request.user.has_perm("commerce.change_rejection"))

    @admin.display(description="Body")
    def readable_body(self, rejection: Rejection) -> str:
        """The event as it came."""
        return format_html(
            '<pre class="overflow-x-auto whitespace-pre-wrap break-all">{}</pre>',
            pretty(bytes(rejection.body)),
        )

    @admin.action(description="Re-drive the selected events", permissions=["redrive"])
    def redrive_selected(self, request: HttpRequest, queryset: QuerySet[Rejection]) -> None:
        """Send the selected ones that are open through the door again."""
        chosen: dict[UUID, list[UUID]] = {}
        for identity, partner_id in queryset.filter(redriven_at=None).values_list("id", "partner_id"):
            chosen.setdefault(partner_id, []).append(identity)
        self._redrive(request, chosen)

    @admin.action(description="Re-drive all open events of these rows' partners", permissions=["redrive"])
    def redrive_all_open(self, request: HttpRequest, queryset: QuerySet[Rejection]) -> None:
        """Send everything open of the partners through the door again."""
        partners = queryset.order_by().values_list("partner_id", flat=True).distinct()
        self._redrive(request, dict.fromkeys(partners))

    def _redrive(self, request: HttpRequest, chosen: Mapping[UUID, Iterable[UUID] | None]) -> None:
        for partner in scoped(Partner.objects.filter(pk__in=list(chosen)), actor=actor_of(request)):
            ids = chosen[partner.pk]
            outcome = ingest.redrive(
                partner_id=partner.pk, now=timezone.now(), ids=None if ids is None else list(ids)
            )
            if outcome.accepted:
                wake(partner.pk)
            counts = (
                f"received {outcome.received}, accepted {outcome.accepted}, "
                f"duplicate {outcome.duplicate}, rejected {outcome.rejected}"
            )
            which = "all open" if ids is None else "selected"
            record(request, [partner], f"Re-drove {which} rejections: {counts}.")
            messages.success(request, f"{partner}: {counts}.")
        if not chosen:
            messages.warning(request, "None of these events is open.")
