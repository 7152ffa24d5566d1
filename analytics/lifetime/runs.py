"""Runs: both models fitted to what was known by a day, tested on what came after, and judged."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from psycopg import Connection

from analytics.lifetime import amounts, gates, purchases
from analytics.lifetime.customers import EPOCH, Customers, Window, customers, gather, grouped
from analytics.lifetime.estimation import Array, Fit
from analytics.lifetime.holdout import Baseline, Holdout, beside_past_spend, compare

HOLDOUT_DAYS: Final = 90


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run before it is written down, and the customers it saw."""

    window: Window
    by_margin: bool
    everyone: Customers
    starts_on: date | None
    size: int
    repeaters: int
    purchases: Fit | None
    amounts: Fit | None
    correlation: float | None
    fingerprint: str
    holdout: Holdout | None
    baseline: Baseline | None
    gates: list[gates.Gate]
    mean_purchases: float | None
    mean_value: float | None

    @property
    def is_used(self) -> bool:
        """Whether predictions are the model's."""
        return all(gate.is_passed for gate in self.gates)


def window_of(today: date) -> Window:
    """What a run of a day sees: everything up to the day before, the last 90 days of it to be tested on."""
    return Window(calibrated_to=today - timedelta(days=HOLDOUT_DAYS), observed_to=today)


def make_run(
    connection: Connection[Any], *, partner_id: UUID, currency: str, timezone: str, window: Window
) -> Run:
    """Fit and test the models on a partner's customers of one currency, within a transaction."""
    by_margin = gather(connection, partner_id=partner_id, currency=currency, timezone=timezone, window=window)
    rows = grouped(connection, window=window)
    everyone = customers(connection)
    known = everyone.only(everyone.first_day <= window.calibrated_day)
    told = purchases.histories_of(rows)
    spent = amounts.amounts_of(
        np.stack([known.repeats, mean_value(known.repeats, known.repeat_worth), np.ones(len(known))], axis=1)
    )
    of_purchases = purchases.fit_purchases(told) if told.repeaters else None
    of_amounts = amounts.fit_amounts(spent) if len(spent.repeats) else None
    holdout, baseline = _test(known, of_purchases, of_amounts, window)
    size = told.size
    return Run(
        window=window,
        by_margin=by_margin,
        everyone=everyone,
        starts_on=EPOCH + timedelta(days=int(known.first_day.min())) if size else None,
        size=size,
        repeaters=told.repeaters,
        purchases=of_purchases,
        amounts=of_amounts,
        correlation=amounts.correlation(spent),
        fingerprint=_fingerprint(rows, spent),
        holdout=holdout,
        baseline=baseline,
        gates=gates.judge(
            customers=size,
            repeaters=told.repeaters,
            purchases=of_purchases,
            amounts=of_amounts,
            ratio=None if holdout is None else holdout.ratio,
        ),
        mean_purchases=float(known.later.mean()) if size else None,
        mean_value=float(known.later_worth.mean()) if size else None,
    )


def mean_value(repeats: Array, worth: Array) -> Array:
    """What a repeat day was worth on average; 0 without any, and where it was worth less than nothing."""
    told: Array = np.maximum(worth, 0.0) / np.maximum(repeats, 1.0)
    return told


def _test(
    known: Customers, of_purchases: Fit | None, of_amounts: Fit | None, window: Window
) -> tuple[Holdout | None, Baseline | None]:
    """How predictions of the holdout fared; nothing to say without both models."""
    if of_purchases is None or of_amounts is None:
        return None, None
    predicted = purchases.expected_purchases(
        of_purchases.values, **known.calibrated(window), weeks=window.holdout_days / purchases.DAYS_OF_WEEK
    )
    value = amounts.expected_value(
        of_amounts.values, repeats=known.repeats, value=mean_value(known.repeats, known.repeat_worth)
    )
    if not np.all(np.isfinite(predicted) & np.isfinite(value)):
        return None, None
    worth = predicted * value
    holdout = compare(
        predicted=predicted, actual=known.later, predicted_value=worth, actual_value=known.later_worth
    )
    past = known.first_worth + known.repeat_worth
    return holdout, beside_past_spend(past=past, predicted_value=worth, actual_value=known.later_worth)


def _fingerprint(rows: Array, spent: amounts.Amounts) -> str:
    """Of what both models were fitted to, in an order of its own."""
    order = np.lexsort((spent.value, spent.repeats))
    parts = (rows.astype("<i8"), spent.repeats[order].astype("<f8"), spent.value[order].astype("<f8"))
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def told_parameters(run: Run) -> dict[str, Mapping[str, Any]]:
    """Values and standard errors of both models, as they are kept."""
    return {
        name: {key: {"value": fit.parameters[key], "error": fit.errors[key]} for key in fit.parameters}
        for name, fit in (("purchases", run.purchases), ("amounts", run.amounts))
        if fit is not None
    }


def told_holdout(run: Run) -> dict[str, Any]:
    """The holdout as it is kept."""
    return {} if run.holdout is None else asdict(run.holdout)


def told_baseline(run: Run) -> dict[str, Any]:
    """The baseline as it is kept."""
    return {} if run.baseline is None else asdict(run.baseline)


def told_gates(run: Run) -> list[dict[str, Any]]:
    """The gates as they are kept."""
    return [{"gate": gate.name, "is_passed": gate.is_passed, "reason": gate.reason} for gate in run.gates]
