"""Data operations for people: what is known of a partner, what was turned away, and what may be changed."""

from commerce.admin import (
    entities,
    keys,
    partitions,
    partners,
    people,
    refunds,
    rejections,
    spend,
    violations,
)

__all__ = [
    "entities",
    "keys",
    "partitions",
    "partners",
    "people",
    "refunds",
    "rejections",
    "spend",
    "violations",
]
