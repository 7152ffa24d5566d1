"""What customers will be worth: runs of the models, and what they say of a customer."""

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    Node,
    computed,
    connection_of,
    needs,
    node_id,
    own_id,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.values import FOUR_DECIMALS, SIX_DECIMALS, Money, Provenance, Ratio, money, plain
from analytics.graphql.values import ratio as quotient
from analytics.lifetime import parameters
from analytics.models import ModelRun as RunRow
from analytics.queries import predictions
from commerce import queries
from commerce.access import Actor
from config.api.scalars import BigInt, CurrencyCode, parse_date_time

LETTER: Final = "B"
PARAMETERS: Final = {"purchases": parameters.PURCHASES, "amounts": parameters.AMOUNTS}


@strawberry.enum(description="What predictions are made by.")
class PredictionMethod(enum.Enum):
    MODEL = strawberry.enum_value("MODEL", description="By the models of the run: it passed every gate.")
    COHORT_MEAN = strawberry.enum_value(
        "COHORT_MEAN",
        description="A gate was not passed: the mean of all customers while it was tested, for everybody.",
    )


@strawberry.enum(description="What of an order is its worth in a model.")
class ModelWorth(enum.Enum):
    MARGIN = strawberry.enum_value(
        "MARGIN",
        description="Net of refunds of the order and of its costs, which are known of every paid order.",
    )
    NET = strawberry.enum_value(
        "NET", description="Net of refunds of the order; the costs of some paid order are not known."
    )


@strawberry.enum(description="The unit of time in a model's parameters.")
class ModelUnit(enum.Enum):
    WEEK = strawberry.enum_value("WEEK", description="Weeks of seven days.")


@strawberry.enum(description="A condition that a run has to meet before predictions are made by it.")
class ModelGateKey(enum.Enum):
    CUSTOMERS = strawberry.enum_value("CUSTOMERS", description="At least 500 customers.")
    REPEATERS = strawberry.enum_value("REPEATERS", description="At least 100 of them bought on another day.")
    CONVERGED = strawberry.enum_value(
        "CONVERGED", description="The best parameters of both models were found."
    )
    WITHIN_BOUNDS = strawberry.enum_value(
        "WITHIN_BOUNDS", description="None is at the end of what is allowed."
    )
    FINITE_MEAN = strawberry.enum_value("FINITE_MEAN", description="The model of amounts has a mean.")
    HOLDOUT_RATIO = strawberry.enum_value(
        "HOLDOUT_RATIO", description="From 0.7 to 1.3 purchases were predicted for each one that came."
    )


@strawberry.enum(
    description="Thirds of the customers by what twelve months of them are expected to be worth."
)
class CustomerSegment(enum.Enum):
    LOW = strawberry.enum_value("LOW", description="Worth less than the run's `lowCut`.")
    MIDDLE = strawberry.enum_value("MIDDLE", description="Worth `lowCut` or more, and less than `highCut`.")
    HIGH = strawberry.enum_value("HIGH", description="Worth the run's `highCut` or more.")


@strawberry.type(description="A parameter of a model.")
class ModelParameter:
    name: str = strawberry.field(description="As the papers name it.")
    value: float = strawberry.field(description="Where the likelihood is greatest.")
    error: float | None = strawberry.field(description="Its standard error; null where there is none.")


@strawberry.type(description="A condition, and whether a run meets it.")
class ModelGate:
    gate: ModelGateKey = strawberry.field(description="Which condition.")
    is_passed: bool = strawberry.field(description="Whether it holds.")
    reason: str | None = strawberry.field(description="Why it does not hold, in words; null where it does.")


@strawberry.type(
    description="A tenth of the customers: what one of them made on average while it was tested."
)
class HoldoutTenth:
    tenth: BigInt = strawberry.field(description="From 1: of whom most purchases were predicted.")
    predicted: Decimal = strawberry.field(description="Purchases that were predicted.")
    actual: Decimal = strawberry.field(description="Purchases that came.")
    predicted_value: Money = strawberry.field(description="The worth that was predicted.")
    actual_value: Money = strawberry.field(description="The worth that came.")


