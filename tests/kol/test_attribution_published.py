"""The eight models over published journeys: the known values of four channels, the definitions for all."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pytest

from kol.attribution import channel_report, count_transitions, fit_markov, removal_effects, weigh
from tests.kol.journeys import journeys
from tests.kol.paths import FIT, MONTH, PARTNER, Journey, named, paths
from tests.oracle import attribution as oracle
from tests.oracle.attribution import MODELS, Met

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
