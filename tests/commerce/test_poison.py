"""An event the store cannot take is refused alone; its neighbours are kept."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from commerce import ingest
from commerce.ingest import door
from commerce.models import Partner


def liked(number: int, *, viewer_id: str) -> bytes:
    """A like of a viewer, as it is sent."""
    told: dict[str, Any] = {
        "id": f"e{number}",
        "source": "/x",
        "type": "live_like",
        "time": "2026-03-01T10:00:00Z",
        "subject": "s",
        "data": {"viewer_id": viewer_id},
    }
    return json.dumps(told).encode()


def test_an_event_that_cannot_be_stored_takes_none_with_it(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = door._log

    def break_on_two(connection: Any, parsed: Any, *rest: Any, **named: Any) -> Any:
        if any(one.viewer in ("bad", "worse") for one in parsed):
            raise ValueError("boom")
        return stored(connection, parsed, *rest, **named)

    monkeypatch.setattr(door, "_log", break_on_two)
    viewers = {17: "bad", 40: "worse"}
    bodies = [liked(number, viewer_id=viewers.get(number, "ok")) for number in range(60)]
    done = ingest.accept(bodies, partner_id=partner.id, now=datetime.now(UTC))
    assert (done.received, done.accepted, done.duplicate, done.rejected) == (60, 58, 0, 2)
    assert [(one.index, one.id, one.code) for one in done.errors] == [
        (17, "e17", "internal"),
        (40, "e40", "internal"),
    ]
