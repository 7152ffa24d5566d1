"""What influencers reached, sold and cost: of each, of each in a campaign, and of campaigns."""

from dataclasses import replace
from typing import Final

from analytics.metrics.declaration import (
    Additivity,
    Apart,
    Cadence,
    Direction,
    Fact,
    Metric,
    Reason,
    Scope,
    Serves,
    Unit,
)

ACQUIRED_DAYS: Final = 90
"""How long after the first order of a buyer who was won his orders count, in days of the partner's clock."""
BASE: Final = Metric(key="", label="", formula="", scope=Scope.CAMPAIGN, cadence=Cadence.MONTHLY)


# -- who was reached -----------------------------------------------------------------------------


def _people(key: str, label: str, formula: str) -> Metric:
    return replace(
        BASE, key=key, label=label, formula=formula, unit=Unit.PEOPLE, fact=Fact.REACH,
        additivity=Additivity.DISTINCT, serves=Serves.AWARENESS, needs_identity=True,
    )  # fmt: skip


REACH: Final = (
    _people("reach", "Unique reach", "distinct viewers with presence in the sessions the KOL appears in"),
    _people(
        "reach_gross", "Gross reach", "viewers of each of these sessions, added up over the sessions"
    ),
    replace(
        _people(
            "reach_exclusive", "Exclusive reach",
            "viewers who saw one KOL only: of a KOL in a campaign, him and nobody else of the campaign; of a "
            "campaign, any one of its KOLs; of a KOL, him and nobody else of all campaigns he is in",
        ),
        apart=Apart.PEOPLE, unknown=Reason.NOT_KEPT,
    ),
    _people(
        "engaged_viewers", "Engaged viewers",
        "distinct viewers who liked, commented or shared in a session they were present in",
    ),
    replace(
        _people(
            "traffic", "People who clicked",
            "distinct people who clicked a product in these sessions or followed a tracking link; who is no "
            "viewer is known by the visitor of the link, else by the device",
        ),
        serves=Serves.BOTH, needs_identity=False,
    ),
)  # fmt: skip
REACH_FAIR: Final = replace(
    BASE, key="reach_fair", label="Fair share of reach", unit=Unit.SHARES, apart=Apart.PEOPLE,
    formula="sum over viewers of 1 / number of the campaign's KOLs they saw; over the KOLs of a campaign "
    "these sum to its unique reach", serves=Serves.AWARENESS, needs_identity=True, unknown=Reason.NOT_KEPT,
)  # fmt: skip


def _minutes(key: str, label: str, formula: str, serves: Serves = Serves.AWARENESS) -> Metric:
    return replace(
        BASE, key=key, label=label, formula=formula, fact=Fact.MINUTES,
        expression=f"COALESCE(sum(m.{key}), 0)::bigint", serves=serves,
    )  # fmt: skip


MINUTES: Final = (
    _minutes("impressions", "Impressions", "times the sessions were shown"),
    _minutes("views", "Views", "view starts in the sessions; coming back counts again"),
    _minutes("likes", "Likes", "likes given in the sessions"),
    _minutes("comments", "Comments", "comments written in the sessions"),
    _minutes("shares", "Shares", "times the sessions were shared"),
    _minutes("follows", "Follows", "follows gained in the sessions"),
    _minutes("engagements", "Engagements", "likes + comments + shares"),
    _minutes("product_clicks", "Product clicks", "clicks on a product in the sessions", Serves.CONVERSION),
)


def _links(key: str, label: str, formula: str, by: str) -> Metric:
    return replace(
        BASE, key=key, label=label, formula=formula, fact=Fact.LINKS, serves=Serves.CONVERSION,
        expression=f"count(*) FILTER (WHERE k.by = '{by}')",
    )  # fmt: skip


LINKS: Final = (
    _links("link_clicks", "Link clicks", "times people followed the tracking links", "PERSON"),
    replace(
        _links("bot_clicks", "Link clicks of bots", "times bots followed them: in no other number", "BOT"),
        direction=Direction.NEUTRAL,
    ),
    replace(
        _links(
            "prefetch_clicks", "Prefetches of links", "times they were fetched ahead: in no other number",
            "PREFETCH",
        ),
        direction=Direction.NEUTRAL,
    ),
)  # fmt: skip

# -- what was sold, by model ---------------------------------------------------------------------

