"""The fills' SQL, with the columns of declared metrics put in their places; composed once a process."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db import models
from psycopg import sql

from analytics.fills import told
from analytics.metrics import BASES, MINUTE_PEOPLE, Fact, Metric, Scope, stored
from commerce.ingest import Kind

HERE: Final = Path(__file__).parent

# What a viewing counts of its viewer's own events: column to SQL over rows `e`.
ACTS: Final = {
    "views": f"count(*) FILTER (WHERE e.kind = {int(Kind.live_view_started)})",
    "likes": f"COALESCE(sum(COALESCE(e.quantity, 1)) FILTER (WHERE e.kind = {int(Kind.live_like)}), 0)",
    "comments": f"count(*) FILTER (WHERE e.kind = {int(Kind.live_comment)})",
    "shares": f"count(*) FILTER (WHERE e.kind = {int(Kind.share)})",
    "follows": f"count(*) FILTER (WHERE e.kind = {int(Kind.live_follow)})",
    "product_clicks": f"count(*) FILTER (WHERE e.kind = {int(Kind.select_item)})",
    "cta_clicks": f"count(*) FILTER (WHERE e.kind = {int(Kind.live_cta_click)})",
    "cart_adds": f"count(*) FILTER (WHERE e.kind = {int(Kind.add_to_cart)})",
    "checkouts": f"count(*) FILTER (WHERE e.kind = {int(Kind.begin_checkout)})",
}
# Kinds that minutes count; others (heartbeats above all) need not be read for them.
MINUTE_KINDS: Final = [
    int(kind)
    for kind in (
        Kind.live_impression, Kind.live_view_started, Kind.live_like, Kind.live_comment, Kind.share,
        Kind.live_follow,
        Kind.view_item_list, Kind.select_item, Kind.live_cta_click, Kind.add_to_cart, Kind.begin_checkout,
    )
]  # fmt: skip
MINUTE_PEOPLE_KINDS: Final = [int(Kind.add_to_cart), int(Kind.begin_checkout)]
PRODUCT_PEOPLE_KINDS: Final = [int(Kind.select_item), int(Kind.add_to_cart)]
PRODUCT_KINDS: Final = [int(Kind.view_item_list), *PRODUCT_PEOPLE_KINDS]


def _raw(text: str) -> sql.Composable:
    return sql.SQL(text)  # Declarations are code of ours, never input.


def _list(parts: Iterable[str]) -> sql.Composable:
    return _raw(", ".join(parts))


def _updates(columns: Iterable[str]) -> sql.Composable:
    return _list(f"{column} = EXCLUDED.{column}" for column in columns)


def _by_basis(metrics: list[Metric]) -> dict[str, str]:
    """Column to aggregate, of metrics with bases."""
    return {metric.column(basis): metric.aggregate(basis) for metric in metrics for basis in BASES}


def _compose(name: str, **parts: sql.Composable) -> sql.Composed:
    return _raw((HERE / name).read_text()).format(**parts)  # type: ignore[attr-defined, no-any-return]


# What names a sign's place among views; a source's own views are never negative.
_VIEWS: Final = {
    "start_kind": sql.Literal(int(Kind.live_view_started)),
    "end_kind": sql.Literal(int(Kind.live_view_ended)),
    "anonymous": sql.Literal(-1),
}
# Orders by the subject they are sold in: their session, and the broadcast of it where it has several.
_SOLD: Final = (
    "(SELECT session_id AS subject_id, * FROM analytics_orderfact "
    "WHERE partner_id = %(partner)s AND session_id = ANY(%(sessions)s) "
    "UNION ALL SELECT broadcast_id, * FROM analytics_orderfact "
    "WHERE partner_id = %(partner)s AND broadcast_id = ANY(%(sessions)s))"
)
_ALL_EVENTS: Final = "commerce_event e JOIN session s USING (session_id)"
# A range of the index a session, whatever is thought of how many rows there are.
_RECENT_EVENTS: Final = (
    "session s CROSS JOIN LATERAL (SELECT * FROM commerce_event r WHERE r.partner_id = %(partner)s "
    "AND r.session_id = s.session_id AND r.occurred_at >= COALESCE(s.reads_from, '-infinity') OFFSET 0) e"
)


@cache
def carry_on() -> sql.Composed:
    """Presence of picked viewers who only went on with what they did; answers the others."""
    return _compose(
        "continue.sql",
        **_VIEWS,
        acts=_list(f"{expression} AS {name}" for name, expression in ACTS.items()),
        act_additions=_list(f"{name} = v.{name} + a.{name}" for name in ACTS),
    )


# By the order of their viewers, so that neighbours are near each other.
_IDENTITY: Final = (
    "(left(p.viewer_id::text, 18) || right(md5(p.session_id::text || p.viewer_id::text), 16))::uuid"
)
_ABSENT: Final = (
    "NOT EXISTS (SELECT 1 FROM presence p WHERE p.session_id = v.session_id AND p.viewer_id = v.viewer_id)"
)
_PICKED_ABSENT: Final = (
    f"v.id = ANY(ARRAY(SELECT {_IDENTITY} "
    "FROM unnest(%(picked_sessions)s::uuid[], %(picked_viewers)s::uuid[]) AS p (session_id, viewer_id) "
    "LEFT JOIN presence there USING (session_id, viewer_id) WHERE there.viewer_id IS NULL))"
)
_STORED: Final = (
    "(SELECT * FROM analytics_viewing WHERE partner_id = %(partner)s AND session_id = ANY(%(sessions)s)) old"
)
_PICKED_STORED: Final = (
    "LATERAL (SELECT * FROM analytics_viewing v WHERE v.partner_id = %(partner)s "
    "AND v.session_id = w.session_id AND v.viewer_id = w.viewer_id OFFSET 0) old"
)


@cache
def viewings(*, is_picked: bool) -> sql.Composed:
    """Presence of everybody in some sessions, or of picked viewers from the reach of their signs on."""
    pairs = "(SELECT * FROM unnest(%(picked_sessions)s::uuid[], %(picked_viewers)s::uuid[]))"
    return _compose(
        "viewings.sql",
        **_VIEWS,
        identity=_raw(_IDENTITY),
        events=_raw(_RECENT_EVENTS if is_picked else _ALL_EVENTS),
        picked=_raw(f"AND (e.session_id, e.viewer_id) IN {pairs}" if is_picked else ""),
        absent=_raw(_PICKED_ABSENT if is_picked else _ABSENT),
        stored=_raw(_PICKED_STORED if is_picked else _STORED),
        acts=_list(f"{expression} AS {name}" for name, expression in ACTS.items()),
        act_names=_list(ACTS),
        act_updates=_updates(ACTS),
        act_stored=_list(f"t.{name}" for name in ACTS),
        act_excluded=_list(f"EXCLUDED.{name}" for name in ACTS),
    )


@cache
def merged_viewings() -> sql.Composed:
    """Presence in merged sessions, from that in their broadcasts; answers whose first join moved."""
    return _compose(
        "merged_viewings.sql",
        identity=_raw(_IDENTITY),
        absent=_raw(_ABSENT),
        stored=_raw(_STORED),
        acts=_list(f"v.{name}" for name in ACTS),
        act_sums=_list(f"sum({name})::bigint AS {name}" for name in ACTS),
        act_names=_list(ACTS),
        act_updates=_updates(ACTS),
        act_stored=_list(f"t.{name}" for name in ACTS),
        act_excluded=_list(f"EXCLUDED.{name}" for name in ACTS),
    )


@cache
def minutes() -> sql.Composed:
    """Minutes of sessions from a moment on."""
    events = {metric.key: metric.expression for metric in stored(Scope.SESSION, Fact.EVENTS)}
    columns = [*events, *MINUTE_PEOPLE]
    return _compose(
        "minutes.sql",
        sold=_raw(_SOLD),
        counts=_list(f"{expression} AS {name}" for name, expression in events.items()),
        people=_list(f"{expression} AS {name}" for name, expression in MINUTE_PEOPLE.items()),
        count_names=_list(
            f"COALESCE({'a' if name in MINUTE_PEOPLE else 'e'}.{name}, 0) AS {name}" for name in columns
        ),
        count_columns=_list(columns),
        count_updates=_updates(columns),
    )


@cache
def sessions() -> sql.Composed:
    """Sessions from their minutes and viewings."""
    counts = [metric.key for metric in stored(Scope.SESSION, Fact.EVENTS)]
    people = {metric.key: metric.expression for metric in stored(Scope.SESSION, Fact.PEOPLE)}
    moments = {metric.key: metric.expression for metric in stored(Scope.SESSION, Fact.SHOWINGS)}
    return _compose(
        "sessions.sql",
        sold=_raw(_SOLD),
        moments=_list(f"{expression} AS {name}" for name, expression in moments.items()),
        moment_columns=_list(moments),
        moment_values=_list(f"COALESCE(w.{name}, 0)" for name in moments),
        moment_updates=_updates(moments),
        count_sums=_list(f"sum(m.{name}) AS {name}" for name in counts),
        count_columns=_list(counts),
        count_values=_list(f"COALESCE(t.{name}, 0)" for name in counts),
        count_updates=_updates(counts),
        people=_list(f"{expression} AS {name}" for name, expression in people.items()),
        people_columns=_list(people),
        people_values=_list(f"COALESCE(c.{name}, 0)" for name in people),
        people_updates=_updates(people),
        by_source=_sources(),
    )


@cache
def products(*, is_picked: bool) -> sql.Composed:
    """What was shown and clicked, of all products of sessions or of picked ones."""
    columns = {metric.key: metric.expression for metric in stored(Scope.PRODUCT, Fact.EVENTS)}
    return _compose(
        "products.sql",
        columns=_list(columns),
        aggregates=_list(columns.values()),
        updates=_updates(columns),
        picked=_raw("AND e.product_id = ANY(%(products)s)" if is_picked else ""),
        picked_rows=_raw("AND t.product_id = ANY(%(products)s)" if is_picked else ""),
    )


def is_first(counted: str) -> str:
    """Whether an order `f` is its customer's first of those counted (`{}` an order), by time, then its id."""
    name = (
        "(SELECT external_id FROM commerce_order x "
        "WHERE x.partner_id = {0}.partner_id AND x.id = {0}.order_id)"
    )
    return (
        f"(f.customer_id IS NOT NULL AND {counted.format('f')} AND (SELECT true FROM analytics_orderfact b "
        f"WHERE b.partner_id = f.partner_id AND b.customer_id = f.customer_id AND {counted.format('b')} "
        f"AND b.placed_at <= f.placed_at AND (b.placed_at < f.placed_at "
        f"OR {name.format('b')} < {name.format('f')} COLLATE \"C\") LIMIT 1) IS NULL)"
    )


