"""How likely customers are worth less than an amount: both models together, as a distribution.

Given that a customer is alive his rate is gamma distributed (r + x, alpha + T) and his chance of going beta
distributed (a, b + x), each by itself; what so many purchases are worth follows from Gamma-Gamma.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from analytics.lifetime.amounts import share_below
from analytics.lifetime.estimation import Array
from analytics.lifetime.purchases import probability_alive

NEGLIGIBLE: Final = 1e-5
"""What is left of a chance when it is not followed any further."""


class _Living:
    """The chances of 0, 1, 2, ... purchases in the weeks that follow, of customers who are alive.

    So many were made and he is still there, or he went after the last of them, whenever that was. What is
    `kept` is a mask of those to follow further.
    """

    def __init__(self, parameters: Sequence[float], *, repeats: Array, age: Array, weeks: float) -> None:
        r, alpha, self._a, b = parameters
        self._shape, self._b = r + repeats, b + repeats
        self._reach = weeks / (alpha + age + weeks)
        self.kept = np.ones(len(repeats), dtype=bool)

    def __iter__(self) -> Iterator[Array]:
        a, b, shape, reach = self._a, self._b, self._shape, self._reach
        # Exactly so many in all the time; still there after so many; gone with the last of so many.
        exactly = np.exp(shape * np.log1p(-reach))
        stayed, went, fewer = np.ones_like(reach), a / (a + b), np.zeros_like(reach)
        count = 0
        while True:
            chance = stayed * exactly
            if count:
                chance = chance + went * np.maximum(1 - fewer, 0)
            yield chance
            kept = self.kept
            a, b, shape, reach = self._a, b[kept], shape[kept], reach[kept]
            fewer = fewer[kept] + exactly[kept]
            exactly = exactly[kept] * (shape + count) / (count + 1) * reach
            stayed = stayed[kept] * (b + count) / (a + b + count)
            went = went[kept] if not count else went[kept] * (b + count - 1) / (a + b + count)
            count += 1


def chances_of_purchases(
    parameters: Sequence[float], *, repeats: Array, age: Array, weeks: float, most: int
) -> list[Array]:
    """The chances of 0 to `most` purchases in the weeks that follow, of customers who are alive."""
    living = _Living(parameters, repeats=repeats, age=age, weeks=weeks)
    return [chance for chance, _ in zip(living, range(most + 1), strict=False)]


def chances_below(
    purchases: Sequence[float],
    amounts: Sequence[float],
    *,
    limits: tuple[float, float],
    repeats: Array,
    recency: Array,
    age: Array,
    value: Array,
    weeks: float,
) -> tuple[Array, Array]:
    """How likely the weeks that follow are worth less than each of two limits, the lower one first.

    Parameters of both models; `value` is the mean worth of a customer's repeat days.
    """
    alive = probability_alive(purchases, repeats=repeats, recency=recency, age=age)
    # Who is gone is worth nothing more.
    low, high = ((1 - alive) * (limit > 0) for limit in limits)
    left = np.arange(len(repeats))
    unseen = alive.copy()
    living = _Living(purchases, repeats=repeats, age=age, weeks=weeks)
    for count, chance in enumerate(living):
        chance = chance * alive[left]
        unseen[left] -= chance
        for into, limit in ((low, limits[0]), (high, limits[1])):
            if count:
                share = share_below(
                    amounts, purchases=count, limit=limit, repeats=repeats[left], value=value[left]
                )
            else:
                share = np.full(len(left), float(limit > 0))
            into[left] += chance * share
        # More purchases are worth less than a limit more rarely still.
        living.kept = unseen[left] * share > NEGLIGIBLE
        left = left[living.kept]
        if not len(left):
            break
    return low, high
