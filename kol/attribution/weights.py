"""Paths in temporary tables, and the weights of the eight models over them in one pass."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, sql

_HERE: Final = Path(__file__).parent
_NUMBERS: Final = {
    "zero": sql.SQL("0.000000000000000000"),
    "one": sql.SQL("1.000000000000000000"),
    # Two digits more than a weight has: a quotient keeps the digits of what is divided.
    "fine": sql.SQL("1.00000000000000000000"),
}


def create_paths(connection: Connection[Any]) -> None:
    """Make the temporary tables `journey`, `step` and `removal_effect`, empty, until the transaction ends."""
    connection.execute((_HERE / "paths.sql").read_bytes())


def weigh(
    connection: Connection[Any],
    *,
    removal_effects: Mapping[tuple[UUID, date], Mapping[UUID, float]],
) -> None:
    """Make the temporary table `weight`: each collaboration of each journey with `placed_at`, once.

    `removal_effects` are by partner and month of the fit, then by KOL, 0 to 1; one not named has 0. Of each
    model's `*_weight`, 0 to 1 and cut behind 18 decimals, those of a journey sum to 1 but for what is cut,
    never to more, or to 0: nobody's. `touches`, `first_touched_at` and `last_touched_at` count codes too;
    `is_last` is of the last touch that is none. Again: the same rows.
    """
    connection.execute("DROP TABLE IF EXISTS pg_temp.weight")
    connection.execute("TRUNCATE removal_effect")
    with connection.cursor().copy("COPY removal_effect FROM STDIN") as copy:
        for (partner_id, month), effects in removal_effects.items():
            for kol_id, effect in effects.items():
                copy.write_row((partner_id, month, kol_id, f"{effect:.15f}"))
    # Nobody but us looks after temporary tables, and the plan hangs on their sizes.
    connection.execute("ANALYZE journey, step, removal_effect")
    connection.execute(sql.SQL((_HERE / "weights.sql").read_text()).format(**_NUMBERS))
