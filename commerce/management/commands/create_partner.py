"""`manage.py create_partner`: a new brand."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from commerce.files.moments import zone_of
from commerce.ingest.decode import CURRENCIES
from commerce.management.partners import WORKER
from commerce.models import Partner


class Command(BaseCommand):
    """Create one partner."""

    help = "Create a partner (a brand): the unit of isolation, with its currency and calendar."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The slug and what its numbers need."""
        parser.add_argument("slug", help="Short name in commands and addresses: letters, digits, - and _.")
        parser.add_argument("--name", required=True, help="The name people read.")
        parser.add_argument("--currency", required=True, help="ISO 4217, such as SGD.")
        parser.add_argument("--timezone", required=True, help="IANA name; its calendar makes the days.")

    def handle(self, *args: Any, slug: str, name: str, currency: str, timezone: str, **options: Any) -> None:
        """Check everything, then write it as the worker."""
        if currency not in CURRENCIES:
            raise CommandError(f"--currency: {currency!r} is not an ISO 4217 currency.")
        try:
            zone_of(timezone)
        except ValueError as error:
            raise CommandError(f"--timezone: {error}.") from None
        partner = Partner(slug=slug, name=name, currency=currency, timezone=timezone)
        try:
            partner.clean_fields()
            partner.save(using=WORKER, force_insert=True)
        except ValidationError as error:
            field, messages = next(iter(error.message_dict.items()))
            raise CommandError(f"{field}: {messages[0]}") from None
        except IntegrityError:
            raise CommandError(f"A partner {slug!r} exists already.") from None
        self.stdout.write(f"Created the partner {slug} ({name}, {currency}, {timezone}).")
