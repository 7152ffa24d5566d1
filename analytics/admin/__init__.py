"""Data operations with numbers: sessions, orders, plans, what is stale, and the first page."""

from analytics.admin import (
    credits,
    customers,
    dashboard,
    lifetime,
    orders,
    plans,
    ratecards,
    reviews,
    sessions,
    shop,
    stale,
)

__all__ = [
    "credits",
    "customers",
    "dashboard",
    "lifetime",
    "orders",
    "plans",
    "ratecards",
    "reviews",
    "sessions",
    "shop",
    "stale",
]
