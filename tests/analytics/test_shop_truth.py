"""The numbers of random shops are the slow truth's, day by day and over all of them, in every basis."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db.models import Sum

from analytics.metrics import BASES, Scope, Unit, metric_of
from analytics.models import ShopPeriod, ShopProduct
from analytics.recompute import check
from commerce.models import Partner
from tests.analytics.compare import world
from tests.analytics.graphql_client import ASKED_AT, ask
from tests.analytics.shop_weeks import days_around, shop_scene
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, fill
from tests.oracle.shop import ShopTruth
from tests.test_oracle.scene import Raw

CHANGES = (
    ("Europe/London", "GBP", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("America/New_York", "USD", datetime(2025, 11, 2, 6, tzinfo=UTC)),
    ("Asia/Kathmandu", "NPR", datetime(2026, 2, 9, 18, 15, tzinfo=UTC)),
)


def camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(part.capitalize() for part in rest)


def field(key: str) -> str:
    metric = metric_of(Scope.SHOP, key)
    covered = "{ value { amount } reason }"
    plain = "{ amount }" if metric.unit is Unit.MONEY else ""
    return camel(key) + (covered if metric.complete_when else plain)


def shown(key: str, value: Any) -> Any:
    """What the API told, in the truth's own types."""
    metric = metric_of(Scope.SHOP, key)
    if metric.complete_when:
        return None if value["value"] is None else Decimal(value["value"]["amount"])
    if metric.unit is Unit.MONEY:
        return Decimal(value["amount"])
    return Decimal(value) if metric.unit is Unit.DAYS else int(value)


def wanted(truth: ShopTruth, start: date, end: date, basis: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        **truth.traffic(start, end, basis=basis),
        **truth.goods(start, end),
        **truth.spend(start, end),
        **truth.rhythm(start, end, basis=basis, now=ASKED_AT),
        **truth.churn(start, end, now=ASKED_AT),
        **truth.won(start, end, now=ASKED_AT),
    }
    return {key: six(value) if isinstance(value, Fraction) else value for key, value in told.items()}


def six(value: Fraction) -> Decimal:
    return Decimal(round(value * 1_000_000)).scaleb(-6)


def differences(
    partner: Partner, truth: ShopTruth, days: list[date], basis: str
) -> list[tuple[str, str, Any, Any]]:
    """(day or whole, number, told, true) wherever they differ."""
    keys = wanted(truth, days[0], days[0], basis)
    query = """query ($p: PeriodInput!, $b: SalesBasis!) {
      shop(period: $p, basis: $b) { isFresh KPIS days { date KPIS } }
    }"""
    query = query.replace("KPIS", "kpis { " + " ".join(map(field, keys)) + " }")
    period = {"from": days[0].isoformat(), "to": (days[-1] + timedelta(days=1)).isoformat()}
    answer = ask(query, of=partner, p=period, b=basis)["shop"]
    assert answer["isFresh"] is True
    found = []

    def compare(name: str, kpis: Mapping[str, Any], start: date, end: date) -> None:
        for key, true in wanted(truth, start, end, basis).items():
            got = shown(key, kpis[camel(key)])
            if got != true:
                found.append((name, key, got, true))

    compare("whole", answer["kpis"], days[0], days[-1] + timedelta(days=1))
    for row in answer["days"]:
        day = date.fromisoformat(row["date"])
        compare(row["date"], row["kpis"], day, day + timedelta(days=1))
    return found


def shop_of(make: PartnerFactory, seed: int) -> tuple[Partner, list[Raw], datetime]:
    zone, currency, change = CHANGES[seed % len(CHANGES)]
    partner = make(timezone=zone, currency=currency, inactivity_days=3)
    return partner, shop_scene(random.Random(seed), change=change, currency=currency), change


@pytest.mark.parametrize("seed", range(6))
def test_a_shop_filled_in_parts_is_the_truth_and_what_is_served_is_what_facts_say(
    make_partner: PartnerFactory, seed: int
) -> None:
    partner, events, change = shop_of(make_partner, seed)
    rng = random.Random(seed)
    rest = list(events)
    while rest:
        size = rng.randrange(1, 60)
        assert deliver(partner, rest[:size]).rejected == 0
        rest = rest[size:]
        fill(partner)
    truth = ShopTruth(events, world(events, partner), inactivity=3)
    for basis in BASES:
        assert differences(partner, truth, days_around(change), basis) == []
    assert check(partner_id=partner.id, now=NOW).differences == 0
    of_day = ("date", "currency")
    names = [f"{name}_{basis.lower()}" for name in ("sales", "items_sold") for basis in BASES]
    sums = {f"all_{name}": Sum(name) for name in names}
    whole = ShopPeriod.objects.using("worker").filter(partner=partner, grain="DAY")
    parts = ShopProduct.objects.using("worker").filter(partner=partner)
    assert list(whole.values(*of_day).annotate(**sums).order_by(*of_day)) == list(
        parts.values(*of_day).annotate(**sums).order_by(*of_day)
    )
