"""Small random worlds of campaigns, in the truth's words and as rows of the database."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from analytics.fills.campaigns import fill_campaigns
from analytics.fills.orders import rules_of
from analytics.models import Credit, OrderFact, OrderShare, SessionMinute, Touch, Viewing
from commerce.connection import worker_connection
from commerce.models import Customer, LiveSession, Order, OrderLine, Partner, Product, Viewer, new_id
from kol.models import (
    Agency,
    AgencyGrant,
    Appearance,
    Campaign,
    Claim,
    ClaimLine,
    Collaboration,
    CostLine,
    Kol,
    LinkClick,
    TrackingLink,
)
from tests.oracle.campaigns import COUNTS, MODELS, Bought, Click, Facts, Line, Shared, Watching, Worked

START = datetime(2026, 5, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
FOUR = Decimal("0.0001")
NO_ACTS = dict.fromkeys(
    ("views", "likes", "comments", "shares", "follows", "product_clicks", "cta_clicks", "cart_adds",
     "checkouts"),
    0,
)  # fmt: skip


def rows(model: Any, many: list[dict[str, Any]]) -> None:
    """Rows as the worker writes them."""
    model.objects.using("worker").bulk_create([model(**one) for one in many])


def fill(partner: Partner, **given: Any) -> None:
    """Compute the numbers of campaigns, everything where nothing is given."""
    connection = worker_connection()
    with connection.transaction():
        fill_campaigns(connection, rules=rules_of(connection, partner_id=partner.id), now=NOW, **given)


class Scene:
    """A world of one partner, made of chances."""

    def __init__(self, partner: Partner, seed: int, *, kols: Sequence[UUID] = ()) -> None:
        self.partner = partner
        self.rng = random.Random(seed)
        self.kols = list(kols)
        self.facts = Facts(timezone=partner.timezone)
        self.agencies: list[UUID] = []
        self.campaigns: list[UUID] = []
        self._people()
        self._sessions()
        self._clicks()
        self._orders()
        self._spending()

    def moment(self) -> datetime:
        return START + timedelta(seconds=self.rng.randrange(4 * 86400))

    def _people(self) -> None:
        rng, partner = self.rng, self.partner
        self.agencies = [new_id() for _ in range(2)]
        rows(Agency, [{"id": one, "slug": f"a-{one.hex}", "name": "An agency"} for one in self.agencies])
        if not self.kols:
            self.kols = [new_id() for _ in range(4)]
            rows(Kol, [{"id": one, "name": f"KOL {n}"} for n, one in enumerate(self.kols)])
        self.campaigns = [new_id() for _ in range(2)]
        rows(Campaign, [
            {"id": one, "partner": partner, "name": "A campaign", "starts_on": date(2026, 5, 1),
             "ends_on": date(2026, 6, 1), "currency": "SGD"}
            for one in self.campaigns
        ])  # fmt: skip
        for campaign in self.campaigns:
            for kol in rng.sample(self.kols, rng.randrange(1, 5)):
                one = Worked(new_id(), campaign, kol, rng.choice([None, *self.agencies]))
                self.facts.collaborations.append(one)
                rows(Collaboration, [
                    {"id": one.id, "partner": partner, "campaign_id": campaign, "kol_id": kol,
                     "agency_id": one.agency}
                ])  # fmt: skip
            for agency in self.agencies:
                if rng.random() < 0.8:
                    is_over = rng.random() < 0.2
                    if not is_over:
                        self.facts.granted.add((campaign, agency))
                    rows(AgencyGrant, [
                        {"partner": partner, "campaign_id": campaign, "agency_id": agency,
                         "granted_at": START, "revoked_at": NOW if is_over else None}
                    ])  # fmt: skip
        self.viewers = [new_id() for _ in range(rng.randrange(3, 12))]
        rows(Viewer, [
            {"id": one, "partner": partner, "source": "/s", "external_id": f"v{n}"}
            for n, one in enumerate(self.viewers)
        ])  # fmt: skip

    def _sessions(self) -> None:
        rng, partner, facts = self.rng, self.partner, self.facts
        sessions = [new_id() for _ in range(5)]
        rows(LiveSession, [
            {"id": one, "partner": partner, "source": "/s", "external_id": f"s{n}"}
            for n, one in enumerate(sessions)
        ])  # fmt: skip
        if rng.random() < 0.5:
            facts.wholes[sessions[1]] = facts.wholes[sessions[2]] = sessions[0]
            LiveSession.objects.using("worker").filter(id__in=sessions[1:3]).update(
                merged_into_id=sessions[0]
            )
        for one in facts.collaborations:
            for session in rng.sample(sessions, rng.randrange(4)):
                facts.appearances.add((one.id, session))
        rows(Appearance, [
            {"partner": partner, "collaboration_id": one, "session_id": session}
            for one, session in sorted(facts.appearances)
        ])  # fmt: skip
        for session in sessions:
            for viewer in rng.sample(self.viewers, rng.randrange(len(self.viewers))):
                starts = tuple(sorted({self.moment() for _ in range(rng.randrange(1, 4))}))
                acts = {**NO_ACTS, "likes": rng.choice([0, 0, 3])}
                facts.watching.append(Watching(session, viewer, starts, acts["likes"] > 0))
                rows(Viewing, [
                    {"partner": partner, "session_id": session, "viewer_id": viewer, "started": list(starts),
                     "first_joined_at": starts[0], "last_sign_at": starts[-1], "watched": timedelta(0),
                     "ended": [at + timedelta(seconds=1) for at in starts], **acts}
                ])  # fmt: skip
            for minute in sorted({self.moment().replace(second=0) for _ in range(5)}):
                counted = {key: rng.randrange(40) for key in COUNTS}
                facts.minutes.append((session, minute, counted))
                rows(SessionMinute, [
                    {"partner": partner, "session_id": session, "minute": minute,
                     "is_inside": rng.random() < 0.9, **counted}
                ])  # fmt: skip

    def _clicks(self) -> None:
        rng, partner = self.rng, self.partner
        for one in self.facts.collaborations:
            for _ in range(rng.randrange(6)):
                kind = rng.choice(["LIVE_VIEW", "PRODUCT_CLICK", "LINK_CLICK"])
                click = Click(one.id, self.moment(), rng.choice(self.viewers))
                rows(Touch, [
                    {"partner": partner, "collaboration_id": one.id, "kind": kind, "touched_at": click.at,
                     "viewer_id": click.viewer}
                ])  # fmt: skip
                if kind != "LIVE_VIEW":
                    self.facts.clicks.append(click)
            link = new_id()
            rows(TrackingLink, [
                {"id": link, "partner": partner, "collaboration_id": one.id, "code": link.hex[-12:],
                 "destination": "https://shop.example/"}
            ])  # fmt: skip
            for _ in range(rng.randrange(8)):
                by = rng.choice(["PERSON", "PERSON", "BOT", "PREFETCH"])
                visitor, device = rng.choice(["v0", "v1", "x1", "x2", ""]), rng.choice(["", "d1", "d2"])
                at = self.moment()
                rows(LinkClick, [
                    {"partner": partner, "link_id": link, "clicked_at": at, "by": by, "visitor": visitor,
                     "device": device}
                ])  # fmt: skip
                # A visitor who is a viewer is counted by what he touched.
                who = "" if visitor in ("v0", "v1") else visitor or device
                self.facts.clicks.append(Click(one.id, at, None, who, by))

    def _orders(self) -> None:
        rng, partner = self.rng, self.partner
        customers = [new_id() for _ in range(4)]
        rows(Customer, [
            {"id": one, "partner": partner, "source": "/s", "external_id": f"c{n}"}
            for n, one in enumerate(customers)
        ])  # fmt: skip
        self.products = [new_id() for _ in range(3)]
        costs = [Decimal("3.3333"), None, Decimal("7.5")]
        rows(Product, [
            {"id": one, "partner": partner, "source": "/s", "external_id": f"p{n}", "cost": costs[n],
             "currency": rng.choice([None, "SGD", "USD"])}
            for n, one in enumerate(self.products)
        ])  # fmt: skip
        told = Product.objects.using("worker").in_bulk(self.products)
        for number in range(rng.choice([4, 12, 40])):
            identity, placed = new_id(), self.moment() + timedelta(days=rng.choice([0, 0, 0, 1, 89, 90]))
            currency = rng.choice(["SGD", "SGD", "USD"])
            is_paid, is_cancelled = rng.random() < 0.8, rng.random() < 0.15
            lines, amounts = [], {}
            rows(Order, [
                {"id": identity, "partner": partner, "source": "/s", "external_id": f"o{number:03}",
                 "placed_at": placed, "currency": currency}
            ])  # fmt: skip
            for position in range(rng.randrange(1, 4)):
                product, line = rng.choice(self.products), new_id()
                quantity, price = (
                    rng.randrange(1, 4),
                    rng.choice([Decimal(0), Decimal(rng.randrange(1, 90000)) / 1000]),
                )
                stated = rng.choice([None, Decimal("1.25")])
                known = told[product]
                unit = stated
                if unit is None and (known.currency or currency) == currency:
                    unit = known.cost
                rows(OrderLine, [
                    {"id": line, "partner": partner, "order_id": identity, "position": position,
                     "product_id": product, "quantity": quantity, "price": price, "cost": stated}
                ])  # fmt: skip
                lines.append(Line(line, None if unit is None else unit * quantity))
                amounts[line] = (price * quantity).quantize(FOUR)
            merchandise = sum(amounts.values(), Decimal(0))
            back = {
                line: (amount * rng.choice([0, 0, 0, 50, 100]) / 100).quantize(FOUR)
                if is_paid
                else Decimal(0)
                for line, amount in amounts.items()
            }
            order = Bought(
                identity, f"o{number:03}", rng.choice([None, *customers]), currency, placed, is_paid,
                is_cancelled, merchandise, sum(back.values(), Decimal(0)), tuple(lines),
            )  # fmt: skip
            self.facts.orders[identity] = order
            rows(OrderFact, [
                {"partner": partner, "order_id": identity, "customer_id": order.customer, "placed_at": placed,
                 "paid_at": placed if is_paid else None, "cancelled_at": placed if is_cancelled else None,
                 "currency": currency, "units": 1, "merchandise": merchandise, "shipping": 0, "tax": 0,
                 "refunded": order.refunded, "refunded_units": 0}
            ])  # fmt: skip
            self._share(order, amounts, back)

    def _share(self, order: Bought, amounts: dict[UUID, Decimal], back: dict[UUID, Decimal]) -> None:
        """Weights and credits of any sort: what matters here is that they are added up rightly."""
        rng, partner = self.rng, self.partner
        met = rng.sample(self.facts.collaborations, rng.randrange(len(self.facts.collaborations) + 1))
        last = rng.choice(met) if met and rng.random() < 0.8 else None
        for one in met:
            weights = {
                model: rng.choice([Decimal(0), Decimal("0.333333333333333333"), Decimal("0.25")])
                for model in MODELS
            }
            kinds = {(line, "SALE"): amount for line, amount in amounts.items()}
            kinds |= {(line, "REFUND"): -amount for line, amount in back.items() if amount}
            if order.is_cancelled and order.is_paid:
                kinds |= {(line, "CANCELLATION"): back[line] - amount for line, amount in amounts.items()}
            credits = {
                key: {model: (amount * weights[model]).quantize(FOUR) for model in MODELS}
                for key, amount in kinds.items()
            }
            share = Shared(
                order.id, one.id, weights, credits, amounts, one is last, rng.random() < 0.4,
                rng.choice(["ORDER", "LOGIN", "HASH"]),
            )  # fmt: skip
            self.facts.shares.append(share)
            rows(OrderShare, [
                {"partner": partner, "order_id": order.id, "collaboration_id": one.id,
                 "placed_at": order.placed, "touches": 1, "is_last": share.is_last,
                 "is_direct": share.is_direct, "basis": share.basis,
                 "is_payable": False, **{f"{m.lower()}_weight": weights[m] for m in MODELS}}
            ])  # fmt: skip
            rows(Credit, [
                {"partner": partner, "order_id": order.id, "line_id": line, "collaboration_id": one.id,
                 "kind": kind, "refund_id": order.id if kind == "REFUND" else None, "placed_at": order.placed,
                 "occurred_at": order.placed, "is_paid": order.is_paid, "currency": order.currency,
                 "amount": kinds[line, kind], **{f"{m.lower()}_amount": by[m] for m in MODELS}}
                for (line, kind), by in credits.items()
            ])  # fmt: skip

    def _spending(self) -> None:
        rng, partner, facts = self.rng, self.partner, self.facts
        for campaign in self.campaigns:
            own = [one.id for one in facts.collaborations if one.campaign == campaign]
            for _ in range(rng.randrange(6)):
                line = (
                    campaign, rng.choice([None, *own]), Decimal(rng.randrange(-500, 90000)) / 100,
                    rng.choice(["SGD", "SGD", "USD"]), facts.day(self.moment()),
                )  # fmt: skip
                facts.costs.append(line)
                rows(CostLine, [
                    {"partner": partner, "campaign_id": campaign, "collaboration_id": line[1], "kind": "FEE",
                     "amount": line[2], "currency": line[3], "on_date": line[4]}
                ])  # fmt: skip
        for order in rng.sample(sorted(facts.orders), len(facts.orders) // 2):
            one, bought, claim = rng.choice(facts.collaborations).id, facts.orders[order], new_id()
            rows(Claim, [
                {"id": claim, "partner": partner, "order_id": order, "collaboration_id": one, "model": "LAST",
                 "currency": bought.currency, "placed_at": bought.placed, "approves_at": NOW}
            ])  # fmt: skip
            for kind in ("SALE", "REVERSAL")[: rng.randrange(1, 3)]:
                amount = Decimal(rng.randrange(1, 900)) / 100 * (1 if kind == "SALE" else -1)
                facts.commissions.append((one, amount, bought.currency, bought.placed))
                rows(ClaimLine, [
                    {"partner": partner, "claim_id": claim, "collaboration_id": one, "kind": kind, "base": 0,
                     "amount": amount, "currency": bought.currency, "placed_at": bought.placed,
                     "occurred_at": NOW, "booked_at": NOW}
                ])  # fmt: skip
