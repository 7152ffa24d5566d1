"""The slow truth against real rows and figures computed with other tools."""

import csv
import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.oracle import Partner, SessionTruth, World
from tests.oracle.presence import peak, sweep
from tests.test_oracle.scene import PARTNER, Raw

SHARED_DATA = Path(
    os.environ.get("LIVELEDGER_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
)


def shared(name: str) -> Path:
    """A file of the shared data; skips the test where there is none."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"no shared data: {path} is absent (set LIVELEDGER_SHARED_DATA)")
    return path


def irc_session(*, with_sequence: bool) -> SessionTruth:
    """An hour and a half of a public channel: joins, leaves (most missing) and talk, to the minute."""
    kinds = {"join": "live_view_started", "leave": "live_view_ended", "chat": "live_comment"}
    midnight = datetime(2006, 6, 1, tzinfo=UTC)
    with shared("irc_presence_2006-06-01.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    first = midnight + timedelta(minutes=int(rows[0]["minute"]))
    envelope = {"source": "/irc/channel", "subject": "2006-06-01"}
    events: list[Raw] = [
        {
            **envelope,
            "id": "start",
            "type": "live_session_started",
            "time": first.isoformat(),
            "data": {"heartbeats": False},
        }
    ]
    for row in rows:
        raw = {
            **envelope,
            "id": row["seq"],
            "type": kinds[row["kind"]],
            "time": (midnight + timedelta(minutes=int(row["minute"]))).isoformat(),
            "data": {"viewer_id": row["viewer"]},
        }
        events.append({**raw, "sequence": int(row["seq"])} if with_sequence else raw)
    return World(events, partner=PARTNER).session(source="/irc/channel", subject="2006-06-01")


def test_a_real_presence_log_in_line_order_gives_its_published_truth() -> None:
    truth = irc_session(with_sequence=True)
    published = json.loads(shared("irc_presence_truth.json").read_text())["truth"]
    kpis = truth.kpis()
    assert kpis["viewers"] == published["unique_viewers_joined_or_chatted_or_left"] == 396
    assert kpis["comments"] == published["chat_rows"] == 1721
    assert kpis["peak_concurrent_viewers"] == published["peak_concurrent_by_line_order"] == 316


def test_taking_leaves_before_joins_lowers_the_peak_of_the_real_log_by_one() -> None:
    intervals = [
        each for viewer in irc_session(with_sequence=True).viewers.values() for each in viewer.intervals
    ]
    bare = [type(each)(start=each.start, end=each.end) for each in intervals]
    assert peak(sweep(intervals))[0] == 316
    assert peak(sweep(bare))[0] == 315


def test_without_a_sequence_the_real_log_peaks_at_315_because_leaves_come_before_joins() -> None:
    kpis = irc_session(with_sequence=False).kpis()
    assert (kpis["viewers"], kpis["comments"], kpis["peak_concurrent_viewers"]) == (396, 1721, 315)


LONDON = ZoneInfo("Europe/London")


def retail_events() -> Iterator[Raw]:
    """Half a year of a shop: a day is a session, an invoice an order, an invoice C... an unlinked refund."""
    invoices: dict[str, list[dict[str, str]]] = {}
    with gzip.open(shared("online_retail_2010-12_to_2011-06.csv.gz"), "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            invoices.setdefault(row["InvoiceNo"], []).append(row)
    days: set[date] = set()
    for number, rows in invoices.items():
        is_refund = number.startswith("C")
        time = min(datetime.fromisoformat(row["InvoiceDate"]) for row in rows).replace(tzinfo=LONDON)
        sold = [row for row in rows if int(row["Quantity"]) > 0 and Decimal(row["UnitPrice"]) > 0]
        items = [
            {"item_id": row["StockCode"], "quantity": abs(int(row["Quantity"])), "price": row["UnitPrice"]}
            for row in (rows if is_refund else sold)
        ]
        if items:
            days.add(time.date())
            customer = rows[0]["CustomerID"]
            yield {
                "source": "/retail/uk",
                "id": number,
                "type": "refund" if is_refund else "purchase",
                "time": time.isoformat(),
                "subject": f"retail-{time.date()}",
                "data": {
                    "items": items,
                    **({"customer_id": customer} if customer else {}),
                    **({"refund_id": number} if is_refund else {"transaction_id": number}),
                },
            }
    for day in days:
        for kind, on in (("started", day), ("ended", day + timedelta(days=1))):
            yield {
                "source": "/retail/uk",
                "id": f"{kind}-{day}",
                "type": f"live_session_{kind}",
                "time": datetime.combine(on, clock(), tzinfo=LONDON).isoformat(),
                "subject": f"retail-{day}",
                "data": {"currency": "GBP"},
            }


def test_half_a_year_of_a_real_shop_gives_its_published_sales_by_session_and_by_day() -> None:
    truth = World(retail_events(), partner=Partner(currency="GBP", timezone="Europe/London"))
    whole = truth.shop(date(2010, 12, 1), date(2011, 7, 1))
    assert whole == {
        "orders": 9659,
        "sales": Decimal("4826466.491"),
        "refunds": Decimal("428515.73"),
        "buyers": 2960,
        "items_sold": 2501871,
        "average_order_value": (Decimal("4826466.491"), 9659),
        "non_live_orders": 0,
        "non_live_sales": Decimal(0),
    }
    assert sum(order.buyer is None for order in truth.orders.values()) == 857
    published = json.loads(shared("online_retail_days_truth.json").read_text())["days"]
    expected, by_session, by_day = [], [], []
    keys = ("orders", "items_sold", "buyers", "refunds")
    for row in published:
        day = row["session_day"]
        refunds = -Decimal(row["cancel_value"] or 0)
        expected.append(
            [day, row["orders"], row["units"], row["known_buyers"], refunds, Decimal(row["gross"])]
        )
        kpis = truth.session(source="/retail/uk", subject=f"retail-{day}").kpis()
        by_session.append([day, *(kpis[key] for key in keys), kpis["live_sales"]])
    assert by_session == expected
    for row in expected:
        day = date.fromisoformat(row[0])
        numbers = truth.shop(day, day + timedelta(days=1))
        by_day.append([row[0], *(numbers[key] for key in keys), numbers["sales"]])
    assert by_day == expected
