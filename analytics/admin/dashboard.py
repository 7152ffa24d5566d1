"""The first page: the counts that tell whether everything is well."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.contrib import admin
from django.db.models import F, Min, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince

from analytics.models import SessionRollup
from analytics.staleness import MAX_ATTEMPTS
from commerce.access import scoped
from commerce.admin.scope import actor_of
from commerce.models import Rejection, Stale

LIVE_WITHIN: Final = timedelta(minutes=5)
"""A session without an end is live as long as its last sign of life is younger than this."""


def counts(request: HttpRequest, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the first page shows of the person's partners."""
    actor, now = actor_of(request), timezone.now()
    marks = scoped(Stale.objects.all(), actor=actor)
    aside = marks.filter(attempts__gte=MAX_ATTEMPTS)
    oldest = marks.filter(attempts__lt=MAX_ATTEMPTS).aggregate(at=Min("marked_at"))["at"]
    ended = Q(session__last_ended_at__isnull=False, session__last_ended_at__gte=F("session__last_started_at"))
    live = scoped(SessionRollup.objects.all(), actor=actor).filter(
        ~ended,
        session__started_at__lte=now,
        window_ended_at__gt=now - LIVE_WITHIN,
        session__merged_into=None,
        session__split_at=None,
    )
    stale_page, rejections, sessions = (
        reverse(f"admin:commerce_{name}_changelist") for name in ("stale", "rejection", "livesession")
    )
    cards = [
        {
            "label": "Oldest waiting number",
            "value": timesince(oldest, now) if oldest else "all fresh",
            "href": f"{stale_page}?state=waiting",
        },
        {
            "label": "Set aside after failures",
            "value": aside.values("partner_id", "kind", "subject").distinct().count(),
            "href": f"{stale_page}?state=aside",
        },
        {
            "label": "Open rejections",
            "value": scoped(Rejection.objects.filter(redriven_at=None), actor=actor).count(),
            "href": f"{rejections}?state=open",
        },
        {"label": "Live now", "value": live.count(), "href": sessions},
    ]
    return {**context, "cards": cards}


admin.site.index_template = "analytics/admin/dashboard.html"
