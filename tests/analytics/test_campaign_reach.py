"""A campaign's influencers beside each other: intervals, models, served as recomputed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from analytics.metrics import Reason, Scope, metric_of
from analytics.models import CampaignCredit, CampaignMoney, CampaignRollup, SubjectKind
from analytics.queries.campaigns import CampaignNumbers, campaign_numbers
from analytics.queries.intervals import sales_interval
from analytics.queries.reach import model_sales
from analytics.queries.readings import reading
from analytics.queries.subjects import Period, Subject
from commerce.access import row_security
from commerce.models import Partner
from kol.models import AgencyGrant
from tests.analytics.test_campaign_numbers import actor
from tests.kol.worlds import NOW, Scene, fill


def subject(values: list[str], squares: str = "0") -> CampaignNumbers:
    numbers, one = [Decimal(value) for value in values], UUID(int=1)
    return CampaignNumbers(
        stored={"sales": sum(numbers, Decimal(0)), "orders": len(numbers)}, basis="NET",
        currency="SGD", other_currencies=[],
        computed_at=None, is_fresh=True, subject=Subject(SubjectKind.CAMPAIGN, one, one), model="LAST",
        squares=Decimal(squares), values=tuple(numbers) if len(numbers) < 30 else None,
    )  # fmt: skip


def test_many_orders_have_the_interval_of_the_root_of_their_squares() -> None:
    told = sales_interval(subject(["10"] * 36, squares="3600"))
    assert (told.low, told.high) == (Decimal("242.4022"), Decimal("477.5978"))
    assert not told.is_low_data


def test_few_orders_are_drawn_from_and_the_same_each_time() -> None:
    one = subject(["5", "40", "7.5"])
    told = sales_interval(one)
    assert told.is_low_data
    assert told == sales_interval(one)
    sums = {sum(draw) for draw in _draws([Decimal(5), Decimal(40), Decimal("7.5")])}
    assert {told.low, told.high} <= sums
    assert told.low is not None
    assert told.high is not None
    assert told.low < Decimal("52.5") < told.high


def _draws(values: list[Decimal]) -> list[tuple[Decimal, ...]]:
    return [(a, b, c) for a in values for b in values for c in values]


def test_one_order_is_all_there_is_to_draw_from() -> None:
    told = sales_interval(subject(["5"]))
    assert (told.low, told.high, told.is_low_data) == (Decimal(5), Decimal(5), True)


def test_each_model_and_nobody_share_the_same_sales(partner: Partner) -> None:
    scene = Scene(partner, 3)
    fill(partner)
    who, campaign = actor(partner), scene.campaigns[0]
    own = [Subject(SubjectKind.COLLABORATION, one.id, partner.id)
           for one in scene.facts.collaborations if one.campaign == campaign]  # fmt: skip
    whole = Subject(SubjectKind.CAMPAIGN, campaign, partner.id)
    for period in (None, Period(NOW.date() - timedelta(days=90), NOW.date() - timedelta(days=2))):
        asked: dict[str, Any] = {"actor": who, "basis": "NET", "period": period}
        with row_security(who):
            told = model_sales(whole, [one.id for one in own], **asked)
            met = campaign_numbers([whole], model="LAST", **asked)[whole].stored["influenced_sales"]
            each = {model: campaign_numbers(own, model=model, **asked) for model in told}
        assert met != 0
        assert {sum(one.sales.values(), one.rest) for one in told.values()} == {met}
        assert {model: one.sales for model, one in told.items()} == {
            model: {one.id: numbers.stored["sales"] for one, numbers in found.items()}
            for model, found in each.items()
        }
        assert len(told) == 8


def test_what_is_taken_away_leaves_no_numbers_and_the_rest_is_the_same(partner: Partner) -> None:
    scene = Scene(partner, 7)
    fill(partner)
    before = _cells(partner)
    fill(partner, campaigns=[scene.campaigns[0]])
    assert _cells(partner) == before
    AgencyGrant.objects.using("worker").filter(partner=partner).update(revoked_at=NOW)
    fill(partner, campaigns=[])
    assert not any(key[3] for key in _cells(partner))
    assert {key: row for key, row in before.items() if not key[3]} == _cells(partner)
    stray = CampaignRollup.objects.using("worker").filter(partner=partner, date=None).first()
    assert stray is not None
    CampaignRollup.objects.using("worker").filter(pk=stray.pk).update(subject_id=NOWHERE)
    fill(partner)
    assert {key: row for key, row in before.items() if not key[3]} == _cells(partner)


NOWHERE = UUID(int=0)


def _cells(partner: Partner) -> dict[tuple[Any, ...], dict[str, Any]]:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for model in (CampaignRollup, CampaignCredit, CampaignMoney):
        for row in model.objects.using("worker").filter(partner=partner).values():
            key = (model.__name__, row["kind"], row["subject_id"], row["agency_id"], row["id"])
            found[key] = dict(row)
    return found


def test_returns_say_why_they_are_not_known(partner: Partner) -> None:
    scene = Scene(partner, 2)
    fill(partner)
    who, whole = actor(partner), Subject(SubjectKind.CAMPAIGN, scene.campaigns[0], partner.id)
    with row_security(who):
        numbers = campaign_numbers([whole], actor=who, model="LAST", basis="NET")[whole]
        numbers.stored.update(
            cost=Decimal(50), profit=Decimal(25), order_lines=3, costed_order_lines=3, clicks=99
        )
        assert reading(metric_of(Scope.CAMPAIGN, "roi"), numbers).value == Decimal("0.5")
        numbers.stored["costed_order_lines"] = 2
        assert reading(metric_of(Scope.CAMPAIGN, "roi"), numbers).reason is Reason.MISSING_COSTS
        assert reading(metric_of(Scope.CAMPAIGN, "epc"), numbers).reason is Reason.TOO_FEW_CLICKS
        assert reading(metric_of(Scope.CAMPAIGN, "emv"), numbers).reason is Reason.NOT_YET
        assert reading(metric_of(Scope.CAMPAIGN, "incremental_roas"), numbers).reason is Reason.NOT_YET
