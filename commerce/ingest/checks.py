"""Why an event is refused: the rules a shape cannot say, and what a broken shape is called."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final
from zoneinfo import available_timezones

import msgspec
from babel.numbers import list_currencies

from commerce.ingest.secrecy import plainest
from commerce.ingest.vocabulary import DATA, Item, Kind

ZONES: Final = frozenset(available_timezones())
CURRENCIES: Final = frozenset(list_currencies())
MONEY_LIMIT: Final = Decimal(10) ** 16
_FINEST: Final = Decimal("0.0001")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
REPORTED_INTERVALS: Final = ("total", "minute")
MOST_REPORTED: Final = 200
MONEY_FIELDS: Final = frozenset(
    {
        "price",
        "discount",
        "cost",
        "value",
        "shipping",
        "tax",
        "seller_discount",
        "platform_discount",
        "amount",
        "commission",
    }
)
_amounts = {kind: sorted(MONEY_FIELDS & set(shape.__struct_fields__)) for kind, shape in DATA.items()}


class Refused(Exception):  # noqa: N818 - it is a verdict on one event, not a fault of the program
    """Why an event is turned away: a code of the contract, the field and the rule."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.path = code, message, path


def check(kind: Kind, data: Any) -> None:
    """The rules a shape cannot say: money, currencies, channels, who must be named."""
    for name in _amounts[kind]:
        if (amount := getattr(data, name)) is not None:
            check_money(amount, f"/data/{name}")
    check_items(getattr(data, "items", None) or ())
    currency = getattr(data, "currency", None)
    if currency is not None and currency not in CURRENCIES:
        raise Refused("currency", f"{currency[:10]!r} is not an ISO 4217 currency.", "/data/currency")
    if kind is Kind.purchase:
        for name in ("placed_at", "paid_at"):
            if (moment := getattr(data, name)) is not None and not 1970 <= moment.year <= 2100:
                raise Refused("clock_skew", "The time lies before 1970 or after 2100.", f"/data/{name}")
        if data.status not in ("placed", "paid"):
            raise Refused("schema", "status is placed or paid.", "/data/status")
        for position, item in enumerate(data.items):
            if item.price is None:
                raise Refused(
                    "schema", "An item of a purchase needs a price.", f"/data/items/{position}/price"
                )
        _check_total(data.items, less=data.seller_discount)
        if data.affiliate is not None:
            check_money(data.affiliate.commission, "/data/affiliate/commission")
    elif kind is Kind.refund:
        _check_refund(data)
    elif kind is Kind.generate_lead and not (
        plainest(data.email or "", kind="email") or plainest(data.phone or "", kind="phone")
    ):
        raise Refused("schema", "A lead needs an email or a phone.", "/data/email")
    elif kind is Kind.identify and data.viewer_id is None and data.customer_id is None:
        raise Refused("schema", "identify needs a viewer_id or a customer_id.", "/data/viewer_id")
    elif kind is Kind.marketing_spend:
        _check_spend(data)
    elif kind is Kind.live_metrics_reported:
        _check_report(data)
    elif kind <= Kind.live_session_ended:
        _check_session(data)


def _check_session(data: Any) -> None:
    from commerce.models import Channel, Objective

    if data.channel is not None and data.channel not in Channel.values:
        raise Refused("schema", f"channel is one of {', '.join(Channel.values)}.", "/data/channel")
    if data.timezone is not None and data.timezone not in ZONES:
        raise Refused("schema", f"{data.timezone!r} is not an IANA time zone.", "/data/timezone")
    if data.objective is not None and data.objective not in Objective.values:
        raise Refused("schema", f"objective is one of {', '.join(Objective.values)}.", "/data/objective")


def check_items(items: Iterable[Item]) -> None:
    # Paths are made only for what is there: most items have none or one of the three.
    for position, item in enumerate(items):
        if item.price is not None:
            check_money(item.price, f"/data/items/{position}/price")
        if item.discount is not None:
            check_money(item.discount, f"/data/items/{position}/discount")
        if item.cost is not None:
            check_money(item.cost, f"/data/items/{position}/cost")


