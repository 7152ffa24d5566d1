"""Write the API's schema to the file that clients and tests read."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

FILE = Path(settings.BASE_DIR) / "schema.graphql"


class Command(BaseCommand):
    help = "Write the GraphQL schema, sorted, to schema.graphql; --check only tells whether it is up to date."
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The one option."""
        parser.add_argument(
            "--check", action="store_true", help="Write nothing; exit 1 when the file differs."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare."""
        from config.graphql import sdl

        wanted = sdl()
        if options["check"]:
            if not FILE.exists() or FILE.read_text() != wanted:
                raise CommandError(
                    f"{FILE.name} differs from the code: run `python manage.py export_schema`."
                )
            self.stdout.write(f"{FILE.name} is up to date.")
            return
        FILE.write_text(wanted)
        self.stdout.write(f"{FILE.name} written: {wanted.count(chr(10))} lines.")
