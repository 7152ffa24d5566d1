"""The schema as clients see it: described, committed, unbroken; and the one entry that serves it."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    is_introspection_type,
    is_specified_scalar_type,
)

from analytics.graphql.metrics import of_scope
from analytics.metrics import METRICS, Scope
from commerce.access import issue_key
from commerce.models import Partner
from config import asgi
from config.api.explorer import sample_queries
from config.graphql import schema, sdl
from config.management.commands import export_schema
from tests.analytics.graphql_client import ask
from tests.factories import NOW, deliver, event, fill, minute
from tests.kol.campaign_scene import campaign, join, kol


def own_types() -> list[GraphQLNamedType]:
    return [
        named
        for named in schema._schema.type_map.values()
        if not is_introspection_type(named) and not is_specified_scalar_type(named)
    ]


def described() -> Iterator[tuple[str, str | None]]:
    """(name, description) of everything that can have one."""
    for named in own_types():
        yield named.name, named.description
        if isinstance(named, GraphQLEnumType):
            for value, definition in named.values.items():
                yield f"{named.name}.{value}", definition.description
        for name, field in getattr(named, "fields", {}).items():
            yield f"{named.name}.{name}", field.description
            for argument, definition in getattr(field, "args", {}).items():
                yield f"{named.name}.{name}({argument})", definition.description


def test_everything_is_described() -> None:
    assert [name for name, about in described() if not about] == []


def test_a_description_is_a_sentence() -> None:
    assert [
        name for name, about in described() if not re.fullmatch(r"[A-Za-z].*\.", about or "", re.DOTALL)
    ] == []


def test_enum_values_are_in_screaming_case() -> None:
    values = [value for named in own_types() if isinstance(named, GraphQLEnumType) for value in named.values]
    assert [value for value in values if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", value)] == []


def test_no_count_and_no_money_is_an_int_or_a_float() -> None:
    """Int has 32 bits: sizes of pages and points of a budget fit, numbers of the domain need not."""
    plain = {
        f"{named.name}.{name}"
        for named in own_types()
        if not isinstance(named, GraphQLInputObjectType)
        for name, field in getattr(named, "fields", {}).items()
        if str(field.type).strip("[]!") in ("Int", "Float")
    }
    assert plain == {
        "Estimate.high", "Estimate.low", "Estimate.value", "PinRecommendation.conversion",
        "CustomerPrediction.isAliveProbability", "CustomerPrediction.segmentProbability",
        "ModelParameter.error", "ModelParameter.value",
        "RepeatPurchasePoint.high", "RepeatPurchasePoint.low", "RepeatPurchasePoint.share",
        "ScoreTrial.calibration", "ScoreTrial.topTenthShare",
        "PinRecommendation.fatigue", "PinRecommendation.propensity", "TimeSlot.medianPeakViewers",
        "Comment.offset", "Giveaway.endedOffset", "Giveaway.offset", "Marker.endedOffset", "Marker.offset",
        "Promotion.endedOffset", "Promotion.offset",
        "EventFailure.index", "MetricDefinition.definitionVersion", "Rate.high", "Rate.low", "Rate.value",
        "RateLimit.available", "RateLimit.limit", "RateLimit.requested", "RateLimit.restoreRate",
        "Figure.definitionVersion", "FiveNumber.definitionVersion", "Kpi.definitionVersion",
        "Revision.definitionVersion",
        "SessionKpis.definitionVersion", "SessionProductKpis.definitionVersion", "ShopKpis.definitionVersion",
        "ShowingKpis.definitionVersion",
        "CampaignKpis.definitionVersion", "CollaborationKpis.definitionVersion", "KolKpis.definitionVersion",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("SessionKpis", Scope.SESSION),
        ("SessionProductKpis", Scope.PRODUCT),
        ("ShopKpis", Scope.SHOP),
        ("ShowingKpis", Scope.SHOWING),
        ("CampaignKpis", Scope.CAMPAIGN),
        ("CollaborationKpis", Scope.CAMPAIGN),
        ("KolKpis", Scope.CAMPAIGN),
    ],
)
def test_every_declared_metric_is_a_field(name: str, scope: Scope) -> None:
    fields = getattr(schema._schema.type_map[name], "fields")  # noqa: B009 - of an object type
    for metric in of_scope(scope):
        first, *rest = metric.key.split("_")
        about = fields[first + "".join(part.capitalize() for part in rest)].description
        assert metric.label in about
        assert metric.formula in about
        assert "Unit: " in about
        assert "Basis: " in about


def test_the_catalogue_has_every_metric(partner: Partner) -> None:
    told = ask("{ metrics { key scope label formula unit definitionVersion } }", of=partner)["metrics"]
    assert [(one["key"], one["scope"], one["label"], one["formula"], one["unit"]) for one in told] == [
        (metric.key.upper(), metric.scope.name, metric.label, metric.formula, metric.unit.name)
        for metric in METRICS
    ]
    shop = ask("{ metrics(scope: SHOP) { key } }", of=partner)["metrics"]
    assert [one["key"] for one in shop] == [metric.key.upper() for metric in of_scope(Scope.SHOP)]


# -- the committed file ------------------------------------------------------------------------


def committed() -> GraphQLSchema:
    return build_schema(export_schema.FILE.read_text())


def test_the_committed_schema_is_the_code() -> None:
    assert export_schema.FILE.read_text() == sdl()


def test_no_change_breaks_clients_of_the_committed_schema() -> None:
    assert find_breaking_changes(committed(), build_schema(sdl())) == []


def test_a_change_that_breaks_clients_is_found() -> None:
    whole = re.compile(r"(^type SessionKpis \{.*?^  )viewers: BigInt!", re.DOTALL | re.MULTILINE)
    renamed = build_schema(whole.sub(r"\1watchers: BigInt!", sdl()))
    changes = [change.description for change in find_breaking_changes(committed(), renamed)]
    assert changes == ["Field SessionKpis.viewers was removed."]


def test_a_check_fails_once_code_and_file_differ(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_schema, "FILE", tmp_path / "schema.graphql")
    with pytest.raises(CommandError, match=r"run `python manage\.py export_schema`"):
        call_command("export_schema", "--check")
    call_command("export_schema", stdout=StringIO())
    told = StringIO()
    call_command("export_schema", "--check", stdout=told)
    assert told.getvalue() == "schema.graphql is up to date.\n"


# -- the one entry -----------------------------------------------------------------------------


def request(
    path: str, *, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """One HTTP request to the whole application."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if not waiting:
                await gone.wait()  # Like a server: nothing more comes while the client waits.
            return waiting.pop()

        given = {"host": "localhost", **(headers or {})}
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "root_path": "", "scheme": "http", "query_string": b"", "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip
        await asgi.application(scope, receive, send)

    asyncio.run(run())
    told = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(part.get("body", b"") for part in sent[1:])


