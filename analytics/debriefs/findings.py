"""Findings from the facts of a session: each with its numbers, and said in words. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from analytics.debriefs.gathering import HEADLINES, Facts, Lost, Main, Step
from analytics.metrics import Direction, Metric, Unit
from analytics.plans.words import money, number, share
from analytics.queries.readings import decimal
from analytics.queries.showings import Shown

Finding = dict[str, Any]
ENOUGH_VIEWERS: Final = 30
"""Viewers a moment must have had to be called the best or the worst."""
STAGES: Final = {
    "PRODUCT_CLICK": "clicked a product",
    "ADD_TO_CART": "put something into a cart",
    "CHECKOUT": "began a checkout",
    "ORDER_PAID": "paid an order",
}


def findings(facts: Facts, *, first: Mapping[str, str] | None = None) -> list[Finding]:
    """What a debrief says, in the order in which it is read; `first` are the headlines of the first one."""
    found = [_main(one, facts) for one in facts.five]
    found += [told for told in (_worst(facts), _bottleneck(facts.steps), _loss(facts.lost)) if told]
    found += _moments(facts)
    if facts.leads:
        found.append(_lead(facts))
    if first is not None:
        found += _late(first, facts)
    return found


def maturity(facts: Facts) -> int:
    """1: views and revenue only; 2: engagement too; 3: the five are all known; 4: and predictions are in use.

    Never asked, always computed.
    """
    if all(one.told.value is not None for one in facts.five):
        return 4 if facts.has_predictions else 3
    return 2 if facts.numbers.stored["engagements"] else 1


def _shown(metric: Metric, value: Fraction | Decimal | int, currency: str) -> str:
    if metric.unit is Unit.RATE:
        return share(decimal(value))
    if metric.unit in (Unit.MONEY, Unit.MONEY_RATIO):
        return money(decimal(value), currency)
    return number(decimal(value))


def _six(value: Fraction | Decimal | int) -> str:
    """A number to six decimals."""
    return str(decimal(value).quantize(Decimal("0.000001")).normalize())


def _said(name: str) -> str:
    return name.lower().replace("_", " ")


def _main(one: Main, facts: Facts) -> Finding:
    currency, metric, told = facts.numbers.currency, one.metric, one.told
    numbers: dict[str, str | None] = {
        "value": None if told.value is None else _six(told.value),
        "usual": None if one.usual is None else _six(one.usual),
        "target": None if one.target is None or one.target.level is None else str(one.target.level),
    }
    if told.value is None:
        assert told.reason is not None
        text = f"{metric.label}: no value ({_said(told.reason.name)})."
        return {"kind": "MAIN", "metric": metric.key.upper(), "text": text, "numbers": numbers}
    parts = [f"{metric.label}: {_shown(metric, told.value, currency)}"]
    if one.target is not None and one.target.level is not None:
        parts.append(
            f"target {_shown(metric, one.target.level, currency)} ({one.target.status.name.lower()})"
        )
    if one.usual is not None:
        parts.append(f"as a rule {_shown(metric, one.usual, currency)}")
    if metric.benchmark is not None:
        levels = (
            f"{level.name} {_shown(metric, level.low, currency)}"
            + ("" if level.low == level.high else f" to {_shown(metric, level.high, currency)}")
            for level in metric.benchmark.levels
        )
        parts.append(f"known elsewhere: {', '.join(levels)} ({metric.benchmark.source})")
    return {"kind": "MAIN", "metric": metric.key.upper(), "text": "; ".join(parts) + ".", "numbers": numbers}


def _nearness(one: Main) -> Fraction | None:
    """How near one is to what it is measured by: its target, else its usual, else what others reach."""
    if one.told.value is None:
        return None
    level: Fraction | None = one.usual
    if one.target is not None and one.target.level is not None:
        level = Fraction(one.target.level)
    elif level is None and one.metric.benchmark is not None:
        level = Fraction(one.metric.benchmark.levels[0].low)
    if not level or not one.told.value:
        return None if not level else Fraction(0)
    near = Fraction(one.told.value) / level
    return 1 / near if one.metric.direction is Direction.DOWN else near


def _worst(facts: Facts) -> Finding | None:
    measured = [(near, place) for place, one in enumerate(facts.five) if (near := _nearness(one)) is not None]
    if not measured:
        return None
    near, place = min(measured)
    metric = facts.five[place].metric
    text = f"The one to look at is {metric.label}: it is at {share(decimal(near))} of what it is measured by."
    if near >= 1:
        text = f"None of the five is below what it is measured by; the nearest to it is {metric.label}."
    numbers = {"nearness": _six(near)}
    return {"kind": "WORST", "metric": metric.key.upper(), "text": text, "numbers": numbers}


def _bottleneck(steps: list[Step]) -> Finding | None:
    if not steps:
        return None
    rates = [Fraction(step.count, step.before) for step in steps]
    usual = [
        (rate / step.usual, place)
        for place, (rate, step) in enumerate(zip(rates, steps, strict=True))
        if step.usual
    ]
    place = min(usual)[1] if usual else rates.index(min(rates))
    step, rate = steps[place], rates[place]
    text = (
        f"The bottleneck: {number(step.count)} of {number(step.before)} {STAGES.get(step.stage, step.stage)}"
    )
    text += f" ({share(decimal(rate))}"
    text += f", as a rule {share(decimal(step.usual))})." if step.usual else ")."
    numbers = {"count": str(step.count), "before": str(step.before)}
    numbers["usual"] = _six(step.usual) if step.usual else ""
    return {"kind": "BOTTLENECK", "stage": step.stage, "text": text, "numbers": numbers}


def _loss(lost: Lost | None) -> Finding | None:
    if lost is None:
        return None
    text = (
        f"The steepest loss: {number(lost.lost)} of {number(lost.audience)} viewers "
        f"({share(Decimal(lost.lost) / Decimal(lost.audience))}) in the {lost.minutes} minutes from "
        f"{lost.starts_at:%H:%M} UTC"
    )
    text += f"; on screen: {', '.join(lost.on_screen)}." if lost.on_screen else "; nothing was on screen."
    numbers = {"startsAt": lost.starts_at.isoformat(), "lost": str(lost.lost), "audience": str(lost.audience)}
    return {"kind": "STEEPEST_LOSS", "text": text, "numbers": numbers}


def _moments(facts: Facts) -> list[Finding]:
    """The best and the worst product moment by conversion, among those that enough people saw."""
    seen = [one for one in facts.moments if one.numbers.stored["moment_viewers"] >= ENOUGH_VIEWERS]
    ranked = sorted(seen, key=lambda one: (_conversion(one), -one.number))
    if len(ranked) < 2 or _conversion(ranked[0]) == _conversion(ranked[-1]):
        return []
    return [
        _moment("BEST_MOMENT", "The best product moment", ranked[-1]),
        _moment("WORST_MOMENT", "The worst product moment", ranked[0]),
    ]


def _conversion(one: Shown) -> Fraction:
    return Fraction(one.numbers.stored["moment_buyers"], one.numbers.stored["moment_viewers"])


def _moment(kind: str, name: str, one: Shown) -> Finding:
    buyers, viewers = one.numbers.stored["moment_buyers"], one.numbers.stored["moment_viewers"]
    text = (
        f"{name}: {one.name or one.external_id} at {one.featured_at:%H:%M} UTC, bought by {number(buyers)} "
        f"of {number(viewers)} viewers within 90 seconds ({share(decimal(_conversion(one)))})."
    )
    numbers = {"sku": one.external_id, "buyers": str(buyers), "viewers": str(viewers)}
    return {"kind": kind, "text": text, "numbers": numbers}


def _lead(facts: Facts) -> Finding:
    named = [
        f"{title} ({money(expected, facts.numbers.currency)} a viewer)" for title, expected in facts.leads
    ]
    return {
        "kind": "LEAD_WITH",
        "text": f"Lead with {', then '.join(named)} next: expected sales in the first 15 minutes.",
        "numbers": {title: str(expected) for title, expected in facts.leads},
    }


def _late(first: Mapping[str, str], facts: Facts) -> list[Finding]:
    """What later facts changed since the first debrief."""
    found = []
    for metric in HEADLINES:
        before, now = Decimal(first.get(metric.key, "0")), Decimal(facts.headlines[metric.key])
        if before == now:
            continue
        currency = facts.numbers.currency
        text = (
            f"Since the first debrief {metric.label.lower()} went from {_shown(metric, before, currency)} "
            f"to {_shown(metric, now, currency)}: facts that came later."
        )
        numbers = {"before": str(before), "now": str(now)}
        found.append({"kind": "LATE_FACTS", "metric": metric.key.upper(), "text": text, "numbers": numbers})
    return found
