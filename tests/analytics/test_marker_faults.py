"""Faults the fill of markers could have, planted to see that the comparison with the truth finds them."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from psycopg import sql

from analytics.fills import markers
from tests.analytics.compare import differences, world
from tests.analytics.scenes_moments import moments
from tests.conftest import PartnerFactory
from tests.factories import deliver, event, fill, minute

FAULTS: dict[str, tuple[str, str, str]] = {
    "an end that comes before is as good": (
        "_markers", "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
    ),
    "an offer is known by its product first": (
        "_markers", "COALESCE(t.said->>'label', t.product_id::text, '')",
        "COALESCE(t.product_id::text, t.said->>'label', '')",
    ),
    "offers of both kinds are one": (
        "_markers", "PARTITION BY part_id, of_kind, name", "PARTITION BY part_id, name",
    ),
    "an end alone is nothing": ("_markers", "is_after_end AND", "false AND"),
    "a complaint told again is another": ("_markers", "GROUP BY 1, 2, 3\n", "GROUP BY 1, 2, 3, id\n"),
    "the first report stays": ("_reported", "ORDER BY name, at DESC, n.id DESC", "ORDER BY name, at, n.id"),
    "nobody looks whether moments are new": ("_news", "e.kind IN (30", "false AND e.kind IN (30"),
    "comments are read again from the latest on": ("_comments", ">= p.from_at", "> p.from_at"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_does_not_stay_hidden(
    make_partner: PartnerFactory, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    statement, part, instead = FAULTS[name]
    real: Callable[[], sql.Composed] = getattr(markers, statement)
    whole = real().as_string(None)
    assert part in whole
    changed: Any = whole.replace(part, instead)
    monkeypatch.setattr(markers, statement, lambda: sql.SQL(changed))
    assert any(is_found(make_partner, seed) for seed in range(8))


def test_without_a_fault_nothing_is_found(make_partner: PartnerFactory) -> None:
    assert not any(is_found(make_partner, seed) for seed in range(4))


def is_found(make_partner: PartnerFactory, seed: int) -> bool:
    """Whether a session shows the fault that is told of in three parts, each filled at once."""
    rng, partner = random.Random(seed), make_partner()
    told = list(moments(rng, "live-1", 0, size=60))
    told += [event("live_comment", minute(at / 2), text="nice") for at in range(20)]
    rng.shuffle(told)
    # Somebody was there for long enough: from then on only what is new is filled.
    began = [event("live_session_started", minute(-20)), event("live_like", minute(-5), viewer_id="v")]
    assert deliver(partner, began).rejected == 0
    fill(partner)
    events = sorted(told, key=lambda one: str(one["time"])[:14])
    for start in range(0, len(events), 30):
        assert deliver(partner, events[start : start + 30]).rejected == 0
        fill(partner)
    return bool(differences(world([*began, *events], partner), partner))
