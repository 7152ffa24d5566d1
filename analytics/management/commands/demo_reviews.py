"""`manage.py demo_reviews`: the demo's team has looked at its last week."""

from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.utils import timezone

from analytics.metrics import Cadence
from analytics.models import Review
from analytics.plans.reviews import complete_review
from commerce.access import Actor, row_security
from commerce.management.partners import add_partner, find_partner

WHO: Final = "Aisyah Rahman"
NOTE: Final = "Thursday's room was full, Sunday's not: the Sunday live moves to eight."


class Command(BaseCommand):
    """Do one review, once."""

    help = "Note that the last week was looked at, for a partner that has done no review yet; else nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        add_partner(parser)

    def handle(self, *args: Any, partner: str, **options: Any) -> None:
        """Complete the weekly one that is due."""
        owner = find_partner(partner)
        actor = Actor(name=WHO, partner_ids=(owner.id,), scopes=frozenset({"read", "manage"}))
        with row_security(actor):
            reviews = Review.objects.filter(partner_id=owner.id)
            if reviews.filter(done_at__isnull=False).exists():
                return
            weekly = reviews.filter(cadence=Cadence.WEEKLY.name).order_by("-starts_on").first()
            if weekly is None:
                return
            complete_review(weekly.id, note=NOTE, actor=actor, now=timezone.now())
        self.stdout.write("reviews 1")
