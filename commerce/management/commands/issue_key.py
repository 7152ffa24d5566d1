"""`manage.py issue_key`: a new API key, shown once."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commerce.access import SCOPES, issue_key
from commerce.management.partners import add_partner, find_partner


class Command(BaseCommand):
    """Make a key of one partner."""

    help = "Issue an API key of a partner. The key stands alone on the last line and is never shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose key it is and what it may do."""
        add_partner(parser)
        parser.add_argument("--scopes", required=True, help=f"Separated by commas: {', '.join(SCOPES)}.")
        parser.add_argument("--name", default="", help="What the key is for, as the admin shows it.")
        parser.add_argument("--expires", help="When it ends, such as 2027-01-31T00:00:00Z.")

    def handle(
        self, *args: Any, partner: str, scopes: str, name: str, expires: str | None, **options: Any
    ) -> None:
        """Issue it and print it."""
        owner, now = find_partner(partner), timezone.now()
        expires_at = None if expires is None else _moment(expires, now=now)
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        try:
            key, _ = issue_key(partner_id=owner.id, scopes=wanted, name=name, now=now, expires_at=expires_at)
        except ValueError as error:
            raise CommandError(f"--scopes: {error}") from None
        until = "without an end" if expires_at is None else f"until {expires_at.isoformat()}"
        self.stdout.write(f"A key of {owner.slug} for {', '.join(sorted(set(wanted)))}, {until}:")
        self.stdout.write(key)


def _moment(text: str, *, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--expires: {text!r} is not an ISO 8601 time.") from None
    if moment.tzinfo is None:
        raise CommandError(f"--expires: {text!r} has no offset; write {text}Z for UTC.")
    if moment <= now:
        raise CommandError(f"--expires: {text!r} has passed.")
    return moment
