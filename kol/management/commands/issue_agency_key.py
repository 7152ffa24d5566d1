"""`manage.py issue_agency_key`: a new API key of an agency, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commerce.management.keys import add_terms, read_end, until
from commerce.management.partners import WORKER
from kol.access import issue_agency_key
from kol.models import Agency


class Command(BaseCommand):
    """Make a key of one agency."""

    help = (
        "Issue an API key of an agency: it reads what partners let the agency see. The key stands alone on "
        "the last line and is never shown again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose key it is."""
        parser.add_argument("--agency", required=True, metavar="SLUG", help="The slug of the agency.")
        add_terms(parser)

    def handle(self, *args: Any, agency: str, name: str, expires: str | None, **options: Any) -> None:
        """Issue it and print it."""
        owner, now = _agency(agency), timezone.now()
        end = read_end(expires, now=now)
        key, _ = issue_agency_key(agency_id=owner.pk, name=name, now=now, expires_at=end)
        self.stdout.write(f"A key of {owner.slug}, {until(end)}:")
        self.stdout.write(key)


def _agency(slug: str) -> Agency:
    agency = Agency.objects.using(WORKER).filter(slug=slug).first()
    if agency is None:
        slugs = Agency.objects.using(WORKER).order_by("slug").values_list("slug", flat=True)[:20]
        known = ", ".join(slugs) or "none yet; a superuser makes one in the admin"
        raise CommandError(f"There is no agency {slug!r}. Known: {known}.")
    return agency
