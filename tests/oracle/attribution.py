"""The attribution models by their definitions, one touch after the other, in fractions.

A touch gets its weight first and collaborations add up theirs; the removal of a KOL is carried out: the
chance of an order is worked out again in a world where whoever would meet him leaves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Final

MODELS: Final = ("first", "last", "linear", "position", "time_decay", "shapley", "markov", "code_first")
HALF_LIFE: Final = 7 * 86400
START, ORDER, NOBODY = "(start)", "(order)", "(null)"


@dataclass(frozen=True)
class Met:
    """A touch of a path: whom, in which collaboration, how, and how many seconds before the order."""

    kol: str
    collaboration: str
    age: int
    is_code: bool = False
    is_exclusive: bool = False


Weights = dict[str, dict[str, Fraction]]
"""Model -> collaboration -> weight; collaborations without any are left out."""


def weights(path: Sequence[Met], *, effects: Mapping[str, Fraction]) -> Weights:
    """What each model gives the collaborations of a path, oldest touch first."""
    visits = [met for met in path if not met.is_code]
    each: dict[str, list[Fraction]] = {
        "first": _one_of(len(visits), 0),
        "last": _one_of(len(visits), len(visits) - 1),
        "linear": [Fraction(1, len(visits)) for _ in visits],
        "position": _position(len(visits)),
        "time_decay": _time_decay(visits),
        "shapley": _by_kol(visits, dict.fromkeys((met.kol for met in visits), Fraction(1))),
        "markov": _by_kol(visits, {met.kol: effects.get(met.kol, Fraction(0)) for met in visits}),
    }
    found = {model: _added_up(visits, shares) for model, shares in each.items()}
    exclusive = [met.collaboration for met in path if met.is_exclusive]
    found["code_first"] = {exclusive[-1]: Fraction(1)} if exclusive else found["last"]
    return found


def _one_of(count: int, winner: int) -> list[Fraction]:
    return [Fraction(int(place == winner)) for place in range(count)]


def _position(count: int) -> list[Fraction]:
    if count <= 2:
        return [Fraction(1, count) for _ in range(count)]
    middle = Fraction(1, 5) / (count - 2)
    return [Fraction(2, 5), *[middle] * (count - 2), Fraction(2, 5)]


def _time_decay(visits: Sequence[Met]) -> list[Fraction]:
    with localcontext() as context:
        context.prec = 40
        fresh = [Fraction(Decimal(2) ** (Decimal(-met.age) / HALF_LIFE)) for met in visits]
    whole = sum(fresh)
    return [one / whole for one in fresh]


def _by_kol(visits: Sequence[Met], value: Mapping[str, Fraction]) -> list[Fraction]:
    """Over the distinct KOLs by their values, equally if they have none; each one's over his touches."""
    whole = sum(value.values())
    if not whole:
        value, whole = dict.fromkeys(value, Fraction(1)), Fraction(len(value))
    often = Counter(met.kol for met in visits)
    part = {kol: value[kol] / whole / count for kol, count in often.items()}
    return [part[met.kol] for met in visits]


def _added_up(visits: Sequence[Met], shares: Sequence[Fraction]) -> dict[str, Fraction]:
    found: dict[str, Fraction] = defaultdict(Fraction)
    for met, share in zip(visits, shares, strict=True):
        found[met.collaboration] += share
    return {collaboration: share for collaboration, share in found.items() if share}


Walk = tuple[Sequence[str], int, int]
"""KOLs in the order they were met; how many journeys so ended in an order, and how many did not."""


def removal_effects(walks: Iterable[Walk]) -> dict[str, Fraction]:
    """The share of the chance of an order that is lost when each KOL is removed; 0 where nobody orders."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for path, orders, nulls in walks:
        if not path:
            continue
        states = [START]
        for kol in path:
            if kol != states[-1]:
                states.append(kol)
        for source, target in pairwise(states):
            counts[source][target] += orders + nulls
        counts[states[-1]][ORDER] += orders
        counts[states[-1]][NOBODY] += nulls
    chances: dict[str, dict[str, Fraction]] = {}
    for source, targets in counts.items():
        if total := sum(targets.values()):
            chances[source] = {target: Fraction(count, total) for target, count in targets.items() if count}
    whole = _chance_of_an_order(chances)
    return {
        kol: 1 - _chance_of_an_order({**chances, kol: {NOBODY: Fraction(1)}}) / whole
        if whole
        else Fraction(0)
        for kol in chances
        if kol != START
    }


def _chance_of_an_order(chances: Mapping[str, Mapping[str, Fraction]]) -> Fraction:
    """From the start: states are taken out one by one, each one's ways in joined to its ways out."""
    left = {source: dict(targets) for source, targets in chances.items()}
    for state in [state for state in left if state != START]:
        out = left.pop(state)
        again = out.pop(state, Fraction(0))
        for targets in left.values():
            into = targets.pop(state, Fraction(0))
            for target, chance in out.items():
                if into:
                    targets[target] = targets.get(target, Fraction(0)) + into * chance / (1 - again)
    return left.get(START, {}).get(ORDER, Fraction(0))


def channel_report(total: Fraction, effects: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """A total over the KOLs in proportion to their removal effects."""
    whole = sum(effects.values())
    return {kol: total * effect / whole if whole else Fraction(0) for kol, effect in effects.items()}
