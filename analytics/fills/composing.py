"""Statements of the fills put together: files of SQL, and what stands in their places."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from psycopg import sql

from analytics.metrics import BASES, Metric

HERE: Final = Path(__file__).parent
# By the order of their viewers, so that neighbours are near each other.
IDENTITY: Final = (
    "(left(p.viewer_id::text, 18) || right(md5(p.session_id::text || p.viewer_id::text), 16))::uuid"
)
# Orders by the subject they are sold in: their session, and the broadcast of it where it has several.
SOLD: Final = (
    "(SELECT session_id AS subject_id, * FROM analytics_orderfact "
    "WHERE partner_id = %(partner)s AND session_id = ANY(%(sessions)s) "
    "UNION ALL SELECT broadcast_id, * FROM analytics_orderfact "
    "WHERE partner_id = %(partner)s AND broadcast_id = ANY(%(sessions)s))"
)


def raw(text: str) -> sql.Composable:
    """A text as it stands."""
    return sql.SQL(text)  # Declarations are code of ours, never input.


def listed(parts: Iterable[str]) -> sql.Composable:
    """Texts between commas."""
    return raw(", ".join(parts))


def updates(columns: Iterable[str]) -> sql.Composable:
    """What a conflict sets: each column to what was to be written."""
    return listed(f"{column} = EXCLUDED.{column}" for column in columns)


def by_basis(metrics: list[Metric]) -> dict[str, str]:
    """Column to aggregate, of metrics with bases."""
    return {metric.column(basis): metric.aggregate(basis) for metric in metrics for basis in BASES}


def compose(name: str, **parts: sql.Composable) -> sql.Composed:
    """A file of this package with its places filled."""
    return raw((HERE / name).read_text()).format(**parts)  # type: ignore[attr-defined, no-any-return]
