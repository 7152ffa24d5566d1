"""Rate cards: set as versions, never changed, and what is estimated by the one of a day."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import ProgrammingError, transaction

from analytics.models import RateCard
from commerce.access import row_security
from commerce.models import Partner, RecordEntry
from tests.analytics.graphql_client import actor_of, ask, refusal
from tests.commerce.admin_pages import address, signed_in, staff
from tests.conftest import PartnerFactory
from tests.kol.acting import MAY, record, rows
from tests.kol.test_graphql_campaign_numbers import Scene

SET = """mutation ($input: SetRateCardInput!) { setRateCard(input: $input) {
  rateCard { currency version validFrom rates { metric rate } } userErrors { field code message } } }"""
CARDS = "{ rateCards { currency version validFrom rates { metric rate } } }"


def change(of: Partner, *rates: tuple[str, str], **given: Any) -> Any:
    """The payload of setting a card."""
    told = [{"metric": metric, "rate": rate} for metric, rate in rates]
    return ask(SET, of=of, scopes=MAY, input={"rates": told, **given})["setRateCard"]


def card(of: Partner, *rates: tuple[str, str], **given: Any) -> Any:
    """A new card."""
    payload = change(of, *rates, **given)
    assert payload["userErrors"] == []
    return payload["rateCard"]


def test_a_card_is_set_on_record_and_read_again(partner: Partner) -> None:
    first = card(partner, ("VIEWS", "0.010000"), ("REACH", "2"), validFrom="2026-05-01", reason="Agreed")
    assert first == {
        "currency": "SGD", "version": "1", "validFrom": "2026-05-01",
        "rates": [{"metric": "REACH", "rate": "2"}, {"metric": "VIEWS", "rate": "0.01"}],
    }  # fmt: skip
    # Left out: from today on, by the partner's calendar.
    second = card(partner, ("LIKES", "0.000001"))
    assert (second["version"], second["validFrom"]) == ("2", "2026-06-01")
    other = card(partner, ("LIKES", "1"), currency="USD", validFrom="2026-04-01")
    assert (other["version"], other["currency"]) == ("1", "USD")
    assert ask(CARDS, of=partner)["rateCards"] == [second, first, other]
    assert record(partner)[0] == ("test", "set_rate_card", "Agreed")
    entry = rows(RecordEntry, partner).order_by("id")[0]
    assert entry.details == {
        "version": 1, "currency": "SGD", "valid_from": "2026-05-01", "rates": {"reach": "2", "views": "0.01"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rates", "given", "field", "message"),
    [
        ([], {}, "rates", "Say what one of something is worth."),
        ([("VIEWS", "-1")], {}, "rates.views", "It must be between 0 and 1000000000000000."),
        ([("VIEWS", "0.0000001")], {}, "rates.views", "At most 6 decimals."),
        ([("VIEWS", "1"), ("VIEWS", "2")], {}, "rates", "Each count at most once."),
        ([("VIEWS", "1")], {"validFrom": "2026-06-02"}, "validFrom",
         "A card is for days that have begun: today at the latest."),
    ],
)  # fmt: skip
def test_a_card_that_breaks_a_rule_is_not_set(
    partner: Partner, rates: list[tuple[str, str]], given: dict[str, str], field: str, message: str
) -> None:
    payload = change(partner, *rates, **given)
    assert payload["rateCard"] is None
    (error,) = payload["userErrors"]
    assert (".".join(error["field"]), error["code"], error["message"]) == (
        f"input.{field}",
        "INVALID",
        message,
    )
    assert (rows(RateCard, partner).count(), record(partner)) == (0, [])


@pytest.mark.parametrize("metric", ["SALES", "ORDERS", "BOT_CLICKS", "REACH_EXCLUSIVE", "EMV", "CLICKS"])
def test_only_counts_of_people_lives_and_links_have_a_worth(partner: Partner, metric: str) -> None:
    (error,) = change(partner, (metric, "1"))["userErrors"]
    assert error["field"][:2] == ["input", "rates"]
    assert error["message"].startswith("It is one of reach, reach_gross, ")


def test_who_may_not_manage_sets_none_and_sees_nobody_elses(
    partner: Partner, make_partner: PartnerFactory
) -> None:
    card(partner, ("VIEWS", "1"))
    told = {"input": {"rates": [{"metric": "VIEWS", "rate": "1"}]}}
    assert refusal(SET, of=partner, scopes=("read",), **told)[0] == "FORBIDDEN"
    other = make_partner()
    assert ask(CARDS, of=other) == {"rateCards": []}
    assert rows(RateCard, other).count() == 0


def test_the_database_lets_nobody_change_a_card(partner: Partner) -> None:
    card(partner, ("VIEWS", "1"))
    with row_security(actor_of(partner)):
        cards = RateCard.objects.filter(partner=partner)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cards.update(version=2)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cards.delete()
    with pytest.raises(ProgrammingError, match="permission denied"):
        rows(RateCard, partner).update(version=2)


# -- what is estimated by it ---------------------------------------------------------------------


def emv(of: Partner, asked: str = "") -> Any:
    """The campaign's earned media value."""
    query = f"{{ campaigns {{ edges {{ node {{ kpis{asked} {{ emv {{ amount currency }} }} }} }} }} }}"
    [edge] = ask(query, of=of)["campaigns"]["edges"]
    told = edge["node"]["kpis"]["emv"]
    return told and (Decimal(told["amount"]), told["currency"])


