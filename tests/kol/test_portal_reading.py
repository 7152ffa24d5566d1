"""The portal for everybody: five languages, both themes, a phone, a keyboard; and when something fails."""

from functools import partial
from typing import Final

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Route, expect

from kol.portal import documents
from kol.portal.words import LANGUAGES, catalogue
from tests.config.push_run import Server
from tests.kol.campaign_scene import agency
from tests.kol.portal_run import PHONE, WIDE, Visit, visiting
from tests.kol.portal_world import LISTED, World

WORDS: Final = catalogue("en")
HIDDEN: Final = WORDS["withheld"]
FAILED: Final = "Failed to load resource"


# -- for everybody -------------------------------------------------------------------------------


def test_pages_are_accessible_in_both_themes_and_fit_a_phone(
    visit: Visit, browser: Browser, server: Server, world: World, axe_core: str
) -> None:
    for path in (
        "/portal/",
        world.page_of(world.summer),
        world.page_of(world.mei.kol),
        "/portal/campaigns/x/",
    ):
        _examine(visit, path, axe_core)
    with visiting(browser, server) as nobody:
        _examine(nobody, "/portal/sign-in/", axe_core)


def _examine(visit: Visit, path: str, axe_core: str) -> None:
    page = visit.open(path)
    if (button := page.get_by_role("button", name=WORDS["show_table"])).count():
        button.click()
    for scheme, size in (("light", WIDE), ("dark", WIDE), ("dark", PHONE), ("light", PHONE)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert (path, scheme, size["width"], visit.violations(axe_core)) == (path, scheme, size["width"], [])
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], (path, size)
        assert visit.outside() == [], (path, size)


def test_the_theme_follows_the_browser_until_somebody_chooses(visit: Visit) -> None:
    page = visit.page
    page.emulate_media(color_scheme="dark")
    visit.open("/portal/")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    button = page.get_by_role("button", name=WORDS["dark_or_light"])
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    light = page.evaluate(ground)
    assert (dark, light) == ("rgb(14, 21, 27)", "rgb(246, 247, 249)")
    page.reload()
    visit.settle()
    assert page.evaluate(ground) == light
    expect(button).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_spoken_everywhere(
    browser: Browser, server: Server, world: World, language: str
) -> None:
    words = catalogue(language)
    english = {WORDS[key] for key in WORDS if WORDS[key] not in words.values()}
    with visiting(browser, server, world.person(world.north)) as visit:
        page = visit.open("/portal/")
        page.select_option("#language", language)
        page.wait_for_function("(tag) => document.documentElement.lang === tag", arg=language)
        told = set()
        for path in ("/portal/", world.page_of(world.summer), world.page_of(world.mei.kol)):
            visit.open(path)
            told |= visit.said()
        assert page.evaluate("document.documentElement.lang") == language
    with visiting(browser, server, locale=language) as visit:
        visit.open("/portal/sign-in/")
        told |= visit.said()
    assert told & english == set()
    assert ("SGD\N{NO-BREAK SPACE}58,00" if language == "id" else "SGD\N{NO-BREAK SPACE}58.00") in told
    assert [one for one in told if "$" in one] == []
    expected = (
        "campaigns",
        "ranking",
        "model_FIRST",
        "status_ESTIMATED",
        "show_table",
        "flags",
        "links",
        "sign_in",
    )
    assert {words[key] for key in expected} <= told


# -- waiting, nothing, and what goes wrong -------------------------------------------------------


