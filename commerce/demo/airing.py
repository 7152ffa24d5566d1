"""A whole past session: its audience, what the host does, what the platform reports, and its aftermath."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

from commerce.demo.audience import Outcome, Show, Visit, arrival, attend
from commerce.demo.brand import (
    CATALOGUE,
    HOST_NOTES,
    OWNED_TRAFFIC,
    PARTNER_CURRENCY,
    PARTNER_TIMEZONE,
    PINNED_MESSAGES,
    POPULARITY,
    SITE_URL,
    SOCIAL_TRAFFIC,
)
from commerce.demo.orders import basket, order
from commerce.demo.people import Person, draw_people
from commerce.demo.rundown import Rundown
from commerce.demo.schedule import Airing
from commerce.demo.script import DAY, HOUR, MINUTE, SECOND, Line, Script, local, stamp

VIOLATION_NUMBER = 13


def subject_of(airing: Airing, *, first_day: int) -> str:
    """The session's id at its source."""
    start = local(first_day + airing.day * DAY + airing.starts * MINUTE)
    return f"live-{start:%Y%m%d-%H%M}" if airing.owned else f"7{start:%Y%m%d%H%M}000017"


def script_of(airing: Airing, *, first_day: int) -> Script:
    """An empty script for a session; order numbers of the platform are integers above 2^53, as text."""
    subject = subject_of(airing, first_day=first_day)
    date = local(first_day + airing.day * DAY).date()
    again = "r" if airing.resumes else ""
    return Script(
        source=airing.source,
        prefix=f"{'o' if airing.owned else 't'}{again}{date:%y%m%d}",
        order_prefix=f"ML{again}{date:%y%m%d}-" if airing.owned else f"5770{date:%y%m%d}1",
        subject=subject,
    )


def announce(script: Script, airing: Airing, *, first_day: int) -> None:
    """Write that a session is planned, three days ahead; the rest of a live that was cut off is not."""
    if airing.resumes:
        return
    start = first_day + airing.day * DAY + airing.starts * MINUTE
    script.write_live(start - 3 * DAY - 5 * HOUR, "live_session_scheduled", describe(airing))


def describe(airing: Airing) -> dict[str, object]:
    """The attributes every lifecycle event of a session carries."""
    return {
        "title": airing.title,
        "host": airing.host,
        "channel": "OWNED" if airing.owned else "TIKTOK",
        "account": "mira-moss.example" if airing.owned else "@miraandmoss",
        "objective": airing.objective,
        "currency": PARTNER_CURRENCY,
        "timezone": PARTNER_TIMEZONE,
    }


def broadcast(
    script: Script, airing: Airing, *, first_day: int, seed: int, people: Sequence[Person]
) -> list[Line]:
    """All events of a past session, unordered: exactly `airing.viewers`, `airing.buyers` of them buying."""
    rng = Random(f"{seed}:airing:{airing.source}:{airing.day}:{airing.viewers}")
    start = first_day + airing.day * DAY + airing.starts * MINUTE
    end = start + airing.minutes * MINUTE + rng.randrange(5, 50) * SECOND
    rundown = Rundown(rng=rng, start=start, end=end)
    rundown.reach(end)
    show = Show(
        script=script,
        rng=rng,
        rundown=rundown,
        start=start,
        end=end,
        basket=airing.basket,
        heartbeats=airing.heartbeats,
    )
    about = describe(airing) | {"heartbeats": airing.heartbeats}
    script.write_live(start, "live_session_started", about)
    _host(show, airing)
    visits = _fill_room(show, airing, people)
    if not airing.owned:
        _report(show, visits)
    replay = (
        f"{SITE_URL}/replays/{script.subject}" if airing.owned else f"https://tiktok.example/{script.subject}"
    )
    script.write_live(end, "live_session_ended", {"replay_url": replay})
    _aftermath(show, airing, people, end)
    return script.take()


