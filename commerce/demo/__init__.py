"""The demo brand: events of a year and twelve weeks up to a moment, and a live on air now; pure functions."""

from commerce.demo.brand import (
    OWNED_SOURCE,
    PARTNER_CURRENCY,
    PARTNER_NAME,
    PARTNER_TIMEZONE,
    SOCIAL_SOURCE,
)
from commerce.demo.live import live_now
from commerce.demo.schedule import Size
from commerce.demo.season import estimated_events, flagship, generate

__all__ = [
    "OWNED_SOURCE",
    "PARTNER_CURRENCY",
    "PARTNER_NAME",
    "PARTNER_TIMEZONE",
    "SOCIAL_SOURCE",
    "Size",
    "estimated_events",
    "flagship",
    "generate",
    "live_now",
]
