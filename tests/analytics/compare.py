"""Stored numbers beside the slow truth: every cell that differs, by name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.metrics import BASES, METRICS, Fact, Scope, Unit, metric_of
from analytics.models import (
    SessionMinute,
    SessionProduct,
    SessionProductSales,
    SessionRollup,
    SessionSales,
    SessionShowing,
    SessionSource,
    SessionSourceSales,
    ShopPeriod,
    ViewerPath,
)
from commerce.models import LiveSession, Partner
from tests.analytics.compare_audience import who_watched
from tests.analytics.compare_moments import beside, violations
from tests.analytics.stored import Stored
from tests.oracle import Partner as Rules
from tests.oracle import SessionTruth, World
from tests.oracle.links import ClickTruth, CodeTruth
from tests.oracle.merged import MergedTruth
from tests.oracle.orders import Key
from tests.oracle.selling import timed

Differences = list[str]
_OF_A_MOMENT = (
    "number", "position", "featured_at", "unfeatured_at", "ends_at", "window_ends_at", "viewers_at_start",
    "viewers_at_end", "product_clicks", "carts", "comments", "orders", "live_sales",
)  # fmt: skip


def world(
    events: Iterable[Mapping[str, Any]],
    partner: Partner,
    *,
    merges: Iterable[Sequence[Key]] = (),
    clicks: Sequence[ClickTruth] = (),
    codes: Sequence[CodeTruth] = (),
) -> World:
    """The truth about these events of a partner; `merges` lists broadcasts, by (source, subject), of one."""
    return World(
        events,
        merges=merges,
        clicks=clicks,
        codes=codes,
        partner=Rules(
            currency=partner.currency,
            timezone=partner.timezone,
            tail=timedelta(seconds=partner.tail_seconds),
            silence=timedelta(seconds=partner.silence_seconds),
            grace=timedelta(seconds=partner.grace_seconds),
        ),
    )


def differences(truth: World, partner: Partner) -> Differences:
    """Cells of sessions, minutes, products and days that are not as the truth says."""
    found: Differences = []
    for source, subject in truth.sessions:
        session = LiveSession.objects.using("worker").get(partner=partner, source=source, external_id=subject)
        of_session = truth.session(source=source, subject=subject)
        kept = Stored(partner.pk, session.pk)
        found += [f"{subject}: {line}" for line in _session(of_session, kept)]
        found += [f"{subject}: {line}" for line in who_watched(truth, of_session, kept)]
    for whole in truth.merged:
        kept = Stored(partner.pk, _merged_into(whole, partner))
        found += [f"{whole.subject}: {line}" for line in _session(whole, kept)]
    return found + _shop(truth, partner) + violations(truth, partner)


def _merged_into(whole: MergedTruth, partner: Partner) -> UUID:
    """The one session that all its broadcasts say they are of."""
    rows = LiveSession.objects.using("worker").filter(partner=partner)
    found = {rows.get(source=part.source, external_id=part.subject).merged_into_id for part in whole.parts}
    (session_id,) = found
    assert session_id is not None
    return session_id


def _session(truth: SessionTruth, kept_of: Stored) -> Differences:
    found: Differences = []
    rollup, sales = kept_of.row(SessionRollup), kept_of.row(SessionSales, currency=truth.currency)
    for basis in BASES:
        stored = {
            metric.key: (
                sales.get(kept.column(basis), 0) if kept.fact is Fact.ORDERS else rollup.get(kept.key, 0)
            )
            for metric in METRICS
            if metric.scope is Scope.SESSION and not metric.is_quotient
            for kept in [metric_of(metric.scope, metric.same_as) if metric.same_as else metric]
        }
        for key, wanted in {**truth.kpis(basis=basis), **timed(truth, basis=basis)}.items():
            metric = metric_of(Scope.SESSION, key)
            got: object = stored.get(key)
            if metric.is_quotient:
                got = (stored[metric.numerator], stored[metric.denominator])
            if metric.unit is Unit.MOMENT and rollup.get("viewers") == 0:
                continue
            if got != wanted:
                found.append(f"{basis} {key}: stored {got}, truth {wanted}")
        found += _products(truth, kept_of, basis)
    return found + _showings(truth, kept_of) + _minutes(truth, kept_of) + beside(truth, kept_of)


def _products(truth: SessionTruth, kept: Stored, basis: str) -> Differences:
    shown = {row["product__external_id"]: row for row in kept.rows(SessionProduct)}
    sold = {
        row["product__external_id"]: row for row in kept.rows(SessionProductSales, currency=truth.currency)
    }
    featured: dict[str, dict[str, Any]] = {}
    for row in kept.rows(SessionShowing):
        sums = featured.setdefault(row["product__external_id"], defaultdict(int))
        sums["times_featured"] += 1
        sums["seconds_featured"] += _seconds(row["ends_at"] - row["featured_at"])
        sums["moment_viewers"] += row["moment_viewers"]
        sums["moment_buyers"] += row["moment_buyers"]
    found: Differences = []
    wanted = truth.products(basis=basis)
    keys = [m for m in METRICS if m.scope is Scope.PRODUCT and not m.is_quotient]
    facts: dict[Fact, Any] = {Fact.ORDERS: sold, Fact.SHOWINGS: featured}
    for item in shown.keys() | sold.keys() | featured.keys() | wanted.keys():
        for metric in keys:
            source = facts.get(metric.fact, shown)
            got = source.get(item, {}).get(metric.column(basis), 0)
            true = wanted.get(item, {}).get(metric.key, 0)
            if got != true:
                found.append(f"{basis} product {item} {metric.key}: stored {got}, truth {true}")
    return found


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)).scaleb(-6)


def _showings(truth: SessionTruth, kept: Stored) -> Differences:
    stored = sorted(kept.rows(SessionShowing), key=lambda row: int(row["number"]))
    wanted = truth.showings
    told = [(row["product__external_id"], row["featured_at"]) for row in stored]
    true = [(one.item_id, one.featured_at) for one in wanted]
    if told != true:
        return [f"moments: stored {told}, truth {true}"]
    found: Differences = []
    for row, one in zip(stored, wanted, strict=True):
        of = {
            **{key: getattr(one, key) for key in _OF_A_MOMENT},
            "moment_viewers": len(one.viewers),
            "moment_buyers": len(one.buyers),
            "currency": truth.currency,
        }
        for key, value in of.items():
            if row[key] != value:
                found.append(f"moment {one.number} of {one.item_id} {key}: stored {row[key]}, truth {value}")
    return found


def _minutes(truth: SessionTruth, kept: Stored) -> Differences:
    stored = {row["minute"]: row for row in kept.rows(SessionMinute, is_inside=True)}
    found: Differences = []
    trend = truth.trend()
    carried = 0
    for minute in sorted(stored.keys() | trend.keys()):
        row: Mapping[str, Any] = stored.get(minute, {})
        for key, true in trend.get(minute, {}).items():
            got: int | None = row.get(key) or 0
            if (
                key in ("concurrent_viewers", "peak_concurrent_viewers")
                and row.get("concurrent_viewers") is None
            ):
                got = carried
            if got != true:
                found.append(f"{minute:%H:%M} {key}: stored {got}, truth {true}")
        if row.get("concurrent_viewers") is not None:
            carried = row["concurrent_viewers"]
    return found


def _shop(truth: World, partner: Partner) -> Differences:
    found: Differences = []
    zone = ZoneInfo(partner.timezone)
    moments = [order.placed_at for order in truth.orders.values()]
    moments += [order.cancelled_at for order in truth.orders.values() if order.cancelled_at]
    moments += [refund.time for refund in truth.refunds.values()]
    stored = {
        (row["grain"], row["started_at"]): row
        for row in ShopPeriod.objects.using("worker")
        .filter(partner=partner, currency=partner.currency)
        .values()
    }
    days: set[date] = {moment.astimezone(zone).date() for moment in moments}
    for basis in BASES:
        for day in sorted(days):
            day_row: Mapping[str, Any] = next(
                (r for (grain, _), r in stored.items() if grain == "DAY" and r["date"] == day), {}
            )
            found += _period(truth.shop(day, day + timedelta(days=1), basis=basis), day_row, basis, str(day))
        for (grain, started), row in stored.items():
            if grain == "HOUR":
                found += _period(truth.shop_hour(started, basis=basis), row, basis, f"hour {started:%d %H}")
    return found


def _period(true: Mapping[str, Any], row: Mapping[str, Any], basis: str, name: str) -> Differences:
    found: Differences = []
    for key in (
        "orders", "sales", "refunds", "buyers", "items_sold", "non_live_orders", "non_live_sales",
    ):  # fmt: skip
        got = row.get(f"{key}_{basis.lower()}", 0)
        if got != true[key]:
            found.append(f"{name} {basis} {key}: stored {got}, truth {true[key]}")
    return found


# -- the same numbers by name, to compare partners and moments with each other ------------------

Cells = dict[tuple[str, ...], Any]
_NAMED = frozenset({"session", "product", "viewer"})
_KEYS = (
    "session", "product", "viewer", "minute", "is_inside", "grain", "started_at", "featured_at", "currency",
    "source", "sub_source", "is_paid",
)  # fmt: skip
_ROLLUPS = (
    SessionRollup,
    SessionSales,
    SessionMinute,
    SessionProduct,
    SessionProductSales,
    SessionShowing,
    SessionSource,
    SessionSourceSales,
    ShopPeriod,
    ViewerPath,
)


def cells(partner: Partner) -> Cells:
    """Every rollup cell of a partner under names its sources know; when it was computed left out."""
    found: Cells = {}
    for model in _ROLLUPS:
        columns = {field.attname: field for field in model._meta.local_concrete_fields}
        key = [name for name in _KEYS if name in columns or f"{name}_id" in columns]
        names = [f"{name}__external_id" if name in _NAMED else name for name in key]
        skipped = {"id", "partner_id", "computed_at", *key, *(f"{name}_id" for name in key)}
        values = [name for name in columns if name not in skipped]
        for row in model._default_manager.using("worker").filter(partner=partner).values(*names, *values):
            of = (model.__name__, *(str(row[name]) for name in names))
            found |= {(*of, value): row[value] for value in values}
    return found
