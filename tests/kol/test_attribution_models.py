"""The eight models over any paths at all, against the definitions in fractions."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kol.attribution import Fit, channel_report, count_transitions, fit_markov, removal_effects, weigh
from tests.kol.paths import END, FIT, MONTH, PARTNER, PLACED, SINCE, Journey, named, numbered, paths, weighed
from tests.oracle import attribution as oracle
from tests.oracle.attribution import MODELS, Met

APRIL: Final = date(2026, 4, 1)
ANOTHER: Final = named("another")
ONE: Final = Fraction(1, 10**18)


def cut(weight: Fraction) -> Decimal:
    """A weight with what is behind its 18th decimal cut off."""
    return Decimal(weight // ONE).scaleb(-18)


@st.composite
def touches(draw: st.DrawFn) -> Met:
    """A touch of one of three KOLs in one of his two collaborations, some of them codes."""
    kol = draw(st.sampled_from("abc"))
    is_code = draw(st.sampled_from((False, False, False, True)))
    return Met(
        kol=kol,
        collaboration=kol + draw(st.sampled_from("12")),
        age=draw(st.sampled_from((0, 1, 3600, 86400, 604800, 40 * 86400, 10_000 * 86400))),
        is_code=is_code,
        is_exclusive=is_code and draw(st.booleans()),
    )


ANY_PATH: Final = st.lists(touches(), min_size=1, max_size=7).map(
    lambda path: sorted(path, key=lambda met: -met.age)
)
EFFECT: Final = st.integers(0, 10**6).map(lambda millionths: Fraction(millionths, 10**6))
ANY_EFFECTS: Final = st.dictionaries(st.sampled_from("abc"), st.just(Fraction(0)) | EFFECT)
ANY_JOURNEY: Final = st.builds(
    Journey,
    path=ANY_PATH,
    conversions=st.integers(0, 2),
    nulls=st.integers(0, 2),
    placed_at=st.sampled_from(
        (None, PLACED, SINCE, SINCE - timedelta(seconds=1), END - timedelta(seconds=1), END)
    ),
    month=st.sampled_from((MONTH, APRIL)),
    partner=st.sampled_from((PARTNER, ANOTHER)),
)


@settings(max_examples=60, deadline=None)
@given(told=st.lists(ANY_JOURNEY, min_size=1, max_size=8), effects=ANY_EFFECTS)
def test_the_weights_of_any_paths_are_those_of_the_definitions(
    told: list[Journey], effects: Mapping[str, Fraction]
) -> None:
    # A month that is not fitted is not weighed.
    fitted = {
        key: {named(kol): float(effect) for kol, effect in effects.items()}
        for key in ((PARTNER, MONTH), (PARTNER, APRIL), (ANOTHER, MONTH))
    }
    with paths(told) as connection:
        weigh(connection, removal_effects=fitted)
        found = weighed(connection)
        once = connection.execute("SELECT * FROM weight ORDER BY 1, 2, 3").fetchall()
        weigh(connection, removal_effects=fitted)
        assert connection.execute("SELECT * FROM weight ORDER BY 1, 2, 3").fetchall() == once
    orders = {
        (one.partner, identity): one
        for identity, one in numbered(told)
        if one.placed_at is not None and (one.partner, one.month) in fitted
    }
    assert set(found) == set(orders)
    for key, one in orders.items():
        rows = found[key]
        assert set(rows) == {named(met.collaboration) for met in one.path}
        truth = oracle.weights(one.path, effects=effects)
        for model in MODELS:
            shares = {collaboration: weight[model] for collaboration, weight in rows.items()}
            due = {collaboration: Fraction(0) for collaboration in shares} | {
                named(collaboration): share for collaboration, share in truth[model].items()
            }
            if model == "time_decay":
                assert all(abs(Fraction(shares[whose]) - due[whose]) < Fraction(1, 10**13) for whose in due)
            else:
                assert shares == {whose: cut(share) for whose, share in due.items()}
            whole = sum(Fraction(share) for share in shares.values())
            assert whole == 0 if not truth[model] else 1 - len(rows) * ONE < whole <= 1


@settings(max_examples=60, deadline=None)
@given(told=st.lists(ANY_JOURNEY, min_size=1, max_size=8))
def test_the_removal_effects_of_any_journeys_are_those_of_carrying_the_removal_out(
    told: list[Journey],
) -> None:
    fits = [
        Fit(
            partner_id=partner,
            month=month,
            since=SINCE if month == MONTH else SINCE - timedelta(days=30),
            until=until,
        )
        for partner in (PARTNER, ANOTHER)
        for month, until in ((MONTH, END), (APRIL, PLACED))
    ]
    with paths(told) as connection:
        found = fit_markov(connection, fits=fits)
    for fit in fits:
        read = [
            one
            for one in told
            if one.partner == fit.partner_id
            and one.conversions + one.nulls
            and (one.month == fit.month if one.placed_at is None else fit.since <= one.placed_at < fit.until)
        ]
        walks = [
            ([met.kol for met in one.path if not met.is_code], one.conversions, one.nulls) for one in read
        ]
        truth = oracle.removal_effects(walks)
        assert found[fit.partner_id, fit.month] == pytest.approx(
            {named(kol): float(effect) for kol, effect in truth.items()}, abs=1e-12
        )


def test_what_is_told_of_a_collaboration_counts_its_codes_but_a_code_is_not_the_last_touch() -> None:
    path = [
        Met(kol="a", collaboration="a1", age=500),
        Met(kol="b", collaboration="b1", age=400),
        Met(kol="a", collaboration="a1", age=0, is_code=True),
        Met(kol="c", collaboration="c1", age=0, is_code=True),
    ]
    with paths([Journey(path=path)]) as connection:
        weigh(connection, removal_effects={(PARTNER, MONTH): {}})
        rows = connection.execute(
            "SELECT collaboration_id, touches, first_touched_at, last_touched_at, is_last, code_first_weight "
            "FROM weight"
        ).fetchall()
    ago = [PLACED - timedelta(seconds=met.age) for met in path]
    assert {collaboration: rest for collaboration, *rest in rows} == {
        named("a1"): [2, ago[0], PLACED, False, Decimal(0)],
        named("b1"): [1, ago[1], ago[1], True, Decimal(1)],
        named("c1"): [1, PLACED, PLACED, False, Decimal(0)],
    }


def test_a_kol_of_two_collaborations_is_one_kol_and_they_share_his_part_by_their_touches() -> None:
    path = [
        Met(kol="a", collaboration="a1", age=5),
        Met(kol="a", collaboration="a2", age=4),
        Met(kol="a", collaboration="a1", age=3),
        Met(kol="b", collaboration="b1", age=2),
    ]
    effects = {(PARTNER, MONTH): {named("a"): 0.6, named("b"): 0.2}}
    with paths([Journey(path=path)]) as connection:
        weigh(connection, removal_effects=effects)
        found = weighed(connection)[PARTNER, named(0)]
    assert {name: found[named(name)]["shapley"] for name in ("a1", "a2", "b1")} == {
        "a1": Decimal("0.333333333333333333"),
        "a2": Decimal("0.166666666666666666"),
        "b1": Decimal("0.5"),
    }
    assert {name: found[named(name)]["markov"] for name in ("a1", "a2", "b1")} == {
        "a1": Decimal("0.5"),
        "a2": Decimal("0.25"),
        "b1": Decimal("0.25"),
    }


def test_of_several_exclusive_codes_the_last_takes_it_all() -> None:
    path = [
        Met(kol="a", collaboration="a1", age=5),
        Met(kol="b", collaboration="b1", age=0, is_code=True, is_exclusive=True),
        Met(kol="c", collaboration="c1", age=0, is_code=True, is_exclusive=True),
        Met(kol="b", collaboration="b1", age=0, is_code=True, is_exclusive=True),
    ]
    with paths([Journey(path=path)]) as connection:
        weigh(connection, removal_effects={(PARTNER, MONTH): {}})
        found = weighed(connection)[PARTNER, named(0)]
    assert {name: found[named(name)]["code_first"] for name in ("a1", "b1", "c1")} == {
        "a1": Decimal(0),
        "b1": Decimal(1),
        "c1": Decimal(0),
    }


def test_a_kol_met_again_at_once_is_one_step_and_so_is_the_end() -> None:
    names = ("a", "b", "b", "a", "a")
    path = [Met(kol=kol, collaboration=f"{kol}1", age=9 - age) for age, kol in enumerate(names)]
    a, b = named("a"), named("b")
    with paths([Journey(path=path, conversions=2, nulls=3), Journey(path=path[:1])]) as connection:
        counted = count_transitions(connection, fits=[FIT])
    assert {key: set(steps) for key, steps in counted.items()} == {
        (PARTNER, MONTH): {(None, a, 3, 3), (a, b, 2, 3), (b, a, 2, 3), (a, None, 3, 3)}
    }


def test_two_partners_with_one_id_are_not_one_path() -> None:
    told = [
        Journey(path=[Met(kol="a", collaboration="a1", age=5)]),
        Journey(path=[Met(kol="b", collaboration="b1", age=3)], partner=ANOTHER),
    ]
    with paths(told) as connection:
        weigh(connection, removal_effects={(PARTNER, MONTH): {}, (ANOTHER, MONTH): {}})
        found = weighed(connection)
    assert {key: {whose: row["linear"] for whose, row in rows.items()} for key, rows in found.items()} == {
        (PARTNER, named(0)): {named("a1"): Decimal(1)},
        (ANOTHER, named(0)): {named("b1"): Decimal(1)},
    }


def test_time_decay_halves_in_seven_days() -> None:
    path = [Met(kol="a", collaboration="a1", age=7 * 86400), Met(kol="b", collaboration="b1", age=0)]
    with paths([Journey(path=path)]) as connection:
        weigh(connection, removal_effects={(PARTNER, MONTH): {}})
        found = weighed(connection)[PARTNER, named(0)]
    assert found[named("a1")]["time_decay"] == Decimal("0.333333333333333333")
    assert found[named("b1")]["time_decay"] == Decimal("0.666666666666666666")


def test_a_kol_nobody_orders_after_costs_nothing_when_removed() -> None:
    told = [
        Journey(path=[Met(kol="a", collaboration="a1", age=9)]),
        Journey(path=[Met(kol="b", collaboration="b1", age=9)], conversions=0, nulls=3, placed_at=None),
    ]
    with paths(told) as connection:
        effects = fit_markov(connection, fits=[FIT])[PARTNER, MONTH]
    assert effects == {named("a"): 1.0, named("b"): 0.0}
    assert channel_report(total=7, removal_effects=effects) == {named("a"): 7.0, named("b"): 0.0}
    assert removal_effects([]) == {}
