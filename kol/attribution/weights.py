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


# Nobody else looks after temporary tables, and without their sizes and keys the plan sorts for its joins. A
# tenth of the usual sample tells as much.
_KNOWN: Final = """
SET LOCAL work_mem = '64MB';
SET LOCAL jit = off;
SET LOCAL default_statistics_target = 10;
ANALYZE journey, step, removal_effect;
SET LOCAL default_statistics_target = DEFAULT;
"""


def create_paths(connection: Connection[Any]) -> None:
    """Make the tables `journey`, `step`, `removal_effect` and `weight`, empty, until the transaction ends."""
    connection.execute((_HERE / "paths.sql").read_bytes())


def make_known(connection: Connection[Any]) -> None:
    """Let the planner know what is in the tables of `create_paths` now."""
    connection.execute(_KNOWN)


def weigh(
    connection: Connection[Any],
    *,
    removal_effects: Mapping[tuple[UUID, date], Mapping[UUID, float]],
) -> None:
    """Fill the table `weight`: each collaboration of each order of the months in `removal_effects`, once.

    These are by partner and month of the fit, then by KOL, 0 to 1; a KOL not named has 0. Of each model's
    `*_weight`, 0 to 1 and cut behind 18 decimals, those of a journey sum to 1 but for what is cut, never to
    more, or to 0: nobody's. `touches`, `first_touched_at` and `last_touched_at` count codes too; `is_last`
    is of the last touch that is none. Again: the same rows.
    """
    connection.execute("TRUNCATE weight, removal_effect")
    with connection.cursor().copy("COPY removal_effect FROM STDIN") as copy:
        for (partner_id, month), effects in removal_effects.items():
            for kol_id, effect in effects.items():
                copy.write_row((partner_id, month, kol_id, f"{effect:.15f}"))
    make_known(connection)
    months = {
        "partners": [partner_id for partner_id, _ in removal_effects],
        "months": [month for _, month in removal_effects],
    }
    connection.execute(sql.SQL((_HERE / "weights.sql").read_text()).format(**_NUMBERS), months)
