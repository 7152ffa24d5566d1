"""Debriefs as they were written: of a whole page of sessions by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from analytics.queries.statements import fetch
from commerce.access import Actor


@dataclass(frozen=True, kw_only=True)
class Written:
    """One version of a debrief; findings are {kind, text, numbers}, with a metric where they have one."""

    stage: str
    version: int
    made_at: datetime
    maturity: int
    findings: list[dict[str, Any]]


# The latest version of each stage. Uses debrief_partner_session_stage.
STATEMENT: Final = """
SELECT DISTINCT ON (session_id, stage) session_id, stage, version, made_at, maturity, findings
FROM analytics_debrief
WHERE partner_id = ANY(%(partners)s) AND session_id = ANY(%(sessions)s)
ORDER BY session_id, stage, version DESC
"""


def session_debriefs(session_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, dict[str, Written]]:
    """The latest debriefs by session and stage."""
    found: dict[UUID, dict[str, Written]] = {session: {} for session in session_ids}
    for session, stage, version, made_at, maturity, findings in fetch(
        STATEMENT, {"sessions": list(session_ids)}, actor=actor
    ):
        found[session][stage] = Written(
            stage=stage,
            version=version,
            made_at=made_at,
            maturity=maturity,
            findings=orjson.loads(findings)["findings"],
        )
    return found
