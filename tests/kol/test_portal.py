"""The portal's frames: who gets them, with which headers, and that what they ask and say exists."""

import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from graphql import parse, validate

from commerce.models import Membership, Partner, new_id
from config.api.guard import Guard, Limits
from config.graphql import schema
from kol.models import AgencyMembership
from kol.portal import attempts, documents
from kol.portal.views import POLICY
from kol.portal.words import LANGUAGES, catalogue
from tests.config.up_run import PROJECT
from tests.kol.agencies import world

PASSWORD: Final = "a long password of nobody"
SIGN_IN: Final = "/portal/sign-in/"
MODULES: Final = sorted((PROJECT / "kol/static/portal").glob("*.js"))
TEMPLATES: Final = sorted((PROJECT / "kol/templates/portal").glob("*.html"))


def browser(**headers: str) -> Client:
    return Client(SERVER_NAME="localhost", headers=headers)


def person(partner: Partner) -> str:
    """A login of an agency."""
    user = User.objects.create_user(f"person-{new_id().hex[-12:]}", password=PASSWORD)
    AgencyMembership.objects.using("worker").create(agency=world(partner).agency, username=user.username)
    return user.username


@pytest.fixture
def username(partner: Partner) -> str:
    return person(partner)


def sign_in(username: str, password: str = PASSWORD, *, of: Client | None = None, **given: str) -> Any:
    told = {"username": username, "password": password, **given}
    return (of or browser()).post(SIGN_IN, told)


# -- signing in ----------------------------------------------------------------------------------


def test_who_has_not_signed_in_is_asked_to_and_comes_back() -> None:
    asked = "/portal/campaigns/abc/?model=FIRST&search=a%20b"
    answer = browser().get(asked)
    assert answer.status_code == 302
    path, _, query = answer.headers["Location"].partition("?")
    assert (path, parse_qs(query)) == (SIGN_IN, {"next": [asked]})
    form = browser().get(answer.headers["Location"]).content.decode()
    assert f'name="next" value="{escape(asked)}"' in form


def test_the_right_password_leads_where_somebody_wanted_to_go(username: str) -> None:
    answer = sign_in(username, next="/portal/kols/abc/?model=FIRST")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/portal/kols/abc/?model=FIRST")
    assert sign_in(username).headers["Location"] == "/portal/"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)",
     "http:///elsewhere.example", " //elsewhere.example", "\t//elsewhere.example"],
)  # fmt: skip
def test_nobody_is_led_to_another_site(username: str, elsewhere: str) -> None:
    assert sign_in(username, next=elsewhere).headers["Location"] == "/portal/"
    form = browser().get(SIGN_IN, {"next": elsewhere}).content.decode()
    assert 'name="next" value="/portal/"' in form
    chosen = browser().post(reverse("portal:language"), {"language": "th", "next": elsewhere})
    assert chosen.headers["Location"] == "/portal/"


def test_a_wrong_password_is_refused_and_the_name_kept(username: str) -> None:
    answer = sign_in(username, "wrong")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert catalogue("en")["wrong_password"] in page
    assert f'value="{username}"' in page


def test_after_ten_attempts_even_the_right_password_has_to_wait(username: str) -> None:
    for _ in range(attempts.MOST):
        assert not attempts.is_one_too_many(username=username, address="192.0.2.7")
    answer = sign_in(username.upper())
    assert answer.status_code == 429
    assert catalogue("en")["too_many_attempts"] in answer.content.decode()


def test_attempts_are_counted_by_address_too_and_forgotten_once_somebody_knew_the_password() -> None:
    address, most = new_id().hex, 5 * attempts.MOST
    counted = [attempts.is_one_too_many(username=new_id().hex, address=address) for _ in range(most + 1)]
    assert counted == [False] * most + [True]
    known, place = new_id().hex, new_id().hex
    for _ in range(3):
        for _ in range(attempts.MOST):
            assert not attempts.is_one_too_many(username=known, address=place)
        attempts.forget(username=known, address=place)


