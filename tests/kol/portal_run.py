"""A browser that looks at the portal as it is served, and says what went wrong on the way."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Download, Page, Response, expect

from tests.config.push_run import Server
from tests.config.test_api_audit import program
from tests.kol.portal_world import session_of

AXE: Final = "axe-core@4.14.1"
CHROMIUM: Final = "chromium"
PHONE: Final = {"width": 390, "height": 844}
WIDE: Final = {"width": 1280, "height": 900}
# Nothing moves: what is half way between two colours is neither.
AS_TESTED: Final[dict[str, Any]] = {"viewport": WIDE, "locale": "en-GB", "reduced_motion": "reduce"}
# Rules of good practice are taken as seriously as those of the standard.
RULES: Final = "async () => (await axe.run(document)).violations"
WATCH: Final = """addEventListener("securitypolicyviolation",
  (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"""
SETTLED: Final = "() => !document.querySelector('[aria-busy=true], .loading')"

expect.set_options(timeout=10_000)


def chromium() -> str:
    """The browser: named in CHROMIUM, on the path, or Debian's package; without one tests are skipped."""
    found = os.environ.get("CHROMIUM") or shutil.which(CHROMIUM)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        install = ("apt-get", "install", "-y", "--no-install-recommends", CHROMIUM)
        subprocess.run(install, capture_output=True, timeout=600, check=False)
        found = shutil.which(CHROMIUM)
    if found is None:
        pytest.skip("there is no Chromium: set CHROMIUM, or install Debian's package `chromium`")
    return found


def axe(folder: Path) -> str:
    """The text of axe-core, kept between runs."""
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        install = [program("npm"), "install", "--no-audit", "--no-fund", "--prefix", str(folder), AXE]
        done = subprocess.run(install, capture_output=True, text=True, timeout=180, check=False)
        if done.returncode:
            pytest.skip(f"axe-core cannot be installed: {done.stderr[-200:]}")
    return script.read_text(encoding="utf-8")


class Visit:
    """Somebody's pages in a browser of his own; `wrong` is what consoles, the policy and requests told."""

    def __init__(self, context: BrowserContext, page: Page, address: str) -> None:
        self.context, self.page, self.address = context, page, address
        self.wrong: list[str] = []
        self._answers: list[Response] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("response", lambda answer: self._answers.append(answer))
        page.on("request", lambda request: self._asked(request.url))

    def _heard(self, told: Any) -> None:
        if told.type in ("error", "warning"):
            self.wrong.append(f"{told.type}: {told.text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.address}/", "data:", "blob:")):
            self.wrong.append(f"elsewhere: {url}")

    def answers(self) -> str:
        """Everything the API has answered the page that is open with."""
        return "".join(one.text() for one in self._answers if one.url.endswith("/graphql/"))

    def open(self, path: str) -> Page:
        """A page, with everything on it loaded."""
        self._answers.clear()
        self.page.goto(f"{self.address}{path}")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until nothing loads any more."""
        self.page.wait_for_function(SETTLED)

    def path(self) -> str:
        """Where he is, with what he has chosen."""
        parts = urlsplit(self.page.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def texts(self, selector: str) -> list[str]:
        """What elements show, blanks folded."""
        return [" ".join(text.split()) for text in self.page.locator(selector).all_inner_texts()]

    def table(self, place: str) -> list[list[str]]:
        """The rows of a table, head first, as they are shown; what only screen readers read is left out."""
        script = """(place) => [...document.querySelectorAll(`${place} tr`)].map((row) =>
          [...row.cells].map((cell) => {
            const copy = cell.cloneNode(true);
            copy.querySelectorAll('.hidden').forEach((one) => one.remove());
            return copy.textContent.replace(/\\s+/g, ' ').trim();
          }))"""
        rows: list[list[str]] = self.page.evaluate(script, place)
        return rows

    def tiles(self) -> dict[str, str]:
        """The score: what each tile shows first, by KPI."""
        script = """() => Object.fromEntries([...document.querySelectorAll('.tile')].map((one) =>
          [one.dataset.kpi, (one.querySelector('dd').firstChild.firstChild?.textContent
            ?? one.querySelector('dd').firstChild.textContent).replace(/\\s+/g, ' ')]))"""
        told: dict[str, str] = self.page.evaluate(script)
        return told

    def choose(self, name: str, value: str) -> None:
        """Choose from a list of the page, and wait for what it changes."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/graphql/")):
            self.page.select_option(f"#{name}", value)
        self.settle()

    def drawn(self, colour: str) -> tuple[int, bool]:
        """(how many points of the chart are not blank, whether some have this colour, as `r,g,b`)."""
        script = """(colour) => { const canvas = document.querySelector('.chart canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let count = 0, found = false;
          for (let at = 0; at < data.length; at += 4) if (data[at + 3]) {
            count += 1;
            found ||= data.slice(at, at + 3).join() === colour;
          }
          return [count, found]; }"""
        count, is_there = self.page.evaluate(script, colour)
        return count, is_there

    def said(self) -> set[str]:
        """Every text of the page: what it shows, and what only assistive techniques tell."""
        script = """() => { const found = new Set([document.title]);
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ALL);
          while (walker.nextNode()) {
            const { currentNode: node } = walker;
            if (node.nodeType === Node.TEXT_NODE && !node.parentElement.closest('script, #language'))
              found.add(node.textContent.trim());
            if (node.nodeType === Node.ELEMENT_NODE)
              for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
                if (node.hasAttribute(name)) found.add(node.getAttribute(name).trim());
          }
          return [...found]; }"""
        return set(self.page.evaluate(script))

    def outside(self) -> list[str]:
        """What sticks out of the window, and out of nothing one can scroll in."""
        script = """() => [...document.querySelectorAll('main *, header *')].filter((one) => {
          const box = one.getBoundingClientRect();
          const isOut = box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
          return isOut && !one.closest('.scroll, .hidden, .skip');
        }).map((one) => one.outerHTML.slice(0, 120))"""
        found: list[str] = self.page.evaluate(script)
        return found

    def violations(self, script: str) -> list[str]:
        """What axe finds on the page as it stands."""
        self.page.evaluate(script)
        found = self.page.evaluate(RULES)
        return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]

    def download(self, selector: str) -> tuple[str, bytes]:
        """(name, content) of the file a click gives."""
        with self.page.expect_download() as begun:
            self.page.locator(selector).click()
        done: Download = begun.value
        return done.suggested_filename, Path(done.path()).read_bytes()


@contextmanager
def visiting(
    browser: Browser,
    server: Server,
    username: str | None = None,
    *,
    expected: tuple[str, ...] = (),
    **given: Any,
) -> Iterator[Visit]:
    """A visit of somebody who has signed in, or of nobody; what goes wrong has to be `expected`."""
    address = f"http://127.0.0.1:{server.port}"
    context = browser.new_context(**{**AS_TESTED, **given})
    try:
        if username is not None:
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session_of(username), "url": address}
            context.add_cookies([cookie])  # type: ignore[list-item]
        context.add_init_script(WATCH)
        visit = Visit(context, context.new_page(), address)
        yield visit
        wrong = [one for one in visit.wrong if not any(told in one for told in expected)]
        assert wrong == [], wrong
    finally:
        context.close()


def ask(server: Server, key: str, query: str, **variables: Any) -> Any:
    """The data the API answers the holder of a key with."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps({"query": query, "variables": variables}).encode()
    with build_opener(ProxyHandler({})).open(Request(server.url, body, headers), timeout=30) as response:
        answer = json.loads(response.read())
    assert "errors" not in answer, answer["errors"]
    return answer["data"]
