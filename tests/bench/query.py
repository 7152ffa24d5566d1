"""Reads over HTTP against a bare app's answer from one query: server CPU a request, in turn."""

import ctypes
import http.client
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from analytics.graphql.pages import node_id
from commerce.access import issue_key
from commerce.models import LiveSession, Partner
from kol import models as kol
from kol.marks import campaigns_changed
from tests.bench.fill import audience
from tests.factories import NOW, deliver, event, fill, minute, partner

REQUESTS = 300
# Ticks of /proc are ten milliseconds: too coarse for what takes the bare app a hundred of them in all.
LIBC = ctypes.CDLL(None)

OVERVIEW = """query Overview($id: ID!) { liveSession(by: {id: $id}) { title status kpis {
  views viewers peakConcurrentViewers averageConcurrentViewers { value } averageWatchTime { value }
  likes comments shares engagementRate { value low high } productClicks
  addToCartRate { value low high } orders buyers
  liveSales { amount currency } averageOrderValue { value { amount currency } }
  viewerToBuyerRate { value low high } } } }"""
TREND = """query Trend($id: ID!) { liveSession(by: {id: $id}) {
  trend(metrics: [CONCURRENT_VIEWERS, LIKES, COMMENTS, PRODUCT_CLICKS]) { timestamps
    series { metric values } } } }"""
PAGE = """query Page { liveSessions(first: 20) { edges { node { id title startedAt kpis {
  views viewers peakConcurrentViewers likes comments productClicks viewerToBuyerRate { value }
  liveSales { amount currency } } } } } }"""


CAMPAIGN = """query Campaign($id: ID!) { campaign(by: {id: $id}) { name kpis {
  reach views engagements engagementRate { value } traffic clicks impressions orders conversions
  sales { amount currency } buyers cost { amount } roas { value } roi { value reason }
  cpa { value { amount } } frequency { value } } } }"""
RANKING = """query Ranking($id: ID!) { campaign(by: {id: $id}) {
  collaborations(first: 15, orderBy: {metric: SALES}) { edges { node { id kol { name } kpis {
    reach engagementRate { value } traffic orders sales { amount currency } cost { amount } roas { value }
    roi { value } } } } } } }"""
COLLABORATIONS = 8


