"""What the demo's campaigns owe: paid, locked, estimated; and a refund that came too late for a statement."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from commerce import ingest
from commerce.access import Actor
from commerce.demo.brand import CATALOGUE, OWNED_SOURCE, PARTNER_CURRENCY, SOCIAL_SOURCE, money
from commerce.models import Partner
from kol import statements
from kol.demo.stage import REASON, Staged
from kol.models import ClaimLine, Collaboration, Statement

PAID: Final = 2
"""So many of the first campaign's statements are paid, the others are locked."""


def settle(made: Staged, owner: Partner, *, actor: Actor, now: datetime) -> int:
    """Statements of the first campaign locked or paid, of the second as estimates; answers how many."""
    statements.approve_due(partner_id=owner.pk, now=now)
    first, second, _ = made.campaigns
    for place, collaboration in enumerate(_of(made, first.pk)):
        row = _statement(collaboration, first.starts_on, first.ends_on, actor=actor, now=now)
        statements.approve_statement(row.pk, actor=actor, now=now, reason=REASON)
        statements.lock_statement(row.pk, actor=actor, now=now, reason=REASON)
        if place < PAID:
            statements.pay_statement(
                row.pk, reference=f"TT-{place + 1:04d}", actor=actor, now=now, reason=REASON
            )
    for collaboration in _of(made, second.pk):
        _statement(collaboration, second.starts_on, second.ends_on, actor=actor, now=now)
    return Statement.objects.filter(partner=owner).count()


def tell_costs(owner: Partner, *, now: datetime) -> int:
    """The costs the brand had not told: without all of them nobody knows what a campaign earned."""
    events = [
        {
            "specversion": "1.0",
            "id": f"cost.{product.item_id}",
            "source": source,
            "type": "product_updated",
            "time": now.isoformat(),
            "data": {
                "item_id": product.item_id,
                "cost": money(product.price * 36 // 100),
                "currency": PARTNER_CURRENCY,
            },
        }
        for source in (OWNED_SOURCE, SOCIAL_SOURCE)
        for product in CATALOGUE
        if product.cost is None
    ]
    return ingest.accept([orjson.dumps(one) for one in events], partner_id=owner.pk, now=now).accepted


def refund_late(owner: Partner, *, now: datetime) -> bool:
    """Somebody sends back the dearest order of a locked statement, through the door as any refund.

    That was yesterday: a statement up to today is the next one that it is on.
    """
    line = (
        ClaimLine.objects.filter(partner=owner, statement__status=Statement.Status.LOCKED, amount__gt=0)
        .select_related("claim__order")
        .order_by("-amount", "id")
        .first()
    )
    if line is None:
        return False
    order = line.claim.order
    zone = ZoneInfo(owner.timezone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"late-refund.{order.external_id}",
        "source": order.source,
        "type": "refund",
        "time": (midnight - timedelta(hours=2)).isoformat(),
        "data": {"transaction_id": order.external_id, "reason": "changed_mind"},
    }
    return bool(ingest.accept([orjson.dumps(event)], partner_id=owner.pk, now=now).accepted)


def carry_on(made: Staged, *, until: date, actor: Actor, now: datetime) -> None:
    """The next statements of the first campaign: what came after the locked ones is in them."""
    first = made.campaigns[0]
    for collaboration in _of(made, first.pk):
        _statement(collaboration, first.ends_on, until, actor=actor, now=now)


def _of(made: Staged, campaign_id: Any) -> list[Collaboration]:
    return [one for one in made.collaborations.values() if one.campaign_id == campaign_id]


def _statement(
    collaboration: Collaboration, starts_on: date, ends_on: date, *, actor: Actor, now: datetime
) -> Statement:
    return statements.create_statement(
        collaboration.pk,
        starts_on=starts_on,
        ends_on=ends_on,
        currency=None,
        actor=actor,
        now=now,
        reason=REASON,
    )
