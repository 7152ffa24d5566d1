"""Look at everything an installation stands on, and say what to do about what is wrong."""

import platform
import sys
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import redis
from django.conf import settings
from django.core.management import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min
from django.utils import timezone
from kombu.exceptions import KombuError

from commerce.models import Stale

State = Literal["ok", "warn", "fail"]
POSTGRES_AT_LEAST = 15
VALKEY_AT_LEAST = 8
REDIS_AT_LEAST = 6
PING_SECONDS = 3.0
# The sweep runs every few seconds: what waits longer than this waits for a worker that is not there.
BACKLOG_SECONDS = 300
# A row that failed this often is set aside, so that the others go on.
ATTEMPTS = 5
START = "Start everything with `python manage.py up`, or check "
# What would let the web role get around row security: being more than a plain role, or owning a table.
WEB_ROLE_POWERS = """
SELECT array_remove(ARRAY[
    CASE WHEN r.rolsuper THEN 'is superuser' END,
    CASE WHEN r.rolbypassrls THEN 'bypasses row security' END,
    CASE WHEN r.rolcreaterole THEN 'can create roles' END,
    (SELECT 'owns ' || string_agg(c.relname, ', ' ORDER BY c.relname)
     FROM pg_class c WHERE c.relowner = r.oid)
], NULL) FROM pg_roles r WHERE r.rolname = %s
"""
OPEN_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'partner_id'
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity) AND has_table_privilege(%s, c.oid, 'SELECT')
ORDER BY c.relname
"""


class Finding(NamedTuple):
    """One line: how it is, what was looked at, and what to do next when it is not well."""

    state: State
    text: str
    advice: str = ""


class Command(BaseCommand):
    """`manage.py doctor`."""

    help = "Check database, roles, migrations, broker, worker and backlog; exit code 1 when something fails."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line a check and a summary; exits 1 when any check failed."""
        styles = {"ok": self.style.SUCCESS, "warn": self.style.WARNING, "fail": self.style.ERROR}
        counts: dict[State, int] = {"ok": 0, "warn": 0, "fail": 0}
        for finding in findings():
            counts[finding.state] += 1
            self.stdout.write(f"{styles[finding.state](f'{finding.state:<4}')}  {finding.text}")
            if finding.advice:
                self.stdout.write(f"      -> {finding.advice}")
        self.stdout.write(", ".join(f"{count} {state}" for state, count in counts.items()))
        if counts["fail"]:
            sys.exit(1)


def findings() -> Iterator[Finding]:
    """Every check in turn; those that need the database only when it answers."""
    yield python_version()
    reached = database()
    yield reached
    if reached.state != "fail":
        for check in (roles, web_role, row_security, migrations, backlog):
            yield from _attempt(check)
    reached = broker()
    yield reached
    if reached.state != "fail":
        yield worker()


def python_version() -> Finding:
    """The Python that runs this."""
    version = platform.python_version()
    if sys.version_info[:2] == (3, 11):
        return Finding("ok", f"Python {version}")
    return Finding("fail", f"Python {version}", "Liveledger runs on Python 3.11.")


def database() -> Finding:
    """Whether PostgreSQL answers, and its version."""
    where = f"{connection.settings_dict['HOST'] or 'localhost'}, database {connection.settings_dict['NAME']}"
    try:
        connection.ensure_connection()
        number = connection.connection.info.server_version
    except DatabaseError as error:
        first_line = str(error).strip().splitlines()[0]
        return Finding("fail", f"PostgreSQL at {where}: {first_line}", f"{START}DATABASE_URL.")
    version = f"{number // 10000}.{number % 10000}"
    if number // 10000 < POSTGRES_AT_LEAST:
        return Finding("fail", f"PostgreSQL {version} at {where}", f"Use {POSTGRES_AT_LEAST} or newer.")
    return Finding("ok", f"PostgreSQL {version} at {where}")


