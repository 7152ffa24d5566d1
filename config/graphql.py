"""The root of the GraphQL schema."""

from typing import Annotated

import strawberry
from graphql import build_schema, lexicographic_sort_schema, print_schema
from strawberry.schema.config import StrawberryConfig

from analytics.graphql.metrics import MetricDefinition, MetricScope, catalogue
from analytics.graphql.pages import Connection, Info
from commerce.graphql.actors import Actor, RateLimit, rate_limit, who_asks
from commerce.graphql.sessions import (
    AfterArgument,
    FirstArgument,
    LiveSession,
    LiveSessionBy,
    SessionsFilterArgument,
    SessionsOrderArgument,
    find_session,
    list_sessions,
)
from config.api.cost import reads
from config.api.scalars import SCALAR_MAP


@strawberry.type(description="Everything that can be asked.")
class Query:
    @strawberry.field(description="Who asks: the holder of the key.")
    def me(self, info: Info) -> Actor:
        return who_asks(info)

    @strawberry.field(description="The budget of the key.")
    @reads(weight=0)
    def rate_limit(self, info: Info) -> RateLimit:
        return rate_limit(info)

    @strawberry.field(description="One live session; null when there is none.")
    def live_session(
        self, info: Info, by: Annotated[LiveSessionBy, strawberry.argument(description="Which session is meant.")]
    ) -> LiveSession | None:
        return find_session(info, by)

    @strawberry.field(description="Live sessions, a page at a time.")
    def live_sessions(
        self,
        info: Info,
        filter: SessionsFilterArgument = None,
        order_by: SessionsOrderArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[LiveSession]:
        return list_sessions(info, where=filter, order_by=order_by, first=first, after=after)

    @strawberry.field(description="The catalogue: what every number means.")
    @reads(weight=1, size=0)
    def metrics(
        self,
        info: Info,
        scope: Annotated[
            MetricScope | None, strawberry.argument(description="Only numbers about this; all when left out.")
        ] = None,
    ) -> list[MetricDefinition]:
        return catalogue(info, scope)


schema = strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALAR_MAP))


def sdl() -> str:
    """The schema in SDL, sorted: the same schema is the same text."""
    return print_schema(lexicographic_sort_schema(build_schema(schema.as_str()))) + "\n"
