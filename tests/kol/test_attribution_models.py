"""The eight models over paths: against published values, against fractions, and over any paths at all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import Connection

from commerce.connection import worker_connection
from kol.attribution import (
    Fit,
    channel_report,
    count_transitions,
    create_paths,
    fit_markov,
    removal_effects,
    weigh,
)
from tests.kol.journeys import journeys
from tests.oracle import attribution as oracle
from tests.oracle.attribution import MODELS, Met

MONTH: Final = date(2026, 5, 1)
END: Final = datetime(2026, 6, 1, tzinfo=UTC)
SINCE: Final = END - timedelta(days=90)
PLACED: Final = END - timedelta(days=10)
ONE: Final = Fraction(1, 10**18)


def named(name: object) -> UUID:
    """The id of a name, always the same."""
    return uuid5(NAMESPACE_OID, str(name))


PARTNER: Final = named("partner")


@dataclass(frozen=True)
class Journey:
    """A path of a partner's order (`placed_at`), or of somebody who did not order."""

    path: Sequence[Met]
    conversions: int = 1
    nulls: int = 0
    placed_at: datetime | None = PLACED
    month: date = MONTH
    partner: UUID = PARTNER


@contextmanager
def paths(of: Iterable[Journey]) -> Iterator[Connection[Any]]:
    """The journeys in the temporary tables, named by their number, for as long as the block lasts."""
    connection = worker_connection()
    with connection.transaction():
        create_paths(connection)
        steps = []
        with connection.cursor().copy("COPY journey FROM STDIN") as copy:
            for number, one in enumerate(of):
                identity = named(number)
                copy.write_row((one.partner, identity, one.month, one.conversions, one.nulls, one.placed_at))
                for position, met in enumerate(one.path, start=1):
                    steps.append((one, identity, position, met))
        with connection.cursor().copy("COPY step FROM STDIN") as copy:
            # Latest first: nothing may hang on how rows lie.
            for one, identity, position, met in reversed(steps):
                kind = "CODE" if met.is_code else "LIVE_VIEW"
                touched_at = (one.placed_at or END) - timedelta(seconds=met.age)
                who = (named(met.kol), named(met.collaboration))
                copy.write_row((one.partner, identity, position, *who, kind, touched_at, met.is_exclusive))
        yield connection


Weighed = dict[tuple[UUID, UUID], dict[UUID, dict[str, Decimal]]]


def weighed(connection: Connection[Any]) -> Weighed:
    """The weights there are: (partner, journey) -> collaboration -> model."""
    columns = ", ".join(f"{model}_weight" for model in MODELS)
    found: Weighed = defaultdict(dict)
    for partner, journey, collaboration, *values in connection.execute(
        f"SELECT partner_id, journey_id, collaboration_id, {columns} FROM weight"
    ):
        assert collaboration not in found[partner, journey]
        found[partner, journey][collaboration] = dict(zip(MODELS, values, strict=True))
    return found


