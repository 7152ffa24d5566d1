"""What new events say of entities, as claims, and what becomes stale by them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection

from commerce.ingest import costs
from commerce.ingest.claims import Claim, settle
from commerce.ingest.decode import Parsed
from commerce.ingest.leads import Lead, write_leads
from commerce.ingest.moments import microseconds_of, moment_of
from commerce.ingest.resolve import (
    CUSTOMERS,
    ORDERS,
    PRODUCTS,
    REFUNDS,
    SESSIONS,
    SPENDS,
    VIEWERS,
    VIOLATIONS,
    Directory,
    Ids,
)
from commerce.ingest.spending import spent
from commerce.ingest.vocabulary import Kind
from commerce.ingest.wholes import follow
from commerce.models import new_id

# Kinds that say nothing of an entity, but who a viewer is where they name a customer: most of the river.
_SILENT = frozenset(
    kind for kind in Kind if kind > Kind.live_session_ended and not Kind.purchase <= kind <= Kind.refund
) - {
    Kind.product_updated, Kind.identify, Kind.generate_lead, Kind.live_violation, Kind.marketing_spend,
}  # fmt: skip


# What of a customer is told by numbers of orders: who the buyers are, and whom they are the same as.
_PORTRAIT = frozenset({"gender", "age_band", "country", "email_hash", "phone_hash"})


class Known:
    """The ids one transaction works with."""

    def __init__(self, found: Mapping[Directory, Ids]) -> None:
        self.sessions = found[SESSIONS]
        self.products = found[PRODUCTS]
        self.customers = found[CUSTOMERS]
        self.viewers = found[VIEWERS]
        self.orders = found[ORDERS]
        self.refunds = found[REFUNDS]
        self.violations = found[VIOLATIONS]
        self.spends = found[SPENDS]

    def of(self, ids: Ids, parsed: Parsed, external: Any) -> UUID | None:
        """The id behind what an event names, if it names one."""
        return None if external is None else ids[parsed.source, str(external)]


def refund_name(parsed: Parsed) -> str:
    """The id of a refund at its source: its own, else its event's."""
    return str(parsed.data.refund_id) if parsed.data.refund_id is not None else parsed.event_id


def settle_entities(
    connection: Connection[Any], new: Sequence[Parsed], known: Known, *, partner_id: UUID, now: datetime
) -> set[UUID]:
    """Write what `new` events say of entities; answers what orders have to be settled for.

    Those are ids of orders, of refunds, and of viewers and customers that found or lost each other.
    """
    claims = _Claims(known)
    for parsed in new:
        claims.add(parsed)

    before = _customers_of(connection, {claim.entity for claim in claims.viewers}, partner_id=partner_id)
    changed = settle(connection, partner_id=partner_id, claims=claims.by_table())
    orders, refunds, viewers = (
        changed[table].groups if table in changed else {}
        for table in ("commerce_order", "commerce_refund", "commerce_viewer")
    )
    if (told := changed.get("commerce_livesession")) is not None and told.groups:
        follow(connection, told.groups, partner_id=partner_id)
    if "commerce_product" in changed:
        costs.tell(connection, changed["commerce_product"], partner_id=partner_id, now=now)
    with connection.pipeline():
        bought = [identity for identity, groups in orders.items() if "purchase" in groups]
        if bought:
            _replace_lines(connection, bought, claims.purchases, known, partner_id=partner_id)
        if orders:
            connection.execute(
                "UPDATE commerce_order SET placed_at = COALESCE(stated_placed_at, first_purchase_at), "
                "paid_at = COALESCE(stated_paid_at, first_paid_at) "
                "WHERE partner_id = %s AND id = ANY(%s) AND first_purchase_at IS NOT NULL",
                [partner_id, list(orders)],
            )
        if claims.unknown_buyers:
            connection.execute(
                "UPDATE commerce_order o SET viewer_id = u.viewer "
                "FROM unnest(%s::uuid[], %s::uuid[]) AS u (id, viewer) "
                "WHERE o.partner_id = %s AND o.id = u.id AND o.viewer_id IS NULL",
                [list(claims.unknown_buyers), list(claims.unknown_buyers.values()), partner_id],
            )
        if claims.leads:
            write_leads(connection, claims.leads, partner_id=partner_id)
    stale = set(orders) | set(refunds)
    if "commerce_customer" in changed:
        # Who a session's buyers are changes with what is told of them.
        stale.update(who for who, groups in changed["commerce_customer"].groups.items() if groups & _PORTRAIT)
    if viewers:
        after = {row["id"]: row["changes"]["customer_id"] for row in changed["commerce_viewer"].rows}
        moved = [viewer for viewer in viewers if before.get(viewer) != after[viewer]]
        customers = [c for viewer in moved for c in (before.get(viewer), after[viewer]) if c is not None]
        # Themselves, not their orders: one may be on its way in another transaction.
        stale.update(moved, customers)
    return stale


