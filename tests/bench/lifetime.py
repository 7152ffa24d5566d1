"""Models of lifetime value on a million customers: grouping in SQL and the fit, against reading."""

from datetime import date
from typing import Any, Final

from rich.console import Console

from analytics.lifetime import purchases
from analytics.lifetime.customers import Window, customers, gather, grouped
from analytics.lifetime.predicting import write
from analytics.lifetime.returning import repeat_purchases
from analytics.lifetime.runs import make_run
from commerce.access import Actor, row_security
from commerce.connection import worker_connection
from tests.bench.measure import in_turn, show
from tests.factories import NOW, partner

CUSTOMERS: Final = 1_000_000
WINDOW: Final = Window(calibrated_to=date(2026, 3, 3), observed_to=date(2026, 6, 1))
# Two years of first purchases; six of ten never return, the others on one to eight later moments.
LIVES: Final = """
INSERT INTO analytics_customerlife (partner_id, id, customer_id, currency, first_order_id, first_at,
    first_date, is_live, channel, country, ordered_at, is_paid, placed, net, costs, refunded_at, refunded)
SELECT %(partner)s, identity, identity, 'SGD', identity, times[1],
    (times[1] AT TIME ZONE 'Asia/Singapore')::date, false, '', 'SG', times,
    array_fill(true, ARRAY[cardinality(times)]), worths, worths,
    array_fill(NULL::numeric, ARRAY[cardinality(times)]), '{}', '{}'
FROM (
    SELECT gen_random_uuid() AS identity, array_agg(first + later ORDER BY later) AS times,
        array_agg(10 + n * 7 %% 50 + step ORDER BY later)::numeric[] AS worths
    FROM (
        SELECT n, step,
            %(now)s - interval '730 days' + make_interval(secs => n * 7919::bigint %% 62208000) AS first,
            make_interval(secs => CASE WHEN step = 0 THEN 0
                ELSE power((hashint8(n * 31 + step) & 65535) / 65536.0, 2)
                    * (63072000 - n * 7919::bigint %% 62208000) END) AS later
        FROM generate_series(%(from)s, %(to)s) AS n
        CROSS JOIN LATERAL generate_series(0, (ARRAY[0, 0, 0, 0, 0, 0, 1, 1, 3, 8])[n %% 10 + 1]) AS step
    ) bought
    GROUP BY n
) life
"""
BATCH: Final = 100_000


def run(*, rounds: int) -> None:
    """Print what a fit costs, beside reading its rows once; and once a whole day of a partner."""
    shop = partner()
    connection = worker_connection()
    for start in range(1, CUSTOMERS + 1, BATCH):
        values = {"partner": shop.pk, "now": NOW, "from": start, "to": start + BATCH - 1}
        connection.execute(LIVES, values)
    connection.execute("VACUUM ANALYZE analytics_customerlife")
    asked: dict[str, Any] = {
        "partner_id": shop.pk, "currency": "SGD", "timezone": shop.timezone, "window": WINDOW,
    }  # fmt: skip
    with connection.transaction():
        gather(connection, **asked)
        rows = grouped(connection, window=WINDOW)
        told = purchases.histories_of(rows)
        fit = purchases.fit_purchases(told)

        def group_and_fit() -> None:
            gather(connection, **asked)
            purchases.fit_purchases(purchases.histories_of(grouped(connection, window=WINDOW)))

        seconds = in_turn(
            {
                "read the grouped rows": lambda: grouped(connection, window=WINDOW),
                "read all lives": lambda: connection.execute(
                    "SELECT count(*), sum(cardinality(ordered_at)) FROM analytics_customerlife "
                    "WHERE partner_id = %s",
                    [shop.pk],
                ).fetchall(),
                "fit alone": lambda: purchases.fit_purchases(told),
                "read all customers": lambda: customers(connection),
                "group and fit": group_and_fit,
            },
            rounds=rounds,
        )
    Console(width=120).print(
        f"{told.size:,} customers, {told.repeaters:,} repeaters, {len(rows):,} grouped rows; "
        f"converged {fit.is_converged}: {dict(fit.parameters)}"
    )
    show("BG/NBD on a million customers", seconds, limit="read the grouped rows")
    show("The same, against reading their lives once", seconds, limit="read all lives")

    actor = Actor(name="bench", partner_ids=(shop.pk,), scopes=frozenset({"read"}))

    def curve() -> None:
        with row_security(actor, statement_timeout_ms=60_000):
            repeat_purchases(actor=actor, observed_until=NOW, starts_on=None, ends_on=None)

    show(
        "When a million customers return",
        in_turn({"curve of second purchases": curve}, rounds=rounds),
        limit="curve of second purchases",
    )

    def whole() -> None:
        with connection.transaction():
            made = make_run(connection, **asked)
            write(connection, made, partner_id=shop.pk, currency="SGD", now=NOW)

    day = in_turn({"a day's run and a million predictions": whole}, rounds=1)
    show("A day of a partner", day, limit="a day's run and a million predictions")
