"""What was agreed and what it costs: new terms, the days that are settled, the ledger, codes and links."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from commerce.models import Partner, RecordEntry, new_id
from kol.models import (
    Claim,
    ClaimLine,
    CostLine,
    LinkHost,
    PromoCode,
    Statement,
    Terms,
    TrackingLink,
)
from tests.analytics.graphql_client import ASKED_AT
from tests.conftest import PartnerFactory
from tests.kol.acting import (
    WORKER,
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

# -- terms ---------------------------------------------------------------------------------------


def settle(of: Partner, who: str, placed_at: datetime, *, status: str) -> None:
    """A commission of an order placed then, on a statement in this state."""
    owner: dict[str, Any] = {"partner": of, "collaboration_id": uuid_of(who)}
    statement = Statement.objects.using(WORKER).create(
        **owner, currency="SGD", starts_on=date(2026, 5, 1), ends_on=date(2026, 6, 1)
    )
    of_order: dict[str, Any] = {**owner, "order_number": "o1", "placed_at": placed_at, "currency": "SGD"}
    claim = Claim.objects.using(WORKER).create(
        **of_order, order_id=new_id(), model="LAST", approves_at=placed_at
    )
    ClaimLine.objects.using(WORKER).create(
        **of_order,
        claim=claim,
        statement=statement,
        kind="SALE",
        base=Decimal(10),
        amount=Decimal(1),
        occurred_at=placed_at,
        booked_at=placed_at,
    )
    stamps = {"APPROVED": "approved_at", "LOCKED": "locked_at", "PAID": "paid_at"}
    steps = list(Statement.Status.values)
    for step in steps[1 : steps.index(status) + 1]:
        total = Decimal(1) if step in ("LOCKED", "PAID") else None
        Statement.objects.using(WORKER).filter(pk=statement.pk).update(
            status=step,
            total=total,
            payment_reference="transfer" if step == "PAID" else "",
            **{stamps[step]: placed_at},
        )


def test_terms_of_a_later_day_stand_beside_those_before(partner: Partner) -> None:
    who = collaboration(partner, terms={"commissionRate": "0.1"})
    made = done(
        "setTerms", partner, collaborationId=who, reason="Raised",
        terms={"validFrom": "2026-06-15", "commissionRate": "0.2", "currency": "THB", "viewWindow": "P2D"},
    )  # fmt: skip
    told = sorted((one["validFrom"], one["commissionRate"], one["viewWindow"]) for one in made["terms"])
    assert told == [("2026-06-01", "0.1", None), ("2026-06-15", "0.2", "P2D")]
    assert record(partner)[2:] == [("test", "set_terms", "Raised")]
    # The 15th of June is still to come.
    assert marks(partner)[2:] == [(marks(partner)[1][0], ASKED_AT)]


def test_terms_of_the_same_day_are_replaced_and_the_record_keeps_both(partner: Partner) -> None:
    who = collaboration(partner, terms={"commissionRate": "0.1", "posts": 3})
    made = done("setTerms", partner, collaborationId=who, terms={"validFrom": "2026-06-01", "fixedFee": "5"})
    (terms,) = made["terms"]
    assert [terms[key] for key in ("commissionRate", "posts", "fixedFee")] == [
        "0", "0", {"amount": "5.00", "currency": "SGD"},
    ]  # fmt: skip
    details = rows(RecordEntry, partner).get(action="set_terms").details
    assert [details[key]["commission_rate"] for key in ("before", "terms")] == ["0.100000", "0.000000"]
    assert [details[key]["posts"] for key in ("before", "terms")] == [3, 0]


def test_new_terms_say_from_when(partner: Partner) -> None:
    assert refused("setTerms", partner, collaborationId=collaboration(partner), terms={}) == (
        "terms.validFrom", "INVALID", "Say from which day on.",
    )  # fmt: skip


@pytest.mark.parametrize("status", ["LOCKED", "PAID"])
def test_days_whose_commissions_are_settled_keep_their_terms(partner: Partner, status: str) -> None:
    who = collaboration(partner, terms={"validFrom": "2026-05-01"})
    # 15:59:59 UTC is the last second of the 10th in Singapore, 16:00 the first of the 11th.
    settle(partner, who, datetime(2026, 5, 10, 15, 59, 59, tzinfo=UTC), status=status)
    for day in ("2026-05-01", "2026-05-09", "2026-05-10", "2026-04-30"):
        if day == "2026-04-30":
            # Those in force on the settled day stay in force on it.
            done("setTerms", partner, collaborationId=who, terms={"validFrom": day})
            continue
        assert refused("setTerms", partner, collaborationId=who, terms={"validFrom": day}) == (
            "terms.validFrom", "CONFLICT",
            "Commissions of orders up to 2026-05-10 are on a locked statement: begin after that day.",
        )  # fmt: skip
    done("setTerms", partner, collaborationId=who, terms={"validFrom": "2026-05-11"})
    assert sorted(str(one.valid_from) for one in rows(Terms, partner)) == [
        "2026-04-30", "2026-05-01", "2026-05-11",
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["ESTIMATED", "APPROVED"])
def test_what_is_only_estimated_or_approved_holds_no_terms(partner: Partner, status: str) -> None:
    who = collaboration(partner, terms={"validFrom": "2026-05-01"})
    settle(partner, who, datetime(2026, 5, 10, tzinfo=UTC), status=status)
    done("setTerms", partner, collaborationId=who, terms={"validFrom": "2026-05-01", "commissionRate": "0.3"})


# -- the ledger ----------------------------------------------------------------------------------


def test_a_cost_is_entered_and_corrected_by_a_line_of_its_own(partner: Partner) -> None:
    where = campaign(partner)
    who = collaboration(partner, campaignId=where)
    told = {"campaignId": where, "kind": "FEE", "onDate": "2026-05-20"}
    made = done("addCost", partner, **told, collaborationId=who, amount="1200.5", note=" First half ")
    assert made == {
        "collaborationId": who, "kind": "FEE", "amount": {"amount": "1200.50", "currency": "SGD"},
        "onDate": "2026-05-20", "note": "First half",
    }  # fmt: skip
    done("addCost", partner, **told, amount="-0.0001", currency="THB", reason="Typed wrong")
    assert [(str(one.amount), one.currency, one.collaboration_id) for one in rows(CostLine, partner)] == [
        ("1200.5000", "SGD", uuid_of(who)), ("-0.0001", "THB", None),
    ]  # fmt: skip
    assert record(partner)[2:] == [("test", "add_cost", ""), ("test", "add_cost", "Typed wrong")]
    assert [since for _, since in marks(partner)[2:]] == [datetime(2026, 5, 19, 16, tzinfo=UTC)] * 2


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"amount": "0"}, "amount", "A cost of nothing is none; a correction is negative."),
        ({"amount": "0.00001"}, "amount", "At most 4 decimals."),
        ({"amount": "1000000000000000.1"}, "amount",
            "It must be between -1000000000000000 and 1000000000000000."),
        ({"note": "x" * 501}, "note", "At most 500 characters."),
    ],
)  # fmt: skip
def test_a_cost_keeps_the_rules(partner: Partner, given: Any, field: str, message: str) -> None:
    told = {"campaignId": campaign(partner), "kind": "FEE", "onDate": "2026-05-20", "amount": "1", **given}
    assert refused("addCost", partner, **told) == (field, "INVALID", message)
    assert rows(CostLine, partner).count() == 0


def test_a_cost_is_of_a_collaboration_in_the_campaign(partner: Partner) -> None:
    told = {"campaignId": campaign(partner), "kind": "FEE", "onDate": "2026-05-20", "amount": "1"}
    assert refused("addCost", partner, **told, collaborationId=collaboration(partner)) == (
        "collaborationId", "NOT_FOUND", "There is no such collaboration in the campaign.",
    )  # fmt: skip


# -- codes ---------------------------------------------------------------------------------------


def test_a_code_is_kept_in_capitals_with_its_time_and_session(partner: Partner) -> None:
    who, live = collaboration(partner), session(partner)
    made = done(
        "createPromoCode", partner, collaborationId=who, code=" mei10\u00e9 ", session={"id": live},
        validFrom="2026-05-20T00:00:00+08:00", validUntil="2026-05-21T00:00:00+08:00", reason="Live",
    )  # fmt: skip
    assert made["codes"] == [
        {
            "code": "MEI10\u00c9", "isExclusive": True, "sessionId": live,
            "validFrom": "2026-05-19T16:00:00Z", "validUntil": "2026-05-20T16:00:00Z",
        }
    ]  # fmt: skip
    assert record(partner)[2:] == [("test", "create_promo_code", "Live")]
    assert [since for _, since in marks(partner)[2:]] == [datetime(2026, 5, 19, 16, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (True, True, "The code is exclusive to Mei in June."),
        (True, False, "The code is exclusive to Mei in June."),
        (False, True, "The code is shared with Mei in June: not exclusively."),
    ],
)
def test_an_exclusive_code_is_nobody_elses(partner: Partner, first: bool, second: bool, message: str) -> None:
    done("createPromoCode", partner, collaborationId=collaboration(partner), code="M10", isExclusive=first)
    asked = {"collaborationId": collaboration(partner), "code": "m10", "isExclusive": second}
    assert refused("createPromoCode", partner, **asked) == ("code", "CONFLICT", message)
    assert rows(PromoCode, partner).count() == 1


def test_a_shared_code_is_of_several_and_of_each_once(make_partner: PartnerFactory) -> None:
    mine, other = make_partner(), make_partner()
    first, second = collaboration(mine), collaboration(mine)
    for who in (first, second):
        done("createPromoCode", mine, collaborationId=who, code="M10", isExclusive=False)
    assert refused("createPromoCode", mine, collaborationId=first, code="M10", isExclusive=False) == (
        "code", "CONFLICT", "The collaboration has this code already.",
    )  # fmt: skip
    # Another partner's codes are another world.
    done("createPromoCode", other, collaborationId=collaboration(other), code="M10")


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"code": " "}, "code", "It must not be empty."),
        ({"code": "A B"}, "code", "A code has no blanks in it."),
        ({"code": "A\u00a0B"}, "code", "A code has no blanks in it."),
        ({"code": "A\tB"}, "code", "A code has no blanks in it."),
        ({"code": "A" * 101}, "code", "At most 100 characters."),
        ({"code": "\u00df" * 51}, "code", "At most 100 characters."),
        ({"code": "A", "validFrom": "2026-05-20T00:00:00Z", "validUntil": "2026-05-20T00:00:00Z"},
            "validUntil", "It must be later than the beginning."),
    ],
)  # fmt: skip
def test_a_code_keeps_the_rules(partner: Partner, given: Any, field: str, message: str) -> None:
    asked = {"collaborationId": collaboration(partner), **given}
    assert refused("createPromoCode", partner, **asked) == (field, "INVALID", message)


# -- links ---------------------------------------------------------------------------------------


def test_a_link_is_made_and_ended_with_who_and_why(partner: Partner) -> None:
    LinkHost.objects.using(WORKER).create(partner=partner, host="shop.example")
    who = collaboration(partner)
    asked = {"collaborationId": who, "destination": "https://shop.example/p?x=1", "utmTerm": "t"}
    made = done("createTrackingLink", partner, **asked, reason="Bio")
    row = rows(TrackingLink, partner).get()
    assert made == {
        "id": made["id"], "code": row.code, "path": f"/r/{row.code}", "revokedAt": None,
        "destination": "https://shop.example/p?x=1",
    }  # fmt: skip
    assert (row.utm_source, row.utm_medium, row.utm_campaign, row.utm_term) == (
        "mei",
        "influencer",
        "june",
        "t",
    )
    ended = done("revokeTrackingLink", partner, id=made["id"], reason="Over")
    again = done("revokeTrackingLink", partner, id=made["id"], reason="Twice")
    assert ended["revokedAt"] == again["revokedAt"] == "2026-06-01T12:00:00Z"
    assert [why for _, _, why in record(partner)[2:]] == ["Bio", "Over"]


def test_a_link_leads_to_the_partners_own_hosts(make_partner: PartnerFactory) -> None:
    mine, other = make_partner(), make_partner()
    LinkHost.objects.using(WORKER).create(partner=other, host="other.example")
    field, code, _ = refused(
        "createTrackingLink", mine, collaborationId=collaboration(mine), destination="https://other.example/"
    )
    assert (field, code, rows(TrackingLink, mine).count()) == ("destination", "INVALID", 0)
    assert refused("revokeTrackingLink", mine, id=kol(mine)) == (
        "id", "NOT_FOUND", "There is no such tracking link.",
    )  # fmt: skip


def test_a_moment_without_an_end_is_open(partner: Partner) -> None:
    who = collaboration(partner)
    done(
        "createPromoCode",
        partner,
        collaborationId=who,
        code="M10",
        validFrom=str(ASKED_AT + timedelta(days=9)).replace(" ", "T"),
    )
    # What begins later changes nothing of before.
    assert [since for _, since in marks(partner)[2:]] == [ASKED_AT]
