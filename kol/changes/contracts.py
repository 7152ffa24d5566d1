"""Collaborations, what was agreed in them, and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models.functions import TruncDate

from commerce.access import Actor, scoped
from commerce.models import Partner
from kol.changes import rules
from kol.changes.acts import day_start, mark, put_down
from kol.changes.found import AgencyKey, held_campaign, held_collaboration, known_kol, some_agency
from kol.models import ClaimLine, Collaboration, CostLine, Statement, Terms
from kol.refusals import Refused, conflict, not_found, within

FIXED: Final = (Statement.Status.LOCKED, Statement.Status.PAID)
"""What is on such a statement never changes."""


@dataclass(frozen=True, kw_only=True)
class Tier:
    """From which net sales of the collaboration on which rate of commission."""

    above: Decimal
    rate: Decimal


@dataclass(frozen=True, kw_only=True)
class TermsWish:
    """A contract as somebody asks for it; None: the campaign's (day, currency, windows)."""

    valid_from: date | None = None
    valid_until: date | None = None
    currency: str | None = None
    fixed_fee: Decimal = Decimal(0)
    post_fee: Decimal = Decimal(0)
    posts: int = 0
    sample_units: int = 0
    commission_rate: Decimal = Decimal(0)
    commission_tiers: Sequence[Tier] = ()
    agency_share: Decimal = Decimal(0)
    discount_share: Decimal = Decimal(0)
    paid_boost: Decimal = Decimal(0)
    click_window_seconds: int | None = None
    view_window_seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class CostWish:
    """A line of the ledger; `currency` None: the campaign's. A correction is negative."""

    kind: str
    amount: Decimal
    on_date: date
    currency: str | None = None
    note: str = ""


# -- collaborations ------------------------------------------------------------------------------


