"""What the host shows: the product moments of one session."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from commerce.demo.brand import CATALOGUE, POPULARITY, Product
from commerce.demo.script import MINUTE, SECOND, Script


class Moment(NamedTuple):
    """A product on screen in `[at, until)`; `pull` is how strongly viewers react to it (about 1)."""

    at: int
    until: int
    product: Product
    position: int
    pull: float


class Rundown:
    """The moments of a session, planned as far ahead as somebody looks; `end` None if it has none."""

    def __init__(self, *, rng: Random, start: int, end: int | None) -> None:
        self._rng = rng
        self._next = start + rng.randrange(60, 150) * SECOND
        self._end = end
        self._again: Product | None = None
        self.moments: list[Moment] = []

    def reach(self, at: int) -> None:
        """Plan on until every moment that begins before `at` is there."""
        limit = at if self._end is None else min(at, self._end - 2 * MINUTE)
        while self._next < limit:
            self._show()

    def between(self, begin: int, finish: int) -> list[Moment]:
        """The moments that touch `[begin, finish)`."""
        self.reach(finish)
        return [moment for moment in self.moments if moment.at < finish and moment.until > begin]

    def announce(self, script: Script, moment: Moment) -> None:
        """Write the two events of a moment."""
        items = [{"item_id": moment.product.item_id, "item_name": moment.product.item_name}]
        script.write_live(moment.at, "live_product_featured", {"items": items, "position": moment.position})
        script.write_live(moment.until, "live_product_unfeatured", {"items": items})

    def _show(self) -> None:
        rng = self._rng
        product = self._again or rng.choices(CATALOGUE, POPULARITY)[0]
        until = self._next + rng.randrange(130, 300) * SECOND
        if self._end is not None:
            until = min(until, self._end - 20 * SECOND)
        pull = rng.uniform(0.5, 1.6)
        self.moments.append(Moment(self._next, until, product, len(self.moments) + 1, pull))
        # Now and then the host comes straight back to a product: the moment continues.
        self._again = product if self._again is None and rng.random() < 0.08 else None
        self._next = until + rng.randrange(20, 75) * SECOND
