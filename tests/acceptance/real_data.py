"""Where the real data lies, and how it is sent."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from commerce import ingest
from commerce.models import Partner
from tests.factories import NOW

SHARED_DATA = Path(
    os.environ.get("LIVELEDGER_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
)
BATCH = 5000


def shared(name: str) -> Path:
    """A file of the shared data; skips the test where there is none."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"no shared data: {path} is absent (set LIVELEDGER_SHARED_DATA)")
    return path


def truth(name: str) -> Any:
    """What other tools counted in a file."""
    return json.loads(shared(name).read_text(encoding="utf-8"))


def send(bodies: Sequence[bytes], *, to: Partner) -> tuple[int, int, int, int]:
    """Through the door in batches; (received, accepted, duplicate, rejected)."""
    total = ingest.Outcome()
    for start in range(0, len(bodies), BATCH):
        total.add(ingest.accept(bodies[start : start + BATCH], partner_id=to.id, now=NOW))
    return (total.received, total.accepted, total.duplicate, total.rejected)
