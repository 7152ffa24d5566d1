"""What a person may change in the admin: partners, memberships, keys; refused events driven again."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from analytics.models import ShopPeriod
from commerce.access import find_actor
from commerce.admin.rejections import SHOWN_CHARACTERS, pretty
from commerce.ingest import accept
from commerce.models import ApiKey, Event, Membership, Partner, Rejection, Stale, Weekday, new_id
from commerce.partitions import list_partitions
from tests.commerce.admin_pages import WORKER, address, signed_in, staff, superuser
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, event, fill, minute

SETTINGS = {
    "name": "A brand",
    "currency": "SGD",
    "timezone": "Asia/Singapore",
    "tail_seconds": "7200",
    "silence_seconds": "90",
    "grace_seconds": "30",
    "week_starts_on": "0",
    "inactivity_days": "90",
}


def act(client: Client, model: type[ApiKey | Rejection], action: str, *rows: UUID) -> str:
    """Choose an action for rows of a list; the page that follows."""
    chosen = {"action": action, "_selected_action": [str(row) for row in rows]}
    return client.post(address(model, "changelist"), chosen, follow=True).content.decode()


def told_of(row: Partner | ApiKey | Membership) -> list[tuple[str, str]]:
    """Who did what to a row, in order."""
    entries = LogEntry.objects.filter(object_id=str(row.pk)).order_by("pk")
    return [(entry.user.get_username(), entry.get_change_message()) for entry in entries]


# -- partners ------------------------------------------------------------------------------------


def test_a_superuser_makes_a_partner() -> None:
    person, slug = superuser(), f"new-{new_id().hex[-8:]}"
    answer = signed_in(person).post(address(Partner, "add"), {"slug": slug, **SETTINGS})
    assert answer.status_code == 302
    made = Partner.objects.using(WORKER).get(slug=slug)
    assert (made.name, made.currency, made.timezone, made.tail_seconds) == (
        "A brand",
        "SGD",
        "Asia/Singapore",
        7200,
    )
    assert told_of(made) == [(person.username, "Added.")]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("currency", "SGP", "&#x27;SGP&#x27; is not an ISO 4217 currency."),
        ("currency", "sgd", "&#x27;sgd&#x27; is not an ISO 4217 currency."),
        ("timezone", "Asia/Atlantis", "Asia/Atlantis"),
        ("timezone", "../etc/passwd", "../etc/passwd"),
        ("slug", "two words", "Enter a valid"),
        ("week_starts_on", "7", "Select a valid choice"),
    ],
)
def test_a_partner_needs_a_currency_and_a_zone_there_are(field: str, value: str, message: str) -> None:
    slug = f"new-{new_id().hex[-8:]}"
    answer = signed_in(superuser()).post(address(Partner, "add"), {"slug": slug, **SETTINGS, field: value})
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not Partner.objects.using(WORKER).filter(slug=slug).exists()


def test_another_name_computes_nothing_again(partner: Partner) -> None:
    deliver(partner, [event("purchase", minute(0), transaction_id="t1", subject=None, items=[])])
    fill(partner)
    signed_in(superuser()).post(address(Partner, "change", partner.pk), {**SETTINGS, "name": "Renamed"})
    assert Partner.objects.using(WORKER).get(pk=partner.pk).name == "Renamed"
    assert Stale.objects.using(WORKER).filter(partner_id=partner.pk).count() == 0


def test_another_calendar_moves_the_orders_to_their_new_days(partner: Partner) -> None:
    # 20:00 UTC is the next day in Singapore, the same day in London.
    at = datetime(2026, 3, 9, 20, tzinfo=UTC)
    line = {"item_id": "sku", "price": "10.00", "quantity": 1}
    deliver(partner, [event("purchase", at, transaction_id="t1", subject=None, items=[line])])
    fill(partner)
    days = ShopPeriod.objects.using(WORKER).filter(partner=partner, grain="DAY")
    assert [str(row.date) for row in days] == ["2026-03-10"]
    person = staff(partner)
    signed_in(person).post(address(Partner, "change", partner.pk), {**SETTINGS, "timezone": "Europe/London"})
    fill(partner)
    assert [(str(row.date), row.started_at) for row in days.all()] == [
        ("2026-03-09", datetime(2026, 3, 9, tzinfo=UTC))
    ]
    assert told_of(partner) == [(person.username, "Changed Timezone.")]


def test_weeks_begin_on_the_day_that_is_chosen(partner: Partner) -> None:
    person = staff(partner)
    chosen = {**SETTINGS, "week_starts_on": "6", "inactivity_days": "60"}
    signed_in(person).post(address(Partner, "change", partner.pk), chosen)
    row = Partner.objects.using(WORKER).get(pk=partner.pk)
    assert (row.week_starts_on, row.inactivity_days) == (Weekday.SUNDAY, 60)
    assert told_of(partner) == [(person.username, "Changed Week starts on and Inactivity days.")]


def test_a_membership_shows_the_partner_and_taking_it_back_hides_it(partner: Partner) -> None:
    person, giver = staff(), superuser()
    client = signed_in(person)
    assert client.get(address(Partner, "change", partner.pk)).status_code == 302
    given = {"partner": str(partner.pk), "username": person.username}
    assert signed_in(giver).post(address(Membership, "add"), given).status_code == 302
    assert client.get(address(Partner, "change", partner.pk)).status_code == 200
    membership = Membership.objects.using(WORKER).get(partner=partner)
    signed_in(giver).post(address(Membership, "delete", membership.pk), {"post": "yes"})
    assert client.get(address(Partner, "change", partner.pk)).status_code == 302
    assert [who for who, _ in told_of(membership)] == [giver.username, giver.username]


def test_a_membership_is_for_somebody_of_staff(partner: Partner) -> None:
    given = {"partner": str(partner.pk), "username": "nobody-of-that-name"}
    answer = signed_in(superuser()).post(address(Membership, "add"), given)
    assert "There is no member of staff &#x27;nobody-of-that-name&#x27;." in answer.content.decode()


# -- keys ----------------------------------------------------------------------------------------


def issue(client: Client, partner: Partner, **given: object) -> str:
    """Make a key through the page and read it from the answer."""
    form = {"partner": str(partner.pk), "name": "till", "scopes": ["read", "ingest"], **given}
    content = client.post(address(ApiKey, "add"), form).content.decode()
    (key,) = re.findall(r'<pre id="issued-key"[^>]*>(\S+)</pre>', content)
    return str(key)


def test_a_new_key_opens_what_was_chosen_for_it(partner: Partner) -> None:
    actor = find_actor(issue(signed_in(staff(partner)), partner))
    assert actor is not None
    assert (actor.partner_ids, actor.scopes) == ((partner.pk,), frozenset({"read", "ingest"}))


def test_a_new_key_is_shown_exactly_once(partner: Partner) -> None:
    person = superuser()
    client = signed_in(person)
    key = issue(client, partner)
    row = ApiKey.objects.using(WORKER).get(partner=partner)
    assert key[: len("ll_live_") + 8] == f"ll_live_{row.public}"
    secret = key.removeprefix(f"ll_live_{row.public}")
    for page in (
        address(ApiKey, "changelist"),
        address(ApiKey, "change", row.pk),
        address(ApiKey, "history", row.pk),
        address(ApiKey, "add"),
        address(LogEntry, "changelist"),
        "/admin/",
    ):
        content = client.get(page).content.decode()
        assert (secret in content, bytes(row.digest).hex() in content) == (False, False), page
    assert secret not in str(dict(client.session.items()))
    assert all(secret not in cookie.value for cookie in client.cookies.values())
    assert told_of(row) == [(person.username, "Added.")]


def test_the_page_of_a_new_key_is_kept_by_no_cache(partner: Partner) -> None:
    form = {"partner": str(partner.pk), "name": "", "scopes": ["read"]}
    answer = signed_in(superuser()).post(address(ApiKey, "add"), form)
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_page_of_a_new_key_says_whose_it_is_and_for_what_until_when(partner: Partner) -> None:
    form = {
        "partner": str(partner.pk), "name": "", "scopes": ["read", "ingest"],
        "expires_at_0": "2999-01-31", "expires_at_1": "00:00:00",
    }  # fmt: skip
    content = signed_in(superuser()).post(address(ApiKey, "add"), form).content.decode()
    (told,) = re.findall(r"A key of <strong>(.*)</strong> for (.*), until (.*)\.", content)
    assert told == (partner.name, "ingest, read", "Jan. 31, 2999, midnight")
    assert f'href="{address(ApiKey, "changelist")}">All keys</a>' in content


def test_a_key_needs_a_scope_and_an_end_to_come(partner: Partner) -> None:
    client = signed_in(superuser())
    answer = client.post(address(ApiKey, "add"), {"partner": str(partner.pk), "name": ""})
    assert "This field is required." in answer.content.decode()
    form = {
        "partner": str(partner.pk),
        "scopes": ["read"],
        "expires_at_0": "2020-01-01",
        "expires_at_1": "00:00",
    }
    assert "This time has passed." in client.post(address(ApiKey, "add"), form).content.decode()
    assert ApiKey.objects.using(WORKER).filter(partner=partner).count() == 0


def test_a_revoked_key_stops_working_within_five_seconds(partner: Partner) -> None:
    person = staff(partner)
    client = signed_in(person)
    key = issue(client, partner)
    assert find_actor(key) is not None
    row = ApiKey.objects.using(WORKER).get(partner=partner)
    page = act(client, ApiKey, "revoke", row.pk)
    assert "Revoked 1; within five seconds no process accepts them." in page
    assert find_actor(key, now=timezone.now() + timedelta(seconds=5)) is None
    assert told_of(row) == [(person.username, "Added."), (person.username, "Revoked.")]


def test_a_key_revoked_again_keeps_its_moment(partner: Partner) -> None:
    client = signed_in(superuser())
    issue(client, partner)
    keys = ApiKey.objects.using(WORKER).filter(partner=partner)
    act(client, ApiKey, "revoke", keys.get().pk)
    revoked_at = keys.get().revoked_at
    assert "Revoked 0" in act(client, ApiKey, "revoke", keys.get().pk)
    assert keys.get().revoked_at == revoked_at


def test_nothing_of_a_key_can_be_edited(partner: Partner) -> None:
    client = signed_in(superuser())
    issue(client, partner)
    row = ApiKey.objects.using(WORKER).get(partner=partner)
    form = {"name": "other", "scopes": ["manage"], "digest": "00"}
    assert client.post(address(ApiKey, "change", row.pk), form).status_code == 403
    after = ApiKey.objects.using(WORKER).get(partner=partner)
    assert (after.name, after.scopes, bytes(after.digest)) == (row.name, row.scopes, bytes(row.digest))


# -- rejections ----------------------------------------------------------------------------------

EARLY = datetime(2023, 1, 1, tzinfo=UTC)


def refuse(partner: Partner, *, rows: int) -> list[UUID]:
    """Events from a year ahead of the clock that took them in: today's clock accepts them."""
    ahead = datetime(2024, 1, 1, tzinfo=UTC)
    outcome = deliver(
        partner, [event("live_view_started", ahead, viewer_id="v") for _ in range(rows)], now=EARLY
    )
    assert outcome.rejected == rows
    rejections = Rejection.objects.using(WORKER).filter(partner=partner).order_by("pk")
    return list(rejections.values_list("pk", flat=True))


