"""What people change of campaigns through the API: checked, written, on record, and marked."""

from datetime import UTC, datetime
from typing import Any

import pytest

from commerce.models import Partner, RecordEntry
from kol.models import Appearance, Campaign, Collaboration, Terms
from tests.analytics.graphql_client import ASKED_AT, refusal
from tests.conftest import PartnerFactory
from tests.factories import minute
from tests.kol.acting import (
    agency,
    campaign,
    collaboration,
    done,
    kol,
    marks,
    record,
    refused,
    rows,
    session,
    uuid_of,
)

JUNE: dict[str, Any] = {"name": "June", "startsOn": "2026-06-01", "endsOn": "2026-07-01"}

# -- campaigns -----------------------------------------------------------------------------------


def test_a_campaign_begins_with_what_is_left_out_from_its_partner(partner: Partner) -> None:
    made = done("createCampaign", partner, **{**JUNE, "name": "  June  "}, reason="It is June")
    assert made == {
        "id": made["id"], "name": "June", "startsOn": "2026-06-01", "endsOn": "2026-07-01",
        "objective": "CONVERSION", "currency": "SGD", "budget": None, "payableModel": "CODE_FIRST",
        "clickWindow": "P7D", "viewWindow": "P1D", "agencies": [],
    }  # fmt: skip
    row = rows(Campaign, partner).get()
    assert (row.pk, row.return_window_seconds) == (uuid_of(made["id"]), 14 * 86400)
    assert record(partner) == [("test", "create_campaign", "It is June")]
    assert marks(partner) == [(str(row.pk), ASKED_AT)]


def test_a_campaign_is_what_was_asked_for(partner: Partner) -> None:
    made = done(
        "createCampaign", partner, **JUNE, objective="AWARENESS", budget="12345.6789", currency="THB",
        payableModel="SHAPLEY", clickWindow="PT1H", viewWindow="P90D", returnWindow="P30D",
    )  # fmt: skip
    assert [made[key] for key in ("objective", "currency", "payableModel", "clickWindow", "viewWindow")] == [
        "AWARENESS", "THB", "SHAPLEY", "PT1H", "P90D",
    ]  # fmt: skip
    assert made["budget"] == {"amount": "12345.6789", "currency": "THB"}
    assert rows(Campaign, partner).get().return_window_seconds == 30 * 86400


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"name": "   "}, "name", "It must not be empty."),
        ({"name": "x" * 201}, "name", "At most 200 characters."),
        ({"name": "a\0b"}, "name", "Text must not contain the NUL character."),
        ({"endsOn": "2026-06-01"}, "endsOn", "It is the day after the last one: later than the first day."),
        ({"budget": "0.00001"}, "budget", "At most 4 decimals."),
        ({"budget": "-1"}, "budget", "It must be between 0 and 1000000000000000."),
        ({"clickWindow": "PT59M"}, "clickWindow", "A window is from 1 hour to 90 days."),
        ({"viewWindow": "P91D"}, "viewWindow", "A window is from 1 hour to 90 days."),
        ({"viewWindow": "PT3600.5S"}, "viewWindow", "Whole seconds, please."),
        ({"returnWindow": "PT1S"}, "returnWindow", "A window is from 1 hour to 90 days."),
        ({"reason": "x" * 2001}, "reason", "At most 2000 characters."),
    ],
)
def test_a_campaign_keeps_the_rules(partner: Partner, given: Any, field: str, message: str) -> None:
    assert refused("createCampaign", partner, **{**JUNE, **given}) == (field, "INVALID", message)
    assert (rows(Campaign, partner).count(), record(partner), marks(partner)) == (0, [], [])


def test_a_campaign_is_changed_where_something_is_named(partner: Partner) -> None:
    identity = campaign(partner, budget="5")
    made = done("updateCampaign", partner, campaignId=identity, name="Summer", budget=None, reason="Longer")
    assert (made["name"], made["budget"], made["endsOn"]) == ("Summer", None, "2026-07-01")
    entry = rows(RecordEntry, partner).get(action="update_campaign")
    assert (entry.reason, entry.subject_kind, entry.subject_id) == ("Longer", "Campaign", uuid_of(identity))
    assert entry.details == {
        "name": {"from": "June", "to": "Summer"}, "budget": {"from": "5.0000", "to": None}
    }  # fmt: skip


def test_only_what_numbers_depend_on_computes_a_campaign_again(partner: Partner) -> None:
    identity = campaign(partner)
    before = marks(partner)
    done("updateCampaign", partner, campaignId=identity, name="Summer", objective="AWARENESS", budget="7")
    assert marks(partner) == before
    done("updateCampaign", partner, campaignId=identity, payableModel="LAST")
    assert marks(partner)[1:] == [(str(uuid_of(identity)), None)]


