"""What influencers reached, sold and cost: the truth's, of every subject, model, basis and currency."""

import random
from datetime import date, timedelta
from typing import Any

import pytest

from analytics.metrics import BASES
from analytics.models import SubjectKind
from analytics.queries.campaigns import CampaignNumbers, campaign_days, campaign_numbers
from analytics.queries.subjects import Period, Subject
from commerce.access import Actor, row_security
from commerce.models import Partner
from tests.kol.worlds import Scene, fill
from tests.oracle.campaigns import MODELS

DAYS = [date(2026, 4, 30) + timedelta(days=n) for n in range(7)]


def actor(partner: Partner) -> Actor:
    return Actor(name="a partner", partner_ids=(partner.id,), scopes=frozenset({"read"}))


def subjects(scene: Scene) -> list[Subject]:
    """All there are, those of agencies too, which are asked for apart."""
    facts, partner = scene.facts, scene.partner.id
    found = [Subject(SubjectKind.CAMPAIGN, campaign, partner) for campaign in scene.campaigns]
    found += [Subject(SubjectKind.COLLABORATION, one.id, partner) for one in facts.collaborations]
    found += [Subject(SubjectKind.KOL, kol, partner) for kol in sorted({c.kol for c in facts.collaborations})]
    for agency in scene.agencies:
        found += [Subject(SubjectKind.CAMPAIGN, campaign, partner, agency) for campaign in scene.campaigns]
        kols = sorted({one.kol for one in facts.collaborations})
        found += [Subject(SubjectKind.KOL, kol, partner, agency) for kol in kols]
    return found


def truth(
    scene: Scene, of: Subject, days: set[date] | None, model: str, basis: str, currency: str
) -> dict[str, Any]:
    facts = scene.facts
    own = facts.of(of.kind.value, of.id, of.agency_id)
    return {
        **facts.people(own, days),
        **facts.counts(own, days),
        **facts.credits(own, days, model=model, basis=basis, currency=currency),
        **facts.money(of.kind.value, of.id, of.agency_id, days, basis=basis, currency=currency),
    }


def differences(told: CampaignNumbers, expected: dict[str, Any]) -> list[str]:
    values = sorted(told.values) if told.values is not None else None
    few = expected.pop("values")
    served = {key: told.stored[key] for key in expected if key != "squares"} | {"squares": told.squares}
    found = [f"{key}: {served[key]} for {value}" for key, value in expected.items() if served[key] != value]
    if values != (few if len(few) < 30 else None):
        found.append(f"values: {values} for {few}")
    return found


def read(scene: Scene, asked: list[Subject], **given: Any) -> dict[Subject, CampaignNumbers]:
    who = actor(scene.partner)
    with row_security(who):
        told = campaign_numbers(asked, actor=who, **given)
        for numbers in told.values():
            assert numbers.stored["reach_fair"] >= 0  # Read while the database lets it be read.
    return told


@pytest.mark.parametrize("seed", range(8))
def test_every_number_of_every_subject_is_the_truths(make_partner: Any, seed: int) -> None:
    scene = Scene(make_partner(timezone=["Asia/Singapore", "America/New_York"][seed % 2]), seed)
    fill(scene.partner)
    rng = random.Random(seed)
    for of_agency in (None, *scene.agencies):
        asked = [of for of in subjects(scene) if of.agency_id == of_agency]
        for model, basis in zip(rng.sample(MODELS, 3), BASES, strict=True):
            for currency in ("SGD", "USD"):
                given = {"model": model, "basis": basis, "currency": currency}
                told = read(scene, asked, **given)
                found = [(of, differences(told[of], truth(scene, of, None, **given))) for of in asked]
                assert [one for one in found if one[1]] == []


def test_influencers_of_two_partners_have_their_numbers_with_each(make_partner: Any) -> None:
    first = Scene(make_partner(), 3)
    second = Scene(make_partner(), 3, kols=first.kols)
    for scene in (first, second):
        fill(scene.partner)
    given = {"model": "LAST", "basis": "NET", "currency": "SGD"}
    for scene in (first, second):
        asked = [of for of in subjects(scene) if of.agency_id is None]
        assert {of.id for of in asked if of.kind is SubjectKind.KOL} <= set(first.kols)
        told = read(scene, asked, **given)
        found = [(of, differences(told[of], truth(scene, of, None, **given))) for of in asked]
        assert [one for one in found if one[1]] == []


@pytest.mark.parametrize("seed", range(8))
def test_people_of_a_period_are_counted_once(make_partner: Any, seed: int) -> None:
    scene = Scene(make_partner(timezone="America/New_York"), seed + 50)
    fill(scene.partner)
    for first, last in ((0, 2), (1, 4), (2, 6), (0, 6)):
        days = set(DAYS[first:last])
        period = Period(DAYS[first], DAYS[last])
        given = {"model": "LAST", "basis": BASES[first], "currency": "SGD"}
        asked = [of for of in subjects(scene) if of.agency_id is None]
        told = read(scene, asked, period=period, **given)
        found = [(of, differences(told[of], truth(scene, of, days, **given))) for of in asked]
        assert [one for one in found if one[1]] == []


@pytest.mark.parametrize("seed", range(4))
def test_each_day_has_its_own_numbers(make_partner: Any, seed: int) -> None:
    scene = Scene(make_partner(timezone="Asia/Singapore"), seed + 80)
    fill(scene.partner)
    who, asked = actor(scene.partner), [of for of in subjects(scene) if of.agency_id is None]
    given = {"model": "SHAPLEY", "basis": "NET", "currency": "SGD"}
    with row_security(who):
        told = campaign_days(asked, actor=who, period=Period(DAYS[0], DAYS[-1]), limit=100, **given)
    for of in asked:
        assert [day.date for day in told[of]] == DAYS[:-1]
        for day in told[of]:
            assert differences(day.numbers, truth(scene, of, {day.date}, **given)) == []
