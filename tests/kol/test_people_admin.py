"""Hosts, agencies and rosters in the admin, rosters from files too: seen first, all of it or nothing."""

import io
import re
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from commerce.models import Partner, new_id
from kol.access import find_actor
from kol.models import (
    Agency,
    AgencyKey,
    AgencyMembership,
    Kol,
    KolAccount,
    KolFollowers,
    LinkHost,
    RosterEntry,
)
from tests.commerce.admin_pages import address, signed_in, staff, superuser
from tests.conftest import PartnerFactory
from tests.kol.acting import WORKER, agency, rows
from tests.kol.kol_pages import (
    add_line,
    errors,
    record,
)

# -- hosts ---------------------------------------------------------------------------------------


def test_hosts_of_links_are_allowed_and_taken_back(partner: Partner) -> None:
    person = staff(partner)
    client = signed_in(person)
    told = {"partner": str(partner.pk), "host": " Shop.EXAMPLE ", "reason": "Ours"}
    assert client.post(address(LinkHost, "add"), told).status_code == 302
    row = rows(LinkHost, partner).get()
    assert row.host == "shop.example"
    assert "Links may lead there already." in errors(client.post(address(LinkHost, "add"), told))
    assert "The host is no valid name." in errors(
        client.post(address(LinkHost, "add"), {**told, "host": "a b"})
    )
    assert client.post(address(LinkHost, "delete", row.pk), {"post": "yes"}).status_code == 302
    assert rows(LinkHost, partner).count() == 0
    assert record(partner) == [
        (person.username, "allow_host", "Ours"), (person.username, "forbid_host", ""),
    ]  # fmt: skip


# -- agencies ------------------------------------------------------------------------------------


def test_a_superuser_makes_an_agency_with_logins_and_keys(partner: Partner) -> None:
    client, slug = signed_in(superuser()), f"acme-{new_id().hex[-10:]}"
    assert client.post(address(Agency, "add"), {"slug": slug, "name": "Acme"}).status_code == 302
    row = Agency.objects.using(WORKER).get(slug=slug)
    member = User.objects.create_user(f"ana-{new_id().hex[-10:]}")
    refused = add_line(client, Agency, row, 0, {"username": "nobody-there"}, name="Acme")
    assert "Nobody signs in as" in errors(refused)
    assert add_line(client, Agency, row, 0, {"username": member.username}, name="Acme").status_code == 302
    assert AgencyMembership.objects.using(WORKER).get(agency=row).username == member.username
    told = {"agency": str(row.pk), "name": "till", "expires_at_0": "", "expires_at_1": ""}
    content = client.post(address(AgencyKey, "add"), told).content.decode()
    (key,) = re.findall(r'<pre id="issued-key"[^>]*>(\S+)</pre>', content)
    assert "A key of <strong>Acme</strong> for reading what partners let the agency see." in content
    assert f'href="{address(AgencyKey, "changelist")}">All keys</a>' in content
    held = AgencyKey.objects.using(WORKER).get(agency=row)
    actor = find_actor(key)
    assert actor is not None
    assert (actor.agency_id, held.public) == (row.pk, key.removeprefix("ll_live_")[:8])
    secret = key.removeprefix(f"ll_live_{held.public}")
    for page in (
        address(AgencyKey, "changelist"),
        address(AgencyKey, "change", held.pk),
        address(AgencyKey, "history", held.pk),
        address(AgencyKey, "add"),
        "/admin/",
    ):
        assert secret not in client.get(page).content.decode()
    chosen = {"action": "revoke", "_selected_action": [str(held.pk)]}
    assert "Revoked 1" in client.post(address(AgencyKey, "changelist"), chosen, follow=True).content.decode()
    assert find_actor(key, now=timezone.now() + timedelta(seconds=5)) is None


def test_agencies_and_their_keys_are_for_superusers(partner: Partner) -> None:
    acme = agency("acme")
    client = signed_in(staff(partner))
    for model in (Agency, AgencyKey):
        assert client.get(address(model, "changelist")).status_code == 403
        assert client.get(address(model, "add")).status_code == 403
    assert client.get(address(Agency, "change", acme.pk)).status_code == 403


# -- rosters -------------------------------------------------------------------------------------


def test_a_kol_comes_onto_a_roster_in_the_admin(partner: Partner) -> None:
    person, acme, handle = staff(partner), agency("acme"), f"mei-{new_id().hex[-10:]}"
    client = signed_in(person)
    told = {
        "partner": str(partner.pk), "name": "Mei", "country": "sg", "accounts": f"tiktok @{handle} 3000\n",
        "agency": acme.slug, "note": "Tea", "reason": "Met",
    }  # fmt: skip
    assert client.post(address(RosterEntry, "add"), told).status_code == 302
    entry = rows(RosterEntry, partner).get()
    account = KolAccount.objects.using(WORKER).get(kol=entry.kol_id)
    assert (account.platform, account.handle, account.followers.using(WORKER).get().followers) == (
        "TIKTOK", handle, 3000,
    )  # fmt: skip
    page = client.get(address(Kol, "change", entry.kol_id)).content.decode()
    assert (handle in page, "3,000" in page) == (True, True)
    change = {"agency": "", "note": "Coffee", "reason": "Left them"}
    assert client.post(address(RosterEntry, "change", entry.pk), change).status_code == 302
    entry.refresh_from_db(using=WORKER)
    assert (entry.agency_id, entry.note) == (None, "Coffee")
    assert record(partner) == [
        (person.username, "create_kol", "Met"), (person.username, "update_entry", "Left them"),
    ]  # fmt: skip
    wrong = errors(client.post(address(RosterEntry, "add"), {**told, "accounts": "tiktok"}))
    assert "Each line has a platform, a handle, and maybe a whole number." in wrong
    nowhere = errors(client.post(address(RosterEntry, "add"), {**told, "accounts": f"nowhere {handle}"}))
    assert "It is one of OWNED" in nowhere


