"""The session that is on air now: an endless stream of events that somebody plays in real time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from itertools import count, islice
from random import Random

from commerce.demo.audience import Show, attend
from commerce.demo.brand import (
    HOST_NOTES,
    OWNED_SOURCE,
    OWNED_TRAFFIC,
    PARTNER_CURRENCY,
    PARTNER_TIMEZONE,
    PINNED_MESSAGES,
)
from commerce.demo.people import Person, population
from commerce.demo.rundown import Moment, Rundown
from commerce.demo.schedule import OWNED_BASKET, SCALES
from commerce.demo.script import MINUTE, SECOND, Event, Script, local, milliseconds

# Mean seconds between two arrivals: a rush at first, then what keeps some two hundred people in the room.
_RUSH, _RUSH_UNTIL, _STEADY = 0.8, 4 * MINUTE, 2.2
_SHARE_OF_BUYERS = 0.18
_SHARE_OF_REGULARS = 0.55
_PAUSE = 90 * MINUTE
# Pieces left of a product when it is shown, in turn: the first are soon sold, the others last for a while.
_LEFT = (10, 30, 24)


def live_now(*, seed: int, started_at: datetime, warm_minutes: int = 0) -> Iterator[tuple[float, Event]]:
    """Events of a live that never ends, as (seconds from `started_at`, event), in order of time.

    An event's time is always `started_at` + its offset. The session began `warm_minutes` before `started_at`,
    so these minutes come first, with offsets below zero: due at once. Ids carry the session's start, so that
    a later stream never repeats them.
    """
    zero = milliseconds(started_at)
    start = zero - warm_minutes * MINUTE
    began = local(start)
    script = Script(
        source=OWNED_SOURCE,
        prefix=f"n{began:%y%m%d%H%M%S}",
        order_prefix=f"MN{began:%y%m%d%H%M%S}-",
        subject=f"live-{began:%Y%m%d-%H%M%S}",
    )
    rng = Random(f"{seed}:live:{start}")
    rundown = Rundown(rng=rng, start=start, end=None)
    show = Show(
        script=script, rng=rng, rundown=rundown, start=start, end=None, basket=OWNED_BASKET, heartbeats=True
    )
    _open(script, start)
    stage = _Stage(show)
    order_of_writing = count()
    waiting: list[tuple[int, int, Event]] = []
    for joins, person in _arrivals(rng, seed=seed, start=start):
        stage.play(until=joins)
        buys = rng.random() < _SHARE_OF_BUYERS
        attend(show, person=person, joins=joins, outcome="buys" if buys else "watches")
        for at, event in script.take():
            # What happens weeks later (refunds) is not part of tonight.
            if at < joins + 24 * 60 * MINUTE:
                heapq.heappush(waiting, (at, next(order_of_writing), event))
        while waiting and waiting[0][0] <= joins:
            at, _, event = heapq.heappop(waiting)
            yield (at - zero) / 1_000, event


def _open(script: Script, start: int) -> None:
    about = {
        "title": "On air now: the evening edit",
        "host": "Aisyah Rahman",
        "channel": "OWNED",
        "account": "mira-moss.example",
        "objective": "CONVERSION",
        "currency": PARTNER_CURRENCY,
        "timezone": PARTNER_TIMEZONE,
        "heartbeats": True,
    }
    script.write_live(start - 26 * 60 * MINUTE, "live_session_scheduled", about)
    script.write_live(start, "live_session_started", about)


def _arrivals(rng: Random, *, seed: int, start: int) -> Iterator[tuple[int, Person]]:
    """Who joins when, for ever: regulars of the own site (again after a pause), and people never seen."""
    regulars = list(islice(population(source=OWNED_SOURCE, seed=seed), SCALES["small"].owned_people))
    # Newcomers are a population of their own: the past of a bigger size must not know them already.
    newcomers = population(source=OWNED_SOURCE, seed=seed + start)
    seen: dict[str, int] = {}
    at = start + 2 * SECOND
    while True:
        if rng.random() < _SHARE_OF_REGULARS:
            person = rng.choice(regulars)
            if at - seen.get(person.viewer_id, at - _PAUSE) >= _PAUSE:
                seen[person.viewer_id] = at
                yield at, person
        else:
            yield at, next(newcomers)
        pause = _RUSH if at - start < _RUSH_UNTIL else _STEADY
        at += 1 + int(rng.expovariate(1 / pause) * SECOND)


class _Stage:
    """What host and platform do, written as far as time has come."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._moments = 0
        self._minute = 0

    def play(self, *, until: int) -> None:
        """Write the moments that have begun, and each minute's impressions, messages, giveaways and notes."""
        show = self._show
        show.rundown.reach(until)
        moments = show.rundown.moments
        while self._moments < len(moments) and moments[self._moments].at <= until:
            self._feature(moments[self._moments])
            self._moments += 1
        while (at := show.start + (self._minute + 1) * MINUTE) <= until:
            self._minute += 1
            self._each_minute(at)

    def _feature(self, moment: Moment) -> None:
        """Write a moment, and what the shop has left of its product."""
        self._show.rundown.announce(self._show.script, moment)
        left = _LEFT[(moment.position - 1) % len(_LEFT)]
        told = {"item_id": moment.product.item_id, "item_name": moment.product.item_name, "stock": left}
        self._show.script.write(moment.at, "product_updated", told)

    def _each_minute(self, at: int) -> None:
        rng, write = self._show.rng, self._show.script.write_live
        for way in rng.sample(OWNED_TRAFFIC, 2):
            write(at, "live_impression", way.shown(rng.randrange(3, 3 + way.weight)))
        turn = self._minute % 45
        if turn in (3, 33):
            write(at, "live_message_pinned", {"text": rng.choice(PINNED_MESSAGES)})
        elif turn == 27:
            write(at, "live_host_note", {"text": rng.choice(HOST_NOTES)})
        elif turn == 8 and self._moments:
            prize = self._show.rundown.moments[self._moments - 1].product
            giveaway = {
                "items": [{"item_id": prize.item_id}],
                "prize_quantity": 3,
                "label": f"Comment to win: {prize.item_name}",
                "scheduled_at_random": False,
            }
            write(at, "live_giveaway_started", giveaway)
            write(at + 5 * MINUTE, "live_giveaway_ended", giveaway)
