"""Where tracking links may lead, and what is added to an address."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kol import links
from kol.links.destinations import checked_destination
from kol.links.redirects import parts
from kol.models import Collaboration, LinkHost
from kol.refusals import Refused
from tests.kol.linked import collaboration as collaboration
from tests.kol.linked import made

HOSTS = ("shop.example", "xn--mnchen-3ya.example", "localhost")
PERSON = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)


# -- where it may lead --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://Shop.Example./P?a=1#f", "https://shop.example/P?a=1#f"),
        ("https://shop.example:443/p", "https://shop.example/p"),
        ("https://shop.example?a=%20b&a=+c&&x", "https://shop.example?a=%20b&a=+c&&x"),
        ("https://shop.example/p%2f;v=1/~a!$&'()*+,=:@", "https://shop.example/p%2f;v=1/~a!$&'()*+,=:@"),
        ("https://münchen.example/straße?q=ü#ö",
            "https://xn--mnchen-3ya.example/stra%C3%9Fe?q=%C3%BC#%C3%B6"),
        ("https://MÜNCHEN.example/", "https://xn--mnchen-3ya.example/"),
        ("https://shop\u3002example/", "https://shop.example/"),
        ("http://localhost:8000/p", "http://localhost:8000/p"),
    ],
)  # fmt: skip
def test_a_page_of_an_allowed_host_is_kept_as_it_was_written(given: str, stored: str) -> None:
    assert checked_destination(given, hosts=HOSTS) == stored
    assert checked_destination(stored, hosts=HOSTS) == stored


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ("", "scheme"),
        ("shop.example/p", "scheme"),
        ("//shop.example/p", "scheme"),
        ("https:/shop.example/p", "scheme"),
        ("https:///shop.example/p", "scheme"),
        ("http://shop.example/p", "scheme"),
        ("javascript://shop.example/%0aalert(1)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("https://evil.example/", "host"),
        ("https://a.shop.example/", "host"),
        ("https://shop.example.evil.example/", "host"),
        ("https://evil.example#@shop.example/", "host"),
        ("https://evil.example?@shop.example/", "host"),
        ("https://shop.example@evil.example/", "credentials"),
        ("https://user:word@shop.example/", "credentials"),
        ("https://shop.example\\@evil.example/", "characters"),
        ("https:\\\\shop.example/", "characters"),
        ("https://shop.example/\r\nset-cookie: a=b", "characters"),
        ("https://shop.example/\x00", "characters"),
        (" https://shop.example/", "characters"),
        ("https://shop.example/\u2028", "characters"),
        ("https://shop.example/\ud800", "characters"),
        ("https://shop%2eexample/", "host"),
        ("https://evil.example%2f.shop.example/", "host"),
        ("https://shop.example:8443/", "port"),
        ("https://shop.example:x/", "host"),
        ("https://evil\u2100shop.example/", "host"),
        ("https://stra\u00dfe.example/", "host"),
        ("https://shop.example/" + "a" * 2000, "length"),
        ("https://shop.example/" + "\u00fc" * 400, "length"),
    ],
)
def test_anything_else_is_refused_by_the_rule_it_breaks(given: str, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_destination(given, hosts=HOSTS)
    assert (*refused.value.path, refused.value.rule) == ("destination", rule)


def test_a_host_list_that_names_no_host_allows_nothing() -> None:
    for hosts in ([], [""], ["*"], ["*.example"], ["shop.example/"], ["https://shop.example"]):
        with pytest.raises(Refused):
            checked_destination("https://shop.example/", hosts=hosts)


PIECES = (
    "https:", "http:", "HTTPS:", "javascript:",
    "//", "/", "///", "\\", "/\\", "@", ":", "?", "#", "%", "&", "=",
    "shop.example", "Shop.EXAMPLE", "evil.example", "localhost", "127.0.0.1", "[::1]", "münchen.example",
    "xn--mnchen-3ya.example", ".", "\u3002", "\uff0e", "\uff0f", "\u2044", "\u2100", "\u00ad", "\u200d",
    "\u200b",
    "\u202e", "ß", "ﬀ", "%2e", "%2f", "%40", "%5c", "%00", "%", "\t", "\n", "\r", " ", "\u00a0", ":443",
    ":80",
    ":8000", "user", "user:word@", "..", "/../", ";", "ll_viewer=x", "utm_source=a", "\x00", "\x7f",
    "'", '"', "[", "]",
)  # fmt: skip
BROWSER = """
const told = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = (text) => { try { const u = new URL(text);
  return [u.protocol, u.hostname, u.username + u.password]; } catch { return null; } };
