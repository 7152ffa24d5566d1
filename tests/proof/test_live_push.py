"""A large session twenty times as fast as it was, before hundreds who listen: the last word is the truth."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import psycopg
import pytest
from rich.console import Console
from rich.table import Table

from tests.oracle import Partner, World
from tests.proof.airing import SUBJECT, Due, airing
from tests.proof.house import House, commit, house
from tests.servers import PROJECT, run_command

SEED = int(os.environ.get("LIVELEDGER_SEED", "20261122"))
FASTER: Final = 20
PROMISED_SECONDS: Final = 2.0
MOST_A_REQUEST: Final = 5_000
SETTLES_WITHIN: Final = 660
"""Seconds from the end of a session until its last update, at most."""
FIELDS: Final = """externalId status kpis {
  views viewers watchTime peakConcurrentViewers likes comments shares follows productClicks productImpressions
  carts checkouts orders itemsSold buyers liveSales { amount currency } refunds { amount currency }
  engagementRate { numerator denominator value } viewerToBuyerRate { numerator denominator value } }"""
QUERY: Final = f"query Last($by: LiveSessionBy!) {{ liveSession(by: $by) {{ {FIELDS} }} }}"
SUBSCRIPTION: Final = f"""subscription Watch($by: LiveSessionBy!) {{
  liveSession(by: $by, metrics: [CONCURRENT_VIEWERS, LIKES]) {{
    sequence isFinal asOf computedAt trend {{ timestamps series {{ metric values }} }} {FIELDS} }} }}"""
BY: Final = {"by": {"externalId": SUBJECT}}
LISTENERS_A_KEY: Final = 25
KEYS: Final = """
from django.utils import timezone
from commerce.access import issue_key
from commerce.models import Partner
shop = Partner.objects.using("worker").get(slug="shop")
for _ in range({number}):
    scopes = ["read", "ingest"]
    print(issue_key(partner_id=shop.id, scopes=scopes, name="proof", now=timezone.now())[0])
