"""`check_rollups` finds every cell that is not what the facts say, and changes nothing."""

import random
import threading
from datetime import timedelta

from django.conf import settings

from analytics import staleness
from analytics.models import SessionRollup, SessionSales
from analytics.recompute import check
from commerce.connection import close_worker_connection, worker_connection
from commerce.models import Partner
from tests.analytics.scenes import scene
from tests.factories import NOW, deliver, event, fill, minute
from tests.servers import run_command


def test_what_is_served_is_what_the_facts_say(partner: Partner) -> None:
    deliver(partner, scene(random.Random(3)))
    fill(partner)
    found = check(partner_id=partner.id, now=NOW)
    assert (found.differences, found.waiting) == (0, 0)
    assert found.cells > 2000


def test_a_cell_changed_by_hand_and_rows_that_are_missing_are_found(partner: Partner) -> None:
    deliver(partner, scene(random.Random(3)))
    fill(partner)
    rollup = SessionRollup.objects.using("worker").filter(partner=partner).values().first()
    assert rollup is not None
    SessionRollup.objects.using("worker").filter(id=rollup["id"]).update(views=rollup["views"] + 1)
    deleted, _ = SessionSales.objects.using("worker").filter(partner=partner).delete()
    columns = len(SessionSales._meta.local_concrete_fields) - 2  # without id and partner
    found = check(partner_id=partner.id, now=NOW)
    assert found.differences == 1 + deleted * columns
    # Looking changed nothing: the same is found again.
    assert check(partner_id=partner.id, now=NOW).differences == found.differences


def test_what_waits_is_filled_before_it_is_compared(partner: Partner) -> None:
    deliver(partner, scene(random.Random(4)))
    found = check(partner_id=partner.id, now=NOW)
    assert found.waiting > 0
    assert found.differences == 0


def test_the_command_ends_with_the_counts_and_fails_on_a_difference(partner: Partner) -> None:
    deliver(partner, [event("live_session_started", minute(0)), event("live_like", minute(1), viewer_id="a")])
    fill(partner)
    done = run_command("check_rollups", "--partner", partner.slug, data_dir=settings.DATA_DIR)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith(", differences 0")
    SessionRollup.objects.using("worker").filter(partner=partner).update(likes=7)
    done = run_command("check_rollups", "--partner", partner.slug, data_dir=settings.DATA_DIR)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].endswith(", differences 1")


def test_nobody_fills_a_partner_while_its_numbers_are_compared(partner: Partner) -> None:
    deliver(partner, [event("live_session_started", minute(0))])
    filled: list[int] = []

    def try_to_fill() -> None:
        filled.append(fill(partner, now=NOW + timedelta(seconds=1)))
        close_worker_connection()

    with staleness.paused(worker_connection(), partner_id=partner.id):
        other = threading.Thread(target=try_to_fill)
        other.start()
        other.join()
    assert filled == [0]
    assert fill(partner) == 1