def test_a_page_waits_fails_and_is_tried_again(browser: Browser, server: Server, world: World) -> None:
    with visiting(browser, server, world.person(world.north), expected=(FAILED,)) as visit:
        page, held = visit.page, list[Route]()
        page.route("**/graphql/", lambda route: held.append(route))
        page.goto(f"{visit.address}/portal/")
        expect(page.locator("main .loading")).to_have_text(WORDS["loading"])
        expect(page.locator("main [aria-busy=true]")).to_have_count(1)
        held[0].abort()
        expect(page.get_by_role("alert")).to_contain_text(WORDS["broken_title"])
        page.unroute("**/graphql/")
        page.get_by_role("button", name=WORDS["try_again"]).click()
        expect(page.locator("tbody th a")).to_have_count(LISTED)
        page.route("**/graphql/", lambda route: route.fulfill(status=429, headers={"Retry-After": "7"}))
        page.fill("#search", "Summ")
        expect(page.get_by_role("alert")).to_contain_text("Wait 7 seconds, then try again.")
        page.unroute("**/graphql/")
        page.get_by_role("button", name=WORDS["try_again"]).click()
        expect(page.locator("tbody th a")).to_have_text("Summer")


def test_a_part_of_a_page_fails_alone(browser: Browser, server: Server, world: World) -> None:
    for name, place in (
        ("ranking", "ranking"),
        ("trend", "trend"),
        ("models", "models"),
        ("overlap", "overlap"),
    ):
        with visiting(browser, server, world.person(world.north), expected=(FAILED,)) as visit:
            page, wanted = visit.page, documents.ids()[name]
            page.route("**/graphql/", partial(_break, wanted))
            visit.open(world.page_of(world.summer))
            assert page.get_by_role("alert").count() == 1
            page.unroute("**/graphql/")
            page.locator(f"#part-{place}").get_by_role("button", name=WORDS["try_again"]).click()
            expect(page.locator(f"#part-{place} .state")).to_have_count(0)
            expect(page.locator(f"#part-{place} :is(table, canvas)").first).to_be_visible()


def _break(wanted: str, route: Route) -> None:
    if wanted in (route.request.post_data or ""):
        route.fulfill(status=500, body="<h1>oops</h1>")
    else:
        route.continue_()


def test_who_is_signed_out_meanwhile_is_asked_to_sign_in_again(
    browser: Browser, server: Server, world: World
) -> None:
    with visiting(browser, server, world.person(world.north), expected=(FAILED,)) as visit:
        page = visit.open("/portal/")
        session = next(one for one in visit.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME)
        Session.objects.filter(session_key=session["value"]).delete()
        page.fill("#search", "Summ")
        expect(page.get_by_role("alert")).to_contain_text(WORDS["signed_out_title"])
        page.get_by_role("link", name=WORDS["sign_in"]).click()
        assert visit.path() == "/portal/sign-in/?next=%2Fportal%2F%3Fsearch%3DSumm"


def test_what_is_not_there_and_what_is_empty_is_said(browser: Browser, server: Server, world: World) -> None:
    with visiting(browser, server, world.person(world.north)) as visit:
        for path in ("/portal/campaigns/x/", "/portal/kols/x/", world.page_of(world.theirs)):
            visit.open(path)
            assert visit.texts("h1") == [WORDS["absent_title"]]
        visit.open(world.page_of(world.small.kol))
        assert visit.texts("main .quiet-text") == [
            WORDS["no_flags"],
            WORDS["no_links"],
            WORDS["no_statements"],
        ]
        assert visit.table("[aria-labelledby=h-collaborations]")[1][1:3] == [HIDDEN, HIDDEN]
    with visiting(browser, server, world.person(agency("New"))) as visit:
        visit.open("/portal/")
        assert visit.texts("main h2") == [WORDS["no_campaigns_title"]]


def test_a_page_is_used_with_the_keyboard_alone(visit: Visit, world: World) -> None:
    page = visit.open(world.page_of(world.summer))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=WORDS["skip"])).to_be_focused()
    expect(page.get_by_role("link", name=WORDS["skip"])).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".crumb a")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#model")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#model")).to_have_value("FIRST")
    expect(page.locator("#model")).to_be_focused()
    visit.settle()
    assert visit.texts("#part-ranking tbody th a")[0] == "Mei"
    for _ in range(40):
        if page.evaluate("document.activeElement.closest('.scroll, td, tbody th') !== null"):
            break
        page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
