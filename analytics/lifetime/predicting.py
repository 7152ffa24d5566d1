"""Runs of a day and what they say of each customer, written down together; twice a day is once."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import Connection
from psycopg.types.json import Jsonb

from analytics import staleness
from analytics.lifetime import copying, runs
from analytics.lifetime.predictions import Predictions, predict
from analytics.models import ModelRun
from commerce.connection import worker_connection
from commerce.models import new_id

SEGMENTS: Final = ("LOW", "MIDDLE", "HIGH")
"""By their place in `Predictions.segment`."""
STAGED: Final = {
    "customer_id": copying.IDENTITY, "p_alive": copying.NUMBER, "purchases_90d": copying.NUMBER,
    "purchases_365d": copying.NUMBER, "value_90d": copying.NUMBER, "value_365d": copying.NUMBER,
    "segment": copying.COUNT, "chance": copying.NUMBER,
}  # fmt: skip

DUE: Final = """
SELECT p.id FROM commerce_partner p
WHERE EXISTS (SELECT FROM analytics_customerlife l WHERE l.partner_id = p.id)
    AND NOT EXISTS (SELECT FROM analytics_modelrun r WHERE r.partner_id = p.id
        AND r.observed_to = (%s AT TIME ZONE p.timezone)::date)
"""
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
CURRENCIES: Final = "SELECT DISTINCT currency FROM analytics_customerlife WHERE partner_id = %s ORDER BY 1"
MADE: Final = "SELECT EXISTS (SELECT FROM analytics_modelrun WHERE partner_id = %s AND observed_to = %s)"
STORE_RUN: Final = """
INSERT INTO analytics_modelrun (partner_id, id, currency, unit, worth, starts_on, calibrated_to, observed_to,
    customers, repeaters, parameters, log_likelihood, amounts_log_likelihood, correlation, fingerprint,
    holdout_ratio, holdout, baseline, gates, method, mean_purchases, mean_value, low_cut, high_cut, made_at)
VALUES (%(partner)s, %(id)s, %(currency)s, 'WEEK', %(worth)s, %(starts_on)s, %(calibrated_to)s,
    %(observed_to)s, %(customers)s, %(repeaters)s, %(parameters)s, %(log_likelihood)s,
    %(amounts_log_likelihood)s, %(correlation)s, %(fingerprint)s, %(holdout_ratio)s, %(holdout)s,
    %(baseline)s, %(gates)s, %(method)s, %(mean_purchases)s, %(mean_value)s, %(low_cut)s, %(high_cut)s,
    %(now)s)
"""
FORGET: Final = "DELETE FROM analytics_customerprediction WHERE partner_id = %s"
# Row security takes no COPY: the rows come by way of a table of this transaction alone.
STAGE: Final = """
DROP TABLE IF EXISTS predicted;
CREATE TEMP TABLE predicted (customer_id uuid, p_alive float8, purchases_90d float8, purchases_365d float8,
    value_90d float8, value_365d float8, segment int4, chance float8) ON COMMIT DROP
"""
STORE: Final = """
INSERT INTO analytics_customerprediction (partner_id, id, customer_id, run_id, p_alive, purchases_90d,
    purchases_365d, value_90d, value_365d, segment, segment_probability)
SELECT %(partner)s, customer_id, customer_id, %(run)s,
    CASE WHEN segment >= 0 THEN round(p_alive::numeric, 6) END, round(purchases_90d::numeric, 6),
    round(purchases_365d::numeric, 6), round(value_90d::numeric, 4), round(value_365d::numeric, 4),
    COALESCE((%(segments)s::text[])[segment + 1], ''),
    CASE WHEN segment >= 0 THEN round(chance::numeric, 6) END
FROM predicted p
WHERE NOT EXISTS (SELECT FROM commerce_customer c
    WHERE c.partner_id = %(partner)s AND c.id = p.customer_id AND NOT c.consent_profiling)