@strawberry.type(description="What was predicted of days the models were not fitted to, and what came.")
class ModelHoldout:
    ratio: Ratio = strawberry.field(
        description="Purchases predicted / purchases that came: below 1 too few were predicted."
    )
    predicted_value: Money = strawberry.field(description="The worth that was predicted of all customers.")
    actual_value: Money = strawberry.field(description="The worth that came.")
    tenths: list[HoldoutTenth] = strawberry.field(
        description="Both by tenth of the customers; customers alike are shared where a tenth ends."
    )


@strawberry.type(description="The model beside past spend alone, which is the baseline it has to beat.")
class ModelBaseline:
    share: Ratio = strawberry.field(
        description="Worth that came of the tenth of customers with the highest past spend / of all."
    )
    model_share: Ratio = strawberry.field(
        description="Worth that came of the tenth of customers of whom the model predicted most / of all."
    )
    error: Money = strawberry.field(
        description="What a customer's worth is missed by, the root of the mean square: by past spend, "
        "scaled to what the model predicts in sum."
    )
    model_error: Money = strawberry.field(description="The same, by the model.")


@strawberry.type(
    description="Models of how often customers buy (BG/NBD) and for how much (Gamma-Gamma), fitted to the "
    "customers of one currency and tested on what came after. It never changes."
)
class ModelRun(Node):
    currency: CurrencyCode = strawberry.field(description="Customers whose first purchase was in it.")
    worth: ModelWorth = strawberry.field(description="What of an order counts.")
    unit: ModelUnit = strawberry.field(description="The unit of time in its parameters.")
    starts_on: dt.date | None = strawberry.field(
        description="The day of the earliest first purchase; null where there was none."
    )
    calibrated_to: dt.date = strawberry.field(description="The day after the last one it was fitted to.")
    observed_to: dt.date = strawberry.field(
        description="The day after the last one it was tested on: predictions are from it on."
    )
    customers: BigInt = strawberry.field(description="How many it was fitted to.")
    repeaters: BigInt = strawberry.field(description="How many of them bought on another day than the first.")
    purchase_parameters: list[ModelParameter] = strawberry.field(
        description="r, alpha, a and b of BG/NBD; empty where nobody bought again."
    )
    log_likelihood: Decimal | None = strawberry.field(description="Of BG/NBD; null where it is not fitted.")
    amount_parameters: list[ModelParameter] = strawberry.field(
        description="p, q and v of Gamma-Gamma; empty where no repeat purchase was worth anything."
    )
    amounts_log_likelihood: Decimal | None = strawberry.field(
        description="Of Gamma-Gamma; null where it is not fitted."
    )
    correlation: Decimal | None = strawberry.field(
        description="Of how often and how much customers bought again: Gamma-Gamma says it is none."
    )
    fingerprint: str = strawberry.field(description="SHA-256 of what it was fitted to: the same is the same.")
    holdout: ModelHoldout | None = strawberry.field(
        description="How it was tested; null where nothing could be fitted."
    )
    baseline: ModelBaseline | None = strawberry.field(
        description="Beside past spend; null where nothing could be fitted."
    )
    gates: list[ModelGate] = strawberry.field(description="What it has to meet to be used.")
    method: PredictionMethod = strawberry.field(description="What predictions are made by since.")
    mean_purchases: Decimal | None = strawberry.field(
        description="Purchases of a customer while it was tested; null without customers."
    )
    mean_value: Money | None = strawberry.field(description="Their worth; null without customers.")
    low_cut: Money | None = strawberry.field(description="Where the low segment ends; null without a model.")
    high_cut: Money | None = strawberry.field(description="Where the high one begins; null without a model.")
    made_at: dt.datetime = strawberry.field(description="When it was made.")
    provenance: Provenance = strawberry.field(description="PREDICTED.")


