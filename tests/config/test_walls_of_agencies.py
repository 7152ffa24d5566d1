"""An agency and a guest are told what is theirs, through every field there is; either wall is enough."""

from dataclasses import replace

import pytest
from graphql import GraphQLObjectType

from analytics.graphql.pages import own_id
from config.graphql import schema
from tests.analytics.graphql_client import actor_of
from tests.config.campaigns import BUDGETS, FEES, whole_sums
from tests.config.test_walls_of_changes import AIMED, OWN, refused, rows_of
from tests.config.walls import ALL, SUMS, Side, foreign_values, side, told

# What no field tells as it stands, with no wall at all: visitors and devices of clicks, guests' names, and
# what is written otherwise.
UNTOLD = {
    "alpha-visitor", "alpha-device", "alpha-guest", "alpha whole", "alpha free", "alpha-customer",
    "alpha feed", "alpha product", "ALPHA FREE", "ALPHA WHOLE", "ALPHA YANKEE", "ALPHA-WHOLE",
}  # fmt: skip
CODES = {"FORBIDDEN", "BAD_USER_INPUT"}


@pytest.fixture(scope="module")
def alpha() -> Side:
    """Whose campaign it is."""
    return side("alpha")


@pytest.fixture(scope="module")
def bravo() -> Side:
    """Another partner."""
    return side("bravo")


def people_and_goods(of: Side) -> list[str]:
    """What nobody outside of a partner is told: viewers, customers, products, and what is planned."""
    ids = [identity for letter, identity in of.ids.items() if letter in "GRVtQr"]
    names = ("viewer", "customer", "sku", "hat", "0", "late", "visitor", "device")
    texts = ("now", "product", "owner", "choice", "reason", "host", "feed", "offer", "desk")
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


def test_an_agency_is_told_its_own_kols_and_nothing_else(alpha: Side, bravo: Side) -> None:
    actor = alpha.stage.asked_by_agency()
    answer = told(actor, alpha)
    assert found(answer.text, hidden_from_agency(alpha)) == []
    own = [alpha.ids[letter] for letter in "CLKATMIP"]
    names = [
        "alpha campaign",
        "alpha brand",
        "alpha-xray kol",
        "ALPHA-XRAY-CODE",
        "alpha past",
        "alpha-past-order",
    ]
    assert [one for one in (*own, *names, FEES["alpha"]["xray"]) if one not in answer.text] == []
    assert answer.codes <= CODES
    assert foreign_values(told(actor, bravo).text, bravo) == []


def test_the_other_agency_of_a_campaign_is_told_of_the_other_kol(alpha: Side) -> None:
    answer = told(alpha.stage.asked_by_other(), alpha)
    secrets = ["alpha-xray", "alpha xray", "ALPHA-XRAY", "alpha past", FEES["alpha"]["xray"]]
    assert found(answer.text, [*secrets, *(alpha.ids[letter] for letter in "LKTMI")]) == []
    assert "alpha-yankee kol" in answer.text


def test_a_guest_is_told_the_campaign_and_nothing_else_of_the_partner(alpha: Side, bravo: Side) -> None:
    actor = alpha.stage.asked_by_guest()
    answer = told(actor, alpha)
    assert found(answer.text, people_and_goods(alpha)) == []
    names = [f"alpha-{one} kol" for one in ("xray", "yankee", "free")]
    assert [one for one in (*names, *FEES["alpha"].values()) if one not in answer.text] == []
    assert answer.codes <= CODES
    assert foreign_values(told(actor, bravo).text, bravo) == []