def _fill_room(show: Show, airing: Airing, people: Sequence[Person]) -> list[Visit]:
    rng = show.rng
    assert show.end is not None
    length = show.end - show.start
    crowd = draw_people(rng, people, airing.viewers)
    # A guest cannot be counted as a customer, so the flagship's exact buyers are all signed in.
    able = [person for person in crowd if not (airing.flagship and person.guest)]
    buyers = set(draw_people(rng, able, airing.buyers))
    rest = [person for person in crowd if person not in buyers]
    placers = set(rng.sample(rest, airing.viewers * (2 if airing.owned else 1) // 100))
    visits: list[Visit] = []
    for person in crowd:
        outcome: Outcome = "buys" if person in buyers else "places" if person in placers else "watches"
        joins = arrival(rng, length=length, moments=show.rundown.moments, start=show.start)
        visits += attend(show, person=person, joins=joins, outcome=outcome)
    return visits


def _host(show: Show, airing: Airing) -> None:
    """What host and platform do: moments, impressions, messages, notes, giveaways, offers, a violation."""
    rng, script, write = show.rng, show.script, show.script.write_live
    assert show.end is not None
    for moment in show.rundown.moments:
        show.rundown.announce(script, moment)
    ways = OWNED_TRAFFIC if airing.owned else SOCIAL_TRAFFIC
    shown = airing.viewers * (5 if airing.owned else 26)
    total = sum(way.weight for way in ways)
    for at in range(show.start + MINUTE, show.end, 10 * MINUTE):
        share = shown / (airing.minutes / 10) / total
        for way in ways:
            count = 1 + int(share * way.weight * rng.uniform(0.7, 1.3))
            write(at + rng.randrange(SECOND), "live_impression", way.shown(count))
    write(show.start + 3 * MINUTE, "live_message_pinned", {"text": rng.choice(PINNED_MESSAGES)})
    if airing.resumes:
        return
    if rng.random() < 0.4:
        write(show.start + rng.randrange(20, 40) * MINUTE, "live_host_note", {"text": rng.choice(HOST_NOTES)})
    if airing.number % 4 == 2 and show.rundown.moments:
        prize = rng.choice(show.rundown.moments).product
        begin = show.start + rng.randrange(12, 30) * MINUTE
        giveaway = {
            "items": [{"item_id": prize.item_id}],
            "prize_quantity": rng.choice((3, 5, 10)),
            "label": f"Comment to win: {prize.item_name}",
            "scheduled_at_random": airing.number % 8 == 2,
        }
        write(begin, "live_giveaway_started", giveaway)
        write(begin + rng.randrange(4, 8) * MINUTE, "live_giveaway_ended", giveaway)
    if airing.number % 5 == 1 and show.rundown.moments:
        offer = rng.choice(show.rundown.moments)
        promotion = {"items": [{"item_id": offer.product.item_id}], "label": "Live only: 20 % off"}
        write(offer.at, "live_promotion_started", promotion)
        write(offer.until, "live_promotion_ended", promotion)
    if airing.number == VIOLATION_NUMBER:
        violation = {
            "violation_id": f"{script.prefix}-violation",
            "code": "UNSUBSTANTIATED_CLAIM",
            "reason": "A skin care effect was promised without proof",
            "severity": "WARNING",
            "remediation": "Rephrase the claim and complete the cosmetics course",
        }
        write(show.start + 22 * MINUTE, "live_violation", violation)


def _report(show: Show, visits: list[Visit]) -> None:
    """The platform's own figures by its own rules: every five minutes, and in total after the end."""
    rng, script = show.rng, show.script
    assert show.end is not None
    step = 5 * MINUTE
    change: Counter[int] = Counter()
    for visit in visits:
        change[(visit.joins - show.start) // step] += 1
        change[(visit.leaves - show.start) // step + 1] -= 1
    present = peak = 0
    for place, at in enumerate(range(show.start, show.end, step)):
        present += change[place]
        samples = round(present * rng.uniform(0.5, 0.62))
        peak = max(peak, samples)
        minute = {
            "interval": "minute",
            "from": stamp(at),
            "to": stamp(at + MINUTE),
            "metrics": {"concurrent_viewers": samples},
            "definition": "Viewers in the room when the platform counted",
        }
        script.write_live(at + MINUTE, "live_metrics_reported", minute)
    kinds = Counter(event["type"] for _, event in script.lines)
    likes = sum(event["data"]["count"] for _, event in script.lines if event["type"] == "live_like")
    viewers = len(visits)
    totals = {
        "viewers": round(viewers * 1.06),
        "views": round(kinds["live_view_started"] * 1.09),
        "peak_concurrent_viewers": peak,
        "likes": likes,
        "comments": kinds["live_comment"],
        "shares": kinds["share"],
        "product_clicks": kinds["select_item"],
    }
    total = {
        "interval": "total",
        "from": stamp(show.start),
        "to": stamp(show.end),
        "metrics": totals,
        "definition": "Viewers of three seconds or more, bots removed",
    }
    script.write_live(show.end + 30 * MINUTE, "live_metrics_reported", total)


def _aftermath(show: Show, airing: Airing, people: Sequence[Person], end: int) -> None:
    """After the live: replays, orders that name it but come too late, or are a guest's who never watched."""
    rng, script = show.rng, show.script
    if airing.owned:
        for person in rng.sample(people, min(len(people), 4 + airing.viewers // 40)):
            at = end + rng.randrange(3 * 60, 6 * 24 * 60) * MINUTE
            replay = {"viewer_id": person.viewer_id, "view_id": script.name("w")}
            script.write_live(at, "live_replay_started", replay)
            script.write_live(at + rng.randrange(20, 1_800) * SECOND, "live_replay_ended", replay)
    if airing.flagship:
        return
    for _ in range(1 + airing.viewers // 400):
        product = rng.choices(CATALOGUE, POPULARITY)[0]
        late = end + rng.randrange(3 * 60, 40 * 60) * MINUTE
        lines = basket(rng, lead=product, target=airing.basket)
        order(script, rng, at=late, person=rng.choice(people), lines=lines, naming="subject")
        within = show.start + rng.randrange(5, 45) * MINUTE
        lines = basket(rng, lead=product, target=airing.basket)
        order(script, rng, at=within, person=None, lines=lines, naming="subject")
