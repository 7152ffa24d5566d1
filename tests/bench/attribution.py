"""Eight attribution models over 100,000 orders with 400,000 touches, against one scan of the touches."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from commerce.connection import worker_connection
from commerce.models import new_id
from kol.attribution import Fit, create_paths, fit_markov, weigh
from tests.bench import attribution_fill
from tests.bench.measure import in_turn, show

MODELS: Final = 8
ORDERS: Final = 100_000
TOUCHES: Final = 400_000
KOLS: Final = 200
MONTH: Final = date(2026, 5, 1)
END: Final = datetime(2026, 6, 1, tzinfo=UTC)
SINCE: Final = END - timedelta(days=90)
SCAN: Final = "SELECT count(*), min(touched_at), max(touched_at) FROM step"
KINDS: Final = ("LIVE_VIEW", "LIVE_VIEW", "PRODUCT_CLICK", "PRODUCT_CLICK", "LINK_CLICK", "AFFILIATE")


def _paths(partner_id: UUID) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Orders with one to seven touches each: people who mostly come back to the KOLs they know."""
    rng = random.Random(1)
    contracts = {new_id(): [new_id() for _ in range(rng.choice((1, 1, 2)))] for _ in range(KOLS)}
    kols = list(contracts)
    left = TOUCHES
    for number in range(ORDERS):
        after = ORDERS - number - 1
        count = left if not after else max(1, min(rng.randint(1, 7), left - after))
        left -= count
        order_id, placed_at = new_id(), SINCE + timedelta(seconds=rng.randrange(90 * 86400))
        known = [kols[int(rng.triangular(0, KOLS, 0))] for _ in range(3)]
        ages = sorted((rng.randrange(7 * 86400) for _ in range(count)), reverse=True)
        steps = []
        for position, age in enumerate(ages, start=1):
            kol = rng.choice(known)
            is_code = position == count and rng.random() < 0.1
            steps.append(
                (
                    partner_id,
                    order_id,
                    position,
                    kol,
                    rng.choice(contracts[kol]),
                    "CODE" if is_code else rng.choice(KINDS),
                    placed_at - timedelta(seconds=age),
                    is_code and rng.random() < 0.5,
                )
            )
        yield (partner_id, order_id, MONTH, 1, rng.randrange(4), placed_at), steps


def _write(connection: Connection[Any], partner_id: UUID) -> None:
    told = list(_paths(partner_id))
    with connection.cursor().copy("COPY journey FROM STDIN") as copy:
        for journey, _ in told:
            copy.write_row(journey)
    with connection.cursor().copy("COPY step FROM STDIN") as copy:
        for _, steps in told:
            for step in steps:
                copy.write_row(step)


def run(*, rounds: int) -> None:
    """Print what all models cost in one pass, an eighth of it, and Markov's fit; then the whole fill."""
    _models(rounds=rounds)
    attribution_fill.run(rounds=max(2, rounds // 2))


def _models(*, rounds: int) -> None:
    connection, partner_id = worker_connection(), new_id()
    with connection.transaction():
        create_paths(connection)
        _write(connection, partner_id)
        fits = [Fit(partner_id=partner_id, month=MONTH, since=SINCE, until=END)]
        effects = fit_markov(connection, fits=fits)
        assert connection.execute(SCAN).fetchall()[0][0] == TOUCHES
        seconds = in_turn(
            {
                "scan": lambda: connection.execute(SCAN).fetchall(),
                "all eight": lambda: weigh(connection, removal_effects=effects),
                "Markov's fit": lambda: fit_markov(connection, fits=fits),
            },
            rounds=rounds,
        )
    whole = [sum(pair) for pair in zip(seconds["all eight"], seconds["Markov's fit"], strict=True)]
    show(
        f"{ORDERS:,} orders with {TOUCHES:,} touches",
        {
            **seconds,
            "a model": [taken / MODELS for taken in seconds["all eight"]],
            "a model, with the fit": [taken / MODELS for taken in whole],
        },
        limit="scan",
        goal={"a model": "30 (10)", "a model, with the fit": "30 (10)"},
    )