def post(path: str, body: object, *, key: str, kind: str = "application/json") -> tuple[int, Any]:
    status, _, answer = request(
        path,
        method="POST",
        body=json.dumps(body).encode(),
        headers={"content-type": kind, "authorization": f"Bearer {key}"},
    )
    return status, json.loads(answer)


def key_of(partner: Partner, *scopes: str) -> str:
    return issue_key(partner_id=partner.id, scopes=list(scopes), name="test", now=NOW)[0]


def test_health_tells_that_the_process_runs() -> None:
    assert request("/healthz")[::2] == (200, b'{"status":"ok"}')


def test_readiness_tells_what_it_takes() -> None:
    status, headers, body = request("/readyz")
    checks = {"database": "ok", "role": "ok", "broker": "ok", "schema": "ok"}
    assert (status, json.loads(body)) == (200, {"status": "ok", "checks": checks})
    assert headers["content-type"] == "application/json; charset=utf-8"


def test_readiness_without_a_broker_is_unavailable_and_tells_no_address() -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        status, _, body = request("/readyz")
    checks = {"database": "ok", "role": "ok", "broker": "failed", "schema": "ok"}
    assert (status, json.loads(body)) == (503, {"status": "unavailable", "checks": checks})


def test_what_is_not_the_apis_is_djangos() -> None:
    assert request("/admin/")[0] == 302
    assert request("/nowhere")[0] == 404


def test_events_sent_through_the_entry_are_numbers_behind_it(partner: Partner) -> None:
    events = [
        event("live_session_started", minute(0), title="Spring"),
        event("live_view_started", minute(1), viewer_id="a"),
        event("live_session_ended", minute(9)),
    ]
    key = key_of(partner, "read", "ingest")
    kind = "application/cloudevents-batch+json"
    assert post("/v1/events", events, key=key, kind=kind)[1]["accepted"] == 3
    fill(partner)
    query = "{ liveSessions { edges { node { title kpis { viewers watchTime } } } } }"
    status, answer = post("/graphql/", {"query": query}, key=key)
    assert (status, answer["data"]) == (
        200,
        {
            "liveSessions": {
                "edges": [{"node": {"title": "Spring", "kpis": {"viewers": "1", "watchTime": "30"}}}]
            }
        },
    )


VARIABLES = {"shop": {"period": {"from": "2026-05-01", "to": "2026-05-29"}}}


