"""Putting the demo's influencers on stage, by the same acts as anybody's."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from commerce import demo
from commerce.access import Actor
from commerce.connection import worker_connection
from commerce.demo.brand import SITE_URL
from commerce.models import LiveSession, Partner, new_id
from kol import changes
from kol.demo.cast import AGENCIES, CAMPAIGNS, KOLS, SAMPLE_COST, SHIPPING_COST, Part, Run
from kol.links.making import make_link
from kol.links.recording import Click, keep
from kol.links.redirects import find_target
from kol.models import Agency, Campaign, Collaboration, CostLine, LinkClick, LinkHost, RosterEntry

REASON: Final = "The demo's own"
BROWSER: Final = "Mozilla/5.0 (demo device of {})"
PLACE: Final = "203.0.113.7"
CRAWLER: Final = b"ExampleBot/1.0 (+https://bot.example)"

# Who ordered in some days, and when: of those that follow a link some do so before an order.
ORDERS: Final = """
SELECT v.external_id, o.placed_at FROM commerce_order o
JOIN commerce_viewer v ON v.partner_id = o.partner_id AND v.id = o.viewer_id
WHERE o.partner_id = %s AND o.placed_at >= %s AND o.placed_at < %s AND v.source = %s
ORDER BY o.placed_at, o.id
"""
# Who was about in some days; not in which order they were written.
VIEWERS: Final = """
SELECT external_id FROM commerce_viewer v WHERE partner_id = %s AND source = %s AND EXISTS (
    SELECT FROM commerce_event e
    WHERE e.partner_id = v.partner_id AND e.viewer_id = v.id AND e.occurred_at >= %s AND e.occurred_at < %s)
