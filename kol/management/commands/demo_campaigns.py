"""`manage.py demo_campaigns`: influencers, agencies and campaigns for the demo's brand."""

from argparse import ArgumentParser
from datetime import timedelta
from io import StringIO
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db.models import Max, Min
from django.utils import timezone

from commerce.access import Actor, row_security
from commerce.management.partners import WORKER, add_partner, find_partner
from commerce.models import LiveSession, Partner
from kol import demo
from kol.models import Campaign

SEASON: Final = timedelta(weeks=12)
"""Campaigns are of the latest lives; nobody kept who was in those before."""


class Command(BaseCommand):
    """Put them on stage once."""

    help = "Three campaigns with eight KOLs and two agencies for a partner without campaigns; else nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, and which clicks."""
        add_partner(parser)
        parser.add_argument("--seed", type=int, default=7, help="Another seed is other clicks.")

    def handle(self, *args: Any, partner: str, seed: int, **options: Any) -> None:
        """Stage, let people follow the links, and bring the numbers up."""
        owner, now = find_partner(partner), timezone.now()
        actor = Actor(name="demo", partner_ids=(owner.pk,), scopes=frozenset({"read", "manage"}))
        shown = LiveSession.objects.using(WORKER).filter(partner=owner, last_ended_at__isnull=False)
        last = shown.aggregate(last=Max("started_at"))["last"]
        if last is None or Campaign.objects.using(WORKER).filter(partner=owner).exists():
            return
        first = shown.filter(started_at__gte=last - SEASON).aggregate(first=Min("started_at"))["first"]
        first_day = first.astimezone(ZoneInfo(owner.timezone)).date()
        with row_security(actor, statement_timeout_ms=60_000):
            made = demo.stage(owner, first_day=first_day, actor=actor, now=now)
        clicks = demo.follow(made, owner, now=now, seed=seed)
        demo.tell_costs(owner, now=timezone.now())
        self._refresh(owner)
        # What was due before a refund came, and what became of it afterwards.
        with row_security(actor, statement_timeout_ms=60_000):
            demo.settle(made, owner, actor=actor, now=timezone.now())
            demo.refund_late(owner, now=timezone.now())
        self._refresh(owner)
        with row_security(actor, statement_timeout_ms=60_000):
            today = now.astimezone(ZoneInfo(owner.timezone)).date()
            demo.carry_on(made, until=today, actor=actor, now=timezone.now())
        self.stdout.write(
            f"campaigns {len(made.campaigns)}, collaborations {len(made.collaborations)}, "
            f"appearances {made.appearances}, clicks {clicks}"
        )

    def _refresh(self, owner: Partner) -> None:
        call_command("refresh", partner=owner.slug, stdout=StringIO(), stderr=self.stderr)
