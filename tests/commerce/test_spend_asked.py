"""Spend in the API: what it was for, a page at a time, and nobody else's."""

from typing import Any

from commerce.models import Partner
from tests.analytics.graphql_client import ask, refusal, statements
from tests.conftest import PartnerFactory
from tests.factories import deliver, event, minute

SPEND = """query ($first: Int! = 20, $after: String) { spend(first: $first, after: $after) {
  pageInfo { hasNextPage endCursor } edges { node {
    id amount { amount currency } from to channel campaign purpose source } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { __typename ... on Spend { amount { amount } } } }"


def spent(number: int, starts_on: str, ends_on: str, amount: str, **told: Any) -> dict[str, Any]:
    days = {"from": starts_on, "to": ends_on, "amount": amount, "currency": "SGD", **told}
    return event("marketing_spend", minute(number), id=f"spend-{number}", subject=None, **days)


def spend(partner: Partner, **asked: Any) -> list[dict[str, Any]]:
    return [edge["node"] for edge in ask(SPEND, of=partner, **asked)["spend"]["edges"]]


def test_spend_is_told_with_its_days_and_what_it_was_for(partner: Partner) -> None:
    deliver(
        partner,
        [
            spent(
                1, "2026-05-01", "2026-06-01", "1200.5", channel="TikTok ads", campaign="May",
                purpose="ACQUISITION",
            ),
            spent(2, "2026-05-31", "2026-05-31", "80", currency="USD"),
        ],
    )  # fmt: skip
    told = spend(partner)
    assert [{name: value for name, value in one.items() if name != "id"} for one in told] == [
        {
            "amount": {"amount": "80.00", "currency": "USD"}, "from": "2026-05-31", "to": "2026-06-01",
            "channel": None, "campaign": None, "purpose": None, "source": "/site/shop",
        },
        {
            "amount": {"amount": "1200.50", "currency": "SGD"}, "from": "2026-05-01", "to": "2026-06-01",
            "channel": "TikTok ads", "campaign": "May", "purpose": "ACQUISITION", "source": "/site/shop",
        },
    ]  # fmt: skip


def test_pages_of_spend_follow_each_other_by_one_statement(partner: Partner) -> None:
    deliver(partner, [spent(n, f"2026-05-{1 + n // 2:02}", "2026-06-01", str(n + 1)) for n in range(5)])
    every = [one["id"] for one in spend(partner)]
    assert len(every) == len(set(every)) == 5
    paged, after = [], None
    while True:
        page = ask(SPEND, of=partner, first=2, after=after)["spend"]
        paged += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == every
    assert [statements(SPEND, of=partner, first=first) for first in (1, 5)] == [1, 1]


def test_nobody_sees_spend_of_others(partner: Partner, make_partner: PartnerFactory) -> None:
    deliver(partner, [spent(1, "2026-05-01", "2026-06-01", "7")])
    (one,) = spend(partner)
    other = make_partner()
    assert ask(NODE, of=partner, id=one["id"])["node"] == {
        "__typename": "Spend",
        "amount": {"amount": "7.00"},
    }
    assert (spend(other), ask(NODE, of=other, id=one["id"])) == ([], {"node": None})
    assert refusal(SPEND, of=partner, scopes=("ingest",))[0] == "FORBIDDEN"