def cut(weight: Fraction) -> Decimal:
    """A weight with what is behind its 18th decimal cut off."""
    return Decimal(weight // ONE).scaleb(-18)


# Published journeys ----------------------------------------------------------------------

CHANNELS: Final = ("alpha", "iota", "eta", "beta")
PUBLISHED: Final = {
    "first": ("6308", "4606", "3164", "2831"),
    "last": ("8447", "3355", "4167", "989"),
    "linear": ("7574.718594", "3857.096221", "3539.951157", "2083.500145"),
    "position": ("7444.823759", "3944.948166", "3618.796149", "1969.766179"),
    "shapley": ("7627.944048", "3505.044048", "3613.655952", "1982.739286"),
    "markov": ("8480.075861", "3946.706536", "3759.515041", "1793.191388"),
}
REPORTED: Final = ("5344.947682", "3884.614702", "3340.847402", "2527.352167")
EFFECTS: Final = ("0.558399", "0.405835", "0.349026", "0.264039")
CLOSE: Final = Decimal("0.000001")


def published() -> list[Journey]:
    """The journeys of the file, a touch an hour, a collaboration a channel."""
    return [
        Journey(
            path=[
                Met(kol=channel, collaboration=f"with {channel}", age=3600 * (len(one.path) - place))
                for place, channel in enumerate(one.path)
            ],
            conversions=one.conversions,
            nulls=one.nulls,
        )
        for one in journeys()
    ]


FIT: Final = Fit(partner_id=PARTNER, month=MONTH, since=SINCE, until=END)


@pytest.fixture(scope="module")
def credited() -> dict[str, dict[str, tuple[Decimal, Decimal]]]:
    """Model -> channel -> (conversions, value) over the published journeys."""
    told = published()
    names = {named(met.collaboration): met.kol for one in told for met in one.path}
    found: dict[str, dict[str, tuple[Decimal, Decimal]]] = defaultdict(dict)
    with paths(told) as connection:
        connection.execute("CREATE TEMP TABLE worth (journey_id uuid, value numeric) ON COMMIT DROP")
        with connection.cursor().copy("COPY worth FROM STDIN") as copy:
            for number, one in enumerate(journeys()):
                copy.write_row((named(number), one.value))
        weigh(connection, removal_effects=fit_markov(connection, fits=[FIT]))
        for model in MODELS:
            for collaboration, conversions, value in connection.execute(
                f"SELECT collaboration_id, sum({model}_weight * conversions), sum({model}_weight * value) "
                "FROM weight JOIN journey USING (journey_id) JOIN worth USING (journey_id) GROUP BY 1"
            ):
                found[model][names[collaboration]] = (conversions, value)
    return found


@pytest.fixture(scope="module")
def expected() -> dict[str, dict[str, tuple[Fraction, Fraction]]]:
    """The same by the oracle."""
    told = published()
    walks = [([met.kol for met in one.path], one.conversions, one.nulls) for one in told]
    effects = oracle.removal_effects(walks)
    found: dict[str, dict[str, tuple[Fraction, Fraction]]] = {model: {} for model in MODELS}
    for one, journey in zip(told, journeys(), strict=True):
        for model, shares in oracle.weights(one.path, effects=effects).items():
            for collaboration, share in shares.items():
                channel = collaboration.removeprefix("with ")
                # Thousands of unlike fractions added up would have denominators as long as books.
                share = round(share, 40)
                conversions, value = found[model].get(channel, (Fraction(0), Fraction(0)))
                found[model][channel] = (
                    conversions + share * one.conversions,
                    value + share * Fraction(journey.value),
                )
    return found


@pytest.mark.parametrize("model", PUBLISHED)
def test_the_published_journeys_give_the_known_credits(
    model: str, credited: dict[str, dict[str, tuple[Decimal, Decimal]]]
) -> None:
    known = dict(zip(CHANNELS, map(Decimal, PUBLISHED[model]), strict=True))
    off = {
        channel: credited[model][channel][0]
        for channel, conversions in known.items()
        if abs(credited[model][channel][0] - conversions) > CLOSE
    }
    assert off == {}


@pytest.mark.parametrize("model", MODELS)
def test_each_of_the_twelve_channels_has_what_the_definitions_give_it(
    model: str,
    credited: dict[str, dict[str, tuple[Decimal, Decimal]]],
    expected: dict[str, dict[str, tuple[Fraction, Fraction]]],
) -> None:
    assert len(expected[model]) == 12
    assert set(credited[model]) == set(expected[model])
    for channel, (conversions, value) in expected[model].items():
        assert abs(Fraction(credited[model][channel][0]) - conversions) < Fraction(CLOSE)
        assert abs(Fraction(credited[model][channel][1]) - value) < Fraction(CLOSE)


@pytest.mark.parametrize("model", MODELS)
def test_all_conversions_and_their_value_are_credited(
    model: str, credited: dict[str, dict[str, tuple[Decimal, Decimal]]]
) -> None:
    conversions = sum((conversions for conversions, _ in credited[model].values()), Decimal(0))
    value = sum((value for _, value in credited[model].values()), Decimal(0))
    assert conversions.quantize(Decimal("1e-12")) == 19785
    assert value.quantize(CLOSE) == Decimal("74802.971587")


def test_the_removal_effects_and_the_channel_report_of_the_published_journeys_are_the_known_ones() -> None:
    told = published()
    with paths(told) as connection:
        effects = removal_effects(count_transitions(connection, fits=[FIT])[PARTNER, MONTH])
    report = channel_report(total=19785, removal_effects=effects)
    assert [f"{effects[named(channel)]:.6f}" for channel in CHANNELS] == list(EFFECTS)
    assert [f"{report[named(channel)]:.6f}" for channel in CHANNELS] == list(REPORTED)
    truth = oracle.removal_effects(
        [([met.kol for met in one.path], one.conversions, one.nulls) for one in told]
    )
    assert len(truth) == 12
    assert effects == pytest.approx({named(channel): float(effect) for channel, effect in truth.items()})
    assert report == pytest.approx(
        {
            named(channel): float(part)
            for channel, part in oracle.channel_report(Fraction(19785), truth).items()
        }
    )


# Any journeys ----------------------------------------------------------------------------


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
    month=st.sampled_from((MONTH, date(2026, 4, 1))),
    partner=st.sampled_from((PARTNER, named("another"))),
)


@settings(max_examples=60, deadline=None)
@given(told=st.lists(ANY_JOURNEY, min_size=1, max_size=8), effects=ANY_EFFECTS)
def test_the_weights_of_any_paths_are_those_of_the_definitions(
    told: list[Journey], effects: Mapping[str, Fraction]
) -> None:
    given_effects = {
        (partner, month): {named(kol): float(effect) for kol, effect in effects.items()}
        for partner in (PARTNER, named("another"))
        for month in (MONTH, date(2026, 4, 1))
    }
    with paths(told) as connection:
        weigh(connection, removal_effects=given_effects)
        found = weighed(connection)
        once = connection.execute("SELECT * FROM weight ORDER BY 1, 2, 3").fetchall()
        weigh(connection, removal_effects=given_effects)
        assert connection.execute("SELECT * FROM weight ORDER BY 1, 2, 3").fetchall() == once
    orders = {number: one for number, one in enumerate(told) if one.placed_at is not None}
    assert set(found) == {(one.partner, named(number)) for number, one in orders.items()}
    for number, one in orders.items():
        rows = found[one.partner, named(number)]
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
    april = date(2026, 4, 1)
    fits = [
        Fit(
            partner_id=partner,
            month=month,
            since=SINCE if month == MONTH else SINCE - timedelta(days=30),
            until=until,
        )
        for partner in (PARTNER, named("another"))
        for month, until in ((MONTH, END), (april, PLACED))
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


# One path --------------------------------------------------------------------------------


def test_what_is_told_of_a_collaboration_counts_its_codes_but_a_code_is_not_the_last_touch() -> None:
    path = [
        Met(kol="a", collaboration="a1", age=500),
        Met(kol="b", collaboration="b1", age=400),
        Met(kol="a", collaboration="a1", age=0, is_code=True),
        Met(kol="c", collaboration="c1", age=0, is_code=True),
    ]
    with paths([Journey(path=path)]) as connection:
        weigh(connection, removal_effects={})
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


def test_time_decay_halves_in_seven_days() -> None:
    path = [Met(kol="a", collaboration="a1", age=7 * 86400), Met(kol="b", collaboration="b1", age=0)]
    with paths([Journey(path=path)]) as connection:
        weigh(connection, removal_effects={})
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
