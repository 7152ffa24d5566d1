"""Keeping clicks without anybody waiting for it: a bounded queue, and one thread that writes it down.

A click is kept at most 200 ms after it happened. While the database is away clicks wait; past the bound they
are dropped, and the log says how many.
"""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
import psycopg
import structlog
from psycopg import Connection

from commerce.connection import close_worker_connection, worker_connection
from commerce.ingest.forgotten import erased_visitors
from commerce.models import new_id
from kol.links.redirects import Target
from kol.links.visitors import device_of
from kol.models import LinkClick

_log = structlog.get_logger("liveledger.links")
MOST_WAITING: Final = 20_000
EACH: Final = 0.2
"""Seconds from the first click that waits to its flush."""
AGAIN: Final = 1.0
"""Seconds to the next attempt after one that failed."""

SLICE: Final = 64
"""Clicks made ready in one go, before whoever answers requests gets the processor."""

KEEP: Final = """
INSERT INTO kol_linkclick (partner_id, id, link_id, clicked_at, "by", visitor, device)
SELECT %(partner)s, * FROM jsonb_to_recordset(%(clicks)s::jsonb)
    AS c (id uuid, link uuid, at timestamptz, "by" text, visitor text, device text)
-- Sent again when nobody knows whether the commit came through.
ON CONFLICT DO NOTHING
"""
# Touches begin at the earliest click of each campaign.
MARK_CAMPAIGNS: Final = """
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole, since)
SELECT %(partner)s, %(now)s, 0, '', 'CAMPAIGN', campaign_id::text, false, since
FROM unnest(%(campaigns)s::uuid[], %(times)s::timestamptz[]) AS c (campaign_id, since)
"""
# Orders that were settled before the click was known which led to them: few, as clicks are kept at once.
MARK_ORDERS: Final = """
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole)
SELECT DISTINCT o.partner_id, %(now)s::timestamptz, 0, '', 'ORDER', o.id::text, false
FROM commerce_order o
JOIN commerce_viewer v
    ON v.partner_id = o.partner_id AND (v.id = o.viewer_id OR v.customer_id = o.customer_id)
WHERE o.partner_id = %(partner)s AND o.placed_at >= %(since)s AND v.external_id = ANY(%(visitors)s::text[])
"""


class Click(NamedTuple):
    """Somebody who followed a link; `at` in seconds of the epoch."""

    target: Target
    at: float
    by: LinkClick.By
    visitor: str
    address: str
    user_agent: bytes
    id: UUID


class Recorder:
    """Takes clicks from any thread at once, and writes them in one of its own."""

    def __init__(self, *, most_waiting: int = MOST_WAITING) -> None:
        self._most = most_waiting
        self._waiting: deque[Click] = deque()
        self._dropped = 0
        self._news = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clicks", daemon=True)
        self._thread.start()

    def add(
        self, target: Target, *, at: float, by: LinkClick.By, visitor: str, address: str, user_agent: bytes
    ) -> None:
        """Take a click; dropped, and counted, where too many wait."""
        if len(self._waiting) >= self._most:
            self._dropped += 1
            return
        self._waiting.append(Click(target, at, by, visitor, address, user_agent, new_id()))
        if not self._news.is_set():
            self._news.set()

    def close(self) -> None:
        """Write what waits, once more at most where that fails, and end the thread."""
        self._over.set()
        self._news.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._news.wait()
                # So that clicks of the next moments go along.
                self._over.wait(EACH)
                self._news.clear()
                if not self._flush():
                    self._over.wait(AGAIN)
                    self._news.set()
            if self._waiting and not self._flush():
                self._dropped += len(self._waiting)
            self._tell()
        finally:
            close_worker_connection()

    def _flush(self) -> bool:
        """Write all that waits; answers whether that went well. What fails waits on."""
        batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
        by_partner: dict[UUID, list[Click]] = defaultdict(list)
        for click in batch:
            by_partner[click.target.partner_id].append(click)
        went_well = True
        for partner_id, clicks in by_partner.items():
            try:
                keep(worker_connection(), clicks, partner_id=partner_id, now=_moment(time.time()))
            except psycopg.OperationalError as error:
                _log.warning("clicks wait", clicks=len(clicks), error=str(error))
                self._waiting.extendleft(reversed(clicks))
                went_well = False
            except Exception as error:  # What cannot be written must not hold up the clicks after it.
                _log.error("clicks lost", clicks=len(clicks), exc_info=error)
                self._dropped += len(clicks)
        self._tell()
        return went_well

    def _tell(self) -> None:
        dropped, self._dropped = self._dropped, 0
        if dropped:
            _log.error("clicks dropped", clicks=dropped)


def keep(connection: Connection[Any], clicks: Sequence[Click], *, partner_id: UUID, now: datetime) -> None:
    """Write clicks of one partner in one transaction, and mark what is to be computed again."""
    rows: list[dict[str, Any]] = []
    since: dict[UUID, datetime] = {}
    led: dict[str, datetime] = {}
    for number, click in enumerate(clicks, start=1):
        at, target = _moment(click.at), click.target
        device = device_of(partner_id=partner_id, address=click.address, user_agent=click.user_agent)
        rows.append(
            {"id": click.id, "link": target.link_id, "at": at, "by": click.by.value,
             "visitor": click.visitor, "device": device}
        )  # fmt: skip
        if click.by is LinkClick.By.PERSON:
            since[target.campaign_id] = min(since.get(target.campaign_id, at), at)
            if click.visitor and target.has_session:
                led[click.visitor] = min(led.get(click.visitor, at), at)
        if number % SLICE == 0:
            time.sleep(0.0002)
    with connection.transaction():
        # Who was erased follows links like anybody, under a name that leads to nobody.
        renamed = erased_visitors(connection, {row["visitor"] for row in rows}, partner_id=partner_id)
        for row in rows:
            row["visitor"] = renamed.get(row["visitor"], row["visitor"])
        connection.execute(KEEP, {"partner": partner_id, "clicks": orjson.dumps(rows).decode()})
        if since:
            marks = {
                "partner": partner_id,
                "now": now,
                "campaigns": list(since),
                "times": list(since.values()),
            }
            connection.execute(MARK_CAMPAIGNS, marks)
        if led:
            orders = {
                "partner": partner_id,
                "now": now,
                "visitors": [renamed.get(visitor, visitor) for visitor in led],
                "since": min(led.values()),
            }
            connection.execute(MARK_ORDERS, orders)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
