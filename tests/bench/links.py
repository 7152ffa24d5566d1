"""Following a tracking link against a bare app that answers 302 on the same server: CPU, p50, p99."""

import socket
import statistics
import time
from contextlib import ExitStack
from datetime import date, timedelta

from django.utils import timezone
from rich.console import Console
from rich.table import Table

from commerce.access import Actor
from kol import links
from kol.models import Campaign, Collaboration, Kol, LinkClick, LinkHost
from tests.bench.push import cpu
from tests.bench.query import Served
from tests.factories import partner

REQUESTS = 3000
NAMES = ("bare", "silent", "recording")
AGENT = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36"
)


def ask(port: int, path: str, *, count: int) -> list[float]:
    """Seconds of each of so many requests of one person, one after the other on one connection."""
    text = (
        f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: {AGENT}\r\n"
        "cookie: ll_viewer=0123456789abcdef0123456789abcdef\r\n\r\n"
    )
    taken = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            began = time.perf_counter()
            connection.sendall(text.encode())
            told = b""
            while not told.endswith(b"\r\n\r\n"):
                told += connection.recv(4096)
            taken.append(time.perf_counter() - began)
            assert told.startswith(b"HTTP/1.1 302 "), told
    return taken


def run(*, rounds: int) -> None:
    """Make a link, serve, follow it in turn, print."""
    shop = partner()
    LinkHost.objects.using("worker").create(partner=shop, host="shop.example")
    today = date.today()
    campaign = Campaign.objects.using("worker").create(
        partner=shop, name="Spring", starts_on=today, ends_on=today + timedelta(days=9), currency="SGD"
    )
    ada = Kol.objects.using("worker").create(name="Ada Lim")
    link = links.make_link(
        actor=Actor(name="bench", partner_ids=(shop.id,), scopes=frozenset({"manage"})),
        collaboration=Collaboration.objects.using("worker").create(partner=shop, campaign=campaign, kol=ada),
        destination="https://shop.example/p",
        now=timezone.now(),
        using="worker",
    )
    path = links.short_path(link)
    spent: dict[str, list[float]] = {name: [] for name in NAMES}
    taken: dict[str, list[float]] = {name: [] for name in NAMES}
    with ExitStack() as stack:
        served = {name: Served("tests.bench.redirects:application", BENCH_LINKS=name) for name in NAMES}
        for one in served.values():
            stack.callback(one.stop)
            ask(one.client.port, path, count=200)
        for _ in range(rounds):
            for name, one in served.items():
                before = cpu(one.process)
                taken[name] += ask(one.client.port, path, count=REQUESTS)
                time.sleep(0.5)  # So that what is written after the answers counts too.
                spent[name].append((cpu(one.process) - before) / REQUESTS * 1e6)
    table = Table(
        "app", "CPU us", "x bare", "p50 us", "p99 us", title=f"{rounds} rounds of {REQUESTS} requests"
    )
    for name in NAMES:
        ratio = statistics.median(mine / bare for mine, bare in zip(spent[name], spent["bare"], strict=True))
        quantiles = statistics.quantiles(taken[name], n=100)
        table.add_row(
            name, f"{statistics.median(spent[name]):.0f}", f"{ratio:.2f}",
            f"{quantiles[49] * 1e6:.0f}", f"{quantiles[98] * 1e6:.0f}",
        )  # fmt: skip
    Console(width=100).print(table)
    kept, asked = LinkClick.objects.using("worker").filter(link=link).count(), rounds * REQUESTS + 200
    print(f"clicks kept: {kept} of {asked}")