def upload(client: Client, of: Partner, content: bytes, *, name: str, **given: str) -> str:
    """The page that follows a file for a roster."""
    form = {
        "resource": "0", "format": "1" if name.endswith("xlsx") else "0", "partner": str(of.pk),
        "import_file": SimpleUploadedFile(name, content), **given,
    }  # fmt: skip
    return str(client.post(address(RosterEntry, "import"), form).content.decode())


def confirm(client: Client, page: str) -> Any:
    """Confirm what a page shows."""
    told = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return client.post(address(RosterEntry, "process_import"), told, follow=True)


def csv_of(mark: str) -> bytes:
    return (
        "name,platform,handle,followers,followers_on,country,agency,note\n"
        f"Mei,TIKTOK,mei-{mark},3000,2026-05-01,SG,,<b>tea</b>\n"
        f"Ana,SHOPEE,ana-{mark},,,,,\n"
    ).encode()


def book_of(mark: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["name", "platform", "handle", "followers", "followers on", "country", "note"])
    sheet.append(["Mei", "TikTok", f"mei-{mark}", 3000, datetime(2026, 5, 1), "SG", "<b>tea</b>"])
    sheet.append([None] * 7)
    sheet.append(["Ana", "Shopee", f"ana-{mark}", None, None, None, None])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(("name", "made"), [("roster.csv", csv_of), ("roster.xlsx", book_of)])
def test_a_roster_comes_from_a_file_once_it_was_seen(partner: Partner, name: str, made: Any) -> None:
    person, mark = staff(partner), new_id().hex[-10:]
    client = signed_in(person)
    assert client.get(address(RosterEntry, "import")).status_code == 200
    page = upload(client, partner, made(mark), name=name, reason="List of May")
    assert (f"mei-{mark}" in page, "<b>tea</b>" in page, "&lt;b&gt;tea" in page) == (True, False, True)
    assert rows(RosterEntry, partner).count() == 0
    answer = confirm(client, page).content.decode()
    assert "2 new, 0 updated" in answer
    entries = rows(RosterEntry, partner).order_by("kol__name").values_list("kol__name", "note")
    assert list(entries) == [("Ana", ""), ("Mei", "<b>tea</b>")]
    counts = KolFollowers.objects.using(WORKER).filter(account__handle=f"mei-{mark}")
    assert list(counts.values_list("on_date", "followers")) == [(date(2026, 5, 1), 3000)]
    assert record(partner) == [(person.username, "import_roster", "List of May")]
    again = confirm(client, upload(client, partner, made(mark), name=name)).content.decode()
    assert "0 new, 0 updated, 0 deleted and 2 skipped" in again
    assert len(record(partner)) == 1


def test_a_file_with_a_row_that_is_wrong_is_shown_and_cannot_be_confirmed(partner: Partner) -> None:
    client, mark = signed_in(staff(partner)), new_id().hex[-10:]
    page = upload(client, partner, csv_of(mark) + b"Bob,NOWHERE,bob,,,,,\n", name="roster.csv")
    assert "It is one of OWNED" in page
    assert 'name="import_file_name"' not in page
    assert rows(RosterEntry, partner).count() == 0


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"name,handle\nMei,x\n", "roster.csv", "The column &#x27;platform&#x27; is missing"),
        (b"name\xff", "roster.csv", "The file is not in UTF-8."),
        (b"PK not really", "roster.xlsx", "The file is no XLSX workbook."),
        (b"x" * (512 * 1024 + 1), "roster.csv", "At most 512 KiB."),
    ],
)
def test_a_file_that_is_no_roster_says_why(partner: Partner, content: bytes, name: str, message: str) -> None:
    assert message in upload(signed_in(staff(partner)), partner, content, name=name)


def test_what_is_confirmed_is_what_was_shown(make_partner: PartnerFactory) -> None:
    mine, other = make_partner(), make_partner()
    client, mark = signed_in(staff(mine)), new_id().hex[-10:]
    page = upload(client, mine, csv_of(mark), name="roster.csv")
    told = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    process = address(RosterEntry, "process_import")
    changed = client.post(process, {**told, "import_file_name": told["import_file_name"][:-2] + "xx"})
    assert "The file is not as it was shown: upload it again." in changed.content.decode()
    client.post(process, {**told, "import_file_name": "/etc/passwd"})
    client.post(process, {**told, "partner": str(other.pk)})
    assert (rows(RosterEntry, mine).count(), rows(RosterEntry, other).count()) == (0, 0)
