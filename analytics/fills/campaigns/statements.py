"""The statements that fill rollups of campaigns; composed once a process."""

from functools import cache
from typing import Final

from psycopg import sql

from analytics.fills.composing import compose, listed, raw, updates
from analytics.fills.statements import is_first
from analytics.metrics import BASES, BY_BASIS, Fact, Scope, stored
from analytics.models.campaigns import LEAST_ORDERS
from analytics.models.credits import MODELS

# Of a credit's rows of one order line: what was sold, what is left of it, what came back.
_CREDITED: Final = {
    "sale": "sum(c.{0}_amount) FILTER (WHERE c.kind = 'SALE')",
    "net": "sum(c.{0}_amount)",
    "refunded": "-sum(c.{0}_amount) FILTER (WHERE c.kind = 'REFUND')",
}
_COST: Final = "CASE WHEN c.amount <> 0 THEN k.cost * c.{0}_net / c.amount ELSE k.cost * s.{0}_weight END"
_VALUES: Final = {
    "placed": ("o.placed", "true"),
    "paid": ("o.paid", "o.is_paid"),
    "net": ("o.net", "o.is_paid"),
}


def _identity(*more: str) -> sql.Composable:
    """The id of a row about a subject: of what its key is. An influencer is a subject of several partners."""
    parts = ("%(partner)s::text", "s.kind", "s.subject_id::text", "s.agency_id::text", "x.date::text", *more)
    return raw(f"md5(concat_ws('|', {', '.join(parts)}))::uuid")


def _columns(*facts: Fact) -> dict[str, str]:
    """Column to aggregate, of what these facts store of campaigns."""
    return {
        metric.column(basis): metric.aggregate(basis)
        for fact in facts
        for metric in stored(Scope.CAMPAIGN, fact)
        for basis in (BASES if fact in BY_BASIS else ("",))
    }


def _named(columns: dict[str, str]) -> sql.Composable:
    return listed(f"{expression} AS {name}" for name, expression in columns.items())


@cache
def reach() -> sql.Composed:
    """Who was reached, what was shown and clicked."""
    minutes, links = _columns(Fact.MINUTES), _columns(Fact.LINKS)
    return compose(
        "campaigns/reach.sql",
        minutes=_named(minutes),
        links=_named(links),
        identity=_identity(),
        columns=listed([*minutes, *links]),
        values=listed(
            [*(f"COALESCE(t.{name}, 0)" for name in minutes), *(f"COALESCE(f.{name}, 0)" for name in links)]
        ),
        updates=updates([*minutes, *links]),
    )


@cache
def overlap() -> sql.Composed:
    """Who saw two KOLs of a campaign."""
    return compose("campaigns/overlap.sql")


@cache
def credits() -> sql.Composed:
    """What models credit."""
    columns = _columns(Fact.CREDITS, Fact.MARGINS)
    spread = _spread()
    names = [f"{model}_{name}" for model in MODELS for name in _CREDITED]
    return compose(
        "campaigns/credits.sql",
        weights=listed(f"sum(s.{model}_weight) AS {model}_weight" for model in MODELS),
        is_first_placed=raw(is_first("true")),
        is_first_paid=raw(is_first("{}.paid_at IS NOT NULL")),
        credited=listed(
            f"{expression.format(model)} AS {model}_{name}"
            for model in MODELS
            for name, expression in _CREDITED.items()
        ),
        ordered=listed(
            [
                *(f"sum(c.{name}) AS {name}" for name in names),
                *(f"round(sum({_COST.format(model)}), 4) AS {model}_cost" for model in MODELS),
            ]
        ),
        by_model=listed(
            f"('{model.upper()}', s.{model}_weight, c.{model}_sale, c.{model}_net, c.{model}_refunded, "
            f"c.{model}_cost)"
            for model in MODELS
        ),
        spread=_named(spread),
        aggregates=_named(columns),
        spread_columns=listed(spread),
        columns=listed(columns),
        identity=_identity("x.currency", "x.model"),
        updates=updates([*spread, *columns]),
    )


def _spread() -> dict[str, str]:
    """Of each basis the squares of orders' values, and the values where they are few."""
    told: dict[str, str] = {}
    for basis, (value, counts) in _VALUES.items():
        told[f"squares_{basis}"] = f"COALESCE(sum({value} * {value}) FILTER (WHERE {counts}), 0)"
        told[f"values_{basis}"] = (
            f"CASE WHEN count(*) FILTER (WHERE {counts}) < {LEAST_ORDERS} THEN COALESCE(array_agg("
            f"COALESCE({value}, 0) ORDER BY {value}, o.order_id) FILTER (WHERE {counts}), '{{}}') END"
        )
    return told


@cache
def money() -> sql.Composed:
    """What was spent, and what people bought who met the KOL."""
    columns = _columns(Fact.MET, Fact.IDENTITY)
    return compose(
        "campaigns/money.sql",
        aggregates=_named(columns),
        columns=listed(columns),
        values=listed(f"COALESCE(t.{name}, 0)" for name in columns),
        identity=_identity("x.currency"),
        updates=updates(columns),
    )
