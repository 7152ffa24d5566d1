"""Roles, grants and row policies: what the database itself enforces. Idempotent; run with every migration."""

from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Connection, sql

# Rows people change, through the admin or the API; everything else has one writer, which is the worker.
EDITABLE: Final = frozenset(
    {
        "analytics_metricselection",
        "analytics_target",
        "commerce_apikey",
        "commerce_membership",
        "commerce_partner",
        "commerce_violationappeal",
        "kol_agencygrant",
        "kol_appearance",
        "kol_campaign",
        "kol_claim",
        "kol_claimline",
        "kol_collaboration",
        "kol_costline",
        "kol_guestaccess",
        "kol_linkhost",
        "kol_promocode",
        "kol_rosterentry",
        "kol_statement",
        "kol_terms",
        "kol_trackinglink",
    }
)
# What was written once stays as it is: nobody changes it, not even the worker.
RECORD: Final = frozenset({"analytics_targetrevision", "commerce_recordentry"})
# Where the web adds that something is to be computed again; taken away by workers alone.
HINTS: Final = frozenset({"commerce_stale"})
# No policies here: COPY does not work with them, and only the worker may touch it.
RIVER: Final = "commerce_event"
MINE: Final = "{} = ANY (string_to_array(NULLIF(current_setting('app.partners', true), ''), ',')::uuid[])"


def create_roles(connection: Connection[Any]) -> None:
    """Make the worker's and the web's role, without any right yet."""
    for role in (settings.WORKER_ROLE, settings.WEB_ROLE):
        name = sql.Identifier(role)
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if known is None:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(name)
            )
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))


def raise_walls(wrapper: BaseDatabaseWrapper) -> list[str]:
    """Grants and policies for every table there is; answers the tables with policies."""
    connection: Connection[Any] = wrapper.connection
    worker, web = sql.Identifier(settings.WORKER_ROLE), sql.Identifier(settings.WEB_ROLE)
    existing = set(wrapper.introspection.table_names())
    walled = []
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table not in existing:
            continue
        name = sql.Identifier(table)
        worker_rights = "SELECT, INSERT" if table in RECORD else "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, worker))
        connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(worker_rights), name, worker))
        if table == RIVER:
            connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, web))
            make = sql.SQL("GRANT EXECUTE ON FUNCTION commerce_make_event_partition(date) TO {}")
            connection.execute(make.format(worker))
            # Rights on the log do not reach its partitions: the worker looks for months in this one by name.
            default = sql.SQL("GRANT SELECT ON commerce_event_default TO {}")
            connection.execute(default.format(worker))
            continue
        columns = {field.column for field in model._meta.local_fields}
        is_partner = table == "commerce_partner"
        if not is_partner and "partner_id" not in columns:
            connection.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(name, web))
            continue
        connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, web))
        rights = "SELECT"
        if table in EDITABLE:
            rights = "SELECT, INSERT, UPDATE, DELETE"
        elif table in RECORD | HINTS:
            rights = "SELECT, INSERT"
        connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), name, web))
        _wall(connection, table, "id" if is_partner else "partner_id")
        walled.append(table)
    connection.execute(
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}, {}").format(worker, web)
    )
    return walled


def _wall(connection: Connection[Any], table: str, column: str) -> None:
    name, worker, web = (sql.Identifier(part) for part in (table, settings.WORKER_ROLE, settings.WEB_ROLE))
    mine = sql.SQL(MINE).format(sql.Identifier(column))
    connection.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name))
    connection.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(name))
    for policy in ("worker_all", "web_partners", "web_new_partner"):
        connection.execute(sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(sql.Identifier(policy), name))
    connection.execute(
        sql.SQL("CREATE POLICY worker_all ON {} TO {} USING (true) WITH CHECK (true)").format(name, worker)
    )
    connection.execute(
        sql.SQL("CREATE POLICY web_partners ON {} TO {} USING ({}) WITH CHECK ({})").format(
            name, web, mine, mine
        )
    )
    if table == "commerce_partner":
        # A new partner is nobody's yet; whoever makes it sees it with the next request.
        connection.execute(
            sql.SQL("CREATE POLICY web_new_partner ON {} FOR INSERT TO {} WITH CHECK (true)").format(
                name, web
            )
        )
