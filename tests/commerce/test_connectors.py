"""Invoice lines as events: by hand on a few rows, and on half a year of a real shop."""

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from commerce.connectors import FILES
from commerce.connectors.invoice_lines import InvoiceLines
from commerce.files import FileError, load_mapping, open_source
from commerce.files.tables import Row

PROJECT = Path(__file__).resolve().parents[2]
MAPPING = PROJECT / "commerce/connectors/online_retail.toml"
DATA = PROJECT.parent / "shared/data"
COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")
ROWS = [
    ("536365", "A", "Heart", "6", "2011-06-01 08:26:00", "2.55", "17850.0"),
    ("536366", "B", "", "2", "2011-06-01 08:30:00", "0.001", ""),
    ("536365", "C", "Lantern", "1", "2011-06-01 08:25:00", "3.39", "17850.0"),
    ("C536370", "A", "Heart", "-2", "2011-06-02 09:00:00", "2.55", "17850.0"),
    ("536365", "X", "Free", "5", "2011-06-01 08:26:00", "0.0", "17850.0"),
    ("C536370", "D", "Discount", "-1", "2011-06-02 08:59:00", "27.5", "17850.0"),
    ("536371", "Y", "Lost", "-10", "2011-06-03 08:59:00", "1.0", ""),
]


def connector() -> InvoiceLines:
    return InvoiceLines(load_mapping(str(MAPPING)), name="online_retail.toml")


def table(rows: Sequence[tuple[str, ...]]) -> list[Row]:
    return [Row(line, dict(zip(COLUMNS, row, strict=True))) for line, row in enumerate(rows, 2)]


def events(rows: Sequence[tuple[str, ...]]) -> list[dict[str, Any]]:
    return [json.loads(piece.body) for piece in connector().convert(table(rows), name="lines.csv")]


def test_the_lines_of_an_invoice_are_one_purchase_at_its_earliest_time_and_a_c_makes_a_refund() -> None:
    shop = {"specversion": "1.0", "source": "/shop/online-retail"}
    told = [told for told in events(ROWS) if not told["type"].startswith("live_")]
    assert told == [
        shop
        | {
            "id": "536365",
            "type": "purchase",
            "time": "2011-06-01T07:25:00Z",
            "subject": "retail-2011-06-01",
            "data": {
                "transaction_id": "536365",
                "status": "paid",
                "items": [
                    {"item_id": "A", "item_name": "Heart", "quantity": 6, "price": "2.55"},
                    {"item_id": "C", "item_name": "Lantern", "quantity": 1, "price": "3.39"},
                ],
                "currency": "GBP",
                "customer_id": "17850",
            },
        },
        shop
        | {
            "id": "536366",
            "type": "purchase",
            "time": "2011-06-01T07:30:00Z",
            "subject": "retail-2011-06-01",
            "data": {
                "transaction_id": "536366",
                "status": "paid",
                "items": [{"item_id": "B", "quantity": 2, "price": "0.001"}],
                "currency": "GBP",
            },
        },
        shop
        | {
            "id": "C536370",
            "type": "refund",
            "time": "2011-06-02T07:59:00Z",
            "subject": "retail-2011-06-02",
            "data": {"refund_id": "C536370", "value": "32.60", "currency": "GBP", "customer_id": "17850"},
        },
    ]


def test_every_day_with_an_event_is_a_session_of_the_local_day() -> None:
    rows = [(f"{day}", "A", "", "1", f"2011-03-{day} 12:00:00", "1", "") for day in (26, 27)]
    told = [told for told in events(rows) if told["type"].startswith("live_")]
    assert [(t["id"], t["type"], t["subject"], t["time"]) for t in told] == [
        ("retail-2011-03-26-started", "live_session_started", "retail-2011-03-26", "2011-03-26T00:00:00Z"),
        ("retail-2011-03-26-ended", "live_session_ended", "retail-2011-03-26", "2011-03-27T00:00:00Z"),
        ("retail-2011-03-27-started", "live_session_started", "retail-2011-03-27", "2011-03-27T00:00:00Z"),
        # Clocks went forward: the day had 23 hours.
        ("retail-2011-03-27-ended", "live_session_ended", "retail-2011-03-27", "2011-03-27T23:00:00Z"),
    ]
    assert told[0]["data"] == {
        "heartbeats": False,
        "timezone": "Europe/London",
        "title": "Online retail 2011-03-26",
        "channel": "OWNED",
        "currency": "GBP",
    }
    assert told[1]["data"] == {}


