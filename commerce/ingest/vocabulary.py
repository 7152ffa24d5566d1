"""The words events are made of: types and their data.

Numbers of kinds are stored in the log; they are never reused.
"""

from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Id = Annotated[str, Meta(min_length=1, max_length=200)] | Whole
Instant = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class Kind(IntEnum):
    """Every type of event, by the number the log keeps."""

    live_session_scheduled = 1
    live_session_started = 2
    live_session_ended = 3
    live_impression = 10
    live_view_started = 11
    live_view_heartbeat = 12
    live_view_ended = 13
    live_replay_started = 14
    live_replay_ended = 15
    live_like = 20
    live_comment = 21
    share = 22
    live_follow = 23
    live_product_featured = 30
    live_product_unfeatured = 31
    view_item_list = 32
    select_item = 33
    view_item = 34
    add_to_cart = 35
    remove_from_cart = 36
    begin_checkout = 37
    purchase = 40
    order_paid = 41
    order_cancelled = 42
    refund = 43
    generate_lead = 50
    live_cta_click = 51
    page_view = 52
    identify = 53
    live_violation = 60
    live_message_pinned = 61
    live_host_note = 62
    live_giveaway_started = 63
    live_giveaway_ended = 64
    live_promotion_started = 65
    live_promotion_ended = 66
    product_updated = 70
    marketing_spend = 71
    live_metrics_reported = 72


# What the days of a shop count beside its orders: visits and carts.
COUNTED_BY_DAY = frozenset({Kind.page_view, Kind.add_to_cart})

# What a viewer's own client sends: it shows that the viewer is there.
SIGNS_OF_LIFE = frozenset(
    {
        Kind.live_view_started,
        Kind.live_view_heartbeat,
        Kind.live_view_ended,
        Kind.live_like,
        Kind.live_comment,
        Kind.share,
        Kind.live_follow,
        Kind.view_item_list,
        Kind.select_item,
        Kind.view_item,
        Kind.add_to_cart,
        Kind.remove_from_cart,
        Kind.begin_checkout,
        Kind.live_cta_click,
    }
)


class Item(Struct, kw_only=True, gc=False, omit_defaults=True):
    """A product in an event; `price` is the unit price paid after the item's own discount."""

    item_id: Id
    item_name: str | None = None
    quantity: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 1
    price: Decimal | None = None
    discount: Decimal | None = None
    cost: Decimal | None = None


class Person(Struct, kw_only=True, gc=False, omit_defaults=True):
    """Who acted, where somebody did."""

    viewer_id: Id | None = None
    customer_id: Id | None = None


class Acted(Person, kw_only=True):
    """An act in a view, with whatever else the source tells."""

    view_id: Id | None = None
    sequence: Id | None = None
    count: Count | None = None


class PageViewed(Acted, kw_only=True):
    """A page was looked at."""

    visit_id: Id | None = None


class Commented(Acted, kw_only=True):
    """A comment."""

    text: Annotated[str, Meta(max_length=10_000)]


class ActedOnItems(Acted, kw_only=True):
    """An act on products."""

    items: Annotated[list[Item], Meta(min_length=1, max_length=500)]
    cart_id: Id | None = None
    visit_id: Id | None = None


class SessionStated(Person, kw_only=True):
    """What a source tells of a session."""

    title: Annotated[str, Meta(max_length=500)] | None = None
    host: Annotated[str, Meta(max_length=200)] | None = None
    channel: str | None = None
    account: Annotated[str, Meta(max_length=200)] | None = None
    objective: str | None = None
    currency: str | None = None
    timezone: Annotated[str, Meta(max_length=64)] | None = None
    replay_url: Annotated[str, Meta(max_length=2000)] | None = None
    heartbeats: bool | None = None


class Affiliate(Struct, kw_only=True, gc=False):
    """The platform's word on who brought the order."""

    creator: str | None = None
    content_id: Id | None = None
    commission: Decimal | None = None


class Purchase(Person, kw_only=True):
    """An order as its shop states it."""

    transaction_id: Id
    items: Annotated[list[Item], Meta(min_length=1, max_length=5000)]
    value: Decimal | None = None
    currency: str | None = None
    shipping: Decimal | None = None
    tax: Decimal | None = None
    seller_discount: Decimal | None = None
    platform_discount: Decimal | None = None
    coupon: Annotated[str, Meta(max_length=200)] | None = None
    cart_id: Id | None = None
    visit_id: Id | None = None
    content_id: Id | None = None
    affiliate: Affiliate | None = None
    status: str = "paid"
    placed_at: Instant | None = None
    paid_at: Instant | None = None
    version: Annotated[int, Meta(ge=0, le=2**62)] | None = None


class OrderChanged(Person, kw_only=True):
    """A payment or cancellation of an order."""

    transaction_id: Id
    reason: Annotated[str, Meta(max_length=500)] | None = None


