"""The demo brand up to a moment, as events in order of time: twelve weeks, and the year before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from commerce.demo.airing import announce, broadcast, script_of
from commerce.demo.brand import OWNED_SOURCE, SOCIAL_SOURCE, UPCOMING_TITLES
from commerce.demo.history import DAYS as HISTORY_DAYS
from commerce.demo.history import history, new_customers
from commerce.demo.people import Person, population
from commerce.demo.schedule import (
    DAYS,
    OWNED_BASKET,
    SCALES,
    Airing,
    Size,
    schedule,
)
from commerce.demo.script import DAY, Calendar, Event, Line, day_start, milliseconds
from commerce.demo.shop import Shop

# Events a viewer, a session's viewer with heartbeats and a visit cause on average, as counted.
_A_VIEWER = {OWNED_SOURCE: 7.7, SOCIAL_SOURCE: 4.5}
_A_BEATING_VIEWER = 32.3
_A_VISIT = 2.45
# And a customer of the year before, with all his orders and who watched beside him.
_A_CUSTOMER = 9.0


def generate(*, size: Size, seed: int, now: datetime) -> Iterator[Event]:
    """All events of the demo up to an aware `now`, in order of time; none is later than `now`."""
    scale = SCALES[size]
    until = milliseconds(now)
    first_day = day_start(until) - DAYS * DAY
    owned, social = _crowds(size=size, seed=seed)
    airings = schedule(size=size, seed=seed)
    calendar = Calendar(first_day=first_day, now=until)
    scripts = {airing.number: script_of(airing, first_day=first_day) for airing in airings}
    for airing in airings:
        announce(scripts[airing.number], airing, first_day=first_day)
        calendar.file(scripts[airing.number].take())
    calendar.file(_upcoming(first_day=first_day))
    calendar.file(history(seed=seed, scale=scale, first_day=first_day))
    shop = Shop(seed=seed, scale=scale, first_day=first_day, owned=owned, social=social)
    for number in range(-HISTORY_DAYS, DAYS + 1):
        if number >= 0:
            today = [airing for airing in airings if airing.day == number]
            # The rest of a live that was cut off lies in the tail of its first part.
            calendar.file(shop.day(number, airings=[airing for airing in today if not airing.resumes]))
            for airing in today:
                people = _arrived(owned if airing.owned else social, airing)
                if airing.resumes:
                    # What the rest of a live changes about its people is not carried into later days.
                    people = [replace(person) for person in people]
                script = scripts[airing.number]
                calendar.file(broadcast(script, airing, first_day=first_day, seed=seed, people=people))
        yield from calendar.day(number)


def flagship(*, seed: int, now: datetime) -> Iterator[Event]:
    """Only the big session of size large, and what follows it: 9,209 viewers of whom 2,302 buy."""
    until = milliseconds(now)
    first_day = day_start(until) - DAYS * DAY
    airing = next(airing for airing in schedule(size="large", seed=seed) if airing.flagship)
    owned, _ = _crowds(size="large", seed=seed)
    script = script_of(airing, first_day=first_day)
    people = _arrived(owned, airing)
    announce(script, airing, first_day=first_day)
    lines = broadcast(script, airing, first_day=first_day, seed=seed, people=people)
    return iter([event for at, event in sorted(lines, key=lambda line: line[0]) if at <= until])


def estimated_events(size: Size, seed: int) -> int:
    """About how many events `generate` gives, for a progress bar (within a tenth)."""
    scale = SCALES[size]
    sessions = schedule(size=size, seed=seed)
    viewing = sum(
        airing.viewers * (_A_BEATING_VIEWER if airing.heartbeats else _A_VIEWER[airing.source])
        for airing in sessions
    )
    shop = DAYS * (scale.visits * _A_VISIT + scale.social_orders * 1.3)
    return round(viewing + shop + 95 * len(sessions) + _A_CUSTOMER * new_customers(scale))


def _crowds(*, size: Size, seed: int) -> tuple[list[Person], list[Person]]:
    scale = SCALES[size]
    owned = list(islice(population(source=OWNED_SOURCE, seed=seed), scale.owned_people))
    social = list(islice(population(source=SOCIAL_SOURCE, seed=seed), scale.social_people))
    return owned, social


def _arrived(people: list[Person], airing: Airing) -> list[Person]:
    """Who knows the brand by the day of a session: four in ten on the first day, all on the last."""
    return people[: len(people) * (40 + 60 * airing.day // DAYS) // 100]


def _upcoming(*, first_day: int) -> list[Line]:
    """The announcements of two sessions that are still to come."""
    lines: list[Line] = []
    for place, title in enumerate(UPCOMING_TITLES):
        airing = Airing(
            number=-1,
            source=OWNED_SOURCE,
            day=DAYS + 1 + place,
            starts=20 * 60,
            minutes=75,
            title=title,
            host="Celine Tan",
            objective="CONVERSION",
            viewers=0,
            buyers=0,
            basket=OWNED_BASKET,
            heartbeats=True,
        )
        script = script_of(airing, first_day=first_day)
        announce(script, airing, first_day=first_day)
        lines += script.take()
    return lines
