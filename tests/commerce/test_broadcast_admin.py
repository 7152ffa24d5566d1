"""Merging in the admin: by actions with a reason and by proposals, on record, and only by who may."""

import re
from datetime import timedelta
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from commerce.models import KeptApart, LiveSession, Partner, RecordEntry
from tests.commerce.admin_pages import WORKER, address, signed_in, staff, superuser
from tests.conftest import PartnerFactory
from tests.factories import deliver, event, fill

SESSIONS = address(LiveSession, "changelist")
PROPOSALS = reverse("admin:commerce_livesession_proposals")
MAY_MERGE = "(view|change)_livesession"


def aired(partner: Partner, *names: str, account: str = "shop") -> list[LiveSession]:
    """Sessions of an account yesterday, ten minutes each, five minutes apart; filled."""
    start = timezone.now() - timedelta(days=1)
    told = []
    for place, name in enumerate(names):
        at = start + timedelta(minutes=15 * place)
        told += [
            event("live_session_started", at, subject=name, title=f"Live {name}", account=account),
            event("live_session_ended", at + timedelta(minutes=10), subject=name),
        ]
    assert deliver(partner, told, now=timezone.now()).rejected == 0
    fill(partner)
    rows = LiveSession.objects.using(WORKER).filter(partner=partner)
    return [rows.get(external_id=name) for name in names]


def act(client: Client, action: str, rows: list[LiveSession], reason: str, *, among: str = "") -> str:
    """Choose an action for sessions of a list, with the reason beside it; the page that follows."""
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows], "reason": reason}
    return client.post(
        f"{SESSIONS}?broadcasts={among}" if among else SESSIONS, chosen, follow=True
    ).content.decode()


def decide(client: Client, decision: str, ids: list[UUID], **more: str) -> str:
    """Press a button of a proposal; the page that follows."""
    told = {"session": [str(one) for one in ids], "decision": decision, **more}
    return client.post(PROPOSALS, told, follow=True).content.decode()


def listed(client: Client, partner: Partner, among: str = "") -> list[str]:
    """The external ids that a list of sessions shows."""
    asked = {"partner": partner.slug} | ({"broadcasts": among} if among else {})
    content = client.get(SESSIONS, asked).content.decode()
    cells = re.findall(r'<td class="field-external_id [^>]*>(.*?)</td>', content, re.DOTALL)
    return sorted(re.sub(r"<[^>]*>", "", cell).strip() for cell in cells)


def whole_of(row: LiveSession) -> LiveSession | None:
    """The session it is a broadcast of."""
    return LiveSession.objects.using(WORKER).get(pk=row.pk).merged_into


def on_record(partner: Partner) -> list[tuple[str, str, UUID | None, str]]:
    """Who did what with which session, and why."""
    rows = RecordEntry.objects.using(WORKER).filter(partner=partner).order_by("at", "id")
    return [(one.who, one.action, one.subject_id, one.reason) for one in rows]


def test_sessions_are_merged_and_split_for_a_reason_on_record(partner: Partner) -> None:
    rows, person = aired(partner, "a", "b"), superuser()
    client = signed_in(person)
    assert "Type beside the action why." in act(client, "merge_selected", rows, " ")
    assert whole_of(rows[0]) is None
    assert "Live a is one session of 2 broadcasts." in act(client, "merge_selected", rows, "signal lost")
    whole = whole_of(rows[0])
    assert whole is not None
    assert whole_of(rows[1]) == whole
    assert "Type beside the action why." in act(client, "split_selected", [whole], "")
    assert "Live a is 2 sessions again." in act(client, "split_selected", [whole], "two shows")
    assert [whole_of(row) for row in rows] == [None, None]
    assert on_record(partner) == [
        (person.username, "merge_sessions", whole.pk, "signal lost"),
        (person.username, "split_session", whole.pk, "two shows"),
    ]
    entries = LogEntry.objects.filter(object_id=str(whole.pk)).order_by("id")
    assert [one.change_message for one in entries] == [
        "Merged of 2 sessions: signal lost",
        "Split: two shows",
    ]


