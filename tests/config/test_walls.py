"""A key sees its own partner's rows alone, through every field there is; and each of two walls is enough."""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from graphql import GraphQLInterfaceType, GraphQLObjectType

from commerce.access import issue_key
from config.graphql import schema
from tests.analytics.graphql_client import actor_of
from tests.architecture.test_catalogue import tables
from tests.config.sources import SUMS
from tests.config.test_schema import post
from tests.config.walls import ALL, Side, foreign_values, reached, side, told, walk_for
from tests.factories import NOW

SCOPES = {
    "read": ("read",), "audience": ("read", "read:audience"), "ingest": ("ingest",), "manage": ("manage",),
    "none": (),
}  # fmt: skip
# Roots of one partner's calendar or past: a key of several is told so.
OF_ONE = {
    "cohorts", "compareSessions", "dueReviews", "liveLtvIndex", "nextSession", "shop", "targets",
    "viewerWorth",
}  # fmt: skip
# Tables that the API does not tell of.
UNTOLD = {"commerce_apikey", "commerce_membership"}
# Types that are told only where more has happened: advice was taken, a target's week has closed, or many
# sessions lie before, or thousands of viewings to learn from.
RARE = {"RecommendationOutcome", "ReportFinding", "ScoreTrial", "TargetProposal"}


@pytest.fixture(scope="module")
def amber() -> Side:
    """One partner; its sums are of sevens."""
    return side("amber")


@pytest.fixture(scope="module")
def bravo() -> Side:
    """Another partner; its sums are of fours."""
    return side("bravo")


@pytest.fixture
def owner() -> Iterator[psycopg.Connection[tuple[int]]]:
    """The owner's connection, for whom there are no walls."""
    with psycopg.connect(settings.LOCAL_SERVERS.database_url(role="owner")) as connection:
        yield connection


def test_there_are_rows_of_every_kind_to_be_told(
    owner: psycopg.Connection[tuple[int]], amber: Side, bravo: Side
) -> None:
    def is_empty(table: str, partner: Side) -> bool:
        query = psycopg.sql.SQL("SELECT count(*) FROM {} WHERE partner_id = %s")
        found = owner.execute(query.format(psycopg.sql.Identifier(table)), [partner.partner.id]).fetchone()
        return found == (0,)

    for partner in (amber, bravo):
        assert {table for table in tables("PARTNER") if is_empty(table, partner)} == UNTOLD


def test_the_walk_asks_every_field(amber: Side) -> None:
    walk = walk_for(amber)
    walk.queries()
    every = {
        f"{kind}.{name}"
        for kind in reached(schema._schema.query_type)
        for name in getattr(schema._schema.type_map[kind], "fields")  # noqa: B009 - of an object type
    }
    assert walk.asked == every


def test_what_the_walk_leaves_is_told_by_changes_and_by_the_push_alone() -> None:
    every = {
        name
        for name, kind in schema._schema.type_map.items()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__")
    }
    left = every - reached(schema._schema.query_type)
    assert {name for name in left if not name.endswith("Payload")} == {
        "AnnouncedMarker", "ErasedPerson", "EventFailure", "IngestOutcome", "LiveSessionUpdate", "Mutation",
        "RosterChange", "RosterImport", "RosterRow", "RosterRowError", "Subscription", "UserError",
    }  # fmt: skip


@pytest.mark.parametrize("kind", SCOPES)
def test_no_kind_of_key_is_told_anything_foreign(amber: Side, bravo: Side, kind: str) -> None:
    for own, foreign in ((amber, bravo), (bravo, amber)):
        answer = told(actor_of(own.partner, scopes=SCOPES[kind]), foreign)
        assert foreign_values(answer.text, foreign) == []
        assert answer.codes <= {"FORBIDDEN"}
        assert (f"{own.mark} title" in answer.text, f"{own.mark}-late" in answer.text) == (
            kind in ("read", "audience"),
            kind in ("ingest", "manage"),
        )


def test_a_key_is_told_its_own_rows_by_every_way(amber: Side) -> None:
    answer = told(actor_of(amber.partner, scopes=ALL), amber)
    assert answer.errors == {}
    own = (*amber.ids.values(), *SUMS["amber"], "amber-order", "amber-late")
    assert [one for one in own if one not in answer.text] == []
    assert reached(schema._schema.query_type) - answer.types == {"Node", "Query", *RARE}


