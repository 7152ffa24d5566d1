"""What an erasure asks and writes beside its files of SQL; all of one partner."""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

from commerce.ingest import forgotten
from commerce.ingest.vocabulary import Kind
from commerce.privacy.persons import Person

HERE: Final = Path(__file__).parent
FIND_EVENTS, SCRUB_EVENTS = ((HERE / f"{name}.sql").read_text() for name in ("find_events", "scrub_events"))
ENTITIES: Final = [part for part in (HERE / "entities.sql").read_text().split(";\n") if part.strip()]

GENDERS: Final = [
    "female", "f", "woman", "male", "m", "man", "other", "nonbinary", "non-binary", "diverse", "x",
]  # fmt: skip
AGE_BAND: Final = "^[0-9]{2}([-\u2013][0-9]{2}|[+]|[-\u2013])$"
"""What is a group; anything else that was told as one goes."""


def values(person: Person, *, partner_id: UUID) -> dict[str, Any]:
    """What the statements are told of a person."""
    names = sorted(person.names())
    return {
        "partner": partner_id,
        "customers": list(person.customers),
        "viewers": list(person.viewers),
        "names": sorted({name for _, name in names}),
        "sources": [source for source, _ in names],
        "called": [name for _, name in names],
        "least": forgotten.LEAST_CHARACTERS,
        "patterns": _patterns(person),
        "comment": int(Kind.live_comment),
        "telling": [int(Kind.generate_lead), int(Kind.identify)],
        "of_orders": [int(kind) for kind in forgotten.OF_ORDERS],
        "acts": [int(kind) for kind in forgotten.ACTS],
        "who": list(forgotten.NAMES),
        "kept": list(forgotten.KEPT),
        "renamed": list(forgotten.RENAMED),
        "kept_of_utm": list(forgotten.KEPT_OF_UTM),
        "kept_of_items": list(forgotten.KEPT_OF_ITEMS),
        "genders": GENDERS,
        "age_band": AGE_BAND,
        "erased": forgotten.ERASED_TEXT,
        "message": forgotten.REFUSED_TEXT,
    }


def _patterns(person: Person) -> list[str]:
    """By which the person is found in what events told: hashes anywhere, ids where they are a text alone."""
    ids = {name for _, name in person.names() if len(name) >= forgotten.LEAST_CHARACTERS}
    escaped = (name.replace("\\", "\\\\\\\\").replace("%", "\\%").replace("_", "\\_") for name in sorted(ids))
    return [*(f"%{keyed}%" for keyed in sorted(person.hashes)), *(f'%"{name}"%' for name in escaped)]


# Old names and new ones, until the end of the transaction.
MAPS: Final = """
CREATE TEMP TABLE erased_customer (old uuid PRIMARY KEY, new uuid, name text) ON COMMIT DROP;
CREATE TEMP TABLE erased_viewer (old uuid PRIMARY KEY, new uuid, name text) ON COMMIT DROP;
CREATE TEMP TABLE erased_name (old text PRIMARY KEY, new text) ON COMMIT DROP;
CREATE TEMP TABLE erased_hash (old text PRIMARY KEY, new text) ON COMMIT DROP;
CREATE TEMP TABLE erased_event (occurred_at timestamptz, id uuid, is_question bool, is_own bool)
    ON COMMIT DROP
"""
HASHES_TOLD: Final = """
SELECT e.properties->>'email_hash', e.properties->>'phone_hash'
FROM erased_event g JOIN commerce_event e
    ON e.partner_id = %(partner)s AND e.occurred_at = g.occurred_at AND e.id = g.id
WHERE e.viewer_id = ANY(%(viewers)s) AND e.kind = ANY(%(telling)s)
"""
SUPPRESS: Final = """
INSERT INTO commerce_suppression (partner_id, at, id, digest)
SELECT %(partner)s, %(now)s, * FROM unnest(%(ids)s::uuid[], %(digests)s::uuid[])
ON CONFLICT (partner_id, digest) DO NOTHING
"""

# -- texts ---------------------------------------------------------------------------------------------

_ERASED: Final = "text = %(erased)s || CASE WHEN is_question THEN '?' ELSE '' END, language = ''"
COMMENTS: Final = f"""
UPDATE analytics_sessioncomment SET {_ERASED}
WHERE partner_id = %(partner)s AND viewer_id = ANY(%(viewers)s)
"""
# What others wrote, where it has an e-mail or as many digits as a phone number.
TEXTS: Final = """
SELECT session_id, at, text FROM analytics_sessioncomment
WHERE partner_id = %(partner)s AND text ~ '@|[0-9]([^A-Za-z]*[0-9]){5}'
"""
NAMING_EVENT: Final = """
UPDATE commerce_event SET properties = properties || jsonb_build_object('text', %(erased)s || CASE WHEN (
    SELECT bool_or(c.is_question) FROM analytics_sessioncomment c WHERE c.partner_id = %(partner)s
        AND c.session_id = %(session)s AND c.at = %(at)s AND c.text = %(text)s) THEN '?' ELSE '' END)
WHERE partner_id = %(partner)s AND occurred_at = %(at)s AND kind = %(comment)s
    AND properties->>'text' = %(text)s
"""
NAMING_COMMENT: Final = f"""
UPDATE analytics_sessioncomment SET {_ERASED}
WHERE partner_id = %(partner)s AND at = %(at)s AND text = %(text)s
"""

# -- refused bodies --------------------------------------------------------------------------------------

EMPTY: Final = """
UPDATE commerce_rejection r
SET body = '', source = '', event_id = '', path = '', message = %(message)s, digest = u.digest
FROM unnest(%(ids)s::uuid[], %(digests)s::uuid[]) AS u (id, digest)
WHERE r.partner_id = %(partner)s AND r.id = u.id
"""
