"""A partner's campaigns for tests of claims: collaborations with terms, and orders that are due to them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from commerce.connection import worker_connection
from commerce.models import Order, Partner, new_id
from kol import statements
from kol.models import Campaign, Claim, ClaimLine, Collaboration, Kol, Terms
from tests import factories

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FIRST = date(2026, 1, 1)
BEGINNING = datetime.min.replace(tzinfo=UTC)


def at(day: int, *, month: int = 5, hour: int = 4) -> datetime:
    """A moment of 2026; 4 h UTC is noon in Singapore."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@dataclass
class Due:
    """What attribution says of a paid order."""

    order_id: UUID
    to: UUID
    base: Decimal
    placed_at: datetime
    currency: str = "SGD"
    returned_at: datetime | None = None


@dataclass
class Books:
    """A partner with collaborations; `due` is what attribution says at this moment."""

    partner: Partner
    collaborations: list[Collaboration]
    due: dict[UUID, Due] = field(default_factory=dict)

    def order(self, base: str, *, placed_at: datetime, to: int = 0, currency: str = "SGD") -> UUID:
        """A paid order that is a collaboration's."""
        identity = new_id()
        Order.objects.using("worker").create(
            id=identity, partner=self.partner, source="/site/shop", external_id=f"o-{identity.hex[-6:]}",
            placed_at=placed_at, paid_at=placed_at, currency=currency, merchandise=Decimal(base),
        )  # fmt: skip
        self.due[identity] = Due(
            identity, self.collaborations[to].pk, Decimal(base), placed_at, currency=currency
        )
        return identity

    def book(self, *, now: datetime = NOW, since: datetime = BEGINNING) -> int:
        """Book what is due of everything; what is due to nobody any more only of orders since then."""
        connection = worker_connection()
        with connection.transaction():
            statements.create_due(connection)
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO due (partner_id, order_id, collaboration_id, model, currency, placed_at, "
                    "base, returned_at) VALUES (%s, %s, %s, 'CODE_FIRST', %s, %s, %s, %s)",
                    [
                        (self.partner.pk, one.order_id, one.to, one.currency, one.placed_at, one.base,
                         one.returned_at)
                        for one in self.due.values()
                    ],
                )  # fmt: skip
            return statements.book(connection, partner_id=self.partner.pk, since=since, now=now)

    def claims(self) -> list[Claim]:
        """All claims, by order."""
        return list(Claim.objects.using("worker").filter(partner=self.partner).order_by("order_id"))

    def claim(self, order: UUID) -> Claim:
        """The claim of an order."""
        return Claim.objects.using("worker").get(partner=self.partner, order_id=order)

    def lines(self, order: UUID | None = None) -> list[tuple[Any, ...]]:
        """(collaboration's number, kind, base, amount) of lines, the oldest first."""
        rows = ClaimLine.objects.using("worker").filter(partner=self.partner)
        if order is not None:
            rows = rows.filter(claim__order_id=order)
        numbers = {one.pk: number for number, one in enumerate(self.collaborations)}
        return [
            (numbers[row.collaboration_id], row.kind, row.base, row.amount)
            for row in rows.order_by("booked_at", "id")
        ]


def terms(of: Collaboration, *, valid_from: date = FIRST, **given: Any) -> Terms:
    """A contract."""
    values: dict[str, Any] = {"currency": "SGD", "commission_rate": Decimal("0.1"), **given}
    return Terms.objects.using("worker").create(
        partner_id=of.partner_id, collaboration=of, valid_from=valid_from, **values
    )


def books(
    *, rates: tuple[str, ...] = ("0.1", "0.2"), window: timedelta = timedelta(days=14), **given: Any
) -> Books:
    """A partner with a campaign, and a collaboration for each rate."""
    partner = factories.partner(**given)
    campaign = Campaign.objects.using("worker").create(
        partner=partner, name="Spring", starts_on=FIRST, ends_on=date(2027, 1, 1), currency="SGD",
        return_window_seconds=int(window.total_seconds()),
    )  # fmt: skip
    made = []
    for number, rate in enumerate(rates):
        kol = Kol.objects.using("worker").create(name=f"Influencer {number}")
        one = Collaboration.objects.using("worker").create(partner=partner, campaign=campaign, kol=kol)
        terms(one, commission_rate=Decimal(rate))
        made.append(one)
    return Books(partner=partner, collaborations=made)
