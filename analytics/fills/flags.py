"""What looks odd about collaborations, with evidence; nothing is left out of any number because of it."""

from collections.abc import Collection
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, sql

from analytics.fills import statements
from analytics.fills.composing import HERE, compose, raw
from analytics.fills.orders import Rules

TIERS: Final = [10_000, 100_000, 500_000, 1_000_000]
"""Followers from which on a KOL is of the next tier: nano, micro, mid, macro, mega."""
THRESHOLDS: Final[dict[str, Any]] = {
    "fast_seconds": 5,
    "many_orders": 5,
    "leak_share": Decimal("0.5"),
    "least_code_orders": 10,
    "jump": 1_000,
    "jump_share": Decimal("0.2"),
    "jump_days": 90,
    "least_history": 14,
    "tiers": TIERS,
    "least_reach": 30,
    "least_of_tier": 20,
    "samples": 5,
}


@cache
def _statement(name: str) -> sql.Composed:
    return compose(name, write=raw((HERE / "flags_written.sql").read_text()))


def fill_flags(
    connection: Connection[Any],
    *,
    rules: Rules,
    campaign_ids: Collection[UUID],
    collaboration_ids: Collection[UUID] = (),
) -> None:
    """Bring the flags of campaigns, and of single collaborations, up to their facts; after their numbers.

    Engagement is compared with the partner's other collaborations, so that flags of it are computed for all.
    """
    values = {
        **THRESHOLDS,
        "partner": rules.partner_id,
        "timezone": rules.timezone,
        "campaigns": list(campaign_ids),
        "collaborations": list(collaboration_ids),
    }
    for name in ("flags.sql", "flags_engagement.sql"):
        statements.rows(connection, _statement(name), values)
