"""Tables from files, in the admin and by the command: seen first, then taken in."""

import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from commerce import tables
from commerce.models import Partner, Product, RecordEntry, Spend
from tests.commerce.admin_pages import WORKER, address, shown_rows, signed_in, staff
from tests.commerce.test_tables import MAY, SPENT, cost_of, logged, spend_of, stock, take
from tests.conftest import PartnerFactory

# -- files ---------------------------------------------------------------------------------------


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


BOOK = workbook(
    ["From", "To", "Amount", "Currency", "Channel", "Campaign", "Purpose"],
    [date(2026, 5, 1), date(2026, 6, 1), 0.1 + 0.2, "SGD", "TikTok ads", None, "Acquisition"],
)


def upload(client: Client, model: Any, of: Partner, content: bytes, *, name: str, **given: str) -> str:
    """The page that follows a file."""
    form = {
        "resource": "0", "format": "1" if name.endswith("xlsx") else "0", "partner": str(of.pk),
        "import_file": SimpleUploadedFile(name, content), **given,
    }  # fmt: skip
    return str(client.post(address(model, "import"), form).content.decode())


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_spend_comes_from_a_file_once_it_was_seen(partner: Partner) -> None:
    person = staff(partner)
    client = signed_in(person)
    assert address(Spend, "import") in client.get(address(Spend, "changelist")).content.decode()
    page = upload(client, Spend, partner, BOOK, name="spend.xlsx", reason="Books of May")
    cells = re.findall(r'data-label="(\w+)"[^>]*>\s*([^<]*?)\s*</td>', page)
    assert cells == [
        ("from", "2026-05-01"), ("to", "2026-06-01"), ("amount", "0.3"), ("currency", "SGD"),
        ("channel", "TikTok ads"), ("campaign", ""), ("purpose", "Acquisition"), ("status", "new"),
    ]  # fmt: skip
    assert (spend_of(partner), logged(partner)) == ([], 0)
    process = address(Spend, "process_import")
    answer = client.post(process, hidden(page), follow=True).content.decode()
    assert "1 new, 0 updated" in answer
    assert spend_of(partner) == [
        (date(2026, 5, 1), date(2026, 6, 1), Decimal("0.3"), "SGD", "TikTok ads", "", "ACQUISITION")
    ]
    (entry,) = RecordEntry.objects.using(WORKER).filter(partner=partner)
    assert (entry.who, entry.action, entry.reason) == (person.username, "import_spend", "Books of May")
    again = upload(client, Spend, partner, BOOK, name="other.xlsx")
    assert re.findall(r'data-label="status"[^>]*>\s*([^<]*?)\s*</td>', again) == ["known"]
    assert "1 skipped" in client.post(process, hidden(again), follow=True).content.decode()
    changed = SPENT.splitlines()[0].encode() + b"\n2026-05-01,2026-06-01,7,SGD,TikTok ads,,ACQUISITION\n"
    page = upload(client, Spend, partner, changed, name="spend.csv")
    assert re.findall(r'data-label="status"[^>]*>\s*([^<]*?)\s*</td>', page) == ["changed, was 0.3"]


def test_a_file_with_a_wrong_row_is_shown_and_cannot_be_confirmed(partner: Partner) -> None:
    client = signed_in(staff(partner))
    page = upload(client, Spend, partner, f"{SPENT}2026-05-09,,1,SGD,,,\n".encode(), name="spend.csv")
    assert "It is empty." in page
    assert "import_file_name" not in hidden(page)
    assert "The column &#x27;amount&#x27; is missing" in upload(
        client, Spend, partner, b"from,to,currency\n", name="spend.csv"
    )
    assert spend_of(partner) == []


def test_what_was_right_when_it_was_shown_and_is_no_more_changes_nothing(partner: Partner) -> None:
    stock(partner, ("/site/a", "lip", None))
    client = signed_in(staff(partner))
    page = upload(client, Product, partner, b"sku,cost,currency\nlip,4,USD\n", name="costs.csv")
    assert re.findall(r'data-label="status"[^>]*>\s*([^<]*?)\s*</td>', page) == ["new"]
    stock(partner, ("/site/a", "lip", "10"))
    told = hidden(page)
    answer = client.post(address(Product, "process_import"), told, follow=True).content.decode()
    assert "Nothing was taken in" in answer
    assert cost_of(partner)["/site/a", "lip"] == (None, "SGD")


