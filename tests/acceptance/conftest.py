"""The real shop that several modules ask about, loaded once."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from commerce.connectors import FILES
from commerce.files import load_mapping, open_source
from commerce.models import Partner
from tests import factories
from tests.acceptance.real_data import send, shared

LINES = "online_retail_2010-12_to_2011-06.csv.gz"
MAPPING = Path(__file__).resolve().parents[2] / "commerce/connectors/online_retail.toml"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The partner, what was sent for it, and how the sending was counted."""

    partner: Partner
    bodies: list[bytes]
    counts: tuple[int, int, int, int]


@pytest.fixture(scope="session")
def shop() -> Shop:
    """Half a year of invoice lines, read by the connector, through the door, filled."""
    began = time.perf_counter()
    with open_source(str(shared(LINES))) as source:
        connector = FILES["invoice-lines"](load_mapping(str(MAPPING)), MAPPING.name)
        pieces = list(connector.events(source))
    assert [piece.problem for piece in pieces if piece.problem is not None] == []
    bodies = [piece.body for piece in pieces]
    read = time.perf_counter()
    partner = factories.partner(currency="GBP", timezone="Europe/London")
    counts = send(bodies, to=partner)
    sent = time.perf_counter()
    factories.fill(partner)
    filled = time.perf_counter()
    print(f"read {read - began:.1f} s, sent {sent - read:.1f} s, filled {filled - sent:.1f} s")
    return Shop(partner=partner, bodies=bodies, counts=counts)