def test_the_estimate_is_by_the_card_of_the_last_day_asked_for(partner: Partner) -> None:
    # Fourteen people in seventeen views, on the 27th of May.
    Scene(partner)
    assert emv(partner) is None
    card(partner, ("VIEWS", "9"), currency="USD", validFrom="2026-05-01")
    assert emv(partner) is None
    card(partner, ("REACH", "0.5"), ("VIEWS", "0.01"), validFrom="2026-05-27")
    assert emv(partner) == (Decimal("7.17"), "SGD")
    card(partner, ("VIEWS", "0.02"), validFrom="2026-05-29")
    card(partner, ("VIEWS", "0.03"), validFrom="2026-05-29")
    period = '(period: {{from: "2026-05-20", to: "{}"}})'
    assert emv(partner) == (Decimal("0.51"), "SGD")
    assert emv(partner, period.format("2026-05-27")) is None
    assert emv(partner, period.format("2026-05-28")) == (Decimal("7.17"), "SGD")
    assert emv(partner, period.format("2026-05-29")) == (Decimal("7.17"), "SGD")
    assert emv(partner, period.format("2026-05-30")) == (Decimal("0.51"), "SGD")


# -- in the admin --------------------------------------------------------------------------------


def test_a_card_is_added_in_the_admin_and_stays_as_it_is(partner: Partner) -> None:
    person = staff(partner)
    client = signed_in(person)
    told = {
        "partner": str(partner.pk), "currency": "", "valid_from": "2026-05-01",
        "rates": "views 0.01\n\nreach 2", "reason": "Agreed",
    }  # fmt: skip
    assert client.post(address(RateCard, "add"), told).status_code == 302
    row = rows(RateCard, partner).get()
    assert (row.currency, row.version, row.valid_from) == ("SGD", 1, date(2026, 5, 1))
    assert row.rates == {"reach": "2", "views": "0.01"}
    assert record(partner) == [(person.username, "set_rate_card", "Agreed")]
    assert LogEntry.objects.filter(object_id=str(row.pk)).count() == 1
    page = client.get(address(RateCard, "change", row.pk))
    assert page.status_code == 200
    assert 'name="rates"' not in page.content.decode()
    assert client.post(address(RateCard, "change", row.pk), told).status_code == 403
    for rates, message in (
        ("views", "Each line has a count and a number."), ("views 1\nviews 2", "Each count at most once."),
        ("sales 1", "It is one of reach, "), ("", "Say what one of something is worth."),
    ):  # fmt: skip
        answer = client.post(address(RateCard, "add"), {**told, "rates": rates})
        assert answer.status_code == 200
        assert message in answer.content.decode()
    assert rows(RateCard, partner).count() == 1
