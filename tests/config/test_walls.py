"""A key sees its own partner's rows alone, through every field there is; and each of two walls is enough."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_list_type,
)

from commerce.access import Actor, issue_key
from commerce.models import LiveSession, Order, Partner, Product, Rejection, Violation
from config.api.errors import classify
from config.graphql import schema
from tests import factories
from tests.analytics.graphql_client import actor_of, execute
from tests.config.test_schema import post
from tests.factories import NOW, deliver, event, fill, minute

DEPTH = 9
SCOPES = {"read": ("read",), "ingest": ("ingest",), "manage": ("manage",), "none": ()}


# -- two worlds --------------------------------------------------------------------------------


def world_of(mark: str, *, price: str) -> list[dict[str, Any]]:
    """A day of a partner: everything a text can be in carries its mark, and so do its sums."""
    source = f"/site/{mark}"
    items = [{"item_id": f"{mark}-sku", "quantity": 3, "price": price}]
    on = {"subject": f"{mark}-live", "source": source}
    me = {**on, "viewer_id": f"{mark}-viewer"}
    return [
        event("live_session_started", minute(0), title=f"{mark} title", host=f"{mark} host", **on),
        event("live_view_started", minute(1), **me),
        event("view_item_list", minute(2), items=items, **me),
        event("select_item", minute(3), items=items, **me),
        event("live_comment", minute(4), text=mark, **me),
        event("live_violation", minute(4), violation_id=f"{mark}-complaint", reason=f"{mark} reason", **on),
        event("live_giveaway_started", minute(4), label=f"{mark} draw", **on),
        event("live_host_note", minute(4), text=f"{mark} note", **on),
        event("live_metrics_reported", minute(4), interval="total", metrics={mark: 1}, **on),
        event("purchase", minute(5), transaction_id=f"{mark}-order", customer_id=f"{mark}-customer",
            items=items, **me),
        event("product_updated", minute(6), subject=None, source=source, item_id=f"{mark}-sku",
            name=f"{mark} product", price=price, currency="SGD", image_url=f"https://example.com/{mark}.png"),
        event("live_session_ended", minute(40), **on),
        event("live_like", NOW + timedelta(days=9), id=f"{mark}-late", **me),
    ]  # fmt: skip


@dataclass
class Side:
    """One partner, its mark, and ids of its rows."""

    partner: Partner
    mark: str
    ids: list[str] = field(default_factory=list)


def _side(mark: str, price: str) -> Side:
    made = factories.partner(slug=f"{mark}-{factories.partner().id.hex[-8:]}", name=f"{mark} brand")
    assert deliver(made, world_of(mark, price=price)).rejected == 1
    fill(made)
    return Side(partner=made, mark=mark, ids=ids_of(made))


def ids_of(partner: Partner) -> list[str]:
    """The ids the API gives a partner's rows."""
    from analytics.graphql.pages import node_id

    def first(model: Any) -> UUID:
        found: UUID = model.objects.using("worker").filter(partner=partner).values_list("id", flat=True)[0]
        return found

    letters = {"S": LiveSession, "G": Product, "O": Order, "R": Rejection, "V": Violation}
    rows = [str(node_id(letter, first(model))) for letter, model in letters.items()]
    return [*rows, str(node_id("P", partner.id))]


@pytest.fixture(scope="module")
def alpha() -> Side:
    """One partner; its sums are of sevens."""
    return _side("alpha", "7.77")


@pytest.fixture(scope="module")
def bravo() -> Side:
    """Another partner; its sums are of fours."""
    return _side("bravo", "44.44")


# -- the walk ----------------------------------------------------------------------------------


