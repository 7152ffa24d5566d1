"""Spend and costs from tables: what is new, changed or known, all of it or nothing, and nothing twice."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from commerce import tables
from commerce.access import Actor, Forbidden
from commerce.connection import worker_connection
from commerce.models import Partner, Product, RecordEntry, Rejection, Spend
from tests.commerce.admin_pages import WORKER
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, event, fill, minute

SPENT = """from,to,amount,currency,channel,campaign,purpose
2026-05-01,2026-06-01,1200.50,SGD,TikTok ads,May launch,ACQUISITION
2026-05-31,2026-05-31,80,sgd,Search,,retention
"""
COSTS = "sku,cost,currency\nlip,4.25,SGD\nhat,9,SGD\n"


def actor(of: Partner) -> Actor:
    return Actor(name="test", partner_ids=(of.pk,), scopes=frozenset({"manage"}))


def take(
    of: Partner, table: tables.Table, text: str, *, preview: bool = False, later: int = 0
) -> tables.Outcome:
    rows = tables.read_csv(text, layout=table.layout)
    return tables.import_table(
        table, rows, partner_id=of.pk, actor=actor(of), preview=preview, now=NOW + timedelta(minutes=later)
    )


def counts(outcome: tables.Outcome) -> tuple[bool, int, int, int, int]:
    """(is done, new, changed, known, refused)."""
    return (outcome.is_done, *(outcome.count(status) for status in tables.Status))  # type: ignore[return-value]


def wrong(outcome: tables.Outcome) -> list[tuple[int, str, str]]:
    return [(one.row.line, column, rule) for one in outcome.rows for column, rule in one.errors]


def spend_of(partner: Partner) -> list[tuple[Any, ...]]:
    rows = Spend.objects.using(WORKER).filter(partner=partner)
    return sorted(
        rows.values_list("starts_on", "ends_on", "amount", "currency", "channel", "campaign", "purpose")
    )


def cost_of(partner: Partner) -> dict[tuple[str, str], tuple[Decimal | None, str | None]]:
    rows = Product.objects.using(WORKER).filter(partner=partner)
    return {(row.source, row.external_id): (row.cost, row.currency) for row in rows}


def logged(partner: Partner) -> int:
    row = (
        worker_connection()
        .execute("SELECT count(*) FROM commerce_event WHERE partner_id = %s", [partner.pk])
        .fetchone()
    )
    return 0 if row is None else int(row[0])


def stock(partner: Partner, *products: tuple[str, str, str | None]) -> None:
    """Products by source, SKU and price in SGD."""
    told = [
        event(
            "product_updated", minute(number), subject=None, source=source, item_id=sku,
            **({} if price is None else {"price": price, "currency": "SGD"}),
        )
        for number, (source, sku, price) in enumerate(products)
    ]  # fmt: skip
    assert deliver(partner, told).rejected == 0


MAY = [
    (date(2026, 5, 1), date(2026, 6, 1), Decimal("1200.5"), "SGD", "TikTok ads", "May launch", "ACQUISITION"),
    (date(2026, 5, 31), date(2026, 6, 1), Decimal(80), "SGD", "Search", "", "RETENTION"),
]

# -- spend ---------------------------------------------------------------------------------------


def test_a_preview_writes_nothing(partner: Partner) -> None:
    outcome = take(partner, tables.SPEND, SPENT, preview=True)
    assert counts(outcome) == (False, 2, 0, 0, 0)
    assert (spend_of(partner), logged(partner)) == ([], 0)
    assert RecordEntry.objects.using(WORKER).filter(partner=partner).count() == 0
    assert Rejection.objects.using(WORKER).filter(partner=partner).count() == 0


def test_spend_is_taken_in_once_however_often_the_table_comes(partner: Partner) -> None:
    assert counts(take(partner, tables.SPEND, SPENT)) == (True, 2, 0, 0, 0)
    assert spend_of(partner) == MAY
    # Later, with other columns first, other line ends, a day written as its span, and blank lines.
    head, _, second = SPENT.splitlines()
    moved = "\r\n".join(
        [
            "purpose;currency;amount;to;from;campaign;channel",
            "Retention;SGD;80.0000;2026-06-01;2026-05-31;;Search",
            ";;;;;;",
            "acquisition;SGD;1200.5;2026-06-01;2026-05-01;May launch;TikTok ads",
        ]
    )
    assert counts(take(partner, tables.SPEND, moved, later=9)) == (True, 0, 0, 2, 0)
    assert counts(take(partner, tables.SPEND, f"{head}\n{second}\n", later=10)) == (True, 0, 0, 1, 0)
    assert (spend_of(partner), logged(partner)) == (MAY, 2)
    (entry,) = RecordEntry.objects.using(WORKER).filter(partner=partner)
    assert (entry.who, entry.action, entry.details) == (
        "test", "import_spend", {"new": 2, "changed": 0, "known": 0, "refused": 0},
    )  # fmt: skip


def test_another_amount_for_the_same_days_and_channel_takes_the_place_of_the_first(partner: Partner) -> None:
    take(partner, tables.SPEND, SPENT)
    corrected = SPENT.replace("1200.50", "1150")
    outcome = take(partner, tables.SPEND, corrected, preview=True, later=1)
    assert [(one.status, one.before) for one in outcome.rows] == [
        (tables.Status.CHANGED, "1200.5"), (tables.Status.KNOWN, ""),
    ]  # fmt: skip
    assert spend_of(partner) == MAY
    assert counts(take(partner, tables.SPEND, corrected, later=2)) == (True, 0, 1, 1, 0)
    assert spend_of(partner) == [(*MAY[0][:2], Decimal(1150), *MAY[0][3:]), MAY[1]]
    # Nothing at all was spent: the row stays, and says so.
    assert counts(take(partner, tables.SPEND, SPENT.replace("1200.50", "0"), later=3)) == (True, 0, 1, 1, 0)
    assert sum(row[2] for row in spend_of(partner)) == 80


def test_what_differs_in_anything_but_the_amount_is_spent_beside_it(partner: Partner) -> None:
    take(partner, tables.SPEND, SPENT)
    others = "\n".join(
        [
            SPENT.splitlines()[0],
            "2026-05-01,2026-06-02,1200.50,SGD,TikTok ads,May launch,ACQUISITION",
            "2026-05-01,2026-06-01,1200.50,USD,TikTok ads,May launch,ACQUISITION",
            "2026-05-01,2026-06-01,1200.50,SGD,TikTok,May launch,ACQUISITION",
            "2026-05-01,2026-06-01,1200.50,SGD,TikTok ads,,ACQUISITION",
            "2026-05-01,2026-06-01,1200.50,SGD,TikTok ads,May launch,",
        ]
    )
    assert counts(take(partner, tables.SPEND, others)) == (True, 5, 0, 0, 0)
    assert len(spend_of(partner)) == 7


def test_rows_of_spend_that_are_wrong_say_where_and_why_and_nothing_is_taken_in(partner: Partner) -> None:
    bad = "\n".join(
        [
            *SPENT.splitlines(),
            "2026-05-01,2026-04-01,1,SGD,,,",
            "1 May,2026-06-01,1,SGD,,,",
            "2026-05-02,,1,SGD,,,",
            "2026-05-03,2026-05-03,1.00001,SGD,,,",
            "2026-05-04,2026-05-04,much,XXX1,,,",
            "2026-05-05,2026-05-05,1,SG,,,",
            "2026-05-06,2026-05-06,1,SGD,,,FUN",
            f"2026-05-07,2026-05-07,1,SGD,{'x' * 201},,",
            "2026-05-31,2026-06-01,7,SGD,Search,,RETENTION",
        ]
    )
    outcome = take(partner, tables.SPEND, bad)
    assert wrong(outcome) == [
        (4, "to", "to is not before from."),
        (5, "from", "A day is written YYYY-MM-DD."),
        (6, "to", "It is empty."),
        (7, "amount", "An amount has at most four decimals."),
        (8, "amount", "Invalid decimal string"),
        (9, "currency", "'SG' is not an ISO 4217 currency."),
        (10, "purpose", "purpose is one of ACQUISITION, RETENTION, BRAND."),
        (11, "channel", "Expected `str` of length <= 200"),
        (12, "amount", "Line 3 has the same days, currency, channel, campaign and purpose: add them up."),
    ]
    assert counts(outcome) == (False, 2, 0, 0, 9)
    assert (spend_of(partner), logged(partner)) == ([], 0)


# -- costs ---------------------------------------------------------------------------------------


def test_costs_go_to_the_products_with_these_skus(partner: Partner) -> None:
    stock(partner, ("/site/a", "lip", "10"), ("/site/b", "hat", None))
    before = logged(partner)
    assert counts(take(partner, tables.COSTS, COSTS, preview=True)) == (False, 2, 0, 0, 0)
    assert {cost for cost, _ in cost_of(partner).values()} == {None}
    assert counts(take(partner, tables.COSTS, COSTS)) == (True, 2, 0, 0, 0)
    assert cost_of(partner) == {
        ("/site/a", "lip"): (Decimal("4.25"), "SGD"), ("/site/b", "hat"): (Decimal(9), "SGD"),
    }  # fmt: skip
    assert counts(take(partner, tables.COSTS, COSTS.replace("9,", "9.00,"), later=1)) == (True, 0, 0, 2, 0)
    outcome = take(partner, tables.COSTS, COSTS.replace("4.25", "4.5"), later=2)
    assert [(one.status, one.before) for one in outcome.rows] == [
        (tables.Status.CHANGED, "4.25 SGD"), (tables.Status.KNOWN, ""),
    ]  # fmt: skip
    assert cost_of(partner)["/site/a", "lip"] == (Decimal("4.5"), "SGD")
    # And back again: what was said once before is said anew.
    assert counts(take(partner, tables.COSTS, COSTS, later=3)) == (True, 0, 1, 1, 0)
    assert cost_of(partner)["/site/a", "lip"] == (Decimal("4.25"), "SGD")
    assert logged(partner) - before == 4


def test_a_sku_of_several_sources_needs_the_source(partner: Partner) -> None:
    stock(partner, ("/site/a", "lip", "10"), ("/site/b", "lip", "10"))
    assert wrong(take(partner, tables.COSTS, "sku,cost,currency\nlip,4,SGD\n")) == [
        (2, "source", "This SKU is of /site/a, /site/b: say which.")
    ]
    told = "sku,cost,currency,source\nlip,4,SGD,/site/b\n"
    assert counts(take(partner, tables.COSTS, told)) == (True, 1, 0, 0, 0)
    assert {source: cost for (source, _), (cost, _) in cost_of(partner).items()} == {
        "/site/a": None, "/site/b": Decimal(4),
    }  # fmt: skip
    assert wrong(take(partner, tables.COSTS, told.replace("/site/b", "/site/c"))) == [
        (2, "source", "This SKU is of /site/a, /site/b: say which.")
    ]


def test_rows_of_costs_that_are_wrong_say_where_and_why(partner: Partner) -> None:
    stock(partner, ("/site/a", "lip", "10"), ("/site/a", "hat", "10"), ("/site/a", "bag", "10"))
    bad = "sku,cost,currency\nlip,4,USD\nsock,1,SGD\nhat,,SGD\nbag,1e17,SGD\nhat,2,SGD\nhat,2,SGD\n"
    outcome = take(partner, tables.COSTS, bad)
    assert wrong(outcome) == [
        (2, "currency", "Its price is in SGD, and so is what it costs."),
        (3, "sku", "There is no such product."),
        (4, "cost", "It is empty."),
        (5, "cost", "An amount must be below 10^16."),
        (7, "sku", "Line 6 is of the same product."),
    ]
    assert counts(outcome) == (False, 1, 0, 0, 5)
    assert {cost for cost, _ in cost_of(partner).values()} == {None}


def test_new_costs_are_in_the_numbers_once_they_are_filled(partner: Partner) -> None:
    stock(partner, ("/site/shop", "lip", "10"))
    sold = event(
        "purchase", minute(9), subject=None, transaction_id="t", customer_id="c", currency="SGD",
        items=[{"item_id": "lip", "quantity": 3, "price": "10"}],
    )  # fmt: skip
    deliver(partner, [sold])
    fill(partner)
    take(partner, tables.COSTS, "sku,cost,currency\nlip,4.25,SGD\n", later=1)
    assert fill(partner, now=NOW + timedelta(minutes=2)) > 0
    from analytics.models import CustomerLife

    (life,) = CustomerLife.objects.using(WORKER).filter(partner=partner)
    assert life.costs == [Decimal("12.75")]


def test_a_table_is_of_a_partner_of_the_actors(make_partner: PartnerFactory) -> None:
    mine, other = make_partner(), make_partner()
    rows = tables.read_csv(SPENT, layout=tables.SPEND.layout)
    with pytest.raises(Forbidden):
        tables.import_table(
            tables.SPEND, rows, partner_id=other.pk, actor=actor(mine), preview=False, now=NOW
        )
    stock(other, ("/site/a", "lip", "10"))
    assert wrong(take(mine, tables.COSTS, "sku,cost,currency\nlip,4,SGD\n")) == [
        (2, "sku", "There is no such product.")
    ]
    assert (spend_of(other), cost_of(other)["/site/a", "lip"][0]) == ([], None)
