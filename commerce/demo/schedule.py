"""What is on air when: the sizes of the demo and its twelve weeks of sessions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal, NamedTuple

from commerce.demo.brand import HOSTS, OWNED_SOURCE, SOCIAL_SOURCE, TITLES

Size = Literal["small", "medium", "large"]

WEEKS = 12
DAYS = WEEKS * 7
FLAGSHIP_WEEK = 9
FLAGSHIP_VIEWERS = 9_209
FLAGSHIP_BUYERS = 2_302

# In this week a live is cut off by a lost signal, and goes on as a broadcast of its own.
CUT_WEEK = 8
SIGNAL_BACK_MINUTES = 9
# Added to the number of the live it goes on with.
RESUMED = 100_000

# Orders this long after a live still belong to it.
TAIL_MINUTES = 120

# Mean baskets in cents that are aimed at before the last item makes them a little larger.
OWNED_BASKET = 7_900
FLAGSHIP_BASKET = 10_600
SOCIAL_BASKET = 3_900
SHOP_BASKET = 2_300


class Scale(NamedTuple):
    """One size: days of the week with a live, mean viewers a live, people of each channel, visits a day."""

    owned_days: tuple[int, ...]
    social_days: tuple[int, ...]
    owned_viewers: int
    social_viewers: int
    owned_people: int
    social_people: int
    visits: int
    social_orders: int
    flagship: bool
    heartbeat_days: int


SCALES: dict[Size, Scale] = {
    "small": Scale((3, 6), (1,), 220, 270, 1_500, 2_000, 60, 2, False, 0),
    "medium": Scale((1, 3, 6), (2, 5), 950, 1_350, 8_000, 12_000, 400, 8, False, 7),
    "large": Scale((0, 2, 3, 5, 6), (1, 4, 6), 2_000, 3_400, 40_000, 50_000, 1_300, 25, True, 7),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Airing:
    """One planned session: day number, local minute it starts, length in minutes, and how it will go."""

    number: int
    source: str
    day: int
    starts: int
    minutes: int
    title: str
    host: str
    objective: str
    viewers: int
    buyers: int
    basket: int
    heartbeats: bool
    flagship: bool = False
    resumes: bool = False
    """Whether it is the rest of a live that was cut off; nobody announced it."""

    @property
    def owned(self) -> bool:
        """Whether it is on the brand's own site."""
        return self.source == OWNED_SOURCE


def schedule(*, size: Size, seed: int) -> list[Airing]:
    """All past sessions of the demo, in order of time; shares of buyers are spread evenly and shuffled."""
    scale = SCALES[size]
    rng = Random(f"{seed}:schedule:{size}")
    owned = _rates(rng, len(scale.owned_days) * WEEKS, 0.137, 0.223)
    social = _rates(rng, len(scale.social_days) * WEEKS, 0.021, 0.038)
    airings: list[Airing] = []
    for day in range(DAYS):
        growth = 0.82 + 0.36 * day / DAYS
        if day % 7 in scale.social_days:
            viewers = round(scale.social_viewers * growth * rng.uniform(0.85, 1.15))
            airings.append(
                Airing(
                    number=len(airings),
                    source=SOCIAL_SOURCE,
                    day=day,
                    starts=12 * 60 + rng.choice((0, 15, 30)),
                    minutes=rng.choice((45, 50, 60)),
                    title=rng.choice(TITLES),
                    host=rng.choice(HOSTS),
                    objective="AWARENESS" if rng.random() < 0.8 else "CONVERSION",
                    viewers=viewers,
                    buyers=round(viewers * social.pop()),
                    basket=SOCIAL_BASKET,
                    heartbeats=False,
                )
            )
        if day % 7 in scale.owned_days:
            viewers = round(scale.owned_viewers * growth * rng.uniform(0.85, 1.15))
            buyers = round(viewers * owned.pop())
            flagship = scale.flagship and day // 7 == FLAGSHIP_WEEK and day % 7 == 5
            airings.append(
                Airing(
                    number=len(airings),
                    source=OWNED_SOURCE,
                    day=day,
                    starts=20 * 60 + rng.choice((0, 0, 15)),
                    minutes=60 if flagship else rng.choice((60, 75, 75)),
                    title="Birthday live: one hour, everything" if flagship else rng.choice(TITLES),
                    host=rng.choice(HOSTS),
                    objective="CONVERSION" if flagship or rng.random() < 0.85 else "AWARENESS",
                    viewers=FLAGSHIP_VIEWERS if flagship else viewers,
                    buyers=FLAGSHIP_BUYERS if flagship else buyers,
                    basket=FLAGSHIP_BASKET if flagship else OWNED_BASKET,
                    heartbeats=day >= DAYS - scale.heartbeat_days,
                    flagship=flagship,
                )
            )
    cut = next(place for place, airing in enumerate(airings) if airing.owned and airing.day // 7 == CUT_WEEK)
    airings.insert(cut + 1, _rest_of(airings[cut]))
    return airings


def _rest_of(airing: Airing) -> Airing:
    """What followed when the signal was back: short, and fewer came along."""
    viewers = airing.viewers * 4 // 10
    return replace(
        airing,
        number=airing.number + RESUMED,
        starts=airing.starts + airing.minutes + SIGNAL_BACK_MINUTES,
        minutes=20,
        viewers=viewers,
        buyers=viewers * 15 // 100,
        resumes=True,
    )


def _rates(rng: Random, count: int, low: float, high: float) -> list[float]:
    """Evenly spread shares in random order, so that the pooled share hardly depends on the seed."""
    rates = [low + (high - low) * (place + 0.5) / count for place in range(count)]
    rng.shuffle(rates)
    return rates
