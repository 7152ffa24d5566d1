"""Statements as files: what is due, exactly, with its orders and without a customer."""

import csv
import io
import zipfile
from decimal import Decimal
from typing import Any, Final

import pytest

from analytics.exports.documents import document_chunks
from analytics.exports.tables import Table
from commerce.access import Actor, Sight
from commerce.models import Order, RecordEntry
from kol.models import Claim, Kol
from tests.analytics.graphql_client import actor_of, execute
from tests.config.test_exports import fetch
from tests.kol.ledger import Books, at, books
from tests.kol.test_graphql_statements import made

EXPORT: Final = """mutation ($input: ExportStatementInput!) { exportStatement(input: $input) {
  files { name contentType url } expiresAt userErrors { code } } }"""
FORMULA: Final = "=1+1"


@pytest.fixture
def stated() -> tuple[Books, str]:
    """An estimate of two orders, one of which was given back in part, and has an odd number."""
    world = books(name="น้ำใจ 한국 brand")
    orders = [world.order(base, placed_at=at(20)) for base in ("100", "50")]
    Order.objects.using("worker").filter(pk=orders[0]).update(external_id=FORMULA)
    world.book()
    world.due[orders[0]].base, world.due[orders[0]].returned_at = Decimal("60.55"), at(22)
    world.book()
    Claim.objects.using("worker").filter(partner=world.partner).update(status="APPROVED")
    return world, made(world)


def files(actor: Actor, statement: str, format_: str) -> dict[str, str]:
    """Addresses by the name of the file."""
    result = execute(EXPORT, actor=actor, variables={"input": {"id": statement, "format": format_}})
    assert result.errors is None, result.errors
    return {file["name"]: file["url"] for file in result.data["exportStatement"]["files"]}


def rows(url: str) -> list[dict[str, str]]:
    status, _, body = fetch(url)
    assert status == 200
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def test_lines_are_told_with_their_orders_and_sum_to_the_total(stated: tuple[Books, str]) -> None:
    world, statement = stated
    urls = files(actor_of(world.partner), statement, "CSV")
    assert list(urls) == ["statement.csv", "lines.csv"]
    lines = sorted(rows(urls["lines.csv"]), key=lambda row: (row["date"], row["base"]))
    number = Order.objects.using("worker").get(partner=world.partner, merchandise=50).external_id
    same = {"currency": "SGD", "claim_status": "APPROVED", "order_date": "2026-05-20", "rate": "0.100000"}
    assert lines == [
        {"order": f"'{FORMULA}", "date": "2026-05-20", "kind": "SALE", "base": "100.0000",
         "amount": "10.0000", **same},
        {"order": number, "date": "2026-05-20", "kind": "SALE", "base": "50.0000", "amount": "5.0000",
         **same},
        {"order": f"'{FORMULA}", "date": "2026-05-22", "kind": "REFUND", "base": "-39.4500",
         "amount": "-3.9400", **same, "rate": "0.099873"},
    ]  # fmt: skip
    told = {row["what"]: row["value"] for row in rows(urls["statement.csv"])}
    assert (told["total"], told["base"], told["lines"], told["status"]) == (
        "11.0600", "110.5500", "3", "ESTIMATED",
    )  # fmt: skip
    assert (told["first_day"], told["day_after_last"], told["partner"]) == (
        "2026-05-01", "2026-06-01", "น้ำใจ 한국 brand",
    )  # fmt: skip
    assert (told["campaign"], told["influencer"]) == ("Spring", "Influencer 0")


def test_that_it_was_taken_out_is_on_record(stated: tuple[Books, str]) -> None:
    world, statement = stated
    files(actor_of(world.partner), statement, "PDF")
    entry = RecordEntry.objects.using("worker").get(partner=world.partner, action="export_statement")
    assert (entry.who, entry.subject_kind, entry.details) == (
        "test", "statement", {"format": "PDF", "status": "ESTIMATED"},
    )  # fmt: skip


def test_a_workbook_keeps_formulas_as_text(stated: tuple[Books, str]) -> None:
    world, statement = stated
    status, headers, body = fetch(files(actor_of(world.partner), statement, "XLSX")["statement.xlsx"])
    assert (status, headers["content-disposition"]) == (200, 'attachment; filename="statement.xlsx"')
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
        xml = b"".join(book.read(name) for name in book.namelist() if name.endswith(".xml"))
    assert (len(sheets), b"<f>" in xml, FORMULA.encode() in xml) == (2, False, True)


def test_a_document_carries_its_letters_with_it(stated: tuple[Books, str]) -> None:
    world, statement = stated
    status, headers, body = fetch(files(actor_of(world.partner), statement, "PDF")["statement.pdf"])
    assert (status, headers["content-type"], body[:5]) == (200, "application/pdf", b"%PDF-")
    assert body.count(b"/FontFile2") == 2  # Latin and Thai; Korean is the reader's own.
    assert b"HYSMyeongJo-Medium" in body
    assert fetch(files(actor_of(world.partner), statement, "PDF")["statement.pdf"])[2] == body


def test_a_long_document_is_many_pages() -> None:
    numbers = ((f"o{number}", Decimal(number)) for number in range(1000))
    table = Table(name="Lines", headers=["order", "amount"], rows=iter(numbers))
    body = b"".join(document_chunks([table], title="Statement"))
    assert body.count(b"/Type /Page\n") == 17


def test_an_agency_takes_out_its_own_and_a_foreign_one_is_not_there(stated: tuple[Books, str]) -> None:
    world, statement = stated
    first = world.collaborations[0]
    Kol.objects.using("worker").filter(pk=first.kol_id).update(name="Nok")

    def agency(*collaborations: Any) -> Actor:
        sight = Sight(partner_id=world.partner.pk, campaign_id=first.campaign_id, agency_id=first.pk)
        return Actor(
            name="agency", partner_ids=(), scopes=frozenset({"read"}), agency_id=first.pk, sights=(sight,),
            collaboration_ids=tuple(one.pk for one in collaborations),
        )  # fmt: skip

    urls = files(agency(first), statement, "CSV")
    told = {row["what"]: row["value"] for row in rows(urls["statement.csv"])}
    assert (told["influencer"], told["total"], len(rows(urls["lines.csv"]))) == ("Nok", "11.0600", 3)
    entry = RecordEntry.objects.using("worker").get(partner=world.partner, action="export_statement")
    assert entry.who == "agency"
    result = execute(
        EXPORT,
        actor=agency(world.collaborations[1]),
        variables={"input": {"id": statement, "format": "CSV"}},
    )
    assert result.data["exportStatement"] == {
        "files": [], "expiresAt": None, "userErrors": [{"code": "NOT_FOUND"}],
    }  # fmt: skip


def test_an_address_of_one_partner_shows_nothing_of_another(stated: tuple[Books, str]) -> None:
    _, statement = stated
    other = books()
    result = execute(
        EXPORT, actor=actor_of(other.partner), variables={"input": {"id": statement, "format": "CSV"}}
    )
    assert result.data["exportStatement"]["userErrors"] == [{"code": "NOT_FOUND"}]
