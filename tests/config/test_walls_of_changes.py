"""No change reaches a foreign row: neither is it touched, nor is anything of it told."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from graphql import GraphQLObjectType, get_named_type

from analytics.graphql.pages import node_id
from commerce.models import LiveSession
from config.api.errors import classify
from config.graphql import schema
from tests.analytics.graphql_client import actor_of, execute
from tests.architecture.test_catalogue import tables
from tests.config.walls import ALL, Side, foreign_values, side
from tests.factories import event, minute

SCOPES: Final = (*ALL, "ingest", "read:pii")
AT: Final = minute(12).isoformat()
Given = Callable[[Side], dict[str, Any]]


def _live(of: Side, name: str) -> str:
    rows = LiveSession.objects.using("worker").filter(partner=of.partner, title__contains=name)
    return str(node_id("S", rows.order_by("-is_merged")[0].pk))


def _moment(**more: Any) -> Given:
    return lambda of: {"sessionId": of.ids["S"], "at": AT, **more}


def _on_product(**more: Any) -> Given:
    return lambda of: {"sessionId": of.ids["S"], "productId": of.ids["G"], "at": AT, **more}


# What each change is given of whom it is aimed at.
AIMED: Final[dict[str, Given]] = {
    "addHostNote": _moment(text="x"),
    "appealViolation": lambda of: {"id": of.ids["V"], "text": "x"},
    "decideAppeal": lambda of: {"id": of.ids["V"], "outcome": "UPHELD"},
    "endGiveaway": _on_product(),
    "endPromotion": _on_product(),
    "exportViewers": lambda of: {"session": of.ids["S"]},
    "featureProduct": _on_product(),
    "keepSessionsApart": lambda of: {"ids": [of.ids["S"], _live(of, "past")]},
    "mergeSessions": lambda of: {"ids": [of.ids["S"], _live(of, "past")]},
    "pinMessage": _moment(text="x"),
    "redriveRejections": lambda of: {"ids": [of.ids["R"]]},
    "reviseTarget": lambda of: {"id": of.ids["t"], "value": "8", "why": "STRATEGY_CHANGED"},
    "setTarget": lambda of: {
        "sessionId": _live(of, "now"), "metric": "LIKES", "value": "9", "owner": "x",
    },
    "splitSession": lambda of: {"id": _live(of, "east")},
    "startGiveaway": _on_product(label="x"),
    "startPromotion": _on_product(label="x"),
    "unfeatureProduct": _on_product(),
    "createStatement": lambda of: {
        "collaborationId": of.ids["L"], "period": {"from": "2026-02-01", "to": "2026-03-01"},
    },
    "exportStatement": lambda of: {"id": of.ids["M"], "format": "PDF"},
    "approveStatement": lambda of: {"id": of.ids["M"]},
    "lockStatement": lambda of: {"id": of.ids["M"]},
    "payStatement": lambda of: {"id": of.ids["M"], "reference": "x"},
    "declineClaim": lambda of: {"id": of.ids["I"], "reason": "x"},
    "approveClaim": lambda of: {"id": of.ids["I"]},
    "updateCampaign": lambda of: {"campaignId": of.ids["C"], "name": "x"},
    "addCollaboration": lambda of: {
        "campaignId": of.ids["C"], "kolId": of.stage.spare, "terms": {"validFrom": "2026-05-20"},
    },
    "setTerms": lambda of: {"collaborationId": of.ids["L"], "terms": {"validFrom": "2026-06-02"}},
    "addCost": lambda of: {
        "campaignId": of.ids["C"], "kind": "FEE", "amount": "1", "onDate": "2026-05-28",
    },
    "setAppearance": lambda of: {"collaborationId": of.ids["L"], "session": {"id": of.ids["S"]}},
    "removeAppearance": lambda of: {"collaborationId": of.ids["L"], "session": {"id": _live(of, "past")}},
    "createTrackingLink": lambda of: {
        "collaborationId": of.ids["L"], "destination": f"https://{of.mark}.example/x",
    },
    "revokeTrackingLink": lambda of: {"id": of.ids["T"]},
    "createPromoCode": lambda of: {"collaborationId": of.ids["L"], "code": "XYZ"},
    "grantAgency": lambda of: {"campaignId": of.ids["C"], "agency": {"id": of.stage.third}},
    "inviteGuest": lambda of: {"campaignId": of.ids["C"], "username": "x"},
    # What ends it goes last.
    "removeGuest": lambda of: {"campaignId": of.ids["C"], "username": of.stage.guest},
    "revokeGrant": lambda of: {"campaignId": of.ids["C"], "agency": {"id": of.ids["A"]}},
    "deleteMetricSelection": lambda of: {"id": of.ids["Q"]},
    "retireTarget": lambda of: {"id": of.ids["t"], "why": "STRATEGY_CHANGED"},
    "completeReview": lambda of: {"id": of.ids["v"], "note": "x"},
    "exportFollowUpList": lambda of: {"id": of.ids["F"]},
    # Last: nobody is found by what others are called afterwards.
    "exportPerson": lambda of: {"person": {"customer": of.ids["U"]}, "reason": "x"},
    "erasePerson": lambda of: {"person": {"customer": of.ids["U"]}, "reason": "x"},
}  # fmt: skip
OF_PRODUCTS: Final = [name for name in AIMED if name.endswith(("Product", "Giveaway", "Promotion"))]
# They name no row by its id: what they write is the actor's own, whatever it is called.
OWN: Final[dict[str, Given]] = {
    "ingestEvents": lambda of: {
        "events": [
            json.dumps(event("live_session_started", minute(0), title="x", subject=f"{of.mark}-live",
                source=f"/site/{of.mark}"))
        ]
    },
    "createCampaign": lambda of: {
        "name": f"{of.mark} campaign", "startsOn": "2026-06-01", "endsOn": "2026-06-03",
    },
    "createKol": lambda of: {"name": f"{of.mark}-xray kol"},
    "importRoster": lambda of: {
        "csv": f"name,platform,handle\n{of.mark} x,TIKTOK,{of.mark}-{uuid4().hex[-8:]}", "preview": False,
    },
    "setRateCard": lambda of: {"rates": [{"metric": "VIEWS", "rate": "0.02"}]},
    "saveMetricSelection": lambda of: {"name": f"{of.mark} choice", "metrics": ["LIKES"]},
}  # fmt: skip
# Written as the worker, for whom the database has no walls: the scope in code is the one they have.
BY_WORKER: Final = {"erasePerson", "exportPerson", "keepSessionsApart", "mergeSessions", "splitSession"}


@pytest.fixture(scope="module")
def amber() -> Side:
    """Who tries."""
    return side("amber")


@pytest.fixture(scope="module")
def bravo() -> Side:
    """Whose rows they are."""
    return side("bravo")


def rows_of(of: Side) -> dict[str, tuple[int, str]]:
    """How many rows a partner has in each table, and a print of them."""
    found = {}
    with psycopg.connect(settings.LOCAL_SERVERS.database_url(role="owner")) as owner:
        for table in [*tables("PARTNER"), "commerce_stale"]:
            query = psycopg.sql.SQL(
                "SELECT count(*), COALESCE(md5(string_agg(t::text, '' ORDER BY t::text)), '') "
                "FROM {} t WHERE partner_id = %s"
            ).format(psycopg.sql.Identifier(table))
            row = owner.execute(query, [of.partner.id]).fetchone()
            assert row is not None
            found[table] = (row[0], row[1])
    return found


def change(name: str, given: Mapping[str, Any], **actors: Any) -> tuple[str, list[str]]:
    """(the answer as a text, the codes of its user errors) of a change."""
    mutation = schema._schema.mutation_type
    assert mutation is not None
    definition = mutation.fields[name]
    payload = get_named_type(definition.type)
    assert isinstance(payload, GraphQLObjectType)
    told = payload.fields.items()
    leaves = " ".join(key for key, one in told if not hasattr(get_named_type(one.type), "fields"))
    query = f"""mutation ($input: {definition.args["input"].type}) {{ {name}(input: $input) {{
      {leaves} userErrors {{ field code message }} }} }}"""
    result = execute(query, variables={"input": given}, **actors)
    assert result.errors is None, result.errors
    codes = [error["code"] for error in result.data[name]["userErrors"]]
    return json.dumps(result.data), codes


def refused(name: str, given: Mapping[str, Any], **actors: Any) -> list[str]:
    """The codes of the errors that a change is refused with; of what the caller did wrong where it is not."""
    mutation = schema._schema.mutation_type
    assert mutation is not None
    query = f"""mutation ($input: {mutation.fields[name].args["input"].type}) {{ {name}(input: $input) {{
      userErrors {{ code }} }} }}"""
    result = execute(query, variables={"input": given}, **actors)
    if result.errors:
        return [classify(error).value for error in result.errors]
    return [error["code"] for error in result.data[name]["userErrors"]]


def test_every_change_is_tried() -> None:
    mutation = schema._schema.mutation_type
    assert mutation is not None
    assert set(mutation.fields) == {*AIMED, *OWN}


@pytest.mark.parametrize("name", AIMED)
def test_a_change_touches_and_tells_nothing_foreign(amber: Side, bravo: Side, name: str) -> None:
    before, given = rows_of(bravo), AIMED[name](bravo)
    mine, both = actor_of(amber.partner, scopes=SCOPES), actor_of(amber.partner, bravo.partner, scopes=SCOPES)
    tries = [(mine, mine), (mine, both)] + [(both, mine)] * (name not in BY_WORKER)
    for actor, behind in tries:
        text, codes = change(name, given, actor=actor, behind=behind)
        assert (foreign_values(text, bravo), codes) == ([], ["NOT_FOUND"])
    assert rows_of(bravo) == before


@pytest.mark.parametrize("name", OF_PRODUCTS)
def test_a_session_of_ones_own_takes_no_foreign_product(amber: Side, bravo: Side, name: str) -> None:
    before = rows_of(bravo)
    given = {**AIMED[name](amber), "productId": bravo.ids["G"]}
    mine, both = actor_of(amber.partner, scopes=SCOPES), actor_of(amber.partner, bravo.partner)
    for behind in (mine, both):
        text, codes = change(name, given, actor=mine, behind=behind)
        assert (foreign_values(text, bravo), codes) == ([], ["NOT_FOUND"])
    assert rows_of(bravo) == before


@pytest.mark.parametrize("name", ["keepSessionsApart", "mergeSessions"])
def test_a_session_of_ones_own_is_not_put_together_with_a_foreign_one(
    amber: Side, bravo: Side, name: str
) -> None:
    before = rows_of(bravo)
    mine = actor_of(amber.partner, scopes=SCOPES)
    text, codes = change(name, {"ids": [amber.ids["S"], bravo.ids["S"]]}, actor=mine)
    assert (foreign_values(text, bravo), codes) == ([], ["NOT_FOUND"])
    assert rows_of(bravo) == before


@pytest.mark.parametrize("name", OWN)
def test_what_is_called_as_a_foreign_row_is_ones_own(amber: Side, bravo: Side, name: str) -> None:
    before, own = rows_of(bravo), rows_of(amber)
    mine, both = actor_of(amber.partner, scopes=SCOPES), actor_of(amber.partner, bravo.partner)
    for behind in (mine, both):
        assert change(name, OWN[name](bravo), actor=mine, behind=behind)[1] == []
    assert rows_of(bravo) == before
    assert rows_of(amber) != own


def test_whose_rows_they_are_changes_them() -> None:
    # Else the tries above would show nothing.
    charlie = side("bravo")
    mine = actor_of(charlie.partner, scopes=SCOPES)
    given = {name: aim(charlie) for name, aim in AIMED.items()}
    failed = {}
    for name in AIMED:
        before = rows_of(charlie)
        codes = change(name, given[name], actor=mine)[1]
        if codes or rows_of(charlie) == before:
            failed[name] = codes
    assert failed == {"appealViolation": ["CONFLICT"]}