def test_refused_events_are_driven_again_and_twice_has_the_effect_of_once(partner: Partner) -> None:
    person = staff(partner)
    client = signed_in(person)
    first, second = refuse(partner, rows=2)
    page = act(client, Rejection, "redrive_selected", first)
    assert "received 1, accepted 1, duplicate 0, rejected 0" in page
    opened = Rejection.objects.using(WORKER).filter(partner=partner, redriven_at=None)
    assert [row.pk for row in opened] == [second]
    assert "None of these events is open." in act(client, Rejection, "redrive_selected", first)
    assert [row.pk for row in opened.all()] == [second]
    assert told_of(partner) == [
        (
            person.username,
            "Re-drove selected rejections: received 1, accepted 1, duplicate 0, rejected 0.",
        )
    ]


def test_everything_open_of_a_partner_is_driven_again_and_nothing_of_another(
    make_partner: PartnerFactory,
) -> None:
    partner, other = make_partner(), make_partner()
    refuse(other, rows=1)
    first, *_ = refuse(partner, rows=3)
    client = signed_in(superuser())
    page = act(client, Rejection, "redrive_all_open", first)
    assert "received 3, accepted 3, duplicate 0, rejected 0" in page
    opened = Rejection.objects.using(WORKER).filter(redriven_at=None)
    assert (opened.filter(partner=partner).count(), opened.filter(partner=other).count()) == (0, 1)
    assert "received 0, accepted 0, duplicate 0, rejected 0" in act(
        client, Rejection, "redrive_all_open", first
    )


