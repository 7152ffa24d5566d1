"""The `--partner` that commands share."""

from argparse import ArgumentParser

from django.core.management import CommandError

from commerce.models import Partner

WORKER = "worker"


def add_partner(parser: ArgumentParser) -> None:
    """Declare `--partner SLUG`."""
    parser.add_argument("--partner", required=True, metavar="SLUG", help="The slug of the partner.")


def find_partner(slug: str) -> Partner:
    """The partner of a slug, read as the worker; CommandError for an unknown one."""
    partner = Partner.objects.using(WORKER).filter(slug=slug).first()
    if partner is None:
        slugs = Partner.objects.using(WORKER).values_list("slug", flat=True)[:20]
        known = ", ".join(slugs) or "none yet; manage.py create_partner makes one"
        raise CommandError(f"There is no partner {slug!r}. Known: {known}.")
    return partner
