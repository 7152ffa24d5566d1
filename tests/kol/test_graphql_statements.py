"""Claims and statements as the API tells and changes them."""

from typing import Any, Final

from analytics.graphql.pages import node_id
from commerce.access import Actor, Sight
from kol.models import Campaign, Claim, Collaboration
from tests.analytics.graphql_client import ask, execute, refusal
from tests.analytics.graphql_client import statements as statements_of
from tests.kol.ledger import Books, at, books

BOTH: Final = ("read", "manage")
OVERVIEW: Final = """query ($first: Int!) { campaigns(first: $first) { edges { node { name
    claims { edges { node { orderNumber status amount { amount } base { amount }
      lines { kind amount { amount } rate statementId } } } }
    statements { edges { node { status total { amount currency } base { amount } lineCount
      carried { amount } lines { edges { node { orderNumber kind amount { amount } } } } } } }
  } } } }"""
LISTED: Final = """query ($filter: StatementFilter) { statements(filter: $filter) { edges { node {
  id status startsOn endsOn total { amount } lineCount } } } }"""


def change(name: str, of: Books, told: str = "id status", **given: Any) -> tuple[Any, list[str]]:
    """(the changed object, the codes of user errors) of a mutation with `input`."""
    what = "claim" if name.endswith("Claim") else "statement"
    kind = name[0].upper() + name[1:]
    query = f"""mutation ($input: {kind}Input!) {{ {name}(input: $input) {{
      {what} {{ {told} }} userErrors {{ field code message }} }} }}"""
    answer = ask(query, of=of.partner, scopes=BOTH, input=given)[name]
    return answer[what], [error["code"] for error in answer["userErrors"]]


def collaboration(of: Books, number: int = 0) -> str:
    return str(node_id("L", of.collaborations[number].pk))


def made(of: Books, number: int = 0) -> str:
    """An estimate for May, by its id."""
    period = {"from": "2026-05-01", "to": "2026-06-01"}
    told, codes = change(
        "createStatement", of, collaborationId=collaboration(of, number), period=period, reason="monthly"
    )
    assert (told["status"], codes) == ("ESTIMATED", [])
    return str(told["id"])


def test_a_claim_is_approved_put_on_a_statement_and_paid() -> None:
    world = books()
    order = world.order("100", placed_at=at(20))
    world.book()
    claim = str(node_id("I", order))
    told, _ = change("approveClaim", world, "status amount { amount currency } decidedBy", id=claim)
    assert told == {
        "status": "APPROVED", "amount": {"amount": "10.00", "currency": "SGD"}, "decidedBy": "test",
    }  # fmt: skip
    statement = made(world)
    assert change("approveStatement", world, id=statement)[0]["status"] == "APPROVED"
    assert change("payStatement", world, id=statement, reference="x") == (None, ["CONFLICT"])
    locked, _ = change("lockStatement", world, "status total { amount } lineCount", id=statement)
    assert locked == {"status": "LOCKED", "total": {"amount": "10.00"}, "lineCount": "1"}
    paid, _ = change("payStatement", world, "status paymentReference", id=statement, reference="bank 1")
    assert paid == {"status": "PAID", "paymentReference": "bank 1"}
    node = "query ($id: ID!) { node(id: $id) { ... on Claim { status orderNumber } } }"
    assert ask(node, of=world.partner, id=claim)["node"]["status"] == "PAID"


def test_a_claim_is_declined_with_a_reason() -> None:
    world = books()
    order = world.order("100", placed_at=at(20))
    world.book()
    claim = str(node_id("I", order))
    assert change("declineClaim", world, id=claim, reason="") == (None, ["INVALID"])
    assert change("declineClaim", world, id=claim, reason="a\0b") == (None, ["INVALID"])
    told, codes = change(
        "declineClaim", world, "status reason amount { amount } lines { kind }", id=claim, reason="leak"
    )
    assert (told, codes) == (
        {"status": "DECLINED", "reason": "leak", "amount": {"amount": "0.00"},
         "lines": [{"kind": "SALE"}, {"kind": "REVERSAL"}]},
        [],
    )  # fmt: skip
    assert change("declineClaim", world, id=claim, reason="again") == (None, ["CONFLICT"])
    assert change("approveClaim", world, id=collaboration(world)) == (None, ["NOT_FOUND"])


def test_what_is_refused_of_a_statement_names_the_field_of_the_input() -> None:
    world = books()
    query = """mutation ($input: CreateStatementInput!) { createStatement(input: $input) {
      statement { id } userErrors { field code message } } }"""
    asked = {
        "collaborationId": str(node_id("L", world.partner.pk)),
        "period": {"from": "2026-05-01", "to": "2026-06-01"},
    }
    assert ask(query, of=world.partner, scopes=BOTH, input=asked)["createStatement"] == {
        "statement": None,
        "userErrors": [
            {
                "field": ["input", "collaborationId"],
                "code": "NOT_FOUND",
                "message": "There is no such collaboration.",
            }
        ],
    }


