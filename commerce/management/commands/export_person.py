"""`manage.py export_person`: everything that is kept of a person, as JSON."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commerce.management.persons import actor_of, add_person, person_of
from commerce.privacy import NoPerson, export_person


class Command(BaseCommand):
    """Export one person of a partner."""

    help = "Write everything that is kept of a person as one JSON document."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, whose, why and where to."""
        add_person(parser)
        parser.add_argument("--output", type=Path, metavar="FILE", help="Instead of standard output.")

    def handle(
        self, *args: Any, partner: str, who: str, reason: str, output: Path | None, **options: Any
    ) -> None:
        """Write the document."""
        owner, actor = actor_of(who, partner=partner)
        try:
            document = export_person(
                person_of(**options), partner_id=owner.id, actor=actor, reason=reason, now=timezone.now()
            )
        except NoPerson as error:
            raise CommandError(error.message) from None
        told = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE, default=str)
        if output is None:
            self.stdout.write(told.decode(), ending="")
        else:
            output.write_bytes(told)