@cache
def showings_told() -> sql.Composed:
    """Which product moments there are, as they are told."""
    columns = [metric.key for metric in stored(Scope.SHOWING, Fact.SHOWINGS)]
    return _compose(
        "showings_told.sql",
        featured=sql.Literal(int(Kind.live_product_featured)),
        unfeatured=sql.Literal(int(Kind.live_product_unfeatured)),
        columns=_list(columns),
        zeros=_list("0" for _ in columns),
    )


@cache
def showings() -> sql.Composed:
    """Who was in some product moments, and what was done; what was sold in them is another statement's."""
    kinds = {"comment": Kind.live_comment, "click": Kind.select_item, "cart": Kind.add_to_cart}
    return _compose("showings.sql", **{name: sql.Literal(int(kind)) for name, kind in kinds.items()})


@cache
def sales(name: str, scope: Scope) -> sql.Composed:
    """One of the statements that group orders: `session_sales.sql`, `product_sales.sql`, `shop.sql`."""
    columns = _by_basis(stored(scope, Fact.ORDERS))
    return _compose(
        name,
        sold=_raw(_SOLD),
        columns=_list(columns),
        aggregates=_list(columns.values()),
        updates=_updates(columns),
        is_first_placed=_raw(is_first("true")),
        is_first_paid=_raw(is_first("{}.paid_at IS NOT NULL")),
    )