def add_collaboration(
    *,
    campaign_id: UUID,
    kol_id: UUID,
    agency: AgencyKey | None,
    terms: TermsWish,
    actor: Actor,
    reason: str,
    now: datetime,
) -> Collaboration:
    """Take a KOL of the roster into a campaign, on first terms; raises `Refused`."""
    with transaction.atomic():
        campaign = held_campaign(campaign_id, actor=actor)
        kol = known_kol(kol_id, partner_id=campaign.partner_id, actor=actor)
        represented_by = None if agency is None else some_agency(agency)
        row = Collaboration(
            partner=campaign.partner,
            campaign=campaign,
            kol=kol,
            agency_id=None if represented_by is None else represented_by.pk,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise conflict("kol", message="This KOL is in the campaign already.") from None
        with within("terms"):
            first, _ = _write_terms(row, terms, default_from=campaign.starts_on)
        details = {"kol": kol.pk, "agency": represented_by and represented_by.slug, "terms": _told(first)}
        put_down(row, "add_collaboration", actor=actor, reason=reason, now=now, details=details)
        since = day_start(first.valid_from, partner=campaign.partner, now=now)
        mark(campaign.pk, partner_id=campaign.partner_id, now=now, since=since)
    return row


# -- terms ---------------------------------------------------------------------------------------


def set_terms(collaboration_id: UUID, wish: TermsWish, *, actor: Actor, reason: str, now: datetime) -> Terms:
    """Agree on terms from a day on; those of the same first day are replaced. Raises `Refused`.

    Refused too where commissions of the days it would change are on a locked statement.
    """
    with transaction.atomic():
        row = held_collaboration(collaboration_id, actor=actor)
        with within("terms"):
            terms, before = _write_terms(row, wish, default_from=None)
        details = {"terms": _told(terms), "before": before}
        put_down(row, "set_terms", actor=actor, reason=reason, now=now, details=details)
        since = day_start(terms.valid_from, partner=row.partner, now=now)
        mark(row.campaign_id, partner_id=row.partner_id, now=now, since=since)
    return terms


def _write_terms(
    row: Collaboration, wish: TermsWish, *, default_from: date | None
) -> tuple[Terms, dict[str, Any] | None]:
    """The terms as they are now, and what they were before."""
    valid_from = wish.valid_from or default_from
    if valid_from is None:
        raise Refused("valid_from", message="Say from which day on.")
    rules.days(("valid_from", valid_from), ("valid_until", wish.valid_until))
    told = _checked_terms(wish, currency=row.campaign.currency) | {"valid_from": valid_from}
    _check_open(row, valid_from)
    mine = Terms.objects.filter(partner_id=row.partner_id, collaboration=row)
    held = mine.filter(valid_from=valid_from).first()
    before = None if held is None else _told(held)
    terms = held or Terms(partner_id=row.partner_id)
    terms.collaboration = row
    for key, value in told.items():
        setattr(terms, key, value)
    # The collaboration is locked: nobody else writes terms of it meanwhile.
    terms.save()
    return terms, before


def _check_open(row: Collaboration, valid_from: date) -> None:
    """Nothing that was fixed may have been earned on the days from this on, up to the next terms."""
    mine = Terms.objects.filter(partner_id=row.partner_id, collaboration=row)
    later = mine.filter(valid_from__gt=valid_from).order_by("valid_from").first()
    zone = ZoneInfo(row.partner.timezone)
    fixed = ClaimLine.objects.filter(
        partner_id=row.partner_id, collaboration=row, statement__status__in=FIXED
    ).annotate(day=TruncDate("claim__placed_at", tzinfo=zone))
    fixed = fixed.filter(day__gte=valid_from)
    if later is not None:
        fixed = fixed.filter(day__lt=later.valid_from)
    last = fixed.order_by("-day").values_list("day", flat=True).first()
    if last is not None:
        raise conflict(
            "valid_from",
            message=f"Commissions of orders up to {last} are on a locked statement: begin after that day.",
        )


def _checked_terms(wish: TermsWish, *, currency: str) -> dict[str, Any]:
    windows = {
        "click_window_seconds": wish.click_window_seconds,
        "view_window_seconds": wish.view_window_seconds,
    }
    return {
        "valid_until": wish.valid_until,
        "currency": rules.currency("currency", wish.currency or currency),
        "fixed_fee": rules.money("fixed_fee", wish.fixed_fee),
        "post_fee": rules.money("post_fee", wish.post_fee),
        "posts": rules.count("posts", wish.posts),
        "sample_units": rules.count("sample_units", wish.sample_units),
        "commission_rate": rules.share("commission_rate", wish.commission_rate),
        "commission_tiers": _checked_tiers(wish.commission_tiers),
        "agency_share": rules.share("agency_share", wish.agency_share),
        "discount_share": rules.share("discount_share", wish.discount_share),
        "paid_boost": rules.money("paid_boost", wish.paid_boost),
        **{key: None if value is None else rules.window(key, value) for key, value in windows.items()},
    }


def _checked_tiers(tiers: Sequence[Tier]) -> list[dict[str, str]]:
    """The first begins at 0 and each goes on to the next: in ascending order there is no gap."""
    found: list[dict[str, str]] = []
    if len(tiers) > rules.MOST_TIERS:
        raise Refused("commission_tiers", message=f"At most {rules.MOST_TIERS} tiers.")
    before: Decimal | None = None
    for place, tier in enumerate(tiers):
        with within("commission_tiers", str(place)):
            above, rate = rules.money("from", tier.above), rules.share("rate", tier.rate)
            if before is None and above != 0:
                raise Refused("from", message="The first tier begins at 0: no sales are without a rate.")
            if before is not None and above <= before:
                raise Refused("from", message="Each tier begins above the one before.")
        before = above
        found.append({"from": format(above, "f"), "rate": format(rate, "f")})
    return found


def _told(terms: Terms) -> dict[str, Any]:
    """Terms as the record keeps them."""
    names = [
        field.name for field in Terms._meta.fields if field.name not in ("id", "partner", "collaboration")
    ]
    return {name: getattr(terms, name) for name in names}


# -- the ledger ----------------------------------------------------------------------------------


def add_cost(
    *,
    campaign_id: UUID,
    collaboration_id: UUID | None,
    cost: CostWish,
    actor: Actor,
    reason: str,
    now: datetime,
) -> CostLine:
    """Enter a cost of a campaign, or of one of its collaborations; raises `Refused`. Never edited."""
    with transaction.atomic():
        campaign = held_campaign(campaign_id, actor=actor)
        told = _checked_cost(cost, partner=campaign.partner, currency=campaign.currency)
        collaboration = None
        if collaboration_id is not None:
            mine = scoped(Collaboration.objects.filter(campaign=campaign), actor=actor)
            collaboration = mine.filter(id=collaboration_id).first()
            if collaboration is None:
                raise not_found("collaboration", what="collaboration in the campaign")
        row = CostLine.objects.create(
            partner=campaign.partner, campaign=campaign, collaboration=collaboration, **told
        )
        details = {"campaign": campaign.pk, "collaboration": collaboration and collaboration.pk, **told}
        put_down(row, "add_cost", actor=actor, reason=reason, now=now, details=details)
        since = day_start(row.on_date, partner=campaign.partner, now=now)
        mark(campaign.pk, partner_id=campaign.partner_id, now=now, since=since)
    return row


def _checked_cost(cost: CostWish, *, partner: Partner, currency: str) -> dict[str, Any]:
    amount = rules.money("amount", cost.amount, may_be_negative=True)
    if amount == 0:
        raise Refused("amount", message="A cost of nothing is none; a correction is negative.")
    return {
        "kind": rules.one_of("kind", cost.kind, CostLine.Kind),
        "amount": amount,
        "currency": rules.currency("currency", cost.currency or currency),
        "on_date": rules.day("on_date", cost.on_date),
        "note": rules.text("note", cost.note, longest=rules.LONGEST_NOTE),
    }
