"""The numbers of campaigns, collaborations and influencers, of a whole page by one statement."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Final

from analytics.metrics import (
    CAMPAIGN_METRICS,
    Additivity,
    Apart,
    Fact,
    Metric,
    Scope,
    Unit,
    metric_of,
    stored,
)
from analytics.queries.campaign_later import CampaignStored, Later
from analytics.queries.sessions import Numbers
from analytics.queries.statements import composed, fetch, listed, raw
from analytics.queries.subjects import Period, Subject, may_see
from commerce.access import Actor

UNSTORED: Final = {metric.key for metric in CAMPAIGN_METRICS if metric.apart is Apart.PEOPLE}
ROLLED: Final = [m for fact in (Fact.REACH, Fact.MINUTES, Fact.LINKS) for m in stored(Scope.CAMPAIGN, fact)]
CREDITED: Final = [m for fact in (Fact.CREDITS, Fact.MARGINS) for m in stored(Scope.CAMPAIGN, fact)]
SPENT: Final = [m for fact in (Fact.MET, Fact.IDENTITY, Fact.LEDGER) for m in stored(Scope.CAMPAIGN, fact)]
NAMED: Final = [metric for metric in CAMPAIGN_METRICS if metric.same_as]
SUMS: Final = [metric for metric in CAMPAIGN_METRICS if metric.sum_of]
BUYERS: Final = metric_of(Scope.CAMPAIGN, "buyers")
FAIR: Final = metric_of(Scope.CAMPAIGN, "reach_fair")
ORDERS: Final = metric_of(Scope.CAMPAIGN, "orders")

# The columns of the statement: these, sums over days, these, sums over days by basis.
OF_SUBJECT: Final = ("n", "currency", "computed_at", "is_fresh", "currencies", "date", "parts", "before")
OF_CREDITS: Final = ("buyers_before", "squares", "values")
CREDITS_AT: Final = len(OF_SUBJECT) + len(ROLLED)

# Uses campaignrollup_partner_subject, campaigncredit_partner_subject, campaignmoney_partner_subject.
STATEMENT: Final = """
SELECT s.n, s.currency, w.computed_at, NOT EXISTS (
        SELECT 1 FROM commerce_stale x
        WHERE x.partner_id = s.partner_id AND x.kind IN ('CAMPAIGN', 'ORDER', 'SESSION')
    ), ARRAY(
        SELECT DISTINCT c.currency::text FROM analytics_campaignmoney c
        WHERE c.partner_id = s.partner_id AND c.kind = s.kind AND c.subject_id = s.subject_id
            AND c.date IS NULL AND {agency_c} ORDER BY 1
    ), {day}, r.*, o.*, f.*
