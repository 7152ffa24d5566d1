"""`manage.py erase_person`: everything a person can be recognised by goes, and every number stays."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commerce.management.persons import actor_of, add_person, person_of
from commerce.privacy import NoPerson, erase_person


class Command(BaseCommand):
    """Erase one person of a partner."""

    help = "Erase a person: nobody is recognised any more, now or when sent again; numbers stay. For good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, whose, and why."""
        add_person(parser)

    def handle(self, *args: Any, partner: str, who: str, reason: str, **options: Any) -> None:
        """Erase and count."""
        owner, actor = actor_of(who, partner=partner)
        try:
            erased = erase_person(
                person_of(**options), partner_id=owner.id, actor=actor, reason=reason, now=timezone.now()
            )
        except NoPerson as error:
            raise CommandError(error.message) from None
        self.stdout.write(
            f"customers {erased.customers}, viewers {erased.viewers}, events {erased.events}, "
            f"comments {erased.comments}, refused events {erased.rejections}, {erased.seconds:.1f} s"
        )
