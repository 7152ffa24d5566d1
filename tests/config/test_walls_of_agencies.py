"""An agency and a guest are told what is theirs, through every field there is; either wall is enough."""

from dataclasses import replace

import pytest
from graphql import GraphQLObjectType

from analytics.graphql.pages import own_id
from config.graphql import schema
from tests.analytics.graphql_client import actor_of, execute
from tests.config.campaigns import BUDGETS, FEES, whole_sums
from tests.config.sources import SUMS
from tests.config.test_walls_of_changes import AIMED, OWN, refused, rows_of
from tests.config.walls import ALL, Side, foreign_values, side, told

# What no field tells as it stands, with no wall at all: visitors and devices of clicks, guests' names, visits
# and carts, who was erased, and what is written otherwise.
UNTOLD = {
    "amber-visitor", "amber-device", "amber-guest", "amber-visit", "amber-cart", "amber-gone", "amber whole",
    "amber free", "amber feed", "amber product", "AMBER FREE", "AMBER WHOLE", "AMBER YANKEE", "AMBER-WHOLE",
}  # fmt: skip
CODES = {"FORBIDDEN", "BAD_USER_INPUT"}
# All that agencies and guests are told of: campaigns, who they are themselves, and what numbers mean. Of
# customers, of the shop and of what its partner plans there is nothing here.
SEEN = {
    "Actor", "Agency", "Appearance", "BenchmarkLevel", "Campaign", "CampaignKpis", "CampaignMember",
    "CampaignPartner", "Claim", "ClaimLine", "Collaboration", "CollaborationKpis", "CommissionTier", "Cost",
    "CoveredMoney", "Figure", "Flag", "FlagEvidence", "Kol", "KolAccount", "KolKpis", "KpiDifference",
    "MetricDefinition", "ModelCredit", "ModelShare", "Money", "MoneyInterval", "MoneyRatio", "Overlap",
    "OverlapCell", "PageInfo", "PromoCode", "RateLimit", "Ratio", "RatioInterval", "ReachedMember", "Series",
    "Statement", "Terms", "TimeSeries", "TrackingLink",
}  # fmt: skip
PAGED = {"Agency", "Campaign", "Claim", "ClaimLine", "Collaboration", "Cost", "Kol", "Statement"}


@pytest.fixture(scope="module")
def amber() -> Side:
    """Whose campaign it is."""
    return side("amber")


@pytest.fixture(scope="module")
def bravo() -> Side:
    """Another partner."""
    return side("bravo")


def people_and_goods(of: Side) -> list[str]:
    """What nobody outside of a partner is told: viewers, customers, products, and what is planned."""
    ids = [identity for letter, identity in of.ids.items() if letter in "BDFGQRUVrtv"]
    names = ["viewer", "customer", "sku", "hat", "0", "late", "visitor", "device"]
    names += ["early", "aside", "gone", "visit", "cart"]
    texts = ["now", "product", "owner", "choice", "reason", "host", "feed", "offer", "desk"]
    texts += ["old", "channel", "ads"]
    return [*ids, *(f"{of.mark}-{one}" for one in names), *(f"{of.mark} {one}" for one in texts)]


def hidden_from_agency(of: Side) -> list[str]:
    """What of its partner an agency is not told: all that is not of its own KOL."""
    mark = of.mark
    others = [identity for ids in of.stage.others.values() for identity in ids]
    names = [f"{mark}{dash}{one}" for one in ("yankee", "free", "whole") for dash in "- "]
    return [
        *people_and_goods(of), *others, *names, *(name.upper() for name in names), *whole_sums(mark),
        f"{mark} title", f"{mark}-order", f"{mark}-guest", SUMS[mark][1], BUDGETS[mark], of.ids["S"],
    ]  # fmt: skip


def found(text: str, secrets: list[str]) -> list[str]:
    """Which of these are in a text."""
    return [one for one in secrets if one in text]


def test_an_agency_is_told_its_own_kols_and_nothing_else(amber: Side, bravo: Side) -> None:
    actor = amber.stage.asked_by_agency()
    answer = told(actor, amber)
    assert found(answer.text, hidden_from_agency(amber)) == []
    own = [amber.ids[letter] for letter in "CLKATMIP"]
    names = [
        "amber campaign",
        "amber brand",
        "amber-xray kol",
        "AMBER-XRAY-CODE",
        "amber past",
        "amber-past-order",
    ]
    assert [one for one in (*own, *names, FEES["amber"]["xray"]) if one not in answer.text] == []
    assert answer.codes <= CODES
    assert foreign_values(told(actor, bravo).text, bravo) == []


def test_the_other_agency_of_a_campaign_is_told_of_the_other_kol(amber: Side) -> None:
    answer = told(amber.stage.asked_by_other(), amber)
    secrets = ["amber-xray", "amber xray", "AMBER-XRAY", "amber past", FEES["amber"]["xray"]]
    assert found(answer.text, [*secrets, *(amber.ids[letter] for letter in "LKTMI")]) == []
    assert "amber-yankee kol" in answer.text


