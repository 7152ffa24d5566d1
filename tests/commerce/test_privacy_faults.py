"""Faults planted in an erasure are found by its proof."""

from collections.abc import Callable

import pytest

from commerce.ingest import forgotten
from commerce.models import Partner
from commerce.privacy import places, statements
from tests.commerce.test_privacy import erasure

Plant = Callable[[pytest.MonkeyPatch], None]


def _orders_not_read(patch: pytest.MonkeyPatch) -> None:
    told = "OR e.kind = ANY(%(of_orders)s)"
    assert told in statements.FIND_EVENTS
    patch.setattr(
        statements,
        "FIND_EVENTS",
        statements.FIND_EVENTS.replace(told, "OR false AND e.kind = ANY(%(of_orders)s)"),
    )


def _ids_as_they_were(patch: pytest.MonkeyPatch) -> None:
    patch.delitem(places.DERIVED_IDS, "analytics_touch")


def _visitors_as_they_were(patch: pytest.MonkeyPatch) -> None:
    kept = [one for one in statements.ENTITIES if "SET visitor" not in one]
    assert len(kept) == len(statements.ENTITIES) - 1
    patch.setattr(statements, "ENTITIES", kept)


def _refused_bodies_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(forgotten.Forgotten, "among", lambda *given: set())


PLANTS = (_orders_not_read, _ids_as_they_were, _visitors_as_they_were, _refused_bodies_kept)


@pytest.mark.parametrize("place", range(len(PLANTS)), ids=[plant.__name__ for plant in PLANTS])
def test_a_planted_fault_is_found(partner: Partner, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    PLANTS[place](monkeypatch)
    with pytest.raises(AssertionError):
        erasure(partner, size=12, erased=3, seed=20 + place)


def test_without_a_fault_none_is_found(partner: Partner) -> None:
    assert erasure(partner, size=12, erased=3, seed=30) < 60
