"""Parts of the shop as they are told, beside the slow truth."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from analytics.metrics import Dimension, Scope, metric_of
from analytics.queries.shop_facts import SOLD, ShopQuestion
from analytics.queries.shop_splits import shop_parts
from commerce.access import row_security
from commerce.models import Partner, Product
from tests.analytics.graphql_client import actor_of
from tests.oracle.shop_splits import Split

BASES = ("PLACED", "PAID", "NET")
Numbers = dict[str, Any]


def within(starts_on: date, ends_on: date, zone: str) -> Callable[[datetime], bool]:
    """Whether a moment is on one of the days [starts_on, ends_on) of a zone."""
    clock = ZoneInfo(zone)
    return lambda at: starts_on <= at.astimezone(clock).date() < ends_on


def told_parts(asked: ShopQuestion, by: Dimension, *, of: Partner) -> dict[str, Numbers]:
    """Every part with all its numbers; products by the names their source calls them."""
    actor = actor_of(of)
    names = {str(row.pk): row.external_id for row in Product.objects.using("worker").filter(partner=of)}
    with row_security(actor):
        rows = shop_parts(
            asked,
            by=by,
            metric=metric_of(Scope.SHOP, "sales"),
            is_descending=True,
            after=None,
            limit=1000,
            actor=actor,
        )
        return {
            names.get(row.part, row.part): {metric.key: row.numbers.stored[metric.key] for metric in SOLD}
            for row in rows
        }


def different(
    truth: Split, asked: ShopQuestion, by: Dimension, *, of: Partner, without: frozenset[str] = frozenset()
) -> list[str]:
    """Numbers of parts that are not the truth's; those `without` are not looked at."""
    inside = within(asked.starts_on, asked.ends_on, asked.timezone or of.timezone)
    currency = asked.currency or of.currency
    true = truth.parts(by.value, inside, basis=asked.basis, currency=currency)
    told = told_parts(asked, by, of=of)
    found = []
    for name in sorted({*true, *told}):
        wanted = true[name].numbers(basis=asked.basis) if name in true else {}
        for key, value in told.get(name, dict.fromkeys(wanted, 0)).items():
            if key not in without and value != wanted.get(key, 0):
                found.append(f"{by.value} {name!r} {asked.basis} {key}: {value}, truth {wanted.get(key, 0)}")
    return found
