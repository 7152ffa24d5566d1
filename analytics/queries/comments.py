"""Comments of sessions, a page at a time, of a whole page of sessions by one statement."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from analytics.queries.statements import fetch
from commerce.access import Actor
from commerce.ingest.secrecy import ADDRESS

# Of what lies before a moment the last, of what follows the first. Uses comment_partner_session_at.
STATEMENT: Final = """
WITH session AS (
    SELECT s.partner_id, s.id, COALESCE(
            %(place)s::timestamptz,
            COALESCE(r.window_started_at, s.started_at) + %(around)s * interval '1 second', '-infinity'
        ) AS at
    FROM commerce_livesession s
    LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
    WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
)
SELECT s.id, c.id, c.at, c.text, c.is_question, c.language, v.external_id
FROM session s
CROSS JOIN LATERAL (
    (SELECT * FROM analytics_sessioncomment c
    WHERE c.partner_id = s.partner_id AND c.session_id = s.id AND c.at < s.at
        AND (c.is_question OR NOT %(questions)s)
    ORDER BY c.at DESC, c.id DESC LIMIT %(before)s)
    UNION ALL
    (SELECT * FROM analytics_sessioncomment c
    WHERE c.partner_id = s.partner_id AND c.session_id = s.id AND c.at >= s.at
        AND (%(after)s::uuid IS NULL OR (c.at, c.id) > (s.at, %(after)s::uuid))
        AND (%(to)s::timestamptz IS NULL OR c.at < %(to)s)
        AND (c.is_question OR NOT %(questions)s)
    ORDER BY c.at, c.id LIMIT %(limit)s)
) c
LEFT JOIN commerce_viewer v ON v.partner_id = s.partner_id AND v.id = c.viewer_id
ORDER BY c.at, c.id
"""
HIDDEN: Final = "[…]"
_DIGITS: Final = re.compile(r"\+?\d(?:[ ().-]{0,2}\d){7,}")


@dataclass(frozen=True, kw_only=True)
class CommentRow:
    """A comment; whoever wrote it is known by the id of the source's player, if at all."""

    id: UUID
    at: datetime
    text: str
    is_question: bool
    language: str
    viewer: str | None


def masked(text: str) -> str:
    """A text without what looks like an e-mail address or, of eight digits or more, a phone number."""
    return _DIGITS.sub(HIDDEN, ADDRESS.sub(HIDDEN, text))


def session_comments(
    session_ids: Sequence[UUID],
    *,
    actor: Actor,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
    around: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    questions_only: bool = False,
) -> Mapping[UUID, list[CommentRow]]:
    """Comments of each session in the order of time, masked: at most `limit` of them.

    After a place, or from a moment on; or around a second of the session: up to half of them before it.
    """
    place = after[0] if after else starts_at
    values = {
        "sessions": list(session_ids),
        "place": place,
        "after": after[1] if after else None,
        "around": around,
        "before": 0 if around is None else (limit - 1) // 2,
        "to": ends_at,
        "questions": questions_only,
        "limit": limit,
    }
    found: dict[UUID, list[CommentRow]] = defaultdict(list)
    for session, identity, at, text, is_question, language, viewer in fetch(STATEMENT, values, actor=actor):
        found[session].append(
            CommentRow(
                id=identity,
                at=at,
                text=masked(text),
                is_question=is_question,
                language=language,
                viewer=viewer,
            )
        )
    return found
