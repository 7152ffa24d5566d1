"""Tracking links over HTTP: a real server, a real database, exact answers."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
import uvicorn
from django.conf import settings
from django.utils import timezone

from commerce.access import Actor
from commerce.models import Partner
from config import asgi
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
        )
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
    for host in (HOST, "gone.example"):
        LinkHost.objects.using("worker").create(partner=partner, host=host)
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


def made(collaboration: Collaboration, destination: str = f"https://{HOST}/p", **given: Any) -> TrackingLink:
    actor = Actor(name="ann", partner_ids=(collaboration.partner_id,), scopes=frozenset({"manage"}))
    return links.make_link(
        actor=actor,
        collaboration=collaboration,
        destination=destination,
        now=timezone.now(),
        using="worker",
        **given,
    )


def followed(link: TrackingLink, count: int) -> list[LinkClick]:
    """The clicks of a link, once there are so many."""
    rows = LinkClick.objects.using("worker").filter(link=link).order_by("clicked_at", "id")
    until(lambda: rows.count() >= count)
    return list(rows.all())


def test_a_person_is_led_to_the_page_with_utm_and_an_id_and_the_click_is_kept(
    server: Server, collaboration: Collaboration
) -> None:
    link = made(collaboration)
    reply = server.get(links.short_path(link))
    assert (reply.status, reply.body) == (302, b"")
    (click,) = followed(link, 1)
    assert (click.by, len(click.visitor), len(click.device)) == ("PERSON", 32, 32)
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


def test_who_comes_again_keeps_his_id_on_every_link(server: Server, collaboration: Collaboration) -> None:
    links_made = [made(collaboration), made(collaboration, f"https://{HOST}/q?a=1#top")]
    first = server.get(links.short_path(links_made[0]))
    cookie = first.headers["set-cookie"].split(";")[0]
    again = server.get(links.short_path(links_made[1]), cookie=f"other=1; {cookie}")
    assert "set-cookie" not in again.headers
    assert again.headers["location"] == (
        f"https://{HOST}/q?a=1&utm_source=ada-lim&utm_medium=influencer&utm_campaign=spring&{cookie}#top"
    )
    (one,), (other,) = (followed(link, 1) for link in links_made)
    assert one.visitor == other.visitor == cookie.removeprefix("ll_viewer=")
    assert one.device == other.device


@pytest.mark.parametrize(
    ("by", "agent", "headers"),
    [
        ("BOT", "facebookexternalhit/1.1", {}),
        ("BOT", "", {}),
        ("PREFETCH", CHROME, {"sec_purpose": "prefetch;prerender"}),
        ("PREFETCH", CHROME, {"x_moz": "prefetch"}),
        ("PERSON", CHROME, {"sec_gpc": "1"}),
        ("PERSON", CHROME, {"dnt": "1"}),
    ],
)
def test_who_is_no_person_or_objects_is_counted_without_an_id(
    server: Server, collaboration: Collaboration, by: str, agent: str, headers: dict[str, str]
) -> None:
    link = made(collaboration)
    mine = "0123456789abcdef" * 2
    reply = server.get(links.short_path(link), agent=agent, cookie=f"ll_viewer={mine}", **headers)
    assert reply.status == 302
    assert "set-cookie" not in reply.headers
    assert "ll_viewer" not in reply.headers["location"]
    (click,) = followed(link, 1)
    assert (click.by, click.visitor) == (by, "")


def test_an_id_that_the_page_brings_is_the_one_that_counts(
    server: Server, collaboration: Collaboration
) -> None:
    link = made(collaboration, f"https://{HOST}/p?ll_viewer=theirs%201")
    reply = server.get(links.short_path(link))
    assert "set-cookie" not in reply.headers
    assert reply.headers["location"].startswith(f"https://{HOST}/p?ll_viewer=theirs%201&utm_source=")
    assert reply.headers["location"].count("ll_viewer") == 1
    (click,) = followed(link, 1)
    assert click.visitor == "theirs 1"
    assert server.get(links.short_path(link), dnt="1").status == 302
    assert followed(link, 2)[1].visitor == ""


def test_head_says_where_it_leads_and_is_no_click(server: Server, collaboration: Collaboration) -> None:
    link = made(collaboration)
    reply = server.get(links.short_path(link), method="HEAD")
    assert (reply.status, reply.body) == (302, b"")
    assert reply.headers["location"].startswith(f"https://{HOST}/p?utm_source=")
    assert "ll_viewer" not in reply.headers["location"]
    assert "set-cookie" not in reply.headers
    server.get(links.short_path(link))
    assert len(followed(link, 1)) == 1


def test_a_revoked_link_and_one_to_a_host_allowed_no_more_are_dead_within_five_seconds(
    server: Server, collaboration: Collaboration
) -> None:
    revoked, stranded = made(collaboration), made(collaboration, "https://gone.example/p")
    paths = [links.short_path(link) for link in (revoked, stranded)]
    assert [server.get(path).status for path in paths] == [302, 302]
    actor = Actor(name="ann", partner_ids=(collaboration.partner_id,), scopes=frozenset({"manage"}))
    links.revoke_link(actor=actor, link=revoked, now=timezone.now(), using="worker")
    hosts = LinkHost.objects.using("worker").filter(partner_id=collaboration.partner_id)
    hosts.filter(host="gone.example").delete()
    ended = time.monotonic()
    while time.monotonic() - ended < 5 and [server.get(path).status for path in paths] != [404, 404]:
        time.sleep(0.2)
    assert [server.get(path).status for path in paths] == [404, 404]
    assert server.get(paths[0] + "/qr.svg").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/r/", "/r/abcdefghjk", "/r/ABCDEFGHJK", "/r/<script>alert(1)</script>", "/r/%3Cscript%3E",
        "/r/abcdefghjk/", "/r/abcdefghjk/qr.gif", "/r//evil.example", "/r/abcdefghjk%0d%0aset-cookie:%20a=b",
    ],
)  # fmt: skip
def test_what_is_no_link_is_told_so_in_plain_text_that_says_nothing_back(server: Server, path: str) -> None:
    reply = server.get(path)
    assert (reply.status, reply.body) == (404, b"There is no such link.\n")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "no-store"
    assert not {"location", "set-cookie"} & reply.headers.keys()


def test_other_methods_are_refused(server: Server, collaboration: Collaboration) -> None:
    reply = server.get(links.short_path(made(collaboration)), method="POST")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


def test_a_picture_leads_to_the_short_link_on_our_own_host(
    server: Server, collaboration: Collaboration
) -> None:
    path = links.short_path(made(collaboration))
    address = f"http://127.0.0.1:{server.port}{path}"
    for name, kind, drawn in (("svg", "image/svg+xml", links.qr_svg), ("png", "image/png", links.qr_png)):
        reply = server.get(f"{path}/qr.{name}")
        assert (reply.status, reply.headers["content-type"]) == (200, kind)
        assert reply.headers["cache-control"] == "public, max-age=3600"
        assert reply.body == drawn(address)
        strange = server.get(f"{path}/qr.{name}", host="evil.example")
        assert (strange.status, strange.body) == (400, b"This is no host of ours.\n")
    assert server.get(f"{path}/qr.svg", method="HEAD").body == b""


def test_cookies_and_pictures_are_for_tls_where_all_is(
    server: Server, collaboration: Collaboration, settings_tls: None
) -> None:
    path = links.short_path(made(collaboration))
    assert server.get(path).headers["set-cookie"].endswith("; HttpOnly; SameSite=Lax; Secure")
    address = f"https://127.0.0.1:{server.port}{path}"
    assert server.get(f"{path}/qr.svg").body == links.qr_svg(address)


@pytest.fixture
def settings_tls() -> Iterator[None]:
    settings.IS_TLS = True
    yield
    settings.IS_TLS = False


def test_the_one_entry_knows_the_way_to_links() -> None:
    assert isinstance(asgi.route("/r/abcdefghjk"), LinksApp)
    asgi.links_app().close()
    asgi.links_app.cache_clear()
