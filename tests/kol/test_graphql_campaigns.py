"""Campaigns as the API shows them: entities, their pages, and how many statements they take."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from commerce.models import Partner, new_id
from kol import models
from tests.analytics.graphql_client import ask, refusal, statements
from tests.factories import minute
from tests.kol.campaign_scene import agency, campaign, join, kol, make

LIST = """query ($filter: CampaignFilter, $order: CampaignOrder, $first: Int! = 20, $after: String) {
  campaigns(filter: $filter, orderBy: $order, first: $first, after: $after) {
    edges { node { id name isRunning agencies { name } } } pageInfo { hasNextPage endCursor } } }"""


def names(partner: Partner, **variables: Any) -> list[str]:
    return [edge["node"]["name"] for edge in ask(LIST, of=partner, **variables)["campaigns"]["edges"]]


@pytest.fixture
def four(partner: Partner) -> list[models.Campaign]:
    """One that is over, two that run, one that ended this very day."""
    days = {
        "Winter": (date(2026, 1, 1), date(2026, 2, 1)),
        "Spring": (date(2026, 5, 1), date(2026, 6, 2)),
        "Early summer": (date(2026, 6, 1), date(2026, 7, 1)),
        "May": (date(2026, 5, 1), date(2026, 6, 1)),
    }
    return [campaign(partner, name, starts_on=start, ends_on=end) for name, (start, end) in days.items()]


def test_the_latest_campaign_comes_first_unless_told_otherwise(
    partner: Partner, four: list[models.Campaign]
) -> None:
    listed = names(partner)
    assert (listed[0], set(listed[1:3]), listed[3]) == ("Early summer", {"Spring", "May"}, "Winter")
    by_name = {"field": "NAME", "direction": "ASC"}
    assert names(partner, order=by_name) == ["Early summer", "May", "Spring", "Winter"]


def test_a_campaign_runs_on_its_days_by_the_partners_calendar(
    partner: Partner, four: list[models.Campaign]
) -> None:
    # It is the first of June in Singapore, 20:00.
    assert sorted(names(partner, filter={"isRunning": True})) == ["Early summer", "Spring"]
    assert sorted(names(partner, filter={"isRunning": False})) == ["May", "Winter"]
    edges = ask(LIST, of=partner)["campaigns"]["edges"]
    running = {edge["node"]["name"] for edge in edges if edge["node"]["isRunning"]}
    assert running == {"Early summer", "Spring"}


def test_campaigns_are_found_by_a_word_and_by_agency(partner: Partner, four: list[models.Campaign]) -> None:
    one, two = agency("Bright"), agency("Calm")
    mei = kol(partner, "Mei", agency=one)
    join(four[0], mei, agency=one)
    granted = {"partner": partner, "campaign": four[1], "granted_at": minute(0)}
    make(models.AgencyGrant, agency=two, **granted)
    make(models.AgencyGrant, agency=one, revoked_at=minute(1), **granted)
    ids = {
        edge["node"]["name"]: edge["node"]["id"]
        for edge in ask("{ agencies { edges { node { id name } } } }", of=partner)["agencies"]["edges"]
    }
    assert names(partner, filter={"search": "summ"}) == ["Early summer"]
    assert names(partner, filter={"agency": ids["Bright"]}) == ["Winter"]
    assert names(partner, filter={"agency": ids["Calm"]}) == ["Spring"]
    assert names(partner, filter={"agency": "x"}) == []
    by_name = {
        edge["node"]["name"]: [one["name"] for one in edge["node"]["agencies"]]
        for edge in ask(LIST, of=partner)["campaigns"]["edges"]
    }
    assert by_name == {"Winter": ["Bright"], "Spring": ["Calm"], "Early summer": [], "May": []}


@pytest.mark.parametrize("first", [1, 2, 3, 4])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_pages_of_campaigns_are_the_whole_list_cut(
    partner: Partner, four: list[models.Campaign], first: int, direction: str
) -> None:
    order = {"field": "STARTS_ON", "direction": direction}
    whole, found, after = names(partner, order=order), [], None
    while True:
        page = ask(LIST, of=partner, order=order, first=first, after=after)["campaigns"]
        found += [edge["node"]["name"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole
    other = {"field": "NAME", "direction": direction}
    assert refusal(LIST, of=partner, order=other, after=after) == (
        "BAD_USER_INPUT", "after is a cursor of this list in this order.",
    )  # fmt: skip


def test_another_partners_campaign_is_not_there(make_partner: Any) -> None:
    own, other = make_partner(), make_partner()
    theirs = join(campaign(other, "Theirs"), kol(other, "Mei"))
    ids = ask("{ campaigns { edges { node { id } } } kols { edges { node { id } } } }", of=other)
    campaign_id, kol_id = (ids[name]["edges"][0]["node"]["id"] for name in ("campaigns", "kols"))
    query = "query ($c: ID!, $k: ID!) { campaign(by: {id: $c}) { id } kol(by: {id: $k}) { id } }"
    assert ask(query, of=own, c=campaign_id, k=kol_id) == {"campaign": None, "kol": None}
    assert ask(query, of=other, c=campaign_id, k=kol_id) == {
        "campaign": {"id": campaign_id}, "kol": {"id": kol_id},
    }  # fmt: skip
    assert theirs.partner_id == other.id
    node = "query ($id: ID!) { node(id: $id) { __typename } }"
    assert ask(node, of=own, id=campaign_id) == {"node": None}
    assert ask(node, of=other, id=campaign_id) == {"node": {"__typename": "Campaign"}}
    assert ask(node, of=other, id=kol_id) == {"node": {"__typename": "Kol"}}


def test_what_was_agreed_is_told_with_the_collaboration(partner: Partner) -> None:
    where = campaign(partner, "Summer", budget=Decimal("5000"))
    mei = kol(partner, "Mei")
    account = make(models.KolAccount, kol=mei, platform="TIKTOK", handle=f"mei-{new_id().hex}")
    for day, followers in ((1, 900), (20, 1200)):
        make(models.KolFollowers, account=account, on_date=date(2026, 5, day), followers=followers)
    row = join(where, mei)
    owned = {"partner": partner, "collaboration": row}
    make(
        models.Terms, valid_from=date(2026, 5, 20), currency="SGD", fixed_fee=Decimal(800),
        commission_rate=Decimal("0.1"), commission_tiers=[{"from": "0", "rate": "0.1"}],
        click_window_seconds=3600, **owned,
    )  # fmt: skip
    make(models.PromoCode, code="MEI10", **owned)
    make(models.TrackingLink, code="aB3", destination="https://shop.test/", **owned)
    for amount, day in (("800", 21), ("50.5", 22)):
        make(
            models.CostLine, campaign=where, kind="FEE", amount=Decimal(amount), currency="SGD",
            on_date=date(2026, 5, day), **owned,
        )  # fmt: skip
    make(
        models.CostLine, partner=partner, campaign=where, kind="BOOST", amount=Decimal(9), currency="SGD",
        on_date=date(2026, 5, 23),
    )  # fmt: skip
    query = """{ kols { edges { node { name country accounts { platform followers followersOn }
      collaborations { edges { node {
        campaign { name partner { name currency timezone } budget { amount } payableModel clickWindow
          costs(first: 2) { edges { node { kind amount { amount } } } pageInfo { hasNextPage } } }
        agency { name } codes { code isExclusive } links { code path destination }
        terms { validFrom validUntil fixedFee { amount } commissionRate commissionTiers { from rate }
          clickWindow viewWindow }
        costs { edges { node { amount { amount } onDate } } } } } } } } } }"""
    [edge] = ask(query, of=partner)["kols"]["edges"]
    [told] = [one["node"] for one in edge["node"].pop("collaborations")["edges"]]
    assert edge["node"] == {
        "name": "Mei", "country": "SG",
        "accounts": [{"platform": "TIKTOK", "followers": "1200", "followersOn": "2026-05-20"}],
    }  # fmt: skip
    assert told == {
        "campaign": {
            "name": "Summer", "budget": {"amount": "5000.00"}, "payableModel": "CODE_FIRST",
            "partner": {"name": "A brand", "currency": "SGD", "timezone": "Asia/Singapore"},
            "clickWindow": "P7D",
            "costs": {
                "edges": [
                    {"node": {"kind": "BOOST", "amount": {"amount": "9.00"}}},
                    {"node": {"kind": "FEE", "amount": {"amount": "50.50"}}},
                ],
                "pageInfo": {"hasNextPage": True},
            },
        },
        "agency": None,
        "codes": [{"code": "MEI10", "isExclusive": True}],
        "links": [{"code": "aB3", "path": "/r/aB3", "destination": "https://shop.test/"}],
        "terms": [
            {
                "validFrom": "2026-05-20", "validUntil": None, "fixedFee": {"amount": "800.00"},
                "commissionRate": "0.1", "commissionTiers": [{"from": "0", "rate": "0.1"}],
                "clickWindow": "PT1H", "viewWindow": None,
            }
        ],
        "costs": {
            "edges": [
                {"node": {"amount": {"amount": "50.50"}, "onDate": "2026-05-22"}},
                {"node": {"amount": {"amount": "800.00"}, "onDate": "2026-05-21"}},
            ]
        },
    }  # fmt: skip


PARTS = {
    "campaigns": ("name partner { name } budget { amount }", 1),
    "agencies": ("agencies { name }", 4),
    "costs": ("costs(first: 2) { edges { node { amount { amount } } } }", 2),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_page_of_campaigns_costs_one_statement_a_question(partner: Partner, name: str) -> None:
    fields, most = PARTS[name]
    represents = agency("Bright")
    for number in range(4):
        where = campaign(partner, f"c{number}")
        row = join(where, kol(partner, f"k{number}"), agency=represents)
        make(
            models.CostLine, partner=partner, collaboration=row, campaign=where, kind="FEE",
            amount=Decimal(1), currency="SGD", on_date=date(2026, 5, 22),
        )  # fmt: skip
    query = f"query ($first: Int!) {{ campaigns(first: $first) {{ edges {{ node {{ {fields} }} }} }} }}"
    assert [statements(query, of=partner, first=first) for first in (1, 4)] == [most, most]