def _check_spend(data: Any) -> None:
    from commerce.models import Purpose

    first, last = _date(data.from_, "/data/from"), _date(data.to, "/data/to")
    if last < first:
        raise Refused("schema", "to is not before from.", "/data/to")
    if data.purpose is not None and data.purpose not in Purpose.values:
        raise Refused("schema", f"purpose is one of {', '.join(Purpose.values)}.", "/data/purpose")


def _check_report(data: Any) -> None:
    if data.interval not in REPORTED_INTERVALS:
        raise Refused("schema", f"interval is {' or '.join(REPORTED_INTERVALS)}.", "/data/interval")
    for name in ("from_", "to"):
        moment = getattr(data, name)
        if moment is not None and not 1970 <= moment.year <= 2100:
            raise Refused(
                "clock_skew", "The time lies before 1970 or after 2100.", f"/data/{name.strip('_')}"
            )
    if data.interval == "minute" and data.from_ is None:
        raise Refused("schema", "A report of a minute says from when it is.", "/data/from")
    if data.from_ is not None and data.to is not None and data.to <= data.from_:
        raise Refused("schema", "to lies after from.", "/data/to")
    if not 1 <= len(data.metrics) <= MOST_REPORTED:
        raise Refused("schema", f"metrics has 1 to {MOST_REPORTED} entries.", "/data/metrics")
    for name, value in data.metrics.items():
        path = f"/data/metrics/{name.replace('~', '~0').replace('/', '~1')}"[:200]
        if not 1 <= len(name) <= 100:
            raise Refused("schema", "The name of a metric has 1 to 100 characters.", path)
        # A yes or no is an int to Python, and no number to anybody else.
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise Refused("schema", "A metric is a number or a text.", path)
        if isinstance(value, str) and len(value) > 200:
            raise Refused("schema", "A metric's text has at most 200 characters.", path)


def _check_refund(data: Any) -> None:
    items = data.items or ()
    if data.value is not None and data.value < 0:
        raise Refused("money", "What is given back is not negative.", "/data/value")
    for position, item in enumerate(items):
        if item.price is not None and item.price < 0:
            raise Refused("money", "What is given back is not negative.", f"/data/items/{position}/price")
    is_priced = bool(items) and all(item.price is not None for item in items)
    if data.value is None and data.transaction_id is None and not is_priced:
        raise Refused(
            "schema", "A refund without transaction_id needs a value or priced items.", "/data/value"
        )
    _check_total(items)


def _check_total(items: Iterable[Item], *, less: Decimal | None = None) -> None:
    total = sum((item.quantity * item.price for item in items if item.price is not None), Decimal(0))
    if abs(total) >= MONEY_LIMIT or abs(total - (less or 0)) >= MONEY_LIMIT:
        raise Refused("money", "The items together must be below 10^16.", "/data/items")


def _date(text: str, path: str) -> date:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise Refused("schema", "A day is written YYYY-MM-DD.", path)
    if not 1970 <= day.year <= 2100:
        raise Refused("schema", "A day lies between 1970 and 2100.", path)
    return day


def check_money(amount: Decimal | None, path: str) -> None:
    """Refuse an amount that is not finite, too large, or finer than four decimals."""
    if amount is None:
        return
    if not amount.is_finite():
        raise Refused("money", "An amount must be a finite number.", path)
    if abs(amount) >= MONEY_LIMIT:
        raise Refused("money", "An amount must be below 10^16.", path)
    if amount != amount.quantize(_FINEST):
        raise Refused("money", "An amount has at most four decimals.", path)


def refusal(error: msgspec.ValidationError, prefix: str = "") -> Refused:
    """A message such as «Expected `str` - at `$.items[0].item_id`» as a rule with its path."""
    rule, _, where = str(error).partition(" - at ")
    path = prefix + where.strip("`").removeprefix("$").replace("[...]", "/*").replace("[", "/").replace(
        "]", ""
    ).replace(".", "/")
    code = "money" if path.rsplit("/", 1)[-1] in MONEY_FIELDS else "schema"
    return Refused(code, rule[:300], path[:200])