def test_an_event_that_is_still_wrong_stays_open(partner: Partner) -> None:
    deliver(partner, [event("unheard_of", minute(0))])
    row = Rejection.objects.using(WORKER).get(partner=partner)
    page = act(signed_in(superuser()), Rejection, "redrive_selected", row.pk)
    assert "received 1, accepted 0, duplicate 0, rejected 1" in page
    after = Rejection.objects.using(WORKER).get(partner=partner)
    assert (after.redriven_at, after.times) == (None, 2)


def test_rejections_are_found_by_code_source_state_and_event_id(partner: Partner) -> None:
    told = [
        event("unheard_of", minute(0), id="a1"),
        event("unheard_of", minute(0), id="a2", source="/other"),
        event("purchase", minute(0), id="a3"),
    ]
    deliver(partner, told)
    client = signed_in(staff(partner))
    found = {}
    for question in ("code=unknown_type", "source=/other", "q=a3", "state=open", "state=accepted"):
        content = client.get(f"{address(Rejection, 'changelist')}?{question}").content.decode()
        found[question] = sorted(set(re.findall(r">(a[123])<", content)))
    assert found == {
        "code=unknown_type": ["a1", "a2"],
        "source=/other": ["a2"],
        "q=a3": ["a3"],
        "state=open": ["a1", "a2", "a3"],
        "state=accepted": [],
    }


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"a":{"b":"\xe0\xb8\x81"}}', '{\n  "a": {\n    "b": "\u0e01"\n  }\n}'),
        (b"not json", "not json"),
        (b"\xff\x00", "\\xff\x00"),
        (b"[" * 100_000, "[" * SHOWN_CHARACTERS),
        (b"x" * (SHOWN_CHARACTERS + 1), "x" * SHOWN_CHARACTERS + "\n\u2026 1 characters more"),
    ],
)
def test_a_refused_body_is_shown_readable(body: bytes, shown: str) -> None:
    assert pretty(body) == shown


