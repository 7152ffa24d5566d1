"""Tracking links: making them, following them, keeping who followed, and their pictures to scan."""

from kol.links.clicks import Clicks, clicks_of, mark_orders_with_code
from kol.links.making import is_code, make_link, revoke_link, short_path
from kol.links.pictures import qr_png, qr_svg
from kol.links.recording import Click, Recorder
from kol.links.redirects import Target, find_target
from kol.links.visitors import Visitor, cookie, device_of, visitor_of

__all__ = [
    "Click",
    "Clicks",
    "Recorder",
    "Target",
    "Visitor",
    "clicks_of",
    "cookie",
    "device_of",
    "find_target",
    "is_code",
    "make_link",
    "mark_orders_with_code",
    "qr_png",
    "qr_svg",
    "revoke_link",
    "short_path",
    "visitor_of",
]
