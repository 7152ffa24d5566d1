"""The people of a channel: an endless, reproducible population with loyal and passing members."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from commerce.demo.brand import AGE_BANDS, AGE_WEIGHTS, COUNTRIES, COUNTRY_WEIGHTS, OWNED_SOURCE


@dataclass(slots=True, eq=False)
class Person:
    """A viewer who may be a customer; `known` once an event carried both ids; attributes None if unknown."""

    viewer_id: str
    customer_id: str
    loyalty: float
    country: str
    gender: str | None
    age_band: str | None
    follower: bool
    guest: bool
    known: bool = False


def population(*, source: str, seed: int) -> Iterator[Person]:
    """People of a source without end; the first n are the same however many are taken."""
    rng = Random(f"{seed}:people:{source}")
    viewer, customer = ("v", "c") if source == OWNED_SOURCE else ("tv", "tc")
    while True:
        draw = rng.random()
        loyalty = 9.0 if draw < 0.14 else 2.2 if draw < 0.48 else 0.6
        described = rng.random() < 0.82
        gender = rng.choices(("female", "male", "other"), (79, 19, 2))[0]
        age_band = rng.choices(AGE_BANDS, AGE_WEIGHTS)[0]
        yield Person(
            viewer_id=f"{viewer}_{rng.getrandbits(64):016x}",
            customer_id=f"{customer}_{rng.getrandbits(64):016x}",
            loyalty=loyalty,
            country=rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0],
            gender=gender if described else None,
            age_band=age_band if described else None,
            follower=rng.random() < (0.75 if loyalty > 5 else 0.18),
            guest=rng.random() < 0.08,
        )


def draw_people(rng: Random, people: Sequence[Person], count: int) -> list[Person]:
    """`count` different people, the loyal more often (weighted sampling without replacement)."""
    random = rng.random
    keys = [(random() ** (1.0 / person.loyalty), place) for place, person in enumerate(people)]
    chosen = heapq.nlargest(count, keys) if count * 8 < len(keys) else sorted(keys, reverse=True)[:count]
    return [people[place] for _, place in chosen]
