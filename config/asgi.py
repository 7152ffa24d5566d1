"""The one ASGI entry: small apps for the API, health for watchers, Django for what people sign in to."""

import asyncio
import gc
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from types import FrameType
from typing import Any, Final, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["LIVELEDGER_ROLE"] = "web"

from django.core.asgi import get_asgi_application

django_app = get_asgi_application()

import orjson  # noqa: E402
import redis  # noqa: E402
import structlog  # noqa: E402
from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.exceptions import ImproperlyConfigured  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402
from psycopg import OperationalError, sql  # noqa: E402

from analytics import push  # noqa: E402
from analytics.queries.pulses import session_pulses  # noqa: E402
from commerce import access  # noqa: E402
from commerce.tasks import wake  # noqa: E402
from config.api import http, logins  # noqa: E402
from config.api.errors import JSON_TYPE, Answer  # noqa: E402
from config.api.events import EventsApp  # noqa: E402
from config.api.explorer import ExplorerApp, sample_queries  # noqa: E402
from config.api.exports import PREFIX as EXPORTS  # noqa: E402
from config.api.exports import ExportsApp  # noqa: E402
from config.api.links import PREFIX as LINKS  # noqa: E402
from config.api.links import LinksApp  # noqa: E402
from config.api.push.mailbox import PushSettings  # noqa: E402
from config.api.push.perform import Performer  # noqa: E402
from config.api.push.sockets import Connection  # noqa: E402
from config.api.push.stream import serve_stream, wants_stream  # noqa: E402
from config.api.push.topics import Hub  # noqa: E402
from config.api.requests import Call  # noqa: E402
from config.api.view import GraphQLApp, Watched  # noqa: E402
from config.graphql import schema  # noqa: E402
from kol import access as agencies  # noqa: E402
from kol.links import Recorder  # noqa: E402
from kol.portal import documents  # noqa: E402

# A batch of events makes ten thousands of objects that all die together: with the usual thresholds the
# collector walks the batch, and everything that was just imported, again and again.
gc.freeze()
gc.set_threshold(100_000, 50, 100)

_log = structlog.get_logger("liveledger.api")
App = Callable[[http.Scope, http.Receive, http.Send], Any]
PUSH = PushSettings(origins=tuple(settings.CSRF_TRUSTED_ORIGINS))
GRAPHQL: Final = ("/graphql/", "/graphql")
PLAIN: Final = ((b"content-type", JSON_TYPE), (b"cache-control", b"no-store"))


def find_actor(key: str) -> access.Actor | None:
    """Who holds a key; asked again on a new connection when the old one was closed while nobody asked."""
    try:
        return agencies.find_actor(key)
    except OperationalError:
        return agencies.find_actor(key)


def _has_word(descriptor: int) -> bool:
    """Whether the server said something unasked: that an idle connection ends."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _leave_dead_connection() -> None:
    held = connection.connection
    if held is not None and (held.closed or _has_word(held.fileno())):
        connection.close()


def signed_in(call: Call) -> tuple[str, access.Actor] | None:
    """Who asks by a cookie; asked again as with a key."""
    _leave_dead_connection()
    try:
        return logins.signed_in(call)
    except OperationalError:
        connection.close()
        return logins.signed_in(call)


@contextmanager
def request_scope(actor: access.Actor) -> Iterator[None]:
    """A transaction of this thread that sees the actor's rows alone."""
    _leave_dead_connection()
    with access.row_security(actor):
        yield


@contextmanager
def unchanging_scope(actor: access.Actor) -> Iterator[None]:
    """The same, where all statements see one state: the parts of an update belong together."""
    with request_scope(actor):
        connection.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def revisions(watched: Sequence[Watched]) -> Mapping[str, str]:
    """The revisions of sessions by their channels, of any partners, by one statement."""
    subjects: list[Any] = [one.subject for one in watched]
    partners = tuple({partner for partner, _ in subjects})
    actor = access.Actor(name="push", partner_ids=partners, scopes=frozenset({"read"}))
    with request_scope(actor):
        found = session_pulses([session for _, session in subjects], actor=actor, now=timezone.now())
    return {
        push.channel(partner_id=pulse.partner_id, session_id=session): pulse.revision
        for session, pulse in found.items()
    }


# -- health ------------------------------------------------------------------------------------


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _role() -> None:
    # Another role than the web's may see every partner's rows, whatever the policies say.
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        role = cursor.fetchone()
    if role != (settings.WEB_ROLE,):
        raise ImproperlyConfigured(f"The web's connection has the role {role}, not {settings.WEB_ROLE}.")


def _broker() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        client.ping()


def _schema() -> None:
    # What this code reads, as the web's role reads it: says more than the list of applied migrations.
    with connection.cursor() as cursor:
        for label in ("commerce", "kol", "analytics"):
            for model in apps.get_app_config(label).get_models():
                if model._meta.managed:
                    columns = [sql.Identifier(str(field.column)) for field in model._meta.concrete_fields]
                    table = sql.Identifier(model._meta.db_table)
                    cursor.execute(
                        sql.SQL("SELECT {} FROM {} LIMIT 0").format(sql.SQL(", ").join(columns), table)
                    )


