"""Lives and cohorts of a shop's customers, and its days, from settled orders: all, and after 1,000 changed.

The goal is of 2 million orders and 500,000 customers: `--orders 2000000` (some minutes to make them).
"""

from typing import Final

from psycopg import sql

from analytics.fills import OF_CUSTOMERS, refresh_partner
from analytics.models import CohortActivity, CohortDay, CustomerLife
from commerce.connection import worker_connection
from commerce.models import Partner, Stale
from tests.bench.measure import in_turn, show
from tests.factories import NOW, deliver, event, fill, partner

ORDERS: Final = 200_000
AN_ORDER: Final = 4
"""Orders a customer."""
CHANGED: Final = 1000
SESSIONS: Final = 100
CHANNELS: Final = ("TIKTOK", "SHOPEE", "OWNED", "INSTAGRAM")
SCAN: Final = (
    "SELECT count(*), sum(merchandise), max(placed_at) FROM analytics_orderfact "
    "WHERE partner_id = %(partner)s "
)
# Two years of orders at any time of them, a third of them live, half of them of two products.
FACTS: Final = """
CREATE TEMP TABLE made AS
SELECT n, md5(%(partner)s::text || 'o' || n)::uuid AS order_id,
    md5(%(partner)s::text || 'c' || (hashint8extended(n, 1) & 9223372036854775807) %% %(customers)s)::uuid
        AS customer_id,
    %(now)s - (hashint8extended(n, 2) & 9223372036854775807) %% 63072000 * interval '1 second' AS placed_at,
    n %% 50 <> 0 AS is_paid,
    CASE WHEN n %% 3 = 0 THEN (%(sessions)s::uuid[])[1 + n %% cardinality(%(sessions)s::uuid[])] END
        AS session_id
FROM generate_series(1, %(orders)s) AS n;
INSERT INTO commerce_customer (partner_id, id, source, external_id)
SELECT %(partner)s, md5(%(partner)s::text || 'c' || i)::uuid, 'bench', i::text
FROM generate_series(0, %(customers)s - 1) AS i;
INSERT INTO commerce_product (partner_id, id, source, external_id, cost)
SELECT %(partner)s, md5(%(partner)s::text || 'p' || i)::uuid, 'bench', 'p' || i, 5
FROM generate_series(0, 199) AS i;
INSERT INTO commerce_order
    (partner_id, id, source, external_id, placed_at, paid_at, customer_id, session_id, merchandise, units)
SELECT %(partner)s, order_id, 'bench', n::text, placed_at, CASE WHEN is_paid THEN placed_at END, customer_id,
    session_id, 20, 2
FROM made;
INSERT INTO commerce_orderline (partner_id, id, order_id, position, product_id, quantity, price)
SELECT %(partner)s, gen_random_uuid(), order_id, line,
    md5(%(partner)s::text || 'p' || (n + line) %% 200)::uuid, 2 - n %% 2, 10
FROM made CROSS JOIN generate_series(0, n %% 2) AS line;
INSERT INTO analytics_orderfact (partner_id, id, order_id, session_id, method, confidence, customer_id,
    placed_at, paid_at, currency, units, merchandise, shipping, tax, refunded, refunded_units)
SELECT %(partner)s, order_id, order_id, session_id, '', 0, customer_id, placed_at,
    CASE WHEN is_paid THEN placed_at END, 'SGD', 2, 20, 0, 0, CASE WHEN n %% 20 = 0 THEN 10 ELSE 0 END,
    (n %% 20 = 0)::int
FROM made;
DROP TABLE made;
ANALYZE;
"""
MARK_ALL: Final = """
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole)
SELECT %(partner)s, %(now)s, 0, '', 'CUSTOMER', id::text, false FROM commerce_customer
WHERE partner_id = %(partner)s
"""
# Of any age: somebody gives back something of theirs, or changes a mind about it.
CHANGE: Final = """
WITH changed AS (
    UPDATE analytics_orderfact f SET refunded = 10 - f.refunded, refunded_units = 1 - f.refunded_units
    FROM (
        SELECT id FROM analytics_orderfact
        WHERE partner_id = %(partner)s AND paid_at IS NOT NULL AND refunded IN (0, 10)
        ORDER BY md5(id::text || %(turn)s) LIMIT %(changed)s
    ) few
    WHERE f.id = few.id RETURNING f.customer_id
)
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole)
SELECT DISTINCT %(partner)s::uuid, %(now)s::timestamptz, 0, '', 'CUSTOMER', customer_id::text, false
FROM changed
"""
MARK_DAYS: Final = """
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole)
SELECT %(partner)s, %(now)s, 0, '', 'DAY', d::date::text, false
FROM generate_series(%(now)s - interval '731 days', %(now)s, interval '1 day') AS d
"""
# The days that so many orders were placed on.
CHANGE_DAYS: Final = """
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole)
SELECT DISTINCT %(partner)s::uuid, %(now)s::timestamptz, 0, '', 'DAY', day::text, false
FROM (
    SELECT (placed_at AT TIME ZONE %(timezone)s)::date AS day FROM analytics_orderfact
    WHERE partner_id = %(partner)s AND paid_at IS NOT NULL
    ORDER BY md5(id::text) LIMIT %(changed)s
) few
"""
OF_DAYS: Final = (Stale.Kind.DAY.value,)