"""


@dataclass(kw_only=True)
class Feed:
    """One source that sends what is due, one request after the other; its own books of it."""

    port: int
    key: str
    likes: int = 0
    sent: int = 0
    behind: float = 0.0
    """Seconds that the latest event of a request came after it was due, at most."""
    acknowledged: list[tuple[int, float]] = field(default_factory=list)
    """(likes so far, when) of each answer."""
    requests: list[float] = field(default_factory=list)
    """Seconds each took."""

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def send(self, told: Sequence[dict[str, Any]]) -> None:
        """One request; everything in it must be accepted."""
        body = b"\n".join(json.dumps(one).encode() for one in told)
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/x-ndjson"}
        began = time.monotonic()
        self._connection.request("POST", "/v1/events", body, headers)
        answer = json.loads(self._connection.getresponse().read())
        now = time.monotonic()
        assert answer["accepted"] == len(told), answer
        self.sent += len(told)
        self.likes += sum(one["data"].get("count", 1) for one in told if one["type"] == "live_like")
        self.acknowledged.append((self.likes, now))
        self.requests.append(now - began)

    def play(self, told: Sequence[Due], *, every: float) -> None:
        """Everything at its moment, `FASTER` times as fast as it was."""
        # The server has let go of it while the listeners came; it is opened anew by itself.
        self._connection.close()
        began, place = time.monotonic(), 0
        while place < len(told):
            due = (time.monotonic() - began) * FASTER
            until = place
            while until < min(len(told), place + MOST_A_REQUEST) and told[until].at <= due:
                until += 1
            if until > place:
                self.behind = max(self.behind, (due - told[place].at) / FASTER)
                self.send([one.told for one in told[place:until]])
                place = until
            time.sleep(every)


@dataclass(kw_only=True)
class Waiting:
    """How long marks waited for their fill, looked at twice a second."""

    ages: list[float] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)

    @contextmanager
    def looked_at(self, url: str) -> Iterator[None]:
        """While this lasts."""
        is_over = threading.Event()
        thread = threading.Thread(target=self._look, args=(url, is_over))
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _look(self, url: str, is_over: threading.Event) -> None:
        asked = (
            "SELECT count(*), COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(marked_at)), 0)::float8 "
            "FROM commerce_stale"
        )
        with psycopg.connect(url, autocommit=True) as connection:
            while not is_over.wait(0.5):
                row = connection.execute(asked).fetchone()
                assert row is not None
                self.marks.append(row[0])
                self.ages.append(row[1])


@contextmanager
def listening(asked: dict[str, Any]) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that listens, when all in it have had the state as it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.proof.listeners"],
        cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def latencies(acknowledged: Sequence[tuple[int, float]], updates: Sequence[dict[str, Any]]) -> list[float]:
    """Seconds from each answer to the first update that has all of it, one for each listener it came to.

    An answer that brought no like cannot be told in an update, and is left out.
    """
    told = sorted((update["likes"], min(update["came"]), update["came"]) for update in updates)
    found: list[float] = []
    place, before = 0, 0
    for likes, when in acknowledged:
        if likes == before:
            continue
        before = likes
        while place < len(told) and told[place][0] < likes:
            place += 1
        if place < len(told):
            found += [came - when for came in told[place][2]]
    return sorted(found)


def part(sorted_values: Sequence[float], share: float) -> float:
    """The value below which that share lies."""
    return sorted_values[min(int(len(sorted_values) * share), len(sorted_values) - 1)]


def ask(home: House, key: str) -> dict[str, Any]:
    """What the API answers now."""
    connection = http.client.HTTPConnection("127.0.0.1", home.port, timeout=30)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    connection.request("POST", "/graphql/", json.dumps({"query": QUERY, "variables": BY}), headers)
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    assert "errors" not in answer, answer
    session: dict[str, Any] = answer["data"]["liveSession"]
    return session


def truth(told: Sequence[Due]) -> dict[str, Any]:
    """The same numbers from the events that were sent, in plain Python, as the API writes them."""
    rules = Partner(
        currency="SGD", timezone="Asia/Singapore", tail=timedelta(hours=2),
        silence=timedelta(seconds=90), grace=timedelta(seconds=30),
    )  # fmt: skip
    world = World([one.told for one in told], partner=rules)
    ((source, subject),) = world.sessions
    found = world.session(source=source, subject=subject).kpis()
    counts = (
        "views", "viewers", "likes", "comments", "shares", "follows", "orders", "buyers", "items_sold",
        "carts", "checkouts", "peak_concurrent_viewers", "product_clicks", "product_impressions",
    )  # fmt: skip
    money = {name: found[name] for name in ("live_sales", "refunds")}
    rates = {name: found[name] for name in ("engagement_rate", "viewer_to_buyer_rate")}
    return {name: found[name] for name in counts} | money | rates | {"watch_time": found["watch_time"]}


def as_truth(kpis: dict[str, Any]) -> dict[str, Any]:
    """What the API wrote, as numbers by the names of the truth."""

    def number(value: Any) -> Any:
        if isinstance(value, dict) and "amount" in value:
            return Decimal(value["amount"])
        if isinstance(value, dict):
            return (int(value["numerator"]), int(value["denominator"]))
        return Decimal(value)

    def name(key: str) -> str:
        return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in key)

    return {name(key): number(value) for key, value in kpis.items()}


@pytest.mark.proof
def test_500_listeners_follow_200000_events_and_the_last_update_is_what_the_facts_say() -> None:
    scale = float(os.environ.get("LIVELEDGER_PROOF_SCALE", "1"))
    listeners = max(20, int(500 * scale))
    follow(number=int(200_000 * scale), seconds=max(20, 360 * scale), listeners=listeners)


def follow(*, number: int, seconds: float, listeners: int) -> None:
    """Feed the session in so many seconds while they listen; then look at what each of them heard."""
    sockets = listeners // 10
    with house() as home:
        settings = ("--name", "Shop", "--currency", "SGD", "--timezone", "Asia/Singapore")
        home.command("create_partner", "shop", *settings)
        issued = KEYS.format(number=2 + listeners // LISTENERS_A_KEY)
        keys = home.command("shell", "--verbosity", "0", "-c", issued).split()
        length = seconds * FASTER
        # Its last moment is the present one, however fast it goes: nothing is from the future.
        starts_at = datetime.now(UTC) + timedelta(seconds=seconds - length)
        told = airing(number=number, seed=SEED, starts_at=starts_at, seconds=length)
        feed, waiting = Feed(port=home.port, key=keys[0]), Waiting()
        feed.send([told[0].told])
        asked = {
            "port": home.port, "keys": keys[1:], "ask": {"query": SUBSCRIPTION, "variables": BY},
            "streams": listeners - sockets, "sockets": sockets, "seconds": seconds + SETTLES_WITHIN + 120,
        }  # fmt: skip
        time.sleep(3)
        with listening(asked) as process:
            began = time.monotonic()
            with waiting.looked_at(home.servers.database_url()):
                feed.play(told[1:], every=0.25)
            took = time.monotonic() - began
            heard = json.loads(process.communicate()[0])
            settled = time.monotonic() - began - took
        answer = ask(home, keys[0])
        stored = home.value("SELECT count(*) FROM commerce_event WHERE item = 0")
        checked = run_command("check_rollups", data_dir=home.servers.data_dir, timeout=600)
        assert checked.stdout, checked.stderr
        said = checked.stdout.splitlines()[-1]
    figures = _figures(feed, waiting, heard, took=took, settled=settled)
    _show({**figures, "events stored": f"{stored:,}", "recomputed from facts": said})
    assert stored == number
    assert len(heard["listeners"]) == listeners
    assert [one for one in heard["listeners"] if one["end"] != "complete"] == []
    assert [one for one in heard["listeners"] if one["backward"]] == []
    assert min(one["updates"] for one in heard["listeners"]) > 2
    last = heard["listeners"][0]["last"]
    assert all(one["last"] == last for one in heard["listeners"])
    assert last["isFinal"]
    assert {name: last[name] for name in answer} == answer
    assert said.endswith("differences 0")
    assert as_truth(last["kpis"]) == truth(told)


def _figures(
    feed: Feed, waiting: Waiting, heard: dict[str, Any], *, took: float, settled: float
) -> dict[str, str]:
    """What was measured, in words."""
    waits, ages = latencies(feed.acknowledged, heard["updates"]), sorted(waiting.ages)
    computed = sorted(
        datetime.fromisoformat(update["computed_at"]).timestamp()
        for update in heard["updates"]
        if update["computed_at"]
    )
    gaps = sorted(later - earlier for earlier, later in pairwise(computed)) or [0.0]
    updates = [one["updates"] for one in heard["listeners"]]
    dropped = sum(one["end"] != "complete" for one in heard["listeners"])
    requests = sorted(feed.requests)
    kept = sum(wait <= PROMISED_SECONDS for wait in waits) / max(len(waits), 1)

    def three(values: Sequence[float]) -> str:
        return f"p50 {part(values, 0.5):.2f} s, p99 {part(values, 0.99):.2f} s, most {values[-1]:.2f} s"

    return {
        "seed, commit": f"{SEED}, {commit()}",
        "events": f"{feed.sent:,} in {took:.0f} s, {feed.sent / took:,.0f} a second, {FASTER} x real time",
        "sent after they were due": f"at most {feed.behind:.2f} s; a request {three(requests)}",
        "listeners": f"{len(updates)}, of them cut off {dropped}",
        "updates a listener": f"{min(updates)} to {max(updates)}; different ones {len(heard['updates'])}",
        "sequence went back": f"{sum(one['backward'] for one in heard['listeners'])} times",
        "answer to update": f"{three(waits)}, promised {PROMISED_SECONDS:.0f} s; kept for {kept:.1%}",
        "oldest mark waiting": f"{three(ages)}; marks at most {max(waiting.marks):,}",
        "between fills shown": three(gaps),
        "settled": f"{settled:.0f} s after the last event",
    }


def _show(figures: dict[str, str]) -> None:
    table = Table("what", "figure", title="A live session before listeners")
    for name, figure in figures.items():
        table.add_row(name, figure)
    print()
    Console(width=110).print(table)