def test_a_refused_body_is_shown_and_never_run(partner: Partner) -> None:
    accept([b'{"id": "<script>alert(1)</script>"}', b"\xff<img src=x>"], partner_id=partner.pk, now=NOW)
    client = signed_in(superuser())
    for row in Rejection.objects.using(WORKER).filter(partner=partner):
        content = client.get(address(Rejection, "change", row.pk)).content.decode()
        assert ("<script>alert(1)" in content, "<img src=x>" in content) == (False, False)
        assert ("&lt;script&gt;alert(1)" in content) != ("\\xff&lt;img src=x&gt;" in content)
    listed = client.get(address(Rejection, "changelist")).content.decode()
    assert "<script>alert(1)" not in listed


# -- the event log -------------------------------------------------------------------------------


def test_partitions_are_listed_and_made_for_what_lies_in_the_default_one(partner: Partner) -> None:
    deliver(partner, [event("live_view_started", datetime(1999, 7, 3, tzinfo=UTC), viewer_id="v")])
    person = superuser()
    client = signed_in(person)
    page = address(Event, "changelist")
    assert "commerce_event_default" in client.get(page).content.decode()
    answer = client.post(page, follow=True).content.decode()
    assert "1999-07 (1 rows moved)" in answer
    assert "<strong>0</strong>" in answer
    made = {partition.name: partition for partition in list_partitions()}["commerce_event_1999_07"]
    assert (str(made.starts_on), str(made.ends_on)) == ("1999-07-01", "1999-08-01")
    assert "Every partition was there already." in client.post(page, follow=True).content.decode()
    entry = LogEntry.objects.filter(user=person).order_by("pk")[0]
    assert "1999-07 (1 rows moved)" in entry.change_message
