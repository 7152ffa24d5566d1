"""Campaigns in the admin: every act through the real pages, on record, of the person's own partners alone."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry

from commerce.models import Partner, RecordEntry
from kol.models import (
    AgencyGrant,
    Appearance,
    Campaign,
    Collaboration,
    CostLine,
    GuestAccess,
    Kol,
    LinkHost,
    PromoCode,
    RosterEntry,
    Terms,
    TrackingLink,
)
from tests.commerce.admin_pages import address, signed_in, staff, superuser
from tests.conftest import PartnerFactory
from tests.kol import acting
from tests.kol.acting import WORKER, agency, rows, uuid_of
from tests.kol.kol_pages import (
    JUNE,
    TERMS,
    add_line,
    begun,
    errors,
    joined,
    prefixes,
    record,
    save,
    take_back,
)

# -- campaigns -----------------------------------------------------------------------------------


def test_a_campaign_is_begun_and_changed_in_the_admin(partner: Partner) -> None:
    person = staff(partner)
    client = signed_in(person)
    told = {**JUNE, "partner": str(partner.pk), "reason": "It is June"}
    assert client.post(address(Campaign, "add"), told).status_code == 302
    row = rows(Campaign, partner).get()
    assert (row.name, row.currency, row.payable_model, row.budget) == ("June", "SGD", "LAST", None)
    changed = {**JUNE, "budget": "70.5", "payable_model": "FIRST", "currency": "SGD", "reason": "More"}
    answer = save(client, Campaign, row, **changed)
    assert answer.status_code == 302
    row.refresh_from_db(using=WORKER)
    assert (row.payable_model, row.budget) == ("FIRST", Decimal("70.5"))
    assert record(partner) == [
        (person.username, "create_campaign", "It is June"), (person.username, "update_campaign", "More"),
    ]  # fmt: skip
    entry = rows(RecordEntry, partner).get(action="update_campaign")
    assert entry.details == {
        "budget": {"from": None, "to": "70.5000"}, "payable_model": {"from": "LAST", "to": "FIRST"},
    }  # fmt: skip
    logged = LogEntry.objects.filter(object_id=str(row.pk)).order_by("pk")
    assert [one.get_change_message() for one in logged] == ["Added.", "Changed Budget and Payable model."]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "  ", "This field is required."),
        ("ends_on", "2026-06-01", "It is the day after the last one: later than the first day."),
        ("currency", "XXZ", "A currency is an ISO 4217 code in capitals, such as SGD."),
        ("click_window_seconds", "3599", "A window is from 1 hour to 90 days."),
        ("budget", "-1", "It must be between 0 and 1000000000000000."),
    ],
)
def test_a_form_says_which_rule_is_broken_and_nothing_is_done(
    partner: Partner, field: str, value: str, message: str
) -> None:
    client = signed_in(staff(partner))
    told = {**JUNE, "partner": str(partner.pk), field: value}
    assert message in errors(client.post(address(Campaign, "add"), told))
    assert (rows(Campaign, partner).count(), record(partner)) == (0, [])


def test_costs_grants_and_guests_are_lines_of_a_campaign(partner: Partner) -> None:
    person, row, acme = staff(partner), begun(partner), agency("acme")
    client = signed_in(person)
    form = {**JUNE, "currency": "SGD", "payable_model": "CODE_FIRST", "click_window_seconds": str(7 * 86400),
        "view_window_seconds": "86400", "return_window_seconds": str(14 * 86400)}  # fmt: skip
    cost = {"on_date": "2026-06-02", "kind": "FEE", "amount": "12.5", "currency": "", "note": "x"}
    assert add_line(client, Campaign, row, 1, cost, **form, reason="Paid").status_code == 302
    assert (
        add_line(client, Campaign, row, 2, {"agency": acme.slug}, **form, reason="Theirs").status_code == 302
    )
    guest = {"username": "ana", "agency": acme.slug}
    assert add_line(client, Campaign, row, 3, guest, **form, reason="Asked").status_code == 302
    assert [(one.amount, one.currency, one.collaboration_id) for one in rows(CostLine, partner)] == [
        (Decimal("12.5"), "SGD", None)
    ]
    grant, visitor = rows(AgencyGrant, partner).get(), rows(GuestAccess, partner).get()
    assert (grant.agency_id, visitor.username, visitor.agency_id) == (acme.pk, "ana", acme.pk)
    assert take_back(client, Campaign, row, 3, visitor, **form, reason="Over").status_code == 302
    assert take_back(client, Campaign, row, 2, grant, **form, reason="Done").status_code == 302
    grant.refresh_from_db(using=WORKER)
    visitor.refresh_from_db(using=WORKER)
    assert (grant.revoked_at is None, visitor.revoked_at is None) == (False, False)
    assert record(partner)[1:] == [
        (person.username, "add_cost", "Paid"), (person.username, "grant_agency", "Theirs"),
        (person.username, "invite_guest", "Asked"), (person.username, "remove_guest", "Over"),
        (person.username, "revoke_grant", "Done"),
    ]  # fmt: skip
    shown = client.get(address(Campaign, "change", row.pk)).content.decode()
    assert "12.5" in shown
    again = add_line(client, Campaign, row, 3, {"username": "bob", "agency": acme.slug}, **form)
    assert "The agency itself does not see the campaign: grant it first." in errors(again)


# -- collaborations ------------------------------------------------------------------------------


def test_a_kol_is_taken_into_a_campaign_with_first_terms(partner: Partner) -> None:
    person, where = staff(partner), begun(partner)
    who = uuid_of(acting.kol(partner))
    client = signed_in(person)
    told = {**TERMS, "campaign": str(where.pk), "kol": str(who), "agency": "", "reason": "Signed"}
    assert client.post(address(Collaboration, "add"), told).status_code == 302
    terms = rows(Terms, partner).get()
    assert (terms.valid_from, terms.fixed_fee, terms.commission_rate) == (
        date(2026, 6, 1), Decimal(100), Decimal("0.1"),
    )  # fmt: skip
    assert terms.commission_tiers == [
        {"from": "0.0000", "rate": "0.050000"},
        {"from": "1000.0000", "rate": "0.100000"},
    ]
    again = errors(client.post(address(Collaboration, "add"), told))
    assert "This KOL is in the campaign already." in again
    wrong = errors(client.post(address(Collaboration, "add"), {**told, "commission_tiers": "0 5%"}))
    assert "Each line has two numbers" in wrong
    assert record(partner)[1:] == [(person.username, "add_collaboration", "Signed")]


def test_terms_sessions_links_codes_and_costs_are_lines_of_a_collaboration(partner: Partner) -> None:
    person, row = staff(partner), joined(partner)
    live = uuid_of(acting.session(partner))
    LinkHost.objects.using(WORKER).create(partner=partner, host="shop.example")
    client = signed_in(person)
    lines: list[dict[str, str]] = [
        {**TERMS, "valid_from": "2026-06-10", "commission_tiers": ""},
        {"session": str(live), "role": "GUEST", "on_screen_seconds": "60"},
        {"destination": "https://shop.example/x", "session": "", "utm_source": "", "utm_medium": "",
            "utm_campaign": ""},
        {"code": "mei10", "is_exclusive": "on", "session": str(live), "valid_from_0": "", "valid_from_1": "",
            "valid_until_0": "", "valid_until_1": ""},
        {"on_date": "2026-06-02", "kind": "SAMPLES", "amount": "3", "currency": "", "note": ""},
    ]  # fmt: skip
    for number, line in enumerate(lines):
        answer = add_line(client, Collaboration, row, number, line, reason=f"Line {number}")
        assert answer.status_code == 302, (number, answer.content.decode())
    assert sorted(str(one.valid_from) for one in rows(Terms, partner)) == ["2026-06-01", "2026-06-10"]
    seen = rows(Appearance, partner).get()
    assert (seen.session_id, seen.role, seen.on_screen_seconds) == (live, "GUEST", 60)
    link, code, cost = (rows(model, partner).get() for model in (TrackingLink, PromoCode, CostLine))
    assert (link.destination, link.utm_medium, code.code, code.session_id) == (
        "https://shop.example/x", "influencer", "MEI10", live,
    )  # fmt: skip
    assert (cost.collaboration_id, cost.campaign_id, cost.kind) == (row.pk, row.campaign_id, "SAMPLES")
    assert [(who, why) for who, _, why in record(partner)[2:]] == [
        (person.username, f"Line {number}") for number in range(5)
    ]
    shown = client.get(address(Collaboration, "change", row.pk)).content.decode()
    assert all(text in shown for text in (link.code, "MEI10"))
    assert take_back(client, Collaboration, row, 1, seen, reason="Ill").status_code == 302
    assert take_back(client, Collaboration, row, 2, link, reason="Over").status_code == 302
    link.refresh_from_db(using=WORKER)
    assert (rows(Appearance, partner).count(), link.revoked_at is None) == (0, False)
    assert [why for _, _, why in record(partner)[7:]] == ["Ill", "Over"]


def test_a_line_that_breaks_a_rule_undoes_the_others_of_the_page(partner: Partner) -> None:
    row = joined(partner)
    client = signed_in(staff(partner))
    forms = prefixes(Collaboration, row, client)
    codes = list(dict.fromkeys(key.rsplit("-", 1)[0] for key in forms))[3]
    # Each is possible by itself, and both are not.
    told = {f"{codes}-{place}-{name}": value for place in (0, 1) for name, value in (
        ("code", ("same", "SAME")[place]), ("is_exclusive", "on"),
    )}  # fmt: skip
    answer = client.post(
        address(Collaboration, "change", row.pk), {**forms, **told, f"{codes}-TOTAL_FORMS": "2"}, follow=True
    )
    assert "The collaboration has this code already." in answer.content.decode()
    assert (rows(PromoCode, partner).count(), len(record(partner))) == (0, 2)


def test_what_was_agreed_is_never_deleted(partner: Partner) -> None:
    row = joined(partner)
    client = signed_in(superuser())
    assert client.post(address(Collaboration, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.post(address(Campaign, "delete", row.campaign_id), {"post": "yes"}).status_code == 403
    assert rows(Collaboration, partner).count() == 1


# -- whose rows ----------------------------------------------------------------------------------


def test_staff_of_one_partner_reaches_nothing_of_another(make_partner: PartnerFactory) -> None:
    mine, other = make_partner(), make_partner()
    row, entry = joined(other), rows(RosterEntry, other).get()
    client = signed_in(staff(mine))
    for model, foreign in (
        (Campaign, row.campaign_id),
        (Collaboration, row.pk),
        (RosterEntry, entry.pk),
        (Kol, entry.kol_id),
    ):
        assert str(foreign) not in client.get(address(model, "changelist")).content.decode(), model
        answer = client.get(address(model, "change", foreign))
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/admin/"), model
    told = {**JUNE, "partner": str(other.pk)}
    assert "Select a valid choice" in errors(client.post(address(Campaign, "add"), told))
    where = begun(mine)
    told = {**TERMS, "campaign": str(where.pk), "kol": str(entry.kol_id), "agency": ""}
    assert "Select a valid choice" in errors(client.post(address(Collaboration, "add"), told))
    told = {**TERMS, "campaign": str(row.campaign_id), "kol": str(uuid_of(acting.kol(mine))), "agency": ""}
    assert "Select a valid choice" in errors(client.post(address(Collaboration, "add"), told))
    live = uuid_of(acting.session(other, "theirs"))
    line = {"session": str(live), "role": "HOST", "on_screen_seconds": ""}
    own = joined(mine)
    assert "Select a valid choice" in errors(add_line(client, Collaboration, own, 1, line))
    assert rows(Appearance, mine).count() == 0


def test_staff_of_two_partners_mixes_none_of_their_rows(make_partner: PartnerFactory) -> None:
    first, second = make_partner(), make_partner()
    row, live = joined(first), uuid_of(acting.session(second, "theirs"))
    client = signed_in(staff(first, second))
    line = {"session": str(live), "role": "HOST", "on_screen_seconds": ""}
    assert "There is no such live session." in errors(add_line(client, Collaboration, row, 1, line))
    told = {**TERMS, "campaign": str(row.campaign_id), "kol": str(uuid_of(acting.kol(second))), "agency": ""}
    assert "There is no such KOL on the roster." in errors(client.post(address(Collaboration, "add"), told))


def test_who_may_only_look_changes_nothing(partner: Partner) -> None:
    row = joined(partner)
    client = signed_in(staff(partner, codenames="^view_"))
    page = client.get(address(Collaboration, "change", row.pk))
    assert page.status_code == 200
    assert client.post(address(Collaboration, "change", row.pk), {}).status_code == 403
    assert client.get(address(Campaign, "add")).status_code == 403
    assert client.get(address(RosterEntry, "import")).status_code == 403