"""


def partners_to_predict(*, now: datetime) -> list[UUID]:
    """Partners with customers, of whom nothing was predicted on the day it is with them."""
    return [row[0] for row in worker_connection().execute(DUE, [now]).fetchall()]


def predict_customers(*, partner_id: UUID, now: datetime) -> int:
    """Make the runs of a partner's day and predict all his customers; answers how many runs were made.

    One run a currency. By two at once it is done once.
    """
    connection = worker_connection()
    with connection.transaction():
        row = connection.execute(
            "SELECT timezone FROM commerce_partner WHERE id = %s", [partner_id]
        ).fetchone()
        held = connection.execute(LOCK, [f"predictions of {partner_id}"]).fetchone()
        if row is None or held is None or not held[0] or staleness.is_paused(connection, partner_id):
            return 0
        timezone = row[0]
        window = runs.window_of(now.astimezone(ZoneInfo(timezone)).date())
        made = connection.execute(MADE, [partner_id, window.observed_to]).fetchone()
        if made is not None and made[0]:
            return 0
        connection.execute(FORGET, [partner_id])
        currencies = [told[0] for told in connection.execute(CURRENCIES, [partner_id]).fetchall()]
        for currency in currencies:
            run = runs.make_run(
                connection, partner_id=partner_id, currency=currency, timezone=timezone, window=window
            )
            write(connection, run, partner_id=partner_id, currency=currency, now=now)
        return len(currencies)


def write(
    connection: Connection[Any], run: runs.Run, *, partner_id: UUID, currency: str, now: datetime
) -> UUID:
    """Put a run down, and what it says of everybody it saw; answers its id."""
    told = predict(run)
    identity = new_id()
    connection.execute(
        STORE_RUN,
        {
            **_columns(run, None if told is None else told.cuts),
            "partner": partner_id,
            "id": identity,
            "currency": currency,
            "now": now,
        },
    )
    if told is not None:
        connection.execute(STAGE)
        copying.write(connection, "predicted", STAGED, values=_staged(run, told))
        connection.execute(STORE, {"partner": partner_id, "run": identity, "segments": list(SEGMENTS)})
    return identity


def _staged(run: runs.Run, told: Predictions) -> Mapping[str, copying.Rows]:
    return {
        "customer_id": run.everyone.ids,
        "p_alive": told.p_alive,
        "purchases_90d": told.purchases[0],
        "purchases_365d": told.purchases[1],
        "value_90d": told.values[0],
        "value_365d": told.values[1],
        "segment": told.segment,
        "chance": told.chance,
    }


def _columns(run: runs.Run, cuts: tuple[float, float] | None) -> Mapping[str, Any]:
    worths, methods = ModelRun.Worth, ModelRun.Method
    return {
        "worth": (worths.MARGIN if run.by_margin else worths.NET).value,
        "starts_on": run.starts_on,
        "calibrated_to": run.window.calibrated_to,
        "observed_to": run.window.observed_to,
        "customers": run.size,
        "repeaters": run.repeaters,
        "parameters": Jsonb(runs.told_parameters(run)),
        "log_likelihood": _six(None if run.purchases is None else run.purchases.log_likelihood),
        "amounts_log_likelihood": _six(None if run.amounts is None else run.amounts.log_likelihood),
        "correlation": _six(run.correlation),
        "fingerprint": run.fingerprint,
        "holdout_ratio": _six(None if run.holdout is None else run.holdout.ratio),
        "holdout": Jsonb(runs.told_holdout(run)),
        "baseline": Jsonb(runs.told_baseline(run)),
        "gates": Jsonb(runs.told_gates(run)),
        "method": (methods.MODEL if run.is_used else methods.COHORT_MEAN).value,
        "mean_purchases": _six(run.mean_purchases),
        "mean_value": _six(run.mean_value),
        "low_cut": None if cuts is None else Decimal(repr(cuts[0])),
        "high_cut": None if cuts is None else Decimal(repr(cuts[1])),
    }


def _six(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(f"{value:.6f}")
