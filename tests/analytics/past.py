"""What was known at a moment beside the slow truth of what had been delivered by then."""

from datetime import datetime
from typing import Any

from analytics.metrics import BASES, METRICS, Scope, Unit
from analytics.queries import past_session_numbers
from commerce.access import row_security
from commerce.models import LiveSession, Partner
from tests.analytics.graphql_client import actor_of
from tests.oracle import World

METRIC = {metric.key: metric for metric in METRICS if metric.scope is Scope.SESSION}


def differences_at(truth: World, partner: Partner, as_of: datetime) -> list[str]:
    """Numbers of sessions as known at a moment that are not as the truth says, in all bases."""
    sessions = LiveSession.objects.using("worker").filter(partner=partner)
    names = {row.id: (row.source, row.external_id) for row in sessions}
    actor = actor_of(partner)
    found: list[str] = []
    for basis in BASES:
        with row_security(actor):
            known = past_session_numbers(list(names), actor=actor, basis=basis, as_of=as_of)
        for session, name in names.items():
            stored = known[session].known.stored
            wanted = _truth(truth, name, basis)
            found += [
                f"{as_of:%d %H:%M:%S} {name[1]} {basis} {key}: known {got}, truth {wanted[key]}"
                for key, got in _shown(stored, wanted)
                if got != wanted[key]
            ]
    return found


def _truth(truth: World, name: tuple[str, str], basis: str) -> dict[str, Any]:
    """The truth's numbers of a session; of one that no event named yet, nothing."""
    if name not in truth.sessions:
        return {metric.key: 0 for metric in METRIC.values() if metric.key in ("views", "orders", "viewers")}
    source, subject = name
    return dict(truth.session(source=source, subject=subject).kpis(basis=basis))


def _shown(stored: dict[str, Any], wanted: dict[str, Any]) -> list[tuple[str, Any]]:
    shown: list[tuple[str, Any]] = []
    for key in wanted:
        metric = METRIC[key]
        parts = (metric.numerator, metric.denominator) if metric.is_quotient else (key,)
        if metric.unit is Unit.MOMENT and stored["viewers"] == 0:
            continue
        if all(part in stored for part in parts):
            shown.append((key, tuple(stored[part] for part in parts) if metric.is_quotient else stored[key]))
    return shown
