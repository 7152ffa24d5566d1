"""The rules of a house that can be sharded by partner, read from the catalogue of the migrated database."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from psycopg import errors, sql

from commerce.walls import RIVER
from tests.architecture.policies import LIST, PEOPLE, POLICIES

PROJECT: Final = Path(__file__).resolve().parents[2]
OURS: Final = frozenset({"config", "commerce", "kol", "analytics"})
# What Django and its apps bring along; it stays on one machine.
DJANGO: Final = frozenset({"admin", "auth", "contenttypes", "sessions"})
# Tables that may have triggers: those that hold what is locked as it is, for every role.
TRIGGERED: Final[list[str]] = ["kol_claimline", "kol_statement"]
POLICY: Final = (
    "(id = ANY (( SELECT (string_to_array(NULLIF(current_setting('app.partners'::text, true), ''::text), "
    "','::text))::uuid[] AS string_to_array)::uuid[]))"
)
WRITING: Final = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"

# Each rule is a question that has no answer: every row is a breach.
RULES: Final = {
    "unique keys start with the partner": """
        SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
        LEFT JOIN pg_attribute first ON first.attrelid = i.indrelid AND first.attnum = i.indkey[0]
        WHERE i.indisunique AND t.relname = ANY(%(partner)s)
            AND first.attname IS DISTINCT FROM 'partner_id'
            AND NOT (i.indisprimary AND i.indnatts = 1 AND first.attname = 'id'
                AND t.relname <> ALL(%(river)s))
    """,
    "no unique key takes two nulls for two things": """
        SELECT DISTINCT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) AND NOT a.attnotnull
        WHERE i.indisunique AND NOT i.indnullsnotdistinct AND t.relname = ANY(%(partner)s)
    """,
    "no table of partners points at a local one": """
        SELECT c.conname FROM pg_constraint c JOIN pg_class child ON child.oid = c.conrelid
        JOIN pg_class parent ON parent.oid = c.confrelid
        WHERE c.contype = 'f' AND child.relname = ANY(%(partner)s) AND parent.relname = ANY(%(local)s)
    """,
    "the partner is never null": """
        SELECT t.relname FROM pg_class t LEFT JOIN pg_attribute a
            ON a.attrelid = t.oid AND a.attname = 'partner_id' AND a.attnotnull
        WHERE t.relname = ANY(%(partner)s) AND a.attname IS NULL
    """,
    "no triggers": """
        SELECT g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
        WHERE NOT g.tgisinternal AND t.relname <> ALL(%(triggered)s)
    """,
    "no numbers that a server counts up": """
        SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_name = ANY(%(partner)s) AND (is_identity = 'YES' OR column_default LIKE 'nextval%%')
    """,
    "no floats": """
        SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND udt_name IN ('float4', 'float8', '_float4', '_float8', 'money')
    """,
    "row security is enabled and forced": """
        SELECT relname FROM pg_class
        WHERE relname = ANY(%(walled)s) AND NOT (relrowsecurity AND relforcerowsecurity)
    """,
    "the web sees its partners and nobody else's": """
        SELECT t.relname FROM pg_class t LEFT JOIN pg_policy p ON p.polrelid = t.oid AND p.polcmd = '*'
            AND p.polroles = ARRAY[(SELECT oid FROM pg_roles WHERE rolname = %(web)s)]
            AND replace(pg_get_expr(p.polqual, t.oid), 'partner_id', 'id') = %(policy)s
            AND replace(pg_get_expr(p.polwithcheck, t.oid), 'partner_id', 'id') = %(policy)s
        WHERE t.relname = ANY(%(mine)s) AND p.polname IS NULL
    """,
    "no policy lets the web see or do more": """
        SELECT p.polname FROM pg_policy p JOIN pg_roles web ON web.rolname = %(web)s
        JOIN pg_class t ON t.oid = p.polrelid
        WHERE (web.oid = ANY(p.polroles) OR 0 = ANY(p.polroles))
            AND replace(pg_get_expr(p.polqual, p.polrelid), 'partner_id', 'id') IS DISTINCT FROM %(policy)s
            AND concat_ws(' ', t.relname, p.polcmd, trim(regexp_replace(regexp_replace(COALESCE(
                pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), %(list)s,
                '[\\1]', 'g'), '\\s+', ' ', 'g'))) <> ALL(%(others)s)
    """,
    "what the web may do to a row it may do to what it makes of it": """
        SELECT p.polname FROM pg_policy p WHERE p.polcmd IN ('*', 'w')
            AND pg_get_expr(p.polqual, p.polrelid) IS DISTINCT FROM pg_get_expr(p.polwithcheck, p.polrelid)
    """,
    "the web cannot touch the log": """
        SELECT t.relname || ' ' || privilege FROM pg_class t, unnest(%(privileges)s::text[]) privilege
        WHERE t.relname = ANY(%(river)s) AND has_table_privilege(%(web)s, t.oid, privilege)
    """,
    "the web and the worker own nothing": """
        SELECT t.relname FROM pg_class t JOIN pg_roles r ON r.oid = t.relowner
        WHERE r.rolname IN (%(web)s, %(worker)s) AND t.relkind NOT IN ('i', 'I', 't')
    """,
    "the web and the worker have no power over the server": """
        SELECT rolname FROM pg_roles WHERE rolname IN (%(web)s, %(worker)s)
            AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
    """,
    "the web and the worker are nobody else": """
        SELECT r.rolname || ' in ' || o.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
        JOIN pg_roles o ON o.oid = m.roleid WHERE r.rolname IN (%(web)s, %(worker)s)
    """,
    "the web and the worker cannot change the schema": """
        SELECT rolname FROM pg_roles WHERE rolname IN (%(web)s, %(worker)s)
            AND (has_schema_privilege(rolname, 'public', 'CREATE')
                OR has_database_privilege(rolname, current_database(), 'CREATE'))
    """,
}
BREACHES: Final = [
    (
        "unique keys start with the partner",
        "CREATE UNIQUE INDEX breach ON commerce_product (source, partner_id) WHERE false",
    ),
    (
        "unique keys start with the partner",
        "CREATE UNIQUE INDEX breach ON commerce_event_default (id) WHERE false",
    ),
    (
        "no unique key takes two nulls for two things",
        "CREATE UNIQUE INDEX breach ON commerce_order (partner_id, paid_at) WHERE false",
    ),
    (
        "no table of partners points at a local one",
        "ALTER TABLE commerce_product ADD owner int CONSTRAINT breach REFERENCES auth_user",
    ),
    ("the partner is never null", "ALTER TABLE commerce_product ALTER partner_id DROP NOT NULL"),
    (
        "no triggers",
        "CREATE TRIGGER breach BEFORE UPDATE ON commerce_order FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ),
    ("no numbers that a server counts up", "ALTER TABLE commerce_product ADD breach serial"),
    (
        "no numbers that a server counts up",
        "ALTER TABLE commerce_order ADD breach int GENERATED ALWAYS AS IDENTITY",
    ),
    ("no floats", "ALTER TABLE commerce_order ADD breach real[]"),
    ("row security is enabled and forced", "ALTER TABLE commerce_order NO FORCE ROW LEVEL SECURITY"),
    ("row security is enabled and forced", "ALTER TABLE commerce_order DISABLE ROW LEVEL SECURITY"),
    ("the web sees its partners and nobody else's", "DROP POLICY web_partners ON commerce_order"),
    (
        "no policy lets the web see or do more",
        "CREATE POLICY breach ON commerce_order FOR SELECT USING (true)",
    ),
    (
        "no policy lets the web see or do more",
        "CREATE POLICY breach ON commerce_order FOR INSERT TO liveledger_web WITH CHECK (true)",
    ),
    (
        "no policy lets the web see or do more",
        "CREATE POLICY breach ON kol_collaboration FOR UPDATE TO liveledger_web USING (id = ANY ((SELECT "
        "string_to_array(NULLIF(current_setting('app.collaborations', true), ''), ',')::uuid[])::uuid[]))",
    ),
    (
        "what the web may do to a row it may do to what it makes of it",
        "CREATE POLICY breach ON kol_kol FOR UPDATE TO liveledger_web USING (id IN (SELECT kol_id FROM "
        "kol_rosterentry)) WITH CHECK (true)",
    ),
    ("the web cannot touch the log", "GRANT SELECT ON commerce_event_default TO liveledger_web"),
    ("the web and the worker own nothing", "ALTER TABLE commerce_order OWNER TO liveledger_worker"),
    ("the web and the worker have no power over the server", "ALTER ROLE liveledger_web BYPASSRLS"),
    ("the web and the worker are nobody else", "GRANT liveledger_worker TO liveledger_web"),
    ("the web and the worker cannot change the schema", "GRANT CREATE ON SCHEMA public TO liveledger_worker"),
]

Owner = psycopg.Connection[tuple[Any, ...]]


def tables(distribution: str) -> list[str]:
    """The tables of our models that are declared to live there."""
    models = (model for model in apps.get_models() if model._meta.app_label in OURS)
    return [model._meta.db_table for model in models if vars_of(model).get("distribution") == distribution]


def vars_of(model: type[Any]) -> dict[str, object]:
    """What a class and its ancestors declare."""
    return {name: value for ancestor in reversed(model.__mro__) for name, value in vars(ancestor).items()}


@pytest.fixture
def owner() -> Iterator[Owner]:
    """The owner's connection; whatever it does is undone."""
    with psycopg.connect(settings.LOCAL_SERVERS.database_url(role="owner")) as connection:
        yield connection
        connection.rollback()