CHECKS: Final[dict[str, Callable[[], None]]] = {
    "database": _database,
    "role": _role,
    "broker": _broker,
    "schema": _schema,
}


def readiness() -> tuple[bool, dict[str, str]]:
    """Whether requests can be answered, and `ok` or `failed` for each thing that takes."""
    told = {}
    for name, check in CHECKS.items():
        try:
            check()
            told[name] = "ok"
        except Exception as error:
            # Why is for the log: an address or a password must not be shown to whoever asks.
            _log.warning("not ready", what=name, error=str(error))
            told[name] = "failed"
            connection.close()
    return all(state == "ok" for state in told.values()), told


async def healthz(scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
    """Whether this process runs."""
    await http.send_answer(send=send, answer=Answer(status=200, headers=PLAIN, body=b'{"status":"ok"}'))


async def readyz(scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
    """Whether database, broker and schema are in place: 200, else 503."""
    is_ready, told = await asyncio.to_thread(_ready_and_close)
    body = orjson.dumps({"status": "ok" if is_ready else "unavailable", "checks": told})
    await http.send_answer(
        send=send, answer=Answer(status=200 if is_ready else 503, headers=PLAIN, body=body)
    )


def _ready_and_close() -> tuple[bool, dict[str, str]]:
    try:
        return readiness()
    finally:
        connection.close()  # Of a thread that comes and goes.


# -- routing -----------------------------------------------------------------------------------


@cache
def graphql_app() -> GraphQLApp[access.Actor]:
    """The API; the queries of the explorer and of the portal are persisted documents."""
    return GraphQLApp(
        schema=schema,
        find_actor=find_actor,
        request_scope=request_scope,
        signed_in=signed_in,
        persisted=[*sample_queries().values(), *documents.texts().values()],
    )


@cache
def push_hub() -> Hub[access.Actor]:
    """Who listens, and to what; those who see the same partners with the same scopes share."""
    return Hub(
        perform=Performer(schema=schema, scope=unchanging_scope),
        pulses=revisions,
        find_actor=find_actor,
        shared=lambda actor: replace(actor, name="", key_id=None),
        redis_url=settings.REDIS_URL,
        settings=PUSH,
    )


@cache
def events_app() -> EventsApp:
    """The door."""
    return EventsApp(wake=wake)


@cache
def explorer_app() -> ExplorerApp:
    """The explorer, where it is enabled."""
    return ExplorerApp(enabled=settings.EXPLORER)


@cache
def exports_app() -> ExportsApp:
    """Files of ended sessions."""
    return ExportsApp(request_scope=request_scope)


@cache
def links_app() -> LinksApp:
    """Tracking links, and what keeps their clicks."""
    return LinksApp(recorder=Recorder())


HEALTH: Final[dict[str, App]] = {"/healthz": healthz, "/readyz": readyz}


def route(path: str) -> App:
    """The app that answers a path."""
    if path in GRAPHQL:
        return graphql_app()
    if path == "/v1/events":
        return events_app()
    if path.startswith(EXPORTS):
        return exports_app()
    if path.startswith(LINKS):
        return links_app()
    if path.startswith("/explorer/") or path == "/explorer":
        return explorer_app()
    return HEALTH.get(path) or cast(App, django_app)


async def application(scope: MutableMapping[str, Any], receive: http.Receive, send: http.Send) -> None:
    """Answer one connection, or live through the server's start and end."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        if scope["path"] in GRAPHQL and wants_stream(scope):
            await serve_stream(graphql_app(), push_hub(), scope, receive, send)
        else:
            await route(scope["path"])(scope, receive, send)
    elif scope["path"] in GRAPHQL:
        await Connection(graphql_app(), push_hub(), scope, receive, send).serve()
    else:
        await send({"type": "websocket.close", "code": 1000})


async def _live(receive: http.Receive, send: http.Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            graphql_app(), push_hub(), events_app(), explorer_app(), links_app()
            _finish_streams_on_signal(asyncio.get_running_loop())
            await send({"type": "lifespan.startup.complete"})
        else:
            await push_hub().close()
            # Off the loop: both wait for what is being answered or written.
            await asyncio.to_thread(_close)
            await send({"type": "lifespan.shutdown.complete"})
            return


def _finish_streams_on_signal(loop: asyncio.AbstractEventLoop) -> None:
    # A server tells of its end when its connections have ended, and streams do not end by themselves.
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, _finishing(loop, push_hub(), before))


def _finishing(
    loop: asyncio.AbstractEventLoop, hub: Hub[access.Actor], before: Callable[[int, FrameType | None], Any]
) -> Callable[[int, FrameType | None], None]:
    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(hub.finish)
        before(number, frame)

    return heard


def _close() -> None:
    events_app().close()
    graphql_app().close()
    links_app().close()
    for made in (graphql_app, push_hub, events_app, links_app):
        made.cache_clear()
