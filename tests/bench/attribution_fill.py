"""The whole fill of credits: touches, paths, eight models and credits of 100,000 orders, from their facts."""

from datetime import timedelta
from typing import Final

from analytics.fills import attribute_partner
from analytics.models import Credit, Touch
from analytics.staleness import Marks
from commerce.connection import worker_connection
from commerce.models import LiveSession, Partner
from kol.models import Appearance, Campaign, Collaboration, Kol, Terms
from tests.bench.measure import in_turn, show
from tests.factories import NOW, deliver, event, fill, partner

ORDERS: Final = 100_000
TOUCHES: Final = 400_000
SESSIONS: Final = 180
KOLS: Final = 40
WORKER: Final = "worker"
SCAN: Final = (
    "SELECT count(*), min(touched_at), max(touched_at) FROM analytics_touch WHERE partner_id = %(partner)s"
)
# One viewer an order, who watched four of the twelve sessions of the days before it.
FACTS: Final = """
CREATE TEMP TABLE made AS
SELECT n, gen_random_uuid() AS order_id, gen_random_uuid() AS viewer_id,
    %(now)s - make_interval(mins => (n * 7919::bigint %% 115200)::int) AS placed_at
FROM generate_series(1, %(orders)s) AS n;
INSERT INTO commerce_viewer (partner_id, id, source, external_id)
SELECT %(partner)s, viewer_id, 'bench', n::text FROM made;
INSERT INTO commerce_product (partner_id, id, source, external_id)
SELECT %(partner)s, md5(%(partner)s::text || i)::uuid, 'bench', i::text FROM generate_series(0, 39) AS i;
INSERT INTO commerce_order
    (partner_id, id, source, external_id, placed_at, paid_at, viewer_id, merchandise, units)
SELECT %(partner)s, order_id, 'bench', n::text, placed_at, placed_at, viewer_id, 20, 2 FROM made;
INSERT INTO commerce_orderline (partner_id, id, order_id, position, product_id, quantity, price)
SELECT %(partner)s, gen_random_uuid(), order_id, line, md5(%(partner)s::text || (n + line) %% 40)::uuid, 1,
    7.77 + 4.46 * line
FROM made CROSS JOIN generate_series(0, n %% 2) AS line;
INSERT INTO analytics_orderfact (partner_id, id, order_id, method, confidence, placed_at, paid_at, currency,
    units, merchandise, shipping, tax, refunded, refunded_units)
SELECT %(partner)s, order_id, order_id, '', 0, placed_at, placed_at, 'SGD', 2, 20, 0, 0, 0, 0 FROM made;
INSERT INTO analytics_refundfact (partner_id, id, refund_id, order_id, occurred_at, currency, amount, units)
SELECT %(partner)s, order_id, order_id, order_id, placed_at + interval '1 day', 'SGD', 3.3333, 1
FROM made WHERE n %% 20 = 0;
INSERT INTO commerce_refund (partner_id, id, source, external_id, order_id, occurred_at, value)
SELECT %(partner)s, order_id, 'bench', n::text, order_id, placed_at + interval '1 day', 3.3333
FROM made WHERE n %% 20 = 0;
INSERT INTO analytics_viewing (partner_id, id, session_id, viewer_id, first_joined_at, last_sign_at, started,
    ended, watched, views, likes, comments, shares, follows, product_clicks, cta_clicks, cart_adds, checkouts)
SELECT %(partner)s, gen_random_uuid(), s.session_id, m.viewer_id, at, at, ARRAY[at],
    ARRAY[at + interval '5 minutes'], interval '5 minutes', 1, 0, 0, 0, 0, 0, 0, 0, 0
FROM made m
CROSS JOIN generate_series(0, 3) AS step
JOIN (
    SELECT r.session_id, r.window_started_at,
        row_number() OVER (ORDER BY r.window_started_at DESC) - 1 AS place
    FROM analytics_sessionrollup r WHERE r.partner_id = %(partner)s
) s ON s.place = floor(date_part('epoch', %(now)s - m.placed_at) / 43200) + 1 + step * 3 + (m.n + step) %% 3
CROSS JOIN LATERAL (SELECT s.window_started_at + make_interval(secs => m.n %% 3000) AS at) moment;
DROP TABLE made;
ANALYZE;
"""


def run(*, rounds: int) -> None:
    """Print what the fill costs from nothing, again, and of the latest month."""
    shop = _shop()
    connection = worker_connection()
    values = {"partner": shop.id, "now": NOW, "orders": ORDERS}
    for statement in FACTS.split(";\n"):
        if statement.strip():
            connection.execute(statement, values)

    def prepare(name: str) -> None:
        if name == "whole, from nothing":
            for table in ("touch", "ordershare", "credit"):
                connection.execute(f"DELETE FROM analytics_{table} WHERE partner_id = %(partner)s", values)
        marks = Marks(partner_id=shop.id, now=NOW)
        campaign = Campaign.objects.using(WORKER).get(partner=shop).pk
        marks.campaign(campaign, since=NOW - timedelta(minutes=1) if name == "latest month" else None)
        marks.write(connection)

    seconds = in_turn(
        {
            "whole, from nothing": lambda: attribute_partner(partner_id=shop.id, now=NOW),
            "scan": lambda: connection.execute(SCAN, values).fetchall(),
            "whole, again": lambda: attribute_partner(partner_id=shop.id, now=NOW),
            "latest month": lambda: attribute_partner(partner_id=shop.id, now=NOW),
        },
        rounds=rounds,
        before=prepare,
    )
    touches = Touch.objects.using(WORKER).filter(partner=shop).count()
    credits = Credit.objects.using(WORKER).filter(partner=shop).count()
    assert touches >= TOUCHES * 0.95, touches
    show(
        f"The whole fill of {ORDERS:,} orders with {touches:,} touches: {credits:,} credits",
        seconds,
        limit="scan",
    )


def _shop() -> Partner:
    """A shop with two lives a day, each of one influencer, all of them in a campaign."""
    shop = partner()
    starts = [NOW - timedelta(hours=12 * number + 2) for number in range(SESSIONS)]
    deliver(
        shop,
        [
            told
            for number, start in enumerate(starts)
            for told in (
                event("live_session_started", start, subject=f"s{number}"),
                event("live_session_ended", start + timedelta(hours=1), subject=f"s{number}"),
            )
        ],
    )
    fill(shop)
    campaign = Campaign.objects.using(WORKER).create(
        partner=shop,
        name="bench",
        starts_on=starts[-1].date(),
        ends_on=NOW.date() + timedelta(days=9),
        currency="SGD",
        view_window_seconds=7 * 86400,
    )
    made = []
    for number in range(KOLS):
        kol = Kol.objects.using(WORKER).create(name=f"k{number}")
        one = Collaboration.objects.using(WORKER).create(partner=shop, campaign=campaign, kol=kol)
        Terms.objects.using(WORKER).create(
            partner=shop, collaboration=one, valid_from=campaign.starts_on, currency="SGD"
        )
        made.append(one)
    for number, session in enumerate(LiveSession.objects.using(WORKER).filter(partner=shop)):
        one = made[(number * 7 + number // KOLS) % KOLS]
        Appearance.objects.using(WORKER).create(partner=shop, collaboration=one, session=session)
    return shop
