"""Outsiders are told of no fewer than ten people: neither by a number nor by one less another."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from analytics.graphql.campaigns import METRICS, withheld
from analytics.queries.sessions import Numbers
from commerce.access import Actor
from commerce.models import new_id

PARTNER = Actor(name="ann", partner_ids=(new_id(),), scopes=frozenset({"read"}))
AGENCY = Actor(name="agency", partner_ids=(), scopes=frozenset({"read"}), agency_id=new_id())
GUEST = Actor(name="guest", partner_ids=(), scopes=frozenset({"read"}), is_guest=True)
PLENTY: dict[str, Any] = {
    "reach": 100, "reach_gross": 150, "reach_exclusive": 60, "reach_fair": Decimal(80), "engaged_viewers": 50,
    "traffic": 40, "buyers": 30, "new_buyers": 20,
}  # fmt: skip


def hidden(actor: Actor, **given: int | None) -> set[str]:
    """Which numbers an actor is not told."""
    numbers = Numbers(
        stored=PLENTY | given, basis="NET", currency="SGD", other_currencies=[],
        computed_at=datetime(2026, 6, 1, tzinfo=UTC), is_fresh=True,
    )  # fmt: skip
    is_hidden = withheld(numbers, actor=actor)
    return {key for key, metric in METRICS.items() if is_hidden(metric)}


@pytest.mark.parametrize("actor", [AGENCY, GUEST])
def test_ten_people_are_told_of_and_nine_are_not(actor: Actor) -> None:
    assert hidden(actor, new_buyers=10) == set()
    assert hidden(actor, new_buyers=9) == hidden(actor, new_buyers=0) == {"new_buyers"}
    assert hidden(actor, traffic=9) == {"traffic", "click_conversion_rate"}
    assert hidden(PARTNER, new_buyers=9, traffic=0, buyers=1) == set()


@pytest.mark.parametrize(
    ("key", "whole", "more"),
    [
        ("new_buyers", "buyers", set()),
        ("reach_exclusive", "reach", set()),
        ("engaged_viewers", "reach", {"engagement_rate"}),
    ],
)
def test_a_part_is_not_told_whose_rest_is_of_fewer_than_ten(key: str, whole: str, more: set[str]) -> None:
    assert hidden(AGENCY, **{key: PLENTY[whole] - 10}) == set()
    assert hidden(AGENCY, **{key: PLENTY[whole] - 9}) == {key, *more}
    assert hidden(AGENCY, **{key: PLENTY[whole]}) == {key, *more}


def test_who_came_again_is_not_told_when_they_are_fewer_than_ten() -> None:
    told = {"reach_gross", "reach_repeated", "overlap"}
    assert hidden(AGENCY, reach_gross=110) == set()
    assert hidden(AGENCY, reach_gross=109) == told
    assert hidden(PARTNER, reach_gross=109) == set()


def test_what_nobody_knows_hides_nothing() -> None:
    assert hidden(AGENCY, reach_exclusive=None) == set()
