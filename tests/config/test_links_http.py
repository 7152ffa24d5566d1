"""Tracking links over HTTP: a real server, a real database, exact answers."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest
import uvicorn
from django.utils import timezone

from commerce.access import Actor
from commerce.models import Partner
from config.api.links import LinksApp
from kol import links
from kol.links import Recorder
from kol.models import Campaign, Collaboration, Kol, LinkClick, LinkHost, TrackingLink
from tests.config.events_server import until

CHROME = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36"
)
HOST = "shop.example"


class Reply(NamedTuple):
    """What came back: status, headers (lower case; of several Set-Cookie the last) and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Server:
    """The app behind uvicorn in a thread."""

    def __init__(self, app: LinksApp) -> None:
        self.app = app
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", lifespan="off", log_level="warning", access_log=False
        )  # type: ignore[arg-type]
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop serving, then end the app's threads."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self.app.close()

    def get(self, path: str, *, method: str = "GET", agent: str = CHROME, **headers: str) -> Reply:
        """Ask for a path; a header's name is written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers={"user-agent": agent, **named})
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, told, response.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server(LinksApp(recorder=Recorder()))
    yield running
    running.stop()


@pytest.fixture
def collaboration(partner: Partner) -> Collaboration:
    LinkHost.objects.using("worker").create(partner=partner, host=HOST)
    today = timezone.now().date()
    campaign = Campaign.objects.using("worker").create(
        partner=partner,
        name="Spring",
        starts_on=today,
        ends_on=today + timedelta(days=9),
        currency="SGD",
    )
    kol = Kol.objects.using("worker").create(name="Ada Lim")
    return Collaboration.objects.using("worker").create(partner=partner, campaign=campaign, kol=kol)


def made(collaboration: Collaboration, destination: str = f"https://{HOST}/p", **given: str) -> TrackingLink:
    actor = Actor(name="ann", partner_ids=(collaboration.partner_id,), scopes=frozenset({"manage"}))
    return links.make_link(
        actor=actor,
        collaboration=collaboration,
        destination=destination,
        now=timezone.now(),
        using="worker",
        **given,
    )


def clicks(link: TrackingLink) -> list[LinkClick]:
    return list(LinkClick.objects.using("worker").filter(link=link).order_by("clicked_at", "id"))


def kept(link: TrackingLink, count: int) -> list[LinkClick]:
    """The clicks of a link, once there are so many."""
    until(lambda: len(clicks(link)) >= count)
    return clicks(link)


def test_a_person_is_led_to_the_page_with_utm_and_an_id_and_the_click_is_kept(
    server: Server, collaboration: Collaboration
) -> None:
    link = made(collaboration)
    reply = server.get(links.short_path(link))
    assert reply.status == 302
    assert reply.body == b""
    (click,) = kept(link, 1)
    assert click.by == "PERSON"
    assert len(click.visitor) == 32
    assert len(click.device) == 32
    assert reply.headers["location"] == (
        f"https://{HOST}/p?utm_source=ada-lim&utm_medium=influencer&utm_campaign=spring"
        f"&ll_viewer={click.visitor}"
    )
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert reply.headers["x-robots-tag"] == "noindex, nofollow"
    assert reply.headers["set-cookie"] == (
        f"ll_viewer={click.visitor}; Max-Age=34128000; Path=/r/; HttpOnly; SameSite=Lax"
    )