def test_rows_in_another_order_give_the_very_same_events() -> None:
    shuffled = list(ROWS)
    for seed in range(20):
        random.Random(seed).shuffle(shuffled)
        assert events(shuffled) == events(ROWS)


def test_an_invoice_with_a_line_that_cannot_be_read_is_refused_whole() -> None:
    bad = ("536366", "B", "", "two", "2011-06-01 08:30:00", "1", "")
    pieces = list(connector().convert(table([*ROWS, bad]), name="lines.csv"))
    (refused,) = [piece for piece in pieces if piece.problem is not None]
    assert refused.problem is not None
    assert refused.problem.message == "lines.csv, invoice 536366, line 9: 'two' is not a number."
    assert json.loads(refused.body) == {
        "file": "lines.csv",
        "invoice": "536366",
        "lines": [3, 9],
        "problem": "line 9: 'two' is not a number",
        "rows": [dict(zip(COLUMNS, bad, strict=True))],
        "items": [{"item_id": "B", "quantity": 2, "price": "0.001"}],
    }
    assert not [piece for piece in pieces if piece.problem is None and b'"536366"' in piece.body]


@pytest.mark.parametrize(
    ("place", "cell", "said"),
    [
        (3, "1.5", "'1.5' is not a whole number"),
        (5, "free", "'free' is not a number"),
        (4, "1 June", "'1 June' is not a time in the format %Y-%m-%d %H:%M:%S"),
        (1, "", "column 'StockCode' is empty"),
        (6, "99.0", "another customer (99) than the lines before (17850)"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(place: int, cell: str, said: str) -> None:
    bad = list(ROWS[0])
    bad[place] = cell
    pieces = list(connector().convert(table([ROWS[0], tuple(bad)]), name="lines.csv"))
    assert [piece.problem and piece.problem.message for piece in pieces] == [
        f"lines.csv, invoice 536365, line 3: {said}."
    ]


def test_a_line_without_an_invoice_is_refused_alone() -> None:
    pieces = list(connector().convert(table([("", *ROWS[0][1:]), ROWS[1]]), name="lines.csv"))
    assert [piece.problem and piece.problem.message for piece in pieces if piece.line is not None] == [
        "lines.csv, line 2: column 'InvoiceNo': a line belongs to an invoice.",
        None,
    ]


def test_a_header_without_a_needed_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("InvoiceNo,InvoiceDate\n")
    with open_source(str(path)) as source, pytest.raises(FileError) as caught:
        list(FILES["invoice-lines"](load_mapping(str(MAPPING)), "m").events(source))
    assert str(caught.value) == (
        f"{path}: line 1: the mapping needs the column 'StockCode'; the header has InvoiceNo, InvoiceDate."
    )


@pytest.mark.skipif(not DATA.exists(), reason="the online retail file lies beside the checkout, not in it")
def test_half_a_year_of_a_real_shop_comes_out_as_others_counted_it() -> None:
    with open_source(str(DATA / "online_retail_2010-12_to_2011-06.csv.gz")) as source:
        pieces = list(connector().events(source))
    assert [piece for piece in pieces if piece.problem is not None] == []
    days: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for piece in pieces:
        told = json.loads(piece.body)
        day, data = days[told["subject"]], told["data"]
        if told["type"] == "purchase":
            value = sum(Decimal(item["price"]) * item["quantity"] for item in data["items"])
            day["orders"] += 1
            day["gross"] += value
            day["units"] += sum(item["quantity"] for item in data["items"])
            day["lines"] += len(data["items"])
            day["guest_orders"] += "customer_id" not in data
            day["max_order"] = max(day["max_order"], value)
        elif told["type"] == "refund":
            day["cancel_invoices"] += 1
            day["cancel_value"] -= Decimal(data["value"])
    names = (
        "orders",
        "gross",
        "units",
        "lines",
        "guest_orders",
        "max_order",
        "cancel_invoices",
        "cancel_value",
    )
    truth = json.loads((DATA / "online_retail_days_truth.json").read_text())["days"]
    assert {day: tuple(told[name] for name in names) for day, told in days.items()} == {
        f"retail-{day['session_day']}": tuple(Decimal(str(day[name])) for name in names) for day in truth
    }
    total = {name: sum(day[name] for day in days.values()) for name in names}
    assert (total["orders"], total["units"], total["guest_orders"]) == (9_659, 2_501_871, 857)
    assert total["gross"] == Decimal("4826466.491")
    assert total["cancel_value"] == Decimal("-428515.73")
    assert len(pieces) == 9_659 + 2_006 + 2 * 167
