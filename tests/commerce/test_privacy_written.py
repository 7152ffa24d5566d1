"""However an erased person's e-mail or number is written, in refused bodies or by others, it is found."""

import json

import pytest

from commerce import ingest, privacy
from commerce.models import Partner
from tests.commerce.people import Raw
from tests.commerce.test_privacy import erase, rows
from tests.factories import NOW, deliver, event, fill, minute

EMAIL, PHONE = "zoe.lim@mail.example", "+6591112222"
WAYS = [
    json.dumps({"to": f"mailto:{EMAIL}?subject=hello"}).encode(),
    json.dumps({"list": {EMAIL: 1}}).encode(),
    json.dumps({"url": "https://shop.example/?who=zoe.lim%40mail.example&x=1"}).encode(),
    json.dumps({"said": f"ask {EMAIL.title()}."}).encode(),
    json.dumps({"call": PHONE.replace("+", "00")}).encode(),
    json.dumps({"call": int(PHONE[1:])}).encode(),
    b"\xff" + EMAIL.encode(),
]


def bodies(partner: Partner) -> list[bytes]:
    told = rows("SELECT body FROM commerce_rejection WHERE partner_id = %s ORDER BY id", partner.id)
    return [bytes(body) for (body,) in told]


@pytest.mark.parametrize("body", WAYS)
def test_a_refused_body_that_names_an_erased_person_is_emptied_and_stays_so(
    partner: Partner, body: bytes
) -> None:
    other = json.dumps({"said": "ask tom.lim@mail.example, or 00 65 9111 3333."}).encode()
    ingest.accept([body, other], partner_id=partner.id, now=NOW)
    deliver(partner, [event("generate_lead", minute(1), email=EMAIL, phone=PHONE, viewer_id="zoe's phone")])
    assert erase(partner, privacy.Name(email=EMAIL)).rejections == 1
    assert bodies(partner) == [b"", other]
    ingest.accept([body], partner_id=partner.id, now=NOW)
    assert bodies(partner) == [b"", other]


@pytest.mark.parametrize("said", [f"ask {EMAIL}!", f"mail:{EMAIL}.", "0065-9111-2222 is hers"])
def test_what_others_wrote_of_an_erased_person_goes_before_and_after(partner: Partner, said: str) -> None:
    comments = [event("live_comment", minute(at), viewer_id="tom", text=said) for at in (2, 4)]
    deliver(partner, [event("live_session_started", minute(0)), comments[0]])
    deliver(partner, [event("generate_lead", minute(1), email=EMAIL, phone=PHONE, viewer_id="zoe's phone")])
    fill(partner)
    assert erase(partner, privacy.Name(phone=PHONE)).comments == 1
    deliver(partner, [comments[1]])
    fill(partner)
    told = rows("SELECT text FROM analytics_sessioncomment WHERE partner_id = %s", partner.id)
    assert told == [("[erased]",)] * 2


def test_an_email_in_where_somebody_came_from_is_not_taken_in(partner: Partner) -> None:
    came: Raw = {
        "traffic_source": "mail",
        "traffic_sub_source": f"to {EMAIL}",
        "utm": {"campaign": EMAIL, "id": "@us"},
    }
    deliver(
        partner, [event("live_session_started", minute(0)), event("live_view_started", minute(1), **came)]
    )
    fill(partner)
    told = rows(
        "SELECT properties FROM commerce_event WHERE partner_id = %s AND properties IS NOT NULL", partner.id
    )
    assert {
        "traffic_source": "mail",
        "traffic_sub_source": "to …",
        "utm": {"campaign": "…", "id": "@us"},
    } in [one for (one,) in told]
    found = rows("SELECT source, sub_source FROM analytics_sessionsource WHERE partner_id = %s", partner.id)
    assert found == [("mail", "to …")]