@dataclass
class Walk:
    """Queries that ask every field, made from the schema; arguments are given where they are needed."""

    given: Mapping[str, str]
    asked: set[str] = field(default_factory=set)

    def queries(self) -> dict[str, str]:
        """A query for each root field."""
        root = schema._schema.query_type
        assert root is not None
        return {name: f"{{ {self.field(root, name, 0)} }}" for name in root.fields}

    def field(self, parent: GraphQLObjectType | GraphQLInterfaceType, name: str, level: int) -> str:
        """One field with its arguments and all that is below it."""
        definition = parent.fields[name]
        self.asked.add(f"{parent.name}.{name}")
        told = [self.argument(parent, name, key, argument) for key, argument in definition.args.items()]
        arguments = f"({', '.join(filter(None, told))})" if any(told) else ""
        below = get_named_type(definition.type)
        if is_leaf_type(below):
            return name + arguments
        return f"{name}{arguments} {self.selection(below, level + 1)}"

    def selection(self, below: Any, level: int) -> str:
        """All fields of a type; of an interface those of every type that has it."""
        assert level <= DEPTH
        parts = ["__typename", *(self.field(below, name, level) for name in below.fields)]
        if isinstance(below, GraphQLInterfaceType):
            for kind in schema._schema.get_implementations(below).objects:
                # Named apart: fields of two types may share a name and not their nullability.
                own = [f"{kind.name}_{name}: {self.field(kind, name, level + 1)}" for name in kind.fields]
                parts.append(f"... on {kind.name} {{ {' '.join(own)} }}")
        return f"{{ {' '.join(parts)} }}"

    def argument(
        self, parent: GraphQLObjectType | GraphQLInterfaceType, name: str, key: str, argument: GraphQLArgument
    ) -> str:
        """An argument when the walk has a value for it, or it needs one."""
        value = self.given.get(f"{parent.name}.{name}.{key}") or self.given.get(key)
        if value is None and isinstance(argument.type, GraphQLNonNull) and argument.default_value is None:
            value = self.value(argument.type)
        return "" if value is None else f"{key}: {value}"

    def value(self, of: Any) -> str:
        """Some value of an input type; only kinds that a required argument has."""
        named = get_named_type(of)
        if isinstance(named, GraphQLEnumType):
            first = next(iter(named.values))
            return f"[{first}]" if is_list_type(of.of_type) else first
        assert isinstance(named, GraphQLInputObjectType), named
        told = {key: self.given[str(get_named_type(one.type))] for key, one in named.fields.items()}
        return f"{{{', '.join(f'{key}: {value}' for key, value in told.items())}}}"


def walk_for(foreign: Side) -> Walk:
    """A walk that tries a foreign session's id wherever it can."""
    return Walk(
        given={
            "by": f'{{id: "{foreign.ids[0]}"}}',
            "period": '{from: "2026-05-01", to: "2026-06-02"}',
            "id": f'"{foreign.ids[0]}"',
            "metrics": "[ORDERS, LIVE_SALES, VIEWS, CONCURRENT_VIEWERS]",
            "LiveSession.replayAt.offset": "60",
            "with": f'{{id: "{foreign.ids[0]}"}}',
            "Query.compareSessions.first": '{from: "2026-05-01", to: "2026-06-02"}',
            "Query.compareSessions.second": '{from: "2026-04-01", to: "2026-05-01"}',
        }
    )


def told(actor: Actor, foreign: Side, *, behind: Actor | None = None) -> tuple[str, set[str]]:
    """Everything that an actor is answered, as one text, and the codes of its errors."""
    walk, answers, codes = walk_for(foreign), [], set()
    queries = list(walk.queries().values())
    queries += [f'{{ node(id: "{one}") {{ id __typename }} }}' for one in foreign.ids]
    queries += [
        f'{{ liveSession(by: {{externalId: "{foreign.mark}-live"}}) {{ id title kpis {{ views }} }} }}'
    ]
    queries += [
        f'{{ {name}(search: "{foreign.mark}") {{ edges {{ node {{ id }} }} }} }}' for name in ("products",)
    ]
    queries += [
        f'{{ orders(filter: {{externalId: "{foreign.mark}-order"}}) {{ edges {{ node {{ id }} }} }} }}'
    ]
    for query in queries:
        result = execute(query, actor=actor, behind=behind)
        answers.append(json.dumps(result.data, default=str))
        codes |= {classify(error).value for error in result.errors or ()}
    return "\n".join(answers), codes


def foreign_values(text: str, foreign: Side) -> list[str]:
    """What of a foreign partner is in a text: marks, ids, and its sum of sales."""
    sums = {"alpha": "23.31", "bravo": "133.32"}[foreign.mark]
    return [one for one in (foreign.mark, sums, *foreign.ids) if one in text]


