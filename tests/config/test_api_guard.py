"""The guard refuses what asks too much, counts rows honestly, and walks a document once."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from graphql import get_introspection_query, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from config.api.cost import FieldCost
from config.api.errors import ApiError
from config.api.guard import Guard, Limits
from tests.config.api_toy import SCHEMA, Client

GUARD = Guard(schema=SCHEMA._schema, limits=Limits())


def cost(query: str, **variables: object) -> int:
    return GUARD.measure(parse(query)).cost(operation_name=None, variables=variables)


def steps(query: str) -> int:
    """Steps the guard takes until it accepts or refuses."""
    walk = GUARD.begin(parse(query))
    with suppress(ApiError):
        walk.measure()
    return walk.steps


def nested(*sizes: int) -> str:
    """Sessions of products of sessions ..., one level a size."""
    inner = "id"
    for place, size in reversed(list(enumerate(sizes))):
        name = "products" if place % 2 else "sessions"
        inner = f"{name}(first: {size}) {{ edges {{ node {{ {inner} }} }} }}"
    return f"{{ {inner} }}"


def doubling(count: int) -> str:
    """Fragments that each spread the one before twice: 2^count fields when expanded."""
    links = [
        f"fragment F{place} on Query {{ a{place}: session {{ id }} ...F{place - 1} ...F{place - 1} }}"
        for place in range(1, count)
    ]
    return "\n".join([f"{{ ...F{count - 1} }}", "fragment F0 on Query { session { id } }", *links])


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("{ me }", 1),
        ("{ session { id } }", 1),
        ("{ session { kpis { views liveSales { amount currency } } } }", 2),
        ("{ sessions { edges { node { id } } } }", 21),
        ("{ sessions(first: 100) { edges { node { id } } } }", 101),
        ("{ sessions(first: 0) { edges { node { id } } } }", 1),
        ("{ sessions { edges { node { id kpis { views liveSales { amount } } } } } }", 41),
        ("{ session { markers { amount } } }", 51),
        ("{ session { markers { amount } kpis { views } } }", 52),
        ("{ sessions(first: 10) { edges { node { products(first: 10) { edges { node { id } } } } } } }", 121),
        ("{ sessions(first: 5) { edges { node { ...S } } } } fragment S on Session { kpis { views } }", 11),
        (
            "{ sessions(first: 5) { ... { ...P } } } "
            "fragment P on SessionConnection { edges { node { id } } }",
            6,
        ),
        ("{ __schema { types { name } } }", 50),
    ],
)
def test_the_cost_is_the_rows_a_query_can_read(query: str, rows: int) -> None:
    assert cost(query) == rows


def test_a_page_size_in_a_variable_counts_with_the_value_sent() -> None:
    query = "query ($n: Int = 5) { sessions(first: $n) { edges { node { id kpis { views } } } } }"
    assert [cost(query), cost(query, n=7), cost(query, n=0), cost(query, n=None)] == [11, 15, 1, 41]


def test_variables_multiply_through_nested_pages() -> None:
    query = """query ($n: Int!, $m: Int!) { sessions(first: $n) { edges { node {
        products(first: $m) { edges { node { id } } } } } } }"""
    assert cost(query, n=3, m=4) == 1 + 3 + 3 * (1 + 4)


def test_a_declaration_for_the_schema_wins_over_the_one_on_the_resolver() -> None:
    guard = Guard(
        schema=SCHEMA._schema, limits=Limits(), declared={("Session", "trend"): FieldCost(weight=7)}
    )
    document = parse("{ session { trend { values } } }")
    assert guard.measure(document).cost(operation_name=None, variables={}) == 8
    assert GUARD.measure(document).cost(operation_name=None, variables={}) == 241


def test_a_dashboard_fits_well_under_the_limit() -> None:
    dashboard = """{
        session { id kpis { views liveSales { amount } } funnel { views }
                  trend { timestamps values } products(first: 20) { edges { node { id } } } }
        sessions(first: 20) { edges { node { id kpis { views liveSales { amount currency } } } } }
    }"""
    assert cost(dashboard) == 1 + 1 + 1 + 240 + 21 + 41


def test_the_introspection_of_graphical_clients_passes() -> None:
    query = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    reply = Client().ask(query)
    assert "errors" not in reply.json
    assert reply.json["data"]["__schema"]["queryType"]["name"] == "Query"


BOMBS = {
    "fragments that double 8 times": doubling(8),
    "fragments that double 30 times": doubling(30),
    "fragments that double 50 times": doubling(50),
    "more fragments than allowed": doubling(51),
    "fragments in a circle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "a fragment in itself": "{ ...A } fragment A on Query { session { id } ...A }",
    "a fragment nobody uses": "{ me } fragment A on Query { me }",
    "unused fragments in a circle": "{ me } fragment A on Query { ...B } fragment B on Query { ...A }",
    "eleven levels": nested(1, 1, 1, 1),
    "pages of 100 three deep": nested(100, 100, 100),
    "one page of a thousand": nested(1000),
    "a page size of 5,000 digits": f"{{ sessions(first: {'9' * 5000}) {{ edges {{ node {{ id }} }} }} }}",
    "21 root fields": "{ " + " ".join(f"f{place}" for place in range(21)) + " }",
    "31 aliases": "{ session { " + " ".join(f"a{place}: id" for place in range(31)) + " } }",
    "101 aliases": "{ " + " ".join(f"a{place}: me" for place in range(101)) + " }",
    "500 times the same field": "{ session { " + "id " * 500 + "} }",
    "11 times the same name": "{ session { " + "id " * 11 + "} }",
    "the same name through fragments": "{ ...A ...A } fragment A on Query { " + "me " * 6 + "}",
    "4 directives on one field": "{ me " + "@include(if: true) " * 4 + "}",
    "a flood of directives": "{ " + "".join(f"f{n} @a @b @c " for n in range(7)) + "}",
    "501 selections": "{ session { " + " ".join(f"f{place}" for place in range(501)) + " } }",
    "5 mutations": "mutation { " + " ".join(f"a{place}: touch" for place in range(5)) + " }",
    "11 operations": " ".join(f"query Q{place} {{ me }}" for place in range(11)),
    "2,001 tokens": "{ session { " + "id " * 1996 + "} }",
    "inline fragments 101 deep": "{ " + "... { " * 101 + "me" + " }" * 102,
    "braces 900 deep": "{ a " * 900 + "}" * 900,
    "lists 900 deep": "{ echo(amount: " + "[" * 900 + "]" * 900 + ") }",
    "types of types of types": "{ __schema { types { fields { type { fields { type { fields { type {"
    " name } } } } } } } } }",
    "interfaces of interfaces": "{ __schema { types { interfaces { interfaces { name } } } } }",
    "three introspections": '{ a: __schema { description } b: __type(name: "A") { name } '
    'c: __type(name: "B") { name } }',
    "a huge literal": '{ echo(amount: "' + "9" * 200_000 + '") }',
    "a huge name": "{ " + "n" * 200_000 + " }",
    "a type system": "type A { b: A } query { me }",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_query_bomb_is_refused(name: str) -> None:
    reply = Client().ask(BOMBS[name])
    assert "data" not in reply.json
    assert set(reply.codes) <= {"COST_LIMIT_EXCEEDED", "BAD_USER_INPUT"}
    assert len(reply.body) < 4_096


@pytest.mark.parametrize(
    "query",
    [
        "{ session { " + " ".join(f"a{place}: id" for place in range(30)) + " } }",
        "{ session { " + "id " * 10 + "} }",
        "{ me " + "@include(if: true) @skip(if: false) }",
        "mutation { " + " ".join(f"a{place}: touch" for place in range(4)) + " }",
        nested(30, 30),
    ],
)
def test_what_is_exactly_at_a_limit_passes(query: str) -> None:
    assert "errors" not in Client().ask(query).json


def test_a_cost_above_the_limit_says_how_much_was_asked_and_allowed() -> None:
    error = Client().ask(nested(100, 100, 100)).json["errors"][0]
    assert error["message"] == "The query has too much of: rows (1020201). 1000 are allowed."
    assert error["extensions"]["code"] == "COST_LIMIT_EXCEEDED"


def fields(count: int) -> str:
    return "{ session { " + " ".join(f"f{place}" for place in range(count)) + " } }"


def chain(count: int) -> str:
    """Fragments that each spread the one before once."""
    links = [f"fragment F{place} on Session {{ f{place} ...F{place - 1} }}" for place in range(1, count)]
    return "\n".join([f"{{ session {{ ...F{count - 1} }} }}", "fragment F0 on Session { id }", *links])


def shared(count: int) -> str:
    """A fragment of `count` fields spread from as many places as the limit of selections allows."""
    body = " ".join(f"f{place}" for place in range(count))
    return "{ a: session { ...F } b: session { ...F } } fragment F on Session { " + body + " }"


@pytest.mark.parametrize("form", [fields, chain, shared])
@pytest.mark.parametrize("size", [6, 12, 24])
def test_twice_the_document_takes_at_most_twice_the_steps(form: Callable[[int], str], size: int) -> None:
    assert steps(form(2 * size)) <= 2 * steps(form(size))


def test_a_fragment_is_walked_once_however_often_it_is_spread() -> None:
    body = "fragment F on Session { kpis { views liveSales { amount } } }"
    query = "{ " + " ".join(f"a{place}: session {{ ...F }}" for place in range(20)) + " } " + body
    once = "{ a0: session { ...F } } " + body
    # Each further spread: the field, the spread, and the names of one object.
    assert steps(query) - steps(once) == 19 * 6


@pytest.mark.parametrize("count", [8, 16, 32, 49])
def test_doubling_fragments_are_refused_in_a_handful_of_steps_a_line(count: int) -> None:
    assert steps(doubling(count)) <= 8 * count


# The objects of the toy schema that stand for a row of their own.
ROWS = {"session", "used", "node", "kpis", "trend", "funnel", "markers"}


def rows_read(answer: Any, name: str = "") -> int:
    """The rows an answer was made of."""
    if isinstance(answer, list):
        return sum(rows_read(item, name) for item in answer)
    if not isinstance(answer, dict):
        return 0
    own = 1 if name.rstrip("0123456789") in ROWS else 0
    return own + sum(rows_read(inside, key) for key, inside in answer.items())


def session_fields(depth: int) -> st.SearchStrategy[str]:
    leaves = st.sampled_from(
        ["id", "kpis { views }", "funnel { liveSales { amount } }", "markers { amount }", "...S"]
    )
    if not depth:
        return leaves
    page = st.builds(
        lambda first, inner: f"products{first} {{ edges {{ node {{ id {inner} }} }} }}",
        st.sampled_from(["", "(first: 0)", "(first: 3)", "(first: $n)", "(first: $m)"]),
        st.just("") if depth < 2 else session_pages(depth - 2),
    )
    return st.one_of(leaves, page)


def session_pages(depth: int) -> st.SearchStrategy[str]:
    return st.builds(
        lambda first, inner: f"sessions{first} {{ edges {{ node {{ {inner} }} }} }}",
        st.sampled_from(["", "(first: 2)", "(first: $n)", "(first: $m)"]),
        session_fields(depth),
    )


@settings(max_examples=50, deadline=None)
@given(
    first=session_pages(2),
    second=session_fields(1),
    many=st.integers(0, 6),
    unset=st.booleans(),
)
def test_the_rows_read_never_exceed_the_cost_asked(first: str, second: str, many: int, unset: bool) -> None:
    names = "$n: Int! = 4, $m: Int! = 2" if "$n" in first + second else "$m: Int! = 2"
    query = (
        f"query ({names}) {{ {first} session {{ {second} }} "
        "used: session { ...S products(first: $m) { pageInfo { hasNextPage } } } } "
        "fragment S on Session { kpis0: kpis { views } }"
    )
    sent = {} if unset else {"n": many, "m": many}
    reply = Client().ask(query, sent).json
    if "data" in reply:
        assert rows_read(reply["data"]) <= reply["extensions"]["cost"]["requested"]
    else:
        assert reply["errors"][0]["extensions"]["code"] == "COST_LIMIT_EXCEEDED"
