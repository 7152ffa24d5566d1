"""What the portal's tests look at: one world, one server and one browser a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.config.push_run import Server
from tests.kol.portal_run import Visit, axe, chromium, visiting
from tests.kol.portal_world import World, build


@pytest.fixture(scope="module")
def world() -> World:
    return build()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(app="config.asgi:application")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser(world: World) -> Iterator[Browser]:
    """One browser for all; rows are written beside its loop, which never waits for them."""
    program = chromium()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def axe_core(request: pytest.FixtureRequest) -> str:
    return axe(request.config.cache.mkdir("axe-core"))


@pytest.fixture
def visit(browser: Browser, server: Server, world: World) -> Iterator[Visit]:
    """Somebody of the agency `north`."""
    with visiting(browser, server, world.person(world.north)) as visit:
        yield visit