def test_a_change_that_changes_nothing_is_not_put_on_record(partner: Partner) -> None:
    identity = campaign(partner)
    done("updateCampaign", partner, campaignId=identity, name="June", clickWindow="P7D")
    assert [what for _, what, _ in record(partner)] == ["create_campaign"]


def test_a_changed_campaign_keeps_the_rules_as_a_whole(partner: Partner) -> None:
    identity = campaign(partner)
    assert refused("updateCampaign", partner, campaignId=identity, startsOn="2026-07-01") == (
        "endsOn", "INVALID", "It is the day after the last one: later than the first day.",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["createCampaign"])
def test_who_may_only_read_changes_nothing(partner: Partner, name: str) -> None:
    query = (
        "mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { userErrors { code } } }"
    )
    assert refusal(query, of=partner, scopes=("read",), input=JUNE)[0] == "FORBIDDEN"
    assert rows(Campaign, partner).count() == 0


# -- collaborations ------------------------------------------------------------------------------


def test_a_kol_is_taken_into_a_campaign_on_first_terms(partner: Partner) -> None:
    acme = agency("acme")
    made = done(
        "addCollaboration",
        partner,
        campaignId=campaign(partner),
        kolId=kol(partner),
        agency={"slug": acme.slug},
        terms={
            "validUntil": "2026-06-20", "fixedFee": "1000.50", "posts": 3, "postFee": "20", "sampleUnits": 4,
            "commissionRate": "0.12", "commissionTiers": [
                {"from": "0", "rate": "0.05"}, {"from": "1000.5", "rate": "0.075"},
            ],
            "agencyShare": "0.2", "discountShare": "0.5", "paidBoost": "99.9999", "clickWindow": "P3D",
        },
        reason="Signed",
    )  # fmt: skip
    (terms,) = made["terms"]
    assert terms == {
        "validFrom": "2026-06-01", "validUntil": "2026-06-20",
        "fixedFee": {"amount": "1000.50", "currency": "SGD"}, "postFee": {"amount": "20.00"}, "posts": "3",
        "sampleUnits": "4", "commissionRate": "0.12", "commissionTiers": [
            {"from": "0", "rate": "0.05"}, {"from": "1000.5", "rate": "0.075"},
        ],
        "agencyShare": "0.2", "discountShare": "0.5", "paidBoost": {"amount": "99.9999"},
        "clickWindow": "P3D", "viewWindow": None,
    }  # fmt: skip
    assert (made["kol"], made["agency"]) == ({"name": "Mei"}, {"slug": acme.slug})
    assert record(partner)[1:] == [("test", "add_collaboration", "Signed")]
    # The 1st of June has begun in Singapore at 16:00 UTC the day before.
    assert marks(partner)[1:] == [
        (str(rows(Campaign, partner).get().pk), datetime(2026, 5, 31, 16, tzinfo=UTC))
    ]


def test_a_kol_is_in_a_campaign_once(partner: Partner) -> None:
    where, who = campaign(partner), kol(partner)
    done("addCollaboration", partner, campaignId=where, kolId=who, terms={})
    assert refused("addCollaboration", partner, campaignId=where, kolId=who, terms={}) == (
        "kolId", "CONFLICT", "This KOL is in the campaign already.",
    )  # fmt: skip
    assert (rows(Collaboration, partner).count(), rows(Terms, partner).count()) == (1, 1)


@pytest.mark.parametrize(
    ("terms", "field", "message"),
    [
        ({"commissionRate": "1.000001"}, "commissionRate", "It must be between 0 and 1."),
        ({"commissionRate": "-0.1"}, "commissionRate", "It must be between 0 and 1."),
        ({"agencyShare": "0.0000001"}, "agencyShare", "At most 6 decimals."),
        ({"fixedFee": "1.00001"}, "fixedFee", "At most 4 decimals."),
        ({"paidBoost": "-1"}, "paidBoost", "It must be between 0 and 1000000000000000."),
        ({"posts": -1}, "posts", "It must be between 0 and 1000000."),
        ({"validUntil": "2026-06-01"}, "validUntil",
            "It is the day after the last one: later than the first day."),
        ({"clickWindow": "P91D"}, "clickWindow", "A window is from 1 hour to 90 days."),
        ({"commissionTiers": [{"from": "1", "rate": "0.1"}]}, "commissionTiers.0.from",
            "The first tier begins at 0: no sales are without a rate."),
        ({"commissionTiers": [{"from": "0", "rate": "0.1"}, {"from": "0", "rate": "0.2"}]},
            "commissionTiers.1.from", "Each tier begins above the one before."),
        ({"commissionTiers": [{"from": "0", "rate": "0.1"}, {"from": "9", "rate": "2"}]},
            "commissionTiers.1.rate", "It must be between 0 and 1."),
        ({"commissionTiers": [{"from": "0", "rate": "0.1"}] * 21}, "commissionTiers", "At most 20 tiers."),
    ],
)  # fmt: skip
def test_terms_keep_the_rules(partner: Partner, terms: Any, field: str, message: str) -> None:
    asked = {"campaignId": campaign(partner), "kolId": kol(partner), "terms": terms}
    assert refused("addCollaboration", partner, **asked) == (f"terms.{field}", "INVALID", message)
    assert (rows(Collaboration, partner).count(), rows(Terms, partner).count()) == (0, 0)
    assert [what for _, what, _ in record(partner)] == ["create_campaign"]


