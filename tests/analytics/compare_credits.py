"""Touches, shares and credits as stored beside the slow truth: every cell that differs, by name."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from analytics.models import Credit, OrderShare, Touch
from analytics.models.credits import MODELS
from commerce.models import LiveSession, Order, OrderLine, Partner, Refund, Viewer
from kol.models import Appearance, Collaboration, KolAccount, LinkClick, PromoCode, Terms, TrackingLink
from tests.analytics.compare import world
from tests.oracle.credits import Credited, happened, shared
from tests.oracle.orders import Key
from tests.oracle.touches import Click, Contract, Coupon, Meetings, Party, TouchTruth

Differences = list[str]
# The weights that are no quotients of whole numbers.
_NEARLY = Decimal("1e-12")
_SHARE_CELLS = (
    "touches", "first_touched_at", "last_touched_at", "is_last", "is_direct", "basis", "is_payable",
)  # fmt: skip


def parties(partner: Partner) -> list[Party]:
    """What was agreed, and where who appears, as the truth is told of it."""
    rows = Collaboration.objects.using("worker").filter(partner=partner).select_related("campaign")
    return [_party(row) for row in rows.order_by("id")]


def _party(row: Collaboration) -> Party:
    campaign = row.campaign

    def window(own: int | None, campaigns: int) -> timedelta:
        return timedelta(seconds=campaigns if own is None else own)

    terms = Terms.objects.using("worker").filter(collaboration=row)
    links = TrackingLink.objects.using("worker").filter(collaboration=row)
    clicks = LinkClick.objects.using("worker").filter(link__in=links)
    return Party(
        id=str(row.pk),
        kol=str(row.kol_id),
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        payable_model=campaign.payable_model.lower(),
        contracts=[
            Contract(
                valid_from=each.valid_from,
                valid_until=each.valid_until,
                view_window=window(each.view_window_seconds, campaign.view_window_seconds),
                click_window=window(each.click_window_seconds, campaign.click_window_seconds),
            )
            for each in terms
        ],
        appearances={
            (each.session.source, each.session.external_id)
            for each in Appearance.objects.using("worker").filter(collaboration=row).select_related("session")
        },
        coupons=[
            Coupon(
                code=each.code,
                is_exclusive=each.is_exclusive,
                valid_from=each.valid_from,
                valid_until=each.valid_until,
            )
            for each in PromoCode.objects.using("worker").filter(collaboration=row)
        ],
        clicks=[
            Click(link=str(each.link_id), visitor=each.visitor, at=each.clicked_at, by=each.by)
            for each in clicks
            if each.visitor
        ],
        handles={each.handle for each in KolAccount.objects.using("worker").filter(kol_id=row.kol_id)},
    )


class Named:
    """Ids of the store by what sources call things."""

    def __init__(self, partner: Partner, *, wholes: Mapping[Key, UUID]) -> None:
        def names(model: Any) -> dict[UUID, Key]:
            rows = model.objects.using("worker").filter(partner=partner)
            return {row[0]: (row[1], row[2]) for row in rows.values_list("id", "source", "external_id")}

        self.orders, self.viewers, self.refunds = names(Order), names(Viewer), names(Refund)
        self.sessions = {key: str(one) for one, key in names(LiveSession).items()}
        self.sessions |= {key: str(one) for key, one in wholes.items()}
        lines = OrderLine.objects.using("worker").filter(partner=partner).values_list("id", "position")
        self.positions: dict[UUID, int] = dict(lines)


def differences(
    raw: Sequence[Mapping[str, Any]],
    partner: Partner,
    *,
    merges: Mapping[UUID, Sequence[Key]] | None = None,
) -> Differences:
    """What of touches, shares and credits is not the truth; `merges` are wholes with their broadcasts."""
    made = merges or {}
    truth = world(list(raw), partner, merges=list(made.values()))
    wholes = {
        (whole.source, whole.subject): identity for whole, identity in zip(truth.merged, made, strict=True)
    }
    named = Named(partner, wholes=wholes)
    meetings = Meetings(raw, truth, parties(partner), session_ids=named.sessions)
    return _touches(meetings, partner, named) + _orders(Credited(meetings), partner, named)


def _stored(model: Any, partner: Partner, **chosen: Any) -> list[dict[str, Any]]:
    return list(model.objects.using("worker").filter(partner=partner, **chosen).values())


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _touches(meetings: Meetings, partner: Partner, named: Named) -> Differences:
    stored = {
        TouchTruth(
            party=str(row.collaboration_id),
            kind=row.kind,
            at=row.touched_at,
            viewer=None if row.viewer_id is None else named.viewers[row.viewer_id],
            order=None if row.order_id is None else named.orders[row.order_id],
            session=_text(row.session_id),
            link=_text(row.link_id),
        )
        for row in Touch.objects.using("worker").filter(partner=partner)
    }
    true = set(meetings.touches)
    return [f"touch too many: {each}" for each in stored - true] + [
        f"touch missing: {each}" for each in true - stored
    ]


def _orders(truth: Credited, partner: Partner, named: Named) -> Differences:
    found: Differences = []
    kept: dict[Key, dict[str | None, dict[str, Any]]] = {}
    for row in _stored(OrderShare, partner):
        kept.setdefault(named.orders[row["order_id"]], {})[_text(row["collaboration_id"])] = row
    for key, order in truth.world.orders.items():
        wanted, stored = truth.shares(key), kept.pop(key, {})
        if wanted.keys() != stored.keys():
            found.append(f"{key} shares: stored {set(stored)}, truth {set(wanted)}")
            continue
        for party, share in wanted.items():
            row = stored[party]
            true = (
                share.touches, share.first, share.last, share.is_last, share.is_direct, share.basis,
                share.is_payable,
            )  # fmt: skip
            got = tuple(row[cell] for cell in _SHARE_CELLS)
            if got != true or row["placed_at"] != order.placed_at:
                found.append(f"{key} {party}: stored {got}, truth {true}")
            for model in MODELS:
                weight = share.weights[model]
                exact = Decimal(weight.numerator) / Decimal(weight.denominator)
                if abs(row[f"{model}_weight"] - exact) > _NEARLY:
                    found.append(f"{key} {party} {model}: stored {row[f'{model}_weight']}, truth {exact}")
    found += [f"{key} has shares, and no order: {rows}" for key, rows in kept.items()]
    return found + _credits(truth, partner, named)


Cell = tuple[Any, ...]


def _credits(truth: Credited, partner: Partner, named: Named) -> Differences:
    """Amounts by the stored weights, which were compared before: the last digit of a weight decides ties."""
    wanted: dict[Cell, Cell] = {}
    for key, order in truth.world.orders.items():
        of = [identity for identity, name in named.orders.items() if name == key]
        rows = _stored(OrderShare, partner, order_id__in=of)
        for event in happened(key, order, truth.meetings.events) if rows else ():
            amounts = {
                model: shared(
                    event.amount,
                    [
                        (_text(row["collaboration_id"]), row["first_touched_at"], row[f"{model}_weight"])
                        for row in rows
                    ],
                )
                for model in MODELS
            }
            for place, row in enumerate(rows):
                name = (key, event.position, event.kind, event.refund, _text(row["collaboration_id"]))
                wanted[name] = (
                    order.placed_at, event.at, order.is_paid, order.currency, event.amount,
                    *(amounts[model][place] for model in MODELS),
                )  # fmt: skip
    stored = {
        (
            named.orders[row["order_id"]],
            named.positions.get(row["line_id"]),
            row["kind"],
            None if row["refund_id"] is None else named.refunds[row["refund_id"]],
            _text(row["collaboration_id"]),
        ): (
            row["placed_at"], row["occurred_at"], row["is_paid"], row["currency"], row["amount"],
            *(row[f"{model}_amount"] for model in MODELS),
        )
        for row in _stored(Credit, partner)
    }  # fmt: skip
    return [
        f"credit {name}: stored {stored.get(name)}, truth {wanted.get(name)}"
        for name in stored.keys() | wanted.keys()
        if stored.get(name) != wanted.get(name)
    ]


def unconserved(partner: Partner) -> Differences:
    """Lines whose credits by a model do not sum exactly to their amount."""
    sums: dict[Cell, list[dict[str, Any]]] = {}
    for row in _stored(Credit, partner):
        name = (row["order_id"], row["line_id"], row["kind"], row["refund_id"])
        sums.setdefault(name, []).append(row)
    return [
        f"{name} {model}"
        for name, rows in sums.items()
        for model in MODELS
        if sum((row[f"{model}_amount"] for row in rows), Decimal(0)) != rows[0]["amount"]
        or {row["amount"] for row in rows} != {rows[0]["amount"]}
        or any(
            abs(row[f"{model}_amount"]) > abs(row["amount"]) or row[f"{model}_amount"] * row["amount"] < 0
            for row in rows
        )
    ]
