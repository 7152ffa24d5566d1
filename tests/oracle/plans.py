"""What past sessions say about another; and sessions of a period together."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.oracle.actions import lead_key
from tests.oracle.series import MINUTE
from tests.oracle.session import SessionTruth, ViewerTruth
from tests.oracle.world import World

SECOND = timedelta(seconds=1)


def percentile(values: Collection[Fraction], share: Fraction) -> Fraction:
    """Linear interpolation between the two values around the place share x (n - 1)."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    before = place.numerator // place.denominator
    after = min(before + 1, len(ordered) - 1)
    return ordered[before] + (place - before) * (ordered[after] - ordered[before])


def had_by(session: SessionTruth, key: str, share: Fraction) -> Fraction | None:
    """The share of what a session had in all that it had after a share of its length; None: it had none."""
    assert session.start is not None
    assert session.end is not None
    cut = session.start + (session.end - session.start) * min(float(share), 1.0)
    rows = {minute: Fraction(row[key]) for minute, row in session.trend().items()}
    whole = sum(rows.values(), Fraction(0))
    if not whole:
        return None
    then = sum((value * _passed(minute, session, cut) for minute, value in rows.items()), Fraction(0))
    return then / whole


def _passed(minute: datetime, session: SessionTruth, cut: datetime) -> Fraction:
    assert session.start is not None
    assert session.end is not None
    start, end = max(minute, session.start), min(minute + MINUTE, session.end)
    if cut <= start:
        return Fraction(0)
    return Fraction(1) if cut >= end else Fraction((cut - start) / SECOND) / Fraction((end - start) / SECOND)


def projected(
    so_far: Fraction, key: str, *, elapsed: timedelta, past: Sequence[SessionTruth]
) -> Fraction | None:
    """What a session ends with if it goes on as those before; their median length is taken for its own."""
    if len(past) < 3:
        return None
    length = percentile([Fraction(session.seconds) for session in past], Fraction(1, 2))
    share = Fraction(elapsed / SECOND) / length
    shares = [had for session in past if (had := had_by(session, key, share)) is not None]
    if len(shares) < 3 or not sum(shares):
        return None
    return so_far / (sum(shares, Fraction(0)) / len(shares))


# -- periods -----------------------------------------------------------------------------------

Value = int | Decimal | Fraction | None
PEOPLE: dict[str, Callable[[ViewerTruth], object]] = {
    "viewers": lambda viewer: True,
    "engaged_viewers": lambda viewer: viewer.engaged,
    "product_clickers": lambda viewer: viewer.product_clicks,
    "cta_clickers": lambda viewer: viewer.cta_clicks,
    "carts": lambda viewer: viewer.cart_adds,
    "checkouts": lambda viewer: viewer.checkouts_begun,
}
SUMMED = frozenset(
    {
        "impressions", "views", "likes", "comments", "shares", "follows", "engagements",
        "product_impressions", "product_clicks", "cta_clicks", "watch_time", "orders", "items_sold",
        "live_sales", "refunds",
    }
)  # fmt: skip
DIVIDED = frozenset(
    {
        "average_concurrent_viewers", "average_watch_time", "engagement_rate", "engagements_per_view",
        "product_click_through_rate", "cta_click_rate", "lead_rate", "add_to_cart_rate",
        "purchase_rate", "viewer_to_buyer_rate", "session_completion_rate", "eligible_completion_rate",
        "refund_rate", "average_order_value", "click_to_order_rate",
    }
)  # fmt: skip


def sessions_between(world: World, start: date, end: date) -> list[SessionTruth]:
    """Those that start on a day of [start, end) by the partner's clock."""
    zone = ZoneInfo(world.partner.timezone)
    every = [world.session(source=source, subject=subject) for source, subject in world.sessions]
    return [one for one in every if one.start and start <= one.start.astimezone(zone).date() < end]


def period(world: World, start: date, end: date, *, basis: str = "PAID") -> dict[str, Value]:
    """The sessions of a period together: sums, quotients of sums, distinct people, the highest peak."""
    sessions = sessions_between(world, start, end)
    currency = world.partner.currency
    told = [session.kpis(basis=basis, currency=currency) for session in sessions]
    found: dict[str, Value] = {}
    for key in SUMMED:
        found[key] = sum((Fraction(str(kpis[key])) for kpis in told), Fraction(0))
    for key in DIVIDED:
        parts = [kpis[key] for kpis in told]
        above, below = Fraction(0), Fraction(0)
        for part in parts:
            assert isinstance(part, tuple)
            above, below = above + Fraction(part[0]), below + Fraction(part[1])
        found[key] = above / below if below else None
    peaks = [kpis["peak_concurrent_viewers"] for kpis in told]
    found["peak_concurrent_viewers"] = max((peak for peak in peaks if isinstance(peak, int)), default=0)
    for key, did in PEOPLE.items():
        people = {(s.source, v.viewer_id) for s in sessions for v in s.viewers.values() if did(v)}
        found[key] = len(people)
    orders = [order for s in sessions for order in s.orders if order.currency == currency]
    found["buyers"] = len({order.buyer for order in orders if order.buyer and order.counts(basis=basis)})
    found["leads"] = len({lead for s in sessions for event in s.events if (lead := lead_key(event))})
    return found
