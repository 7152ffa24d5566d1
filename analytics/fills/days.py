"""The shop's days: what was sold on them, who came, what was put into carts and what became of it."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from analytics.fills import statements
from analytics.fills.orders import Rules
from analytics.fills.splits import fill_parts
from analytics.metrics import Scope
from analytics.staleness import Claim


def fill_days(connection: Connection[Any], claims: dict[str, Claim], *, rules: Rules) -> None:
    """Recompute days of the shop with their hours: of each what its claim names, orders or traffic."""
    values = {"partner": rules.partner_id, "timezone": rules.timezone}
    days = {date.fromisoformat(subject): claim for subject, claim in claims.items()}
    sold = [day for day, claim in days.items() if claim.has_new_sales or claim.is_whole]
    visited = [day for day, claim in days.items() if claim.has_new_events or claim.is_whole]
    if sold:
        statements.rows(connection, statements.sales("shop.sql", Scope.SHOP), {**values, "days": sold})
        statements.rows(connection, statements.shop_products(), {**values, "days": sold})
        fill_parts(connection, sold, partner_id=rules.partner_id, timezone=rules.timezone)
    if rules.gone_before is not None:
        edge = rules.gone_before.astimezone(ZoneInfo(rules.timezone)).date()
        visited = [day for day in visited if day > edge]
    begun: set[date] = set()
    if visited:
        statements.rows(connection, statements.visits("shop_visitors.sql"), {**values, "days": visited})
        carts = statements.rows(connection, statements.visits("shop_carts.sql"), {**values, "days": visited})
        if carts:
            named = {**values, "carts": [cart for (cart,) in carts]}
            begun = {day for (day,) in statements.rows(connection, statements.plain("shop_begun.sql"), named)}
    # An order of a day may complete carts of it, and a cart may be one of another day now.
    values["days"] = sorted(days.keys() | begun)
    statements.rows(connection, statements.plain("shop_completed.sql"), values)
    statements.rows(connection, statements.traffic(), values)
