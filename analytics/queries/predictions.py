"""Runs of models, and what the latest say of customers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import models

from analytics.models import CustomerPrediction, ModelRun
from commerce.access import Actor, scoped
from commerce.models import Customer


def model_runs(*, actor: Actor) -> "models.QuerySet[ModelRun]":
    """Every run of the actor's partners."""
    return scoped(ModelRun.objects.all(), actor=actor)


def uses_a_model(*, actor: Actor, currency: str) -> bool:
    """Whether the latest run of a currency passed its backtest, so that its model is used."""
    latest = model_runs(actor=actor).filter(currency=currency).order_by("-made_at", "-id").first()
    return latest is not None and latest.method == ModelRun.Method.MODEL


def predictions_of(customer_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, CustomerPrediction]:
    """What is said of customers, each with its run; one statement.

    Nothing of who was no customer yet when it was made, or who does not want to be profiled.
    """
    refusing = Customer.objects.filter(
        partner_id=models.OuterRef("partner_id"), id=models.OuterRef("customer_id"), consent_profiling=False
    )
    rows: models.QuerySet[Any] = CustomerPrediction.objects.select_related("run").filter(
        ~models.Exists(refusing), customer_id__in=customer_ids
    )
    return {row.customer_id: row for row in scoped(rows, actor=actor)}