class _Claims:
    """Claims of one batch, by the entity they are about."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.sessions: list[Claim] = []
        self.products: list[Claim] = []
        self.customers: list[Claim] = []
        self.viewers: list[Claim] = []
        self.orders: list[Claim] = []
        self.refunds: list[Claim] = []
        self.violations: list[Claim] = []
        self.unknown_buyers: dict[UUID, UUID] = {}
        self.spends: list[Claim] = []
        self.purchases: dict[UUID, list[tuple[list[Any], Parsed]]] = defaultdict(list)
        self.leads: list[Lead] = []

    def by_table(self) -> dict[str, list[Claim]]:
        """All claims, in the order in which tables are locked."""
        return {
            "commerce_livesession": self.sessions,
            "commerce_product": self.products,
            "commerce_customer": self.customers,
            "commerce_viewer": self.viewers,
            "commerce_order": self.orders,
            "commerce_refund": self.refunds,
            "commerce_violation": self.violations,
            "commerce_spend": self.spends,
        }

    def add(self, parsed: Parsed) -> None:
        """Note what one event claims."""
        kind = parsed.kind
        if parsed.customer is None and kind in _SILENT:
            return
        known, data = self.known, parsed.data
        key = [parsed.at, parsed.id.hex()]
        if parsed.viewer is not None and parsed.customer is not None and not parsed.is_veiled:
            viewer = known.viewers[parsed.source, parsed.viewer]
            customer = known.customers[parsed.source, parsed.customer]
            self.viewers.append(Claim(viewer, "customer", key, {"customer_id": customer}))
        if kind <= Kind.live_session_ended:
            self._session(parsed, key)
        elif kind == Kind.product_updated:
            self._product(parsed, key)
        elif kind == Kind.purchase:
            self._purchase(parsed)
        elif kind in (Kind.order_paid, Kind.order_cancelled):
            order = known.orders[parsed.source, str(data.transaction_id)]
            at = moment_of(parsed.at).isoformat()
            if kind == Kind.order_paid:
                self.orders.append(Claim(order, "first_paid_at", [parsed.at], {"first_paid_at": at}))
            else:
                values = {"cancelled_at": at, "cancel_reason": data.reason or ""}
                self.orders.append(Claim(order, "cancelled_at", key, values))
        elif kind == Kind.refund:
            self._refund(parsed, key)
        elif kind == Kind.identify:
            self._customer(parsed, key)
        elif kind == Kind.live_violation:
            self._violation(parsed, key)
        elif kind == Kind.marketing_spend:
            spend = known.spends[parsed.source, parsed.event_id]
            self.spends.append(Claim(spend, "spend", key, spent(data)))
        elif kind == Kind.generate_lead:
            told = _lead_key(parsed)
            session = known.of(known.sessions, parsed, parsed.session)
            who = known.of(known.viewers, parsed, parsed.viewer)
            self.leads.append(Lead(session, told, parsed.at, parsed.id, who))

    def _session(self, parsed: Parsed, key: list[Any]) -> None:
        session = self.known.sessions[parsed.source, str(parsed.session)]
        data, at = parsed.data, moment_of(parsed.at).isoformat()
        for name in (
            "title", "host", "channel", "account", "objective", "currency", "timezone", "replay_url",
            "heartbeats",
        ):  # fmt: skip
            if (value := getattr(data, name)) is not None:
                self.sessions.append(Claim(session, name, key, {name: value}))
        if parsed.kind == Kind.live_session_scheduled:
            self.sessions.append(Claim(session, "scheduled_at", key, {"scheduled_at": at}))
        elif parsed.kind == Kind.live_session_started:
            self.sessions.append(Claim(session, "started_at", [parsed.at], {"started_at": at}))
            self.sessions.append(Claim(session, "last_started_at", [parsed.at], {"last_started_at": at}))
        else:
            self.sessions.append(Claim(session, "last_ended_at", [parsed.at], {"last_ended_at": at}))

    def _product(self, parsed: Parsed, key: list[Any]) -> None:
        data = parsed.data
        product = self.known.products[parsed.source, str(data.item_id)]
        for name, column in (
            ("item_name", "name"), ("price", "price"), ("cost", "cost"), ("currency", "currency"),
            ("image_url", "image_url"), ("stock", "stock"),
        ):  # fmt: skip
            if (value := getattr(data, name)) is not None:
                self.products.append(Claim(product, column, key, {column: value}))

    def _customer(self, parsed: Parsed, key: list[Any]) -> None:
        if parsed.customer is None:
            return
        customer = self.known.customers[parsed.source, parsed.customer]
        data = parsed.data
        told: dict[str, Any] = {"country": data.country, "gender": data.gender, "age_band": data.age_band}
        told |= {f"{name}_hash": _hash_in(parsed, name) for name in ("email", "phone")}
        if data.consent is not None:
            told |= {"consent_marketing": data.consent.marketing, "consent_profiling": data.consent.profiling}
        for name, value in told.items():
            if value is not None:
                self.customers.append(Claim(customer, name, key, {name: value}))

    def _violation(self, parsed: Parsed, key: list[Any]) -> None:
        known, data = self.known, parsed.data
        violation = known.violations[parsed.source, str(data.violation_id)]
        at = moment_of(parsed.at).isoformat()
        self.violations.append(Claim(violation, "occurred_at", [parsed.at], {"occurred_at": at}))
        session = known.of(known.sessions, parsed, parsed.session)
        self.violations.append(Claim(violation, "session", key, {"session_id": session}))
        for name in ("code", "reason", "severity", "remediation"):
            if (value := getattr(data, name)) is not None:
                self.violations.append(Claim(violation, name, key, {name: value}))

    def _purchase(self, parsed: Parsed) -> None:
        known, data, source = self.known, parsed.data, parsed.source
        order = known.orders[source, str(data.transaction_id)]
        key = [data.version or 0, parsed.at, parsed.id.hex()]
        lines = sum((item.quantity * item.price for item in data.items), Decimal(0))
        merchandise = lines - (data.seller_discount or 0)
        content, affiliate = data.content_id, data.affiliate
        if content is None and affiliate is not None:
            content = affiliate.content_id
        values = {
            "currency": data.currency,
            "merchandise": merchandise,
            "shipping": data.shipping or 0,
            "tax": data.tax or 0,
            "seller_discount": data.seller_discount or 0,
            "platform_discount": data.platform_discount or 0,
            "stated_value": data.value,
            "is_value_mismatch": data.value is not None and data.value != merchandise,
            "units": sum(item.quantity for item in data.items),
            "coupon": data.coupon or "",
            "content_id": "" if content is None else str(content),
            "cart_id": "" if data.cart_id is None else str(data.cart_id),
            "visit_id": "" if data.visit_id is None else str(data.visit_id),
            "affiliate_creator": "" if affiliate is None else (affiliate.creator or "")[:200],
            "affiliate_commission": None if affiliate is None else affiliate.commission,
            "session_id": known.of(known.sessions, parsed, parsed.session),
            "viewer_id": known.of(known.viewers, parsed, parsed.viewer),
            "customer_id": known.of(known.customers, parsed, parsed.customer),
            "stated_placed_at": _iso(data.placed_at),
            "stated_paid_at": _iso(data.paid_at),
        }
        if parsed.is_veiled:
            self._veil_purchase(parsed, order, values)
        self.orders.append(Claim(order, "purchase", key, values))
        self.purchases[order].append((key, parsed))
        at = moment_of(parsed.at).isoformat()
        self.orders.append(Claim(order, "first_purchase_at", [parsed.at], {"first_purchase_at": at}))
        if data.status == "paid":
            self.orders.append(Claim(order, "first_paid_at", [parsed.at], {"first_paid_at": at}))
        for item in data.items:
            if item.item_name:
                product = known.products[source, str(item.item_id)]
                name = item.item_name[:500]
                self.products.append(Claim(product, "name", [parsed.at, parsed.id.hex()], {"name": name}))

    def _veil_purchase(self, parsed: Parsed, order: UUID, values: dict[str, Any]) -> None:
        """An order that has a buyer keeps him: who was erased is not told from others, nor taken off it."""
        viewer = values.pop("viewer_id")
        if viewer is not None:
            self.unknown_buyers[order] = viewer
        if parsed.customer is None:
            del values["customer_id"]

    def _refund(self, parsed: Parsed, key: list[Any]) -> None:
        known, data = self.known, parsed.data
        items = [
            {
                "product": str(known.products[parsed.source, str(item.item_id)]),
                "quantity": item.quantity,
                "price": None if item.price is None else str(item.price),
            }
            for item in data.items or ()
        ]
        values = {
            "order_id": known.of(known.orders, parsed, data.transaction_id),
            "session_id": known.of(known.sessions, parsed, parsed.session),
            "customer_id": known.of(known.customers, parsed, parsed.customer),
            "event_id": UUID(bytes=parsed.id),
            "occurred_at": moment_of(parsed.at).isoformat(),
            "value": data.value,
            "currency": data.currency,
            "items": items,
            "reason": data.reason or "",
        }
        if parsed.is_veiled and parsed.customer is None:
            del values["customer_id"]
        self.refunds.append(Claim(known.refunds[parsed.source, refund_name(parsed)], "refund", key, values))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment_of(microseconds_of(moment)).isoformat()


def _hash_in(parsed: Parsed, name: str) -> str | None:
    told: dict[str, Any] = orjson.loads(parsed.properties or b"{}")
    value: str | None = told.get(f"{name}_hash")
    return value


def _lead_key(parsed: Parsed) -> str:
    return _hash_in(parsed, "phone") or _hash_in(parsed, "email") or ""


def _replace_lines(
    connection: Connection[Any],
    orders: list[UUID],
    purchases: dict[UUID, list[tuple[list[Any], Parsed]]],
    known: Known,
    *,
    partner_id: UUID,
) -> None:
    """The lines of the purchase that won, instead of any before it."""
    connection.execute(
        "DELETE FROM commerce_orderline WHERE partner_id = %s AND order_id = ANY(%s)", [partner_id, orders]
    )
    rows: list[dict[str, Any]] = []
    for order in orders:
        _, parsed = max(purchases[order], key=lambda pair: pair[0])
        for position, item in enumerate(parsed.data.items):
            product = known.products[parsed.source, str(item.item_id)]
            rows.append(
                {
                    "id": new_id(),
                    "order_id": order,
                    "position": position,
                    "product_id": product,
                    "quantity": item.quantity,
                    "price": item.price,
                    "discount": item.discount or 0,
                    "cost": item.cost,
                }
            )
    connection.execute(
        "INSERT INTO commerce_orderline (partner_id, id, order_id, position, product_id, quantity, "
        "price, discount, cost) "
        "SELECT %s, * FROM jsonb_to_recordset(%s::jsonb) "
        "AS u (id uuid, order_id uuid, position int, product_id uuid, "
        "quantity bigint, price numeric, discount numeric, cost numeric)",
        [partner_id, orjson.dumps(rows, default=str).decode()],
    )


def _customers_of(connection: Connection[Any], viewers: set[UUID], *, partner_id: UUID) -> dict[UUID, UUID]:
    """The customers viewers are linked to; they stay so until the end of this transaction."""
    if not viewers:
        return {}
    rows = connection.execute(
        "SELECT id, customer_id FROM commerce_viewer "
        "WHERE partner_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [partner_id, list(viewers)],
    ).fetchall()
    return {viewer: customer for viewer, customer in rows if customer is not None}
