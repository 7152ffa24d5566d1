"""Markov: how journeys went from KOL to KOL, and what share of the orders each KOL's removal would cost."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from psycopg import Connection

from kol.attribution.weights import make_known

_HERE: Final = Path(__file__).parent


class Fit(NamedTuple):
    """What a partner's month learns from: orders placed in [since, until), and its journeys without one."""

    partner_id: UUID
    month: date
    since: datetime
    until: datetime


class Transition(NamedTuple):
    """From a KOL (None: the start) to another (None: the end), in so many journeys with and without order."""

    source: UUID | None
    target: UUID | None
    conversions: int
    nulls: int


def count_transitions(
    connection: Connection[Any], *, fits: Sequence[Fit]
) -> dict[tuple[UUID, date], list[Transition]]:
    """Count the transitions of every fit over the tables of `create_paths`; by partner and month."""
    values = {
        "numbers": list(range(len(fits))),
        "partners": [fit.partner_id for fit in fits],
        "months": [fit.month for fit in fits],
        "since": [fit.since for fit in fits],
        "until": [fit.until for fit in fits],
    }
    make_known(connection)
    found: dict[tuple[UUID, date], list[Transition]] = {(fit.partner_id, fit.month): [] for fit in fits}
    for number, *transition in connection.execute((_HERE / "transitions.sql").read_bytes(), values):
        fit = fits[number]
        found[fit.partner_id, fit.month].append(Transition(*transition))
    return found


def removal_effects(transitions: Iterable[Transition]) -> dict[UUID, float]:
    """The share of all orders that would be lost without each KOL, 0 to 1; all 0 where nobody ordered.

    With N = (I - Q)^-1 over the start and the KOLs, and v the chance of an order from each: the chance that a
    journey meets k is N[start, k] / N[k, k], and its removal effect that chance x v[k] / v[start].
    """
    counted = list(transitions)
    kols = sorted({one.target for one in counted if one.target is not None})
    place: dict[UUID | None, int] = {None: 0, **{kol: number for number, kol in enumerate(kols, start=1)}}
    size = len(place)
    steps, ordered, left = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    for one in counted:
        source = place[one.source]
        left[source] += one.conversions + one.nulls
        if one.target is None:
            ordered[source] += one.conversions
        else:
            steps[source, place[one.target]] += one.conversions + one.nulls
    if not ordered.any():
        return dict.fromkeys(kols, 0.0)
    # What was met was left again, and led to an end: the matrix has an inverse.
    visits = np.linalg.inv(np.eye(size) - steps / left[:, None])
    chance = visits @ (ordered / left)
    effects = visits[0] / np.diag(visits) * chance / chance[0]
    return {kol: float(effects[place[kol]]) for kol in kols}


def fit_markov(
    connection: Connection[Any], *, fits: Sequence[Fit]
) -> dict[tuple[UUID, date], dict[UUID, float]]:
    """The removal effects of every fit: what `weigh` takes."""
    counted = count_transitions(connection, fits=fits)
    return {key: removal_effects(transitions) for key, transitions in counted.items()}


def channel_report(*, total: float, removal_effects: Mapping[UUID, float]) -> dict[UUID, float]:
    """`total` over the KOLs in proportion to their removal effects, in its unit; all 0 where these are."""
    whole = sum(removal_effects.values())
    return {kol: total * effect / whole if whole else 0.0 for kol, effect in removal_effects.items()}
