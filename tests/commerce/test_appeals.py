"""Appeals in the admin: contested and decided by actions, on record, and only by who may."""

from django.test import Client

from commerce.models import Partner, RecordEntry, Violation, ViolationAppeal
from tests.commerce.admin_pages import WORKER, address, signed_in, staff, superuser
from tests.conftest import PartnerFactory
from tests.factories import deliver, event, minute


def complaint(partner: Partner) -> Violation:
    """A violation of a session."""
    told = event("live_violation", minute(1), violation_id="v1", code="CLAIM", reason="Not proven")
    assert deliver(partner, [told]).rejected == 0
    return Violation.objects.using(WORKER).get(partner=partner)


def act(client: Client, action: str, row: Violation, text: str) -> str:
    """Choose an action for a violation, with words beside it; the page that follows."""
    chosen = {"action": action, "_selected_action": [str(row.pk)], "text": text}
    return client.post(address(Violation, "changelist"), chosen, follow=True).content.decode()


def state_of(row: Violation) -> list[tuple[str, str, str]]:
    rows = ViolationAppeal.objects.using(WORKER).filter(violation=row)
    return list(rows.values_list("state", "text", "decision"))


def test_a_violation_is_contested_and_decided_in_the_admin(partner: Partner) -> None:
    row, person = complaint(partner), superuser()
    client = signed_in(person)
    assert "Type beside the action why" in act(client, "appeal_selected", row, " ")
    assert "has to be appealed first" in act(client, "uphold_selected", row, "no")
    assert state_of(row) == []
    assert "Done: 1." in act(client, "appeal_selected", row, "The label proves it")
    assert "was contested before; it is appealed now" in act(client, "appeal_selected", row, "again")
    assert "Done: 1." in act(client, "overturn_selected", row, "Sorry")
    assert "decided before; it is overturned" in act(client, "uphold_selected", row, "no")
    assert state_of(row) == [("OVERTURNED", "The label proves it", "Sorry")]
    entries = RecordEntry.objects.using(WORKER).filter(partner=partner).order_by("at")
    assert [(one.who, one.action, one.subject_id) for one in entries] == [
        (person.username, "appeal_violation", row.pk),
        (person.username, "decide_appeal", row.pk),
    ]
    page = client.get(address(Violation, "change", row.pk)).content.decode()
    assert "The label proves it" in page
    listed = client.get(address(Violation, "changelist"), {"state": "OVERTURNED", "partner": partner.slug})
    assert "CLAIM" in listed.content.decode()
    open_ones = client.get(address(Violation, "changelist"), {"state": "OPEN", "partner": partner.slug})
    assert "CLAIM" not in open_ones.content.decode()


def test_staff_may_contest_what_is_their_partners_and_with_the_permission(
    partner: Partner, make_partner: PartnerFactory
) -> None:
    row = complaint(partner)
    act(signed_in(staff(make_partner())), "appeal_selected", row, "not mine")
    act(signed_in(staff(partner, codenames="view_")), "appeal_selected", row, "may only look")
    assert state_of(row) == []
    act(signed_in(staff(partner, codenames="(view|change)_violation")), "appeal_selected", row, "mine")
    assert state_of(row) == [("APPEALED", "mine", "")]
