"""`manage.py demo_plans`: what the demo's team set out to reach, and the numbers it looks at."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand

from analytics.metrics import Cadence, Scope, metric_of
from analytics.models import Target
from analytics.plans.selections import save_selection
from analytics.plans.targets import DEFAULT_BASIS, Wish, set_target
from commerce.access import Actor, row_security
from commerce.management.partners import WORKER, add_partner, find_partner
from commerce.models import LiveSession, Partner

OWNER: Final = "up"
"""Selections are seen by who saved them: the name of the key that a first start gives out."""
SELECTION: Final = ("viewer_to_buyer_rate", "live_sales", "average_order_value", "peak_concurrent_viewers")
OF_SESSION: Final = (
    ("viewer_to_buyer_rate", Target.Kind.ABSOLUTE, Decimal("0.18"), "Celine Tan"),
    ("average_order_value", Target.Kind.RELATIVE_CHANGE, Decimal("0.1"), "Celine Tan"),
)
OF_WEEK: Final = ("viewers", Decimal(600), "Aisyah Rahman")
OF_SHOP: Final = (
    ("conversion_rate", Cadence.BIWEEKLY, Target.Kind.ABSOLUTE, Decimal("0.2"), "Jo Lim", "One in five buys"),
    ("new_customers", Cadence.MONTHLY, Target.Kind.ABSOLUTE, Decimal(300), "Jo Lim", "Lives bring people"),
    ("repurchase_rate", Cadence.MONTHLY, Target.Kind.ABSOLUTE, Decimal("0.25"), "Jo Lim", "And they stay"),
    ("paid_sales", Cadence.QUARTERLY, Target.Kind.RELATIVE_CHANGE, Decimal("0.2"), "Celine Tan", "We grow"),
)
SHOP_FROM: Final = timedelta(weeks=27)
"""So long ago that the last quarter that closed had its target already."""


class Command(BaseCommand):
    """Set them once."""

    help = "Set sample targets and save a selection for a partner without targets; else change nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        add_partner(parser)

    def handle(self, *args: Any, partner: str, **options: Any) -> None:
        """Set and save, as the team would have done before its latest session."""
        owner = find_partner(partner)
        last = (
            LiveSession.objects.using(WORKER)
            .filter(partner=owner, last_ended_at__isnull=False, scheduled_at__isnull=False)
            .order_by("-started_at")
            .first()
        )
        if last is None or last.scheduled_at is None:
            return
        actor = Actor(name=OWNER, partner_ids=(owner.id,), scopes=frozenset({"read", "manage"}))
        with row_security(actor):
            if Target.objects.filter(partner_id=owner.id).exists():
                return
            for wish, set_at in _wishes(owner, last, announced_at=last.scheduled_at):
                set_target(wish, actor=actor, now=set_at)
            chosen = [metric_of(Scope.SESSION, key) for key in SELECTION]
            save_selection(name="Monday meeting", metrics=chosen, actor=actor, now=last.scheduled_at)
        self.stdout.write(f"targets {len(OF_SESSION) + 1 + len(OF_SHOP)}, selections 1")


def _wishes(owner: Partner, last: LiveSession, *, announced_at: datetime) -> list[tuple[Wish, datetime]]:
    """For the latest session, every week and the shop, early enough for a report; and when each was set."""
    earlier = announced_at - timedelta(weeks=2)
    today = announced_at.astimezone(ZoneInfo(owner.timezone)).date()
    asked: dict[str, Any] = {
        "partner_id": owner.id,
        "currency": owner.currency,
        "week_starts_on": owner.week_starts_on,
        "day": None,
        "direction": None,
        "basis": DEFAULT_BASIS,
    }
    of_session = [
        (
            Wish(
                metric=metric, about=Scope.SESSION, session_id=last.pk, cadence=None, today=today, kind=kind,
                value=value, owner=host, reason="A little above what such lives do", **asked,
            ),
            announced_at,
        )
        for metric, kind, value, host in OF_SESSION
    ]  # fmt: skip
    metric, value, host = OF_WEEK
    of_week = Wish(
        metric=metric, about=Scope.SESSION, session_id=None, cadence=Cadence.WEEKLY,
        today=today - timedelta(weeks=2), kind=Target.Kind.ABSOLUTE, value=value, owner=host,
        reason="Three lives a week, each a full room", **asked,
    )  # fmt: skip
    of_shop = [
        (
            Wish(
                metric=metric, about=Scope.SHOP, session_id=None, cadence=cadence, today=today - SHOP_FROM,
                kind=kind, value=value, owner=who, reason=reason, **asked,
            ),
            announced_at - SHOP_FROM,
        )
        for metric, cadence, kind, value, who, reason in OF_SHOP
    ]  # fmt: skip
    return [*of_session, (of_week, earlier), *of_shop]