PAID: Final = "o.is_paid"
_credit: Final = replace(BASE, fact=Fact.CREDITS, serves=Serves.CONVERSION, additivity=Additivity.SUM)
CREDITS: Final = (
    replace(
        _credit, key="sales", label="Sales", unit=Unit.MONEY,
        formula="what the model credits of the merchandise of orders, by basis; refunds and cancellations "
        "have the weights of their order",
        by_basis=(
            ("PLACED", "COALESCE(sum(o.placed), 0)"),
            ("PAID", f"COALESCE(sum(o.paid) FILTER (WHERE {PAID}), 0)"),
        ),
        expression=f"COALESCE(sum(o.net) FILTER (WHERE {PAID}), 0)",
    ),
    replace(
        _credit, key="orders", label="Orders",
        formula="orders the model credits with more than nothing, by basis",
        by_basis=(("PLACED", "count(*)"),), expression=f"count(*) FILTER (WHERE {PAID})",
    ),
    replace(
        _credit, key="conversions", label="Conversions", unit=Unit.SHARES,
        formula="weights the model gives in orders, added up: orders in parts, by basis",
        by_basis=(("PLACED", "COALESCE(sum(o.weight), 0)"),),
        expression=f"COALESCE(sum(o.weight) FILTER (WHERE {PAID}), 0)",
    ),
    replace(
        _credit, key="buyers", label="Buyers", unit=Unit.PEOPLE, additivity=Additivity.DISTINCT,
        formula="distinct customers of these orders, by basis; guests are none",
        by_basis=(("PLACED", "count(DISTINCT o.customer_id)"),),
        expression=f"count(DISTINCT o.customer_id) FILTER (WHERE {PAID})",
    ),
    replace(
        _credit, key="new_buyers", label="New buyers", unit=Unit.PEOPLE,
        formula="buyers whose first order ever is one of these, among the orders the basis counts",
        by_basis=(("PLACED", "count(*) FILTER (WHERE o.is_first_placed)"),),
        expression="count(*) FILTER (WHERE o.is_first_paid)",
    ),
)  # fmt: skip
_margin: Final = replace(_credit, fact=Fact.MARGINS)
MARGINS: Final = (
    replace(
        _margin, key="refunds", label="Refunds", unit=Unit.MONEY, direction=Direction.DOWN,
        formula="value given back of credited paid orders",
        expression=f"COALESCE(sum(o.refunded) FILTER (WHERE {PAID}), 0)",
    ),
    replace(
        _margin, key="cost_of_goods", label="Cost of goods", unit=Unit.MONEY, direction=Direction.DOWN,
        formula="units x unit cost of the credited lines, in the part that is credited and was kept; the "
        "line's cost, else the product's", complete_when="cost_coverage",
        expression=f"COALESCE(sum(o.cost) FILTER (WHERE {PAID}), 0)",
    ),
    replace(
        _margin, key="order_lines", label="Order lines", direction=Direction.NEUTRAL,
        formula="lines of credited orders that are paid and not cancelled",
        expression=f"COALESCE(sum(o.lines) FILTER (WHERE {PAID}), 0)::bigint",
    ),
    replace(
        _margin, key="costed_order_lines", label="Order lines with a cost",
        formula="those of them whose cost is known",
        expression=f"COALESCE(sum(o.costed_lines) FILTER (WHERE {PAID}), 0)::bigint",
    ),
    replace(
        _margin, key="acquired_sales", label=f"Sales of new buyers, {ACQUIRED_DAYS} days", unit=Unit.MONEY,
        formula=f"net sales to the new buyers within {ACQUIRED_DAYS} days of their first paid order, that "
        "included, in the part in which the model credits it; these are not caused by it",
        expression="COALESCE(sum(round(o.weight * o.acquired_sales, 4)), 0)",
    ),
    replace(
        _margin, key="acquired_cost_of_goods", label=f"Cost of goods of new buyers, {ACQUIRED_DAYS} days",
        unit=Unit.MONEY, direction=Direction.DOWN, complete_when="acquired_cost_coverage",
        formula="units x unit cost of those sales, in the same part",
        expression="COALESCE(sum(round(o.weight * o.acquired_cost, 4)), 0)",
    ),
    replace(
        _margin, key="acquired_order_lines", label=f"Order lines of new buyers, {ACQUIRED_DAYS} days",
        formula="lines of those sales", direction=Direction.NEUTRAL,
        expression="COALESCE(sum(o.acquired_lines), 0)::bigint",
    ),
    replace(
        _margin, key="acquired_costed_order_lines",
        label=f"Order lines of new buyers with a cost, {ACQUIRED_DAYS} days",
        formula="those of them whose cost is known",
        expression="COALESCE(sum(o.acquired_costed_lines), 0)::bigint",
    ),
)  # fmt: skip

# -- orders whose buyer met the KOL, whatever a model says ----------------------------------------


def _met(key: str, label: str, formula: str, condition: str) -> tuple[Metric, Metric]:
    money = "COALESCE(sum({}) FILTER (WHERE {}), 0)"
    both = f"f.is_paid AND {condition}"
    return (
        replace(
            BASE, key=f"{key}_orders", label=f"{label}: orders", formula=f"orders {formula}, by basis",
            fact=Fact.MET, serves=Serves.CONVERSION,
            by_basis=(("PLACED", f"count(*) FILTER (WHERE {condition})"),),
            expression=f"count(*) FILTER (WHERE {both})",
        ),
        replace(
            BASE, key=f"{key}_sales", label=f"{label}: sales", unit=Unit.MONEY, fact=Fact.MET,
            formula=f"merchandise of orders {formula}, whole, by basis; never added to the other two",
            serves=Serves.CONVERSION,
            by_basis=(
                ("PLACED", money.format("f.merchandise", condition)),
                ("PAID", money.format("f.merchandise", both)),
            ),
            expression=money.format("f.net", both),
        ),
    )  # fmt: skip