def test_who_only_reads_decides_nothing() -> None:
    world = books()
    query = "mutation ($input: ApproveClaimInput!) { approveClaim(input: $input) { claim { id } } }"
    assert refusal(query, of=world.partner, input={"id": "x"})[0] == "FORBIDDEN"


def test_statements_are_listed_by_what_is_asked() -> None:
    world = books()
    world.order("100", placed_at=at(20))
    world.book()
    Claim.objects.using("worker").filter(partner=world.partner).update(status="APPROVED")
    first, second = made(world), made(world, 1)

    def listed(**where: str) -> list[str]:
        edges = ask(LISTED, of=world.partner, filter=where)["statements"]["edges"]
        return sorted(edge["node"]["id"] for edge in edges)

    campaign = str(node_id("C", world.collaborations[0].campaign_id))
    assert listed() == listed(campaign=campaign) == listed(status="ESTIMATED") == sorted([first, second])
    assert listed(collaboration=collaboration(world)) == [first]
    assert listed(status="PAID") == listed(campaign=collaboration(world)) == []
    told = ask(LISTED, of=world.partner, filter={"collaboration": collaboration(world)})
    assert told["statements"]["edges"][0]["node"] == {
        "id": first, "status": "ESTIMATED", "startsOn": "2026-05-01", "endsOn": "2026-06-01",
        "total": {"amount": "10.00"}, "lineCount": "1",
    }  # fmt: skip


def test_a_page_takes_as_many_statements_as_one_of_it() -> None:
    world = books()
    for number in (0, 1, 1):
        world.order("100", placed_at=at(20 + number), to=number)
    world.book()
    Claim.objects.using("worker").filter(partner=world.partner).update(status="APPROVED")
    made(world), made(world, 1)
    second = Campaign.objects.using("worker").create(
        partner=world.partner, name="Summer", starts_on=at(1), ends_on=at(2), currency="SGD"
    )
    Collaboration.objects.using("worker").filter(pk=world.collaborations[1].pk).update(campaign=second)
    taken = [statements_of(OVERVIEW, of=world.partner, first=first) for first in (1, 2)]
    assert taken[0] == taken[1]
    edges = ask(OVERVIEW, of=world.partner, first=2)["campaigns"]["edges"]
    told = {edge["node"]["name"]: edge["node"] for edge in edges}["Summer"]
    assert [edge["node"]["amount"] for edge in told["claims"]["edges"]] == [{"amount": "20.00"}] * 2
    (statement,) = (edge["node"] for edge in told["statements"]["edges"])
    assert (statement["total"], statement["base"], statement["lineCount"], statement["carried"]) == (
        {"amount": "40.00", "currency": "SGD"}, {"amount": "200.00"}, "2", {"amount": "0.00"},
    )  # fmt: skip
    assert [edge["node"]["amount"]["amount"] for edge in statement["lines"]["edges"]] == ["20.00"] * 2


def test_an_agency_reads_its_own_and_decides_nothing() -> None:
    world = books()
    for number in (0, 1):
        world.order("100", placed_at=at(20), to=number)
    world.book()
    Claim.objects.using("worker").filter(partner=world.partner).update(status="APPROVED", decided_by="ann")
    own, foreign = made(world), made(world, 1)
    first = world.collaborations[0]
    actor = Actor(
        name="agency", partner_ids=(), scopes=frozenset({"read"}), agency_id=first.pk,
        sights=(Sight(partner_id=world.partner.pk, campaign_id=first.campaign_id, agency_id=first.pk),),
        collaboration_ids=(first.pk,),
    )  # fmt: skip
    result = execute(LISTED, actor=actor, variables={"filter": {}})
    assert result.errors is None
    assert [edge["node"]["id"] for edge in result.data["statements"]["edges"]] == [own]
    assert result.data["statements"]["edges"][0]["node"]["total"] == {"amount": "10.00"}
    node = """query ($id: ID!) { node(id: $id) { ... on Statement { lines { edges { node { orderNumber } } } }
      ... on Claim { decidedBy } } }"""
    assert execute(node, actor=actor, variables={"id": foreign}).data == {"node": None}
    (claim,) = Claim.objects.using("worker").filter(collaboration=first)
    told = execute(node, actor=actor, variables={"id": str(node_id("I", claim.pk))})
    assert told.data == {"node": {"decidedBy": None}}
    seen = execute(node, actor=actor, variables={"id": own}).data["node"]["lines"]["edges"]
    assert [edge["node"]["orderNumber"] for edge in seen] == [claim.order_number]
    query = "mutation ($input: LockStatementInput!) { lockStatement(input: $input) { statement { id } } }"
    refused = execute(query, actor=actor, variables={"input": {"id": own}})
    assert [error.extensions["code"] for error in refused.errors] == ["FORBIDDEN"]