class Served:
    """One app behind uvicorn in a process of its own; answers are timed by the CPU they cost it."""

    def __init__(self, app: str, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--loop", "uvloop",
             "--http", "httptools", "--log-level", "warning", "--no-access-log",
             "--timeout-keep-alive", "120"],
            env={**os.environ, **environment},
            cwd=Path(__file__).resolve().parents[2],
        )  # fmt: skip
        self.client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(200):
            try:
                self.client.connect()
                return
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise TimeoutError(f"{app} did not start.")

    def ask(self, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        """One request's decoded answer."""
        self.client.request("POST" if body else "GET", path, body, headers)
        response = self.client.getresponse()
        text = response.read()
        assert response.status == 200, text
        return json.loads(text)

    def cpu(self) -> float:
        """Seconds of CPU spent so far, by all threads, to the nanosecond."""
        clock = ctypes.c_int()
        failed = LIBC.clock_getcpuclockid(self.process.pid, ctypes.byref(clock))
        assert not failed, os.strerror(failed)
        return time.clock_gettime(clock.value)

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait()


def _cost(served: Served, ask: Callable[[], object]) -> float:
    """Microseconds of server CPU a request."""
    before = served.cpu()
    for _ in range(REQUESTS):
        ask()
    return (served.cpu() - before) / REQUESTS * 1e6


def _campaign(shop: Partner) -> str:
    """A campaign with eight influencers, each in some of the sessions; its id as the API has it."""
    owned: dict[str, Any] = {"partner": shop}

    def make(model: Any, **given: Any) -> Any:
        return model.objects.using("worker").create(**given)

    days = {"starts_on": (NOW - timedelta(days=60)).date(), "ends_on": (NOW + timedelta(days=60)).date()}
    row = make(kol.Campaign, name="Bench", currency=shop.currency, **days, **owned)
    sessions = list(LiveSession.objects.using("worker").filter(partner=shop).order_by("external_id"))
    for number in range(COLLABORATIONS):
        who = make(kol.Kol, name=f"KOL {number}")
        member = make(kol.Collaboration, campaign=row, kol=who, **owned)
        of_member = {"collaboration": member, **owned}
        make(kol.Terms, valid_from=days["starts_on"], currency=shop.currency, **of_member)
        make(
            kol.CostLine, campaign=row, kind="FEE", amount=100 + number, currency=shop.currency,
            on_date=days["starts_on"], **of_member,
        )  # fmt: skip
        for session in sessions[number::COLLABORATIONS]:
            make(kol.Appearance, session=session, **of_member)
    campaigns_changed([row.pk], partner_id=shop.pk, now=NOW, using="worker")
    return node_id("C", row.pk)


def run(*, rounds: int) -> None:
    """Seed, serve, measure in turn, print."""
    shop = partner()
    for number in range(25):
        start = -number * 300.0
        events = list(audience(f"s{number}", viewers=300, events=3000, minutes=240, seed=number, start=start))
        events += [event("live_session_ended", minute(start + 240), subject=f"s{number}")]
        events += [
            event("purchase", minute(start + 30 + order), subject=f"s{number}",
                  transaction_id=f"{number}-{order}", viewer_id=f"s{number}-v{order}",
                  customer_id=f"c{order}",
                  items=[{"item_id": "p1", "price": "9.90"}])
            for order in range(20)
        ]  # fmt: skip
        deliver(shop, events)
    fill(shop, now=NOW + timedelta(days=1))
    campaign = _campaign(shop)
    fill(shop, now=NOW + timedelta(days=1))
    session = str(LiveSession.objects.using("worker").get(partner=shop, external_id="s0").id)
    # Many keys: the measure is of the work, not of the budget that each of them has.
    keys = [
        issue_key(partner_id=shop.id, scopes=["read"], name="bench", now=timezone.now())[0]
        for _ in range(60 * rounds)
    ]
    ours = Served("config.asgi:application")
    bare = Served(
        "tests.bench.bare:application",
        BENCH_DATABASE=settings.LOCAL_SERVERS.database_url(role="worker"),
        BENCH_PARTNER=str(shop.id),
        BENCH_SESSION=session,
    )
    try:
        _measure(ours, bare, keys, {"session": node_id("S", UUID(session)), "campaign": campaign}, rounds)
    finally:
        ours.stop()
        bare.stop()


def _measure(ours: Served, bare: Served, keys: list[str], ids: dict[str, str], rounds: int) -> None:
    turns = itertools.cycle(keys)
    table = Table("query", "bare us", "ours us", "x bare", "to reach", title="Server CPU a request")
    for name, query, of, goal in (
        ("overview", OVERVIEW, "session", "15 (6)"),
        ("trend", TREND, "session", "15 (5)"),
        ("page", PAGE, "", ""),
        ("campaign", CAMPAIGN, "campaign", "15"),
        ("ranking", RANKING, "campaign", ""),
    ):
        body = json.dumps({"query": query, "variables": {"id": ids[of]} if of else {}}).encode()

        def answer(sent: bytes = body) -> Any:
            headers = {"content-type": "application/json", "authorization": f"Bearer {next(turns)}"}
            told = ours.ask("/graphql/", sent, headers)
            # An answer of nothing is quick, and measures nothing.
            assert "errors" not in told, told
            assert None not in told["data"].values(), told
            return told

        def limit(path: str = f"/{name}") -> Any:
            return bare.ask(path, None, {})

        answer(), limit()
        pairs = [(_cost(bare, limit), _cost(ours, answer)) for _ in range(rounds)]
        ratio = statistics.median(mine / base for base, mine in pairs)
        table.add_row(
            name, f"{statistics.median(b for b, _ in pairs):.0f}",
            f"{statistics.median(o for _, o in pairs):.0f}",
            f"{ratio:.1f}", goal,
        )  # fmt: skip
    Console(width=100).print(table)
