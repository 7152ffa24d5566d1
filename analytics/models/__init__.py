"""Derived facts, and the rollups above them."""

from analytics.models.facts import OrderFact, RefundFact, Viewing
from analytics.models.plans import CadenceReport, Target, TargetRevision
from analytics.models.rollups import (
    SessionMinute,
    SessionProduct,
    SessionProductSales,
    SessionRollup,
    SessionSales,
    ShopPeriod,
)

__all__ = [
    "CadenceReport",
    "OrderFact",
    "RefundFact",
    "SessionMinute",
    "SessionProduct",
    "SessionProductSales",
    "SessionRollup",
    "SessionSales",
    "ShopPeriod",
    "Target",
    "TargetRevision",
    "Viewing",
]