def test_only_who_may_add_spend_or_change_products_takes_tables_in(
    partner: Partner, make_partner: PartnerFactory
) -> None:
    reader = signed_in(staff(partner, codenames="view_"))
    for model in (Spend, Product):
        assert reader.get(address(model, "import")).status_code == 403
        assert reader.post(address(model, "process_import"), {}).status_code == 403
        assert address(model, "import") not in reader.get(address(model, "changelist")).content.decode()
    stranger = signed_in(staff(make_partner()))
    assert "Select a valid choice" in upload(stranger, Spend, partner, SPENT.encode(), name="spend.csv")
    mine = upload(stranger, Spend, make_partner(), SPENT.encode(), name="spend.csv")
    assert "import_file_name" not in hidden(mine)
    assert spend_of(partner) == []


def test_sums_of_spend_stand_above_the_list_by_currency_purpose_and_channel(
    partner: Partner, make_partner: PartnerFactory
) -> None:
    other = make_partner()
    take(partner, tables.SPEND, f"{SPENT}2026-06-01,2026-06-01,20,SGD,Search,,RETENTION\n")
    take(partner, tables.SPEND, f"{SPENT.splitlines()[0]}\n2026-06-01,2026-06-01,5,USD,Search,,RETENTION\n")
    take(other, tables.SPEND, SPENT)
    client = signed_in(staff(partner))

    def sums(**asked: str) -> list[tuple[str, ...]]:
        page = client.get(address(Spend, "changelist"), asked).content.decode()
        rows = re.findall(r"<tr[^>]* data-sum>(.*?)</tr>", page, re.DOTALL)
        return [tuple(re.findall(r"<td[^>]*>([^<]*)</td>", row)) for row in rows]

    assert sums() == [
        ("ACQUISITION", "TikTok ads", "1", "1200.5000 SGD"),
        ("RETENTION", "Search", "2", "100.0000 SGD"),
        ("RETENTION", "Search", "1", "5.0000 USD"),
    ]
    assert sums(purpose__exact="RETENTION", currency="SGD") == [("RETENTION", "Search", "2", "100.0000 SGD")]
    assert sums(q="launch") == [("ACQUISITION", "TikTok ads", "1", "1200.5000 SGD")]
    page = client.get(address(Spend, "changelist")).content.decode()
    assert shown_rows(page) == 4


# -- the command -----------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[str, str, int]:
    """(what it said, what it said of rows, exit code)."""
    said, complained, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command(*arguments, stdout=said, stderr=complained)
    except SystemExit as left:
        code = int(left.code or 0)
    return said.getvalue(), complained.getvalue(), code


def test_the_command_takes_a_table_in(partner: Partner, tmp_path: Path) -> None:
    path = tmp_path / "spend.csv"
    path.write_text(SPENT)
    told = ("import_table", "spend", str(path), "--partner", partner.slug)
    assert run(*told, "--preview") == ("new 2, changed 0, known 0, refused 0\n", "", 0)
    assert spend_of(partner) == []
    assert run(*told, "--reason", "Books") == ("new 2, changed 0, known 0, refused 0\n", "", 0)
    assert spend_of(partner) == MAY
    assert run(*told) == ("new 0, changed 0, known 2, refused 0\n", "", 0)
    path.write_text(SPENT.replace("80", "90"))
    assert run(*told) == ("new 0, changed 1, known 1, refused 0\n", f"{path}, line 3: was 80\n", 0)
    path.write_text(SPENT.replace("80", "free"))
    assert run(*told) == (
        "new 0, changed 0, known 1, refused 1\n",
        f"{path}, line 3, amount: Invalid decimal string\n",
        1,
    )
    records = RecordEntry.objects.using(WORKER).filter(partner=partner).order_by("at")
    assert [(one.who, one.reason, one.details["changed"]) for one in records] == [
        ("manage.py import_table", "Books", 0), ("manage.py import_table", "", 1),
    ]  # fmt: skip


def test_the_command_reads_workbooks_and_says_what_is_no_table(partner: Partner, tmp_path: Path) -> None:
    stock(partner, ("/site/a", "lip", "10"))
    path = tmp_path / "costs.XLSX"
    path.write_bytes(workbook(["SKU", "Cost", "Currency"], ["lip", 4.25, "sgd"]))
    told = ("import_table", "costs", str(path), "--partner", partner.slug)
    assert run(*told) == ("new 1, changed 0, known 0, refused 0\n", "", 0)
    assert cost_of(partner) == {("/site/a", "lip"): (Decimal("4.25"), "SGD")}
    for content, message in ((b"PK", "The file is no XLSX workbook."), (None, "No such file")):
        path.unlink() if content is None else path.write_bytes(content)
        with pytest.raises(CommandError, match=message):
            call_command(*told)
