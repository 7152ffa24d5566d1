"""`manage.py catch_up`: what the schedule does from time to time, here and now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from analytics import advice, debriefs, followups
from analytics.fills import uplift
from analytics.lifetime import beside, predicting
from analytics.plans import reporting
from commerce.management.partners import add_partner, find_partner


class Command(BaseCommand):
    """Learn, estimate, debrief, report and advise until nothing is due."""

    help = (
        "Work out what a partner's past teaches, what giveaways go along with, what customers will buy and "
        "are worth, write the debriefs, follow-up lists and reports that are due, and advise who is on air: "
        "what the schedule does, in this process. Numbers that are stale are not computed: run `refresh` "
        "before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        add_partner(parser)

    def handle(self, *args: Any, partner: str, **options: Any) -> None:
        """Do all of it, and say what was done."""
        owner, now = find_partner(partner).id, timezone.now()
        advice.learn_from_past(partner_id=owner, now=now)
        uplift.estimate_uplift(partner_id=owner, now=now)
        predicting.predict_customers(partner_id=owner, now=now)
        beside.compare_customers(partner_id=owner, now=now)
        written = 0
        while some := debriefs.write_due(partner_id=owner, now=now):
            written += some
        lists = followups.make_due(partner_id=owner, now=now)
        reports = reporting.report_closed(partner_id=owner, now=now)
        advised = advice.advise(partner_id=owner, now=now)
        self.stdout.write(
            f"debriefs {written}, follow-up lists {lists}, reports {reports}, advised {advised}"
        )