def roles() -> Finding:
    """Whether the worker's and the web's role exist."""
    wanted = {settings.WORKER_ROLE, settings.WEB_ROLE}
    known = {row[0] for row in _rows("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(wanted)])}
    if known == wanted:
        return Finding("ok", f"Roles {', '.join(sorted(wanted))}")
    missing = ", ".join(sorted(wanted - known))
    return Finding("fail", f"Roles missing: {missing}", "Run `python manage.py create_roles` as the owner.")


def web_role() -> Finding:
    """Whether the web role is a plain one that owns nothing."""
    found = _rows(WEB_ROLE_POWERS, [settings.WEB_ROLE])
    powers: list[str] = found[0][0] if found else ["is missing"]
    if not powers:
        return Finding("ok", f"Role {settings.WEB_ROLE} owns nothing and bypasses nothing")
    return Finding(
        "fail",
        f"Role {settings.WEB_ROLE} {', '.join(powers)}",
        "Take that away (ALTER ROLE, REASSIGN OWNED): partners are kept apart by this role's limits.",
    )


def row_security() -> Finding:
    """Whether every partner table that the web role can read forces row security."""
    exists = _rows("SELECT 1 FROM pg_roles WHERE rolname = %s", [settings.WEB_ROLE])
    open_tables = [row[0] for row in _rows(OPEN_TABLES, [settings.WEB_ROLE])] if exists else []
    if not open_tables:
        return Finding("ok", "Row security is forced on every partner table that the web role can read")
    return Finding(
        "fail",
        f"Without row security: {', '.join(open_tables)}",
        "Run `python manage.py create_roles` as the owner: it raises the missing policies.",
    )


def migrations() -> Finding:
    """Whether the tables are those of this version."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not waiting:
        return Finding("ok", "Migrations are applied")
    first = waiting[0][0]
    return Finding(
        "fail",
        f"{len(waiting)} migrations wait, the first is {first.app_label} {first.name}",
        "Run `python manage.py migrate`.",
    )


def backlog() -> Finding:
    """How much waits to be recomputed, for how long, and what was set aside after it failed too often."""
    # As the worker: row security would hide these rows from an owner who is no superuser.
    rows = Stale.objects.using("worker")
    waiting = rows.filter(attempts__lt=ATTEMPTS)
    oldest = waiting.aggregate(oldest=Min("marked_at"))["oldest"]
    set_aside = rows.filter(attempts__gte=ATTEMPTS).count()
    seconds = 0 if oldest is None else max(0, int((timezone.now() - oldest).total_seconds()))
    text = f"Backlog: {waiting.count()} marks wait, the oldest for {seconds} s; {set_aside} set aside"
    if set_aside:
        return Finding(
            "warn", text, "Their last error is in the admin, under stale rows; repair and run them again."
        )
    if seconds > BACKLOG_SECONDS:
        return Finding(
            "warn", text, "The worker is away or too slow: see whether it answers below, or start more."
        )
    return Finding("ok", text)


def broker() -> Finding:
    """Whether Redis or Valkey answers, and its version."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as client:
            server = client.info("server")
    except (redis.RedisError, OSError, ValueError) as error:
        return Finding(
            "fail", f"Redis at {_without_password(settings.REDIS_URL)}: {error}", f"{START}REDIS_URL."
        )
    is_valkey = "valkey_version" in server
    name, version, at_least = (
        ("Valkey", str(server["valkey_version"]), VALKEY_AT_LEAST)
        if is_valkey
        else ("Redis", str(server["redis_version"]), REDIS_AT_LEAST)
    )
    where = _without_password(settings.REDIS_URL)
    if int(version.split(".")[0]) < at_least:
        return Finding("fail", f"{name} {version} at {where}", f"Use {name} {at_least} or newer.")
    return Finding("ok", f"{name} {version} at {where}")


def worker() -> Finding:
    """Whether a Celery worker answers."""
    from config.celery import app

    try:
        answers = app.control.ping(timeout=PING_SECONDS)
    except (KombuError, OSError, LookupError) as error:  # LookupError: an address of an unknown kind
        return Finding("fail", f"Worker: {error}", "Check REDIS_URL: Celery cannot use it as its broker.")
    if not answers:
        return Finding(
            "fail",
            f"No worker answers within {PING_SECONDS:.0f} s: events are kept, numbers stand still",
            "Start one with `celery -A config worker`, or everything with `python manage.py up`.",
        )
    names = sorted(name for answer in answers for name in answer)
    return Finding("ok", f"Workers: {', '.join(names)}")


def _attempt(check: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield check()
    except DatabaseError as error:
        first_line = str(error).strip().splitlines()[0]
        yield Finding(
            "fail", f"{check.__name__}: {first_line}", "Run `python manage.py migrate` as the owner."
        )


def _rows(query: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _without_password(url: str) -> str:
    head, separator, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://***@{tail}" if separator else url
