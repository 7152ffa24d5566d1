"""Influencers of a campaign beside each other, over the API: shared audiences, models side by side."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from commerce.models import Partner
from kol import models
from kol.access import actor_of_agency
from kol.marks import campaigns_changed
from tests.analytics.graphql_client import ask, execute, statements
from tests.factories import NOW, fill
from tests.kol.campaign_scene import agency, campaign, join, kol, make
from tests.kol.test_graphql_campaign_numbers import live, order

OVERLAP = """query ($id: ID!) { campaign(by: {id: $id}) { overlap {
  unique gross kols { name people }
  cells { first { name } second { name } people share isSuppressed } } } }"""
MODELS = """query ($id: ID!) { campaign(by: {id: $id}) { models {
  model credits { member { name } sales { amount currency } } } } }"""


def names(first: int, last: int) -> list[str]:
    return [f"v{number}" for number in range(first, last)]


class Three:
    """Ann, Jun and Mei: Ann and Mei share twenty people, Ann and Jun eleven, Jun and Mei five."""

    def __init__(self, partner: Partner) -> None:
        self.campaign = campaign(partner, "Summer")
        self.agency = agency("north")
        watched = {"Mei": (0, names(0, 25)), "Ann": (60, names(5, 31)), "Jun": (120, names(20, 41))}
        for name, (start, viewers) in watched.items():
            row = join(self.campaign, kol(partner, name), agency=self.agency if name == "Mei" else None)
            owned = {"partner": partner, "collaboration": row}
            make(models.Terms, valid_from=date(2026, 5, 1), currency="SGD", **owned)
            make(models.Appearance, session=live(partner, f"live-{name}", start, viewers), **owned)
        make(models.AgencyGrant, partner=partner, campaign=self.campaign, agency=self.agency, granted_at=NOW)
        order(partner, "o-both", 90, "v10", "10.00")
        campaigns_changed([self.campaign.id], partner_id=partner.id, now=NOW, using="worker")
        fill(partner)
        [edge] = ask("{ campaigns { edges { node { id } } } }", of=partner)["campaigns"]["edges"]
        self.id: str = edge["node"]["id"]


@pytest.fixture
def three(partner: Partner) -> Three:
    return Three(partner)


def test_shared_audiences_are_told_and_small_ones_hidden_with_the_next_smallest(
    partner: Partner, three: Three
) -> None:
    told = ask(OVERLAP, of=partner, id=three.id)["campaign"]["overlap"]
    assert (told["unique"], told["gross"]) == ("41", "72")
    assert [(one["name"], one["people"]) for one in told["kols"]] == [
        ("Ann", "26"),
        ("Jun", "21"),
        ("Mei", "25"),
    ]
    cells = {(one["first"]["name"], one["second"]["name"]): one for one in told["cells"]}
    shown = {pair: (one["people"], one["share"], one["isSuppressed"]) for pair, one in cells.items()}
    assert shown == {
        ("Ann", "Jun"): (None, None, True),
        ("Ann", "Mei"): ("20", "0.8", False),
        ("Jun", "Mei"): (None, None, True),
    }


def test_each_model_shares_the_same_sales(partner: Partner, three: Three) -> None:
    told = ask(MODELS, of=partner, id=three.id)["campaign"]["models"]
    shares: dict[str, Any] = {
        one["model"]: [
            (credit["member"] and credit["member"]["name"], Decimal(credit["sales"]["amount"]))
            for credit in one["credits"]
        ]
        for one in told
    }
    last = [("Ann", 10), ("Jun", 0), ("Mei", 0), (None, 0)]
    half = [("Ann", 5), ("Jun", 0), ("Mei", 5), (None, 0)]
    assert shares["LAST"] == shares["CODE_FIRST"] == last
    assert shares["FIRST"] == [("Ann", 0), ("Jun", 0), ("Mei", 10), (None, 0)]
    assert shares["LINEAR"] == shares["POSITION"] == shares["SHAPLEY"] == half
    assert {sum(amount for _, amount in one) for one in shares.values()} == {10}
    assert len(shares) == 8
    # The campaign, who is in it, what met it as a whole, and what all models credit.
    assert statements(MODELS, of=partner, id=three.id) == 4


def test_an_agency_is_told_of_its_own_alone(partner: Partner, three: Three) -> None:
    def seen(query: str) -> Any:
        told = execute(
            query, actor=actor_of_agency(agency_id=three.agency.id, name="north"), variables={"id": three.id}
        )
        assert told.errors is None
        return told.data["campaign"]

    shared = seen(OVERLAP)["overlap"]
    assert (shared["kols"], shared["cells"]) == ([{"name": "Mei", "people": "25"}], [])
    assert (shared["unique"], shared["gross"]) == ("25", "25")
    members = {
        credit["member"] and credit["member"]["name"]
        for one in seen(MODELS)["models"]
        for credit in one["credits"]
    }
    assert members == {"Mei"}
