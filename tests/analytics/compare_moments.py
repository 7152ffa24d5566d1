"""What is stored beside a session's numbers, next to the slow truth."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from analytics.models import ReportedNumbers, SessionComment, SessionMarker
from commerce.models import Partner, Violation
from tests.analytics.stored import Stored
from tests.oracle import SessionTruth, World
from tests.oracle import markers as oracle


def _apart(name: str, stored: Iterable[Any], true: Iterable[Any]) -> list[str]:
    """Rows that only one side has."""
    left, right = Counter(stored), Counter(true)
    found = [f"{name}: stored alone {row}" for row in (left - right).elements()]
    return found + [f"{name}: true alone {row}" for row in (right - left).elements()]


def beside(truth: SessionTruth, kept: Stored) -> list[str]:
    """Markers, comments and reported numbers of a session that are not as the truth says."""
    # A span begins and ends in one broadcast, and each platform reports of its own.
    markers = [marker for part in truth.broadcasts for marker in oracle.markers(part.events)]
    reported = [row for part in truth.broadcasts for row in oracle.reported(part.events)]
    return [
        *_apart("marker", _markers(kept), markers),
        *_apart("comment", _comments(kept), _true_comments(truth)),
        *_apart("reported", _reported(kept), reported),
    ]


def _markers(kept: Stored) -> Iterable[oracle.Marker]:
    return [
        oracle.Marker(
            kind=row["kind"],
            at=row["at"],
            ended_at=row["ended_at"],
            is_start_told=row["is_start_told"],
            item=row["product__external_id"],
            label=row["label"],
            text=row["text"],
            scheduled_at_random=row["scheduled_at_random"],
            details=tuple(sorted(row["details"].items())),
        )
        for row in kept.rows(SessionMarker)
    ]


def _comments(kept: Stored) -> Iterable[tuple[Any, ...]]:
    told = ("at", "viewer__external_id", "text", "is_question")
    return [tuple(row[name] for name in told) for row in kept.rows(SessionComment)]


def _true_comments(truth: SessionTruth) -> Iterable[tuple[Any, ...]]:
    # In random worlds people write a question mark or ask nothing; other forms have tests of their own.
    return [(at, viewer, text, text.endswith("?")) for at, viewer, text in oracle.comments(truth.events)]


def _reported(kept: Stored) -> Iterable[tuple[Any, ...]]:
    return [
        (
            row["interval"],
            row["starts_at"],
            row["ends_at"],
            row["definition"],
            tuple(sorted(row["metrics"].items())),
            row["reported_at"],
        )
        for row in kept.rows(ReportedNumbers)
    ]


def violations(truth: World, partner: Partner) -> list[str]:
    """Complaints of a partner that are not as the truth says."""
    rows = Violation.objects.using("worker").filter(partner=partner).select_related("session")
    stored = [
        (row.source, row.external_id, row.occurred_at, row.session and row.session.external_id,
            row.code, row.reason, row.severity, row.remediation)
        for row in rows
    ]  # fmt: skip
    true = [
        (source, name, told["occurred_at"], told["session"],
            *(told[key] or "" for key in ("code", "reason", "severity", "remediation")))
        for (source, name), told in truth.violations.items()
    ]  # fmt: skip
    return _apart("violation", stored, true)
