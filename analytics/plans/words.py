"""A report in words: what was on target, what was not, and which component moved."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from babel.numbers import format_decimal

from analytics.metrics import Metric, Scope, Unit, metric_of

LOCALE = "en"
Content = Mapping[str, Any]


class Verdict(enum.Enum):
    """What to do about a target."""

    CONTINUE = "CONTINUE"
    IMPROVE = "IMPROVE"
    UNKNOWN = "UNKNOWN"


VERDICTS = {"ACHIEVED": Verdict.CONTINUE, "OFF_TRACK": Verdict.IMPROVE}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding about one target."""

    verdict: Verdict
    target: Content
    metric: Metric
    words: str


def findings(content: Content) -> list[Finding]:
    """One for each target, those to improve first, the furthest from its target before the others."""
    found = [_finding(target, content) for target in content["targets"]]
    order = [Verdict.IMPROVE, Verdict.CONTINUE, Verdict.UNKNOWN]
    return sorted(found, key=lambda one: (order.index(one.verdict), _nearness(one.target)))


def _nearness(target: Content) -> Decimal:
    return Decimal(target["attainment"] or 0)


def metric_told(told: Content) -> Metric:
    """The declaration of what a part of a report is about."""
    return metric_of(Scope(told["about"]), told["metric"])


def _finding(target: Content, content: Content) -> Finding:
    metric = metric_told(target)
    verdict = VERDICTS.get(target["status"], Verdict.UNKNOWN)
    unit, currency = metric.unit, target["currency"] or ""
    if verdict is Verdict.UNKNOWN:
        head = f"{metric.label}: nothing to judge by."
    else:
        actual, level = (shown(target[key], unit, currency) for key in ("actual", "level"))
        near = f" ({share(target['attainment'])} of target)" if target["attainment"] else ""
        head = f"{metric.label}: {actual} against {level}{near}."
    told = [head]
    if verdict is Verdict.CONTINUE:
        told.append("On target: continue.")
    elif verdict is Verdict.IMPROVE:
        told += [
            *_compared(metric, target, currency),
            *_moved(target["parts"]),
            *_explained(metric, target, content),
        ]
    if target["is_vain"]:
        told.append("No target beside it asks what comes of the views.")
    return Finding(verdict=verdict, target=target, metric=metric, words=" ".join(told))


def _compared(metric: Metric, target: Content, currency: str) -> list[str]:
    before = target["previous"]
    if before is None or target["actual"] is None:
        return []
    way = _way(Decimal(before), Decimal(target["actual"]))
    return [f"It {way} from {shown(before, metric.unit, currency)}."]


def _way(before: Decimal, now: Decimal) -> str:
    return "stayed" if before == now else "grew" if now > before else "fell"


def _moved(parts: list[dict[str, Any]]) -> list[str]:
    """Which component moved, and how far."""
    told = []
    for part in parts:
        if part["now"] is None or part["before"] is None:
            continue
        before, now = Decimal(part["before"]), Decimal(part["now"])
        if before == now:
            told.append(f"{part['label'].lower()} stayed at {number(now)}")
            continue
        by = f" by {share(abs(now / before - 1))}" if before else ""
        told.append(
            f"{part['label'].lower()} {_way(before, now)}{by} (from {number(before)} to {number(now)})"
        )
    sentence = " while ".join(told)
    return [f"{sentence[0].upper()}{sentence[1:]}."] if sentence else []


def _explained(metric: Metric, target: Content, content: Content) -> list[str]:
    """What moved a sum of money, where it was taken apart in the same basis and currency."""
    if (target["basis"], target["currency"]) != (content["basis"], content["currency"]):
        return []
    return [
        explained(change)
        for change in content["changes"]
        if (change["about"], change["metric"]) == (target["about"], target["metric"])
    ]


def explained(change: Content) -> str:
    """A sum's change as what each factor added or took."""
    currency = change["currency"]
    parts = [f"{factor['label']} {signed(factor['contribution'], currency)}" for factor in change["factors"]]
    whole = Decimal(change["now"]) - Decimal(change["before"])
    return f"Of {signed(whole, currency)}: {', '.join(parts)}."


# -- numbers -----------------------------------------------------------------------------------


def number(value: Decimal | str | int) -> str:
    """At most two decimals, with thousands apart."""
    return str(format_decimal(Decimal(value), format="#,##0.##", locale=LOCALE))


def share(value: Decimal | str) -> str:
    """A share in percent, to one decimal."""
    return f"{(Decimal(value) * 100).quantize(Decimal('0.1'), ROUND_HALF_EVEN)} %"


def signed(value: Decimal | str, currency: str) -> str:
    """An amount with its sign."""
    amount = Decimal(value)
    return f"{'-' if amount < 0 else '+'}{money(abs(amount), currency)}"


def money(value: Decimal | str, currency: str) -> str:
    """An amount with its currency."""
    return f"{format_decimal(Decimal(value), format='#,##0.00', locale=LOCALE)} {currency}"


def shown(value: str | None, unit: Unit, currency: str) -> str:
    """A number in its unit."""
    if value is None:
        return "no number"
    match unit:
        case Unit.MONEY | Unit.MONEY_RATIO:
            return money(value, currency)
        case Unit.RATE:
            return share(value)
        case Unit.SECONDS:
            return f"{number(value)} s"
    return number(value)
