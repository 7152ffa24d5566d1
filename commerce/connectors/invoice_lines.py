"""Invoice lines: a table with one line of an invoice a row becomes purchases, refunds and a session a day."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from msgspec import Struct

from commerce.files import Piece, Source
from commerce.files.mapping import decimal_of, typed
from commerce.files.moments import CellError, Moments, convert, rfc3339, zone_of
from commerce.files.tables import Row, read_rows, readable, refused_row
from commerce.ingest.decode import Refused


class _Invoice(Struct, kw_only=True, forbid_unknown_fields=True):
    column: str
    refund_prefix: str | None = None


class _Customer(Struct, kw_only=True, forbid_unknown_fields=True):
    column: str
    drop_suffix: str = ""


class _Line(Struct, kw_only=True, forbid_unknown_fields=True):
    item_id: str
    quantity: str
    price: str
    item_name: str | None = None


class _Keep(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    quantity_above: int | None = None
    price_above: Decimal | None = None


class _Session(Struct, kw_only=True, forbid_unknown_fields=True):
    subject: str
    title: str | None = None
    channel: str | None = None


class _Written(Struct, kw_only=True, forbid_unknown_fields=True):
    source: str
    invoice: _Invoice
    time: Moments
    line: _Line
    customer: _Customer | None = None
    currency: str | None = None
    keep: _Keep = _Keep()
    session: _Session | None = None
    delimiter: str = ","


class _Open:
    """An invoice while its lines come in, in any order; a line is held as the bytes it will be sent as."""

    __slots__ = ("at", "broken", "customer", "items", "lines", "problem", "total")

    def __init__(self) -> None:
        self.at: datetime | None = None
        self.customer: str | None = None
        self.items: list[bytes] = []
        self.total = Decimal(0)
        self.problem: str | None = None
        self.broken: list[Row] = []
        self.lines: list[int] = []


class InvoiceLines:
    """Rows of invoice lines to events, under a mapping; see `online_retail.toml` for all of its keys.

    All invoices are held until the last row (about 200 bytes a line), since their lines need not be adjacent.
    """

    def __init__(self, written: dict[str, Any], *, name: str) -> None:
        self._told: _Written = convert(written, _Written, name=name)
        if self._told.session is not None and self._told.time.zone is None:
            raise ValueError(f"{name}: $.time.zone: a session a day needs the zone of its day")

    def events(self, source: Source) -> Iterator[Piece]:
        """The events of a file; a row that belongs to no invoice comes out as itself, with the reason."""
        told, line = self._told, self._told.line
        needed = [told.invoice.column, told.time.column, line.item_id, line.quantity, line.price]
        needed += [] if line.item_name is None else [line.item_name]
        needed += [] if told.customer is None else [told.customer.column]
        yield from self.convert(read_rows(source, delimiter=told.delimiter, needed=needed), name=source.name)

    def convert(self, rows: Iterable[Row], *, name: str) -> Iterator[Piece]:
        """The same for rows; the outcome does not depend on their order."""
        invoices: dict[str, _Open] = {}
        for row in rows:
            number = row.cells.get(self._told.invoice.column, "").strip()
            if not number:
                rule = row.problem or f"column {self._told.invoice.column!r}: a line belongs to an invoice"
                yield refused_row(row, name=name, rule=rule)
                continue
            invoice = invoices.setdefault(number, _Open())
            invoice.lines.append(row.line)
            try:
                self._add(invoice, row, is_refund=self._is_refund(number))
            except CellError as error:
                # A purchase without one of its lines would be a wrong number: the invoice waits for a fix.
                invoice.problem = invoice.problem or f"line {row.line}: {error}"
                invoice.broken.append(row)
        yield from self._close(invoices, name=name)

    def _is_refund(self, number: str) -> bool:
        prefix = self._told.invoice.refund_prefix
        return prefix is not None and number.startswith(prefix)

    def _add(self, invoice: _Open, row: Row, *, is_refund: bool) -> None:
        if row.problem is not None:
            raise CellError(row.problem)
        told, cells = self._told, row.cells
        at = told.time.read(cells[told.time.column].strip())
        quantity = int(typed(cells[told.line.quantity].strip(), "integer"))
        price = decimal_of(cells[told.line.price].strip())
        item = cells[told.line.item_id].strip()
        if not item:
            raise CellError(f"column {told.line.item_id!r} is empty")
        # The earliest of all lines, kept or not: that is when the invoice was written.
        invoice.at = at if invoice.at is None else min(invoice.at, at)
        if told.customer is not None and (customer := cells[told.customer.column].strip()):
            customer = customer.removesuffix(told.customer.drop_suffix)
            if invoice.customer not in (None, customer):
                raise CellError(f"another customer ({customer}) than the lines before ({invoice.customer})")
            invoice.customer = customer
        if is_refund:
            invoice.total += quantity * price
            return
        keep = told.keep
        if (keep.quantity_above is not None and quantity <= keep.quantity_above) or (
            keep.price_above is not None and price <= keep.price_above
        ):
            return
        line: dict[str, Any] = {"item_id": item}
        if told.line.item_name is not None and (title := cells[told.line.item_name].strip()):
            line["item_name"] = title
        text = orjson.dumps(line | {"quantity": quantity, "price": f"{price:f}"})
        # Copied, because the encoder's own bytes sit in a block of a kilobyte each.
        invoice.items.append(bytes(memoryview(text)))

    def _close(self, invoices: dict[str, _Open], *, name: str) -> Iterator[Piece]:
        days: set[date] = set()
        for number, invoice in sorted(invoices.items()):
            if invoice.problem is not None or invoice.at is None:
                yield _refused_invoice(number, invoice, name=name)
            elif self._is_refund(number) or invoice.items:
                days.add(self._day(invoice.at))
        for day in sorted(days) if self._told.session is not None else ():
            yield from self._session(day)
        for number, invoice in sorted(invoices.items()):
            if invoice.problem is None and invoice.at is not None:
                if self._is_refund(number):
                    data: dict[str, Any] = {"refund_id": number, "value": f"{abs(invoice.total):f}"}
                    yield Piece(self._event("refund", number, invoice, data), invoice.lines[0])
                elif invoice.items:
                    # In an order of their own: a file sorted otherwise gives the same event, not a conflict.
                    items = orjson.Fragment(b"[" + b",".join(sorted(invoice.items)) + b"]")
                    data = {"transaction_id": number, "status": "paid", "items": items}
                    yield Piece(self._event("purchase", number, invoice, data), invoice.lines[0])

    def _event(self, kind: str, number: str, invoice: _Open, data: dict[str, Any]) -> bytes:
        assert invoice.at is not None
        event: dict[str, Any] = {"specversion": "1.0", "id": number, "source": self._told.source}
        event |= {"type": kind, "time": rfc3339(invoice.at)}
        if self._told.session is not None:
            event["subject"] = self._told.session.subject.format(date=self._day(invoice.at))
        if self._told.currency is not None:
            data["currency"] = self._told.currency
        if invoice.customer is not None:
            data["customer_id"] = invoice.customer
        return orjson.dumps(event | {"data": data})

    def _session(self, day: date) -> Iterator[Piece]:
        session, zone = self._told.session, self._zone()
        assert session is not None
        subject = session.subject.format(date=day)
        data: dict[str, Any] = {"heartbeats": False, "timezone": zone.key}
        if session.title is not None:
            data["title"] = session.title.format(date=day)
        for name, value in (("channel", session.channel), ("currency", self._told.currency)):
            if value is not None:
                data[name] = value
        for kind, when, told in (("started", day, data), ("ended", day + timedelta(days=1), {})):
            at = datetime(when.year, when.month, when.day, tzinfo=zone)
            event = {"specversion": "1.0", "id": f"{subject}-{kind}", "source": self._told.source}
            event |= {"type": f"live_session_{kind}", "subject": subject, "time": rfc3339(at)}
            yield Piece(orjson.dumps(event | {"data": told}), None)

    def _zone(self) -> ZoneInfo:
        return zone_of(self._told.time.zone or "UTC")

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone()).date()


def _refused_invoice(number: str, invoice: _Open, *, name: str) -> Piece:
    """An invoice with a line that cannot be read, for the door to keep with the reason."""
    rule = invoice.problem or "no line of it has a time"
    kept = {"file": name, "invoice": number, "lines": invoice.lines, "problem": rule}
    kept["rows"] = [readable(row) for row in invoice.broken]
    items = orjson.Fragment(b"[" + b",".join(invoice.items) + b"]")
    refused = Refused("schema", f"{name}, invoice {number}, {rule}."[:500])
    return Piece(orjson.dumps(kept | {"items": items}), invoice.lines[0], refused)
