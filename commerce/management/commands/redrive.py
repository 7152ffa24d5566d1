"""`manage.py redrive`: refused events through the door again, after a fix."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from commerce import ingest
from commerce.management.partners import WORKER, add_partner, find_partner
from commerce.models import Rejection
from commerce.tasks import wake


class Command(BaseCommand):
    """Send rejections of a partner in again."""

    help = "Drive refused events of a partner through the door again; twice has the effect of once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, and optionally which."""
        add_partner(parser)
        parser.add_argument("--code", help="Only those refused with this code, such as unknown_type.")

    def handle(self, *args: Any, partner: str, code: str | None, **options: Any) -> None:
        """Redrive and count."""
        owner = find_partner(partner)
        ids = None
        if code is not None:
            chosen = Rejection.objects.using(WORKER).filter(partner=owner, code=code, redriven_at=None)
            ids = list(chosen.values_list("id", flat=True))
        outcome = ingest.redrive(partner_id=owner.id, now=timezone.now(), ids=ids)
        if outcome.accepted:
            wake(owner.id)
        self.stdout.write(
            f"received {outcome.received}, accepted {outcome.accepted}, "
            f"duplicate {outcome.duplicate}, rejected {outcome.rejected}"
        )