MET: Final = (
    *_met(
        "direct", "Direct", "of a session the KOL appears in, placed before its end plus the tail",
        "f.is_direct",
    ),
    *_met("assisted", "Assisted", "with the KOL in their path, but not last", "f.is_assisted"),
    *_met("influenced", "Influenced", "with any touch of the KOL inside its window", "true"),
)  # fmt: skip


def _identity(key: str, label: str, formula: str, basis: str) -> Metric:
    return replace(
        BASE, key=key, label=label, formula=formula, fact=Fact.IDENTITY, serves=Serves.CONVERSION,
        direction=Direction.NEUTRAL, expression=f"count(*) FILTER (WHERE f.basis = '{basis}')",
    )  # fmt: skip


IDENTITY: Final = (
    _identity(
        "orders_known_by_order", "Influenced orders, buyer known by the order",
        "placed orders whose own viewer, code or platform says that the KOL was met", "ORDER",
    ),
    _identity(
        "orders_known_by_login", "Influenced orders, buyer known by login",
        "placed orders whose customer is a viewer who met the KOL", "LOGIN",
    ),
    _identity(
        "orders_known_by_hash", "Influenced orders, buyer known by a keyed hash",
        "placed orders whose customer has the keyed e-mail or phone of a viewer who met the KOL", "HASH",
    ),
)  # fmt: skip

# -- what it cost --------------------------------------------------------------------------------

_money: Final = replace(BASE, unit=Unit.MONEY, serves=Serves.CONVERSION)
LEDGER: Final = (
    replace(
        _money, key="ledger_cost", label="Costs of the ledger", fact=Fact.LEDGER, direction=Direction.DOWN,
        formula="fees, posts, samples at cost, shipping, discounts the brand pays for, giveaways at cost, "
        "paid boost and agency's share, as the lines of the ledger state them",
    ),
    replace(
        _money, key="commission", label="Commission", fact=Fact.LEDGER, direction=Direction.DOWN,
        formula="lines of claims, reversals taken away, on the day of their order",
    ),
)  # fmt: skip
SUMS: Final = (
    replace(
        _money, key="cost", label="Cost", formula="costs of the ledger + commission net of reversals",
        sum_of=("ledger_cost", "commission"), direction=Direction.DOWN,
    ),
    replace(
        BASE, key="clicks", label="Clicks", sum_of=("product_clicks", "link_clicks"),
        formula="clicks on a product in the sessions + times people followed the tracking links; bots and "
        "prefetches are none", serves=Serves.CONVERSION,
    ),
    replace(
        BASE, key="reach_repeated", label="Repeated reach", sum_of=("reach_gross", "-reach"),
        formula="gross reach - unique reach", direction=Direction.NEUTRAL, serves=Serves.AWARENESS,
    ),
    replace(
        _money, key="net_sales", label="Net sales", same_as="sales", of_basis="NET",
        formula="NET sales by model, whatever the basis asked for",
    ),
    replace(
        _money, key="paid_sales", label="Paid sales", same_as="sales", of_basis="PAID",
        formula="PAID sales by model, whatever the basis asked for",
    ),
    replace(
        _money, key="gross_profit", label="Gross profit", sum_of=("net_sales", "-cost_of_goods"),
        formula="net sales - cost of goods", complete_when="cost_coverage",
    ),
    replace(
        _money, key="profit", label="Profit", sum_of=("gross_profit", "-cost"),
        formula="gross profit - cost", complete_when="cost_coverage",
    ),
    replace(
        _money, key="acquired_profit", label=f"Profit on new buyers, {ACQUIRED_DAYS} days",
        sum_of=("acquired_sales", "-acquired_cost_of_goods", "-cost"),
        formula="net sales to new buyers - cost of goods of these - cost",
        complete_when="acquired_cost_coverage",
    ),
)  # fmt: skip
OTHERS: Final = (
    replace(
        BASE, key="followers", label="Followers", apart=Apart.FOLLOWERS, additivity=Additivity.NONE,
        formula="followers of the accounts of the KOLs, as last told; who follows two counts twice",
        serves=Serves.AWARENESS, unknown=Reason.NOT_YET,
    ),
    replace(
        _money, key="emv", label="Earned media value (an estimate)", apart=Apart.RATES,
        formula="each count of the partner's own rate card x its rate; of a period by the card of its last "
        "day, of all time by the latest one; an estimate, in no other number",
        serves=Serves.AWARENESS, unknown=Reason.NOT_YET,
    ),
)  # fmt: skip

CAMPAIGN_NUMBERS: Final = (
    *REACH, REACH_FAIR, *MINUTES, *LINKS, *CREDITS, *MARGINS, *MET, *IDENTITY, *LEDGER, *SUMS, *OTHERS,
)  # fmt: skip