ORDER BY external_id COLLATE "C"
"""


@dataclass(kw_only=True)
class Staged:
    """What was made; collaborations by campaign and handle."""

    campaigns: list[Campaign] = field(default_factory=list)
    collaborations: dict[tuple[str, str], Collaboration] = field(default_factory=dict)
    appearances: int = 0
    links: list["Linked"] = field(default_factory=list)


class Linked(NamedTuple):
    """A link that people follow between two moments."""

    code: str
    part: Part
    begins: datetime
    ends: datetime


def stage(owner: Partner, *, first_day: date, actor: Actor, now: datetime) -> Staged:
    """Make everything there is before orders are credited; in a transaction that sees the partner."""
    made = Staged()
    for slug, name in AGENCIES:
        # Agencies are no partner's own: made as the house does, and there before a partner names them.
        Agency.objects.using("worker").get_or_create(slug=slug, defaults={"name": name})
    kols = _roster(owner, first_day=first_day, actor=actor, now=now)
    LinkHost.objects.get_or_create(partner=owner, host=urlsplit(SITE_URL).hostname)
    for run in CAMPAIGNS:
        _campaign(made, owner, run, kols, first_day=first_day, actor=actor, now=now)
    return made


def _roster(owner: Partner, *, first_day: date, actor: Actor, now: datetime) -> dict[str, UUID]:
    kols = {}
    for one in KOLS:
        before, after = (
            changes.AccountWish(platform=one.platform, handle=one.handle, followers=count, followers_on=day)
            for count, day in zip(one.followers, (first_day, now.date() - timedelta(days=1)), strict=True)
        )
        wish = changes.KolWish(name=one.name, country=one.country, accounts=(before,), agency=one.agency)
        changes.create_kol(wish, actor=actor, reason=REASON, now=now, partner_id=owner.pk)
        again = changes.KolWish(name=one.name, country=one.country, accounts=(after,))
        kols[one.handle] = changes.create_kol(
            again, actor=actor, reason=REASON, now=now, partner_id=owner.pk
        ).kol_id
    assert RosterEntry.objects.filter(partner=owner).count() >= len(KOLS)
    return kols


def _campaign(
    made: Staged,
    owner: Partner,
    run: Run,
    kols: dict[str, UUID],
    *,
    first_day: date,
    actor: Actor,
    now: datetime,
) -> None:
    starts_on, ends_on = (first_day + timedelta(days=day) for day in run.days)
    campaign = changes.create_campaign(
        changes.CampaignWish(
            name=run.name,
            starts_on=starts_on,
            ends_on=ends_on,
            budget=Decimal(run.budget),
            payable_model=run.payable,
        ),
        actor=actor,
        reason=REASON,
        now=now,
        partner_id=owner.pk,
    )
    made.campaigns.append(campaign)
    for agency in run.agencies:
        changes.grant_agency(campaign_id=campaign.pk, agency=agency, actor=actor, reason=REASON, now=now)
    zone = ZoneInfo(owner.timezone)
    begins, ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (starts_on, ends_on))
    shown = list(
        LiveSession.objects.filter(
            partner=owner, started_at__gte=begins, started_at__lt=min(ends, now), is_merged=False
        ).order_by("started_at", "id")
    )
    agencies = {one.handle: one.agency for one in KOLS}
    for part in run.cast:
        collaboration = changes.add_collaboration(
            campaign_id=campaign.pk,
            kol_id=kols[part.kol],
            agency=agencies[part.kol],
            terms=changes.TermsWish(
                fixed_fee=Decimal(part.fee), commission_rate=Decimal(part.rate), sample_units=part.samples
            ),
            actor=actor,
            reason=REASON,
            now=now,
        )
        made.collaborations[run.name, part.kol] = collaboration
        made.appearances += _appear(collaboration, part, shown, actor=actor, now=now)
        _pay(collaboration, part, starts_on, actor=actor, now=now)
        if part.code:
            code = changes.CodeWish(
                code=part.code, is_exclusive=part.is_exclusive, valid_from=begins, valid_until=ends
            )
            changes.create_promo_code(collaboration.pk, code, actor=actor, reason=REASON, now=now)
        link = make_link(
            actor=actor, collaboration=collaboration, destination=f"{SITE_URL}/live?ref={part.kol}", now=now
        )
        made.links.append(Linked(link.code, part, begins, min(ends, now)))


def _appear(
    collaboration: Collaboration, part: Part, shown: list[LiveSession], *, actor: Actor, now: datetime
) -> int:
    chosen = []
    for source, every in ((demo.OWNED_SOURCE, part.owned), (demo.SOCIAL_SOURCE, part.social)):
        if every:
            chosen += [session for session in shown if session.source == source][part.first :: every]
    for session in chosen:
        changes.set_appearance(
            collaboration_id=collaboration.pk,
            session=session.pk,
            role=part.role,
            on_screen_seconds=None if part.role == "HOST" else 25 * 60,
            actor=actor,
            reason=REASON,
            now=now,
        )
    return len(chosen)


def _pay(collaboration: Collaboration, part: Part, day: date, *, actor: Actor, now: datetime) -> None:
    lines = [(CostLine.Kind.FEE, Decimal(part.fee), "Fixed fee")]
    if part.samples:
        lines.append((CostLine.Kind.SAMPLES, part.samples * SAMPLE_COST, f"{part.samples} samples, at cost"))
        lines.append((CostLine.Kind.SHIPPING, part.samples * SHIPPING_COST, "Shipping of the samples"))
    if collaboration.agency_id is not None:
        lines.append((CostLine.Kind.AGENCY, Decimal(part.fee) * Decimal("0.1"), "A tenth of the fee"))
    for kind, amount, note in lines:
        cost = changes.CostWish(kind=kind, amount=amount, on_date=day, note=note)
        changes.add_cost(
            campaign_id=collaboration.campaign_id,
            collaboration_id=collaboration.pk,
            cost=cost,
            actor=actor,
            reason=REASON,
            now=now,
        )


def follow(made: Staged, owner: Partner, *, now: datetime, seed: int) -> int:
    """People follow the links, once these are there for everybody; answers how many clicks there were."""
    worker = worker_connection()
    clicks: list[Click] = []
    for place, linked in enumerate(made.links):
        # Not by its days: the same clicks on whichever day the demo is made.
        rng = Random(f"{seed}:{linked.part.kol}:{place}")
        days = [linked.begins, linked.ends]
        orders = worker.execute(ORDERS, [owner.pk, *days, demo.OWNED_SOURCE]).fetchall()
        viewers = [row[0] for row in worker.execute(VIEWERS, [owner.pk, demo.OWNED_SOURCE, *days]).fetchall()]
        clicks += _clicks(linked, orders, viewers, rng=rng)
    keep(worker, [click for click in clicks if click.at < now.timestamp()], partner_id=owner.pk, now=now)
    return len(clicks)


def _clicks(
    linked: Linked, orders: list[tuple[str, datetime]], viewers: list[str], *, rng: Random
) -> list[Click]:
    """Some follow a link before they order, some for nothing; and a crawler or two."""
    target = find_target(linked.code)
    assert target is not None
    wanted, seconds = linked.part.clicks, int((linked.ends - linked.begins).total_seconds())
    told = [
        (placed_at - timedelta(minutes=rng.randrange(4, 2800)), viewer)
        for viewer, placed_at in rng.sample(orders, min(len(orders), wanted // 3))
    ]
    told += [
        (linked.begins + timedelta(seconds=rng.randrange(seconds)), rng.choice(viewers))
        for _ in range(wanted - len(told))
    ]
    people = [
        Click(
            target,
            at.timestamp(),
            LinkClick.By.PERSON,
            viewer,
            PLACE,
            BROWSER.format(viewer).encode(),
            new_id(),
        )
        for at, viewer in told
    ]
    crawls = [linked.begins + timedelta(hours=number) for number in range(wanted // 15)]
    return people + [
        Click(target, at.timestamp(), LinkClick.By.BOT, "", PLACE, CRAWLER, new_id()) for at in crawls
    ]
