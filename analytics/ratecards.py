"""Rate cards: what a partner says one of each count is worth; only earned media value is made of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from analytics.metrics import CAMPAIGN_METRICS, Direction, Fact
from analytics.models import RateCard
from commerce.access import Actor, scoped
from kol.changes import rules
from kol.changes.acts import put_down, today_of
from kol.changes.found import partner_of
from kol.refusals import Refused, conflict, within

DECIMALS: Final = 6
RATED: Final = tuple(
    metric.key
    for metric in CAMPAIGN_METRICS
    if metric.fact in (Fact.REACH, Fact.MINUTES, Fact.LINKS)
    and not metric.apart
    and metric.direction is not Direction.NEUTRAL
)
"""Counts that can have a worth; not bots and prefetches, nor what orders say themselves."""


def set_rate_card(
    rates: Mapping[str, Decimal],
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    valid_from: date | None = None,
    currency: str | None = None,
    partner_id: UUID | None = None,
) -> RateCard:
    """Say what one of each count is worth from a day on; raises `Refused`. The cards before stay as they are.

    Without a day from today on, in the partner's calendar; without a currency in the partner's.
    """
    partner = partner_of(partner_id, actor=actor)
    today = today_of(partner, now)
    day = rules.day("valid_from", valid_from or today)
    if day > today:
        raise Refused("valid_from", message="A card is for days that have begun: today at the latest.")
    told = {
        "currency": rules.currency("currency", currency or partner.currency),
        "valid_from": day,
        "rates": _checked(rates),
    }
    with transaction.atomic():
        mine = RateCard.objects.filter(partner_id=partner.pk, currency=told["currency"])
        version = (mine.aggregate(last=Max("version"))["last"] or 0) + 1
        try:
            with transaction.atomic():
                row = RateCard.objects.create(partner=partner, version=version, **told)
        except IntegrityError:
            raise conflict(message="Somebody else set a card at this moment.") from None
        put_down(
            row, "set_rate_card", actor=actor, reason=reason, now=now, details={"version": version, **told}
        )
    return row


def rate_cards(*, actor: Actor, first: int) -> Sequence[RateCard]:
    """The cards of the actor's partners, the latest first."""
    rows = scoped(RateCard.objects.select_related("partner"), actor=actor)
    return list(rows.order_by("-valid_from", "-created_at", "-id")[:first])


def _checked(rates: Mapping[str, Decimal]) -> dict[str, str]:
    if not rates:
        raise Refused("rates", message="Say what one of something is worth.")
    with within("rates"):
        for key in rates:
            if key not in RATED:
                raise Refused(key, message=f"It is one of {', '.join(RATED)}.")
        told = {key: rules.decimal(key, rates[key], decimals=DECIMALS, least=Decimal(0)) for key in rates}
    return {key: format(told[key].normalize(), "f") for key in RATED if key in told}
