"""Files of ended sessions: whole, exact, harmless in a spreadsheet, only for who was given the address."""

import asyncio
import csv
import io
import zipfile
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from analytics import exports
from commerce.models import LiveSession, Partner
from config.api.exports import PREFIX, ExportsApp
from config.asgi import request_scope
from tests.analytics.graphql_client import ASKED_AT, ask, refusal
from tests.factories import deliver, event, fill, minute

EXPORT = """
query ($format: ExportFormat!) {
  liveSession(by: {externalId: "live-1"}) { export(format: $format) { files { name url } } }
}
"""
FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def ended(partner: Partner) -> Partner:
    """A session of ten minutes with a sale, a moment and comments, one of which is a formula."""
    items = [{"item_id": "hat", "item_name": "+Hat", "quantity": 2, "price": "12.3456"}]
    deliver(
        partner,
        [
            event("live_session_started", minute(0), heartbeats=False),
            event("live_view_started", minute(1), viewer_id="a"),
            event("live_product_featured", minute(2), items=[{"item_id": "hat"}]),
            event("select_item", minute(2), viewer_id="a", items=[{"item_id": "hat"}]),
            event("purchase", minute(3), transaction_id="o1", viewer_id="a", items=items),
            event("live_comment", minute(4), viewer_id="a", text=FORMULA),
            event("live_comment", minute(5), viewer_id="a", text='how much,\n"really"?'),
            event("live_session_ended", minute(10)),
        ],
    )
    fill(partner)
    return partner


def fetch(path: str, *, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body) of one request."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    asyncio.run(ExportsApp(request_scope=request_scope, clock=lambda: ASKED_AT)(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(part["body"] for part in sent[1:])


def files(partner: Partner, format_: str) -> dict[str, Any]:
    told = ask(EXPORT, of=partner, format=format_)["liveSession"]["export"]["files"]
    return {file["name"]: file for file in told}


def table(partner: Partner, name: str) -> list[dict[str, str]]:
    status, headers, body = fetch(files(partner, "CSV")[name]["url"])
    assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def test_each_table_is_a_csv_of_its_own(ended: Partner) -> None:
    assert list(files(ended, "CSV")) == [f"{name.lower()}.csv" for name in exports.TABLES]


def test_the_trend_has_every_minute_and_exact_sums(ended: Partner) -> None:
    rows = table(ended, "trend.csv")
    assert [row["minute"] for row in rows[:2]] == ["2026-05-27T12:00:00Z", "2026-05-27T12:01:00Z"]
    assert (len(rows), sum(float(row["live_sales"]) for row in rows)) == (10, 24.6912)
    assert [row["concurrent_viewers"] for row in rows] == ["0", *["1"] * 9]


def test_products_and_moments_are_there_with_what_they_sold(ended: Partner) -> None:
    (product,) = table(ended, "products.csv")
    told = ("sku", "title", "currency", "product_clicks", "live_sales", "orders")
    assert [product[name] for name in told] == ["hat", "'+Hat", "SGD", "1", "24.6912", "1"]
    (moment,) = table(ended, "showings.csv")
    told = (
        "sku",
        "featured_at",
        "unfeatured_at",
        "moment_viewers",
        "moment_buyers",
        "product_moment_conversion",
    )
    assert [moment[name] for name in told] == ["hat", "2026-05-27T12:02:00Z", "", "1", "1", "1.000000000"]


def test_what_looks_like_a_formula_stays_text(ended: Partner) -> None:
    rows = table(ended, "comments.csv")
    assert [row["text"] for row in rows] == [f"'{FORMULA}", 'how much,\n"really"?']
    status, headers, body = fetch(files(ended, "XLSX")["session.xlsx"]["url"])
    assert (status, headers["content-disposition"]) == (200, 'attachment; filename="session.xlsx"')
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        sheets = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/"))
        assert len(sheets) == len(exports.TABLES)
        xml = b"".join(book.read(name) for name in book.namelist() if name.endswith(".xml"))
        assert (b"<f>" in xml, FORMULA.replace('"', "&quot;").encode() in xml or FORMULA.encode() in xml) == (
            False, True,
        )  # fmt: skip
        for name in sheets:
            ElementTree.fromstring(book.read(name))


def test_a_live_session_has_no_export_yet(partner: Partner) -> None:
    deliver(partner, [event("live_session_started", minute(0))])
    fill(partner)
    assert refusal(EXPORT, of=partner, format="CSV") == (
        "BAD_USER_INPUT",
        "export is for sessions that have ended.",
    )


def test_an_address_is_good_for_an_hour_and_for_nothing_else(ended: Partner) -> None:
    session = LiveSession.objects.using("worker").get(partner=ended)
    ticket = exports.Ticket((ended.id,), session.id, "CSV", "TREND")
    now = ASKED_AT
    text = exports.issue_ticket(ticket, now=now)
    assert exports.read_ticket(text, now=now + timedelta(minutes=59)) == ticket
    assert exports.read_ticket(text, now=now + timedelta(hours=1)) is None
    assert exports.read_ticket(text[:-1] + ("A" if text[-1] != "A" else "B"), now=now) is None
    assert fetch(PREFIX + "nonsense")[0] == 404
    assert fetch(PREFIX + text, method="POST")[0] == 405


def test_an_address_of_one_partner_shows_nothing_of_another(ended: Partner, make_partner: Any) -> None:
    session = LiveSession.objects.using("worker").get(partner=ended)
    forged = exports.Ticket((make_partner().id,), session.id, "CSV", "COMMENTS")
    status, _, body = fetch(PREFIX + exports.issue_ticket(forged, now=ASKED_AT))
    assert (status, body) == (200, b"at,text,is_question,language\r\n")