@cache
def versions(rows_of: type[models.Model], kept_in: type[models.Model]) -> sql.Composed:
    """States of a session's rows of one model, kept in another; answers sessions with a new one."""
    own = {"id", "partner_id", "session_id", "row_id", "known_from", "known_until"}
    columns = [f.attname for f in kept_in._meta.local_concrete_fields if f.attname not in own]
    return _compose(
        "keep_versions.sql",
        rows=sql.Identifier(rows_of._meta.db_table),
        versions=sql.Identifier(kept_in._meta.db_table),
        columns=_list(columns),
        of_now=_list(f"n.{column}" for column in columns),
        of_open=_list(f"o.{column}" for column in columns),
        updates=_updates(columns),
    )


_PATH_KEPT: Final = (*told.SAID, *told.STEPS)
_PATH_READ: Final = (*told.READ, *_PATH_KEPT)
_PATH_TELLS: Final = f"num_nonnulls({', '.join(_PATH_KEPT)}) > 0"
# Whether the viewer was present in a session that started earlier; one row is looked at. Not in a broadcast of
# one, and in broadcasts not of the one they are of.
IS_RETURNING: Final = (
    "(SELECT true FROM analytics_viewerpath e WHERE e.partner_id = %(partner)s "
    "AND e.viewer_id = {0}.viewer_id AND e.watched_from < {0}.{1} "
    "AND e.session_id <> {0}.session_id AND e.session_id <> ALL(%(broadcasts)s::uuid[]) "
    "AND e.session_id IS DISTINCT FROM "
    "(%(broadcasts_of)s::uuid[])[array_position(%(broadcasts)s::uuid[], {0}.session_id)] "
    "LIMIT 1) IS NOT NULL"
)
_NEW_EVENTS: Final = (
    "part p JOIN session s USING (session_id) CROSS JOIN LATERAL (SELECT * FROM commerce_event r "
    "WHERE r.partner_id = %(partner)s AND r.session_id = p.part_id AND r.occurred_at >= s.since OFFSET 0) e"
)
_SEEN_ANEW: Final = (
    "(SELECT c.session_id, c.viewer_id, w.id IS NOT NULL AS is_present FROM (SELECT session_id, viewer_id "
    "FROM told UNION SELECT * FROM unnest(%(picked_sessions)s::uuid[], %(picked_viewers)s::uuid[])) c "
    "LEFT JOIN LATERAL "
    "(SELECT id FROM analytics_viewing w WHERE w.partner_id = %(partner)s AND w.session_id = c.session_id "
    "AND w.viewer_id = c.viewer_id OFFSET 0) w ON true)"
)
_ALL_SEEN: Final = (
    "(SELECT session_id, viewer_id, true AS is_present FROM analytics_viewing "
    "WHERE partner_id = %(partner)s AND session_id = ANY(%(sessions)s))"
)
_OLD_PATH: Final = (
    "LEFT JOIN LATERAL (SELECT * FROM analytics_viewerpath o WHERE o.partner_id = %(partner)s "
    f"AND o.id = {_IDENTITY.replace('p.viewer_id', 'v.viewer_id').replace('p.session_id', 's.session_id')} "
    "OFFSET 0) old ON true"
)
_STORED_PATHS: Final = (
    "(SELECT session_id, viewer_id, watched_from FROM analytics_viewerpath "
    "WHERE partner_id = %(partner)s AND session_id = ANY(%(sessions)s))"
)