@pytest.mark.parametrize("who", ["agency", "other", "guest"])
def test_without_the_scope_in_code_the_database_still_hides(alpha: Side, bravo: Side, who: str) -> None:
    behind = getattr(alpha.stage, f"asked_by_{who}")()
    forgotten = actor_of(alpha.partner, bravo.partner, scopes=ALL)
    secrets = {
        "agency": hidden_from_agency(alpha),
        "other": ["alpha-xray", "alpha xray", "ALPHA-XRAY", FEES["alpha"]["xray"]],
        "guest": people_and_goods(alpha),
    }[who]
    # Rows are walled, columns are not: of a campaign that is seen the budget, of a claim who decided it.
    beside = {BUDGETS["alpha"], "alpha desk"}
    # Sessions of its own KOLs are seen as rows, with what is written of them.
    beside |= {"alpha host"}
    answer = told(forgotten, alpha, behind=behind)
    assert set(found(answer.text, secrets)) - beside == set()
    assert "alpha campaign" in answer.text
    assert foreign_values(told(forgotten, bravo, behind=behind).text, bravo) == []


@pytest.mark.parametrize("who", ["agency", "guest"])
def test_without_row_security_the_code_still_hides(alpha: Side, bravo: Side, who: str) -> None:
    actor = getattr(alpha.stage, f"asked_by_{who}")()
    everything = replace(actor_of(alpha.partner, bravo.partner, scopes=ALL), is_house=True)
    secrets = hidden_from_agency(alpha) if who == "agency" else people_and_goods(alpha)
    answer = told(actor, alpha, behind=everything)
    assert found(answer.text, secrets) == []
    assert "alpha-xray kol" in answer.text
    assert answer.codes <= CODES
    assert foreign_values(told(actor, bravo, behind=everything).text, bravo) == []


def test_without_both_walls_the_walk_finds_what_is_hidden(alpha: Side, bravo: Side) -> None:
    answer = told(actor_of(alpha.partner, scopes=ALL), alpha)
    missed = set(hidden_from_agency(alpha)) - set(found(answer.text, hidden_from_agency(alpha)))
    # Of no field, whoever asks.
    assert missed == UNTOLD


# A file of what one is told anyway; that it was made is on record.
FILES = {"exportStatement": "commerce_recordentry"}
CHANGES = [name for name in (*AIMED, *OWN) if name not in FILES]


@pytest.mark.parametrize("name", CHANGES)
def test_an_agency_and_a_guest_change_nothing(alpha: Side, name: str) -> None:
    before, given = rows_of(alpha), {**AIMED, **OWN}[name](alpha)
    everything = actor_of(alpha.partner, scopes=ALL)
    for actor in (alpha.stage.asked_by_agency(), alpha.stage.asked_by_guest()):
        for behind in (actor, everything):
            assert refused(name, given, actor=actor, behind=behind) == ["FORBIDDEN"]
    assert rows_of(alpha) == before


def test_a_file_is_made_of_what_is_ones_own_alone(alpha: Side) -> None:
    before, actor = rows_of(alpha), alpha.stage.asked_by_agency()
    (foreign,) = (one for one in alpha.stage.others["yankee"] if own_id(one, "M") is not None)
    assert refused("exportStatement", {"id": foreign, "format": "PDF"}, actor=actor) == ["NOT_FOUND"]
    assert rows_of(alpha) == before
    assert refused("exportStatement", {"id": alpha.ids["M"], "format": "PDF"}, actor=actor) == []
    after = rows_of(alpha)
    assert {table for table in after if after[table] != before[table]} == {FILES["exportStatement"]}


def test_whoever_is_let_in_by_mistake_changes_nothing_behind_the_database(alpha: Side) -> None:
    # The scope of the key forgotten as well: rows of an outsider are there to be read.
    before = rows_of(alpha)
    for name in CHANGES:
        actor = replace(alpha.stage.asked_by_agency(), scopes=frozenset({*ALL, "ingest"}))
        refused(name, {**AIMED, **OWN}[name](alpha), actor=actor, behind=actor)
    assert rows_of(alpha) == before


def test_every_change_is_among_those_refused() -> None:
    mutation = schema._schema.mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    assert set(mutation.fields) == {*AIMED, *OWN}
