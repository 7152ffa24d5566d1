"""`manage.py demo`: a brand with twelve weeks of lives behind it, a year of orders before, and one on air."""

import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any, Final, get_args

import orjson
import psycopg
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from commerce import demo, ingest
from commerce.connection import worker_connection
from commerce.management.partners import WORKER
from commerce.models import LiveSession, Partner
from commerce.tasks import wake

Event = dict[str, Any]

BATCH: Final = 5000
PAUSE_SECONDS: Final = 0.5
WARM_MINUTES: Final = 10
ON_AIR: Final = timedelta(hours=3)
"""Then another live follows: a session of days is no demo of anything."""

# Started and not ended since: with the moment of the last thing that happened in each.
OPEN_SESSIONS = """
SELECT s.source, s.external_id, COALESCE(last.at, s.last_started_at)
FROM commerce_livesession s
LEFT JOIN LATERAL (
    SELECT e.occurred_at AS at FROM commerce_event e
    WHERE e.partner_id = s.partner_id AND e.session_id = s.id
    ORDER BY e.occurred_at DESC LIMIT 1
) last ON true
WHERE s.partner_id = %s AND s.source = ANY(%s) AND s.last_started_at IS NOT NULL
    AND (s.last_ended_at IS NULL OR s.last_ended_at < s.last_started_at)
ORDER BY s.last_started_at
"""


class Command(BaseCommand):
    """Seed the demo brand, or keep its live going."""

    help = (
        "Feed twelve weeks of a demo brand, and a year of its orders before, through the door, up to the "
        "last full hour, and bring its numbers up. The same size, seed and end are the same events. With "
        "--live: keep one live session going until interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much, which, and whose."""
        sizes = get_args(demo.Size)
        parser.add_argument("--size", choices=sizes, default="small", help="Default small: 80,000 events.")
        parser.add_argument("--seed", type=int, default=7, help="Another seed is another twelve weeks.")
        parser.add_argument("--until", help="Where the twelve weeks end (default the last full hour).")
        parser.add_argument("--live", action="store_true", help="Play a live session now, for ever.")
        parser.add_argument("--partner", default="demo", metavar="SLUG", help="Made when missing.")

    def handle(
        self,
        *args: Any,
        size: demo.Size,
        seed: int,
        until: str | None,
        live: bool,
        partner: str,
        **options: Any,
    ) -> None:
        """Seed, or play until told to stop."""
        end = timezone.now().replace(minute=0, second=0, microsecond=0) if until is None else _moment(until)
        owner = _brand(partner)
        if live:
            self._play(owner, seed=seed)
        else:
            self._seed(owner, size=size, seed=seed, until=end)

    def _seed(self, owner: Partner, *, size: demo.Size, seed: int, until: datetime) -> None:
        events = demo.generate(size=size, seed=seed, now=until)
        first = next(events)
        _refuse_another_season(owner, first)
        total = ingest.Outcome()
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(f"{size} demo", total=demo.estimated_events(size, seed))
            events = chain([first], events)
            while batch := list(islice(events, BATCH)):
                total.add(_send(batch, owner, now=timezone.now()))
                progress.update(task, completed=total.received)
            progress.update(task, total=total.received)
        # What a team finds that worked with it for long. Plans first: reports judge them, and are reviewed.
        for command in ("refresh", "demo_plans", "demo_campaigns", "catch_up", "demo_reviews"):
            call_command(command, partner=owner.slug, stdout=self.stdout, stderr=self.stderr)
        self.stdout.write(
            f"received {total.received}, accepted {total.accepted}, "
            f"duplicate {total.duplicate}, rejected {total.rejected}"
        )
        if total.rejected:
            raise CommandError(f"The first refused: {total.errors[0]}")

    def _play(self, owner: Partner, *, seed: int) -> None:
        stop = threading.Event()
        signs = (signal.SIGINT, signal.SIGTERM)
        before = {sign: signal.signal(sign, lambda *_: stop.set()) for sign in signs}
        try:
            _end_open_sessions(owner)
            while not stop.is_set():
                self._air(owner, seed=seed, stop=stop)
                _end_open_sessions(owner)
        finally:
            for sign, handler in before.items():
                signal.signal(sign, handler)

    def _air(self, owner: Partner, *, seed: int, stop: threading.Event) -> None:
        """One live, sent as it happens, until told to stop or its time is over."""
        started_at = timezone.now()
        stream = demo.live_now(seed=seed, started_at=started_at, warm_minutes=WARM_MINUTES)
        ahead = next(stream)
        self.stdout.write(f"On air: {ahead[1]['subject']}")
        due: list[Event] = []
        sent, told_at = 0, started_at
        while not stop.is_set() and (now := timezone.now()) < started_at + ON_AIR:
            while ahead[0] <= (now - started_at).total_seconds() and len(due) < BATCH:
                due.append(ahead[1])
                ahead = next(stream)
            try:
                sent += _send(due, owner, now=now).accepted
            except psycopg.OperationalError as error:
                self.stderr.write(f"The database is away, trying again: {error}")
            else:
                wake(owner.id)
                is_behind, due = len(due) == BATCH, []
                if is_behind:
                    continue
            if now - told_at >= timedelta(minutes=1):
                self.stdout.write(f"{sent} events in a minute")
                sent, told_at = 0, now
            stop.wait(PAUSE_SECONDS)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--until: {text!r} is not an ISO 8601 time.") from None
    if moment.tzinfo is None:
        raise CommandError(f"--until: {text!r} has no offset; write {text}Z for UTC.")
    return moment


def _brand(slug: str) -> Partner:
    """The demo's partner, made when missing."""
    given = {
        "name": demo.PARTNER_NAME,
        "currency": demo.PARTNER_CURRENCY,
        "timezone": demo.PARTNER_TIMEZONE,
    }
    return Partner.objects.using(WORKER).get_or_create(slug=slug, defaults=given)[0]


def _refuse_another_season(owner: Partner, first: Event) -> None:
    # Two seasons in one brand would double its shop: the second needs a partner of its own.
    sessions = LiveSession.objects.using(WORKER).filter(partner=owner)
    if sessions.exists() and not sessions.filter(external_id=first["subject"]).exists():
        raise CommandError(
            f"The partner {owner.slug!r} holds sessions of another day, size or seed. "
            f"Seed another one: manage.py demo --partner {owner.slug}-2"
        )


def _send(events: list[Event], owner: Partner, *, now: datetime) -> ingest.Outcome:
    if not events:
        return ingest.Outcome()
    bodies = [orjson.dumps({"specversion": "1.0", **event}) for event in events]
    return ingest.accept(bodies, partner_id=owner.id, now=now)


def _end_open_sessions(owner: Partner) -> None:
    """End what a player that was killed, or the last full hour, has left on air."""
    sources = [demo.OWNED_SOURCE, demo.SOCIAL_SOURCE]
    left: Iterator[tuple[str, str, datetime]] = worker_connection().execute(
        OPEN_SESSIONS, [owner.id, sources]
    )
    ends = [
        {
            "id": f"{subject}.end",
            "source": source,
            "type": "live_session_ended",
            "subject": subject,
            "time": at.isoformat(),
            "data": {},
        }
        for source, subject, at in left
    ]
    if _send(ends, owner, now=timezone.now()).accepted:
        wake(owner.id)
