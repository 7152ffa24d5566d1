"""The fills' SQL, with the columns of declared metrics put in their places; composed once a process."""

from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db import models
from psycopg import sql

from analytics.fills import told
from analytics.fills.composing import IDENTITY, SOLD, by_basis, compose, listed, raw, updates
from analytics.fills.sources import sources
from analytics.metrics import MINUTE_PEOPLE, Fact, Scope, stored
from analytics.models.splits import FACTS
from commerce.ingest import Kind

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
# What names a sign's place among views; a source's own views are never negative.
_VIEWS: Final = {
    "start_kind": sql.Literal(int(Kind.live_view_started)),
    "end_kind": sql.Literal(int(Kind.live_view_ended)),
    "anonymous": sql.Literal(-1),
}
_ALL_EVENTS: Final = "commerce_event e JOIN session s USING (session_id)"
# A range of the index a session, whatever is thought of how many rows there are.
_RECENT_EVENTS: Final = (
    "session s CROSS JOIN LATERAL (SELECT * FROM commerce_event r WHERE r.partner_id = %(partner)s "
    "AND r.session_id = s.session_id AND r.occurred_at >= COALESCE(s.reads_from, '-infinity') OFFSET 0) e"
)


@cache
def carry_on() -> sql.Composed:
    """Presence of picked viewers who only went on with what they did; answers the others."""
    return compose(
        "continue.sql",
        **_VIEWS,
        acts=listed(f"{expression} AS {name}" for name, expression in ACTS.items()),
        act_additions=listed(f"{name} = v.{name} + a.{name}" for name in ACTS),
    )