@pytest.mark.parametrize("name", sample_queries())
def test_a_sample_of_the_explorer_is_answered(partner: Partner, name: str) -> None:
    items = [{"item_id": "x", "quantity": 2, "price": "12.50"}]
    events = [
        event("live_session_started", minute(0), title="Spring"),
        event("live_view_started", minute(1), viewer_id="a"),
        event("live_product_featured", minute(1), items=items),
        event("purchase", minute(2), viewer_id="a", customer_id="c", transaction_id="t", items=items),
        event("live_session_ended", minute(9)),
    ]
    assert deliver(partner, events).rejected == 0
    join(campaign(partner, "Spring weeks", ends_on=date(2126, 6, 10)), kol(partner, "Ada Lim"))
    fill(partner)
    sent = {"query": sample_queries()[name], "variables": VARIABLES.get(name, {})}
    status, answer = post("/graphql/", sent, key=key_of(partner, "read"))
    assert (status, "errors" in answer) == (200, False)
    told = json.dumps(answer["data"])
    expected = {
        "campaign": '"kol": {"name": "Ada Lim"}, "kpis": {"reach": "0"',
        "customers": '"repeatPurchaseCurve": {"customers": "1", "points": []}',
        "moments": '"carts": "0", "liveSales": {"amount": "25.00", "currency": "SGD"}',
        "next": '"title": "Spring", "debrief": null',
        "scorecard": '"label": "Viewer-to-buyer rate (VBR)", "value": "1"',
        "overview": '"liveSales": {"amount": "25.00", "currency": "SGD"}',
        "trend": '"metric": "LIVE_SALES", "unit": "MONEY", "currency": "SGD", "values": [0.0, 0.0, 25.0',
        "shop": '"averageOrderValue": {"value": {"amount": "25.00"}}',
    }
    assert expected[name] in told


def test_a_server_starts_and_ends_the_apps() -> None:
    waiting, sent = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}], []

    async def receive() -> dict[str, str]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(asgi.application({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


# -- mutations ---------------------------------------------------------------------------------

INGEST = """mutation ($events: [String!]!) { ingestEvents(input: {events: $events}) {
  outcome { received accepted duplicate rejected errors { index code } } userErrors { field code } } }"""
REDRIVE = """mutation ($input: RedriveRejectionsInput!) { redriveRejections(input: $input) {
  outcome { received accepted rejected } hasMore userErrors { field code message } } }"""
REJECTED = (
    "query ($open: Boolean) { rejections(filter: {isOpen: $open}) { edges { node { id code times } } } }"
)


def test_a_small_batch_goes_through_the_door(partner: Partner) -> None:
    good = json.dumps(event("live_like", minute(1), viewer_id="a"))
    told = ask(INGEST, of=partner, scopes=("ingest",), events=[good, good, "{"])["ingestEvents"]
    counts = {"received": "3", "accepted": "1", "duplicate": "1", "rejected": "1"}
    assert told["outcome"] == {
        **counts,
        "errors": [{"index": 2, "code": told["outcome"]["errors"][0]["code"]}],
    }
    assert told["userErrors"] == []


def test_a_batch_that_is_not_small_is_a_user_error(partner: Partner) -> None:
    told = ask(INGEST, of=partner, scopes=("ingest",), events=["{}"] * 101)["ingestEvents"]
    assert told == {"outcome": None, "userErrors": [{"field": ["input", "events"], "code": "TOO_MANY"}]}


def test_refused_events_are_sent_in_again_once_they_can_be_accepted(partner: Partner) -> None:
    early, never = event("live_like", NOW, viewer_id="a"), event("live_like", minute(1), viewer_id=["a"])
    assert deliver(partner, [early, never], now=NOW - timedelta(days=3)).rejected == 2
    manage = ("manage",)
    edges = ask(REJECTED, of=partner, scopes=manage, open=True)["rejections"]["edges"]
    ids = {edge["node"]["code"]: edge["node"]["id"] for edge in edges}
    assert sorted(ids) == ["clock_skew", "schema"]

    wrong = ask(REDRIVE, of=partner, scopes=manage, input={"ids": [*ids.values(), "x"]})["redriveRejections"]
    message = "No refused event has this id."
    assert wrong["userErrors"] == [{"field": ["input", "ids", "2"], "code": "NOT_FOUND", "message": message}]
    assert wrong["outcome"] is None
    one = ask(REDRIVE, of=partner, scopes=manage, input={"ids": [ids["clock_skew"]]})["redriveRejections"]
    assert one == {
        "outcome": {"received": "1", "accepted": "1", "rejected": "0"}, "hasMore": False, "userErrors": [],
    }  # fmt: skip
    for told in ({}, {"code": "schema"}):
        rest = ask(REDRIVE, of=partner, scopes=manage, input=told)["redriveRejections"]
        assert rest["outcome"] == {"received": "1", "accepted": "0", "rejected": "1"}
    closed = ask(REJECTED, of=partner, scopes=manage, open=False)["rejections"]["edges"]
    assert [edge["node"]["id"] for edge in closed] == [ids["clock_skew"]]
