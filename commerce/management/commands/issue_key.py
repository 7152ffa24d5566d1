"""`manage.py issue_key`: a new API key, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commerce.access import SCOPES, issue_key
from commerce.management.keys import add_terms, read_end, until
from commerce.management.partners import add_partner, find_partner


class Command(BaseCommand):
    """Make a key of one partner."""

    help = "Issue an API key of a partner. The key stands alone on the last line and is never shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose key it is and what it may do."""
        add_partner(parser)
        parser.add_argument("--scopes", required=True, help=f"Separated by commas: {', '.join(SCOPES)}.")
        add_terms(parser)

    def handle(
        self, *args: Any, partner: str, scopes: str, name: str, expires: str | None, **options: Any
    ) -> None:
        """Issue it and print it."""
        owner, now = find_partner(partner), timezone.now()
        end = read_end(expires, now=now)
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        try:
            key, _ = issue_key(partner_id=owner.id, scopes=wanted, name=name, now=now, expires_at=end)
        except ValueError as error:
            raise CommandError(f"--scopes: {error}") from None
        self.stdout.write(f"A key of {owner.slug} for {', '.join(sorted(set(wanted)))}, {until(end)}:")
        self.stdout.write(key)