_ABSENT: Final = (
    "NOT EXISTS (SELECT 1 FROM presence p WHERE p.session_id = v.session_id AND p.viewer_id = v.viewer_id)"
)
_PICKED_ABSENT: Final = (
    f"v.id = ANY(ARRAY(SELECT {IDENTITY} "
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
    return compose(
        "viewings.sql",
        **_VIEWS,
        identity=raw(IDENTITY),
        events=raw(_RECENT_EVENTS if is_picked else _ALL_EVENTS),
        picked=raw(f"AND (e.session_id, e.viewer_id) IN {pairs}" if is_picked else ""),
        absent=raw(_PICKED_ABSENT if is_picked else _ABSENT),
        stored=raw(_PICKED_STORED if is_picked else _STORED),
        acts=listed(f"{expression} AS {name}" for name, expression in ACTS.items()),
        act_names=listed(ACTS),
        act_updates=updates(ACTS),
        act_stored=listed(f"t.{name}" for name in ACTS),
        act_excluded=listed(f"EXCLUDED.{name}" for name in ACTS),
    )


@cache
def merged_viewings() -> sql.Composed:
    """Presence in merged sessions, from that in their broadcasts; answers whose first join moved."""
    return compose(
        "merged_viewings.sql",
        identity=raw(IDENTITY),
        absent=raw(_ABSENT),
        stored=raw(_STORED),
        acts=listed(f"v.{name}" for name in ACTS),
        act_sums=listed(f"sum({name})::bigint AS {name}" for name in ACTS),
        act_names=listed(ACTS),
        act_updates=updates(ACTS),
        act_stored=listed(f"t.{name}" for name in ACTS),
        act_excluded=listed(f"EXCLUDED.{name}" for name in ACTS),
    )


@cache
def minutes() -> sql.Composed:
    """Minutes of sessions from a moment on."""
    events = {metric.key: metric.expression for metric in stored(Scope.SESSION, Fact.EVENTS)}
    columns = [*events, *MINUTE_PEOPLE]
    return compose(
        "minutes.sql",
        sold=raw(SOLD),
        counts=listed(f"{expression} AS {name}" for name, expression in events.items()),
        people=listed(f"{expression} AS {name}" for name, expression in MINUTE_PEOPLE.items()),
        count_names=listed(
            f"COALESCE({'a' if name in MINUTE_PEOPLE else 'e'}.{name}, 0) AS {name}" for name in columns
        ),
        count_columns=listed(columns),
        count_updates=updates(columns),
    )


@cache
def sessions() -> sql.Composed:
    """Sessions from their minutes and viewings."""
    counts = [metric.key for metric in stored(Scope.SESSION, Fact.EVENTS)]
    people = {metric.key: metric.expression for metric in stored(Scope.SESSION, Fact.PEOPLE)}
    moments = {metric.key: metric.expression for metric in stored(Scope.SESSION, Fact.SHOWINGS)}
    return compose(
        "sessions.sql",
        sold=raw(SOLD),
        moments=listed(f"{expression} AS {name}" for name, expression in moments.items()),
        moment_columns=listed(moments),
        moment_values=listed(f"COALESCE(w.{name}, 0)" for name in moments),
        moment_updates=updates(moments),
        count_sums=listed(f"sum(m.{name}) AS {name}" for name in counts),
        count_columns=listed(counts),
        count_values=listed(f"COALESCE(t.{name}, 0)" for name in counts),
        count_updates=updates(counts),
        people=listed(f"{expression} AS {name}" for name, expression in people.items()),
        people_columns=listed(people),
        people_values=listed(f"COALESCE(c.{name}, 0)" for name in people),
        people_updates=updates(people),
        by_source=sources(),
    )


@cache
def products(*, is_picked: bool) -> sql.Composed:
    """What was shown and clicked, of all products of sessions or of picked ones."""
    columns = {metric.key: metric.expression for metric in stored(Scope.PRODUCT, Fact.EVENTS)}
    return compose(
        "products.sql",
        columns=listed(columns),
        aggregates=listed(columns.values()),
        updates=updates(columns),
        picked=raw("AND e.product_id = ANY(%(products)s)" if is_picked else ""),
        picked_rows=raw("AND t.product_id = ANY(%(products)s)" if is_picked else ""),
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
        f'OR {name.format("b")} < {name.format("f")} COLLATE "C") LIMIT 1) IS NULL)'
    )


@cache
def showings_told() -> sql.Composed:
    """Which product moments there are, as they are told."""
    columns = [metric.key for metric in stored(Scope.SHOWING, Fact.SHOWINGS)]
    return compose(
        "showings_told.sql",
        featured=sql.Literal(int(Kind.live_product_featured)),
        unfeatured=sql.Literal(int(Kind.live_product_unfeatured)),
        columns=listed(columns),
        zeros=listed("0" for _ in columns),
    )


@cache
def showings() -> sql.Composed:
    """Who was in some product moments, and what was done; what was sold in them is another statement's."""
    kinds = {"comment": Kind.live_comment, "click": Kind.select_item, "cart": Kind.add_to_cart}
    return compose("showings.sql", **{name: sql.Literal(int(kind)) for name, kind in kinds.items()})


@cache
def sales(name: str, scope: Scope) -> sql.Composed:
    """One of the statements that group orders: `session_sales.sql`, `product_sales.sql`, `shop.sql`."""
    columns = by_basis(stored(scope, Fact.ORDERS))
    return compose(
        name,
        sold=raw(SOLD),
        facts=raw(FACTS),
        columns=listed(columns),
        aggregates=listed(columns.values()),
        updates=updates(columns),
        is_first_placed=raw(is_first("true")),
        is_first_paid=raw(is_first("{}.paid_at IS NOT NULL")),
    )


@cache
def visits(name: str) -> sql.Composed:
    """One of the statements that read visits and carts: `shop_visitors.sql`, `shop_carts.sql`."""
    kinds = {kind.name: sql.Literal(int(kind)) for kind in (Kind.page_view, Kind.add_to_cart)}
    return compose(name, nobody=sql.Literal(UUID(int=0)), **kinds)


@cache
def traffic() -> sql.Composed:
    """Days and hours of the shop from visitors and carts."""
    columns = {metric.key: metric.expression for metric in stored(Scope.SHOP, Fact.TRAFFIC)}
    columns |= by_basis(stored(Scope.SHOP, Fact.CARTS))
    return compose(
        "shop_traffic.sql",
        columns=listed(columns),
        aggregates=listed(columns.values()),
        updates=updates(columns),
    )


@cache
def shop_products() -> sql.Composed:
    """Products of the shop's days."""
    columns = by_basis(stored(Scope.SHOP, Fact.ORDERS))
    return compose(
        "shop_products.sql",
        lines=compose("attribution/lines.sql", orders=raw("fact")),
        columns=listed(columns),
        aggregates=listed(columns.values()),
        updates=updates(columns),
    )


@cache
def versions(rows_of: type[models.Model], kept_in: type[models.Model]) -> sql.Composed:
    """States of a session's rows of one model, kept in another; answers sessions with a new one."""
    own = {"id", "partner_id", "session_id", "row_id", "known_from", "known_until"}
    columns = [f.attname for f in kept_in._meta.local_concrete_fields if f.attname not in own]
    return compose(
        "keep_versions.sql",
        rows=sql.Identifier(rows_of._meta.db_table),
        versions=sql.Identifier(kept_in._meta.db_table),
        columns=listed(columns),
        of_now=listed(f"n.{column}" for column in columns),
        of_open=listed(f"o.{column}" for column in columns),
        updates=updates(columns),
    )


_PATH: Final = {**told.FIRST, **told.LATEST, **told.STEPS}
_PATH_TELLS: Final = f"num_nonnulls({', '.join(f'p.{name}' for name in _PATH)}) > 0"
# Texts are never null where they are kept.
_PATH_TEXTS: Final = ("source", "sub_source", "gender", "age_band", "country")
# Whether the viewer was present in a session that started earlier; one row is looked at. Not in a broadcast
# of one, and in broadcasts not of the one they are of.
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
    "(SELECT c.session_id, c.viewer_id, w.id AS viewing_id FROM (SELECT session_id, viewer_id "
    "FROM told UNION SELECT * FROM unnest(%(picked_sessions)s::uuid[], %(picked_viewers)s::uuid[])) c "
    "LEFT JOIN LATERAL "
    "(SELECT id FROM analytics_viewing w WHERE w.partner_id = %(partner)s AND w.session_id = c.session_id "
    "AND w.viewer_id = c.viewer_id OFFSET 0) w ON true)"
)
_ALL_SEEN: Final = (
    "(SELECT session_id, viewer_id, id AS viewing_id FROM analytics_viewing "
    "WHERE partner_id = %(partner)s AND session_id = ANY(%(sessions)s))"
)
_OLD_PATH: Final = (
    "LEFT JOIN LATERAL (SELECT * FROM analytics_viewerpath o WHERE o.partner_id = %(partner)s "
    f"AND o.id = {IDENTITY.replace('p.viewer_id', 'v.viewer_id').replace('p.session_id', 's.session_id')} "
    "OFFSET 0) old ON true"
)
_OLD_PATHS: Final = (
    "LEFT JOIN (SELECT id, session_id, viewer_id FROM analytics_viewerpath WHERE partner_id = %(partner)s "
    "AND session_id = ANY(%(sessions)s)) old ON old.session_id = s.session_id "
    "AND old.viewer_id = COALESCE(v.viewer_id, t.viewer_id)"
)
_STORED_PATHS: Final = (
    "(SELECT session_id, viewer_id, watched_from FROM analytics_viewerpath "
    "WHERE partner_id = %(partner)s AND session_id = ANY(%(sessions)s))"
)