@strawberry.type(description="What a customer is expected to do in so many days.")
class ExpectedPurchases:
    days: BigInt = strawberry.field(description="How many days, from `from` on.")
    purchases: Decimal = strawberry.field(description="Days with a purchase, on average.")
    value: Money = strawberry.field(description="What they are worth, on average.")


@strawberry.type(description="What the latest run says of a customer.")
class CustomerPrediction:
    method: PredictionMethod = strawberry.field(description="What it is made by.")
    unmet_gates: list[ModelGate] = strawberry.field(description="Why it is not the model; empty where it is.")
    starts_on: dt.date = strawberry.field(
        name="from", description="The first of the days that are predicted."
    )
    is_alive_probability: float | None = strawberry.field(
        description="How likely the customer still buys; null without the model."
    )
    next_90_days: ExpectedPurchases = strawberry.field(
        name="next90Days", description="What is expected of 90 days."
    )
    next_12_months: ExpectedPurchases = strawberry.field(
        name="next12Months", description="What is expected of 365 days."
    )
    segment: CustomerSegment | None = strawberry.field(
        description="By the expected worth of twelve months; null without the model."
    )
    segment_probability: float | None = strawberry.field(
        description="How likely twelve months come to be worth what the segment stands for; null "
        "without the model."
    )
    model_run_id: strawberry.ID = strawberry.field(description="The run, for `node`.")
    worth: ModelWorth = strawberry.field(description="What of an order counts in the values.")
    made_at: dt.datetime = strawberry.field(description="When it was made.")
    provenance: Provenance = strawberry.field(description="PREDICTED.")


# -- as they are shown ---------------------------------------------------------------------------


def _number(value: float) -> Decimal:
    return plain(Decimal(value).quantize(SIX_DECIMALS))


def _amount(value: float | Decimal, currency: str) -> Money:
    return money(Decimal(value).quantize(FOUR_DECIMALS), currency)


def _predicted(numerator: float, denominator: float) -> Ratio:
    told = quotient(_number(numerator), _number(denominator))
    told.provenance = Provenance.PREDICTED
    return told


def _gates(row: RunRow) -> list[ModelGate]:
    return [
        ModelGate(gate=ModelGateKey[one["gate"]], is_passed=one["is_passed"], reason=one["reason"] or None)
        for one in row.gates
    ]


def _parameters(row: RunRow, model: str) -> list[ModelParameter]:
    told: Mapping[str, Any] = row.parameters.get(model, {})
    return [
        ModelParameter(name=name, value=told[name]["value"], error=told[name]["error"])
        for name in PARAMETERS[model]
        if name in told
    ]


def _holdout(row: RunRow) -> ModelHoldout | None:
    told = row.holdout
    if not told:
        return None
    return ModelHoldout(
        ratio=_predicted(told["predicted"], told["actual"]),
        predicted_value=_amount(told["predicted_value"], row.currency),
        actual_value=_amount(told["actual_value"], row.currency),
        tenths=[
            HoldoutTenth(
                tenth=BigInt(place),
                predicted=_number(one["predicted"]),
                actual=_number(one["actual"]),
                predicted_value=_amount(one["predicted_value"], row.currency),
                actual_value=_amount(one["actual_value"], row.currency),
            )
            for place, one in enumerate(told["tenths"], 1)
        ],
    )


def _baseline(row: RunRow) -> ModelBaseline | None:
    told = row.baseline
    if not told:
        return None
    came = row.holdout["actual_value"]
    return ModelBaseline(
        share=_predicted((told["share"] or 0) * came, came),
        model_share=_predicted((told["model_share"] or 0) * came, came),
        error=_amount(told["error"], row.currency),
        model_error=_amount(told["model_error"], row.currency),
    )