def test_the_list_shows_every_session_once_and_a_filter_the_rest(partner: Partner) -> None:
    rows = aired(partner, "a", "b", "c", "d")
    client = signed_in(superuser())
    assert listed(client, partner) == ["a", "b", "c", "d"]
    act(client, "merge_selected", rows[:2], "one")
    act(client, "merge_selected", rows[2:], "one")
    first, second = whole_of(rows[0]), whole_of(rows[2])
    assert first is not None
    assert second is not None
    act(client, "split_selected", [second], "two")
    assert listed(client, partner) == sorted(["c", "d", first.external_id])
    assert listed(client, partner, "merged") == [first.external_id]
    assert listed(client, partner, "parts") == ["a", "b"]
    assert listed(client, partner, "split") == [second.external_id]


def test_what_cannot_be_merged_or_split_is_said(partner: Partner, make_partner: PartnerFactory) -> None:
    rows, (other,) = aired(partner, "a", "b", "c"), aired(make_partner(), "a")
    client = signed_in(superuser())
    assert "2 to 50 different sessions make one." in act(client, "merge_selected", rows[:1], "why")
    told = act(client, "merge_selected", [rows[0], other], "why")
    assert "Sessions of several partners are never one." in told
    assert "Live c: It is not made of several broadcasts." in act(client, "split_selected", [rows[2]], "why")
    act(client, "merge_selected", rows[:2], "one")
    told = act(client, "merge_selected", rows[:2], "again", among="parts")
    assert "It is a broadcast of a session already." in told
    whole = whole_of(rows[0])
    assert whole is not None
    told = act(client, "merge_selected", [whole, rows[2]], "more")
    assert "It is made of broadcasts already; split it." in told
    assert [action for _, action, _, _ in on_record(partner)] == ["merge_sessions"]


def test_a_proposal_is_merged_or_kept_apart_with_one_click(partner: Partner) -> None:
    near, far = aired(partner, "a", "b"), aired(partner, "c", "d", account="Other")
    person = staff(partner, codenames=MAY_MERGE)
    client = signed_in(person)
    assert f'href="{PROPOSALS}"' in client.get(SESSIONS).content.decode()
    page = client.get(PROPOSALS).content.decode()
    assert re.findall(r'data-proposal="(.*?)"', page) == ["other", "shop"]
    assert re.findall(r">(Live \w)</a>", page) == ["Live c", "Live d", "Live a", "Live b"]
    assert "Live a is one session of 2 broadcasts." in decide(client, "merge", [row.pk for row in near])
    page = decide(client, "apart", [row.pk for row in far], reason="two hosts")
    assert "2 sessions are kept apart; nobody proposes them again." in page
    assert "Nothing looks like one session at the moment." in page
    whole = whole_of(near[0])
    assert whole is not None
    assert on_record(partner) == [
        (person.username, "merge_sessions", whole.pk, "As proposed."),
        (person.username, "keep_sessions_apart", None, "two hosts"),
    ]
    (kept,) = KeptApart.objects.using(WORKER).filter(partner=partner)
    assert {kept.first_id, kept.second_id} == {row.pk for row in far}
    assert "It is a broadcast of a session already." in decide(client, "merge", [row.pk for row in near])
    assert "2 to 50 different sessions make one." in decide(client, "apart", [])
    broken = client.post(PROPOSALS, {"session": ["x"], "decision": "merge"}, follow=True)
    assert "There is no such session." in broken.content.decode()


def test_staff_may_merge_what_is_their_partners_and_with_the_permission(
    partner: Partner, make_partner: PartnerFactory
) -> None:
    rows = aired(partner, "a", "b")
    ids = [row.pk for row in rows]
    stranger = signed_in(staff(make_partner(), codenames=MAY_MERGE))
    act(stranger, "merge_selected", rows, "not mine")
    assert "There is no such session." in decide(stranger, "merge", ids)
    assert "data-proposal" not in stranger.get(PROPOSALS).content.decode()
    reader = signed_in(staff(partner, codenames="view_livesession"))
    act(reader, "merge_selected", rows, "may only look")
    assert reader.get(PROPOSALS).status_code == 403
    assert reader.post(PROPOSALS, {"session": ids, "decision": "merge"}).status_code == 403
    assert PROPOSALS not in reader.get(SESSIONS).content.decode()
    assert [whole_of(row) for row in rows] == [None, None]
    assert on_record(partner) == []
    act(signed_in(staff(partner, codenames=MAY_MERGE)), "merge_selected", rows, "mine")
    assert whole_of(rows[0]) is not None
