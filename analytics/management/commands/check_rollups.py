"""`manage.py check_rollups`: recompute from facts, compare every cell with what is served."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analytics.recompute import Check, check
from commerce.models import Partner


class Command(BaseCommand):
    """Exit 0 only when nothing differs."""

    help = "Recompute every derived number and compare; changes nothing. Last line: cells N, differences D."

    def add_arguments(self, parser: CommandParser) -> None:
        """One partner, or all."""
        parser.add_argument("--partner", metavar="SLUG", help="only this partner")

    def handle(self, *args: Any, partner: str | None, **options: Any) -> None:
        """Check and say what was found."""
        chosen = Partner.objects.using("worker").order_by("slug")
        if partner is not None:
            chosen = chosen.filter(slug=partner)
            if not chosen.exists():
                raise SystemExit(f"There is no partner {partner!r}. `manage.py create_partner` makes one.")
        console, total = Console(stderr=True), Check()
        table = Table("partner", "numbers", "cells", "differences")
        for one in track(list(chosen), description="Recomputing", console=console):
            found = check(partner_id=one.id, now=timezone.now())
            for name, (cells, differences) in found.by_table.items():
                table.add_row(one.slug, name, str(cells), str(differences))
            if found.waiting:
                console.print(
                    f"{one.slug}: {found.waiting} subjects were waiting to be recomputed "
                    "when the check began."
                )
            if found.frozen:
                console.print(
                    f"{one.slug}: {found.frozen} cells are of events that are kept no longer; they are "
                    "frozen, and not computed again."
                )
            total.cells += found.cells
            total.differences += found.differences
        console.print(table)
        if total.differences:
            console.print(
                "Some numbers are not what the facts say: `manage.py refresh` "
                "after looking at the stale rows."
            )
        self.stdout.write(f"cells {total.cells}, differences {total.differences}")
        self.stdout.flush()
        sys.exit(1 if total.differences else 0)