def test_a_guest_is_told_the_campaign_and_nothing_else_of_the_partner(amber: Side, bravo: Side) -> None:
    actor = amber.stage.asked_by_guest()
    answer = told(actor, amber)
    assert found(answer.text, people_and_goods(amber)) == []
    names = [f"amber-{one} kol" for one in ("xray", "yankee", "free")]
    assert [one for one in (*names, *FEES["amber"].values()) if one not in answer.text] == []
    assert answer.codes <= CODES
    assert foreign_values(told(actor, bravo).text, bravo) == []


def test_of_customers_and_the_shop_nobody_outside_is_told_anything(amber: Side) -> None:
    paged = {f"{kind}{part}" for kind in PAGED for part in ("Connection", "Edge")}
    seen: set[str] = set()
    for actor in (amber.stage.asked_by_agency(), amber.stage.asked_by_guest()):
        types = told(actor, amber).types
        empty = {kind for kind in types if kind.endswith("Connection") and f"{kind[:-10]}Edge" not in types}
        # A curve of no customers.
        seen |= types - empty - {"RepeatPurchaseCurve"}
        curve = execute("{ repeatPurchaseCurve { customers points { share } } }", actor=actor)
        assert curve.data == {"repeatPurchaseCurve": {"customers": "0", "points": []}}
    assert seen == {*SEEN, *paged}


@pytest.mark.parametrize("who", ["agency", "other", "guest"])
def test_without_the_scope_in_code_the_database_still_hides(amber: Side, bravo: Side, who: str) -> None:
    behind = getattr(amber.stage, f"asked_by_{who}")()
    forgotten = actor_of(amber.partner, bravo.partner, scopes=ALL)
    secrets = {
        "agency": hidden_from_agency(amber),
        "other": ["amber-xray", "amber xray", "AMBER-XRAY", FEES["amber"]["xray"]],
        "guest": people_and_goods(amber),
    }[who]
    # Rows are walled, columns are not: of a campaign that is seen the budget, of a claim who decided it.
    beside = {BUDGETS["amber"], "amber desk"}
    # Sessions of its own KOLs are seen as rows, with what is written of them.
    beside |= {"amber host"}
    answer = told(forgotten, amber, behind=behind)
    assert set(found(answer.text, secrets)) - beside == set()
    assert "amber campaign" in answer.text
    assert foreign_values(told(forgotten, bravo, behind=behind).text, bravo) == []


@pytest.mark.parametrize("who", ["agency", "guest"])
def test_without_row_security_the_code_still_hides(amber: Side, bravo: Side, who: str) -> None:
    actor = getattr(amber.stage, f"asked_by_{who}")()
    everything = replace(actor_of(amber.partner, bravo.partner, scopes=ALL), is_house=True)
    secrets = hidden_from_agency(amber) if who == "agency" else people_and_goods(amber)
    answer = told(actor, amber, behind=everything)
    assert found(answer.text, secrets) == []
    assert "amber-xray kol" in answer.text
    assert answer.codes <= CODES
    assert foreign_values(told(actor, bravo, behind=everything).text, bravo) == []


def test_without_both_walls_the_walk_finds_what_is_hidden(amber: Side, bravo: Side) -> None:
    answer = told(actor_of(amber.partner, scopes=ALL), amber)
    missed = set(hidden_from_agency(amber)) - set(found(answer.text, hidden_from_agency(amber)))
    # Of no field, whoever asks.
    assert missed == UNTOLD


# A file of what one is told anyway; that it was made is on record.
FILES = {"exportStatement": "commerce_recordentry"}
CHANGES = [name for name in (*AIMED, *OWN) if name not in FILES]


@pytest.mark.parametrize("name", CHANGES)
def test_an_agency_and_a_guest_change_nothing(amber: Side, name: str) -> None:
    before, given = rows_of(amber), {**AIMED, **OWN}[name](amber)
    everything = actor_of(amber.partner, scopes=ALL)
    for actor in (amber.stage.asked_by_agency(), amber.stage.asked_by_guest()):
        for behind in (actor, everything):
            assert refused(name, given, actor=actor, behind=behind) == ["FORBIDDEN"]
    assert rows_of(amber) == before


def test_a_file_is_made_of_what_is_ones_own_alone(amber: Side) -> None:
    before, actor = rows_of(amber), amber.stage.asked_by_agency()
    (foreign,) = (one for one in amber.stage.others["yankee"] if own_id(one, "M") is not None)
    assert refused("exportStatement", {"id": foreign, "format": "PDF"}, actor=actor) == ["NOT_FOUND"]
    assert rows_of(amber) == before
    assert refused("exportStatement", {"id": amber.ids["M"], "format": "PDF"}, actor=actor) == []
    after = rows_of(amber)
    assert {table for table in after if after[table] != before[table]} == {FILES["exportStatement"]}


def test_whoever_is_let_in_by_mistake_changes_nothing_behind_the_database(amber: Side) -> None:
    # The scope of the key forgotten as well: rows of an outsider are there to be read.
    before = rows_of(amber)
    for name in CHANGES:
        actor = replace(amber.stage.asked_by_agency(), scopes=frozenset({*ALL, "ingest"}))
        refused(name, {**AIMED, **OWN}[name](amber), actor=actor, behind=actor)
    assert rows_of(amber) == before


def test_every_change_is_among_those_refused() -> None:
    mutation = schema._schema.mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    assert set(mutation.fields) == {*AIMED, *OWN}