def run(*, rounds: int, orders: int = ORDERS) -> None:
    """Print what the fills cost from nothing, again where nothing changed, and after 1,000 changed orders."""
    shop = partner(timezone="Europe/London")
    connection = worker_connection()
    values = {
        "partner": shop.id,
        "now": NOW,
        "orders": orders,
        "customers": orders // AN_ORDER,
        "sessions": _sessions(shop),
        "changed": CHANGED,
        "timezone": shop.timezone,
    }
    for statement in FACTS.split(";\n"):
        if statement.strip():
            connection.execute(statement, values)
    turn = 0

    def prepare(name: str) -> None:
        nonlocal turn
        turn += 1
        if name == "whole, from nothing":
            for model in (CustomerLife, CohortDay, CohortActivity):
                table = sql.Identifier(model._meta.db_table)
                connection.execute(
                    sql.SQL("DELETE FROM {} WHERE partner_id = %(partner)s").format(table), values
                )
                connection.execute(sql.SQL("VACUUM ANALYZE {}").format(table))
        if name.startswith("whole"):
            connection.execute(MARK_ALL, values)
        elif name != "scan":
            connection.execute(CHANGE, {**values, "turn": str(turn)})

    def follow() -> int:
        return refresh_partner(partner_id=shop.id, now=NOW, kinds=OF_CUSTOMERS)

    seconds = in_turn(
        {
            "whole, from nothing": follow,
            "scan": lambda: connection.execute(SCAN, values).fetchall(),
            "whole, again": follow,
            f"{CHANGED:,} changed orders": follow,
        },
        rounds=rounds,
        before=prepare,
    )
    counts = [
        model._default_manager.using("worker").filter(partner=shop).count()
        for model in (CustomerLife, CohortDay, CohortActivity)
    ]
    assert counts[0] >= orders // AN_ORDER * 0.95, counts
    lives, days, periods = counts
    show(
        f"{orders:,} orders of {lives:,} customers: {days:,} days and {periods:,} periods of cohorts",
        seconds,
        limit="scan",
    )

    def prepare_days(name: str) -> None:
        if name == "whole":
            connection.execute(MARK_DAYS, values)
        elif name != "scan":
            connection.execute(CHANGE_DAYS, values)

    def bring_up() -> int:
        return refresh_partner(partner_id=shop.id, now=NOW, kinds=OF_DAYS)

    seconds = in_turn(
        {
            "whole": bring_up,
            "scan": lambda: connection.execute(SCAN, values).fetchall(),
            f"days of {CHANGED:,} orders": bring_up,
        },
        rounds=rounds,
        before=prepare_days,
    )
    show(f"Two years of the shop's days: {orders:,} orders", seconds, limit="scan")


def _sessions(shop: Partner) -> list[object]:
    """Ids of sessions on four channels."""
    deliver(
        shop,
        [
            event("live_session_ended", NOW, subject=f"s{number}", channel=CHANNELS[number % len(CHANNELS)])
            for number in range(SESSIONS)
        ],
    )
    fill(shop)
    rows = worker_connection().execute(
        "SELECT id FROM commerce_livesession WHERE partner_id = %s ORDER BY external_id", [shop.id]
    )
    return [row[0] for row in rows]
