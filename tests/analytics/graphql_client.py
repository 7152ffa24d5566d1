"""Asking the real schema in this thread, so that statements can be counted and walls moved."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import DocumentNode, ExecutionResult, GraphQLError, parse, validate
from graphql import execute as run
from graphql.execution.execute import assume_not_awaitable

from commerce.access import Actor, row_security
from commerce.models import Partner
from config.api.errors import classify
from config.api.view import Rate, RequestContext
from config.graphql import schema

ASKED_AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def actor_of(*partners: Partner, scopes: tuple[str, ...] = ("read",)) -> Actor:
    """Somebody who sees these partners."""
    return Actor(name="test", partner_ids=tuple(one.id for one in partners), scopes=frozenset(scopes))


@lru_cache(maxsize=256)
def _prepared(query: str) -> DocumentNode | list[GraphQLError]:
    """A document ready to run, or why it must not; kept by its text, as the API keeps them."""
    try:
        tree = parse(query)
    except GraphQLError as error:
        return [error]
    return validate(schema._schema, tree) or tree


def execute(
    query: str, *, actor: Actor, behind: Actor | None = None, variables: Mapping[str, Any] | None = None
) -> Any:
    """The result for an actor; `behind` is whom the database's wall believes to ask."""
    context = RequestContext(
        actor=actor,
        request_id="test",
        now=ASKED_AT,
        rate=Rate(requested=1, limit=10, available=9, restore_rate=1),
    )
    document = _prepared(query)
    if isinstance(document, list):
        return ExecutionResult(data=None, errors=document)
    with row_security(behind or actor):
        return run(
            schema._schema, document, context_value=context, variable_values=dict(variables or {}),
            executor_class=schema.execution_context_class, is_awaitable=assume_not_awaitable,
        )  # fmt: skip


def ask(query: str, *, of: Partner, scopes: tuple[str, ...] = ("read",), **variables: Any) -> Any:
    """The data of an answer without errors."""
    result = execute(query, actor=actor_of(of, scopes=scopes), variables=variables)
    assert result.errors is None, result.errors
    return result.data


def refusal(
    query: str, *, of: Partner, scopes: tuple[str, ...] = ("read",), **variables: Any
) -> tuple[str, str]:
    """(code, message) of the one error of an answer."""
    result = execute(query, actor=actor_of(of, scopes=scopes), variables=variables)
    (error,) = result.errors
    return classify(error).value, error.message


def statements(query: str, *, of: Partner, scopes: tuple[str, ...] = ("read",), **variables: Any) -> int:
    """How many statements an answer takes, the wall's own two apart."""
    with CaptureQueriesContext(connection) as captured:
        ask(query, of=of, scopes=scopes, **variables)
    return sum(entry["sql"] not in ("BEGIN", "COMMIT") for entry in captured.captured_queries)