def _merged_path(name: str) -> str:
    """What is told of old and what is new together: the first of some things, the latest of others."""
    if name in told.STEPS:
        return f"LEAST(old.{name}, t.{name}) AS {name}"
    kept = f"NULLIF(old.{name}, '')" if name in _PATH_TEXTS else f"old.{name}"
    if name in told.LATEST:
        return f"COALESCE(t.{name}, {kept}) AS {name}"
    return f"CASE WHEN old.source_at < s.since THEN {kept} ELSE t.{name} END AS {name}"


@cache
def paths(*, is_picked: bool) -> sql.Composed:
    """Paths of everybody in some sessions, or of who told something new and of picked viewers."""
    silent = f"NOT p.is_present AND NOT ({_PATH_TELLS})"
    return compose(
        "paths.sql",
        start_kind=sql.Literal(int(Kind.live_view_started)),
        read=listed(f"{expression} AS {name}" for name, expression in told.TOLD.items()),
        who=listed(f"{expression} AS {name}" for name, expression in {**told.FROM_WHERE, **told.WHO}.items()),
        told=listed(f"{expression} AS {name}" for name, expression in _PATH.items()),
        events=raw(_NEW_EVENTS if is_picked else "commerce_event e JOIN part p ON p.part_id = e.session_id"),
        watched=raw(_SEEN_ANEW if is_picked else _ALL_SEEN),
        old=raw(_OLD_PATH if is_picked else _OLD_PATHS),
        old_id=raw("old.id"),
        merged=listed(_merged_path(name) if is_picked else f"t.{name}" for name in _PATH),
        kept=listed(
            f"COALESCE(p.{name}, '') AS {name}" if name in _PATH_TEXTS else f"p.{name}" for name in _PATH
        ),
        tells=raw(_PATH_TELLS),
        is_returning=raw(f"%(has_others)s AND {IS_RETURNING.format('p', 'starts_at')}"),
        # The id of the viewing, where there is one, is made of the same two.
        identity=raw(f"COALESCE(p.viewing_id, {IDENTITY})"),
        columns=listed(_PATH),
        names=listed(f"p.{name}" for name in _PATH),
        updates=listed(f"{name} = p.{name}" for name in _PATH),
        compared=listed(f"t.{name}" for name in _PATH),
        # By their ids where they are few.
        old_ones=raw(
            "t.id = ANY(ARRAY(SELECT old_id FROM path))" if is_picked else "t.session_id = ANY(%(sessions)s)"
        ),
        stored=raw(_STORED_PATHS),
        absent=raw(
            f"t.id = ANY(ARRAY(SELECT p.old_id FROM merged p WHERE {silent}))"
            if is_picked
            else "t.session_id = ANY(%(sessions)s) "
            "AND NOT EXISTS (SELECT 1 FROM path p WHERE p.old_id = t.id)"
        ),
    )


@cache
def thin(kept_in: type[models.Model]) -> sql.Composed:
    """States of one model that need not be kept; answers (session, moment) of those that stay."""
    return compose("thin_versions.sql", versions=sql.Identifier(kept_in._meta.db_table))


@cache
def plain(name: str) -> sql.Composed:
    """A statement without metric columns."""
    return compose(name, sold=raw(SOLD))


def rows(connection: Any, statement: sql.Composed | str, values: dict[str, Any]) -> list[Any]:
    """Run a fill; answers its rows, if it returns any."""
    # Nothing is known of how many rows a step of a fill hands to the next; a loop over them is the bad guess,
    # and so is a merge by the session alone, which compares everybody in it with everybody.
    connection.execute(
        "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; "
        "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"
    )
    cursor = connection.execute(statement, values)
    found = cursor.fetchall() if cursor.description else []
    connection.execute("SET LOCAL enable_nestloop = on; SET LOCAL enable_mergejoin = on")
    return found