def test_an_absent_counter_stops_nobody(username: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    assert sign_in(username).status_code == 302


def test_a_login_with_nothing_to_see_is_told_so_and_not_signed_in() -> None:
    user = User.objects.create_user(f"person-{new_id().hex[-12:]}", password=PASSWORD)
    client = browser()
    answer = sign_in(user.username, of=client)
    assert (answer.status_code, catalogue("en")["no_access"] in answer.content.decode()) == (403, True)
    assert client.get("/portal/").status_code == 302


def test_a_partners_person_may_use_the_portal_as_well(partner: Partner) -> None:
    user = User.objects.create_user(f"person-{new_id().hex[-12:]}", password=PASSWORD)
    Membership.objects.using("worker").create(partner=partner, username=user.username)
    client = browser()
    assert sign_in(user.username, of=client).status_code == 302
    assert client.get("/portal/").status_code == 200


def test_signing_out_ends_the_session_and_needs_the_pages_token(username: str) -> None:
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    client.force_login(User.objects.get(username=username))
    assert client.post(reverse("portal:sign-out")).status_code == 403
    assert client.get("/portal/").status_code == 200
    assert client.get(reverse("portal:sign-out")).status_code == 405
    token = client.cookies["csrftoken"].value
    answer = client.post(reverse("portal:sign-out"), headers={"x-csrftoken": token})
    assert (answer.status_code, answer.headers["Location"]) == (302, SIGN_IN)
    assert client.get("/portal/").status_code == 302


# -- headers -------------------------------------------------------------------------------------


def answers(username: str) -> dict[str, HttpResponse]:
    """An answer of every sort."""
    known = browser()
    known.force_login(User.objects.get(username=username))
    found: dict[str, Any] = {
        path: known.get(path) for path in ("/portal/", "/portal/campaigns/abc/", "/portal/kols/abc/")
    }
    found |= {"form": browser().get(SIGN_IN), "away": browser().get("/portal/"), "wrong": sign_in("x", "y")}
    found["language"] = browser().post(reverse("portal:language"), {"language": "th"})
    return found


def test_every_answer_has_the_policy_and_is_kept_by_nobody(username: str) -> None:
    for name, answer in answers(username).items():
        told = {key: answer.headers.get(key) for key in ("Content-Security-Policy", "Cache-Control", "Vary")}
        assert told == {
            "Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Vary": "Cookie, Accept-Language",
        }, name  # fmt: skip
        assert answer.headers["X-Frame-Options"] == "DENY", name
        assert answer.headers["Referrer-Policy"] == "same-origin", name
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name


def test_the_policy_lets_nothing_in_from_elsewhere_and_nothing_inline() -> None:
    rules = dict(rule.strip().partition(" ")[::2] for rule in POLICY.split(";"))
    assert (rules["default-src"], rules["base-uri"], rules["frame-ancestors"]) == ("'none'",) * 3
    assert {name: value for name, value in rules.items() if value not in ("'none'", "'self'")} == {
        "img-src": "'self' data:"
    }


def test_pages_hold_no_code_and_no_style_of_their_own(username: str) -> None:
    for name, answer in answers(username).items():
        page = answer.content.decode()
        scripts = re.findall(r"<script([^>]*)>([^<]*)", page)
        own = [text for told, text in scripts if "src=" not in told and "application/json" not in told]
        assert own == [], name
        assert re.findall(r"<style|\sstyle=|\son\w+=|<!--|\{#", page) == [], name
        assert re.findall(r"""(?:src|href|action)=["'](?:https?:)?//""", page) == [], name


def test_head_is_answered_as_get_without_a_body(username: str) -> None:
    known = browser()
    known.force_login(User.objects.get(username=username))
    for path in ("/portal/", SIGN_IN):
        answer = known.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert known.post("/portal/").status_code == 405


# -- languages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"), ("ko", "ko"), ("fr, ms;q=0.5, th;q=0.7", "th"), ("TH-th, en", "th"), ("xx", "en"),
        ("id-ID;q=0.9, en;q=0.8", "id"), ("ko;q=x, ms", "ms"), ("," * 5000, "en"),
    ],
)  # fmt: skip
def test_a_page_speaks_as_the_browser_asks(header: str, language: str) -> None:
    page = browser(**{"accept-language": header}).get(SIGN_IN).content.decode()
    assert f'<html lang="{language}">' in page
    assert f"<h1>{catalogue(language)['sign_in']}</h1>" in page