def test_the_walk_asks_every_field(alpha: Side) -> None:
    walk = walk_for(alpha)
    walk.queries()
    mutations = {
        "Mutation",
        "IngestEventsPayload",
        "IngestOutcome",
        "EventFailure",
        "RedriveRejectionsPayload",
        "UserError",
        "AnnouncedMarker",
        "ExportViewersPayload",
        "KeepSessionsApartPayload",
        "MarkerPayload",
        "MergeSessionsPayload",
        "SplitSessionPayload",
        "SaveMetricSelectionPayload",
        "DeleteMetricSelectionPayload",
        "TargetPayload",
        "ViolationPayload",
    }
    every = {
        f"{named.name}.{name}"
        for named in schema._schema.type_map.values()
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) and not named.name.startswith("__")
        for name in named.fields
        if named.name not in mutations
    }
    assert walk.asked == every


@pytest.mark.parametrize("kind", SCOPES)
def test_no_kind_of_key_is_told_anything_foreign(alpha: Side, bravo: Side, kind: str) -> None:
    for own, foreign in ((alpha, bravo), (bravo, alpha)):
        text, codes = told(actor_of(own.partner, scopes=SCOPES[kind]), foreign)
        assert foreign_values(text, foreign) == []
        assert codes <= {"FORBIDDEN"}
        sees_rows = kind == "read"
        assert (f"{own.mark} title" in text, f"{own.mark}-late" in text) == (
            sees_rows,
            kind in ("ingest", "manage"),
        )


def test_a_key_is_told_its_own_rows_by_every_way(alpha: Side) -> None:
    text, codes = told(actor_of(alpha.partner, scopes=("read", "read:audience", "manage")), alpha)
    assert codes == set()
    assert [one for one in (*alpha.ids, "23.31", "alpha-order", "alpha-late") if one not in text] == []


def test_without_the_scope_in_code_the_database_still_tells_nothing(alpha: Side, bravo: Side) -> None:
    both = actor_of(alpha.partner, bravo.partner, scopes=("read", "read:audience", "manage"))
    text, _ = told(both, bravo, behind=actor_of(alpha.partner))
    assert foreign_values(text, bravo) == []
    assert "alpha title" in text


def test_without_row_security_the_code_still_tells_nothing(alpha: Side, bravo: Side) -> None:
    both = actor_of(alpha.partner, bravo.partner)
    text, codes = told(actor_of(alpha.partner, scopes=("read", "read:audience", "manage")), bravo, behind=both)
    assert (foreign_values(text, bravo), codes) == ([], set())
    assert "alpha title" in text


def test_without_both_walls_the_walk_finds_what_is_foreign(alpha: Side, bravo: Side) -> None:
    both = actor_of(alpha.partner, bravo.partner, scopes=("read", "read:audience", "manage"))
    text, _ = told(both, bravo)
    assert [one for one in (bravo.mark, *bravo.ids, "133.32") if one not in text] == []


def test_a_mutation_touches_no_foreign_row(alpha: Side, bravo: Side) -> None:
    redrive = """mutation ($ids: [ID!]) { redriveRejections(input: {ids: $ids}) {
      outcome { received } userErrors { code } } }"""
    foreign = bravo.ids[3]
    for behind in (actor_of(alpha.partner), actor_of(alpha.partner, bravo.partner)):
        actor = actor_of(alpha.partner, scopes=("manage",))
        result = execute(redrive, actor=actor, behind=behind, variables={"ids": [foreign]})
        assert result.data == {"redriveRejections": {"outcome": None, "userErrors": [{"code": "NOT_FOUND"}]}}
    times = Rejection.objects.using("worker").get(partner=bravo.partner).times
    assert times == 1


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
    alpha: Side, scopes: tuple[str, ...], codes: dict[str, str | None]
) -> None:
    key = issue_key(partner_id=alpha.partner.id, scopes=list(scopes), name="walls", now=NOW)[0]
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
    assert answer["data"]["me"] == {"name": "walls", "partners": [{"name": "alpha brand"}]}


def test_without_a_key_nothing_is_told(alpha: Side) -> None:
    for key in ("", "ll_live_x", alpha.partner.slug):
        status, answer = post("/graphql/", {"query": "{ me { name } }"}, key=key)
        assert (status, answer["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