def test_a_kol_nobody_put_on_the_roster_is_in_no_campaign(make_partner: PartnerFactory) -> None:
    mine, other = make_partner(), make_partner()
    where = campaign(mine)
    assert refused("addCollaboration", mine, campaignId=where, kolId=kol(other), terms={}) == (
        "kolId", "NOT_FOUND", "There is no such KOL on the roster.",
    )  # fmt: skip
    assert refused("addCollaboration", mine, campaignId=campaign(other), kolId=kol(mine), terms={}) == (
        "campaignId", "NOT_FOUND", "There is no such campaign.",
    )  # fmt: skip
    assert refused(
        "addCollaboration", mine, campaignId=where, kolId=kol(mine), agency={"slug": "nobody"}, terms={}
    ) == ("agency", "NOT_FOUND", "There is no such agency.")


# -- appearances ---------------------------------------------------------------------------------


def test_a_kol_is_in_a_session_as_was_said_last(partner: Partner) -> None:
    who, where = collaboration(partner), session(partner)
    done("setAppearance", partner, collaborationId=who, session={"id": where})
    made = done(
        "setAppearance", partner, collaborationId=who, role="GUEST", onScreen="PT20M", reason="Half of it",
        session={"sourced": {"source": "/site/shop", "externalId": "live-1"}},
    )  # fmt: skip
    assert made["appearances"] == [{"sessionId": where, "role": "GUEST", "onScreen": "PT20M"}]
    assert rows(Appearance, partner).count() == 1
    assert record(partner)[2:] == [
        ("test", "set_appearance", ""), ("test", "set_appearance", "Half of it"),
    ]  # fmt: skip
    assert [since for _, since in marks(partner)[2:]] == [minute(0), minute(0)]


def test_a_kol_is_taken_out_of_a_session(partner: Partner) -> None:
    who, where = collaboration(partner), session(partner)
    done("setAppearance", partner, collaborationId=who, session={"id": where})
    made = done("removeAppearance", partner, collaborationId=who, session={"id": where}, reason="Was ill")
    assert (made["appearances"], rows(Appearance, partner).count()) == ([], 0)
    assert record(partner)[3:] == [("test", "remove_appearance", "Was ill")]
    assert [since for _, since in marks(partner)[3:]] == [minute(0)]
    assert refused("removeAppearance", partner, collaborationId=who, session={"id": where}) == (
        "session", "NOT_FOUND", "The KOL is not in this session.",
    )  # fmt: skip


def test_a_session_of_another_partner_is_none(make_partner: PartnerFactory) -> None:
    mine, other = make_partner(), make_partner()
    who, foreign = collaboration(mine), session(other, "theirs")
    for by in ({"id": foreign}, {"sourced": {"source": "/site/shop", "externalId": "theirs"}}, {"id": "x"}):
        assert refused("setAppearance", mine, collaborationId=who, session=by) == (
            "session", "NOT_FOUND", "There is no such live session.",
        )  # fmt: skip
    assert refused("setAppearance", mine, collaborationId=collaboration(other), session={"id": foreign}) == (
        "collaborationId", "NOT_FOUND", "There is no such collaboration.",
    )  # fmt: skip


@pytest.mark.parametrize(("on_screen", "message"), [
    ("PT0S", "It must be between 1 and 604800."), ("P8D", "It must be between 1 and 604800."),
])  # fmt: skip
def test_nobody_is_on_screen_for_no_time_or_weeks(partner: Partner, on_screen: str, message: str) -> None:
    asked = {"collaborationId": collaboration(partner), "session": {"id": session(partner)}}
    assert refused("setAppearance", partner, **asked, onScreen=on_screen) == ("onScreen", "INVALID", message)