def test_the_language_somebody_chose_is_kept() -> None:
    client = browser(**{"accept-language": "ko"})
    answer = client.post(reverse("portal:language"), {"language": "th", "next": "/portal/?search=a"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/portal/?search=a")
    cookie = answer.cookies["portal_language"]
    assert (cookie["samesite"], cookie["httponly"], cookie["max-age"]) == ("Lax", True, 365 * 86400)
    assert '<html lang="th">' in client.get(SIGN_IN).content.decode()
    assert "portal_language" not in client.post(reverse("portal:language"), {"language": "xx"}).cookies
    client.cookies["portal_language"] = "../en"
    assert '<html lang="ko">' in client.get(SIGN_IN).content.decode()


# -- documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", documents.texts())
def test_what_a_page_asks_is_answered_and_costs_little(name: str) -> None:
    document = parse(documents.texts()[name])
    assert validate(schema._schema, document) == []
    guard = Guard(schema=schema._schema, limits=Limits())
    cost = guard.measure(document).cost(operation_name=None, variables={})
    assert cost <= 1_000 / 2
    assert re.search(rf'\b(ask|read)\("{name}"', _text(MODULES)), "nobody asks it"


def test_pages_ask_nothing_else() -> None:
    asked = set(re.findall(r'\b(?:ask|read)\("(\w+)"', _text(MODULES)))
    assert asked == set(documents.texts())


# -- words ---------------------------------------------------------------------------------------


def _text(paths: list[Path]) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


PLACES: Final = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    english, words = catalogue("en"), catalogue(language)
    assert list(words) == sorted(english)
    assert [key for key, text in words.items() if not text.strip() or text != text.strip()] == []
    places = {key: set(PLACES.findall(text)) for key, text in words.items()}
    assert places == {key: set(PLACES.findall(text)) for key, text in english.items()}


def _named() -> tuple[set[str], list[re.Pattern[str]]]:
    """(keys that are written out, patterns of those that are put together)."""
    modules, pages = _text(MODULES), _text(TEMPLATES)
    views = (PROJECT / "kol/portal/views.py").read_text(encoding="utf-8")
    literal = set(re.findall(r'\bt\("(\w+)"', modules)) | set(re.findall(r"\bwords\.(\w+)", pages))
    literal |= set(re.findall(r'\bwords: "(\w+)"', modules)) | set(re.findall(r'problem="(\w+)"', views))
    composed = [
        re.compile(re.sub(r"\$\{[^}]+\}", r"\\w+", told) + "$")
        for told in re.findall(r"\bt\(`([^`]+)`", modules)
    ]
    return literal, composed


def test_every_word_that_is_used_is_there_and_none_is_left_over() -> None:
    literal, composed = _named()
    keys = set(catalogue("en"))
    assert literal - keys == set()
    quoted = set(re.findall(r'"(\w+)"', _text(MODULES)))
    used = {key for key in keys if key in literal | quoted or any(one.match(key) for one in composed)}
    assert keys - used == set()
    assert [one.pattern for one in composed if not any(one.match(key) for key in keys)] == []


def test_no_module_is_long_and_no_page_tells_of_how_it_was_made() -> None:
    lengths = {path.name: path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > 400} == {}
    assert re.findall(r"<!--|\{% comment|\{#", _text(TEMPLATES)) == []
