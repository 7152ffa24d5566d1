"""The API asked with the cookie of who has signed in: only by pages of this site, and only while it lasts."""

import json
from typing import Any, Final

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from commerce.models import Membership, Partner, new_id
from kol.access import issue_agency_key
from kol.models import AgencyMembership, GuestAccess
from tests.config.test_schema import request
from tests.factories import NOW
from tests.kol.agencies import world

SECRET: Final = "a" * 32
ME: Final = {"query": "{ me { name agency worksFor scopes partners { name } } }"}
PAGE: Final = {"origin": "http://localhost", "x-csrftoken": SECRET}


def person(**given: Any) -> tuple[User, str]:
    """Somebody who has signed in, and the session's key."""
    user = User.objects.create_user(f"person-{new_id().hex[-12:]}", **given)
    return user, signed_in(user)


def signed_in(user: User) -> str:
    """The key of a new session."""
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(user)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def ask(
    session: str | None,
    body: object = ME,
    *,
    secret: str | None = SECRET,
    path: str = "/graphql/",
    **headers: str,
) -> tuple[int, str | None, Any]:
    """(status, code of the first error, data) of a request with these cookies."""
    cookies = {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: secret}
    told = "; ".join(f"{name}={value}" for name, value in cookies.items() if value is not None)
    status, _, answer = request(
        path,
        method="POST",
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers={"content-type": "application/json", "host": "localhost", "cookie": told, **headers},
    )
    parsed = json.loads(answer)
    errors = parsed.get("errors", [])
    return status, errors[0]["extensions"]["code"] if errors else None, parsed.get("data")


@pytest.fixture
def member(partner: Partner) -> tuple[User, str]:
    """Staff of a partner."""
    user, session = person(is_staff=True)
    Membership.objects.using("worker").create(partner=partner, username=user.username)
    return user, session


def test_a_partners_person_reads_and_decides_when_of_staff(
    partner: Partner, member: tuple[User, str]
) -> None:
    user, session = member
    status, code, data = ask(session, **PAGE)
    assert (status, code, data["me"]["scopes"]) == (200, None, ["READ", "MANAGE"])
    assert (data["me"]["name"], data["me"]["partners"]) == (user.username, [{"name": partner.name}])
    User.objects.filter(pk=user.pk).update(is_staff=False)
    assert ask(session, **PAGE)[2]["me"]["scopes"] == ["READ"]


def test_who_runs_the_house_reads_all_partners_and_decides_for_none(partner: Partner) -> None:
    _, session = person(is_staff=True, is_superuser=True)
    me = ask(session, **PAGE)[2]["me"]
    assert me["scopes"] == ["READ"]
    assert {"name": partner.name} in me["partners"]


def test_an_agencys_person_and_a_guest_read(partner: Partner) -> None:
    made = world(partner)
    user, session = person()
    AgencyMembership.objects.using("worker").create(agency=made.agency, username=user.username)
    expected: dict[str, Any] = {"name": user.username, "agency": made.agency.name, "worksFor": [partner.name],
        "scopes": ["READ"], "partners": []}  # fmt: skip
    assert ask(session, **PAGE) == (200, None, {"me": expected})
    guest, session = person()
    given = {"partner": partner, "campaign": made.campaign, "granted_at": NOW}
    GuestAccess.objects.using("worker").create(username=guest.username, **given)
    expected |= {"name": guest.username, "agency": None}
    assert ask(session, **PAGE) == (200, None, {"me": expected})


def test_a_login_without_anything_to_see_is_nobody() -> None:
    _, session = person(is_staff=True)
    assert ask(session, **PAGE) == (401, "UNAUTHENTICATED", None)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://localhost"},
        {"origin": "http://localhost", "x-csrftoken": "b" * 32},
        {"origin": "http://elsewhere.example", "x-csrftoken": SECRET},
        {"origin": "null", "x-csrftoken": SECRET},
        {},
    ],
)
def test_a_cookie_without_the_token_of_a_page_is_refused_before_anything_is_read(
    member: tuple[User, str], headers: dict[str, str]
) -> None:
    assert ask(member[1], b"{", **headers) == (403, "FORBIDDEN", None)


def test_a_token_needs_its_cookie(member: tuple[User, str]) -> None:
    assert ask(member[1], secret=None, **PAGE) == (403, "FORBIDDEN", None)


def test_by_get_the_token_is_needed_as_well(member: tuple[User, str]) -> None:
    told = f"{settings.SESSION_COOKIE_NAME}={member[1]}; {settings.CSRF_COOKIE_NAME}={SECRET}"
    # Who is let in has asked for no document, and is told so.
    for headers, status in (({}, 403), (PAGE, 400)):
        assert request("/graphql/", headers={"cookie": told, **headers})[0] == status


def test_a_session_is_dead_at_once(member: tuple[User, str]) -> None:
    user, session = member
    assert ask(session, **PAGE)[0] == 200
    Client(SERVER_NAME="localhost", headers={"cookie": f"sessionid={session}"}).post(
        reverse("portal:sign-out")
    )
    assert ask(session, **PAGE) == (401, "UNAUTHENTICATED", None)
    expired = signed_in(user)
    Session.objects.filter(session_key=expired).update(expire_date=NOW)
    assert ask(expired, **PAGE) == (401, "UNAUTHENTICATED", None)
    closed = signed_in(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert ask(closed, **PAGE) == (401, "UNAUTHENTICATED", None)


def test_a_session_ends_with_its_password(member: tuple[User, str]) -> None:
    user, session = member
    user.set_password("another")
    user.save()
    assert ask(session, **PAGE) == (401, "UNAUTHENTICATED", None)


def test_who_sends_a_key_is_not_who_has_signed_in(partner: Partner, member: tuple[User, str]) -> None:
    key = issue_agency_key(agency_id=world(partner).agency.id, name="robot", now=NOW)[0]
    told = {"authorization": f"Bearer {key}"}
    assert ask(member[1], **PAGE, **told)[2]["me"]["name"] == "robot"
    for wrong in ("Bearer ll_live_x", "Basic abc", ""):
        assert ask(member[1], **PAGE, authorization=wrong) == (401, "UNAUTHENTICATED", None)


def test_a_stream_needs_a_key(member: tuple[User, str]) -> None:
    assert ask(member[1], **PAGE, accept="text/event-stream")[:2] == (401, "UNAUTHENTICATED")


def test_no_other_door_takes_a_cookie(member: tuple[User, str]) -> None:
    status, code, _ = ask(member[1], path="/v1/events", **PAGE)
    assert (status, code) == (401, "UNAUTHENTICATED")


def test_an_agencys_person_and_a_guest_do_not_enter_the_admin(partner: Partner) -> None:
    made = world(partner)
    user, _ = person()
    AgencyMembership.objects.using("worker").create(agency=made.agency, username=user.username)
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(user)
    answer = browser.get("/admin/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/?next=/admin/")