def breaches(connection: Owner, rule: str) -> list[str]:
    """What breaks a rule, by name."""
    partitions = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
    river = [RIVER, *(row[0] for row in connection.execute(partitions, [RIVER]))]
    partner = tables("PARTNER")
    names = {
        "partner": [*partner, *river],
        "local": [
            row[0]
            for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ],
        "mine": [*(table for table in partner if table != RIVER), "commerce_partner", "commerce_stale"],
        "walled": [*(table for table in (*partner, *PEOPLE) if table != RIVER), "commerce_partner"],
        "river": river,
        "triggered": TRIGGERED,
        "web": settings.WEB_ROLE,
        "worker": settings.WORKER_ROLE,
        "policy": POLICY,
        "list": LIST,
        "others": [f"{table} {act} {rule}" for (table, act), rule in POLICIES.items()],
        "privileges": ["SELECT", *WRITING.split(", ")],
    }
    reference = {*partner, *river, *tables("REFERENCE")}
    names["local"] = [table for table in names["local"] if table not in reference]
    return [row[0] for row in connection.execute(sql.SQL(RULES[rule]), names)]


@pytest.mark.parametrize("rule", RULES)
def test_the_catalogue_keeps_the_rule(owner: Owner, rule: str) -> None:
    assert breaches(owner, rule) == []


