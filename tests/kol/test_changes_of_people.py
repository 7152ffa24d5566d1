"""KOLs onto the roster through the API; agencies and guests that see a campaign."""

from datetime import date
from typing import Any

import pytest

from commerce.models import Partner, RecordEntry, new_id
from kol.models import AgencyGrant, GuestAccess, Kol, KolAccount, KolFollowers, RosterEntry
from tests.analytics.graphql_client import ASKED_AT
from tests.conftest import PartnerFactory
from tests.kol.acting import WORKER, agency, campaign, change, done, marks, record, refused, rows, uuid_of


def handle(name: str) -> str:
    """A handle nobody else has."""
    return f"{name}-{new_id().hex[-10:]}"


# -- KOLs ----------------------------------------------------------------------------------------


def test_a_kol_comes_onto_the_roster_with_accounts_and_followers(partner: Partner) -> None:
    acme, mine = agency("acme"), handle("mei")
    made = done(
        "createKol", partner, name=" Mei ", country="sg", agency={"slug": acme.slug}, note="Knows tea",
        reason="Met her", accounts=[
            {"platform": "TIKTOK", "handle": f"@{mine.upper()}", "followers": "3000000000",
                "followersOn": "2026-05-01"},
            {"platform": "YOUTUBE", "handle": mine, "followers": "7"},
            {"platform": "OTHER", "handle": mine},
        ],
    )  # fmt: skip
    accounts = sorted(made["accounts"], key=lambda one: one["platform"])
    assert accounts == [
        {"platform": "OTHER", "handle": mine, "followers": None, "followersOn": None},
        {"platform": "TIKTOK", "handle": mine, "followers": "3000000000", "followersOn": "2026-05-01"},
        {"platform": "YOUTUBE", "handle": mine, "followers": "7", "followersOn": "2026-06-01"},
    ]
    assert (made["name"], made["country"]) == ("Mei", "SG")
    entry = rows(RosterEntry, partner).get()
    assert (entry.kol_id, entry.agency_id, entry.note) == (uuid_of(made["id"]), acme.pk, "Knows tea")
    assert record(partner) == [("test", "create_kol", "Met her")]


def test_a_known_account_is_the_kol_whose_it_is(make_partner: PartnerFactory) -> None:
    first, second, mine, more = make_partner(), make_partner(), handle("mei"), handle("more")
    known = done("createKol", first, name="Mei", country="SG",
        accounts=[{"platform": "TIKTOK", "handle": mine}])  # fmt: skip
    told = {"name": "Somebody else", "country": "TH", "note": "Ours"}
    linked = done("createKol", second, **told, accounts=[
        {"platform": "TIKTOK", "handle": mine}, {"platform": "SHOPEE", "handle": more},
    ])  # fmt: skip
    assert [linked[key] for key in ("id", "name", "country")] == [known["id"], "Mei", "SG"]
    assert [(one["platform"], one["handle"]) for one in linked["accounts"]] == [
        ("SHOPEE", more), ("TIKTOK", mine),
    ]  # fmt: skip
    assert rows(RosterEntry, first).get().note == ""
    assert rows(RosterEntry, second).get().note == "Ours"
    assert rows(RecordEntry, second).get().details["is_new"] is False


def test_saying_a_kol_again_keeps_what_is_left_out(partner: Partner) -> None:
    acme, account = agency("acme"), {"platform": "TIKTOK", "handle": handle("mei")}
    counted = {"followers": "5", "followersOn": "2026-05-01"}
    done(
        "createKol", partner, name="Mei", agency={"slug": acme.slug}, note="Tea", accounts=[account | counted]
    )
    counted["followers"] = "6"
    done("createKol", partner, name="Mei", accounts=[account | counted])
    entry = rows(RosterEntry, partner).get()
    assert (entry.agency_id, entry.note) == (acme.pk, "Tea")
    counts = KolFollowers.objects.using(WORKER).filter(account__kol=entry.kol_id)
    assert list(counts.values_list("on_date", "followers")) == [(date(2026, 5, 1), 6)]


