"""`manage.py refresh`: bring numbers up to their facts, here and now."""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analytics import fills, staleness
from commerce.connection import worker_connection
from commerce.management.partners import find_partner
from commerce.models import Stale

PAUSE_SECONDS: Final = 0.2
"""Between two looks at what another worker is computing."""

WAITING = (
    "SELECT count(DISTINCT (kind, subject)) FILTER (WHERE attempts < %(most)s), "
    "count(DISTINCT (kind, subject)) FILTER (WHERE attempts >= %(most)s) "
    "FROM commerce_stale WHERE partner_id = ANY(%(partners)s)"
)


class Command(BaseCommand):
    """Fill until nothing is stale."""

    help = (
        "Recompute everything that is stale in this process, until nothing is. Workers may run beside it. "
        "The exit code is 1 when something was set aside after failing too often."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose numbers."""
        parser.add_argument("--partner", metavar="SLUG", help="Of this partner only (default: of all).")

    def handle(self, *args: Any, partner: str | None, **options: Any) -> None:
        """Fill, show how far it is, and say what was done."""
        began, done = time.monotonic(), 0
        partners = None if partner is None else [find_partner(partner).id]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("refreshing", total=None)
            while True:
                some = _one_round(partners)
                done += some
                waiting, set_aside = _waiting(partners)
                progress.update(task, completed=done, total=done + waiting)
                if waiting == 0:
                    break
                if some == 0:
                    time.sleep(PAUSE_SECONDS)  # A worker beside this one has claimed the rest.
        seconds = time.monotonic() - began
        self.stdout.write(f"refreshed {done}, set aside {set_aside}, in {seconds:.1f} s")
        if set_aside:
            raise SystemExit(1)


def _one_round(partners: list[UUID] | None) -> int:
    """Fill some subjects of every kind; answers how many."""
    chosen = staleness.waiting_partners(worker_connection()) if partners is None else partners
    return sum(_some_of(partner_id) for partner_id in chosen)


def _some_of(partner_id: UUID) -> int:
    # Orders first: what sums them is computed once, when all are settled, and not after every portion.
    return _round(partner_id, kinds=[Stale.Kind.ORDER.value]) or _round(partner_id, kinds=staleness.KINDS)


def _round(partner_id: UUID, *, kinds: Sequence[str]) -> int:
    # One look at the deadline lets one round through: what a bar can show in between.
    looks = iter([False])
    return fills.refresh_partner(
        partner_id=partner_id, now=timezone.now(), deadline=lambda: next(looks, True), kinds=kinds
    )


def _waiting(partners: list[UUID] | None) -> tuple[int, int]:
    """How many subjects wait, and how many were set aside."""
    connection = worker_connection()
    if partners is None:
        found = connection.execute("SELECT DISTINCT partner_id FROM commerce_stale").fetchall()
        partners = [row[0] for row in found]
    values = {"most": staleness.MAX_ATTEMPTS, "partners": partners}
    row = connection.execute(WAITING, values).fetchone()
    return (row[0], row[1]) if row else (0, 0)