@pytest.mark.parametrize(("rule", "statement"), BREACHES)
def test_a_breach_of_the_rule_is_found(owner: Owner, rule: str, statement: str) -> None:
    owner.execute(sql.SQL(statement))
    assert len(breaches(owner, rule)) == 1


def test_every_rule_is_seen_to_find_its_breach() -> None:
    assert {rule for rule, _ in BREACHES} == set(RULES)


def test_every_model_says_where_it_lives() -> None:
    ours = {
        m._meta.label: vars_of(m).get("distribution") for m in apps.get_models() if m._meta.app_label in OURS
    }
    assert set(ours.values()) <= {"PARTNER", "REFERENCE", "LOCAL"}, ours
    others = {model._meta.app_label for model in apps.get_models(include_auto_created=True)} - OURS
    assert others == DJANGO
    # Who is public, and which logins and keys an agency has: nobody's facts among them.
    assert sorted(tables("REFERENCE")) == ["commerce_partner", *PEOPLE]
    assert tables("LOCAL") == ["commerce_stale"]


def test_every_table_belongs_to_a_model(owner: Owner) -> None:
    stored = {
        row[0]
        for row in owner.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition"
        )
    }
    declared = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert stored == declared | {"django_migrations"}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE breach ()",
        "ALTER TABLE commerce_order ADD breach int",
        "DROP TABLE commerce_event_default",
        "TRUNCATE commerce_order",
        "CREATE SCHEMA breach",
        "CREATE FUNCTION breach() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE commerce_order DISABLE ROW LEVEL SECURITY",
        "CREATE ROLE breach",
    ],
)
def test_the_worker_cannot_change_the_schema(statement: str) -> None:
    with psycopg.connect(settings.LOCAL_SERVERS.database_url(role="worker")) as worker:
        with pytest.raises(errors.InsufficientPrivilege):
            worker.execute(sql.SQL(statement))
        worker.rollback()


# -- statements --------------------------------------------------------------------------------


def statements() -> dict[str, str]:
    """Every file that holds SQL of ours, by path."""
    files = (
        path for app in sorted(OURS) for kind in ("py", "sql") for path in (PROJECT / app).rglob(f"*.{kind}")
    )
    return {str(path.relative_to(PROJECT)): path.read_text() for path in files}


def test_every_target_of_on_conflict_starts_with_the_partner() -> None:
    conflict = re.compile(r"ON CONFLICT\s+(?!DO NOTHING)(\S+)")
    targets = [(path, target) for path, text in statements().items() for target in conflict.findall(text)]
    assert [one for one in targets if not one[1].startswith("(partner_id,")] == []
    assert len(targets) >= 10


def test_no_statement_rolls_up_or_recurs_across_partners() -> None:
    forbidden = re.compile(r"\b(ROLLUP|CUBE)\s*\(|\bGROUPING\s+SETS\b|\bWITH\s+RECURSIVE\b")
    assert [path for path, text in statements().items() if forbidden.search(text)] == []
