"""Viewers read for a ladder: what they did, and what they had bought."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
from psycopg import Connection, sql

from analytics.followups.ladder import Viewers
from analytics.lifetime.customers import has_all_costs

HERE: Final = Path(__file__).parent
MOST: Final = 200_000
"""The latest viewings that are learnt from; a session of more viewers is scored whole."""
KNOWN: Final = "r.window_ended_at + make_interval(secs => p.tail_seconds) + interval '90 days' <= %(now)s"
OF_SESSION: Final = "s.id = %(session)s"


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Viewers with whose they are: element i of each."""

    viewer_ids: list[UUID]
    customer_ids: list[UUID | None]
    may_be_approached: list[bool]
    """Customers who agreed to it, and did not object to be profiled."""
    told: Viewers


class Reader:
    """Reads viewers of one partner and currency; influencers have the same numbers in all it reads."""

    def __init__(
        self, connection: Connection[Any], *, partner_id: UUID, timezone: str, currency: str, now: datetime
    ) -> None:
        self._connection = connection
        self._kols = {"": 0}
        self._values: dict[str, Any] = {
            "partner": partner_id,
            "timezone": timezone,
            "currency": currency,
            "now": now,
            "by_margin": has_all_costs(connection, partner_id=partner_id, currency=currency),
        }

    def known(self) -> Viewers:
        """Viewers of sessions whose tail was over 90 days ago or earlier, in the order these ended."""
        return self._read(KNOWN, most=MOST).told

    def of(self, session_id: UUID) -> Crowd:
        """The viewers of one session."""
        return self._read(OF_SESSION, session=session_id)

    def _read(self, which: str, *, most: int | None = None, session: UUID | None = None) -> Crowd:
        values = {**self._values, "most": most, "session": session}
        rows = self._connection.execute(_statement(which), values).fetchall()
        for row in rows:
            self._kols.setdefault(row[2], len(self._kols))
        numbers = np.array([[self._kols[row[2]], *row[3:-1]] for row in rows], dtype=np.float64)
        return Crowd(
            viewer_ids=[row[0] for row in rows],
            customer_ids=[row[1] for row in rows],
            may_be_approached=[row[1] is not None and row[-1] for row in rows],
            told=_viewers(numbers, len(rows)),
        )


@cache
def _statement(which: str) -> sql.Composed:
    text = (HERE / "viewers.sql").read_text()
    return sql.SQL(text).format(which=sql.SQL(which))  # A file of ours.


def _viewers(numbers: "np.ndarray[Any, np.dtype[np.float64]]", size: int) -> Viewers:
    (
        kol, ended, has_bought, is_returning, watch_share, join_share, clicks, comments, carts,
        repeats, recency, age, worth, spent,
    ) = numbers.reshape(size, 14).T  # fmt: skip
    return Viewers(
        kol=kol, ended=ended, has_bought=has_bought, is_returning=is_returning, watch_share=watch_share,
        join_share=join_share, clicks=clicks, comments=comments, carts=carts, repeats=repeats,
        recency=recency, age=age, worth=worth, spent=spent,
    )  # fmt: skip