class Refunded(Person, kw_only=True):
    """Money given back; items and value both absent mean the whole order."""

    transaction_id: Id | None = None
    refund_id: Id | None = None
    items: Annotated[list[Item], Meta(max_length=5000)] | None = None
    value: Decimal | None = None
    currency: str | None = None
    reason: Annotated[str, Meta(max_length=500)] | None = None


class LeadLeft(Person, kw_only=True):
    """Somebody left a way to be reached."""

    email: Annotated[str, Meta(max_length=320)] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None


class Consent(Struct, kw_only=True, gc=False):
    """What a person agreed to."""

    marketing: bool | None = None
    profiling: bool | None = None


class Identified(LeadLeft, kw_only=True):
    """Who a viewer is, and what the shop knows of the customer."""

    consent: Consent | None = None
    country: Annotated[str, Meta(max_length=2)] | None = None
    gender: Annotated[str, Meta(max_length=20)] | None = None
    age_band: Annotated[str, Meta(max_length=10)] | None = None


class Violated(Person, kw_only=True):
    """A platform's complaint about the session."""

    violation_id: Id
    code: Annotated[str, Meta(max_length=200)] | None = None
    reason: Annotated[str, Meta(max_length=10_000)] | None = None
    severity: Annotated[str, Meta(max_length=100)] | None = None
    remediation: Annotated[str, Meta(max_length=10_000)] | None = None


class Noted(Person, kw_only=True):
    """A text beside the session."""

    text: Annotated[str, Meta(max_length=10_000)]


class Offered(Person, kw_only=True):
    """A giveaway or a promotion."""

    items: Annotated[list[Item], Meta(max_length=500)] | None = None
    prize_quantity: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
    scheduled_at_random: bool | None = None
    label: Annotated[str, Meta(max_length=500)] | None = None


class ProductStated(Struct, kw_only=True, gc=False):
    """What a source tells of a product."""

    item_id: Id
    item_name: Annotated[str, Meta(max_length=500)] | None = None
    price: Decimal | None = None
    cost: Decimal | None = None
    currency: str | None = None
    image_url: Annotated[str, Meta(max_length=2000)] | None = None
    stock: Whole | None = None


class Spent(Struct, kw_only=True, gc=False):
    """Marketing money and the days it was for."""

    amount: Decimal
    currency: str
    from_: str = msgspec.field(name="from")
    to: str
    channel: Annotated[str, Meta(max_length=200)] | None = None
    campaign: Annotated[str, Meta(max_length=200)] | None = None
    purpose: str | None = None


class Reported(Struct, kw_only=True, gc=False):
    """What a platform says of its own session, as it says it: in total, or of one minute."""

    interval: str
    metrics: dict[str, Any]
    from_: Instant | None = msgspec.field(name="from", default=None)
    to: Instant | None = None
    definition: Annotated[str, Meta(max_length=2000)] | None = None


DATA: dict[Kind, type[Struct]] = {
    **dict.fromkeys(
        (Kind.live_session_scheduled, Kind.live_session_started, Kind.live_session_ended), SessionStated
    ),
    **dict.fromkeys(
        (
            Kind.live_impression,
            Kind.live_view_started,
            Kind.live_view_heartbeat,
            Kind.live_view_ended,
            Kind.live_replay_started,
            Kind.live_replay_ended,
            Kind.live_like,
            Kind.share,
            Kind.live_follow,
            Kind.live_cta_click,
        ),
        Acted,
    ),
    Kind.page_view: PageViewed,
    Kind.live_comment: Commented,
    **dict.fromkeys(
        (
            Kind.live_product_featured,
            Kind.live_product_unfeatured,
            Kind.view_item_list,
            Kind.select_item,
            Kind.view_item,
            Kind.add_to_cart,
            Kind.remove_from_cart,
            Kind.begin_checkout,
        ),
        ActedOnItems,
    ),
    Kind.purchase: Purchase,
    Kind.order_paid: OrderChanged,
    Kind.order_cancelled: OrderChanged,
    Kind.refund: Refunded,
    Kind.generate_lead: LeadLeft,
    Kind.identify: Identified,
    Kind.live_violation: Violated,
    Kind.live_message_pinned: Noted,
    Kind.live_host_note: Noted,
    **dict.fromkeys(
        (
            Kind.live_giveaway_started,
            Kind.live_giveaway_ended,
            Kind.live_promotion_started,
            Kind.live_promotion_ended,
        ),
        Offered,
    ),
    Kind.product_updated: ProductStated,
    Kind.marketing_spend: Spent,
    Kind.live_metrics_reported: Reported,
}

# What of an act, and of an item in it, has a column of its own in the log: nothing else is left to keep.
IN_COLUMNS = frozenset({"viewer_id", "customer_id", "view_id", "sequence", "count", "items"})
ITEM_IN_COLUMNS = frozenset({"item_id", "quantity"})

# Kinds that make no sense without a session.
NEEDS_SUBJECT = frozenset(
    kind for kind in Kind if kind.name.startswith("live_") and kind not in {Kind.live_follow}
)
