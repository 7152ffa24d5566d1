"""Who is erased is nowhere, every number stays, and nobody who is sent again comes back."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from analytics.graphql.pages import node_id
from analytics.recompute import check
from commerce import ingest, privacy
from commerce.access import SCOPES, Actor
from commerce.connection import worker_connection
from commerce.models import Customer, Partner, RecordEntry, Viewer, new_id
from commerce.privacy import places
from config.api.errors import classify
from kol.links.recording import Click, keep
from kol.links.redirects import Target
from kol.models import Collaboration, LinkClick
from tests.analytics.graphql_client import ask, execute, refusal
from tests.commerce.admin_pages import address, signed_in, staff
from tests.commerce.people import Raw, Somebody, crowd, dump, numbers, places_of
from tests.conftest import PartnerFactory
from tests.factories import NOW, SOURCE, deliver, event, fill, minute
from tests.kol.linked import collaboration as collaboration
from tests.kol.linked import made


def house(partner: Partner) -> Actor:
    return Actor(name="ann", partner_ids=(partner.id,), scopes=frozenset(SCOPES))


def ids_of(partner: Partner, one: Somebody) -> tuple[UUID, UUID]:
    row = (
        worker_connection()
        .execute(
            "SELECT c.id, v.id FROM commerce_customer c JOIN commerce_viewer v ON v.customer_id = c.id "
            "WHERE c.partner_id = %s AND c.external_id = %s AND v.external_id = %s",
            [partner.id, one.customer, one.viewer],
        )
        .fetchone()
    )
    assert row is not None
    return row[0], row[1]


def name_of(partner: Partner, one: Somebody, way: int) -> privacy.Name:
    """The person by one of the names there are."""
    customer, viewer = ids_of(partner, one)
    return [
        privacy.Name(external_customer=one.customer),
        privacy.Name(external_viewer=one.viewer, source=SOURCE),
        privacy.Name(email=one.email),
        privacy.Name(phone=one.phone),
        privacy.Name(customer=customer),
        privacy.Name(viewer=viewer),
    ][way % 6]


def erase(partner: Partner, name: privacy.Name, reason: str = "asked to") -> privacy.Erased:
    return privacy.erase_person(name, partner_id=partner.id, actor=house(partner), reason=reason, now=NOW)


def erasure(partner: Partner, *, size: int, erased: int, seed: int) -> float:
    """The promise, for a crowd that no other test has; answers the longest erasure in seconds."""
    people = crowd(partner, size=size, seed=seed)
    before = numbers(partner)
    chosen = people[5 :: size // erased][:erased]  # Some share a phone number with others.
    gone = [name for one in chosen for name in one.names]
    assert places_of(gone, dump(partner)) == gone
    seconds = [
        erase(partner, name_of(partner, one, way), f"wrote from {one.email}").seconds
        for way, one in enumerate(chosen)
    ]
    assert places_of(gone, dump(partner)) == []
    assert numbers(partner) == before
    assert check(partner_id=partner.id, now=NOW).differences == 0
    _send_again(partner, chosen)
    assert places_of(gone, dump(partner)) == []
    assert numbers(partner) == before
    return max(seconds)


def _send_again(partner: Partner, people: list[Somebody]) -> None:
    told = [json.dumps(one_event).encode() for one in people for one_event in one.events]
    outcome = ingest.accept(told, partner_id=partner.id, now=NOW)
    assert (outcome.accepted, outcome.duplicate) == (0, len(told))
    refused = [body for one in people for body in one.refused]
    assert ingest.accept(refused, partner_id=partner.id, now=NOW).rejected == len(refused)
    fill(partner)


def test_erased_people_are_nowhere_and_numbers_stay(
    partner: Partner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    assert erasure(partner, size=60, erased=6, seed=14) < 60
    assert "mail.example" not in caplog.text


@pytest.mark.proof
def test_a_hundred_of_a_thousand_people_are_erased(
    partner: Partner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    longest = erasure(partner, size=1000, erased=100, seed=15)
    print(f"1,000 people of seed 15, 100 erased, the longest in {longest:.1f} s")
    assert longest < 60
    assert "mail.example" not in caplog.text


# -- what comes later ------------------------------------------------------------------------------------


def rows(statement: str, *values: object) -> list[tuple[Any, ...]]:
    return worker_connection().execute(statement, values).fetchall()


def test_a_new_act_of_an_erased_viewer_counts_and_leads_to_nobody(partner: Partner) -> None:
    people = crowd(partner, size=3, seed=1)
    one = people[0]
    erase(partner, privacy.Name(external_viewer=one.viewer))
    told: Raw = {
        "viewer_id": one.viewer,
        "customer_id": one.customer,
        "utm": {"gclid": one.email, "source": "x"},
    }
    deliver(
        partner,
        [
            event("live_view_started", minute(5), subject="live-9", gender="f", **told),
            event("live_comment", minute(6), subject="live-9", text=f"I am {one.email}", **told),
            event("live_view_ended", minute(9), subject="live-9", **told),
            event("identify", minute(5), subject=None, email=one.email, **told),
            event("generate_lead", minute(6), subject="live-9", phone=one.phone, viewer_id=one.viewer),
        ],
    )
    fill(partner)
    assert places_of(one.names, dump(partner)) == []
    ((name, customer, signs, comments),) = rows(
        "SELECT v.external_id LIKE 'unknown-%%', v.customer_id, w.views, w.comments FROM analytics_viewing w "
        "JOIN commerce_viewer v ON v.id = w.viewer_id JOIN commerce_livesession s ON s.id = w.session_id "
        "WHERE w.partner_id = %s AND s.external_id = 'live-9'",
        partner.id,
    )
    assert (name, customer, signs, comments) == (True, None, 1, 1)
    assert rows(
        "SELECT p.source, gender, country FROM analytics_viewerpath p JOIN commerce_livesession s "
        "ON s.id = p.session_id WHERE p.partner_id = %s AND s.external_id = 'live-9'",
        partner.id,
    ) == [("x", "", "")]
    assert rows(
        "SELECT count(*) FROM commerce_lead l JOIN commerce_livesession s ON s.id = l.session_id "
        "WHERE l.partner_id = %s AND s.external_id = 'live-9'",
        partner.id,
    ) == [(1,)]


def test_a_new_order_of_an_erased_customer_is_a_guests(partner: Partner) -> None:
    one = crowd(partner, size=1, seed=2)[0]
    erase(partner, privacy.Name(external_customer=one.customer))
    bought: Raw = {"transaction_id": "late", "items": [{"item_id": "lip", "price": "7.00"}]}
    deliver(partner, [event("purchase", minute(9), subject=None, customer_id=one.customer, **bought)])
    fill(partner)
    found = rows(
        "SELECT f.merchandise, f.customer_id FROM analytics_orderfact f "
        "JOIN commerce_order o ON o.id = f.order_id WHERE f.partner_id = %s AND o.external_id = 'late'",
        partner.id,
    )
    assert found == [(Decimal("7.0000"), None)]


def test_an_order_that_is_told_again_otherwise_keeps_its_buyer(partner: Partner) -> None:
    one = crowd(partner, size=1, seed=3)[0]
    erase(partner, privacy.Name(email=one.email))
    order = "SELECT customer_id, viewer_id FROM commerce_order WHERE partner_id = %s AND external_id = 'o0-0'"
    before = rows(order, partner.id)
    assert before[0][0] is not None
    bought: Raw = {"transaction_id": "o0-0", "items": [{"item_id": "lip", "price": "7.00"}]}
    who: Raw = {"customer_id": one.customer, "viewer_id": one.viewer}
    deliver(partner, [event("purchase", minute(9000), subject=None, **who, **bought)])
    assert rows(order, partner.id) == before


def test_links_followed_later_lead_to_nobody(collaboration: Collaboration) -> None:
    partner, link_ = collaboration.partner, made(collaboration)
    visitor = "ab" * 16
    deliver(partner, [event("page_view", minute(1), subject=None, viewer_id=visitor)])
    erase(partner, privacy.Name(external_viewer=visitor))
    target = Target(
        partner_id=partner.id, link_id=link_.id, campaign_id=collaboration.campaign_id, has_session=True,
        before=b"", carrying=b"", after=b"", visitor=None,
    )  # fmt: skip
    click = Click(target, NOW.timestamp(), LinkClick.By.PERSON, visitor, "192.0.2.1", b"x", new_id())
    keep(worker_connection(), [click], partner_id=partner.id, now=NOW)
    ((known,),) = rows("SELECT visitor FROM kol_linkclick WHERE partner_id = %s", partner.id)
    assert known.startswith("unknown-")


# -- who may, and what is told -----------------------------------------------------------------------------

ERASE = """mutation ($input: ErasePersonInput!) { erasePerson(input: $input) {
  erased { customers viewers events comments rejections } userErrors { field code } } }"""
EXPORT = """mutation ($input: ExportPersonInput!) { exportPerson(input: $input) {
  document userErrors { field code } } }"""
BOTH = ("manage", "read:pii")


@pytest.mark.parametrize("mutation", [ERASE, EXPORT])
@pytest.mark.parametrize("scopes", [("manage",), ("read:pii",), ("read", "read:audience", "ingest")])
def test_both_scopes_are_needed(partner: Partner, mutation: str, scopes: tuple[str, ...]) -> None:
    told = {"person": {"email": "x@mail.example"}, "reason": "asked to"}
    assert refusal(mutation, of=partner, scopes=scopes, input=told)[0] == "FORBIDDEN"


@pytest.mark.parametrize("mutation", [ERASE, EXPORT])
def test_agencies_and_guests_are_refused(mutation: str) -> None:
    for outsider in (
        Actor(name="a", partner_ids=(), scopes=frozenset({"read"}), agency_id=new_id()),
        Actor(name="g", partner_ids=(), scopes=frozenset({"read"}), is_guest=True),
    ):
        result = execute(
            mutation, actor=outsider, variables={"input": {"person": {"email": "x@y.example"}, "reason": "x"}}
        )
        assert [classify(error).value for error in result.errors] == ["FORBIDDEN"]


def test_another_partners_person_is_nobody(make_partner: PartnerFactory) -> None:
    own, other = make_partner(), make_partner()
    one = crowd(other, size=1, seed=4)[0]
    customer, _ = ids_of(other, one)
    before = dump_of(other)
    for told in (
        {"customer": str(node_id("U", customer))},
        {"externalCustomer": one.customer},
        {"externalViewer": one.viewer, "source": SOURCE},
        {"email": one.email},
        {"phone": one.phone},
    ):
        for mutation, name in ((ERASE, "erasePerson"), (EXPORT, "exportPerson")):
            answer = ask(mutation, of=own, scopes=BOTH, input={"person": told, "reason": "x"})[name]
            assert [error["code"] for error in answer["userErrors"]] == ["NOT_FOUND"]
    with pytest.raises(privacy.NoPerson):
        privacy.erase_person(
            privacy.Name(email=one.email), partner_id=other.id, actor=house(own), reason="x", now=NOW
        )
    assert dump_of(other) == before
    assert rows(
        "SELECT count(*) FROM commerce_suppression WHERE partner_id = ANY(%s)", [own.id, other.id]
    ) == [(0,)]


def dump_of(partner: Partner) -> list[tuple[Any, ...]]:
    return rows(
        "SELECT c::text FROM commerce_customer c WHERE partner_id = %s UNION ALL SELECT v::text FROM "
        "commerce_viewer v WHERE partner_id = %s UNION ALL SELECT r::text FROM commerce_recordentry r "
        "WHERE partner_id = %s ORDER BY 1",
        *[partner.id] * 3,
    )


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, ["input", "person"]),
        ({"email": "a@b.example", "phone": "+6512345678"}, ["input", "person"]),
        ({"email": "nobody"}, ["input", "person", "email"]),
        ({"externalCustomer": "nobody"}, ["input", "person", "externalCustomer"]),
        ({"customer": "x"}, ["input", "person", "customer"]),
    ],
)
def test_a_name_of_nobody_is_the_callers_mistake(
    partner: Partner, told: dict[str, str], field: list[str]
) -> None:
    answer = ask(ERASE, of=partner, scopes=BOTH, input={"person": told, "reason": "x"})["erasePerson"]
    assert answer == {"erased": None, "userErrors": [{"field": field, "code": "NOT_FOUND"}]}


def test_the_record_says_who_and_why_and_names_nobody(partner: Partner) -> None:
    one = crowd(partner, size=1, seed=5)[0]
    told = {"person": {"email": one.email}, "reason": f"{one.customer} wrote from {one.email}, {one.phone}"}
    document = json.loads(ask(EXPORT, of=partner, scopes=BOTH, input=told)["exportPerson"]["document"])
    answer = ask(ERASE, of=partner, scopes=BOTH, input=told)["erasePerson"]
    entries = RecordEntry.objects.using("worker").filter(partner_id=partner.id).order_by("at", "action")
    assert [(e.who, e.action, e.subject_kind, e.subject_id) for e in entries] == [
        ("test", "erase_person", "person", None),
        ("test", "export_person", "person", None),
    ]
    assert {entry.reason for entry in entries} == {"… wrote from …, …"}
    counts = entries[0].details
    assert {name: str(count) for name, count in counts.items()} == answer["erased"]
    assert (counts["customers"], counts["viewers"], counts["comments"], counts["rejections"]) == (1, 2, 2, 3)
    assert len(document["events"]) == counts["events"] == len(one.events)


# -- what is taken out -----------------------------------------------------------------------------------


def test_an_export_holds_everything_of_one_person(partner: Partner) -> None:
    people = crowd(partner, size=3, seed=6)
    one, others = people[1], [people[0], people[2]]
    document = privacy.export_person(
        privacy.Name(phone=one.phone), partner_id=partner.id, actor=house(partner), reason="asked", now=NOW
    )
    assert [row["external_id"] for row in document["customers"]] == [one.customer]
    assert {row["external_id"] for row in document["viewers"]} == {one.viewer, one.tablet}
    assert len(document["events"]) == len(one.events)
    assert {row["type"] for row in document["events"]} == {told["type"] for told in one.events}
    orders = {told["data"]["transaction_id"] for told in one.events if told["type"] == "purchase"}
    assert {row["external_id"] for row in document["orders"]} == orders
    assert len(document["refusedEvents"]) == 3
    assert {"analytics_viewing", "analytics_sessioncomment", "analytics_orderfact"} <= document[
        "derived"
    ].keys()
    text = json.dumps(document, default=str)
    assert places_of([name for other in others for name in other.names], text) == []


def test_commands_take_out_and_erase(partner: Partner, tmp_path: Path) -> None:
    one = crowd(partner, size=1, seed=7)[0]
    asked = ("--partner", partner.slug, "--email", one.email, "--who", "ann", "--reason", "asked to")
    call_command("export_person", *asked, "--output", str(tmp_path / "person.json"))
    assert json.loads((tmp_path / "person.json").read_bytes())["customers"][0]["external_id"] == one.customer
    told = StringIO()
    call_command("erase_person", *asked, stdout=told)
    expected = f"customers 1, viewers 2, events {len(one.events)}, comments 2, refused events 3, "
    assert told.getvalue().startswith(expected)
    assert places_of(one.names, dump(partner)) == []
    with pytest.raises(CommandError, match=r"Nothing is known of such a person\."):
        call_command("erase_person", *asked)


def test_the_admin_says_what_goes_before_it_does(partner: Partner) -> None:
    one = crowd(partner, size=1, seed=8)[0]
    customer, viewer = ids_of(partner, one)
    browser = signed_in(staff(partner, codenames="^(view|delete)_(customer|viewer)$"))
    chosen = {"action": "erase_selected", "_selected_action": [str(customer)]}
    page = browser.post(address(Customer, "changelist"), chosen).content.decode()
    assert [text for text in (one.customer, "What goes:", "What stays:") if text not in page] == []
    unexplained = browser.post(address(Customer, "changelist"), {**chosen, "confirmed": "yes"})
    assert "Say why." in unexplained.content.decode()
    assert Customer.objects.using("worker").filter(pk=customer).exists()
    done = browser.post(
        address(Customer, "changelist"), {**chosen, "confirmed": "yes", "reason": "asked to"}, follow=True
    )
    assert "a person of 1 customers and 2 viewers is erased" in done.content.decode()
    assert places_of(one.names, dump(partner)) == []
    assert not Viewer.objects.using("worker").filter(pk=viewer).exists()


def test_who_may_only_look_does_not_erase(partner: Partner) -> None:
    one = crowd(partner, size=1, seed=9)[0]
    customer, _ = ids_of(partner, one)
    browser = signed_in(staff(partner, codenames="^view_"))
    chosen = {
        "action": "erase_selected",
        "_selected_action": [str(customer)],
        "confirmed": "y",
        "reason": "x",
    }
    browser.post(address(Customer, "changelist"), chosen)
    assert Customer.objects.using("worker").filter(pk=customer).exists()


# -- nothing is left out ------------------------------------------------------------------------------------


def test_every_column_that_says_who_somebody_is_is_known() -> None:
    found = rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND (column_name LIKE '%%viewer\\_id' OR column_name LIKE '%%customer\\_id') "
        "AND table_name NOT LIKE 'commerce\\_event%%'"
    )
    assert sorted(found) == sorted((table, column) for table, column, _ in places.columns())


def test_a_person_of_ten_thousand_events_is_erased_within_a_minute(partner: Partner) -> None:
    deliver(partner, [event("live_session_started", minute(0))])
    told = [
        event(
            "live_like", minute(1 + number / 500), viewer_id="busy-viewer", note=f"from busy-viewer {number}"
        )
        for number in range(10_000)
    ]
    deliver(partner, told)
    fill(partner)
    erased = erase(partner, privacy.Name(external_viewer="busy-viewer"))
    assert (erased.events, erased.seconds < 60) == (10_000, True)
    assert places_of(["busy-viewer"], dump(partner)) == []