process.stdout.write(JSON.stringify(told.map(read)));
"""


def nasty(rng: random.Random) -> str:
    """Something that looks like an address, or did once."""
    start = rng.choice(
        ["https://shop.example", "https://", "https://münchen.example", "http://localhost", ""]
    )
    return start + "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 7)))


def test_whatever_is_accepted_leads_every_browser_to_an_allowed_host() -> None:
    """Read by another parser: the one browsers share, out of Node."""
    rng = random.Random(20)
    accepted: list[str] = []
    written: set[str] = set()
    for _ in range(60_000):
        given = nasty(rng)
        try:
            stored = checked_destination(given, hosts=HOSTS)
        except Refused:
            continue
        assert stored.isascii()
        assert stored.isprintable()
        written |= {given} - {stored}
        before, after, _ = parts(stored, utm={"utm_medium": "m n"})
        accepted += [given, stored, before + after, f"{before}&ll_viewer=1{after}"]
    assert len(accepted) > 4000
    node = shutil.which("node", path=f"{Path(sys.executable).parent}:{Path('/usr/bin')}")
    assert node is not None, "node is missing: install with the extra `test`"
    done = subprocess.run(
        [node, "-e", BROWSER],
        input=json.dumps(accepted),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for address, read in zip(accepted, json.loads(done.stdout), strict=True):
        assert read is not None, address
        scheme, host, credentials = read
        # Only in what was written a dot may end the name: in what is sent there is none.
        name = host.removesuffix(".") if address in written else host
        assert name in HOSTS, address
        assert scheme == "https:" or (scheme, name) == ("http:", "localhost"), address
        assert credentials == "", address


# -- what is added ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "location"),
    [
        ("https://a.b", "https://a.b?utm_source=x&utm_term=y%20%26%20z&ll_viewer=ID"),
        ("https://a.b/p?", "https://a.b/p?utm_source=x&utm_term=y%20%26%20z&ll_viewer=ID"),
        ("https://a.b/?q=%2F+%20&&", "https://a.b/?q=%2F+%20&&utm_source=x&utm_term=y%20%26%20z&ll_viewer=ID"),
        ("https://a.b/?q=1#top?x", "https://a.b/?q=1&utm_source=x&utm_term=y%20%26%20z&ll_viewer=ID#top?x"),
        ("https://a.b/?utm_source=own", "https://a.b/?utm_source=own&utm_term=y%20%26%20z&ll_viewer=ID"),
        ("https://a.b/?UTM%5fsource=&utm_term", "https://a.b/?UTM%5fsource=&utm_term&ll_viewer=ID"),
        ("https://a.b/?ll_viewer=own#f", "https://a.b/?ll_viewer=own&utm_source=x&utm_term=y%20%26%20z#f"),
        ("https://a.b/#?ll_viewer=own", "https://a.b/?utm_source=x&utm_term=y%20%26%20z&ll_viewer=ID#?ll_viewer=own"),
    ],
)  # fmt: skip
def test_parameters_are_added_and_none_is_changed(
    collaboration: Collaboration, stored: str, location: str
) -> None:
    LinkHost.objects.using("worker").create(partner_id=collaboration.partner_id, host="a.b")
    link = made(collaboration, stored, utm_source="x", utm_medium="", utm_campaign="", utm_term="y & z")
    target = links.find_target(link.code)
    assert target is not None
    assert target.location("ID").decode() == location
    assert target.location("").decode() == location.replace("&ll_viewer=ID", "")
