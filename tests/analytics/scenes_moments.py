"""Moments of random sessions: offers with and without ends, featurings, complaints, notes, reports."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from tests.factories import event, minute

Raw = dict[str, Any]


def moments(
    rng: random.Random,
    subject: str,
    start: float,
    *,
    size: int = 14,
    clock: Callable[[float], datetime] = minute,
) -> Iterator[Raw]:
    """What stands beside a session's numbers; draws nothing from the generator it is given."""
    own = random.Random(f"{subject} {rng.getstate()[1][:3]}")
    for _ in range(size):
        at = clock(start + own.randrange(-4, 66) / 2)
        told: Raw = {"subject": subject, **({"sequence": own.randrange(9)} if own.random() < 0.1 else {})}
        match own.randrange(7):
            case 0 | 1:
                yield event(f"live_giveaway_{own.choice(['started', 'ended'])}", at, **told, **_offer(own))
            case 2:
                yield event(f"live_promotion_{own.choice(['started', 'ended'])}", at, **told, **_offer(own))
            case 3:
                items = [{"item_id": item} for item in own.sample(["lip", "hat"], k=own.choice([1, 1, 2]))]
                more: Raw = {"position": own.randrange(9)} if own.random() < 0.3 else {}
                kind = own.choice(["featured", "featured", "unfeatured"])
                yield event(f"live_product_{kind}", at, items=items, **told, **more)
            case 4:
                told |= {"violation_id": own.choice([f"{subject}-v1", f"{subject}-v2"])}
                fields = {"code": "CLAIM", "reason": "Not proven", "severity": "HIGH", "remediation": "Stop"}
                chosen = {
                    name: f"{value} {own.randrange(3)}"
                    for name, value in fields.items()
                    if own.random() < 0.6
                }
                yield event("live_violation", at, **told, **chosen)
            case 5:
                kind = own.choice(["live_message_pinned", "live_host_note"])
                yield event(kind, at, text=f"note {own.randrange(5)}", **told)
            case _:
                yield _report(own, subject, start, clock)


def _offer(rng: random.Random) -> Raw:
    told: Raw = {}
    if rng.random() < 0.5:
        told["label"] = rng.choice(["Win it", "Draw"])
    if rng.random() < 0.5:
        told["items"] = [{"item_id": rng.choice(["lip", "hat"])}]
    if rng.random() < 0.3:
        told["prize_quantity"] = rng.randrange(1, 9)
    if rng.random() < 0.3:
        told["scheduled_at_random"] = rng.random() < 0.5
    return told


def _report(rng: random.Random, subject: str, start: float, clock: Callable[[float], datetime]) -> Raw:
    begins = clock(start + rng.randrange(4))
    told: Raw = {"interval": rng.choice(["total", "minute"])}
    if told["interval"] == "minute" or rng.random() < 0.5:
        told["from"] = begins.isoformat()
        if rng.random() < 0.7:
            told["to"] = clock(start + 5).isoformat()
    if rng.random() < 0.5:
        told["definition"] = "By our own rules"
    told["metrics"] = {"viewers": rng.randrange(99), "ctr": f"{rng.randrange(99)}.5%", "gmv": 12.25}
    return event("live_metrics_reported", clock(start + rng.randrange(40)), subject=subject, **told)