def _merged_path(name: str) -> str:
    """What is told of old and what is new together: the first of some things, the latest of others."""
    first = name in told.FIRST_SAID or name in told.STEPS
    return f"{'LEAST' if first else 'GREATEST'}(old.{name}, t.{name}) AS {name}"


@cache
def paths(*, is_picked: bool) -> sql.Composed:
    """Paths of everybody in some sessions, or of who told something new and of picked viewers."""
    silent = f"NOT p.is_present AND NOT ({_PATH_TELLS})"
    return _compose(
        "paths.sql",
        told=_list(f"{expression} AS {name}" for name, expression in {**told.SAID, **told.STEPS}.items()),
        who_told=_list(f"{expression} AS {name}" for name, expression in told.WHO_TOLD.items()),
        events=_raw(_NEW_EVENTS if is_picked else "commerce_event e JOIN part p ON p.part_id = e.session_id"),
        watched=_raw(_SEEN_ANEW if is_picked else _ALL_SEEN),
        old=_raw(_OLD_PATH if is_picked else ""),
        merged=_list(_merged_path(name) if is_picked else f"t.{name}" for name in _PATH_KEPT),
        read=_list(f"{expression} AS {name}" for name, expression in told.READ.items()),
        read_names=_list(told.READ),
        kept=_list(_PATH_KEPT),
        tells=_raw(_PATH_TELLS),
        is_returning=_raw(f"%(has_others)s AND {IS_RETURNING.format('m', 'starts_at')}"),
        identity=_raw(_IDENTITY),
        updates=_updates(_PATH_READ),
        compared=_list(f"t.{name}" for name in _PATH_READ),
        excluded=_list(f"EXCLUDED.{name}" for name in _PATH_READ),
        stored=_raw(_STORED_PATHS),
        absent=_raw(
            f"t.id = ANY(ARRAY(SELECT {_IDENTITY} FROM merged p WHERE {silent}))"
            if is_picked
            else "NOT EXISTS (SELECT 1 FROM path p "
            "WHERE p.session_id = t.session_id AND p.viewer_id = t.viewer_id)"
        ),
    )