FROM (
    SELECT u.*, COALESCE(%(currency)s, g.currency, p.currency) AS currency
    FROM unnest(%(of)s::uuid[], %(kinds)s::text[], %(subjects)s::uuid[], %(of_agencies)s::uuid[])
        WITH ORDINALITY AS u (partner_id, kind, subject_id, agency_id, n)
    JOIN commerce_partner p ON p.id = u.partner_id
    LEFT JOIN kol_collaboration k ON k.partner_id = u.partner_id AND k.id = u.subject_id
    LEFT JOIN kol_campaign g ON g.partner_id = u.partner_id AND g.id = COALESCE(k.campaign_id, u.subject_id)
) s
LEFT JOIN analytics_campaignrollup w ON w.partner_id = s.partner_id AND w.kind = s.kind
    AND w.subject_id = s.subject_id AND w.date IS NULL AND {agency_w}
{days}
LEFT JOIN LATERAL (
    SELECT jsonb_agg(x.reach_parts), jsonb_agg(x.people_before), {rolled}
    FROM analytics_campaignrollup x
    WHERE x.partner_id = s.partner_id AND x.kind = s.kind AND x.subject_id = s.subject_id
        AND {agency} AND {within}
) r ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(x.people_before), sum(x.{squares}),
        CASE WHEN bool_and(x.{values} IS NOT NULL) THEN string_agg(array_to_string(x.{values}, ','), ',') END,
        {credited}
    FROM analytics_campaigncredit x
    WHERE x.partner_id = s.partner_id AND x.kind = s.kind AND x.subject_id = s.subject_id
        AND {agency} AND {within} AND x.currency = s.currency AND x.model = %(model)s
) o ON true
LEFT JOIN LATERAL (
    SELECT {spent}
    FROM analytics_campaignmoney x
    WHERE x.partner_id = s.partner_id AND x.kind = s.kind AND x.subject_id = s.subject_id
        AND {agency} AND {within} AND x.currency = s.currency
) f ON true
ORDER BY 1, {day}
"""
DAYS: Final = """
CROSS JOIN LATERAL (
    SELECT day::date AS date
    FROM generate_series(%(from)s::date::timestamp, %(to)s::date - interval '1 day', '1 day') AS day
    ORDER BY 1 LIMIT %(limit)s
) d
"""
WITHIN: Final = "x.date >= %(from)s AND x.date < %(to)s"


@dataclass(frozen=True, kw_only=True)
class CampaignNumbers(Numbers):
    """Numbers of one subject by a model; `values`: of single orders, if they are few."""

    subject: Subject
    model: str
    squares: Decimal = Decimal(0)
    values: tuple[Decimal, ...] | None = ()


@dataclass(frozen=True, kw_only=True)
class Day:
    """A subject's numbers of a day of the partner's calendar."""

    date: date
    numbers: CampaignNumbers


def campaign_numbers(
    subjects: Sequence[Subject],
    *,
    actor: Actor,
    model: str,
    basis: str,
    currency: str | None = None,
    period: Period | None = None,
) -> dict[Subject, CampaignNumbers]:
    """Numbers by subject, of those the actor may see; of all time, or of a period."""
    asked = [subject for subject in subjects if may_see(actor, subject)]
    by_day = _read(asked, actor=actor, model=model, basis=basis, currency=currency, period=period)
    return {subject: numbers for subject, _, numbers in by_day}


def campaign_days(
    subjects: Sequence[Subject],
    *,
    actor: Actor,
    model: str,
    basis: str,
    period: Period,
    limit: int,
    currency: str | None = None,
) -> dict[Subject, list[Day]]:
    """The first `limit` days of a period by subject, also those without anything."""
    asked = [subject for subject in subjects if may_see(actor, subject)]
    told: dict[Subject, list[Day]] = {subject: [] for subject in asked}
    for subject, day, numbers in _read(
        asked, actor=actor, model=model, basis=basis, currency=currency, period=period, limit=limit
    ):
        assert day is not None
        told[subject].append(Day(date=day, numbers=numbers))
    return told


@cache
def _statement(basis: str, *, has_period: bool, is_daily: bool, has_agency: bool) -> str:
    agency = "{}.agency_id = s.agency_id" if has_agency else "{}.agency_id IS NULL"
    within = "x.date = d.date" if is_daily else WITHIN if has_period else "x.date IS NULL"
    return composed(
        STATEMENT,
        day=raw("d.date" if is_daily else "NULL::date"),
        days=raw(DAYS if is_daily else ""),
        within=raw(within),
        agency=raw(agency.format("x")),
        agency_c=raw(agency.format("c")),
        agency_w=raw(agency.format("w")),
        squares=raw(f"squares_{basis.lower()}"),
        values=raw(f"values_{basis.lower()}"),
        rolled=listed(_summed(metric, "") for metric in ROLLED),
        credited=listed(_summed(metric, of_basis) for metric, of_basis in _by_basis(basis)),
        spent=listed(_summed(metric, basis) for metric in SPENT),
    )


def _by_basis(basis: str) -> list[tuple[Metric, str]]:
    """What is credited by the basis asked for, and what is of one basis whatever is asked for."""
    fixed = [(metric_of(Scope.CAMPAIGN, metric.same_as), metric.of_basis) for metric in NAMED]
    return [*((metric, basis) for metric in CREDITED), *((m, b) for m, b in fixed if b != basis)]


@cache
def _places(basis: str) -> dict[str, int]:
    """Where in a row of the statement each number is, by key."""
    rolled, spent = [metric.column("") for metric in ROLLED], [metric.column(basis) for metric in SPENT]
    credited = [metric.column(of_basis) for metric, of_basis in _by_basis(basis)]
    columns = [*OF_SUBJECT, *rolled, *OF_CREDITS, *credited, *spent]
    told = {metric.key: metric.column(basis) for metric in (*ROLLED, *CREDITED, *SPENT)}
    told |= {m.key: metric_of(Scope.CAMPAIGN, m.same_as).column(m.of_basis) for m in NAMED}
    return {key: columns.index(column) for key, column in told.items()}


def _summed(metric: Metric, basis: str) -> str:
    exact = metric.unit in (Unit.MONEY, Unit.SHARES)
    return f"COALESCE(sum(x.{metric.column(basis)}), 0)" + ("" if exact else "::bigint")


def _read(
    subjects: Sequence[Subject],
    *,
    actor: Actor,
    model: str,
    basis: str,
    currency: str | None,
    period: Period | None,
    limit: int | None = None,
) -> list[tuple[Subject, date | None, CampaignNumbers]]:
    """Numbers of subjects, by day where there is a limit of days."""
    if not subjects:
        return []
    agencies = {subject.agency_id is not None for subject in subjects}
    if len(agencies) > 1:
        raise ValueError("Ask for what an agency sees apart from what a partner sees.")
    statement = _statement(
        basis, has_period=period is not None, is_daily=limit is not None, has_agency=agencies.pop()
    )
    values = {
        "of": [subject.partner_id for subject in subjects],
        "kinds": [subject.kind.value for subject in subjects],
        "subjects": [subject.id for subject in subjects],
        "of_agencies": [subject.agency_id for subject in subjects],
        "currency": currency,
        "model": model,
        "from": period and period.starts_on,
        "to": period and period.ends_on,
        "limit": limit,
    }
    later = Later(subjects, actor=actor, period=None if limit else period)
    places, found = _places(basis), []
    for row in fetch(statement, values, actor=actor):
        number, own, computed_at, is_fresh, currencies, day, *of_people = row[: len(OF_SUBJECT)]
        of_buyers, squares, spread = row[CREDITS_AT : CREDITS_AT + len(OF_CREDITS)]
        parts, before, buyers = (json.loads(told or "[]") for told in (*of_people, of_buyers))
        subject = subjects[number - 1]
        told = {key: row[place] for key, place in places.items()}
        if limit is None and period is not None:
            told |= _people(before, period.starts_on) | _buyers(buyers, period.starts_on, basis)
            told = {key: value for key, value in told.items() if key not in UNSTORED}
        else:
            told[FAIR.key] = _fair(parts)
        last_day = day if period is None or limit else period.ends_on - timedelta(days=1)
        stored = CampaignStored(told, subject=subject, currency=own, later=later, last_day=last_day)
        for metric in SUMS:
            stored[metric.key] = sum(
                (-stored[key[1:]] if key.startswith("-") else stored[key] for key in metric.sum_of), 0
            )
        found.append((subject, day, CampaignNumbers(
            stored=stored, basis=basis, currency=own,
            other_currencies=[other for other in currencies if other != own],
            computed_at=computed_at, is_fresh=is_fresh, subject=subject, model=model,
            squares=squares or Decimal(0),
            values=_values(spread, has_any=bool(buyers)),
        )))  # fmt: skip
    return found


def _fair(parts: Sequence[Mapping[str, int]]) -> Fraction:
    return sum((Fraction(own, int(kols)) for part in parts for kols, own in part.items()), Fraction(0))


def _people(days: Sequence[Mapping[str, Mapping[str, int]]], starts_on: date) -> dict[str, int]:
    """Distinct people of several days: those of each day who were on none of them before."""
    told = {metric.key: 0 for metric in ROLLED if metric.additivity is Additivity.DISTINCT}
    for day in days:
        for key, before in day.items():
            told[key] += _new(before, starts_on)
    return told


def _new(before: Mapping[str, int], starts_on: date) -> int:
    return sum(people for day, people in before.items() if day < starts_on.isoformat())


def _buyers(days: Sequence[Mapping[str, Mapping[str, int]]], starts_on: date, basis: str) -> dict[str, int]:
    key = "PLACED" if basis == "PLACED" else "PAID"
    return {BUYERS.key: sum(_new(day.get(key, {}), starts_on) for day in days)}


def _values(spread: str | None, *, has_any: bool) -> tuple[Decimal, ...] | None:
    """What single orders are credited with; None where they are many."""
    if spread is None:
        return None if has_any else ()
    return tuple(Decimal(value) for value in spread.split(",") if value)