def test_without_the_scope_in_code_the_database_still_tells_nothing(amber: Side, bravo: Side) -> None:
    both = actor_of(amber.partner, bravo.partner, scopes=ALL)
    answer = told(both, bravo, behind=actor_of(amber.partner))
    assert foreign_values(answer.text, bravo) == []
    assert {root for root, codes in answer.errors.items() if codes == {"BAD_USER_INPUT"}} <= OF_ONE
    assert answer.codes <= {"BAD_USER_INPUT"}
    assert "amber title" in answer.text


def test_without_row_security_the_code_still_tells_nothing(amber: Side, bravo: Side) -> None:
    both = actor_of(amber.partner, bravo.partner)
    answer = told(actor_of(amber.partner, scopes=ALL), bravo, behind=both)
    assert (foreign_values(answer.text, bravo), answer.errors) == ([], {})
    assert "amber title" in answer.text


def test_without_both_walls_the_walk_finds_what_is_foreign(amber: Side, bravo: Side) -> None:
    answer = told(actor_of(amber.partner, bravo.partner, scopes=ALL), bravo)
    assert [one for one in (bravo.mark, *bravo.ids.values(), *SUMS["bravo"]) if one not in answer.text] == []
    assert answer.errors == {root: {"BAD_USER_INPUT"} for root in OF_ONE}
    # All that is told of one partner's rows, but for what the roots of one partner alone tell of.
    of_one = reached(schema._schema.query_type) - answer.types - {"Node", "Query", *RARE}
    assert of_one == {
        "CohortCell", "CohortPart", "CohortTable", "CohortTotal", "CustomerCohort", "Estimate",
        "LiveLtvIndex", "LiveLtvMonth", "LtvCell", "MomentBucket", "NextSession", "ProductLead", "ReviewDue",
        "Shop", "ShopChange", "ShopDay", "ShopHour", "ShopKpis", "ShopPart", "ShopPartConnection",
        "ShopPartEdge", "ShopPartKpis", "ShopTimeSeries", "TargetConnection", "TargetEdge", "TimeSlot",
        "ViewerWorth",
    }  # fmt: skip


def test_without_both_walls_a_key_of_one_finds_what_only_such_a_key_is_told(amber: Side, bravo: Side) -> None:
    answer = told(actor_of(bravo.partner, scopes=ALL), bravo)
    assert answer.errors == {}
    only_of_one = {"CohortTable", "LiveLtvIndex", "NextSession", "ReviewDue", "Shop", "TargetConnection"}
    assert only_of_one <= answer.types


@pytest.mark.parametrize(
    ("scopes", "codes"),
    [
        (("read",), {"sessions": None, "orders": None, "rejections": "FORBIDDEN", "ingest": "FORBIDDEN"}),
        (("ingest",), {"sessions": "FORBIDDEN", "orders": "FORBIDDEN", "rejections": None, "ingest": None}),
        (
            ("manage",),
            {"sessions": "FORBIDDEN", "orders": "FORBIDDEN", "rejections": None, "ingest": "FORBIDDEN"},
        ),
        (("read:audience",), dict.fromkeys(("sessions", "orders", "rejections", "ingest"), "FORBIDDEN")),
    ],
)
def test_over_http_a_key_does_what_its_scopes_say(
    amber: Side, scopes: tuple[str, ...], codes: dict[str, str | None]
) -> None:
    key = issue_key(partner_id=amber.partner.id, scopes=list(scopes), name="walls", now=NOW)[0]
    queries = {
        "sessions": "{ liveSessions { edges { cursor } } }",
        "orders": "{ orders { edges { cursor } } }",
        "rejections": "{ rejections { edges { cursor } } }",
        "ingest": "mutation { ingestEvents(input: {events: []}) { outcome { received } } }",
    }

    def code(query: str) -> str | None:
        _, answer = post("/graphql/", {"query": query}, key=key)
        found = [error["extensions"]["code"] for error in answer.get("errors", [])]
        return found[0] if found else None

    assert {name: code(query) for name, query in queries.items()} == codes
    _, answer = post("/graphql/", {"query": "{ me { name partners { name } } }"}, key=key)
    assert answer["data"]["me"] == {"name": "walls", "partners": [{"name": "amber brand"}]}


def test_without_a_key_nothing_is_told(amber: Side) -> None:
    for key in ("", "ll_live_x", amber.partner.slug):
        status, answer = post("/graphql/", {"query": "{ me { name } }"}, key=key)
        assert (status, answer["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
