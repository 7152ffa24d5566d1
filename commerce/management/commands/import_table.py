"""`manage.py import_table`: spend or costs from a CSV or XLSX file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commerce import tables
from commerce.access import Actor
from commerce.management.partners import add_partner, find_partner
from commerce.tasks import wake

WHO: Final = "manage.py import_table"


class Command(BaseCommand):
    """Take a table in; the same table again changes nothing."""

    help = (
        "Take what was spent, or what products cost, in from a CSV or XLSX file. Spend: from, to, amount, "
        "currency, and channel, campaign, purpose. Costs: sku, cost, currency, and source where a SKU is of "
        "several. All rows or none; the last line counts them, and the exit code is 1 when a row is refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which table, whose, and whether only to look."""
        parser.add_argument("table", choices=sorted(tables.TABLES), help="What the rows are about.")
        parser.add_argument("file", metavar="FILE", type=Path, help="A .csv or .xlsx file.")
        add_partner(parser)
        parser.add_argument("--preview", action="store_true", help="Say what would change; change nothing.")
        parser.add_argument("--reason", default="", help="Why, for the record.")

    def handle(
        self, *args: Any, table: str, file: Path, partner: str, preview: bool, reason: str, **options: Any
    ) -> None:
        """Read, plan, send, count."""
        owner = find_partner(partner)
        kind = tables.TABLES[table]
        try:
            rows = tables.read_file(file, layout=kind.layout)
            outcome = tables.import_table(
                kind,
                rows,
                partner_id=owner.id,
                actor=Actor(name=WHO, partner_ids=(owner.id,), scopes=frozenset({"manage"})),
                preview=preview,
                now=timezone.now(),
                reason=reason,
            )
        except (OSError, tables.Unreadable) as error:
            raise CommandError(f"{file}: {error}") from None
        except psycopg.OperationalError as error:
            raise CommandError(f"The database went away, run it again: {error}") from None
        if outcome.is_done:
            wake(owner.id)
        for one in outcome.rows:
            place = f"{file}, line {one.row.line}"
            for column, rule in one.errors:
                self.stderr.write(f"{place}, {column or 'row'}: {rule}")
            if one.status is tables.Status.CHANGED:
                self.stderr.write(f"{place}: was {one.before}")
        self.stdout.write(", ".join(f"{each.value.lower()} {outcome.count(each)}" for each in tables.Status))
        if outcome.has_errors:
            raise SystemExit(1)
