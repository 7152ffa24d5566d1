"""Senders that never give up, and keep their own books of what was acknowledged."""

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.factories import NOW, event

Raw = dict[str, Any]
START = NOW - timedelta(days=3)
ACTS = (
    "live_view_started", "live_view_heartbeat", "live_view_heartbeat", "live_view_heartbeat", "live_like",
    "live_comment", "select_item", "add_to_cart", "live_view_ended",
)  # fmt: skip


def events(*, number: int, seed: int, sessions: int = 4) -> list[Raw]:
    """What viewers and shop of some sessions do, in order of time; ids are unique."""
    rng = random.Random(seed)
    told = [
        event("live_session_started", START, id=f"start-{place}", subject=f"live-{place}")
        for place in range(sessions)
    ]
    people = max(10, number // 50)
    placed: list[str] = []
    for count in range(number - sessions):
        at = START + timedelta(seconds=7200 * count / number)
        subject, viewer = f"live-{rng.randrange(sessions)}", f"v{rng.randrange(people)}"
        told.append(_one(rng, f"n{count}", at, subject, viewer, placed))
    return told


def _one(rng: random.Random, id_: str, at: datetime, subject: str, viewer: str, placed: list[str]) -> Raw:
    chance = rng.random()
    if chance < 0.03:
        placed.append(id_)
        item, price = f"i{rng.randrange(20)}", f"{rng.randrange(1, 9999) / 100:.2f}"
        items = [{"item_id": item, "quantity": 1, "price": price}]
        customer = f"c{rng.randrange(500)}"
        return event(
            "purchase", at, id=id_, subject=None, transaction_id=id_, items=items, viewer_id=viewer,
            customer_id=customer,
        )  # fmt: skip
    if chance < 0.04 and placed:
        return event("refund", at, id=id_, subject=None, transaction_id=rng.choice(placed), value="5.00")
    type_ = rng.choice(ACTS)
    data: Raw = {"viewer_id": viewer}
    if type_ in ("select_item", "add_to_cart"):
        data["items"] = [{"item_id": f"i{rng.randrange(20)}"}]
    elif type_ == "live_comment":
        data["text"] = "how much?"
    return event(type_, at, id=id_, subject=subject, **data)


@dataclass(kw_only=True)
class Books:
    """What all senders together sent and heard; counts are of events unless they say otherwise."""

    acknowledged: set[str] = field(default_factory=set)
    answers: int = 0
    accepted: int = 0
    duplicate: int = 0
    failures: int = 0
    wrong: list[str] = field(default_factory=list)


class Senders:
    """Threads that share one list of batches and one set of books."""

    def __init__(self, told: Sequence[Raw], *, port: int, key: str, batch: int, threads: int) -> None:
        self.books = Books()
        self.total = len(told)
        self._batches: Iterator[Sequence[Raw]] = iter(
            [told[start : start + batch] for start in range(0, len(told), batch)]
        )
        self._lock = threading.Lock()
        self._port = port
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/x-ndjson"}
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    @property
    def is_done(self) -> bool:
        """Whether everything was acknowledged."""
        return not any(thread.is_alive() for thread in self._threads)

    def wait_for(self, share: int, *, seconds: float) -> None:
        """Until so many events have been acknowledged."""
        deadline = time.monotonic() + seconds
        while len(self.books.acknowledged) < share:
            assert time.monotonic() < deadline, self.books
            time.sleep(0.02)

    def _run(self) -> None:
        while True:
            with self._lock:
                batch = next(self._batches, None)
            if batch is None:
                return
            body = b"\n".join(json.dumps(told).encode() for told in batch)
            while not self._send(batch, body):
                with self._lock:
                    self.books.failures += 1
                time.sleep(0.1)

    def _send(self, batch: Sequence[Raw], body: bytes) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", "/v1/events", body, self._headers)
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if answer.status in (429, 503):
            return False
        self._note(batch, answer.status, said)
        return answer.status in (200, 207)

    def _note(self, batch: Sequence[Raw], status: int, said: bytes) -> None:
        told = json.loads(said) if status in (200, 207) else {}
        counts = [told.get(name, 0) for name in ("received", "accepted", "duplicate", "rejected")]
        with self._lock:
            if status not in (200, 207):
                self.books.wrong.append(f"{status}: {said[:300]!r}")
                return
            self.books.answers += 1
            self.books.accepted += counts[1]
            self.books.duplicate += counts[2]
            if counts[0] != len(batch) or counts[0] != sum(counts[1:]) or counts[3]:
                self.books.wrong.append(f"{len(batch)} sent: {told}")
            self.books.acknowledged.update(str(one["id"]) for one in batch)