def _source_identity(row: str, *more: str) -> sql.Composable:
    """The id of a row about a source in a session; the sign between the names is in none of them."""
    parts = (f"{row}.session_id::text", *(f"{row}.{name}" for name in more))
    names = (f"{row}.source", f"{row}.sub_source", f"{row}.is_paid::text")
    return _raw(f"md5(concat_ws(E'\\x01', {', '.join(parts)}, {', '.join(names)}))::uuid")


@cache
def source_minutes() -> sql.Composed:
    """Minutes of sessions by source, from a moment on."""
    columns = {metric.key: metric.expression for metric in stored(Scope.SOURCE, Fact.EVENTS)}
    return _compose(
        "source_minutes.sql",
        told=_list(f"{expression} AS {name}" for name, expression in told.TOLD.items()),
        source=_raw(told.SOURCE),
        sub_source=_raw(told.SUB_SOURCE),
        is_paid=_raw(told.IS_PAID),
        columns=_list(columns),
        aggregates=_list(columns.values()),
        updates=_updates(columns),
        identity=_source_identity("e", "minute::text"),
    )


@cache
def _sources() -> sql.Composed:
    """The part of `sessions` that groups its people by source, beside what minutes tell of sources."""
    events = [metric.key for metric in stored(Scope.SOURCE, Fact.EVENTS)]
    people = {metric.key: metric.expression for metric in stored(Scope.SOURCE, Fact.PEOPLE)}
    columns = [*events, *people]
    return _compose(
        "sources.sql",
        sums=_list(f"sum({name}) AS {name}" for name in columns),
        no_events=_list(f"0 AS {name}" for name in events),
        people=_list(f"{expression} AS {name}" for name, expression in people.items()),
        events=_list(f"sum(m.{name})" for name in events),
        no_people=_list("0" for _ in people),
        columns=_list(columns),
        updates=_updates(columns),
        identity=_source_identity("e"),
    )


@cache
def source_sales() -> sql.Composed:
    """Sales of sessions by source and currency."""
    columns = _by_basis(stored(Scope.SOURCE, Fact.ORDERS))
    return _compose(
        "source_sales.sql",
        sold=_raw(_SOLD),
        columns=_list(columns),
        aggregates=_list(columns.values()),
        updates=_updates(columns),
        viewing=_raw(_IDENTITY.replace("p.session_id", "f.subject_id").replace("p.", "f.")),
        identity=_source_identity("o", "currency"),
    )


@cache
def thin(kept_in: type[models.Model]) -> sql.Composed:
    """States of one model that need not be kept; answers (session, moment) of those that stay."""
    return _compose("thin_versions.sql", versions=sql.Identifier(kept_in._meta.db_table))


@cache
def plain(name: str) -> sql.Composed:
    """A statement without metric columns."""
    return _compose(name, sold=_raw(_SOLD))


def rows(connection: Any, statement: sql.Composed | str, values: dict[str, Any]) -> list[Any]:
    """Run a fill; answers its rows, if it returns any."""
    # Nothing is known of how many rows a step of a fill hands to the next; a loop over them is the bad guess.
    connection.execute("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
    cursor = connection.execute(statement, values)
    found = cursor.fetchall() if cursor.description else []
    connection.execute("SET LOCAL enable_nestloop = on")
    return found
