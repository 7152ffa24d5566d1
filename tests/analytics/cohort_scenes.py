"""Shops whose customers come back around the very ends of days, months and horizons, by the clock there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from analytics.models.cohorts import CohortDimension
from commerce.models import LiveSession, Partner, Product
from tests.factories import SOURCE, event
from tests.oracle.orders import OrderTruth

Raw = dict[str, Any]

ZONE: Final = "Europe/London"
# Clocks went forward on 2026-03-29 at 01:00 and back on 2025-10-26 at 02:00: 60 and 30 days after these.
BASES: Final = (
    datetime(2026, 1, 28, 12), datetime(2026, 1, 28, 1, 30), datetime(2025, 9, 26, 1, 30),
    datetime(2025, 12, 31, 23, 59, 59), datetime(2025, 1, 1),
)  # fmt: skip
LATER_DAYS: Final = (0, 0, 1, 6, 7, 29, 30, 30, 31, 59, 60, 60, 89, 90, 92, 93, 180, 365, 400)
NUDGES: Final = (timedelta(0), timedelta(0), timedelta(seconds=-1), timedelta(hours=1), timedelta(hours=-1))
CHANNELS: Final = {"live-0": "TIKTOK", "live-1": "SHOPEE"}
PRICED: Final = ("lip", "hat", "bag")
HAT_COSTS: Final = "1.50"
PEOPLE: Final = ("ann", "ben", "cy")

whens = st.tuples(st.sampled_from(BASES), st.sampled_from(LATER_DAYS), st.sampled_from(NUDGES))
lines = st.lists(
    st.tuples(
        st.sampled_from(PRICED), st.integers(1, 3), st.integers(1, 5000), st.none() | st.integers(0, 900)
    ),
    min_size=1,
    max_size=2,
)
who = st.sampled_from(
    (*((("customer_id", one),) for one in PEOPLE), (("customer_id", "ann"),), (("viewer_id", "v"),), ())
)
currencies = st.sampled_from((None, None, None, "GBP", "USD"))
purchases = st.tuples(
    st.integers(0, 9), whens, who, lines, st.sampled_from(("paid", "paid", "paid", "placed")), currencies,
    st.sampled_from((None, None, *CHANNELS)), st.integers(0, 2),
)  # fmt: skip
endings = st.tuples(st.integers(0, 9), whens, st.sampled_from(("order_paid", "order_cancelled")))
refunds = st.tuples(
    st.integers(0, 3), st.none() | st.integers(0, 9), whens, st.integers(1, 9000),
    st.sampled_from(("whole", "value", "items")), st.sampled_from(PEOPLE), currencies,
)  # fmt: skip


def instant(when: tuple[datetime, int, timedelta]) -> datetime:
    """So many days after a base by the clock on the wall, and then a little more or less."""
    base, days, nudge = when
    return (base + timedelta(days=days)).replace(tzinfo=ZoneInfo(ZONE)) + nudge


def _purchase(told: tuple[Any, ...]) -> Raw:
    number, when, person, told_lines, status, currency, subject, version = told
    items: list[Raw] = []
    for item, quantity, cents, cost in told_lines:
        items.append({"item_id": item, "quantity": quantity, "price": f"{cents / 100:.2f}"})
        if cost is not None:
            items[-1]["cost"] = f"{cost / 100:.2f}"
    data: Raw = {"transaction_id": f"o{number}", "items": items, "status": status, "version": version}
    if currency is not None:
        data["currency"] = currency
    return event("purchase", instant(when), subject=subject, **data, **dict(person))


def _ending(told: tuple[Any, ...]) -> Raw:
    number, when, type_ = told
    return event(type_, instant(when), subject=None, transaction_id=f"o{number}")


def _refund(told: tuple[Any, ...]) -> Raw:
    number, order, when, cents, how, person, currency = told
    data: Raw = {"refund_id": f"r{order}-{number}", "customer_id": person}
    if order is not None:
        data["transaction_id"] = f"o{order}"
    elif currency is not None:
        data["currency"] = currency
    if how == "value" or order is None:
        data["value"] = f"{cents / 100:.2f}"
    elif how == "items":
        data["items"] = [{"item_id": "lip", "quantity": 1 + cents % 3}]
    return event("refund", instant(when), subject=None, **data)


def _around(told: tuple[list[Raw], list[Raw], list[Raw], bool]) -> list[Raw]:
    """What was sold and given back, with the sessions it names, what a hat costs and who the viewer is."""
    bought, ended, given_back, is_known = told
    start = BASES[0].replace(tzinfo=ZoneInfo(ZONE))
    events = [*bought, *ended, *given_back]
    events += [
        event("live_session_started", start, subject=subject, channel=channel)
        for subject, channel in CHANNELS.items()
    ]
    events += [event("live_session_ended", start + timedelta(hours=1), subject=one) for one in CHANNELS]
    events.append(event("product_updated", start, subject=None, item_id="hat", cost=HAT_COSTS))
    if is_known:
        events.append(event("identify", start, subject=None, viewer_id="v", customer_id="ann"))
    return [{**one, "id": f"n{number}"} for number, one in enumerate(events)]


shops = st.tuples(
    st.lists(purchases.map(_purchase), min_size=4, max_size=16), st.lists(endings.map(_ending), max_size=5),
    st.lists(refunds.map(_refund), max_size=6), st.booleans(),
).map(_around)  # fmt: skip
"""All events of a shop, in no order that matters."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """How the truth tells customers apart, and what its names are told as."""

    by: CohortDimension
    names: Mapping[str, str]

    def won_by(self, first: OrderTruth) -> str:
        """The part that a first purchase puts its customer in."""
        if self.by is CohortDimension.LIVE:
            return "LIVE" if first.session else "NON_LIVE"
        if self.by is CohortDimension.CHANNEL:
            return CHANNELS[first.session[1]] if first.session else ""
        if self.by is CohortDimension.PRODUCT:
            return max(first.lines, key=lambda line: line.amount).item_id
        return ""


def splits(partner: Partner) -> list[Split]:
    """Every way to tell customers apart but by KOL."""
    products = Product.objects.using("worker").filter(partner=partner)
    names = {str(product.pk): product.external_id for product in products}
    return [Split(by=by, names=names) for by in CohortDimension if by is not CohortDimension.KOL]


def session(partner: Partner, subject: str) -> LiveSession:
    """One of the sessions, as it is stored."""
    return LiveSession.objects.using("worker").get(partner=partner, source=SOURCE, external_id=subject)
