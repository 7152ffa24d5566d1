"""Short links as QR codes."""

import io
from functools import lru_cache
from typing import Final

import segno

LONGEST: Final = 300
"""Characters of an address: more is no short link, and no phone reads it from a screen."""
_SCALE: Final = 10
_BORDER: Final = 4
"""Modules of quiet around it: what the standard asks for."""


@lru_cache(maxsize=256)
def qr_svg(address: str) -> bytes:
    """An SVG picture of an address, that scales to any size."""
    out = io.BytesIO()
    _code(address).save(
        out, kind="svg", border=_BORDER, scale=_SCALE, dark="#000", light="#fff", xmldecl=False
    )
    return out.getvalue()


@lru_cache(maxsize=256)
def qr_png(address: str) -> bytes:
    """A PNG picture of an address, ten pixels a module."""
    out = io.BytesIO()
    _code(address).save(out, kind="png", border=_BORDER, scale=_SCALE)
    return out.getvalue()


def _code(address: str) -> segno.QRCode:
    if len(address) > LONGEST:
        raise ValueError(f"An address to scan has at most {LONGEST} characters.")
    return segno.make(address, error="m", micro=False)
