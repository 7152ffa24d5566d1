"""A small shop behind the real edge, and a client that speaks ASGI to it: what the edge tests share."""

import asyncio
import datetime as dt
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

import orjson
import strawberry
from strawberry.schema.config import StrawberryConfig

from config.api.cost import reads
from config.api.errors import ApiError, ErrorCode
from config.api.http import Scope
from config.api.scalars import SCALAR_MAP, BigInt, CurrencyCode, DateTimeSeries, FloatSeries, TimeZone
from config.api.view import EdgeSettings, GraphQLApp, RequestContext

KEY = "ll_live_toy00001secretsecretsecretsecretsecret00crc123"
# Holds back the resolver `wait` until a test lets go.
RELEASE = threading.Event()
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class ToyActor:
    name: str


Info = strawberry.Info[RequestContext[ToyActor], None]


@strawberry.type
class Money:
    amount: Decimal
    currency: CurrencyCode


@strawberry.type
class Kpis:
    views: BigInt
    live_sales: Money


@strawberry.type
class Trend:
    timestamps: DateTimeSeries
    values: FloatSeries
    grain: dt.timedelta


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class Product:
    id: strawberry.ID

    @strawberry.field
    def sessions(
        self, first: int = 20
    ) -> Annotated["SessionConnection", strawberry.lazy("tests.config.api_toy")]:
        return session_page(first=first)


@strawberry.type
class ProductEdge:
    node: Product | None


@strawberry.type
class ProductConnection:
    edges: list[ProductEdge]
    page_info: PageInfo


@strawberry.type
class Session:
    id: strawberry.ID

    @strawberry.field
    def kpis(self) -> Kpis:
        money = Money(amount=Decimal("1234567890123.450"), currency=CurrencyCode("MYR"))
        return Kpis(views=BigInt(2**53 + 1), live_sales=money)

    @strawberry.field
    @reads(weight=240)
    def trend(self) -> Trend:
        return Trend(
            timestamps=DateTimeSeries([NOON, NOON + dt.timedelta(minutes=1)]),
            values=FloatSeries([1.5, None]),
            grain=dt.timedelta(minutes=1),
        )

    @strawberry.field
    @reads(size=50)
    def markers(self) -> list[Money]:
        return []

    @strawberry.field
    def funnel(self) -> Kpis:
        return Kpis(views=BigInt(1), live_sales=Money(amount=Decimal(0), currency=CurrencyCode("MYR")))

    @strawberry.field
    def products(self, first: int = 20) -> ProductConnection:
        edges = [ProductEdge(node=Product(id=strawberry.ID(str(place)))) for place in range(first)]
        return ProductConnection(edges=edges, page_info=PageInfo(has_next_page=False))


@strawberry.type
class SessionEdge:
    node: Session | None


@strawberry.type
class SessionConnection:
    edges: list[SessionEdge]


def session_page(*, first: int) -> SessionConnection:
    return SessionConnection(
        edges=[SessionEdge(node=Session(id=strawberry.ID(str(place)))) for place in range(first)]
    )


class CancelledStatementError(Exception):
    """Looks like the database's answer to a statement that ran too long."""

    sqlstate = "57014"


@strawberry.type
class Query:
    @strawberry.field
    def session(self) -> Session:
        return Session(id=strawberry.ID("1"))

    @strawberry.field
    def sessions(self, first: int = 20) -> SessionConnection:
        return session_page(first=first)

    @strawberry.field
    def me(self, info: Info) -> str:
        return f"{info.context.actor.name} {info.context.accept_language}".strip()

    @strawberry.field
    def echo(
        self,
        moment: dt.datetime | None = None,
        day: dt.date | None = None,
        length: dt.timedelta | None = None,
        amount: Decimal | None = None,
        count: BigInt | None = None,
        currency: CurrencyCode | None = None,
        timezone: TimeZone | None = None,
    ) -> str:
        sent = (moment, day, length, amount, count, currency, timezone)
        return next(repr(value) for value in sent if value is not None)

    @strawberry.field
    def missing(self) -> Session | None:
        raise ApiError("No session has this id.", code=ErrorCode.NOT_FOUND)

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("password=hunter2 at /srv/app/secret.py")

    @strawberry.field
    def slow_statement(self) -> str | None:
        raise CancelledStatementError("canceling statement due to statement timeout")

    @strawberry.field
    def wait(self) -> str:
        RELEASE.wait(10)
        return "waited"

    @strawberry.field
    def nothing(self) -> str:
        return None  # type: ignore[return-value]  # what a broken resolver does


@strawberry.type
class Mutation:
    @strawberry.mutation
    def touch(self) -> bool:
        return True


SCHEMA = strawberry.Schema(Query, mutation=Mutation, config=StrawberryConfig(scalar_map=SCALAR_MAP))


def find_actor(key: str) -> ToyActor | None:
    """The actor of the one key there is."""
    return ToyActor(name="toy") if key == KEY else None


@contextmanager
def request_scope(actor: ToyActor) -> Iterator[None]:
    """A scope that opens nothing."""
    yield


def toy_app(*, settings: EdgeSettings | None = None, persisted: tuple[str, ...] = ()) -> GraphQLApp[ToyActor]:
    """The real edge over the toy schema."""
    return GraphQLApp(
        schema=SCHEMA,
        find_actor=find_actor,
        request_scope=request_scope,
        settings=settings,
        persisted=persisted,
    )


@dataclass
class Reply:
    """What came back over ASGI."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.json.get("errors", [])]


@dataclass
class Client:
    """Speaks ASGI to one app; sends the toy key unless told otherwise."""

    app: GraphQLApp[ToyActor] = field(default_factory=toy_app)

    def send(
        self,
        body: bytes,
        *,
        method: str = "POST",
        query_string: bytes = b"",
        headers: Mapping[str, str | None] | None = None,
        chunk: int = 1 << 20,
    ) -> Reply:
        """One request; a header set to None is left out."""
        return asyncio.run(self._send(body, method, query_string, headers or {}, chunk))

    async def _send(
        self, body: bytes, method: str, query_string: bytes, headers: Mapping[str, str | None], chunk: int
    ) -> Reply:
        given: dict[str, str | None] = {
            "content-type": "application/json",
            "authorization": f"Bearer {KEY}",
            "content-length": str(len(body)),
            **headers,
        }
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": "/graphql/",
            "query_string": query_string,
            "headers": [(name.encode(), value.encode()) for name, value in given.items() if value],
        }
        parts = [body[start : start + chunk] for start in range(0, len(body), chunk)] or [b""]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, end = sent
        shown = {name.decode(): value.decode() for name, value in start["headers"]}
        return Reply(status=start["status"], headers=shown, body=end["body"])

    def ask(
        self,
        query: str,
        variables: Mapping[str, object] | None = None,
        *,
        operation_name: str | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """One GraphQL request."""
        body = {"query": query, "variables": variables, "operationName": operation_name}
        return self.send(orjson.dumps(body), headers=headers)
