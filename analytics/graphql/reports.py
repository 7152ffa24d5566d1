"""How periods went: reports by cadence, what is due for review, and targets of periods."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import strawberry

from analytics.exports import Table, csv_chunks
from analytics.graphql.metrics import Cadence, MetricKey, MetricScope, Unit
from analytics.graphql.pages import (
    computed,
    node_id,
)
from analytics.graphql.targets import LETTER as TARGET_LETTER
from analytics.graphql.targets import TargetStatus
from analytics.graphql.values import SalesBasis
from analytics.plans import words
from config.api.cost import reads
from config.api.scalars import BigInt, CurrencyCode

LETTER: Final = "r"


@strawberry.enum(description="What to do about a target after a period.")
class Verdict(enum.Enum):
    CONTINUE = strawberry.enum_value("CONTINUE", description="It was reached: go on.")
    IMPROVE = strawberry.enum_value("IMPROVE", description="It was missed; the words say what moved.")
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="There was nothing to judge it by.")


@strawberry.type(description="A number of a period beside that of the period before.")
class PeriodMetric:
    metric: MetricKey = strawberry.field(description="The number.")
    about: MetricScope = strawberry.field(description="What it is of: all sessions, or the shop.")
    label: str = strawberry.field(description="The number's name for people.")
    unit: Unit = strawberry.field(description="How it is written.")
    currency: CurrencyCode | None = strawberry.field(
        description="The currency whose orders count; null where sales do not matter."
    )
    value: Decimal | None = strawberry.field(
        description="The number over the period: sums, the highest of peaks, distinct people counted anew, "
        "quotients of the sums of both parts. Null for a quotient of nothing."
    )
    numerator: Decimal | None = strawberry.field(
        description="What is divided; people once for each session. Null when it is no quotient."
    )
    denominator: Decimal | None = strawberry.field(
        description="What it is divided by; people once for each session. Null when it is no quotient."
    )
    previous: Decimal | None = strawberry.field(description="The number over the period before.")
    change: Decimal | None = strawberry.field(
        description="The change as a share of the period before; null where that was nothing."
    )


@strawberry.type(description="How a target fared in a period.")
class ReportFinding:
    verdict: Verdict = strawberry.field(description="What to do about it.")
    target_id: strawberry.ID = strawberry.field(description="The target.")
    metric: MetricKey = strawberry.field(description="The number.")
    about: MetricScope = strawberry.field(description="What it is of.")
    owner: str = strawberry.field(description="Who answered for it at the end of the period.")
    value: Decimal = strawberry.field(description="The target's value at the end of the period.")
    level: Decimal | None = strawberry.field(
        description="The number to reach; null without a baseline."
    )
    actual: Decimal | None = strawberry.field(description="The number that was reached.")
    attainment: Decimal | None = strawberry.field(
        description="actual / level, and level / actual where less is better."
    )
    status: TargetStatus = strawberry.field(description="Whether it was reached.")
    words: str = strawberry.field(
        description="It in words: what was reached, and where that was missed which component moved."
    )


@strawberry.type(description="One factor of a sum of money, and how much of its change it made.")
class SalesFactor:
    label: str = strawberry.field(description="The factor's name.")
    before: Decimal = strawberry.field(description="In the period before.")
    now: Decimal = strawberry.field(description="In the period.")
    contribution: Decimal = strawberry.field(
        description="How much of the change is its, by logarithmic means; all of them add up to the change."
    )


@strawberry.type(
    description="What moved a sum of money: sales = viewers (once for each session) x VBR x orders for each "
    "viewer who bought x AOV; the shop's = orders x AOV."
)
class SalesChange:
    metric: MetricKey = strawberry.field(description="The sum.")
    about: MetricScope = strawberry.field(description="What it is of.")
    currency: CurrencyCode = strawberry.field(description="Its currency.")
    before: Decimal = strawberry.field(description="In the period before.")
    now: Decimal = strawberry.field(description="In the period.")
    factors: list[SalesFactor] = strawberry.field(description="Its factors, in order.")
    words: str = strawberry.field(description="It in words.")


@strawberry.type(description="How a period of the partner's calendar went, as it was known when it was made.")
class CadenceReport:
    id: strawberry.ID = strawberry.field(description="An opaque id; `report` finds it.")
    cadence: Cadence = strawberry.field(description="How long such periods are.")
    starts_on: dt.date = strawberry.field(name="from", description="The first day.")
    ends_on: dt.date = strawberry.field(name="to", description="The day after the last one.")
    version: BigInt = strawberry.field(
        description="Starts with 1, made when the period had closed; one more each time a number had changed."
    )
    is_latest: bool = strawberry.field(description="Whether there is no later version.")
    made_at: dt.datetime = strawberry.field(description="When this version was made.")
    basis: SalesBasis = strawberry.field(description="Which orders count, but for targets of another basis.")
    currency: CurrencyCode = strawberry.field(description="The one currency of its sales.")
    other_currencies: list[CurrencyCode] = strawberry.field(
        description="Currencies with sales in the period, which it leaves out."
    )
    sessions: BigInt = strawberry.field(description="How many sessions began in the period.")
    previous_sessions: BigInt = strawberry.field(description="How many in the period before.")
    content: strawberry.Private[dict[str, Any]]

    @computed(description="Every number that is looked at this often, or more often.")
    @reads(weight=0, size=0)
    def metrics(self) -> list[PeriodMetric]:
        return [_metric(told) for told in self.content["metrics"]]

    @computed(description="How each target fared: what is to improve first, then what is to continue.")
    @reads(weight=0, size=0)
    def findings(self) -> list[ReportFinding]:
        return [_finding(found) for found in words.findings(self.content)]

    @computed(description="What moved its sums of money; one is missing where a factor was 0 in one period.")
    @reads(weight=0, size=0)
    def sales_changes(self) -> list[SalesChange]:
        return [_change(told) for told in self.content["changes"]]

    @computed(
        description="The numbers and targets as CSV (RFC 4180, UTF-8). Text that looks like a formula stays "
        "text."
    )
    def csv(self) -> str:
        return b"".join(csv_chunks(_table(self.content))).decode()


# -- shown -------------------------------------------------------------------------------------


def _decimal(told: str | None) -> Decimal | None:
    return None if told is None else Decimal(told)


def _metric(told: dict[str, Any]) -> PeriodMetric:
    metric = words.metric_told(told)
    return PeriodMetric(
        metric=MetricKey[metric.key.upper()],
        about=MetricScope[told["about"]],
        label=metric.label,
        unit=Unit[metric.unit.name],
        currency=None if told["currency"] is None else CurrencyCode(told["currency"]),
        value=_decimal(told["value"]),
        numerator=_decimal(told["above"]),
        denominator=_decimal(told["below"]),
        previous=_decimal(told["previous_value"]),
        change=_decimal(told["change"]),
    )


def _finding(found: words.Finding) -> ReportFinding:
    told = found.target
    return ReportFinding(
        verdict=Verdict[found.verdict.name],
        target_id=node_id(TARGET_LETTER, UUID(told["id"])),
        metric=MetricKey[found.metric.key.upper()],
        about=MetricScope[told["about"]],
        owner=told["owner"],
        value=Decimal(told["value"]),
        level=_decimal(told["level"]),
        actual=_decimal(told["actual"]),
        attainment=_decimal(told["attainment"]),
        status=TargetStatus[told["status"]],
        words=found.words,
    )


def _change(told: dict[str, Any]) -> SalesChange:
    return SalesChange(
        metric=MetricKey[told["metric"].upper()],
        about=MetricScope[told["about"]],
        currency=CurrencyCode(told["currency"]),
        before=Decimal(told["before"]),
        now=Decimal(told["now"]),
        factors=[
            SalesFactor(
                label=factor["label"],
                before=Decimal(factor["before"]),
                now=Decimal(factor["now"]),
                contribution=Decimal(factor["contribution"]),
            )
            for factor in told["factors"]
        ],
        words=words.explained(told),
    )


HEADERS: Final = (
    "Row", "About", "Number", "Currency", "Value", "Previous", "Change", "Target", "Attainment", "Status",
    "Owner", "Finding",
)  # fmt: skip


def _table(content: dict[str, Any]) -> Table:
    """A row for each number, then one for each target."""
    numbers = [
        [
            "number", told["about"], words.metric_told(told).label, told["currency"],
            _decimal(told["value"]), _decimal(told["previous_value"]), _decimal(told["change"]),
            None, None, None, None, None,
        ]
        for told in content["metrics"]
    ]  # fmt: skip
    targets = [
        [
            "target", found.target["about"], found.metric.label, found.target["currency"],
            _decimal(found.target["actual"]), _decimal(found.target["previous"]), None,
            _decimal(found.target["level"]), _decimal(found.target["attainment"]), found.target["status"],
            found.target["owner"], found.words,
        ]
        for found in words.findings(content)
    ]  # fmt: skip
    return Table(name="report", headers=HEADERS, rows=iter([*numbers, *targets]))


def shown_report(row: Any) -> CadenceReport:
    """A report as the API tells it; the row says whether it `is_outdated`."""
    content = row.content
    return CadenceReport(
        id=node_id(LETTER, row.id),
        cadence=Cadence[row.cadence],
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        version=BigInt(row.version),
        is_latest=not row.is_outdated,
        made_at=row.made_at,
        basis=SalesBasis[content["basis"]],
        currency=CurrencyCode(content["currency"]),
        other_currencies=[CurrencyCode(other) for other in content["other_currencies"]],
        sessions=BigInt(content["sessions"]),
        previous_sessions=BigInt(content["previous"]["sessions"]),
        content=content,
    )
