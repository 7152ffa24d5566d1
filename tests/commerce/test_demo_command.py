"""`manage.py demo`: what it sends, once and again, and the live it keeps going."""

import io
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from commerce.connection import worker_connection
from commerce.demo import OWNED_SOURCE
from commerce.models import LiveSession, Partner
from tests.factories import deliver, event
from tests.servers import PROJECT

# The first of the twelve weeks' events are three days before the first session.
UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
STATUS = """
SELECT count(*) FILTER (WHERE last_ended_at IS NULL OR last_ended_at < last_started_at), count(*)
FROM commerce_livesession WHERE partner_id = %s AND external_id LIKE %s AND last_started_at IS NOT NULL
"""


@pytest.fixture
def slug(partner: Partner) -> str:
    """A partner without anything."""
    return partner.slug


def run(*arguments: str) -> list[str]:
    said = io.StringIO()
    call_command("demo", *arguments, stdout=said)
    return said.getvalue().splitlines()


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    return worker_connection().execute(query, values).fetchall()


def on_air(partner: Partner) -> tuple[int, int]:
    """(lives that go on, lives that began) of those the player made: they are named by the second."""
    [(live, all_)] = rows(STATUS, partner.id, "live-________-______")
    return live, all_


def until(holds: Any, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def player(slug: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "demo", "--live", "--partner", slug]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def test_twelve_weeks_go_through_the_door_once_and_their_numbers_come_up() -> None:
    slug = f"demo-{time.time_ns()}"
    said = run("--partner", slug, "--until", UNTIL.isoformat())
    refreshed, plans, staged, caught_up, *reviewed, counts = said
    partner = Partner.objects.using("worker").get(slug=slug)
    assert (partner.name, partner.currency, partner.timezone) == ("Mira & Moss", "SGD", "Asia/Singapore")
    [(logged,)] = rows("SELECT count(*) FROM commerce_event WHERE partner_id = %s AND item = 0", partner.id)
    # Nine more are the campaigns' own: costs told afterwards, and a refund too late for a statement.
    sent = logged - 9
    assert counts == f"received {sent}, accepted {sent}, duplicate 0, rejected 0"
    assert (50_000 < logged < 300_000, ", set aside 0, in " in refreshed) == (True, True)
    assert rows("SELECT count(*) FROM commerce_stale WHERE partner_id = %s", partner.id) == [(0,)]
    # Which reports are due depends on the day of the run.
    assert plans == "targets 7, selections 1"
    assert staged == "campaigns 3, collaborations 13, appearances 50, clicks 588"
    assert re.fullmatch(r"debriefs 130, follow-up lists 0, reports [0-5], advised 0", caught_up)
    assert reviewed in ([], ["reviews 1"])
    ended, filled = rows(
        "SELECT count(*) FROM commerce_livesession WHERE partner_id = %s AND last_ended_at IS NOT NULL "
        "UNION ALL SELECT count(*) FROM analytics_sessionrollup WHERE partner_id = %s AND viewers > 0",
        partner.id,
        partner.id,
    )
    # Of the year before, nobody kept who watched on the social channel; and nobody came to its first live.
    assert (ended, filled) == ((65,), (55,))
    again = run("--partner", slug, "--until", UNTIL.isoformat())
    assert (again[1], len(again)) == ("debriefs 0, follow-up lists 0, reports 0, advised 0", 3)
    assert again[2] == f"received {sent}, accepted 0, duplicate {sent}, rejected 0"
    with pytest.raises(CommandError, match="holds sessions of another day, size or seed"):
        run("--partner", slug, "--until", (UNTIL + timedelta(days=3)).isoformat())


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("soon", "--until: 'soon' is not an ISO 8601 time."),
        ("2026-03-01T00:00", "--until: '2026-03-01T00:00' has no offset; write 2026-03-01T00:00Z for UTC."),
    ],
)
def test_an_end_that_is_no_moment_is_refused(slug: str, moment: str, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        run("--partner", slug, "--until", moment)
    assert str(caught.value) == said


def test_a_live_goes_on_until_a_signal_ends_it_at_once(partner: Partner) -> None:
    logged = "SELECT count(*) FROM commerce_event WHERE partner_id = %s"
    with player(partner.slug) as playing:
        try:
            until(lambda: on_air(partner) == (1, 1) and rows(logged, partner.id)[0][0] > 4_000)
            [(before,)] = rows(logged, partner.id)
            until(lambda: rows(logged, partner.id)[0][0] > before)
            asked = time.monotonic()
            playing.send_signal(signal.SIGTERM)
            assert playing.wait(timeout=10) == 0
            assert time.monotonic() - asked < 5  # Under one, on a machine that is not busy.
        finally:
            playing.kill()
    assert on_air(partner) == (0, 1)
    one = LiveSession.objects.using("worker").get(partner=partner, source=OWNED_SOURCE)
    assert one.last_started_at is not None
    assert one.last_ended_at is not None
    assert timedelta(minutes=10) < one.last_ended_at - one.last_started_at < timedelta(minutes=12)
    assert rows("SELECT count(*) FROM commerce_rejection WHERE partner_id = %s", partner.id) == [(0,)]


def test_what_a_killed_player_left_on_air_is_ended_at_its_last_event(partner: Partner) -> None:
    began = timezone.now() - timedelta(hours=1)
    left = "live-20260101-200000"
    deliver(
        partner,
        [
            event("live_session_started", began, subject=left, source=OWNED_SOURCE),
            event(
                "live_view_started",
                began + timedelta(minutes=7),
                subject=left,
                source=OWNED_SOURCE,
                viewer_id="v",
            ),
            event("live_session_started", began, subject="another-shop", source="/site/other"),
        ],
        now=timezone.now(),
    )
    with player(partner.slug) as playing:
        try:
            until(lambda: on_air(partner) == (1, 2))
        finally:
            playing.send_signal(signal.SIGINT)
            assert playing.wait(timeout=10) == 0
    sessions = LiveSession.objects.using("worker").filter(partner=partner)
    assert sessions.get(external_id=left).last_ended_at == began + timedelta(minutes=7)
    assert sessions.get(external_id="another-shop").last_ended_at is None
