"""An hour and a half of a public channel: joins, leaves (most are missing) and talk, to the minute.

Where our presence rule differs from the rule of the truth file:

- Who talks or leaves without having joined was there from the first minute, says the file. With us a talker
  comes with the first word, and who leaves without any earlier sign was there for an instant.
- Who never leaves stays to the last minute in the file. With us, to the session's end; and as no end is told,
  that is 30 s after the last sign of anybody (`heartbeats: false`: silence closes nothing).
- Who leaves and comes back in the same minute has two intervals in the file; with us, intervals that touch
  are one.
- Inside one minute the file goes by line; so do we with `sequence`. Without it leaves come before joins.

That the peak by line is the same 316 under both rules is a fact of this log, not a consequence.
"""

import csv
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics.models import SessionRollup, Viewing
from commerce.models import LiveSession, Partner
from tests.acceptance.real_data import send, shared, truth
from tests.analytics.compare import differences, world
from tests.factories import fill

KINDS = {"join": "live_view_started", "leave": "live_view_ended", "chat": "live_comment"}
MIDNIGHT = datetime(2006, 6, 1, tzinfo=UTC)
SOURCE, SUBJECT = "/irc/channel", "2006-06-01"


def log(*, with_sequence: bool) -> list[dict[str, Any]]:
    """The channel's lines as events; `seq` as the sequence, or not at all."""
    with shared("irc_presence_2006-06-01.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    envelope = {"specversion": "1.0", "source": SOURCE, "subject": SUBJECT}
    first = MIDNIGHT + timedelta(minutes=int(rows[0]["minute"]))
    told = {"id": "start", "type": "live_session_started", "time": first.isoformat()}
    events: list[dict[str, Any]] = [envelope | told | {"data": {"heartbeats": False}}]
    for row in rows:
        at = MIDNIGHT + timedelta(minutes=int(row["minute"]))
        line = {"id": row["seq"], "type": KINDS[row["kind"]], "time": at.isoformat()}
        sequence = {"sequence": int(row["seq"])} if with_sequence else {}
        # The log was published without its words.
        said = {"text": "..."} if row["kind"] == "chat" else {}
        events.append(envelope | line | sequence | {"data": {"viewer_id": row["viewer"]} | said})
    return events


def rollup(partner: Partner) -> dict[str, Any]:
    """The stored numbers of the channel."""
    session = LiveSession.objects.using("worker").get(partner=partner, source=SOURCE, external_id=SUBJECT)
    return dict(SessionRollup.objects.using("worker").filter(session=session).values().get())


@pytest.mark.parametrize(("with_sequence", "peak"), [(True, 316), (False, 315)])
def test_a_real_presence_log_gives_its_people_words_and_peak(
    partner: Partner, with_sequence: bool, peak: int
) -> None:
    published = truth("irc_presence_truth.json")["truth"]
    events = log(with_sequence=with_sequence)
    sent = send([json.dumps(event).encode() for event in events], to=partner)
    assert sent == (len(events), len(events), 0, 0)
    fill(partner)
    stored = rollup(partner)
    assert stored["viewers"] == published["unique_viewers_joined_or_chatted_or_left"] == 396
    assert stored["comments"] == published["chat_rows"] == 1721
    assert stored["views"] == published["join_rows"] == 288
    assert stored["peak_concurrent_viewers"] == peak
    assert published["peak_concurrent_by_line_order"] == 316
    assert differences(world(events, partner), partner) == []


def test_what_is_watched_is_as_published_but_for_the_time_before_a_first_sign(partner: Partner) -> None:
    published = truth("irc_presence_truth.json")["truth"]
    events = log(with_sequence=True)
    send([json.dumps(event).encode() for event in events], to=partner)
    fill(partner)
    stored = rollup(partner)
    first = datetime.fromisoformat(events[0]["time"])
    unannounced = timedelta()
    seen: set[str] = set()
    for event in events[1:]:
        if event["data"]["viewer_id"] not in seen and event["type"] != "live_view_started":
            unannounced += datetime.fromisoformat(event["time"]) - first
        seen.add(event["data"]["viewer_id"])
    # Four times somebody left and came back within the minute.
    assert stored["joins"] == published["intervals"] - 4
    staying = Viewing.objects.using("worker").filter(partner=partner, open_since__isnull=False).count()
    assert staying == published["open_ended_intervals"]
    minutes = (stored["watch_time"] - 30 * staying + Decimal(unannounced.total_seconds())) / 60
    assert minutes == published["all_interval_minutes_sum_capped_at_end"]
