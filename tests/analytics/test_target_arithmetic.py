"""The arithmetic of targets: percentiles, levels, attainment and where a target stands."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics import Direction
from analytics.plans import attainment
from analytics.plans.attainment import Status
from tests.oracle.plans import percentile as true_percentile


def test_percentiles_lie_linearly_between_neighbours() -> None:
    values = [Decimal(value) for value in (10, 20, 40, 80)]
    assert attainment.median(values) == 30
    assert attainment.percentile(values, Decimal("0.75")) == 50
    assert attainment.percentile([Decimal(7)], Decimal("0.75")) == 7


@given(
    values=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12),
    share=st.sampled_from(["0", "0.25", "0.5", "0.75", "1"]),
)
@settings(max_examples=100, deadline=None)
def test_percentiles_are_the_truths(values: list[int], share: str) -> None:
    found = attainment.percentile([Decimal(value) for value in values], Decimal(share))
    assert Fraction(found) == true_percentile([Fraction(value) for value in values], Fraction(share))


@pytest.mark.parametrize(
    ("kind", "value", "baseline", "level"),
    [
        ("ABSOLUTE", "500", None, "500"),
        ("RELATIVE_CHANGE", "0.1", "200", "220"),
        ("RELATIVE_CHANGE", "-0.25", "200", "150"),
        ("RELATIVE_CHANGE", "0.1", None, None),
        ("RELATIVE_CHANGE", "0.1", "0", None),
        ("PERCENTAGE_POINTS", "2", "0.1", "0.12"),
        ("PERCENTAGE_POINTS", "2", None, None),
    ],
)
def test_the_number_to_reach(kind: str, value: str, baseline: str | None, level: str | None) -> None:
    before = None if baseline is None else Decimal(baseline)
    wanted = None if level is None else Decimal(level)
    assert attainment.level_of(kind, Decimal(value), before) == wanted


def test_attainment_is_inverse_where_less_is_better() -> None:
    assert attainment.attainment(Decimal(30), Decimal(40), Direction.UP) == Decimal("0.75")
    assert attainment.attainment(Decimal(50), Decimal(40), Direction.DOWN) == Decimal("0.8")
    assert attainment.attainment(Decimal(0), Decimal(40), Direction.DOWN) is None
    assert attainment.attainment(None, Decimal(40), Direction.UP) is None


@pytest.mark.parametrize(
    ("actual", "projected", "level", "is_over", "only_grows", "status"),
    [
        (None, None, "100", True, True, Status.UNKNOWN),
        ("90", None, None, True, True, Status.UNKNOWN),
        ("100", None, "100", True, False, Status.ACHIEVED),
        ("99", None, "100", True, True, Status.OFF_TRACK),
        ("100", None, "100", False, True, Status.ACHIEVED),
        ("100", None, "100", False, False, Status.UNKNOWN),
        ("50", None, "100", False, True, Status.UNKNOWN),
        ("50", "100", "100", False, True, Status.ON_TRACK),
        ("50", "80", "100", False, True, Status.AT_RISK),
        ("50", "79.9", "100", False, True, Status.OFF_TRACK),
    ],
)
def test_where_a_target_stands(
    actual: str | None,
    projected: str | None,
    level: str | None,
    is_over: bool,
    only_grows: bool,
    status: Status,
) -> None:
    numbers = {
        name: None if value is None else Decimal(value)
        for name, value in (("actual", actual), ("projected", projected), ("level", level))
    }
    assert (
        attainment.status(**numbers, direction=Direction.UP, is_over=is_over, only_grows=only_grows) is status
    )


def test_where_less_is_better_a_target_stands_the_other_way_round() -> None:
    def stands(actual: str, *, projected: str | None = None, is_over: bool = True) -> Status:
        told = None if projected is None else Decimal(projected)
        return attainment.status(
            actual=Decimal(actual), projected=told, level=Decimal("0.1"), direction=Direction.DOWN,
            is_over=is_over, only_grows=True,
        )  # fmt: skip

    assert stands("0") is Status.ACHIEVED
    assert stands("0.11") is Status.OFF_TRACK
    # However low it is now, it may still grow.
    assert stands("0", is_over=False) is Status.UNKNOWN
    assert stands("0", projected="0.1", is_over=False) is Status.ON_TRACK
    assert stands("0", projected="0.125", is_over=False) is Status.AT_RISK
    assert stands("0", projected="0.126", is_over=False) is Status.OFF_TRACK
