"""`manage.py ingest`: files through the door."""

from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

import psycopg
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from commerce import ingest
from commerce.connectors import FILES
from commerce.files import FileError, Mapping, Piece, Source, load_mapping, open_source, read_json
from commerce.management.partners import add_partner, find_partner
from commerce.tasks import wake

SHOWN_ERRORS = 20


class Reader(Protocol):
    """What turns an open file into events."""

    def __call__(self, source: Source) -> Iterator[Piece]:
        """The events of a file."""


class Command(BaseCommand):
    """Take files in; the same file again changes nothing, and that is how a broken-off run is resumed."""

    help = (
        "Take files of events in: NDJSON, a JSON array, one JSON event, or CSV under --mapping; .gz; - for "
        "standard input. A run that broke off is resumed by running it again: what is in already is counted "
        "as duplicate. Ends with the counts; the exit code is 1 when something was rejected."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Files, whose they are, and how to read them."""
        parser.add_argument("files", nargs="+", metavar="FILE", help="A path, or - for standard input.")
        add_partner(parser)
        parser.add_argument("--mapping", help="TOML or JSON: which columns of a CSV make which event.")
        parser.add_argument("--connector", choices=sorted(FILES), help="For rows that must be grouped.")
        parser.add_argument("--wait", action="store_true", help="Bring numbers up to date before the end.")
        parser.add_argument("--batch", type=int, default=5000, help="Events a transaction (default 5000).")

    def handle(
        self,
        *args: Any,
        files: list[str],
        partner: str,
        mapping: str | None,
        connector: str | None,
        batch: int,
        wait: bool,
        **options: Any,
    ) -> None:
        """Read, store, count; the counts are told also when a later file turns out broken."""
        if not 1 <= batch <= 100_000:
            raise CommandError("--batch: 1 to 100000.")
        owner = find_partner(partner)
        total = ingest.Outcome()
        try:
            read = _reader(mapping=mapping, connector=connector)
            self._take_in(files, read, total, partner_id=owner.id, batch=batch)
        except FileError as error:
            self.stderr.write(str(error))
            raise CommandError(f"Stopped after: {_counts(total)}") from None
        except psycopg.OperationalError as error:
            self.stderr.write(f"The database went away: {error}")
            raise CommandError(f"Run it again to go on. Committed: {_counts(total)}") from None
        finally:
            if total.accepted:
                wake(owner.id)
        try:
            if wait:
                call_command("refresh", partner=partner, stdout=self.stderr)
        finally:
            self.stdout.write(_counts(total))
        if total.rejected:
            raise SystemExit(1)

    def _take_in(
        self, files: list[str], read: Reader, total: ingest.Outcome, *, partner_id: UUID, batch: int
    ) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        counts = TextColumn("{task.fields[counts]}")
        with Progress(*columns, counts, console=Console(stderr=True)) as progress:
            for name in files:
                with open_source(name) as source:
                    task = progress.add_task(name, total=source.size, counts="")
                    pieces, number = read(source), 1
                    while chunk := list(islice(pieces, batch)):
                        shown = len(total.errors)
                        outcome = _store(chunk, partner_id=partner_id)
                        total.add(outcome)
                        for failure in outcome.errors[: max(0, SHOWN_ERRORS - shown)]:
                            line = chunk[failure.index].line
                            place = f"event {number + failure.index}" if line is None else f"line {line}"
                            where = f"{name}, {place}: {failure.code} {failure.path}".rstrip()
                            self.stderr.write(f"{where}: {failure.message}")
                        number += len(chunk)
                        progress.update(task, completed=source.position(), counts=_counts(total))
                    progress.update(task, completed=source.position(), counts=_counts(total))


def _reader(*, mapping: str | None, connector: str | None) -> Reader:
    if mapping is None:
        if connector is not None:
            raise CommandError(f"--connector {connector} needs a --mapping.")
        return read_json
    written = load_mapping(mapping)
    try:
        if connector is not None:
            return FILES[connector](written, mapping).events
        return Mapping(written, name=mapping).events
    except ValueError as error:
        raise CommandError(str(error)) from None


def _store(pieces: list[Piece], *, partner_id: UUID) -> ingest.Outcome:
    """One transaction; what the reader could make no event of is kept like any refused event."""
    now = timezone.now()
    batch = ingest.read([piece.body for piece in pieces], partner_id=partner_id, now=now)
    for index, piece in enumerate(pieces):
        if piece.problem is not None:
            batch.verdicts[index] = piece.problem
    return ingest.store([batch], partner_id=partner_id, now=now)[0]


def _counts(outcome: ingest.Outcome) -> str:
    return (
        f"received {outcome.received}, accepted {outcome.accepted}, "
        f"duplicate {outcome.duplicate}, rejected {outcome.rejected}"
    )