def test_accounts_of_two_kols_are_not_one(partner: Partner) -> None:
    accounts = [{"platform": "TIKTOK", "handle": handle(name)} for name in ("mei", "ana")]
    for name, account in zip(("Mei", "Ana"), accounts, strict=True):
        done("createKol", partner, name=name, accounts=[account])
    assert refused("createKol", partner, name="Both", accounts=accounts) == (
        "accounts", "CONFLICT", "These accounts are known as those of different KOLs.",
    )  # fmt: skip
    assert rows(RosterEntry, partner).count() == 2


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"name": ""}, "name", "It must not be empty."),
        ({"country": "XX"}, "country", "A country is an ISO 3166 code of two letters, such as SG."),
        ({"accounts": [{"platform": "TIKTOK", "handle": " @ "}]}, "accounts.0.handle",
            "It must not be empty."),
        ({"accounts": [{"platform": "TIKTOK", "handle": "a b"}]}, "accounts.0.handle",
            "A handle has no blanks in it."),
        ({"accounts": [{"platform": "TIKTOK", "handle": "x", "followers": "-1"}]}, "accounts.0.followers",
            "It must be between 0 and 1000000000000."),
        ({"accounts": [{"platform": "TIKTOK", "handle": "x", "followersOn": "2026-05-01"}]},
            "accounts.0.followers", "A day needs how many followed on it."),
        ({"accounts": [{"platform": "TIKTOK", "handle": f"x{one}"} for one in range(21)]}, "accounts",
            "At most 20 accounts."),
        ({"reason": "x" * 2001}, "reason", "At most 2000 characters."),
    ],
)  # fmt: skip
def test_a_kol_keeps_the_rules(partner: Partner, given: Any, field: str, message: str) -> None:
    name = f"Mei {new_id()}"
    assert refused("createKol", partner, **{"name": name, **given}) == (field, "INVALID", message)
    assert (rows(RosterEntry, partner).count(), record(partner)) == (0, [])
    assert Kol.objects.using(WORKER).filter(name=name).count() == 0


def test_a_kol_of_an_agency_there_is_not_is_not_found(partner: Partner) -> None:
    mine = handle("mei")
    asked = {"name": "Mei", "agency": {"slug": "nobody"}, "accounts": [{"platform": "OTHER", "handle": mine}]}
    assert refused("createKol", partner, **asked) == ("agency", "NOT_FOUND", "There is no such agency.")
    assert KolAccount.objects.using(WORKER).filter(handle=mine).count() == 0


# -- agencies and guests -------------------------------------------------------------------------


def test_an_agency_sees_a_campaign_until_that_is_taken_back(partner: Partner) -> None:
    acme, where = agency("acme"), campaign(partner)
    asked = {"campaignId": where, "agency": {"slug": acme.slug}}
    assert done("grantAgency", partner, **asked)["agencies"] == [{"slug": acme.slug}]
    assert refused("grantAgency", partner, **asked) == (
        "agency", "CONFLICT", "The agency sees the campaign already.",
    )  # fmt: skip
    done("revokeGrant", partner, **asked, reason="Over")
    row = rows(AgencyGrant, partner).get()
    assert (row.granted_at, row.revoked_at) == (ASKED_AT, ASKED_AT)
    assert refused("revokeGrant", partner, **asked) == (
        "agency", "NOT_FOUND", "The agency does not see the campaign.",
    )  # fmt: skip
    done("grantAgency", partner, **asked)
    assert rows(AgencyGrant, partner).get().revoked_at is None
    assert record(partner)[1:] == [
        ("test", "grant_agency", ""), ("test", "revoke_grant", "Over"), ("test", "grant_agency", ""),
    ]  # fmt: skip
    assert marks(partner)[1:] == [(str(uuid_of(where)), ASKED_AT)] * 3


def test_a_guest_reads_a_campaign_until_that_is_taken_back(partner: Partner) -> None:
    where = campaign(partner)
    done("inviteGuest", partner, campaignId=where, username=" ana ", reason="Auditor")
    assert refused("inviteGuest", partner, campaignId=where, username="ana") == (
        "username", "CONFLICT", "This login is a guest of the campaign already.",
    )  # fmt: skip
    done("removeGuest", partner, campaignId=where, username="ana")
    row = rows(GuestAccess, partner).get()
    assert (row.username, row.agency_id, row.revoked_at) == ("ana", None, ASKED_AT)
    assert refused("removeGuest", partner, campaignId=where, username="ana") == (
        "username", "NOT_FOUND", "This login is no guest of the campaign.",
    )  # fmt: skip
    assert record(partner)[1:] == [("test", "invite_guest", "Auditor"), ("test", "remove_guest", "")]


def test_a_guest_of_an_agency_needs_that_it_sees_the_campaign(partner: Partner) -> None:
    acme, where = agency("acme"), campaign(partner)
    asked = {"campaignId": where, "username": "ana", "agency": {"slug": acme.slug}}
    assert refused("inviteGuest", partner, **asked) == (
        "agency", "CONFLICT", "The agency itself does not see the campaign: grant it first.",
    )  # fmt: skip
    done("grantAgency", partner, campaignId=where, agency={"slug": acme.slug})
    done("inviteGuest", partner, **asked)
    assert rows(GuestAccess, partner).get().agency_id == acme.pk


@pytest.mark.parametrize("name", ["grantAgency", "revokeGrant", "inviteGuest", "removeGuest"])
def test_a_campaign_of_another_partner_is_none(make_partner: PartnerFactory, name: str) -> None:
    mine, acme, where = make_partner(), agency("acme"), campaign(make_partner())
    of = {"username": "ana"} if "Guest" in name else {"agency": {"slug": acme.slug}}
    payload = change(name, mine, campaignId=where, **of)
    assert payload["campaign"] is None
    assert payload["userErrors"] == [
        {"field": ["input", "campaignId"], "code": "NOT_FOUND", "message": "There is no such campaign."}
    ]
