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
        "analytics_review",
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
RECORD: Final = frozenset(
    {"analytics_modelrun", "analytics_ratecard", "analytics_targetrevision", "commerce_recordentry"}
)
# Where the web adds that something is to be computed again; taken away by workers alone.
HINTS: Final = frozenset({"commerce_stale"})
# No policies here: COPY does not work with them, and only the worker may touch it.
RIVER: Final = "commerce_event"


def _listed(setting: str, *, of: str = "uuid") -> str:
    """The values of a setting of the transaction, read once a statement and not once a row."""
    told = f"string_to_array(NULLIF(current_setting('app.{setting}', true), ''), ',')::{of}[]"
    return f"ANY ((SELECT {told})::{of}[])"


MINE: Final = f"{{}} = {_listed('partners')}"

# -- what agencies and guests see ----------------------------------------------------------------


OF_COLLABORATION: Final = f"collaboration_id = {_listed('collaborations')}"
# A campaign seen whole is listed without an agency.
OF_SUBJECT: Final = f"""CASE kind
    WHEN 'COLLABORATION' THEN agency_id IS NULL AND subject_id = {_listed("collaborations")}
    WHEN 'CAMPAIGN' THEN subject_id || ':' || COALESCE(agency_id::text, '') = {_listed("sights", of="text")}
    WHEN 'KOL' THEN agency_id = {_listed("agency")} AND partner_id = {_listed("summed")}
    ELSE false END"""
# Beside the partners' own rows these alone are seen, to be read, by who sees single campaigns.
GRANTED: Final = {
    "analytics_campaigncredit": OF_SUBJECT,
    "analytics_campaignmoney": OF_SUBJECT,
    "analytics_campaignoverlap": f"first_id = {_listed('collaborations')} "
    f"AND second_id = {_listed('collaborations')}",
    "analytics_campaignrollup": OF_SUBJECT,
    "analytics_collaborationflag": OF_COLLABORATION,
    "commerce_livesession": f"id = {_listed('sessions')}",
    "commerce_partner": f"id = {_listed('hosts')}",
    "kol_agencygrant": f"agency_id = {_listed('agency')} AND campaign_id = {_listed('campaigns')} "
    "AND revoked_at IS NULL",
    "kol_appearance": OF_COLLABORATION,
    "kol_campaign": f"id = {_listed('campaigns')}",
    "kol_claim": OF_COLLABORATION,
    "kol_claimline": OF_COLLABORATION,
    "kol_collaboration": f"id = {_listed('collaborations')}",
    "kol_costline": f"{OF_COLLABORATION} OR collaboration_id IS NULL "
    f"AND campaign_id || ':' = {_listed('sights', of='text')}",
    "kol_promocode": OF_COLLABORATION,
    "kol_statement": OF_COLLABORATION,
    "kol_terms": OF_COLLABORATION,
    "kol_trackinglink": OF_COLLABORATION,
}

# -- people, who are no partner's ------------------------------------------------------------------

IS_HOUSE: Final = "current_setting('app.house', true) = 'on'"
IS_PARTNER: Final = "NULLIF(current_setting('app.partners', true), '') IS NOT NULL"
MET: Final = f"SELECT kol_id FROM kol_collaboration WHERE id = {_listed('collaborations')}"
ENLISTED: Final = "SELECT kol_id FROM kol_rosterentry"  # Behind its own wall: of the partner's roster.
# What is known of influencers and agencies in public, partners may look up: a KOL is found by his handle,
# whoever wrote him down. What an act needs, by table; what is not here is for who runs the house.
PUBLIC: Final[dict[str, dict[str, str]]] = {
    "kol_agency": {
        "SELECT": f"{IS_PARTNER} OR id = {_listed('agency')} "
        "OR position(':' || id IN current_setting('app.sights', true)) > 0 "
        f"OR id IN (SELECT agency_id FROM kol_collaboration WHERE id = {_listed('collaborations')})",
    },
    "kol_agencykey": {},
    "kol_agencymembership": {},
    "kol_kol": {
        "SELECT": f"{IS_PARTNER} OR id IN ({MET})",
        "INSERT": IS_PARTNER,
        "UPDATE": f"id IN ({ENLISTED})",
    },
    "kol_kolaccount": {
        "SELECT": f"{IS_PARTNER} OR kol_id IN ({MET})",
        "INSERT": IS_PARTNER,
        "UPDATE": f"kol_id IN ({ENLISTED})",
        "DELETE": f"kol_id IN ({ENLISTED})",
    },
    "kol_kolfollowers": {
        "SELECT": f"{IS_PARTNER} OR account_id IN (SELECT id FROM kol_kolaccount WHERE kol_id IN ({MET}))",
        "INSERT": IS_PARTNER,
        "UPDATE": IS_PARTNER,
    },
}  # fmt: skip


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
            drop = sql.SQL("GRANT EXECUTE ON FUNCTION commerce_drop_event_partition(date, uuid[]) TO {}")
            connection.execute(drop.format(worker))
            # Rights on the log do not reach its partitions: the worker looks for months in this one by name.
            default = sql.SQL("GRANT SELECT ON commerce_event_default TO {}")
            connection.execute(default.format(worker))
            continue
        if table in PUBLIC:
            connection.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(name, web))
            _wall_of_people(connection, table)
            walled.append(table)
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


def _closed(connection: Connection[Any], table: str) -> None:
    """Row security without any policy but the worker's."""
    name, worker = sql.Identifier(table), sql.Identifier(settings.WORKER_ROLE)
    connection.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name))
    connection.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(name))
    there = "SELECT polname FROM pg_policy WHERE polrelid = %s::regclass"
    for (policy,) in connection.execute(there, [table]).fetchall():
        connection.execute(sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(policy), name))
    connection.execute(
        sql.SQL("CREATE POLICY worker_all ON {} TO {} USING (true) WITH CHECK (true)").format(name, worker)
    )


def _policy(connection: Connection[Any], table: str, policy: str, *, act: str, rule: sql.Composable) -> None:
    """Let the web do one thing with the rows of a rule."""
    using, check = sql.SQL("USING ({})").format(rule), sql.SQL("WITH CHECK ({})").format(rule)
    parts: dict[str, sql.Composable] = {"INSERT": check, "SELECT": using, "DELETE": using}
    name, on, web = (sql.Identifier(part) for part in (policy, table, settings.WEB_ROLE))
    what = parts.get(act, sql.SQL("{} {}").format(using, check))
    connection.execute(
        sql.SQL("CREATE POLICY {} ON {} FOR {} TO {} {}").format(name, on, sql.SQL(act), web, what)
    )


def _wall(connection: Connection[Any], table: str, column: str) -> None:
    _closed(connection, table)
    mine = sql.SQL(MINE).format(sql.Identifier(column))
    _policy(connection, table, "web_partners", act="ALL", rule=mine)
    if table in GRANTED:
        _policy(connection, table, "web_granted", act="SELECT", rule=sql.SQL(GRANTED[table]))
    if table == "commerce_partner":
        # A new partner is nobody's yet; whoever makes it sees it with the next request.
        _policy(connection, table, "web_new_partner", act="INSERT", rule=sql.SQL("true"))


def _wall_of_people(connection: Connection[Any], table: str) -> None:
    _closed(connection, table)
    _policy(connection, table, "web_house", act="ALL", rule=sql.SQL(IS_HOUSE))
    for act, rule in PUBLIC[table].items():
        _policy(connection, table, f"web_{act.lower()}", act=act, rule=sql.SQL(rule))
