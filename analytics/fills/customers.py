"""The lives of customers: what each bought since the first purchase, brought up to the orders."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from analytics.fills import statements
from analytics.fills.orders import Rules

# A product stands for everybody who bought it: its cost is another now. Uses orderfact_partner_order.
CUSTOMERS: Final = """
SELECT unnest(%(subjects)s::uuid[])
UNION
SELECT f.customer_id FROM commerce_orderline l
JOIN analytics_orderfact f ON f.partner_id = l.partner_id AND f.order_id = l.order_id
WHERE l.partner_id = %(partner)s AND l.product_id = ANY(%(products)s) AND f.customer_id IS NOT NULL
"""
PRODUCTS: Final = "SELECT id FROM commerce_product WHERE partner_id = %(partner)s AND id = ANY(%(subjects)s)"


def fill_lives(connection: Connection[Any], subjects: list[UUID], *, rules: Rules) -> set[date]:
    """Recompute the lives of customers, and of all who bought the products among the subjects.

    Answers the days of first purchases whose cohorts are others now.
    """
    values: dict[str, Any] = {"partner": rules.partner_id, "timezone": rules.timezone, "subjects": subjects}
    values["products"] = [row[0] for row in connection.execute(PRODUCTS, values)]
    customers = subjects
    if values["products"]:
        customers = [row[0] for row in connection.execute(CUSTOMERS, values)]
    values["customers"] = customers
    # Of few customers among many: by their indexes, which is no slower for all of them.
    connection.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
    return {row[0] for row in connection.execute(statements.plain("lives.sql"), values)}