def shown_run(row: RunRow) -> ModelRun:
    """A run as the API shows it."""
    return ModelRun(
        id=node_id(LETTER, row.id),
        currency=CurrencyCode(row.currency),
        worth=ModelWorth[row.worth],
        unit=ModelUnit[row.unit],
        starts_on=row.starts_on,
        calibrated_to=row.calibrated_to,
        observed_to=row.observed_to,
        customers=BigInt(row.customers),
        repeaters=BigInt(row.repeaters),
        purchase_parameters=_parameters(row, "purchases"),
        log_likelihood=row.log_likelihood,
        amount_parameters=_parameters(row, "amounts"),
        amounts_log_likelihood=row.amounts_log_likelihood,
        correlation=row.correlation,
        fingerprint=row.fingerprint,
        holdout=_holdout(row),
        baseline=_baseline(row),
        gates=_gates(row),
        method=PredictionMethod[row.method],
        mean_purchases=None if row.mean_purchases is None else plain(row.mean_purchases),
        mean_value=None if row.mean_value is None else _amount(row.mean_value, row.currency),
        low_cut=None if row.low_cut is None else money(row.low_cut, row.currency),
        high_cut=None if row.high_cut is None else money(row.high_cut, row.currency),
        made_at=row.made_at,
        provenance=Provenance.PREDICTED,
    )


def predictions_of(customer_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, CustomerPrediction]:
    """What is said of customers, by their ids, in one statement: an answer for siblings to load."""
    return {
        identity: CustomerPrediction(
            method=PredictionMethod[row.run.method],
            unmet_gates=[gate for gate in _gates(row.run) if not gate.is_passed],
            starts_on=row.run.observed_to,
            is_alive_probability=None if row.p_alive is None else float(row.p_alive),
            next_90_days=ExpectedPurchases(
                days=BigInt(90),
                purchases=plain(row.purchases_90d),
                value=money(row.value_90d, row.run.currency),
            ),
            next_12_months=ExpectedPurchases(
                days=BigInt(365),
                purchases=plain(row.purchases_365d),
                value=money(row.value_365d, row.run.currency),
            ),
            segment=CustomerSegment[row.segment] if row.segment else None,
            segment_probability=None if row.segment_probability is None else float(row.segment_probability),
            model_run_id=node_id(LETTER, row.run_id),
            worth=ModelWorth[row.run.worth],
            made_at=row.run.made_at,
            provenance=Provenance.PREDICTED,
        )
        for identity, row in predictions.predictions_of(customer_ids, actor=actor).items()
    }


def run_by_id(info: Info, identity: UUID) -> ModelRun | None:
    """The run of an id."""
    row = predictions.model_runs(actor=needs(info, "read")).filter(id=identity).first()
    return None if row is None else shown_run(row)


# -- the fields ----------------------------------------------------------------------------------


@strawberry.input(one_of=True, description="Which run is meant.")
class ModelRunBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The id.")


RunArgument = Annotated[ModelRunBy, strawberry.argument(description="Which run is meant.")]


@strawberry.type
class LifetimeQueries:
    """Root fields: models of lifetime value."""

    @computed(description="Runs of the models of lifetime value, the latest first, a page at a time.")
    def model_runs(
        self, info: Info, first: FirstArgument = 20, after: AfterArgument = None
    ) -> Connection[ModelRun]:
        actor, size = needs(info, "read"), page_size(first)
        found = queries.page(
            predictions.model_runs(actor=actor),
            ordering=queries.Ordering(column="made_at", is_descending=True),
            after=read_cursor(after, order="model runs", kinds=(parse_date_time, UUID)),
            limit=size + 1,
        )
        return connection_of(
            found,
            size=size,
            after=after,
            cursor=lambda row: write_cursor("model runs", (row.made_at, row.id)),
            node=shown_run,
        )

    @computed(description="One run; null when there is none.")
    def model_run(self, info: Info, by: RunArgument) -> ModelRun | None:
        identity = own_id(by.id or "", LETTER)
        return None if identity is None else run_by_id(info, identity)
