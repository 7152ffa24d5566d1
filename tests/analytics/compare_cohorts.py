"""Cohorts as they are told beside the slow truth."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from analytics.models.cohorts import CohortDimension, CohortGrain
from analytics.queries.cohorts import Bought, CohortTable, cohort_table
from commerce.access import row_security
from commerce.models import Partner
from tests.analytics.graphql_client import actor_of
from tests.oracle.cohorts import LifeTruth, Sums, cohorts, everybody
from tests.oracle.orders import OrderTruth

BASES = ("PLACED", "PAID", "NET")


def asked(
    partner: Partner,
    *,
    starts: tuple[date, date],
    until: datetime,
    by: CohortGrain = CohortGrain.MONTH,
    basis: str = "PAID",
    split: CohortDimension = CohortDimension.ALL,
    currency: str | None = None,
) -> CohortTable:
    """The cohorts of a partner that begin in [first, last), as its own people are told."""
    actor = actor_of(partner)
    with row_security(actor):
        return cohort_table(
            actor=actor,
            partner_id=partner.id,
            by=by,
            starts_on=starts[0],
            ends_on=starts[1],
            observed_until=until,
            basis=basis,
            split=split,
            currency=currency,
        )


def of_basis(sums: Sums, basis: str) -> Bought:
    """What the truth added up, as it is told."""
    sales = {"PLACED": sums.placed, "PAID": sums.paid, "NET": sums.net}
    return Bought(
        orders=sums.placed_orders if basis == "PLACED" else sums.paid_orders,
        sales=sales[basis],
        paid_orders=sums.paid_orders,
        uncosted_orders=sums.uncosted,
        net_sales=sums.net,
        costs=sums.costs,
    )


def different(
    lives: list[LifeTruth],
    partner: Partner,
    *,
    starts: tuple[date, date],
    until: datetime,
    by: CohortGrain = CohortGrain.MONTH,
    basis: str = "PAID",
    split: CohortDimension = CohortDimension.ALL,
    currency: str | None = None,
    won_by: Callable[[OrderTruth], str] = everybody,
    names: Mapping[str, str] | None = None,
) -> list[str]:
    """What is told otherwise than it is true; `names` are of parts, by what they are told as."""
    told = asked(partner, starts=starts, until=until, by=by, basis=basis, split=split, currency=currency)
    true = cohorts(
        lives,
        timezone=partner.timezone,
        by=by.value,
        starts=starts,
        until=until,
        currency=told.currency,
        week_starts_on=partner.week_starts_on,
        won_by=won_by,
    )
    found = {}
    for one in told.cohorts:
        part = one.part or ""
        found[one.starts_on, (names or {}).get(part, part)] = one
    wrong = [f"{key}: {(key in found and 'told') or 'true'} alone" for key in found.keys() ^ true.keys()]
    for key in found.keys() & true.keys():
        one, truth = found[key], true[key]
        cells: dict[str, tuple[object, object]] = {"size": (one.size, truth.size)}
        width = {cell.starts_on for cell in one.periods}
        if missing := [start for start in truth.bought if start not in width]:
            cells["periods"] = (sorted(width), missing)
        for cell in one.periods:
            name = f"{by} {cell.starts_on}"
            cells[f"{name} active"] = (cell.active, truth.active[cell.starts_on])
            cells[name] = (cell.bought, of_basis(truth.bought[cell.starts_on], basis))
        for ltv in one.ltv:
            cells[f"{ltv.days} days, customers"] = (ltv.customers, truth.mature[ltv.days])
            cells[f"{ltv.days} days"] = (ltv.bought, of_basis(truth.within[ltv.days], basis))
        wrong += [f"{key} {name}: told {a}, true {b}" for name, (a, b) in cells.items() if a != b]
    if (told.size, sum(one.size for one in told.cohorts)) != (sum(one.size for one in true.values()),) * 2:
        wrong.append(f"size: told {told.size}")
    for place, ltv in enumerate(told.ltv):
        together = sum((one.ltv[place].bought.sales for one in told.cohorts), Decimal(0))
        if ltv.bought.sales != together:
            wrong.append(f"{ltv.days} days of all: told {ltv.bought.sales}, added up {together}")
    return wrong
